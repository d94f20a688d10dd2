//! LoRaWAN sensors through a real broker: events as a network server publishes them, by a client that nobody here wrote.

use crate::stage::{SOON, Server, believing, client, gateway};
use crate::time::rows;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_testkit::forge::Forge;
use haubert_testkit::mosquitto::{Broker, Mosquitto, USER, mosquitto_pub};
use haubert_testkit::{Api, policy, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

const EUI: &str = "24e124136b502217";
/// What an EM300-DI sends: battery 92 %, 30.8 °C, 50.5 %, and so many pulses.
fn payload(pulses: u32) -> Vec<u8> {
    let mut bytes = vec![0x01, 0x75, 0x5C, 0x03, 0x67, 0x34, 0x01, 0x04, 0x68, 0x65, 0x05, 0xC8];
    bytes.extend(pulses.to_le_bytes());
    bytes
}

fn uplink(f_cnt: u32, data: &[u8]) -> Value {
    json!({
        "deduplicationId": format!("3ac7e3c4-4401-4b8d-9386-{f_cnt:012}"), "time": "2026-11-23T12:58:59.310Z",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "Site", "applicationId": "17c8", "applicationName": "Meters",
            "deviceProfileId": "14e1", "deviceProfileName": "EM300", "deviceName": "Water of the quay", "devEui": EUI, "tags": {},
        },
        "devAddr": "00189440", "adr": true, "dr": 1, "fCnt": f_cnt, "fPort": 85, "confirmed": false, "data": STANDARD.encode(data),
        "rxInfo": [
            {"gatewayId": "016c001ff10a235b", "uplinkId": 4217106255u32, "rssi": -98, "snr": -7.8, "context": "AAA=", "metadata": {}},
            {"gatewayId": "016c001ff10a235c", "uplinkId": 4217106256u32, "rssi": -61, "snr": 10.5, "context": "AAA=", "metadata": {}},
        ],
        "txInfo": {"frequency": 868500000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11, "codeRate": "CR_4_5"}}},
    })
}

/// A gateway that trusts an authority with the network server's broker.
struct Scene {
    gateway: Server,
    security: Api,
    forge: Forge,
    dir: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let gateway = gateway().await;
        let (security, dir, forge) = believing(&gateway.program, "lorawan").await;
        Self { gateway, security, forge, dir }
    }

    async fn broker(&self, port: u16) -> Mosquitto {
        Broker { port, ..Broker::GOOD }.start(self.dir.path(), &self.forge).await.unwrap()
    }

    fn body(&self, now: &Value, port: u16, change: Value) -> Value {
        let mut settings = now["settings"].clone();
        for layer in [json!({"enabled": true, "host": "127.0.0.1", "port": port, "user": USER.0}), change] {
            settings.as_object_mut().unwrap().extend(layer.as_object().unwrap().clone());
        }
        json!({"settings": settings, "password": USER.1})
    }

    async fn listen(&self, port: u16) {
        policy::switch(&self.security, "lorawan", true).await.unwrap();
        let now = self.gateway.api.get("/inputs/lorawan").await.unwrap();
        let view = self.gateway.api.put("/inputs/lorawan", self.body(&now, port, json!({}))).await.unwrap();
        assert!(view["password_set"] == true && !view.to_string().contains(USER.1), "the password comes back: {view}");
        self.connected().await;
    }

    async fn connected(&self) {
        self.until("connected", "/inputs/lorawan", |view| (view["state"] == "connected").then_some(())).await;
    }

    async fn says(&self, port: u16, event: &str, payload: &[u8]) {
        let topic = format!("application/17c8/device/{EUI}/event/{event}");
        let ca: PathBuf = self.dir.path().join("ca.pem");
        mosquitto_pub(port, &ca, &topic, payload).await.unwrap();
    }

    async fn sends(&self, port: u16, f_cnt: u32, pulses: u32) {
        self.says(port, "up", uplink(f_cnt, &payload(pulses)).to_string().as_bytes()).await;
    }

    async fn until<T>(&self, what: &str, path: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get(path).await.ok()?) }).await.unwrap()
    }

    async fn counted(&self, what: &str, count: u64) {
        self.until(what, "/inputs/lorawan", |view| (view["counters"][what] == count).then_some(())).await;
    }

    /// Takes the sensor in, as a counter of water with ten litres a pulse.
    async fn take_in(&self, interval_s: Value) -> Value {
        self.until("heard", "/inputs/lorawan/heard", |heard| (heard["items"][0]["dev_eui"] == EUI).then_some(())).await;
        let load = json!({
            "channel": 1, "name": "Water", "fluid": "water", "usage": "water", "zone_id": null,
            "pulse": {"weight": "10", "unit": "litre"},
        });
        let body = json!({
            "dev_eui": EUI, "name": "Water of the quay", "decoder": "milesight/em300-di", "interval_s": interval_s, "loads": [load],
        });
        self.gateway.api.post("/inputs/lorawan/sensors", body).await.unwrap()
    }

    async fn sensor<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        self.until(what, "/inputs/lorawan/sensors", |sensors| wanted(&sensors["items"][0])).await
    }

    /// Recorded values of a quantity, once there are as many.
    async fn recorded(&self, quantity: &str, wanted: usize) -> Vec<f64> {
        let list = format!("/series?quantity={quantity}");
        let id = self.until(quantity, &list, |series| series["items"].get(0).map(|one| one["id"].clone())).await;
        let found = async || {
            let values: Vec<f64> = rows(&self.gateway.api, &id).await.into_iter().filter_map(|(_, value, _)| value).collect();
            (values.len() >= wanted).then_some(values)
        };
        until(&format!("{wanted} values of {quantity}"), SOON, found).await.unwrap()
    }
}

