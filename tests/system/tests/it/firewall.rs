//! Attacks on a real gateway: floods, slow clients, half-open connections, and the rules in a real kernel.

use crate::stage::{PASSWORD, SOON, Server, client, gateway};
use haubert_plant::attack::{self, Kind, Plan, Report};
use haubert_testkit::{Api, Program, SECURITY_USER, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::{Command, Output};

fn plan(program: &Program, kind: Kind, from: &str, connections: u32, seconds: u64) -> Plan {
    let target: SocketAddr = program.ready_text("https").trim_start_matches("https://").parse().unwrap();
    Plan { kind, target, from: from.parse().unwrap(), sources: 1, connections, seconds, rate: None }
}

async fn security(server: &Server) -> Api {
    let api = client(&server.program);
    api.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    api
}

/// Puts limits in force: `change` gets `settings.limits`.
async fn limit(api: &Api, change: impl FnOnce(&mut Value)) {
    let mut settings = api.get("/firewall").await.unwrap()["settings"].take();
    change(&mut settings["limits"]);
    api.put("/firewall", settings).await.unwrap();
}

async fn blocked(api: &Api, source: &str) -> bool {
    let blocks = api.get("/firewall/blocks").await.unwrap();
    blocks["items"].as_array().unwrap().iter().any(|block| block["source"] == source)
}

async fn events(api: &Api, code: &str, source: &str) -> usize {
    let events = api.get("/events").await.unwrap();
    events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["code"] == code && event["params"]["source"] == source)
        .count()
}

async fn attack(plan: Plan) -> Report {
    attack::run(&plan).await.unwrap()
}

#[tokio::test]
async fn a_flood_is_blocked_told_once_and_lifted_while_others_are_served() {
    let server = gateway().await;
    let keeper = security(&server).await;
    limit(&keeper, |limits| {
        limits["requests_per_second"] = json!(40);
        limits["burst_seconds"] = json!(2);
        limits["block_seconds"] = json!(600);
    })
    .await;
    let flood = tokio::spawn(attack(plan(&server.program, Kind::Requests, "127.0.0.2", 8, 3)));
    until("the flood is blocked", SOON, async || blocked(&keeper, "127.0.0.2").await.then_some(())).await.unwrap();
    keeper.get("/session").await.unwrap();
    let met = flood.await.unwrap();
    // What the buckets hold, and what they gain while the attack lasts; the handshakes count, too.
    assert!(met.answered() <= 80 + 40 * 4, "{met:?}");
    assert!(met.refused > 0, "{met:?}");
    until("the event", SOON, async || (events(&keeper, "source_blocked_requests", "127.0.0.2").await == 1).then_some(()))
        .await
        .unwrap();
    let again = attack(plan(&server.program, Kind::Requests, "127.0.0.2", 4, 1)).await;
    assert_eq!(again.answered(), 0, "{again:?}");
    assert_eq!(events(&keeper, "source_blocked_requests", "127.0.0.2").await, 1, "told once, not per packet");
    let lifted = keeper.send(Method::DELETE, "/firewall/blocks/127.0.0.2", None).await.unwrap();
    assert!(lifted.status.is_success(), "{lifted:?}");
    let met = attack(plan(&server.program, Kind::Scan, "127.0.0.2", 1, 1)).await;
    assert!(met.tried > 0);
    let met = attack(Plan { rate: Some(5), ..plan(&server.program, Kind::Requests, "127.0.0.2", 1, 1) }).await;
    assert!(met.answered() > 0, "served again: {met:?}");
}

#[tokio::test]
async fn without_the_firewall_the_flood_is_served() {
    let server = gateway().await;
    let keeper = security(&server).await;
    limit(&keeper, |limits| {
        limits["enabled"] = json!(false);
        limits["requests_per_second"] = json!(5);
        limits["burst_seconds"] = json!(1);
    })
    .await;
    let met = attack(plan(&server.program, Kind::Requests, "127.0.0.2", 8, 3)).await;
    assert!(met.answered() > 5 + 5 * 4, "{met:?}");
    assert_eq!(met.refused, 0, "{met:?}");
    assert!(!blocked(&keeper, "127.0.0.2").await);
}

