//! What the gateway says by SNMP, to managers that nobody here wrote.

use crate::stage::{ONE_METER, PASSWORD, Plant, SOON, Server, client, gateway_serving, live_value, plant, tcp_bus};
use haubert_testkit::capture::Capture;
use haubert_testkit::snmp::{Manager, Trapd, USER, User, judged, mib_faults, pysnmp};
use haubert_testkit::{Api, SECURITY_USER, policy, until};
use reqwest::Method;
use serde_json::{Value, json};

/// `haubertObjects`.
const OBJECTS: &str = "1.3.6.1.4.1.32473.1.1";

/// A gateway with a meter.
struct Scene {
    gateway: Server,
    security: Api,
    device: Value,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let plant = plant(ONE_METER).await;
        let gateway = gateway_serving().await;
        let bus = tcp_bus(&gateway.api, "Bus", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
        let device = json!({"bus_id": bus["id"], "name": "Atelier", "unit": 1, "profile_id": "socomec/countis-e3x"});
        let device = gateway.api.post("/devices", device).await.unwrap();
        live_value(&gateway.api, &device, "frequency").await;
        let security = client(&gateway.program);
        security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
        Self { gateway, security, device, _plant: plant }
    }

    async fn allowed() -> Self {
        let scene = Self::new().await;
        policy::switch(&scene.security, "snmp", true).await.unwrap();
        scene
    }

    async fn change(&self, change: Value) -> Result<Value, String> {
        self.gateway.api.put("/outlets/snmp", body(change)).await
    }

    async fn view(&self) -> Value {
        self.gateway.api.get("/outlets/snmp").await.unwrap()
    }

    /// Switches it on, and gives a manager of it.
    async fn serve(&self, change: Value) -> (Manager, u16) {
        self.change(change).await.unwrap();
        let port = self.port().await;
        (Manager::new(port).unwrap(), port)
    }

    async fn port(&self) -> u16 {
        self.until("it answers", |view| {
            let port = view["address"].as_str()?.rsplit(':').next()?.parse().ok();
            port.filter(|_| view["state"] == "open")
        })
        .await
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get("/outlets/snmp").await.ok()?) }).await.unwrap()
    }
}

fn body(change: Value) -> Value {
    let mut settings = json!({
        "enabled": true, "contact": "control room", "location": "Quay 7",
        "users": [{"name": USER.name, "authentication": "sha256", "privacy": "aes128"}],
        "v2c": false, "receivers": [], "tell_alarms": true, "tell_failures": true,
    });
    settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let mut passwords = json!({"users": []});
    for user in settings["users"].as_array().unwrap() {
        passwords["users"].as_array_mut().unwrap().push(json!({
            "user": user["name"], "authentication": USER.authentication_password, "privacy": USER.privacy_password,
        }));
    }
    json!({"settings": settings, "passwords": passwords})
}

fn receiver(port: u16, inform: bool) -> Value {
    json!({"host": "127.0.0.1", "port": port, "inform": inform, "user": USER.name})
}

