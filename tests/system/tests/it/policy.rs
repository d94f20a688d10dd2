//! The security policy: what is off is not there. Seen from outside (every port, from a network of its own), from the kernel's
//! tables, and from the meters' and the hub's side.

use crate::stage::{ONE_METER, PASSWORD, SOON, Server, adopt, client, gateway, hub, joining, plant, register, search, tcp_bus};
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir, in_own_network, open_ports, policy, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn keeper(program: &Program) -> Api {
    let security = client(program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    security
}

/// Ports on which a process has a socket that takes whoever comes: (protocol, port).
fn sockets(pid: u32) -> Vec<(&'static str, u16)> {
    let ours: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_string_lossy().strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let mut found = Vec::new();
    for (table, protocol, state) in [("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07")] {
        for line in std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default().lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if columns[3] == state && ours.iter().any(|inode| inode == columns[9]) {
                found.push((protocol, u16::from_str_radix(columns[1].rsplit(':').next().unwrap(), 16).unwrap()));
            }
        }
    }
    found
}

fn at_the_machine(arguments: &[String], act: &[&str]) -> String {
    let output = Command::new(bin_dir().join("haubert-gateway")).args(arguments).arg("policy").args(act).output().unwrap();
    assert!(output.status.success(), "{act:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the port says to people who knock: on TLS to a sound and to a broken request, and to who speaks no TLS.
fn banners(port: u16) -> Vec<String> {
    let tls = format!("openssl s_client -quiet -connect 127.0.0.1:{port} 2>/dev/null");
    let plain = format!("timeout 15 bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; cat >&3; cat <&3'");
    [
        format!("(printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | {tls} | sed '/^\\r$/q'"),
        format!("(printf 'GET /api/v1/nothing HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | {tls}"),
        format!("(printf 'BROKEN\\r\\n\\r\\n'; sleep 1) | {tls}"),
        format!("printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | {plain}"),
    ]
    .map(|script| {
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
    .into()
}

/// Whether an answer names the program or what it is made of, or tells a version other than HTTP's.
fn tells_who_speaks(said: &str) -> bool {
    let said = said.to_lowercase().replace("http/1.1", "").replace("http/1.0", "");
    let names = ["server:", "x-powered-by:", "via:", "hyper", "axum", "rustls", "tokio", "rust/", env!("CARGO_PKG_VERSION")];
    names.iter().any(|name| said.contains(name))
}

/// Scoreboard, "services off means off": a fresh gateway has HTTPS open and nothing else, each switch leaves it so, and with every
/// way in closed there is no port at all.
#[test]
fn nothing_is_open_but_what_the_policy_says() {
    in_own_network(|| async {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data").to_string_lossy().into_owned();
        let arguments = ["--data-dir".to_owned(), data, "--listen".to_owned(), "[::]:443".to_owned()];
        let start = async || Program::start("haubert-gateway", "gateway", dir.path(), &arguments).await.unwrap();
        // The negative control: ports that somebody else opens are found.
        let other = (std::net::TcpListener::bind((HERE, 50_123)).unwrap(), std::net::UdpSocket::bind((HERE, 50_124)).unwrap());
        // This thread's number, since only this thread is in the network.
        let here = std::fs::read_link("/proc/thread-self").unwrap();
        let thread: u32 = here.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let found = (open_ports(HERE), sockets(thread));
        let noticed = found.0 == [50_123] && found.1.contains(&("udp", 50_124));
        haubert_score::record("22.another", noticed, format!("{:?}, {:?}", found.0, found.1));
        assert!(noticed, "{found:?}");
        drop(other);

        let program = start().await;
        let https = |program: &Program| format!("https://localhost:{}", program.ready_text("https").rsplit(':').next().unwrap());
        let connect = |program: &Program| Api::new(&https(program), Path::new(&program.ready_text("ca_file"))).unwrap();
        let fresh = (open_ports(HERE), sockets(program.pid().unwrap()));
        connect(&program).set_up(&program.setup_code().await.unwrap(), "ana", PASSWORD).await.unwrap();
        let security = connect(&program);
        security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
        let set_up = (open_ports(HERE), open_ports(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let said = banners(443);
        let tells = said.iter().filter(|said| tells_who_speaks(said)).count();
        let words = format!("{tells} of {} answers tell a name or a version", said.len());
        haubert_score::record("22.banner", tells == 0 && tells_who_speaks("Server: nginx/1.2"), words);
        assert_eq!(tells, 0, "{said:?}");

        let services = security.get("/policy").await.unwrap()["services"].as_array().unwrap().clone();
        assert!(services.len() >= 15, "{services:?}");
        let mut wrong = Vec::new();
        for service in &services {
            let id = service["service"].as_str().unwrap();
            // Programs are what this test is.
            if id == "local_api" {
                continue;
            }
            for on in [false, true] {
                policy::switch(&security, id, on).await.unwrap();
                let open = sockets(program.pid().unwrap());
                if open != [("tcp", 443)] {
                    wrong.push((id.to_owned(), on, open));
                }
            }
        }
        haubert_score::record("22.each", wrong.is_empty(), format!("{} services, wrong: {wrong:?}", services.len()));
        assert!(wrong.is_empty(), "{wrong:?}");
        let told = security.get("/policy/services").await.unwrap();
        let listening: Vec<_> =
            told["listening"].as_array().unwrap().iter().map(|one| (&one["address"], &one["opened_by"])).collect();
        assert_eq!(listening, [(&json!("[::]:443"), &json!("https"))]);
        let all_on = open_ports(HERE);
        let only_https = [&fresh.0, &set_up.0, &set_up.1, &all_on].iter().all(|ports| ports[..] == [443]);
        haubert_score::record(
            "22.default",
            only_https && fresh.1 == [("tcp", 443)],
            format!("{fresh:?}, {set_up:?}, {all_on:?}"),
        );
        assert!(only_https, "{fresh:?} before the set-up, {set_up:?} after it, {all_on:?} with everything on");
        assert_eq!(fresh.1, [("tcp", 443)]);
        let refused = policy::propose(&security, 60, |policy| {
            for way in ["web_view", "local_api"] {
                policy["services"][way]["enabled"] = false.into();
            }
        });
        assert_eq!(refused.await.unwrap().code(), "last_way_in");
        program.stop().await.unwrap();

        // At the machine everything can be switched off, and on again.
        for service in &services {
            at_the_machine(&arguments, &["off", service["service"].as_str().unwrap()]);
        }
        let mut program = start().await;
        let left = (open_ports(HERE), sockets(program.pid().unwrap()));
        haubert_score::record("22.off", left == (Vec::new(), Vec::new()), format!("{left:?}"));
        assert_eq!(left, (Vec::new(), Vec::new()));
        assert!(program.runs());
        program.stop().await.unwrap();
        assert!(at_the_machine(&arguments, &["show"]).contains("[services.web_view]\nenabled = false"));
        at_the_machine(&arguments, &["on", "local_api"]);
        let program = start().await;
        connect(&program).sign_in(SECURITY_USER, PASSWORD).await.unwrap();
        assert_eq!(open_ports(HERE), [443]);
        program.stop().await.unwrap();
    })
    .unwrap();
}

async fn code(api: &Api, method: Method, path: &str, body: Value) -> String {
    api.send(method, path, Some(&body)).await.unwrap().code().to_owned()
}

async fn device_state(api: &Api) -> String {
    api.get("/devices").await.unwrap()["items"][0]["state"].as_str().unwrap().to_owned()
}

/// Each switch does what it says, and takes it back when it is on again.
#[tokio::test]
async fn what_is_off_does_nothing() {
    let (plant, gateway) = (plant(ONE_METER).await, gateway().await);
    let security = keeper(&gateway.program).await;
    let api = &gateway.api;
    let bus = tcp_bus(api, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(api, &bus, 1, 1).await;
    let device = adopt(api, &bus, &found["found"][0]).await;
    let test = format!("/devices/{}/test", device["id"].as_str().unwrap());
    until("the meter is online", SOON, || async { (device_state(api).await == "online").then_some(()) }).await.unwrap();

    let look = json!({"line": bus["line"], "first_unit": 1, "last_unit": 1, "timeout_ms": 300});
    let profile = json!({"text": "x", "replace": true});
    let export = "/exports/samples?ids=1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";
    for (service, method, path, body) in [
        ("discovery", Method::POST, "/discoveries", look.clone()),
        ("device_test", Method::POST, test.as_str(), json!({})),
        ("own_profiles", Method::PUT, "/device-profiles/own%2Fmeter", profile),
        ("exports", Method::GET, export, Value::Null),
    ] {
        assert_ne!(code(api, method.clone(), path, body.clone()).await, "switched_off", "{service} is on");
        policy::switch(&security, service, false).await.unwrap();
        assert_eq!(code(api, method.clone(), path, body.clone()).await, "switched_off", "{service}");
        policy::switch(&security, service, true).await.unwrap();
        assert_ne!(code(api, method, path, body).await, "switched_off", "{service} is on again");
    }

    // The bus is let go of, says why, and comes back.
    let connected = || async {
        let told = security.get("/policy/services").await.unwrap();
        told["outgoing"].as_array().unwrap().iter().filter(|one| one["service"] == "modbus_tcp").count()
    };
    assert_eq!(connected().await, 1);
    policy::switch(&security, "modbus_tcp", false).await.unwrap();
    until("the connection to the meter closes", SOON, || async { (connected().await == 0).then_some(()) }).await.unwrap();
    assert_eq!(device_state(api).await, "disabled");
    assert_eq!(api.get("/buses").await.unwrap()["items"][0]["held_by"], "modbus_tcp");
    let home = api.get("/home").await.unwrap();
    assert!(home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "bus_held"), "{home}");
    assert_eq!(code(api, Method::POST, "/discoveries", look).await, "switched_off", "a search on a line that is off");
    policy::switch(&security, "modbus_tcp", true).await.unwrap();
    until("the meter is online again", SOON, || async { (device_state(api).await == "online").then_some(()) }).await.unwrap();

    // Programs stay out, pages do not.
    let as_page = [("x-haubert-request", "1"), ("sec-fetch-site", "same-origin")];
    let state = security.get("/policy").await.unwrap();
    let mut wanted = state["policy"].clone();
    wanted["services"]["local_api"]["enabled"] = false.into();
    let body = json!({"revision": state["revision"], "policy": wanted});
    security.send(Method::PUT, "/policy", Some(&body)).await.unwrap().ok().unwrap();
    assert_eq!(code(api, Method::GET, "/zones", Value::Null).await, "switched_off");
    let revision = json!({"revision": state["revision"].as_u64().unwrap() + 1});
    security.send_with(Method::POST, "/policy/confirmation", &revision, &as_page).await.unwrap().ok().unwrap();
    security.send_with(Method::POST, "/policy/confirmation", &revision, &as_page).await.unwrap().ok().unwrap_err();
}

/// A serial port that is off is not opened under any of its names.
#[tokio::test]
async fn a_serial_port_that_is_off_is_not_opened() {
    let scene = ONE_METER.replace("name = \"tcp\"\nkind = \"tcp\"", "name = \"serial\"\nkind = \"serial\"\nbaud = 115200");
    let (plant, gateway) = (plant(&scene).await, gateway().await);
    let security = keeper(&gateway.program).await;
    let path = plant.bus("serial")["path"].as_str().unwrap().to_owned();
    let real = std::fs::canonicalize(&path).unwrap();
    let pid = gateway.program.pid().unwrap();
    let is_open = || {
        let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        fds.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok()).any(|file| file == real)
    };
    let line = json!({"kind": "serial", "path": path, "baud": 115_200, "parity": "even", "stop_bits": 1});
    let bus = crate::stage::add_bus(&gateway.api, "serial", line).await;
    // A bus without meters has nothing to open its port for.
    let found = search(&gateway.api, &bus, 1, 1).await;
    adopt(&gateway.api, &bus, &found["found"][0]).await;
    let opens = async |wanted: bool| {
        until("the port", SOON, || async { (is_open() == wanted).then_some(()) }).await.unwrap();
    };
    opens(true).await;
    policy::switch(&security, "serial", false).await.unwrap();
    opens(false).await;
    policy::switch(&security, "serial", true).await.unwrap();
    opens(true).await;
    let port = real.to_string_lossy().into_owned();
    policy::change(&security, |policy| policy["serial_ports"] = json!({&port: false})).await.unwrap();
    opens(false).await;
    policy::change(&security, |policy| policy["serial_ports"] = json!({})).await.unwrap();
    opens(true).await;
}

#[tokio::test]
async fn a_link_that_is_off_does_not_connect() {
    let (gateway, hub): (Server, Server) = (gateway().await, hub().await);
    let security = keeper(&gateway.program).await;
    let (id, enrolment) = register(&hub.api).await;
    policy::switch(&security, "hub_link", false).await.unwrap();
    assert_eq!(code(&gateway.api, Method::POST, "/hub-link/enrolment", joining(&enrolment)).await, "switched_off");
    policy::switch(&security, "hub_link", true).await.unwrap();
    gateway.api.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    let path = format!("/gateways/{id}");
    let online = async |wanted: bool| {
        let hub = &hub.api;
        until("the hub's view", SOON * 3, || async { hub.get(&path).await.ok().filter(|gateway| gateway["online"] == wanted) })
            .await
            .unwrap();
    };
    online(true).await;
    policy::switch(&security, "hub_link", false).await.unwrap();
    assert_eq!(gateway.api.get("/hub-link").await.unwrap()["state"], "switched_off");
    until("the connection closes", SOON, || async {
        let told = security.get("/policy/services").await.unwrap();
        told["outgoing"].as_array().unwrap().is_empty().then_some(())
    })
    .await
    .unwrap();
    policy::switch(&security, "hub_link", true).await.unwrap();
    online(true).await;
}

/// Only addresses that are none of ours.
fn elsewhere(policy: &mut Value) {
    for way in ["web_view", "local_api"] {
        policy["services"][way]["sources"] = json!(["192.0.2.0/24"]);
    }
}

/// Who locks himself out is let in again after the time to confirm, also when the gateway was restarted in between.
#[tokio::test]
async fn who_locks_himself_out_is_let_in_again() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let before = security.get("/policy").await.unwrap();
    let in_again = async |api: &Api| {
        until("the policy before is in force again", SOON * 2, || async { api.get("/policy").await.ok() }).await.unwrap()
    };

    policy::propose(&security, 10, elsewhere).await.unwrap().ok().unwrap();
    security.get("/policy").await.unwrap_err();
    assert_eq!(in_again(&security).await["policy"], before["policy"]);

    policy::propose(&security, 10, elsewhere).await.unwrap().ok().unwrap();
    let Server { program, arguments, .. } = gateway;
    let dir = tempfile::tempdir().unwrap();
    program.kill().await;
    let program = Program::start("haubert-gateway", "again", dir.path(), &arguments).await.unwrap();
    let security = client(&program);
    until("somebody may sign in again", SOON * 2, || async { security.sign_in(SECURITY_USER, PASSWORD).await.ok() })
        .await
        .unwrap();
    assert_eq!(security.get("/policy").await.unwrap()["policy"], before["policy"]);

    // Who is still let in confirms, and it stays.
    let here = |policy: &mut Value| policy["services"]["local_api"]["sources"] = json!(["127.0.0.0/8"]);
    policy::change(&security, here).await.unwrap();
    let now = security.get("/policy").await.unwrap();
    assert_eq!(
        (now["probation"].is_null(), &now["policy"]["services"]["local_api"]["sources"][0]),
        (true, &json!("127.0.0.0/8"))
    );
}

/// A file with a fault is refused as a whole, with its line; a good one says first what it would do.
#[tokio::test]
async fn a_file_is_taken_as_a_whole_or_not_at_all() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let before = security.get("/policy").await.unwrap();
    let file = security.send(Method::GET, "/policy/file", None).await.unwrap().text;
    let bad = file.replace("[services.usb]\nenabled = false", "[services.usb]\nenabled = maybe");
    let answer = security.send(Method::POST, "/policy/preview", Some(&json!({"file": bad}))).await.unwrap();
    let line = bad.lines().position(|line| line.contains("maybe")).unwrap() + 1;
    assert_eq!((answer.code(), &answer.body["fields"][0]["field"]), ("policy_file_wrong", &json!(format!("line {line}"))));
    let now = security.get("/policy").await.unwrap();
    haubert_score::record("10.running", now == before, "refused with its line; the policy in force is as before");
    assert_eq!(now, before);

    let good = file.replace("[services.discovery]\nenabled = true", "[services.discovery]\nenabled = false");
    let seen = security.post("/policy/preview", json!({"file": good})).await.unwrap();
    assert_eq!(seen["changes"], json!([{"path": "services.discovery.enabled", "before": "true", "after": "false"}]));
    assert_eq!((&seen["risks"], &seen["cuts_you_off"]), (&json!([]), &json!(false)));
    assert_eq!(security.get("/policy").await.unwrap()["revision"], before["revision"], "nothing changes by looking");

    for preset in ["local_access", "cloud", "wireless", "lorawan"] {
        let seen = security.post("/policy/preview", json!({"preset": preset})).await.unwrap();
        assert_eq!(seen["policy"]["services"]["local_api"]["enabled"], false, "{preset}");
        assert_eq!(seen["risks"], json!(["way_in"]), "{preset}");
    }
    // Who measures may look, and not change.
    gateway.api.get("/policy").await.unwrap();
    assert_eq!(policy::propose(&gateway.api, 60, |_| ()).await.unwrap().code(), "not_allowed");
}