/// Honest requests, each on a connection of its own, are answered. How fast is measured by `make bench`.
async fn honest_requests_are_answered(program: &Program) {
    for _ in 0..9 {
        client(program).get("/setup").await.unwrap();
    }
}

#[tokio::test]
async fn slow_clients_are_all_given_up_and_keep_nobody_waiting() {
    let server = gateway().await;
    let keeper = security(&server).await;
    limit(&keeper, |limits| {
        limits["requests_per_second"] = json!(10_000);
        limits["total_requests_per_second"] = json!(100_000);
        limits["connections_per_source"] = json!(400);
        for name in ["handshake_seconds", "header_seconds", "idle_seconds", "stall_seconds"] {
            limits["slow"][name] = json!(3);
        }
    })
    .await;
    let attacks = [
        (Kind::SlowHeader, "127.0.0.2"),
        (Kind::SlowBody, "127.0.0.3"),
        (Kind::SlowRead, "127.0.0.4"),
        (Kind::Idle, "127.0.0.5"),
        (Kind::HalfOpen, "127.0.0.6"),
    ];
    let running: Vec<_> = attacks
        .map(|(kind, from)| (kind, tokio::spawn(attack(plan(&server.program, kind, from, 60, 120)))))
        .into_iter()
        .collect();
    honest_requests_are_answered(&server.program).await;
    for (kind, attack) in running {
        let met = attack.await.unwrap();
        assert_eq!(met.open_at_the_end, 0, "{kind:?}: {met:?}");
        assert!(met.opened > 0, "{kind:?}: {met:?}");
    }
}

#[tokio::test]
async fn a_thousand_half_open_connections_leave_room_for_an_honest_one() {
    let server = gateway().await;
    let keeper = security(&server).await;
    limit(&keeper, |limits| limits["requests_per_second"] = json!(10_000)).await;
    let many = Plan { sources: 10, ..plan(&server.program, Kind::HalfOpen, "127.0.1.1", 1_000, 20) };
    let attack = tokio::spawn(attack(many));
    until("the flood", SOON, async || {
        let sources = keeper.get("/firewall/sources").await.unwrap();
        let tried: u64 = sources["items"].as_array().unwrap().iter().map(|source| source["requests"].as_u64().unwrap()).sum();
        (tried >= 1_000).then_some(())
    })
    .await
    .unwrap();
    honest_requests_are_answered(&server.program).await;
    let open = keeper.get("/firewall").await.unwrap()["connections"].as_u64().unwrap();
    assert!(open <= 512, "{open}");
    let met = attack.await.unwrap();
    assert_eq!(met.open_at_the_end, 0, "{met:?}");
}

#[tokio::test]
async fn nobody_closes_the_door_behind_oneself() {
    let server = gateway().await;
    let keeper = security(&server).await;
    let own = keeper.send(Method::POST, "/firewall/blocks", Some(&json!({"address": "127.0.0.1"}))).await.unwrap();
    assert_eq!(own.code(), "would_lock_you_out");
    let mut settings = keeper.get("/firewall").await.unwrap()["settings"].take();
    settings["limits"]["listeners"]["https"] = json!({"deny": ["127.0.0.0/8"]});
    let denied = keeper.send(Method::PUT, "/firewall", Some(&settings)).await.unwrap();
    assert_eq!(denied.code(), "would_lock_you_out");
    settings["limits"]["listeners"]["https"] = json!({"deny": ["127.0.0.7"]});
    keeper.put("/firewall", settings).await.unwrap();
    let met = attack(plan(&server.program, Kind::Idle, "127.0.0.7", 1, 2)).await;
    assert_eq!((met.opened, met.refused), (0, 1), "{met:?}");
    let admin = server.api.send(Method::POST, "/firewall/blocks", Some(&json!({"address": "192.0.2.1"}))).await.unwrap();
    assert_eq!(admin.code(), "not_allowed");
}

fn shell(script: &str) -> Output {
    Command::new("bash").args(["-c", script]).output().unwrap()
}

/// Two namespaces with a cable between them: `a` has 10.77.0.1, `b` 10.77.0.2.
struct Cable {
    a: String,
    b: String,
}