/// Off until two people have switched it on; then two managers read the same values as the API has, and nothing can be written.
#[tokio::test]
async fn managers_read_what_the_api_has_and_write_nothing() {
    let scene = Scene::new().await;
    let refused = scene.change(json!({})).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    assert_eq!(scene.view().await["state"], "off");
    policy::switch(&scene.security, "snmp", true).await.unwrap();
    let (manager, port) = scene.serve(json!({})).await;
    let view = scene.view().await;
    assert!(!view.to_string().contains(USER.authentication_password), "a password comes back");

    // What a third program takes down of it, opened with the user's keys, is well-formed.
    if let Some(mut capture) = Capture::start(port, 60).await {
        let more = || async { manager.run("snmpwalk", &USER, "authPriv", &[OBJECTS]).await };
        more().await.unwrap();
        capture.ended().await.unwrap();
        let (opened, malformed) = judged(&capture, &USER).await.unwrap();
        assert!(opened >= 40, "{opened} opened");
        assert_eq!(malformed, "");
    }

    // The names of the MIB, by net-snmp; values as the API has them.
    let walked = manager.run("snmpwalk", &USER, "authPriv", &["-Oqs", "HAUBERT-MIB::haubertMIB"]).await.unwrap();
    for line in ["haubertDeviceName.1 Atelier", "haubertDeviceState.1 online", "haubertMeasureUnit.1.1.frequency Hz"] {
        assert!(walked.contains(line), "{line} in\n{walked}");
    }
    let said = manager.run("snmpget", &USER, "authPriv", &["-Oqv", "haubertMeasureText.1.1.frequency"]).await.unwrap();
    let hertz: f64 = said.trim_matches('"').parse().unwrap();
    let live = live_value(&scene.gateway.api, &scene.device, "frequency").await;
    assert!((hertz - live).abs() < 0.5 && (49.0..51.0).contains(&hertz), "{hertz} and {live}");
    let system = manager.run("snmpwalk", &USER, "authPriv", &["-Oqn", "1.3.6.1.2.1.1"]).await.unwrap();
    for text in ["Haubert gateway", "control room", "Quay 7"] {
        assert!(system.contains(text), "{text} in\n{system}");
    }

    // The same by pysnmp: a whole walk by GETBULK has every name that GETNEXT had.
    let walk = pysnmp(port, &USER, &["walk", OBJECTS]).await.unwrap();
    assert_eq!(walk.len(), manager.run("snmpwalk", &USER, "authPriv", &["-Oqn", OBJECTS]).await.unwrap().lines().count());
    let energy = pysnmp(port, &USER, &["get", &format!("{OBJECTS}.3.1.9.1.1.36")]).await.unwrap();
    assert_eq!(energy[0]["type"], "Counter64");
    let wh: f64 = energy[0]["value"].as_str().unwrap().parse().unwrap();
    let index = live_value(&scene.gateway.api, &scene.device, "active_energy_import").await;
    assert!(wh > 0.0 && wh <= index, "{wh} and then {index}");

    // Refused: below authPriv, with a wrong password, an unknown user, and whatever would write.
    let name = "1.3.6.1.2.1.1.1.0";
    for level in ["noAuthNoPriv", "authNoPriv"] {
        let refused = manager.run("snmpget", &USER, level, &[name]).await.unwrap_err();
        assert!(refused.contains("authorizationError"), "{level}: {refused}");
    }
    let wrong = User { authentication_password: "quay seven, last light", ..USER };
    let refused = manager.run("snmpget", &wrong, "authPriv", &[name]).await.unwrap_err();
    assert!(refused.contains("Authentication failure"), "{refused}");
    let unknown = User { name: "nobody", ..USER };
    assert!(manager.run("snmpget", &unknown, "authPriv", &[name]).await.unwrap_err().contains("Unknown user name"));
    for (object, kind, value) in [("1.3.6.1.2.1.1.4.0", "s", "me"), ("1.3.6.1.4.1.32473.1.1.2.1.2.1", "s", "me")] {
        assert!(manager.run("snmpset", &USER, "authPriv", &[object, kind, value]).await.is_err(), "{object}");
    }
    // Other versions are not answered, with no community and with any.
    for version in ["1", "2c"] {
        let silence = manager.community("snmpget", version, "public", &[name]).await.unwrap_err();
        assert!(silence.contains("Timeout"), "{version}: {silence}");
    }
    let counted = scene
        .until("refusals are counted", |view| {
            (view["counters"]["unauthentic"].as_u64()? >= 2 && view["counters"]["other_versions"].as_u64()? >= 2)
                .then(|| view.clone())
        })
        .await;
    let talk = &counted["talks"][0];
    assert_eq!((&talk["source"], &talk["user"]), (&json!("127.0.0.1"), &json!(USER.name)));

    // The trial says in words what the managers met; the trail knows who did what, and no password.
    let trial = scene.gateway.api.post("/outlets/snmp/test", json!({})).await.unwrap();
    let steps: Vec<&str> = trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    let wanted = ["enter", "devices", "measures", "unprotected", "write"];
    assert_eq!((steps.as_slice(), &trial["ok"]), (&wanted[..], &json!(true)), "{trial}");
    let trail = scene.security.get("/audit?text=snmp&limit=50").await.unwrap();
    assert!(trail["items"].as_array().unwrap().iter().any(|record| record["actor"]["account"] == "ana"), "{trail}");
    assert!(!trail.to_string().contains(USER.authentication_password), "a password is in the trail");

    // Numbers are given once: not that of a device that has gone.
    for (name, number) in [("Second", 2), ("Third", 3)] {
        let other = json!({"bus_id": scene.device["bus_id"], "name": name, "unit": 9, "profile_id": "socomec/countis-e3x"});
        let other = scene.gateway.api.post("/devices", other).await.unwrap();
        let object = format!("HAUBERT-MIB::haubertDeviceName.{number}");
        let shown = || async {
            manager.run("snmpget", &USER, "authPriv", &["-Oqv", &object]).await.ok().filter(|said| said.contains(name))
        };
        until("it has its number", SOON, shown).await.unwrap();
        let id = other["id"].as_str().unwrap();
        scene.gateway.api.send(Method::DELETE, &format!("/devices/{id}"), None).await.unwrap().ok().unwrap();
    }

    // Off: nothing listens.
    scene.change(json!({"enabled": false})).await.unwrap();
    scene.until("off", |view| (view["state"] == "off").then_some(())).await;
    assert!(std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok(), "the port is free");
}

