//! What the gateway serves, read by masters that nobody here wrote.

use crate::past_cves::{attacks, known, rtu_frame, send, tcp_frame};
use crate::stage::{ONE_METER, PASSWORD, SOON, Server, adopt, client, gateway_serving, live_value, plant, search, tcp_bus};
use haubert_testkit::{Api, PymodbusServer, SECURITY_USER, mbpoll, policy, pymodbus_asks, until};
use serde_json::{Value, json};

/// Frequency, voltages and currents of a Countis E34 (table version 200), and the block that says so.
pub(crate) fn meter() -> Vec<(u16, u16)> {
    let mut image = crate::foreign::identification("Countis E34", 200);
    image.extend((50_512..50_568).map(|address| (address, 0)));
    for (address, words) in [(50_520u16, [0u16, 23_012]), (50_522, [0, 23_055]), (50_524, [0, 22_998]), (50_526, [0, 5_001])] {
        for (at, word) in (address..).zip(words) {
            image.iter_mut().filter(|(known, _)| *known == at).for_each(|(_, value)| *value = word);
        }
    }
    image
}

async fn serve(gateway: &Server, settings: Value) -> Value {
    gateway.api.put("/outlets/modbus", settings).await.unwrap()
}

/// The port, once the server serves.
pub(crate) async fn serving(api: &Api) -> u16 {
    until("the Modbus server serves", SOON, || async {
        let server = api.get("/outlets/modbus").await.ok()?;
        let port = server["address"].as_str()?.rsplit(':').next()?.parse().ok();
        port.filter(|_| server["state"] == "open")
    })
    .await
    .unwrap()
}

/// A SCADA written for the meter reads it through the gateway as if it asked the meter itself.
#[tokio::test]
async fn a_scada_written_for_the_meter_works_unchanged() {
    let behind = PymodbusServer::start(&meter()).await.unwrap();
    let gateway = gateway_serving().await;
    let bus = tcp_bus(&gateway.api, "Atelier", behind.port).await;
    let found = search(&gateway.api, &bus, 7, 7).await;
    let device = adopt(&gateway.api, &bus, &found["found"][0]).await;
    assert!((live_value(&gateway.api, &device, "voltage_l1").await - 230.12).abs() < 1e-9);

    // Off by policy, and said so; then on by policy, and still off until somebody switches it on.
    let on = json!({"enabled": true, "route": false, "units": []});
    let refused = gateway.api.put("/outlets/modbus", on.clone()).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    policy::switch(&security, "modbus_server", true).await.unwrap();
    assert_eq!(gateway.api.get("/outlets/modbus").await.unwrap()["state"], "off");
    let server = serve(&gateway, on).await;
    assert_eq!((&server["units"][0]["unit"], &server["units"][0]["device"]), (&json!(7), &device["name"]));
    let port = serving(&gateway.api).await;

    // What it has read, as the meter has it.
    let read = || async { mbpoll(port, 7, 50_520, 8).await.ok() };
    let words = until("the image is there", SOON, read).await.unwrap();
    assert_eq!(words, mbpoll(behind.port, 7, 50_520, 8).await.unwrap());
    let said = pymodbus_asks(
        port,
        &["3:7:50520:2", "id:7", "id:255", "3:255:0:2", "4:255:9:1", "write:7:50520:1", "3:8:0:1", "3:7:50000:4"],
    )
    .await
    .unwrap();
    assert_eq!(said[0], json!({"items": [0, 23_012]}));
    assert_eq!(said[1]["texts"][0], "SOCOMEC");
    assert_eq!(said[2]["texts"][1], "haubert-gateway");
    assert_eq!(said[3], json!({"items": [0x4841, 0x5542]}), "HAUB");
    assert_eq!(said[4], json!({"items": [1]}), "one unit answers");
    let exceptions: Vec<&Value> = said[5..8].iter().map(|one| &one["exception"]).collect();
    assert_eq!(exceptions, [1, 10, 2], "a write; a unit that is not there; registers that are not read anyway");

    // With the way to the device open, those come from the meter at once.
    serve(&gateway, json!({"enabled": true, "route": true, "units": server["settings"]["units"]})).await;
    let said = pymodbus_asks(port, &["3:7:50000:4", "3:7:65534:1"]).await.unwrap();
    assert_eq!(said[0], json!({"items": [0x53, 0x4F, 0x43, 0x4F]}), "SOCO");

    // A meter that is gone is no zero: the master hears that it does not answer.
    drop(behind);
    until("exception 11", SOON, || async {
        let said = pymodbus_asks(port, &["3:7:50520:2"]).await.ok()?;
        (said[0]["exception"] == 11).then_some(())
    })
    .await
    .unwrap();
    let counters = gateway.api.get("/outlets/modbus").await.unwrap();
    assert_eq!(counters["clients"][0]["source"], "127.0.0.1");
    assert!(
        counters["counters"]["exceptions"]["11"].as_u64() >= Some(1) && counters["counters"]["functions"]["43"] == 2,
        "{counters}"
    );

    // The test button comes by the network as they do.
    let trial = gateway.api.post("/outlets/modbus/test", json!({})).await.unwrap();
    assert_eq!((&trial["steps"][0]["step"], &trial["steps"][1]["ok"]), (&json!("connect"), &json!(true)), "{trial}");

    // Off is off: nothing listens, and who did it is in the trail.
    serve(&gateway, json!({"enabled": false, "route": true, "units": server["settings"]["units"]})).await;
    until("nothing listens", SOON, || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(()) })
        .await
        .unwrap();
    let trail = security.get("/audit?text=modbus_server&limit=20").await.unwrap();
    let by: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|record| &record["actor"]["account"]).collect();
    assert!(by.contains(&&json!("ana")), "{trail}");
}

