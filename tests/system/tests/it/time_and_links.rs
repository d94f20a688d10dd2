//! What the gateway knows of its time and of its ways out: time servers that tell the truth, err, contradict each other and refuse, and
//! links that go and come, from inside the sandbox.

use crate::stage::{PASSWORD, QUICK, SOON, Server, client, gateway, gateway_with, text};
use crate::surroundings::events;
use haubert_testkit::ntp::{Chrony, Says, TimeServer, machine_time_s};
use haubert_testkit::{Api, SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

async fn security(gateway: &Server) -> Api {
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    security
}

fn asking(ports: &[u16]) -> Value {
    let servers: Vec<Value> = ports.iter().map(|port| json!({"host": "127.0.0.1", "port": port})).collect();
    json!({"enabled": true, "servers": servers, "period_seconds": 3600, "limit_ms": 1000})
}

/// Asks these servers and waits until the check says `state` of them.
async fn checked(api: &Api, ports: &[u16], state: &str) -> Value {
    api.put("/time/check", asking(ports)).await.unwrap();
    let asked = |view: &Value| {
        let servers = view["servers"].as_array().is_some_and(|servers| {
            servers.len() == ports.len() && servers.iter().zip(ports).all(|(server, port)| server["port"] == *port)
        });
        servers && view["state"] == state
    };
    until(state, SOON, || async { api.get("/time/check").await.ok().filter(asked) }).await.unwrap()
}

async fn notice(api: &Api, code: &str) -> Option<Value> {
    let home = api.get("/home").await.unwrap();
    home["notices"].as_array().unwrap().iter().find(|notice| notice["code"] == code).cloned()
}

/// Once the event of this code is written down.
async fn told(api: &Api, code: &str) -> Value {
    until(code, SOON, || async { events(api, code).await.pop() }).await.unwrap()
}

#[tokio::test]
async fn the_time_is_trusted_while_most_servers_agree_with_it() {
    let gateway = gateway().await;
    let (api, security) = (&gateway.api, security(&gateway).await);
    let first = TimeServer::start(Says::Time(0)).await.unwrap();
    let refused = api.put("/time/check", asking(&[first.port])).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    assert_eq!(api.get("/time/check").await.unwrap()["state"], "off");
    policy::switch(&security, "ntp_check", true).await.unwrap();
    assert_eq!(first.asked(), 0, "nobody is asked before an Admin has named somebody");

    let view = checked(api, &[first.port], "trusted").await;
    assert_eq!((&view["servers"][0]["stratum"], &view["servers"][0]["reachable"]), (&json!(2), &json!(true)));
    assert!(view["offset_ms"].as_i64().unwrap().abs() < 500, "{view}");

    // One that errs is named, and forged datagrams change nothing.
    let (wrong, forged) = (TimeServer::start(Says::Time(30_000)), TimeServer::start(Says::AfterForgery(0)));
    let (wrong, forged) = (wrong.await.unwrap(), forged.await.unwrap());
    let fresh = TimeServer::start(Says::Time(0)).await.unwrap();
    let view = checked(api, &[fresh.port, wrong.port, forged.port], "trusted").await;
    let named: Vec<&Value> = view["servers"].as_array().unwrap().iter().map(|server| &server["contradicts"]).collect();
    assert_eq!(named, [&json!(false), &json!(true), &json!(false)], "{view}");
    assert_eq!(first.asked(), 1, "who is no longer named is no longer asked");
    assert!(events(api, "time_off").await.is_empty() && notice(api, "time_off").await.is_none());
}

#[tokio::test]
async fn a_time_that_cannot_be_trusted_is_told_with_its_reason() {
    let gateway = gateway().await;
    let (api, security) = (&gateway.api, security(&gateway).await);
    policy::switch(&security, "ntp_check", true).await.unwrap();

    let ahead = TimeServer::start(Says::Time(7_200_000)).await.unwrap();
    let view = checked(api, &[ahead.port], "off_by").await;
    assert!((view["offset_ms"].as_i64().unwrap() - 7_200_000).abs() < 500, "{view}");
    let by: i64 = notice(api, "time_off").await.unwrap()["params"]["by_ms"].as_str().unwrap().parse().unwrap();
    assert!((by - 7_200_000).abs() < 500, "{by}");
    assert_eq!(told(api, "time_off").await["severity"], "warning");

    let (one, other) = (TimeServer::start(Says::Time(0)).await.unwrap(), TimeServer::start(Says::Time(60_000)).await.unwrap());
    checked(api, &[one.port, other.port], "disputed").await;
    assert!(notice(api, "time_disputed").await.is_some() && notice(api, "time_off").await.is_none());

    let (denies, unset) =
        (TimeServer::start(Says::Kiss(*b"DENY")).await.unwrap(), TimeServer::start(Says::NotSet).await.unwrap());
    let rated = TimeServer::start(Says::Kiss(*b"RATE")).await.unwrap();
    let view = checked(api, &[denies.port, unset.port, rated.port], "unreachable").await;
    let codes: Vec<&Value> = view["servers"].as_array().unwrap().iter().map(|server| &server["failure"]["code"]).collect();
    assert_eq!(codes, ["server_denies", "server_not_set", "asked_too_often"], "{view}");
    assert_eq!((&view["servers"][0]["denied"], denies.asked()), (&json!(true), 1));
    assert!(notice(api, "time_unchecked").await.is_some());

    // Who said never again is left alone as long as it is named, whatever else is changed.
    let silent = TimeServer::start(Says::Nothing).await.unwrap();
    let view = checked(api, &[denies.port, silent.port], "unreachable").await;
    assert_eq!((&view["servers"][1]["failure"]["code"], denies.asked()), (&json!("no_answer"), 1), "{view}");

    let good = TimeServer::start(Says::Time(0)).await.unwrap();
    checked(api, &[good.port], "trusted").await;
    let back = told(api, "time_trusted").await;
    assert!(back["params"]["lasted_ms"].as_str().unwrap().parse::<i64>().unwrap() > 0, "{back}");
    assert!(notice(api, "time_unchecked").await.is_none());

    policy::switch(&security, "ntp_check", false).await.unwrap();
    until("off", SOON, || async { api.get("/time/check").await.ok().filter(|view| view["state"] == "off") }).await.unwrap();
}

#[tokio::test]
async fn a_time_server_of_others_is_understood() {
    let gateway = gateway().await;
    policy::switch(&security(&gateway).await, "ntp_check", true).await.unwrap();
    let chrony = Chrony::start(gateway.folder()).await.unwrap();
    let view = checked(&gateway.api, &[chrony.port], "trusted").await;
    assert_eq!(view["servers"][0]["stratum"], 5, "{view}");
    assert!(view["servers"][0]["uncertainty_ms"].as_i64().unwrap() < 1_000, "{view}");
}

/// As the helper does: readers see the old file or the new.
fn write_status(folder: &Path, content: &str) {
    std::fs::write(folder.join(".status"), content).unwrap();
    std::fs::rename(folder.join(".status"), folder.join("status.json")).unwrap();
}

#[tokio::test]
async fn links_that_go_and_come_are_seen_from_inside_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway_with(&format!("wan_status_dir = \"{}\"\n{QUICK}", text(folder.path()))).await;
    let api = &gateway.api;
    let view = api.get("/links").await.unwrap();
    let loopback = view["interfaces"].as_array().unwrap().iter().find(|one| one["name"] == "lo").unwrap();
    assert_eq!((&loopback["medium"], &loopback["up"]), (&json!("loopback"), &json!(true)));
    assert!(loopback["rx_bytes"].as_u64().unwrap() > 0);
    assert_eq!((&view["status_missing"], &view["links"]), (&json!("status_missing"), &json!([])));

    let refused =
        api.put("/links", json!({"links": [{"name": "../../etc", "kind": "vpn"}], "handshake_lost_seconds": 180})).await;
    assert!(refused.is_err());
    let links = json!([
        {"name": "lo", "kind": "ethernet"}, {"name": "port", "kind": "ipsec"}, {"name": "wg-none", "kind": "wireguard"},
    ]);
    let view = api.put("/links", json!({"links": links, "handshake_lost_seconds": 180})).await.unwrap();
    let state = |view: &Value, at: usize| (view["links"][at]["state"].clone(), view["links"][at]["reason"].clone());
    assert_eq!(state(&view, 0), (json!("up"), json!(null)));
    assert_eq!(state(&view, 1), (json!("unknown"), json!("status_missing")));
    assert_eq!(state(&view, 2), (json!("down"), json!("interface_missing")));
    assert_eq!(notice(api, "link_down").await.unwrap()["params"]["link"], "wg-none");
    assert_eq!(notice(api, "link_not_known").await.unwrap()["params"]["link"], "port");
    assert_eq!(
        told(api, "link_down").await["params"],
        json!({"link": "wg-none", "kind": "wireguard", "reason": "interface_missing"})
    );

    let reaches = async |what: &str, wanted: (Value, Value)| {
        until(what, Duration::from_secs(30), || async { api.get("/links").await.ok().filter(|view| state(view, 1) == wanted) })
            .await
            .unwrap()
    };
    let status = |at: i64, state: &str| {
        let connection = json!({"name": "port", "state": state, "installed": 1, "remote": "198.51.100.9"});
        json!({"version": 1, "written_at": at, "ipsec": [connection]}).to_string()
    };
    write_status(folder.path(), &status(machine_time_s(), "ESTABLISHED"));
    let view = reaches("the tunnel is up", (json!("up"), json!(null))).await;
    assert_eq!(view["links"][1]["remote"], "198.51.100.9");
    let back = told(api, "link_up").await;
    assert_eq!(back["params"]["link"], "port");
    assert!(back["params"]["lasted_ms"].as_str().unwrap().parse::<i64>().unwrap() > 0, "{back}");
    assert!(notice(api, "link_not_known").await.is_none());

    write_status(folder.path(), &status(machine_time_s(), "CONNECTING"));
    reaches("the tunnel is down", (json!("down"), json!("not_established"))).await;
    write_status(folder.path(), &status(machine_time_s() - 600, "ESTABLISHED"));
    reaches("a helper that has stopped", (json!("unknown"), json!("status_stale"))).await;
    write_status(folder.path(), "{\"version\": 1");
    reaches("half a file", (json!("unknown"), json!("status_unreadable"))).await;

    let security = security(&gateway).await;
    let posture = security.get("/posture").await.unwrap();
    let finding = |check: &str| {
        let findings = posture["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["check"] == check).cloned().unwrap_or_default()
    };
    assert_ne!(finding("sandbox.walls")["proof"]["files"], "none", "nothing is proven without the wall");
    assert_eq!((&finding("wan.links")["verdict"], &finding("time.trusted")["verdict"]), (&json!("fails"), &json!("weak")));
    let trail = security.get("/audit?text=wg-none&limit=50").await.unwrap();
    assert!(trail["items"].as_array().unwrap().iter().any(|record| record["actor"]["account"] == "ana"), "{trail}");
}
