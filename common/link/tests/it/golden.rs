//! Messages of version 1 as they were first written. A gateway in the field sends these bytes for years: they must decode to the
//! same values, and today's code must write the same bytes.

use bytes::Bytes;
use haubert_historian::SeriesSpec;
use haubert_link::message::*;
use haubert_link::{decode, encode};
use haubert_model::{Decimal, Fluid, Quantity, Reason, RecordKind, Secret, SeriesId, Timestamp, Usage};
use haubert_trust::audit::{Hash, LogId, Signer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::PathBuf;

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(format!("{name}.cbor"));
    let written = encode(value).unwrap();
    if std::env::var_os("HAUBERT_REWRITE").is_some() && !path.exists() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(&decode::<T>(&golden).unwrap(), value, "{name}: the golden bytes mean something else now");
    assert_eq!(written, golden, "{name}: the message is written differently now");
}

fn id<T: std::str::FromStr>(n: u8) -> T
where
    T::Err: Debug,
{
    format!("018f3f7e-0000-7000-8000-0000000000{n:02x}").parse().unwrap()
}

#[test]
fn enrolment() {
    check("enrolment_request", &EnrolmentRequest { version: 1, token: Secret::new("token".into()), csr_pem: "csr".into() });
    check(
        "enrolment_response",
        &EnrolmentResponse {
            gateway: id(1),
            certificate_pem: "certificate".into(),
            authority_pem: "authority".into(),
            link_url: "https://hub.example:8444".into(),
        },
    );
    check("renewal_request", &RenewalRequest { version: 1, csr_pem: "csr".into() });
    check("renewal_response", &RenewalResponse { certificate_pem: "certificate".into(), authority_pem: "authority".into() });
}

#[test]
fn updates() {
    check("update_request", &UpdateRequest { version: 1, product: "haubert-gateway".into(), architecture: "x86_64".into() });
    let offer = UpdateOffer { bundle: "bundle".into(), version: "1.2.3".into(), bytes: 4 };
    check("update_answer", &UpdateAnswer { offer: Some(offer) });
    check("update_piece_request", &UpdatePieceRequest { version: 1, bundle: "bundle".into(), offset: 4 });
    check("update_piece", &UpdatePiece { bytes: Bytes::from_static(b"piece") });
}

#[test]
fn posture() {
    let finding = PostureFinding {
        check: "firewall.on".into(),
        verdict: Verdict::Weak,
        proof: [("requests".to_owned(), "50".to_owned())].into(),
        since: Some(Timestamp(1_795_000_000_000)),
    };
    let answer = PostureAnswer { standard: "iec-62443-4-2".into(), id: "CR 7.1".into(), standing: Standing::NotMet };
    let report = PostureReport { version: 1, at: Timestamp(1_795_000_001_000), findings: vec![finding], answers: vec![answer] };
    check("posture", &report);
    // Words of a later version are not known here, and are no reason to refuse the rest.
    assert_eq!(decode::<Verdict>(&encode(&"excellent").unwrap()).unwrap(), Verdict::Unknown);
}

#[test]
fn hello_and_series() {
    let device = DeviceDeclaration::named(id(2), "Tableau général".into());
    let load =
        LoadDeclaration { id: id(3), device: id(2), name: "Grue 1".into(), fluid: Fluid::Electricity, usage: Usage::Cranes };
    let hello = Hello {
        version: 1,
        product_version: "0.1.0".into(),
        site_name: "Terminal Nord".into(),
        time_zone: "Europe/Paris".into(),
        devices: vec![device],
        loads: vec![load],
        history: "6f1c".into(),
        highest_cursor: 42,
        highest_event: 7,
    };
    check("hello", &hello);
    let known = DeviceDeclaration {
        make: Some("Socomec".into()),
        model: Some("COUNTIS E34".into()),
        version: Some("1.04".into()),
        serial: Some("12345678".into()),
        ..DeviceDeclaration::named(id(2), "Tableau général".into())
    };
    check("hello_make", &Hello { devices: vec![known], ..hello });
    check(
        "hello_ack",
        &HelloAck { version: 1, acknowledged: 41, events_acknowledged: 7, hub_time: Timestamp(1_795_255_200_000) },
    );
    let spec = SeriesSpec {
        kind: RecordKind::LoadCurve,
        quantity: Quantity::ActivePowerTotal,
        exponent: 0,
        period_ms: Some(600_000),
        load: id(3),
        rollover: None,
    };
    check("series", &SeriesRequest { version: 1, series: vec![SeriesDeclaration { id: SeriesId(5), spec }] });
}

#[test]
fn chunks_and_events() {
    let chunk = Chunk {
        cursor: 42,
        series: SeriesId(5),
        first: Timestamp(1_795_255_200_000),
        last: Timestamp(1_795_255_800_000),
        count: 2,
        bytes: vec![0, 1, 2, 255].into(),
    };
    check("chunks", &ChunksRequest { version: 1, chunks: vec![chunk] });
    check("acknowledgement", &Acknowledgement { acknowledged: 42 });
    let event = LinkEvent {
        id: 7,
        at: Timestamp(1_795_255_200_000),
        severity: Severity::Warning,
        code: "device_offline".into(),
        params: [("device".to_owned(), "Grue 1".to_owned())].into(),
    };
    check("events", &EventsRequest { version: 1, events: vec![event] });
    check("refusal", &Refusal { code: RefusalCode::BadChunk, detail: "checksum".into(), cursor: Some(42) });
}

#[test]
fn live() {
    let value = LiveValue {
        load: id(3),
        quantity: Quantity::ActivePowerTotal,
        value: Some(Decimal::new(1234, -1)),
        at: Timestamp(1_795_255_200_000),
        reason: Reason::Measured,
    };
    let missing = LiveValue { value: None, reason: Reason::NoAnswer, ..value.clone() };
    let live = Live {
        version: 1,
        at: Timestamp(1_795_255_200_000),
        clock_set: true,
        power_w: Some(123.4),
        devices: DeviceCounts { online: 31, degraded: 0, offline: 1, never_seen: 0 },
        backlog_chunks: 3,
        backlog_bytes: 4096,
        values: vec![value, missing],
        audit: None,
    };
    check("live", &live);
    let signer = Signer::new(LogId([7; 16]), &haubert_trust::Key::new([1; 32])).unwrap();
    let deposit = AuditDeposit { head: signer.sign(42, Hash([9; 32])), key: signer.public_key() };
    check("live_audit", &Live { audit: Some(deposit), ..live });
    check("received", &Received { hub_time: Timestamp(1_795_255_200_000) });
}

#[test]
fn a_refusal_of_a_later_version_is_still_a_refusal() {
    #[derive(Serialize)]
    struct Later {
        code: &'static str,
        detail: &'static str,
        added_later: u8,
    }
    let bytes = encode(&Later { code: "moon_too_full", detail: "wait", added_later: 1 }).unwrap();
    assert_eq!(decode::<Refusal>(&bytes).unwrap().code, RefusalCode::Other);
}
