//! Masters that write through the Modbus server, and masters that show a certificate: what is let through, recorded and refused.

use crate::outlets::{meter, serving};
use crate::stage::{PASSWORD, SOON, Server, adopt, client, gateway_serving, live_value, search, tcp_bus};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::{Api, PymodbusServer, SECURITY_USER, mbpoll, policy, pymodbus_asks, pymodbus_asks_secured, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A register that the gateway does not read by itself.
const COMMAND: u16 = 61_000;
/// The frequency, which it reads all the time.
const FREQUENCY: u16 = 50_527;

/// A meter behind a gateway that serves it under unit 7.
struct Scene {
    behind: PymodbusServer,
    gateway: Server,
    security: Api,
    device: Value,
}

impl Scene {
    async fn new() -> Self {
        let behind = PymodbusServer::start(&meter()).await.unwrap();
        let gateway = gateway_serving().await;
        let bus = tcp_bus(&gateway.api, "Atelier", behind.port).await;
        let found = search(&gateway.api, &bus, 7, 7).await;
        let device = adopt(&gateway.api, &bus, &found["found"][0]).await;
        live_value(&gateway.api, &device, "voltage_l1").await;
        let security = client(&gateway.program);
        security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
        Self { behind, gateway, security, device }
    }

    async fn allow(&self, service: &str) {
        policy::switch(&self.security, service, true).await.unwrap();
    }

    fn rule(&self, change: Value) -> Value {
        let mut rule = json!({
            "source": "127.0.0.1/32", "role": null, "device_id": self.device["id"], "functions": [6, 16], "first": COMMAND, "last": COMMAND + 1,
        });
        rule.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        rule
    }

    async fn set(&self, change: Value) -> Result<Value, String> {
        let mut settings = self.gateway.api.get("/outlets/modbus").await.unwrap()["settings"].clone();
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.gateway.api.put("/outlets/modbus", settings).await
    }

    /// The newest records of an action, by Cyber security.
    async fn recorded(&self, action: &str) -> Vec<Value> {
        let found = self.security.get(&format!("/audit?text={action}&limit=50")).await.unwrap();
        found["items"].as_array().unwrap().iter().filter(|one| one["action"] == action).cloned().collect()
    }
}

fn exceptions(said: &[Value]) -> Vec<i64> {
    said.iter().map(|one| one["exception"].as_i64().unwrap_or_default()).collect()
}

/// Nothing is written but what a line of the list names, while the policy lets anything be written; each write is a record.
#[tokio::test]
async fn what_a_line_names_is_written_and_recorded_and_nothing_else() {
    let scene = Scene::new().await;
    scene.allow("modbus_server").await;
    let refused = scene.set(json!({"writes": [scene.rule(json!({"functions": [3], "last": 1}))]})).await.unwrap_err();
    assert!(refused.contains("writes.0.functions") && refused.contains("writes.0.last"), "{refused}");
    let stranger = json!({"device_id": "00000000-0000-4000-8000-000000000001"});
    let refused = scene.set(json!({"writes": [scene.rule(stranger)]})).await.unwrap_err();
    assert!(refused.contains("writes.0.device_id"), "{refused}");
    let elsewhere = scene.rule(json!({"source": "192.0.2.0/24", "first": 0, "last": 65_535}));
    let reading = scene.rule(json!({"functions": [16], "first": FREQUENCY, "last": FREQUENCY}));
    let server = scene.set(json!({"enabled": true, "writes": [elsewhere, scene.rule(json!({})), reading]})).await.unwrap();
    assert_eq!(server["writing_allowed"], false);
    let port = serving(&scene.gateway.api).await;
    let write = format!("write:7:{COMMAND}:4711");
    assert_eq!(exceptions(&pymodbus_asks(port, &[&write]).await.unwrap()), [1], "the policy lets nothing be written");
    assert!(scene.recorded("device_written").await.is_empty());

    scene.allow("modbus_server_writing").await;
    let written = || async { exceptions(&pymodbus_asks(port, &[&write]).await.ok()?).eq(&[0]).then_some(()) };
    until("it is written", SOON, written).await.unwrap();
    assert_eq!(mbpoll(scene.behind.port, 7, COMMAND, 2).await.unwrap(), [4711, 0]);
    let beyond = COMMAND + 1;
    let questions = [
        format!("write:7:{COMMAND}:1:2"),
        format!("write:7:{beyond}:1:2"),
        format!("write:7:{}:9", COMMAND - 1),
        format!("coil:7:{COMMAND}:1"),
        "write:255:0:1".to_owned(),
        format!("write:8:{COMMAND}:1"),
        format!("write:7:{FREQUENCY}:4987"),
    ];
    let said = pymodbus_asks(port, &questions.each_ref().map(String::as_str)).await.unwrap();
    assert_eq!(exceptions(&said), [0, 1, 1, 1, 1, 10, 1], "{said:?}");
    assert_eq!(mbpoll(scene.behind.port, 7, COMMAND - 1, 4).await.unwrap(), [0, 1, 2, 0]);

    // Who reads back sees what the meter made of it, and not what was read before.
    let said = pymodbus_asks(port, &[&format!("3:7:{FREQUENCY}:1")]).await.unwrap();
    assert_eq!(said[0]["items"][0], 5_001);
    scene.set(json!({"writes": [scene.rule(json!({"functions": [6], "first": FREQUENCY, "last": FREQUENCY}))]})).await.unwrap();
    let said = pymodbus_asks(port, &[&format!("write:7:{FREQUENCY}:4987"), &format!("3:7:{FREQUENCY}:1")]).await.unwrap();
    assert_eq!((&said[0]["exception"], &said[1]["items"][0]), (&Value::Null, &json!(4_987)));

    let records = scene.recorded("device_written").await;
    assert_eq!(records.len(), 3, "{records:?}");
    let first = &records[2];
    assert_eq!((&first["actor"]["source"], &first["target"]["name"]), (&json!("127.0.0.1"), &scene.device["name"]));
    assert_eq!((&first["details"]["function"], &first["details"]["values"]), (&json!("6"), &json!("0x1267")));
    assert_eq!((&records[1]["details"]["function"], &records[1]["details"]["values"]), (&json!("16"), &json!("0x0001 0x0002")));
    assert!(!scene.recorded("device_write_refused").await.is_empty());

    policy::switch(&scene.security, "modbus_server_writing", false).await.unwrap();
    let shut = || async { exceptions(&pymodbus_asks(port, &[&write]).await.ok()?).eq(&[1]).then_some(()) };
    until("no longer", SOON, shut).await.unwrap();
}

/// Certificates of masters, made by openssl.
struct Masters {
    forge: Forge,
    dir: TempDir,
    /// What they believe.
    gateway: PathBuf,
}

impl Masters {
    fn new(gateway: PathBuf) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { forge: Forge::new(dir.path()).unwrap(), dir, gateway }
    }

    fn make(&self, name: &str, role: Option<&str>, flaw: Flaw) {
        self.forge.master(name, role, flaw).unwrap();
    }

    async fn asks(&self, name: &str, port: u16, questions: &[&str]) -> Result<Vec<Value>, String> {
        let file = |end: &str| self.dir.path().join(format!("{name}.{end}"));
        pymodbus_asks_secured([self.gateway.as_path(), &file("pem"), &file("key")], port, questions).await
    }
}

