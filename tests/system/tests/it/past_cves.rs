//! The bytes of published attacks on the reference gateway (`docs/past-vulnerabilities.md`), sent to ours.
//!
//! What they aim at does not exist here: nothing in the gateway serves Modbus, and nothing of its configuration can be reached by
//! it. The tests send them all the same, to every port that is open, and look whether anything has changed. That the frames are
//! what they claim is shown by a meter that understands them.

use crate::stage::{ONE_METER, PASSWORD, SOON, Server, client, gateway, plant, tcp_bus};
use haubert_testkit::until;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Writes one register (function 6).
const fn write_one(register: u16, value: u16) -> [u8; 5] {
    let ([a, b], [c, d]) = (register.to_be_bytes(), value.to_be_bytes());
    [6, a, b, c, d]
}

/// What the reports tell: number, and the requests in order.
pub(crate) fn attacks() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let writes = |list: &[(u16, u16)]| list.iter().map(|&(register, value)| write_one(register, value).to_vec()).collect();
    vec![
        ("CVE-2024-49572, 2025-20085: factory reset", writes(&[(57_856, 229)])),
        (
            "CVE-2025-54848, 54850, 54851: another address, with the fixed unlock code",
            writes(&[(58_112, 1000), (29_440, 7), (57_856, 161)]),
        ),
        ("CVE-2025-54849: automatic address", writes(&[(4_352, 1)])),
        ("CVE-2025-55221, 55222: the USB function", writes(&[(57_872, 1)])),
        // The reports name no bytes for these; each kind of broken length and count is sent.
        (
            "CVE-2024-48882, 2025-23417, 26858: crafted packets",
            vec![
                vec![],
                vec![3],
                vec![3, 0xC5, 0x50, 0xFF, 0xFF],
                vec![16, 0xC5, 0x50, 0, 2, 255, 0],
                vec![16, 0xC5, 0x50, 0xFF, 0xFF, 4, 0, 0, 0, 0],
                vec![43, 14, 255, 255],
                vec![0x80; 253],
                vec![22; 253],
            ],
        ),
    ]
}

/// As Modbus TCP; `length` of the header may lie.
pub(crate) fn tcp_frame(pdu: &[u8], length: Option<u16>) -> Vec<u8> {
    let length = length.unwrap_or(pdu.len() as u16 + 1);
    [&[0, 7, 0, 0][..], &length.to_be_bytes(), &[1], pdu].concat()
}

/// As Modbus RTU, which the reference gateway also took over TCP.
pub(crate) fn rtu_frame(pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[1][..], pdu].concat();
    let crc = frame.iter().fold(0xFFFFu16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 })
    });
    frame.extend(crc.to_le_bytes());
    frame
}

/// Sends bytes and gives what comes back until the other side closes or has nothing more to say.
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut heard = Vec::new();
    // A peer that closes early is an answer, too.
    if stream.write_all(bytes).is_ok() {
        let _end = (&mut stream).take(4096).read_to_end(&mut heard);
    }
    heard
}

/// What is configured; the powers that `/loads` shows beside it change by themselves.
pub(crate) async fn known(gateway: &Server) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/site", "/buses", "/loads", "/zones", "/hub-link"] {
        let mut known = gateway.api.get(path).await.unwrap();
        for item in known["items"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            item.remove("power_w");
        }
        all.push(known);
    }
    all
}

