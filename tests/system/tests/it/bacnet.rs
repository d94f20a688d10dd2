//! What the gateway says by BACnet/IP, to clients that nobody here wrote.

use crate::stage::{ONE_METER, PASSWORD, Plant, SOON, Server, client, gateway_serving, live_value, plant, tcp_bus};
use haubert_testkit::bacnet::{Bbmd, bac0, bacpypes};
use haubert_testkit::capture::Capture;
use haubert_testkit::{Api, SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::net::UdpSocket;

const NETWORK: u16 = 4711;

/// A gateway with a meter of unit 1, and what its keeper may do.
struct Scene {
    gateway: Server,
    security: Api,
    device: Value,
    plant: Plant,
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
        Self { gateway, security, device, plant }
    }

    async fn change(&self, enabled: bool, foreign_devices: bool) -> Result<Value, String> {
        self.registered(enabled, foreign_devices, "").await
    }

    async fn registered(&self, enabled: bool, foreign_devices: bool, bbmd: &str) -> Result<Value, String> {
        let settings = json!({
            "enabled": enabled, "instance": 100, "network": NETWORK, "foreign_devices": foreign_devices, "bbmd": bbmd,
        });
        self.gateway.api.put("/outlets/bacnet", settings).await
    }

    async fn view(&self) -> Value {
        self.gateway.api.get("/outlets/bacnet").await.unwrap()
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get("/outlets/bacnet").await.ok()?) }).await.unwrap()
    }

    /// Allowed, switched on and answering at this port, with foreign devices.
    async fn serve(&self) -> u16 {
        policy::switch(&self.security, "bacnet", true).await.unwrap();
        let view = self.change(true, true).await.unwrap();
        assert_eq!(view["state"], "open", "{view}");
        view["address"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap()
    }
}

/// What was learned of one kind.
fn of<'a>(learned: &'a [Value], what: &str) -> Vec<&'a Value> {
    learned.iter().filter(|one| one["what"] == what).collect()
}

fn value<'a>(learned: &'a [Value], object: &str, property: &str) -> &'a str {
    let found = of(learned, "value").into_iter().find(|one| one["object"] == object && one["property"] == property);
    found.and_then(|one| one["value"].as_str()).unwrap_or_else(|| panic!("no {property} of {object}"))
}