impl Cable {
    fn lay() -> Option<Self> {
        let id = std::process::id();
        let cable = Self { a: format!("hb{id}a"), b: format!("hb{id}b") };
        let (a, b) = (&cable.a, &cable.b);
        let laid = shell(&format!(
            "set -e; ip netns add {a}; ip netns add {b}; ip link add v{id}a netns {a} type veth peer name v{id}b netns {b}
             ip -n {a} addr add 10.77.0.1/24 dev v{id}a; ip -n {b} addr add 10.77.0.2/24 dev v{id}b
             for n in {a} {b}; do ip -n $n link set lo up; done; ip -n {a} link set v{id}a up; ip -n {b} link set v{id}b up"
        ));
        if !laid.status.success() {
            eprintln!("skipped: no network namespaces here: {}", String::from_utf8_lossy(&laid.stderr));
            return None;
        }
        Some(cable)
    }

    /// Whether `b` reaches a port of `a`.
    fn reaches(&self, port: u16) -> bool {
        shell(&format!("ip netns exec {} timeout 3 bash -c '</dev/tcp/10.77.0.1/{port}'", self.b)).status.success()
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        shell(&format!("ip netns del {}; ip netns del {}", self.a, self.b));
    }
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[tokio::test]
async fn the_kernel_drops_what_is_not_for_the_gateway_and_who_is_blocked() {
    let Some(cable) = Cable::lay() else { return };
    let dir = tempfile::tempdir().unwrap();
    let gateway = haubert_testkit::bin_dir().join("haubert-gateway");
    let (data, ready) = (dir.path().join("data"), dir.path().join("ready.json"));
    let inside = |arguments: &[&str]| {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &cable.a]).arg(&gateway).arg("--data-dir").arg(&data).args(arguments);
        command
    };
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    let child = inside(&["--listen", "10.77.0.1:8443", "--ready-file"])
        .arg(&ready)
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let _running = Killed(child);
    let _other = Killed(
        Command::new("ip")
            .args(["netns", "exec", &cable.a, "python3", "-c"])
            .arg("import socket; s=socket.create_server(('10.77.0.1', 9000)); [s.accept() for _ in iter(int, 1)]")
            .spawn()
            .unwrap(),
    );
    let rules = data.join("nftables.json");
    until("the gateway and its rules", SOON, async || (ready.exists() && rules.exists()).then_some(())).await.unwrap();
    until("the other program", SOON, async || cable.reaches(9000).then_some(())).await.unwrap();
    assert!(cable.reaches(8443));

    let apply = || {
        let applied = inside(&["firewall", "apply"]).output().unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    };
    apply();
    let note: Value = serde_json::from_slice(&std::fs::read(data.join("nftables.loaded.json")).unwrap()).unwrap();
    assert_eq!(note["drops"], true, "the kernel was asked what it has: {note}");
    assert!(cable.reaches(8443), "the gateway's own port stays open");
    assert!(!cable.reaches(9000), "and nothing else");

    let clear = || assert!(inside(&["firewall", "clear"]).output().unwrap().status.success());
    clear();
    assert!(cable.reaches(9000), "nothing is left in the kernel");

    // A flood from `b`, which the kernel no longer slows down; the gateway blocks it and writes that down.
    let flood = format!("exec ip netns exec {} bash -c 'while :; do </dev/tcp/10.77.0.1/8443; done' 2>/dev/null", cable.b);
    let flooding: Vec<_> = (0..4).map(|_| Killed(Command::new("bash").args(["-c", &flood]).spawn().unwrap())).collect();
    until("the block is written", SOON, async || std::fs::read_to_string(&rules).unwrap().contains("10.77.0.2").then_some(()))
        .await
        .unwrap();
    drop(flooding);
    apply();
    assert!(!cable.reaches(8443), "dropped by the kernel");
    let shown = inside(&["firewall", "show"]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("10.77.0.2"));
    clear();
    assert!(!data.join("nftables.loaded.json").exists());
    assert!(cable.reaches(9000), "nothing is left in the kernel");
}

#[test]
fn rules_that_touch_anything_else_are_refused_before_nft_sees_them() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.json");
    std::fs::write(&file, r#"{"nftables": [{"flush": {"ruleset": null}}]}"#).unwrap();
    let said = Command::new(haubert_testkit::bin_dir().join("haubert-gateway"))
        .args(["firewall", "apply", "--file"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("refused"), "{}", String::from_utf8_lossy(&said.stderr));
}