/// The policy's switch and its sources hold for the server as for every listener.
#[tokio::test]
async fn who_is_not_named_does_not_come_in_and_the_policy_closes_at_once() {
    let gateway = gateway_serving().await;
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    policy::switch(&security, "modbus_server", true).await.unwrap();
    serve(&gateway, json!({"enabled": true, "route": false, "units": []})).await;
    let port = serving(&gateway.api).await;
    assert_eq!(mbpoll(port, 255, 0, 2).await.unwrap(), [0x4841, 0x5542]);
    policy::change(&security, |policy| policy["services"]["modbus_server"]["sources"] = json!(["192.0.2.0/24"])).await.unwrap();
    until("it is shut out", SOON, || async { mbpoll(port, 255, 0, 2).await.is_err().then_some(()) }).await.unwrap();
    policy::change(&security, |policy| policy["services"]["modbus_server"]["sources"] = json!(["127.0.0.0/8"])).await.unwrap();
    until("it is let in", SOON, || async { mbpoll(port, 255, 0, 2).await.ok() }).await.unwrap();
    policy::switch(&security, "modbus_server", false).await.unwrap();
    until("nothing listens", SOON, || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(()) })
        .await
        .unwrap();
    assert_eq!(gateway.api.get("/outlets/modbus").await.unwrap()["state"], "forbidden");
}

/// What was once enough to reset, readdress or stop the reference gateway is refused here, and changes nothing.
#[tokio::test]
async fn the_bytes_of_published_attacks_are_refused() {
    let plant = plant(ONE_METER).await;
    let gateway = gateway_serving().await;
    let bus = tcp_bus(&gateway.api, "Bus", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let device = json!({"bus_id": bus["id"], "name": "Atelier", "unit": 1, "profile_id": "socomec/countis-e3x"});
    let device = gateway.api.post("/devices", device).await.unwrap();
    live_value(&gateway.api, &device, "frequency").await;
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    policy::switch(&security, "modbus_server", true).await.unwrap();
    serve(&gateway, json!({"enabled": true, "route": true, "units": []})).await;
    let port = serving(&gateway.api).await;
    let before = known(&gateway).await;
    let mut sent = Vec::new();
    for (report, requests) in attacks() {
        for pdu in requests {
            for bytes in [tcp_frame(&pdu, None), tcp_frame(&pdu, Some(60_000)), tcp_frame(&pdu, Some(0)), rtu_frame(&pdu)] {
                let target = std::net::SocketAddr::from(([127, 0, 0, 1], port));
                sent.push((report, tokio::task::spawn_blocking(move || send(target, &bytes))));
            }
        }
    }
    for (report, heard) in sent {
        let heard = heard.await.unwrap();
        // Nothing, or a refusal: the function of an answer stands in its eighth byte.
        assert!(heard.get(7).is_none_or(|function| function & 0x80 != 0), "{report}: {heard:?}");
    }
    assert_eq!(known(&gateway).await, before);
    until("an honest master is served", SOON, || async { mbpoll(port, 1, 50_520, 2).await.ok() }).await.unwrap();
}