/// Everything that can be read, by bacpypes3 and by BAC0, against what the API has; and that nothing can be written.
#[tokio::test]
async fn clients_read_everything_and_write_nothing() {
    let scene = Scene::new().await;
    let refused = scene.change(true, true).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    assert_eq!(scene.view().await["state"], "off");
    let port = scene.serve().await;

    // What a third program takes down of it is well-formed.
    let capture = Capture::start(port, 60).await;
    let learned = bacpypes(port, NETWORK, &["walk"]).await.unwrap();
    if let Some(mut capture) = capture {
        capture.ended().await.unwrap();
        let packets = capture.read("bvlc", &["-Y", "bacapp"]).await.unwrap();
        assert!(packets.lines().count() >= 40 && packets.contains("readPropertyMultiple"), "{packets}");
        assert_eq!(capture.read("bvlc", &["-Y", "_ws.malformed || _ws.expert.severity == error"]).await.unwrap(), "");
    }

    let devices: Vec<(i64, i64)> =
        of(&learned, "device").iter().map(|one| (one["instance"].as_i64().unwrap(), one["vendor"].as_i64().unwrap())).collect();
    assert_eq!(devices, [(100, 65_535), (101, 65_535)]);
    assert_eq!(of(&learned, "device")[1]["address"], format!("{NETWORK}:0x000065"));
    assert_eq!(of(&learned, "router")[0]["networks"], json!([NETWORK]));
    assert_eq!(value(&learned, "device,101", "object-name"), "Atelier");
    assert_eq!(value(&learned, "device,101", "system-status"), "operational");
    assert_eq!(value(&learned, "analog-input,1029", "units"), "hertz");
    let number = |object: &str| value(&learned, object, "present-value").parse::<f64>().unwrap();
    let live = live_value(&scene.gateway.api, &scene.device, "frequency").await;
    assert!((number("analog-input,1029") - live).abs() < 0.5, "{live}");
    // An energy with all its digits, and rounded to what a float carries.
    let index = live_value(&scene.gateway.api, &scene.device, "active_energy_import").await;
    let exact = number("large-analog-value,1036");
    assert!(exact > 0.0 && exact <= index && exact.fract() == 0.0, "{exact} and then {index}");
    assert!((number("analog-input,1036") * 1000.0 / exact - 1.0).abs() < 1e-4);
    for one in of(&learned, "value") {
        assert!(!one["value"].as_str().unwrap().contains("error"), "{one}");
    }
    let elements: Vec<&Value> = of(&learned, "element").into_iter().map(|one| &one["value"]).collect();
    assert_eq!(elements[..2], ["1", "device,100"]);
    assert_eq!(of(&learned, "have")[0]["devices"], json!([101]));
    assert_eq!(of(&learned, "unknown")[0]["error"], "object: unknown-object");
    assert_eq!(of(&learned, "write")[0]["error"], "property: write-access-denied");
    let records: Vec<&Value> = of(&learned, "records").into_iter().map(|one| &one["count"]).collect();
    assert_eq!(records, [&json!(5), &json!(0)], "by place, and beyond the last");

    // The same as building engineers do it.
    let seen = bac0(port, NETWORK, 101).await.unwrap();
    assert_eq!(of(&seen, "discovered")[0]["devices"], json!([100, 101]));
    assert_eq!(of(&seen, "name")[0]["value"], "Atelier");
    let frequency = of(&seen, "point").into_iter().find(|one| one["name"].as_str().unwrap().starts_with("frequency ")).unwrap();
    assert!((frequency["value"].as_str().unwrap().parse::<f64>().unwrap() - live).abs() < 0.5, "{frequency}");
    assert_eq!(frequency["units"], "hertz");
    assert!(of(&seen, "write")[0]["error"].as_str().unwrap().contains("write-access-denied"), "{:?}", of(&seen, "write"));

    // The trial says in words what the clients met; the page counts them, and the trail knows who switched it on.
    let trial = scene.gateway.api.post("/outlets/bacnet/test", json!({})).await.unwrap();
    let steps: Vec<&str> = trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!((steps.as_slice(), &trial["ok"]), (&["find", "route", "meter", "read", "write"][..], &json!(true)), "{trial}");
    let view = scene.view().await;
    let requests = &view["counters"]["requests"];
    for kind in ["who_is", "who_has", "read_property", "read_property_multiple", "read_range", "write", "router", "foreign"] {
        assert!(requests[kind].as_u64().unwrap() > 0, "{kind}: {view}");
    }
    assert_eq!((&view["meters"][0]["instance"], &view["meters"][0]["name"]), (&json!(101), &json!("Atelier")));
    let trail = scene.security.get("/audit?text=bacnet&limit=50").await.unwrap();
    assert!(trail["items"].as_array().unwrap().iter().any(|record| record["actor"]["account"] == "ana"), "{trail}");

    // Off: nothing listens.
    assert_eq!(scene.change(false, true).await.unwrap()["state"], "off");
    assert!(UdpSocket::bind(("127.0.0.1", port)).is_ok(), "the port is free");
}