async fn secured_port(scene: &Scene) -> u16 {
    until("the secured server serves", SOON, || async {
        let server = scene.gateway.api.get("/outlets/modbus").await.ok()?;
        let port = server["secured"]["address"].as_str()?.rsplit(':').next()?.parse().ok();
        port.filter(|_| server["secured"]["state"] == "open")
    })
    .await
    .unwrap()
}

/// Only who shows a certificate of a believed authority comes in; the role in it decides what may be written; a revoked one is out.
#[tokio::test]
async fn a_master_with_a_certificate_is_let_in_and_its_role_decides_what_it_writes() {
    let scene = Scene::new().await;
    let refused = scene.set(json!({"secured": true})).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    scene.allow("modbus_secured").await;
    scene.allow("modbus_server_writing").await;
    scene.set(json!({"secured": true, "writes": [scene.rule(json!({"role": "Operator"}))]})).await.unwrap();
    until("it believes nobody", SOON, || async {
        let server = scene.gateway.api.get("/outlets/modbus").await.ok()?;
        (server["secured"]["state"] == "nobody" && server["state"] == "off").then_some(())
    })
    .await
    .unwrap();
    let masters = Masters::new(Path::new(&scene.gateway.program.ready_text("ca_file")).to_owned());
    let authority = json!({"pem": masters.forge.authority_pem().unwrap()});
    scene.security.post("/certificates/trust/modbus/authorities", authority).await.unwrap();
    let port = secured_port(&scene).await;

    masters.make("operator", Some("Operator"), Flaw::None);
    masters.make("viewer", Some("Viewer"), Flaw::None);
    masters.make("anybody", None, Flaw::None);
    masters.make("revoked", Some("Operator"), Flaw::Revoked);
    let read = "3:255:0:2";
    let write = format!("write:7:{COMMAND}:7");
    for (master, outcome) in [("operator", 0), ("viewer", 1), ("anybody", 1)] {
        let said = masters.asks(master, port, &[read, &write]).await.unwrap();
        assert_eq!(said[0], json!({"items": [0x4841, 0x5542]}), "{master}");
        assert_eq!(exceptions(&said[1..]), [outcome], "{master}");
    }
    assert_eq!(mbpoll(scene.behind.port, 7, COMMAND, 1).await.unwrap(), [7]);
    assert_eq!(scene.recorded("device_written").await[0]["details"]["role"], "Operator");

    for flaw in [Flaw::Expired, Flaw::NotYetValid, Flaw::UnknownAuthority, Flaw::SelfSigned, Flaw::WeakKey, Flaw::WrongUse] {
        let name = format!("{flaw:?}").to_lowercase();
        masters.make(&name, Some("Operator"), flaw);
        assert!(masters.asks(&name, port, &[read]).await.is_err(), "{flaw:?} was let in");
    }
    assert!(pymodbus_asks(port, &[read]).await.is_err(), "no TLS");
    let trial = scene.gateway.api.post("/outlets/modbus/test", json!({})).await.unwrap();
    let steps: Vec<(&Value, &Value)> =
        trial["steps"].as_array().unwrap().iter().map(|step| (&step["step"], &step["ok"])).collect();
    assert_eq!(steps, [(&json!("connect"), &json!(true)), (&json!("tls"), &json!(true))], "{trial}");

    // Who is revoked is out with the list, and only he.
    assert!(masters.asks("revoked", port, &[read]).await.is_ok(), "nobody has told yet");
    let list = json!({"file": STANDARD.encode(masters.forge.crl_pem(7).unwrap())});
    scene.security.post("/certificates/trust/modbus/crls", list).await.unwrap();
    until("it is out", SOON, || async {
        let port = secured_port(&scene).await;
        masters.asks("revoked", port, &[read]).await.is_err().then_some(())
    })
    .await
    .unwrap();
    let port = secured_port(&scene).await;
    assert!(masters.asks("operator", port, &[read]).await.is_ok());

    // Off is off.
    scene.set(json!({"secured": false})).await.unwrap();
    let closed = || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(()) };
    until("nothing listens", SOON, closed).await.unwrap();
}