#[tokio::test]
async fn modbus_attacks_on_the_reference_gateway_change_nothing_here() {
    let plant = plant(ONE_METER).await;
    let bus_of_plant = &plant.program.ready["buses"][0];
    let meter: SocketAddr = format!("{}:{}", bus_of_plant["host"].as_str().unwrap(), bus_of_plant["port"]).parse().unwrap();
    let mut gateway = gateway().await;
    let bus = tcp_bus(&gateway.api, "Bus", meter.port()).await;
    let device = json!({"bus_id": bus["id"], "name": "Atelier", "unit": 1, "profile_id": "socomec/countis-e3x"});
    gateway.api.post("/devices", device).await.unwrap();
    let measured = async || gateway.api.get("/live").await.ok()?["items"][0]["at"].as_str().map(str::to_owned);
    let first = until("the meter is read", SOON, &measured).await.unwrap();
    let before = known(&gateway).await;
    let https: SocketAddr = gateway.program.ready_text("https").trim_start_matches("https://").parse().unwrap();
    for (report, requests) in attacks() {
        for pdu in requests {
            for bytes in [tcp_frame(&pdu, None), tcp_frame(&pdu, Some(60_000)), tcp_frame(&pdu, Some(0)), rtu_frame(&pdu)] {
                let heard = send(https, &bytes);
                // TLS says that this is no TLS, if anything: never a Modbus answer (transaction 7, or the unit and the function).
                assert!(heard.is_empty() || heard.first() == Some(&21), "{report}: {bytes:?} → {heard:?}");
            }
        }
    }
    assert!(gateway.program.runs());
    assert_eq!(known(&gateway).await, before);
    let later = async || measured().await.filter(|at| *at != first);
    until("it is still read", SOON, later).await.unwrap();
    // Default passwords do not come back: neither theirs nor an open set-up.
    let stranger = client(&gateway.program);
    assert_eq!(stranger.get("/setup").await.unwrap()["needed"], json!(false));
    for password in ["Admin", "admin", "cyber", "100", "socomec"] {
        assert!(stranger.sign_in("admin", password).await.is_err());
    }
    gateway.api.sign_in("ana", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_meter_understands_the_attacks_so_they_are_what_they_claim() {
    let plant = plant(ONE_METER).await;
    let bus = &plant.program.ready["buses"][0];
    let meter: SocketAddr = format!("{}:{}", bus["host"].as_str().unwrap(), bus["port"]).parse().unwrap();
    for (report, requests) in attacks() {
        for pdu in requests.iter().filter(|pdu| pdu.first() == Some(&6)) {
            let heard = send(meter, &tcp_frame(pdu, None));
            assert_eq!(heard.get(..4), Some(&[0, 7, 0, 0][..]), "{report}: no Modbus answer: {heard:?}");
        }
    }
}

/// CVE-2024-48894: sensitive data in clear over HTTP.
#[tokio::test]
async fn nothing_is_said_in_clear() {
    let gateway = gateway().await;
    let https: SocketAddr = gateway.program.ready_text("https").trim_start_matches("https://").parse().unwrap();
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {https}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let heard = send(https, request.as_bytes());
    assert!(!heard.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&heard));
    let answer = gateway.api.send(Method::GET, "/session", None).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
}

/// CVE-2024-53684: a foreign page acts with a person's session.
#[tokio::test]
async fn a_foreign_page_cannot_act_with_somebodys_session() {
    let gateway = gateway().await;
    let url = gateway.program.ready_text("https");
    let site = gateway.api.get("/site").await.unwrap();
    let mut hijacked = site.clone();
    hijacked["name"] = json!("hijacked");
    let own = [("x-haubert-request", "1"), ("origin", url.as_str())];
    for (headers, wanted) in [
        (&[("origin", "https://evil.example")][..], StatusCode::FORBIDDEN),
        (&[("x-haubert-request", "1"), ("origin", "https://evil.example")], StatusCode::FORBIDDEN),
        (&[("x-haubert-request", "1"), ("origin", "null")], StatusCode::FORBIDDEN),
        (&[], StatusCode::FORBIDDEN),
        // The control: the same request from our own page passes.
        (&own, StatusCode::OK),
    ] {
        let body = if wanted == StatusCode::OK { &site } else { &hijacked };
        let answer = gateway.api.send_with(Method::PUT, "/site", body, headers).await.unwrap();
        assert_eq!(answer.status, wanted, "{headers:?}: {}", answer.text);
    }
    assert_eq!(gateway.api.get("/site").await.unwrap()["name"], site["name"]);
}

/// CVE-2024-45370: whoever edits the client's own user database may configure.
#[tokio::test]
async fn the_gateway_decides_who_may_configure_whatever_a_client_claims() {
    let gateway = gateway().await;
    let site = gateway.api.get("/site").await.unwrap();
    let stranger = client(&gateway.program);
    let claims = [("x-haubert-request", "1"), ("x-profile", "admin"), ("authorization", "Basic YWRtaW46YWRtaW4=")];
    for cookie in ["__Host-haubert-gateway=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "profile=admin; user=ana", ""] {
        let headers = [&claims[..], &[("cookie", cookie)]].concat();
        let answer = stranger.send_with(Method::PUT, "/site", &site, &headers).await.unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
}