/// Off until two people have switched it on; a sensor is heard, taken in, shown and recorded; a repetition is not recorded twice, and
/// what never came is counted.
#[tokio::test]
async fn a_sensor_is_heard_taken_in_and_recorded() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    let api = &scene.gateway.api;
    let now = api.get("/inputs/lorawan").await.unwrap();
    assert_eq!((&now["state"], &now["settings"]["enabled"], &now["allowed"]), (&json!("off"), &json!(false), &json!(false)));
    let refused = api.put("/inputs/lorawan", scene.body(&now, broker.port, json!({}))).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    policy::switch(&scene.security, "lorawan", true).await.unwrap();
    let trial = api.post("/inputs/lorawan/test", scene.body(&now, broker.port, json!({}))).await.unwrap();
    let steps: Vec<&str> = trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(
        (steps.as_slice(), &trial["ok"]),
        (&["resolve", "reach", "tls", "connect", "subscribe"][..], &json!(true)),
        "{trial}"
    );
    assert_eq!(api.get("/inputs/lorawan").await.unwrap()["state"], "off", "a try switches nothing on");
    scene.listen(broker.port).await;

    scene.sends(broker.port, 1, 100).await;
    let heard = scene.until("heard", "/inputs/lorawan/heard", |heard| heard["items"].get(0).cloned()).await;
    assert_eq!(
        (&heard["dev_eui"], &heard["name"], &heard["radio"]["rssi"]),
        (&json!(EUI), &json!("Water of the quay"), &json!(-61))
    );
    let preview = api.post("/inputs/lorawan/preview", json!({"dev_eui": EUI, "decoder": "milesight/em300-di"})).await.unwrap();
    assert_eq!((&preview["port"], &preview["left"], preview["values"].as_array().unwrap().len()), (&json!(85), &json!(0), 3));
    let other = api.post("/inputs/lorawan/preview", json!({"dev_eui": EUI, "decoder": "milesight/ws523"})).await.unwrap();
    assert_eq!(other["left"], 16, "another model's decoder understands nothing of it");
    let taken = scene.take_in(Value::Null).await;
    assert_eq!((&taken["usual_interval_s"], &taken["loads"][0]["pulse"]["weight"]), (&json!(600), &json!("10")));
    assert!(api.get("/inputs/lorawan/heard").await.unwrap()["items"].as_array().unwrap().is_empty());
    let twice = api.post(
        "/inputs/lorawan/sensors",
        json!({
            "dev_eui": EUI, "name": "Twin", "decoder": "milesight/em300-di", "interval_s": null,
            "loads": [{"channel": 1, "name": "Twin", "fluid": "water", "usage": "water", "zone_id": null, "pulse": null}],
        }),
    );
    assert!(twice.await.unwrap_err().contains("conflict"));
    assert!(api.get("/devices").await.unwrap()["items"].as_array().unwrap().is_empty(), "no device of a bus");

    // The event that nobody had taken in is not recorded; from here on each is.
    scene.sends(broker.port, 2, 101).await;
    let sensor = scene.sensor("values", |sensor| (sensor["values"].as_array()?.len() == 4).then(|| sensor.clone())).await;
    let value = |quantity: &str| {
        let values = sensor["values"].as_array().unwrap();
        values.iter().find(|value| value["quantity"] == quantity).unwrap()["value"].as_f64().unwrap()
    };
    assert_eq!((value("temperature"), value("pulse_count"), value("volume")), (30.8, 101.0, 1.01));
    assert_eq!((&sensor["state"], &sensor["radio"]["battery_percent"]), (&json!("online"), &json!(92.0)));
    let live = api.get(&format!("/live?device_id={}", taken["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(live["items"][0]["values"]["temperature"], 30.8, "{live}");

    let again = uplink(3, &payload(102)).to_string();
    scene.says(broker.port, "up", again.as_bytes()).await;
    scene.counted("uplinks", 3).await;
    let before = scene.recorded("temperature", 2).await.len();
    scene.says(broker.port, "up", again.as_bytes()).await;
    scene.counted("repeated", 1).await;
    scene.sends(broker.port, 7, 106).await;
    scene.counted("uplinks", 4).await;
    let recorded = scene.recorded("temperature", before + 1).await;
    assert_eq!(recorded.len(), before + 1, "a repetition is not recorded twice: {recorded:?}");
    scene.sensor("lost uplinks", |sensor| (sensor["radio"]["lost"] == 3 && sensor["radio"]["uplinks"] == 4).then_some(())).await;
    scene.recorded("volume", 1).await;

    let status = json!({
        "deduplicationId": "5e2b", "time": "2026-11-23T12:59:00Z", "deviceInfo": {"devEui": EUI}, "margin": 12,
        "externalPowerSource": false, "batteryLevelUnavailable": false, "batteryLevel": 71.26,
    });
    scene.says(broker.port, "status", status.to_string().as_bytes()).await;
    scene
        .sensor("its status", |sensor| {
            (sensor["radio"]["margin"] == 12 && sensor["radio"]["battery_percent"] == 71.26).then_some(())
        })
        .await;

    let trail = scene.security.get("/audit?text=lorawan&limit=50").await.unwrap();
    let by: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|record| &record["actor"]["account"]).collect();
    assert!(by.contains(&&json!("ana")), "{trail}");
    assert!(!trail.to_string().contains(USER.1), "the password is in the trail");
    let path = format!("/inputs/lorawan/sensors/{}", taken["id"].as_str().unwrap());
    api.send(Method::DELETE, &path, None).await.unwrap().ok().unwrap();
    scene.until("heard again", "/inputs/lorawan/heard", |heard| (heard["items"][0]["dev_eui"] == EUI).then_some(())).await;
}

/// Bytes that are no event, events of another sensor, and too large ones are refused and counted; nothing of them is heard or recorded,
/// and what comes after them is taken.
#[tokio::test]
async fn garbage_is_refused_and_counted() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    scene.listen(broker.port).await;
    let configuration = scene.gateway.api.get("/inputs/lorawan").await.unwrap()["settings"].clone();
    let mut elsewhere = uplink(1, &payload(1));
    elsewhere["deviceInfo"]["devEui"] = json!("24e124136b502218");
    let mut large = uplink(1, &payload(1)).to_string().into_bytes();
    large.resize(100 * 1024, b' ');
    let mut encrypted = uplink(1, &payload(1));
    encrypted["joinServerContext"] = json!({"sessionKeyId": "AAAA"});
    let refused = [
        (b"\xff\xfe\x00".to_vec(), "not_json"),
        (b"{".repeat(4000), "not_json"),
        (elsewhere.to_string().into_bytes(), "other_sensor"),
        (large, "too_large"),
        (encrypted.to_string().into_bytes(), "encrypted"),
    ];
    for (at, (payload, code)) in refused.iter().enumerate() {
        scene.says(broker.port, "up", payload).await;
        let wanted = at as u64 + 1;
        let view =
            scene.until("refused", "/inputs/lorawan", |view| (view["counters"]["refused"] == wanted).then(|| view.clone())).await;
        assert_eq!(view["refusal"]["code"], *code, "{view}");
    }
    // Larger than any message that is taken at all: the broker keeps it to itself.
    scene.says(broker.port, "up", &vec![b' '; 400 * 1024]).await;
    scene.sends(broker.port, 1, 1).await;
    let view = scene.until("taken", "/inputs/lorawan", |view| (view["counters"]["uplinks"] == 1).then(|| view.clone())).await;
    assert_eq!((&view["counters"]["refused"], &view["counters"]["strangers"]), (&json!(refused.len()), &json!(1)));
    assert_eq!(view["settings"], configuration, "nothing that comes changes a setting");
    let heard = scene.gateway.api.get("/inputs/lorawan/heard").await.unwrap();
    assert_eq!(heard["items"].as_array().unwrap().len(), 1, "{heard}");
}