/// Subscribers are told of changes, with and without their confirmation; and of a meter that does not answer any more.
#[tokio::test]
async fn subscribers_are_told_and_a_silent_meter_has_no_number() {
    let scene = Scene::new().await;
    let port = scene.serve().await;
    let told = bacpypes(port, NETWORK, &["cov", "large-analog-value,1036"]).await.unwrap();
    let kinds: Vec<(&Value, usize, &Value)> = of(&told, "changes")
        .into_iter()
        .map(|one| (&one["confirmed"], one["values"].as_array().unwrap().len(), &one["active"]))
        .collect();
    assert_eq!(kinds, [(&json!(true), 3, &json!(1)), (&json!(false), 3, &json!(1))]);
    let view = scene.until("nobody is subscribed", |view| (view["counters"]["subscriptions"] == 0).then(|| view.clone())).await;
    assert!(view["counters"]["notifications"].as_u64().unwrap() >= 6, "{view}");

    let Scene { gateway: _gateway, plant, .. } = scene;
    drop(plant);
    let silent = || async {
        let wanted = ["read", "analog-input,1029", "reliability", "status-flags", "present-value"];
        let learned = bacpypes(port, NETWORK, &wanted).await.ok()?;
        (value(&learned, "analog-input,1029", "reliability") == "communication-failure").then_some(learned)
    };
    let learned = until("the meter does not answer", SOON, silent).await.unwrap();
    assert_eq!(value(&learned, "analog-input,1029", "status-flags"), "fault");
    assert_eq!(value(&learned, "analog-input,1029", "present-value"), "nan");
}

/// At a BBMD of the site the gateway is a foreign device: a broadcast there finds it and its meters.
#[tokio::test]
async fn the_gateway_registers_at_a_bbmd() {
    let scene = Scene::new().await;
    scene.serve().await;
    let mut bbmd = Bbmd::start().await.unwrap();
    let refused = scene.registered(true, false, "bbmd.example").await.unwrap_err();
    assert!(refused.contains("bbmd"), "{refused}");
    scene.registered(true, false, &format!("127.0.0.1:{}", bbmd.port)).await.unwrap();
    bbmd.next("registered").await.unwrap();
    assert_eq!(bbmd.next("found").await.unwrap()["devices"], json!([100, 101]));
    scene.until("it is registered", |view| (view["registration"] == "done").then_some(())).await;
}

/// Nobody hears who is not in the list; foreign devices register only where somebody let them; numbers stay over a loss of power.
#[tokio::test]
async fn the_policy_has_the_last_word_and_numbers_stay() {
    let scene = Scene::new().await;
    let port = scene.serve().await;
    let bus = tcp_bus(&scene.gateway.api, "Other bus", 9).await;
    let second = json!({"bus_id": bus["id"], "name": "Second", "unit": 1, "profile_id": "socomec/countis-e3x"});
    scene.gateway.api.post("/devices", second).await.unwrap();
    let numbers = |view: &Value| -> Vec<u64> {
        view["meters"].as_array().unwrap().iter().filter_map(|meter| meter["instance"].as_u64()).collect()
    };
    let both = scene.until("both are shown", |view| Some(numbers(view)).filter(|all| all.len() == 2)).await;
    assert_eq!(both, [101, 1100], "one has its unit id, the other the next beyond");

    scene.change(true, false).await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = [0; 64];
    socket.send(&[0x81, 0x05, 0, 6, 0, 60]).unwrap();
    let bytes = socket.recv(&mut answer).unwrap();
    assert_eq!(answer[..bytes], [0x81, 0, 0, 6, 0, 0x30], "registration is refused");

    policy::change(&scene.security, |policy| policy["services"]["bacnet"]["sources"] = json!(["192.0.2.0/24"])).await.unwrap();
    let unheard = || async {
        socket.send(&[0x81, 0x0A, 0, 8, 1, 0, 0x10, 8]).ok()?;
        let view = scene.gateway.api.get("/outlets/bacnet").await.ok()?;
        (view["counters"]["refused"].as_u64()? > 0).then_some(())
    };
    until("the firewall keeps it away", SOON, unheard).await.unwrap();

    let Scene { gateway, security: _, device: _, plant: _plant } = scene;
    let gateway = gateway.crash_and_restart().await;
    let shown = || async {
        let view = gateway.api.get("/outlets/bacnet").await.ok()?;
        Some(numbers(&view)).filter(|all| all.len() == 2)
    };
    assert_eq!(until("shown again", SOON, shown).await.unwrap(), both);
}