/// A trap of this engine and an inform arrive at a receiver that nobody here wrote: the start, an alarm raised and over, a wrong password, a test.
#[tokio::test]
async fn receivers_are_told_of_alarms_and_acknowledge() {
    let scene = Scene::allowed().await;
    // The engine has its name from the first start on; traps need it.
    scene.serve(json!({})).await;
    let engine = scene.view().await["engine_id"].as_str().unwrap().to_owned();
    let mut trapped = Trapd::start(&USER, Some(&engine), None).await.unwrap();
    let mut informed = Trapd::start(&USER, None, None).await.unwrap();
    let receivers = json!([receiver(trapped.port, false), receiver(informed.port, true)]);
    let (manager, _port) = scene.serve(json!({"receivers": receivers})).await;

    let trial = scene.gateway.api.post("/outlets/snmp/test", json!({})).await.unwrap();
    let last: Vec<(&str, bool)> = trial["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["receiver"].is_string())
        .filter_map(|step| Some((step["step"].as_str()?, step["ok"].as_bool()?)))
        .collect();
    assert_eq!(last, [("trap", true), ("inform", true)], "{trial}");
    for (trapd, kind) in [(&mut trapped, "TRAP"), (&mut informed, "INFORM")] {
        trapd.next(kind, |line| line.contains(".1.3.6.1.4.1.32473.1.0.3").then_some(())).await.unwrap();
    }
    let wrong = User { authentication_password: "quay seven, last light", ..USER };
    manager.run("snmpget", &wrong, "authPriv", &["1.3.6.1.2.1.1.1.0"]).await.unwrap_err();
    for trapd in [&mut trapped, &mut informed] {
        trapd.next("authenticationFailure", |line| line.contains(".1.3.6.1.6.3.1.1.5.5").then_some(())).await.unwrap();
    }

    // An alarm that any reading raises, and then none.
    let point = json!({"device": scene.device["id"], "channel": 1, "quantity": "frequency"});
    let rule = json!({
        "name": "Too fast", "enabled": true, "criticality": "critical", "acknowledgement": "none", "start_delay_s": 0.0, "drop_delay_s": 0.0,
        "condition": {"kind": "analogue", "points": [point], "join": "or", "high": 10.0, "low": null, "hysteresis_percent": 1.0},
    });
    let made = scene.gateway.api.post("/alarm-rules", rule).await.unwrap();
    for trapd in [&mut trapped, &mut informed] {
        let raised = trapd.next("raised", |line| line.contains(".32473.1.0.1").then(|| line.to_owned())).await.unwrap();
        assert!(raised.contains("Too fast") && raised.contains("Atelier") && raised.contains("critical(3)"), "{raised}");
    }
    let table = manager.run("snmpwalk", &USER, "authPriv", &["-Oqs", "HAUBERT-MIB::haubertAlarmTable"]).await.unwrap();
    assert!(table.contains("haubertAlarmState.1 active") && table.contains("haubertAlarmCriticality.1 critical"), "{table}");
    scene
        .gateway
        .api
        .send(Method::DELETE, &format!("/alarm-rules/{}", made["id"].as_str().unwrap()), None)
        .await
        .unwrap()
        .ok()
        .unwrap();
    for trapd in [&mut trapped, &mut informed] {
        trapd.next("over", |line| line.contains(".32473.1.0.2").then_some(())).await.unwrap();
    }
    let told = scene.until("both were told", |view| (view["told"][1]["sent"].as_u64()? >= 3).then(|| view["told"].clone())).await;
    assert_eq!((&told[1]["lost"], &told[1]["failure"]), (&json!(0), &Value::Null), "{told}");
}

/// What nobody hears of: another address by the policy, SNMPv2c without the policy's word; and what holds over a restart.
#[tokio::test]
async fn the_policy_has_the_last_word_and_the_engine_counts_its_starts() {
    let scene = Scene::allowed().await;
    let refused = scene.gateway.api.put("/outlets/snmp", with_community("crane-four-north")).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    policy::switch(&scene.security, "snmp_v2c", true).await.unwrap();
    for community in ["public", "a-public-secret-of-ours"] {
        let refused = scene.gateway.api.put("/outlets/snmp", with_community(community)).await.unwrap_err();
        assert!(refused.contains("community"), "{refused}");
    }
    scene.gateway.api.put("/outlets/snmp", with_community("crane-four-north")).await.unwrap();
    let port = scene.port().await;
    let manager = Manager::new(port).unwrap();
    let name = "1.3.6.1.2.1.1.5.0";
    manager.community("snmpget", "2c", "crane-four-north", &[name]).await.unwrap();
    for (version, community) in [("2c", "public"), ("1", "crane-four-north")] {
        assert!(manager.community("snmpget", version, community, &[name]).await.unwrap_err().contains("Timeout"), "{version}");
    }
    assert!(manager.community("snmpset", "2c", "crane-four-north", &["1.3.6.1.2.1.1.4.0", "s", "me"]).await.is_err());
    policy::switch(&scene.security, "snmp_v2c", false).await.unwrap();
    let silent = || async {
        manager.community("snmpget", "2c", "crane-four-north", &[name]).await.err().filter(|said| said.contains("Timeout"))
    };
    until("SNMPv2c is silent again", SOON, silent).await.unwrap();
    manager_reads(&scene).await.unwrap();

    // Who is not in the list is not answered, with the right passwords.
    let (policy, revision) = the_policy(&scene.security).await;
    let with = |sources: Value| {
        let mut policy = policy.clone();
        policy["services"]["snmp"] = json!({"enabled": true, "sources": sources});
        policy
    };
    scene.security.put("/policy", json!({"policy": with(json!(["192.0.2.0/24"])), "revision": revision})).await.unwrap();
    let shut = || async { manager_reads(&scene).await.err().filter(|said| said.contains("Timeout")) };
    until("nobody answers", SOON, shut).await.unwrap();
    let (_, revision) = the_policy(&scene.security).await;
    scene.security.put("/policy", json!({"policy": with(json!(["127.0.0.0/8"])), "revision": revision})).await.unwrap();
    until("answers again", SOON, || async { manager_reads(&scene).await.ok() }).await.unwrap();

    // After a loss of power: the same name, one start more, the same numbers.
    let before = scene.view().await;
    let Scene { gateway, security: _, device, _plant } = scene;
    let gateway = gateway.crash_and_restart().await;
    let security = client(&gateway.program);
    let scene = Scene { gateway, security, device, _plant };
    scene.port().await;
    let after = scene.view().await;
    assert_eq!(after["engine_id"], before["engine_id"]);
    assert_eq!(after["engine_boots"].as_u64().unwrap(), before["engine_boots"].as_u64().unwrap() + 1);
    let read = manager_reads(&scene).await.unwrap();
    assert!(read.contains("Atelier"), "{read}");
}

fn with_community(community: &str) -> Value {
    let mut body = body(json!({"v2c": true}));
    body["passwords"]["community"] = json!(community);
    body
}

async fn manager_reads(scene: &Scene) -> Result<String, String> {
    let manager = Manager::new(scene.port().await).map_err(|error| error.to_string())?;
    manager.run("snmpget", &USER, "authPriv", &["-Oqv", "HAUBERT-MIB::haubertDeviceName.1"]).await
}

async fn the_policy(security: &Api) -> (Value, Value) {
    let now = security.get("/policy").await.unwrap();
    (now["policy"].clone(), now["revision"].clone())
}

/// The file that managers load: nothing against it by two tools, and the same by the page and in the repository.
#[tokio::test]
async fn the_mib_is_one_that_others_can_read() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/HAUBERT-MIB.txt");
    assert_eq!(mib_faults(&file).await.unwrap(), "");
    let gateway = gateway_serving().await;
    let offered = gateway.api.follow("/outlets/snmp/mib").await.unwrap().text().await.unwrap();
    assert_eq!(offered, std::fs::read_to_string(file).unwrap());
}