/// A sensor that says nothing is noticed as a meter that does not answer, over a loss of power too; a broker that goes and comes back
/// is found again, and the sensor with it.
#[tokio::test]
async fn silence_is_noticed_and_a_broker_that_comes_back_is_found() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    let port = broker.port;
    scene.listen(port).await;
    scene.sends(port, 1, 1).await;
    // Three seconds between two uplinks: silent after nine.
    scene.take_in(json!(3)).await;
    scene.sends(port, 2, 2).await;
    scene
        .sensor("online", |sensor| (sensor["state"] == "online" && !sensor["values"].as_array()?.is_empty()).then_some(()))
        .await;
    broker.kill().await.unwrap();
    scene
        .until("it waits, and says why", "/inputs/lorawan", |view| {
            (view["state"] == "waiting" && view["failure"]["code"].is_string()).then_some(())
        })
        .await;
    let silent = |sensor: &Value| {
        let values = sensor["values"].as_array()?;
        let gone = values.iter().all(|value| value["value"].is_null() && value["reason"] == "no_answer");
        (sensor["state"] == "offline" && gone).then_some(())
    };
    scene.sensor("silent", silent).await;
    let told = |events: &Value, code: &str| {
        let items = events["items"].as_array()?;
        items.iter().any(|event| event["code"] == code && event["params"]["bus"] == "LoRaWAN").then_some(())
    };
    scene.until("told", "/events", |events| told(events, "device_offline")).await;
    let noticed = |home: &Value| home.to_string().contains("\"device_offline\"").then_some(());
    scene.until("noticed", "/home", noticed).await;

    // What is known of it outlasts a loss of power.
    let Scene { gateway, security: _, forge, dir } = scene;
    let gateway = gateway.crash_and_restart().await;
    let security = client(&gateway.program);
    let scene = Scene { gateway, security, forge, dir };
    scene.sensor("still silent", |sensor| (sensor["state"] == "offline" && sensor["heard_at"].is_string()).then_some(())).await;
    let _broker = scene.broker(port).await;
    scene.connected().await;
    scene.sends(port, 3, 3).await;
    scene.sensor("heard again", |sensor| (sensor["state"] == "online").then_some(())).await;
    scene.until("told", "/events", |events| told(events, "device_online")).await;
}
