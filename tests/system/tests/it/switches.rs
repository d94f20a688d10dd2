//! The switches of the policy that `policy.rs` does not try: off, each does nothing; on, the same request gets further.

use crate::people::keeper;
use crate::stage::{ONE_METER, SOON, Server, add_bus, adopt, gateway, plant, search};
use haubert_testkit::{Api, policy, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpListener;

async fn code(api: &Api, method: Method, path: &str, body: Value) -> String {
    api.send(method, path, Some(&body)).await.unwrap().code().to_owned()
}

/// A receiver that takes connections and says nothing: whoever wants to send the trail has to call it.
struct Receiver(TcpListener);

impl Receiver {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn was_called(&self) -> bool {
        self.0.accept().is_ok()
    }

    /// Takes every call that has come so far.
    fn forget(&self) {
        while self.was_called() {}
    }
}

async fn syslog_state(security: &Api) -> Value {
    security.get("/audit/status").await.unwrap()["syslog"].clone()
}

async fn renamed(gateway: &Server, name: &str) {
    gateway.api.put("/site", json!({"name": name, "time_zone": "Europe/Paris", "country": "FR"})).await.unwrap();
}

#[tokio::test]
async fn a_trail_that_may_not_be_sent_is_not_sent() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let receiver = Receiver::open();
    let syslog = json!({"enabled": true, "host": "127.0.0.1", "port": receiver.port(), "client_certificate": false});
    let mut settings = security.get("/audit/settings").await.unwrap();
    settings["syslog"] = syslog.clone();
    security.put("/audit/settings", settings).await.unwrap();
    // Wanted, but off by policy as in a fresh gateway: records are made, nobody is called, and a test is refused.
    renamed(&gateway, "Quai 1").await;
    assert_eq!(code(&security, Method::POST, "/audit/syslog-test", syslog.clone()).await, "switched_off");
    let state = syslog_state(&security).await;
    assert_eq!((&state["active"], &state["allowed"]), (&json!(false), &json!(false)));
    assert!(!receiver.was_called());

    policy::switch(&security, "syslog", true).await.unwrap();
    until("the receiver is called", SOON, || async { receiver.was_called().then_some(()) }).await.unwrap();

    policy::switch(&security, "syslog", false).await.unwrap();
    until("the sender gives up", SOON, || async { (syslog_state(&security).await["active"] == false).then_some(()) })
        .await
        .unwrap();
    receiver.forget();
    renamed(&gateway, "Quai 2").await;
    assert_eq!(code(&security, Method::POST, "/audit/syslog-test", syslog).await, "switched_off");
    let told = security.get("/policy/services").await.unwrap();
    assert!(told["outgoing"].as_array().unwrap().iter().all(|one| one["service"] != "syslog"), "{told}");
    assert!(!receiver.was_called());
}

/// Releases from the hub and from a file: off, nothing is asked for and nothing taken.
#[tokio::test]
async fn releases_that_may_not_come_are_not_taken() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let view = async || security.get("/updates").await.unwrap();
    let upload = async || security.upload("/updates/bundle", b"no bundle".to_vec()).await.unwrap().code().to_owned();

    assert_ne!(code(&security, Method::POST, "/updates/check", Value::Null).await, "switched_off");
    policy::switch(&security, "update_from_hub", false).await.unwrap();
    assert_eq!(code(&security, Method::POST, "/updates/check", Value::Null).await, "switched_off");
    assert_eq!(view().await["from_hub"], false);
    assert_ne!(upload().await, "switched_off", "the other way is its own switch");
    policy::switch(&security, "update_from_hub", true).await.unwrap();
    assert_ne!(code(&security, Method::POST, "/updates/check", Value::Null).await, "switched_off");

    policy::switch(&security, "update_from_file", false).await.unwrap();
    let refused = view().await["refused"].clone();
    assert_eq!(upload().await, "switched_off");
    assert_eq!((&view().await["from_file"], &view().await["refused"]), (&json!(false), &refused), "it was not even looked at");
    policy::switch(&security, "update_from_file", true).await.unwrap();
    assert_ne!(upload().await, "switched_off");
}

#[tokio::test]
async fn meters_behind_a_device_server_are_let_go_of() {
    let scene = ONE_METER.replace("kind = \"tcp\"", "kind = \"rtu_over_tcp\"");
    let (plant, gateway) = (plant(&scene).await, gateway().await);
    let security = keeper(&gateway.program).await;
    let port = plant.bus("tcp")["port"].clone();
    let bus = add_bus(&gateway.api, "rtu", json!({"kind": "rtu_over_tcp", "host": "127.0.0.1", "port": port})).await;
    let found = search(&gateway.api, &bus, 1, 1).await;
    adopt(&gateway.api, &bus, &found["found"][0]).await;
    let connected = async |wanted: usize| {
        until("its connections", SOON, || async {
            let told = security.get("/policy/services").await.ok()?;
            let ours = told["outgoing"].as_array()?.iter().filter(|one| one["service"] == "modbus_rtu_tcp").count();
            (ours == wanted).then_some(())
        })
        .await
        .unwrap();
    };
    connected(1).await;
    policy::switch(&security, "modbus_rtu_tcp", false).await.unwrap();
    connected(0).await;
    assert_eq!(gateway.api.get("/buses").await.unwrap()["items"][0]["held_by"], "modbus_rtu_tcp");
    policy::switch(&security, "modbus_rtu_tcp", true).await.unwrap();
    connected(1).await;
}

/// A port that hangs on USB has two switches, and the one of USB is off in a fresh gateway.
#[tokio::test]
async fn what_hangs_on_usb_is_held_until_it_is_allowed() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let line = json!({"kind": "serial", "path": "/dev/ttyUSB93", "baud": 9600, "parity": "even", "stop_bits": 1});
    let bus = add_bus(&gateway.api, "usb", line).await;
    let held = async || gateway.api.get("/buses").await.unwrap()["items"][0]["held_by"].clone();
    let look = json!({"line": bus["line"], "first_unit": 1, "last_unit": 1, "timeout_ms": 300});
    assert_eq!(held().await, "usb");
    assert_eq!(code(&gateway.api, Method::POST, "/discoveries", look.clone()).await, "switched_off");
    policy::switch(&security, "usb", true).await.unwrap();
    assert_eq!(held().await, Value::Null);
    assert_ne!(code(&gateway.api, Method::POST, "/discoveries", look).await, "switched_off");
}

/// Pages and programs have a switch each.
#[tokio::test]
async fn pages_that_are_off_are_not_served() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let as_page = [("x-haubert-request", "1"), ("sec-fetch-site", "same-origin")];
    let asked = async || {
        let answer = security.send_with(Method::POST, "/policy/preview", &json!({"preset": "cloud"}), &as_page).await.unwrap();
        answer.code().to_owned()
    };
    assert_eq!(asked().await, "");
    policy::switch(&security, "web_view", false).await.unwrap();
    assert_eq!(asked().await, "switched_off");
    assert_eq!(gateway.api.send(Method::GET, "/zones", None).await.unwrap().code(), "", "programs are not concerned");
    policy::switch(&security, "web_view", true).await.unwrap();
    assert_eq!(asked().await, "");
}
