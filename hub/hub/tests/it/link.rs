//! A gateway and the hub over real TLS sockets.

use crate::support::*;
use haubert_link::message::*;
use haubert_link::sync::Timing;
use haubert_link::{Backoff, Credentials, Link, LinkError, LinkPhase, LinkStatus, run};
use haubert_model::{Clock as _, GatewayId, Secret, SeriesId};
use haubert_trust::{Authority, KeyPem, csr};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

fn refusal(error: LinkError) -> RefusalCode {
    match error {
        LinkError::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

async fn enrolled(hub: &TestHub) -> (Person, GatewayId, Credentials) {
    let ana = hub.coordinator().await;
    let (id, enrolment) = hub.waiting_gateway(&ana).await;
    let credentials = hub.enrol(&enrolment).await.unwrap();
    assert_eq!(credentials.gateway, id);
    (ana, id, credentials)
}

async fn values(person: &Person, id: GatewayId, series: i64) -> Vec<f64> {
    let path = format!("/gateways/{id}/series/{series}/samples?from=0&to={}&max_points=10000", T0 + 100_000_000);
    let samples = person.get(&path).await;
    samples["points"].as_array().unwrap().iter().filter_map(|point| point["v"].as_f64()).collect()
}

#[tokio::test]
async fn from_token_to_values_on_the_screen() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let link = Link::new(&credentials).unwrap();
    let ack = link.hello(&hello(3)).await.unwrap();
    assert_eq!((ack.version, ack.acknowledged), (1, 0));
    link.series(vec![declaration()]).await.unwrap();
    assert_eq!(link.chunks(vec![chunk(1), chunk(2)]).await.unwrap().acknowledged, 2);
    assert_eq!(link.chunks(vec![chunk(1), chunk(2), chunk(3)]).await.unwrap().acknowledged, 3, "a replay is harmless");
    assert_eq!(link.hello(&hello(3)).await.unwrap().acknowledged, 3);
    assert_eq!(link.events(vec![event(1), event(2)]).await.unwrap().acknowledged, 2);
    assert_eq!(link.events(vec![event(2), event(3)]).await.unwrap().acknowledged, 3);
    link.live(&live()).await.unwrap();

    let gateway = ana.get(&format!("/gateways/{id}")).await;
    for (key, value) in [
        ("state", json!("enrolled")),
        ("online", json!(true)),
        ("version", json!("0.1.0")),
        ("power_w", json!(1500.0)),
        ("backlog_chunks", json!(3)),
        ("clock_set", json!(true)),
        ("site_name", json!("Quai 1")),
        ("organisation_name", json!("Terminal Nord")),
        ("devices", json!({"online": 1, "degraded": 0, "offline": 2, "never_seen": 0})),
    ] {
        assert_eq!(gateway[key], value, "{key}");
    }
    assert!(gateway["certificate_expires_at"].is_string());
    let live = ana.get(&format!("/gateways/{id}/live")).await;
    assert_eq!((&live["items"][0]["load_name"], &live["items"][0]["value"]), (&json!("Grue 1"), &json!(1500.0)));
    let series = ana.get(&format!("/gateways/{id}/series?kind=trend")).await;
    assert_eq!(series["items"][0]["id"], 1);
    assert_eq!(series["items"][0]["last_at"], "2026-11-21T10:00:39.000Z");
    let expected: Vec<f64> = (10..40).map(f64::from).collect();
    assert_eq!(values(&ana, id, 1).await, expected);
    let csv = ana.send(Method::GET, &format!("/gateways/{id}/series/samples.csv?ids=1&from=0&to={}", T0 + 12_000), None).await;
    let csv = csv.text().await.unwrap();
    assert_eq!(
        csv,
        "time,remarks,\"Grue 1 active_power_total (W)\"\r\n2026-11-21T10:00:10.000Z,,10\r\n2026-11-21T10:00:11.000Z,,11\r\n"
    );
    let events = ana.get(&format!("/gateways/{id}/events?limit=2")).await;
    assert_eq!((&events["items"][0]["id"], &events["next_cursor"]), (&json!(3), &json!("2")));

    hub.clock.advance(60_000);
    assert_eq!(ana.get(&format!("/gateways/{id}")).await["online"], false, "silent for a minute");
    assert_eq!(ana.get("/gateways?q=quai").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(ana.get("/gateways?q=elsewhere").await["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_token_serves_once_and_for_a_day() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (id, first) = hub.waiting_gateway(&ana).await;
    let renew = async || ana.created(&format!("/gateways/{id}/enrolment"), json!({})).await["enrolment"].clone();
    let second = renew().await;
    assert_eq!(refusal(hub.enrol(&first).await.unwrap_err()), RefusalCode::TokenUnknown, "a newer token replaced it");
    hub.enrol(&second).await.unwrap();
    assert_eq!(refusal(hub.enrol(&second).await.unwrap_err()), RefusalCode::TokenUsed);
    let third = renew().await;
    hub.clock.advance(24 * 3_600_000 + 1);
    assert_eq!(refusal(hub.enrol(&third).await.unwrap_err()), RefusalCode::TokenExpired);
}

#[tokio::test]
async fn two_gateways_with_one_token_make_one_enrolment() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (_, enrolment) = hub.waiting_gateway(&ana).await;
    let (one, two) = tokio::join!(hub.enrol(&enrolment), hub.enrol(&enrolment));
    let refused = match (one, two) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(refused), RefusalCode::TokenUsed);
}

#[tokio::test]
async fn guessing_tokens_is_slowed_down() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (_, enrolment) = hub.waiting_gateway(&ana).await;
    let fingerprint = hub.started().fingerprint;
    for _ in 0..5 {
        let error = Link::enrol(&hub.url(), Secret::new("guess".to_owned()), fingerprint).await.unwrap_err();
        assert_eq!(refusal(error), RefusalCode::TokenUnknown);
    }
    assert_eq!(refusal(hub.enrol(&enrolment).await.unwrap_err()), RefusalCode::TooManyAttempts, "even the right one waits");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let hub = TestHub::start().await;
    let (_, id, credentials) = enrolled(&hub).await;
    let other = Authority::create(&hub.dir.path().join("other"), "Haubert hub", hub.clock.now()).unwrap();
    let key = KeyPem::generate().unwrap();
    let issued = other.issue_gateway(&csr(&key, None).unwrap(), id, hub.clock.now(), 90).unwrap();
    let forged = Credentials { key, certificate_pem: issued.pem, ..credentials };
    let error = Link::new(&forged).unwrap().hello(&hello(0)).await.unwrap_err();
    assert_eq!(refusal(error), RefusalCode::CertificateUnknown);
}

#[tokio::test]
async fn a_certificate_that_the_store_does_not_know_is_refused() {
    let hub = TestHub::start().await;
    let (_, id, credentials) = enrolled(&hub).await;
    let authority = Authority::open(&hub.config.data_dir.join("authority")).unwrap();
    let key = KeyPem::generate().unwrap();
    let issued = authority.issue_gateway(&csr(&key, None).unwrap(), id, hub.clock.now(), 90).unwrap();
    let unknown = Credentials { key, certificate_pem: issued.pem, ..credentials };
    let error = Link::new(&unknown).unwrap().hello(&hello(0)).await.unwrap_err();
    assert_eq!(refusal(error), RefusalCode::CertificateUnknown);
}

#[tokio::test]
async fn revocation_bites_at_once_on_an_open_connection_and_a_new_token_lets_in_again() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let link = Link::new(&credentials).unwrap();
    link.hello(&hello(1)).await.unwrap();
    ana.send(Method::POST, &format!("/gateways/{id}/revocation"), None).await;
    assert_eq!(refusal(link.live(&live()).await.unwrap_err()), RefusalCode::Revoked);
    assert_eq!(ana.get(&format!("/gateways/{id}")).await["state"], "revoked");
    let enrolment = ana.created(&format!("/gateways/{id}/enrolment"), json!({})).await["enrolment"].clone();
    let fresh = hub.enrol(&enrolment).await.unwrap();
    assert_eq!(refusal(link.live(&live()).await.unwrap_err()), RefusalCode::Revoked, "the old certificate stays out");
    Link::new(&fresh).unwrap().hello(&hello(1)).await.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_serves_and_the_old_one_until_its_end() {
    let hub = TestHub::start().await;
    let (_, _, credentials) = enrolled(&hub).await;
    let old = Link::new(&credentials).unwrap();
    let renewed = old.renew(&credentials).await.unwrap();
    assert_ne!(renewed.certificate().unwrap().serial, credentials.certificate().unwrap().serial);
    Link::new(&renewed).unwrap().hello(&hello(0)).await.unwrap();
    old.hello(&hello(0)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_true_is_refused_and_not_acknowledged() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let link = Link::new(&credentials).unwrap();
    assert_eq!(refusal(link.chunks(vec![chunk(1)]).await.unwrap_err()), RefusalCode::BadMessage, "hello comes first");
    link.hello(&hello(9)).await.unwrap();
    assert_eq!(refusal(link.chunks(vec![chunk(1)]).await.unwrap_err()), RefusalCode::SeriesUnknown);
    link.series(vec![declaration()]).await.unwrap();
    link.chunks(vec![chunk(1)]).await.unwrap();

    let mut flipped = chunk(3).bytes.to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    for bad in [
        Chunk { bytes: b"nonsense".as_slice().into(), ..chunk(3) },
        Chunk { bytes: flipped.into(), ..chunk(3) },
        Chunk { count: 11, ..chunk(3) },
        Chunk { first: chunk(2).first, ..chunk(3) },
    ] {
        let error = link.chunks(vec![chunk(2), bad]).await.unwrap_err();
        assert!(matches!(&error, LinkError::Refused(Refusal { code: RefusalCode::BadChunk, cursor: Some(3), .. })), "{error:?}");
    }
    let conflict = Chunk { cursor: 1, ..chunk(2) };
    assert_eq!(refusal(link.chunks(vec![conflict]).await.unwrap_err()), RefusalCode::CursorConflict);
    assert_eq!(refusal(link.chunks(vec![chunk(3), chunk(2)]).await.unwrap_err()), RefusalCode::BadMessage);
    let nan = Live { power_w: Some(f64::NAN), ..live() };
    assert_eq!(refusal(link.live(&nan).await.unwrap_err()), RefusalCode::BadMessage);
    let later = Hello { version: 2, ..hello(9) };
    assert_eq!(refusal(link.hello(&later).await.unwrap_err()), RefusalCode::VersionUnsupported);
    assert_eq!(link.hello(&hello(9)).await.unwrap().acknowledged, 1, "nothing of all that was stored");
    assert_eq!(values(&ana, id, 1).await.len(), 10);
}

#[tokio::test]
async fn another_history_of_the_same_gateway_begins_at_zero_beside_the_first() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let link = Link::new(&credentials).unwrap();
    let second = Hello { history: "h2".to_owned(), ..hello(9) };
    for greeting in [&hello(9), &second] {
        assert_eq!(link.hello(greeting).await.unwrap().acknowledged, 0);
        link.series(vec![declaration()]).await.unwrap();
        link.chunks(vec![chunk(1)]).await.unwrap();
    }
    assert_eq!(link.hello(&hello(9)).await.unwrap().acknowledged, 1);
    let series = ana.get(&format!("/gateways/{id}/series")).await;
    let ids: Vec<i64> = series["items"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [1, (1 << 32) + 1]);
    assert_eq!(values(&ana, id, ids[1]).await.len(), 10);
}

const QUICK: Timing = Timing { live_ms: 50, posture_ms: 50, idle_ms: 20, backoff: Backoff { first_ms: 20, max_ms: 100 } };

/// A gateway's link that runs beside the test.
struct Running {
    memory: Arc<Memory>,
    status: watch::Receiver<LinkStatus>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn spawn(hub: &TestHub, credentials: Credentials, chunks: Vec<Chunk>) -> Running {
    let memory = Arc::new(Memory::default());
    *memory.chunks.lock().unwrap() = chunks;
    let (sender, status) = watch::channel(LinkStatus::default());
    let (source, clock) = (memory.clone(), hub.clock.clone());
    let task = tokio::spawn(async move {
        run(&*source, &*clock, credentials, QUICK, &sender).await.unwrap();
    });
    Running { memory, status, task }
}

impl Running {
    async fn until(&mut self, what: &str, mut true_now: impl FnMut(&LinkStatus, &Memory) -> bool) {
        let memory = self.memory.clone();
        let wait = async {
            loop {
                if true_now(&self.status.borrow(), &memory) {
                    return;
                }
                // The status changes with each acknowledgement and failure; what is only in memory is looked at meanwhile.
                let _ = tokio::time::timeout(Duration::from_millis(20), self.status.changed()).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

fn last_acknowledged(memory: &Memory) -> u64 {
    memory.acknowledged.lock().unwrap().last().copied().unwrap_or(0)
}

#[tokio::test]
async fn a_backlog_made_while_the_hub_was_down_drains_in_order() {
    let mut hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let mut gateway = spawn(&hub, credentials, (1..=5).map(chunk).collect());
    gateway.until("first upload", |status, memory| status.phase == LinkPhase::Online && last_acknowledged(memory) == 5).await;

    hub.stop().await;
    gateway.memory.chunks.lock().unwrap().extend((6..=60).map(chunk));
    gateway.until("offline noticed", |status, _| status.phase == LinkPhase::Offline && status.error.is_some()).await;
    assert_eq!(last_acknowledged(&gateway.memory), 5);

    hub.restart().await;
    let lives = gateway.memory.lives.load(Ordering::SeqCst);
    gateway.until("backlog drained", |status, memory| status.phase == LinkPhase::Online && last_acknowledged(memory) == 60).await;
    gateway.until("live values again", |_, memory| memory.lives.load(Ordering::SeqCst) > lives).await;
    let acknowledged = gateway.memory.acknowledged.lock().unwrap().clone();
    assert!(acknowledged.windows(2).all(|pair| pair[0] <= pair[1]), "{acknowledged:?}");
    let expected: Vec<f64> = (10..610).map(f64::from).collect();
    assert_eq!(values(&ana, id, 1).await, expected);
}

#[tokio::test]
async fn a_damaged_chunk_is_passed_over_and_nothing_else_is_lost() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let mut chunks: Vec<Chunk> = (1..=9).map(chunk).collect();
    chunks[4].bytes = b"damaged".as_slice().into();
    let mut gateway = spawn(&hub, credentials, chunks);
    gateway.until("all but one", |_, memory| last_acknowledged(memory) == 9).await;
    assert_eq!(*gateway.memory.rejected.lock().unwrap(), [5]);
    let expected: Vec<f64> = (10..50).chain(60..100).map(f64::from).collect();
    assert_eq!(values(&ana, id, 1).await, expected);
}

#[tokio::test]
async fn a_running_link_renews_its_certificate_and_reports_its_revocation() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let old = credentials.certificate().unwrap();
    let mut gateway = spawn(&hub, credentials, vec![]);
    gateway.until("online", |status, _| status.phase == LinkPhase::Online).await;
    // Both ends' idea of time, not that of TLS: the renewed certificate must be good today.
    hub.clock.advance(61 * 86_400_000);
    gateway.until("renewal", |_, memory| memory.renewed.lock().unwrap().is_some()).await;
    hub.clock.advance(-61 * 86_400_000);
    let renewed = gateway.memory.renewed.lock().unwrap().clone().unwrap();
    assert_ne!(renewed.certificate().unwrap().serial, old.serial);
    let _ = (&ana, id);
}

#[tokio::test]
async fn a_revoked_gateway_says_so_on_its_screen() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let mut gateway = spawn(&hub, credentials, vec![]);
    gateway.until("online", |status, _| status.phase == LinkPhase::Online).await;
    ana.send(Method::POST, &format!("/gateways/{id}/revocation"), None).await;
    gateway.until("refused", |status, _| status.phase == LinkPhase::Refused).await;
    assert_eq!(gateway.status.borrow().error.as_ref().unwrap().0, "gateway_revoked");
}

#[tokio::test]
async fn deleting_a_gateway_takes_everything_with_it() {
    let hub = TestHub::start().await;
    let (ana, id, credentials) = enrolled(&hub).await;
    let link = Link::new(&credentials).unwrap();
    link.hello(&hello(1)).await.unwrap();
    link.series(vec![SeriesDeclaration { id: SeriesId(1), spec: spec() }]).await.unwrap();
    link.chunks(vec![chunk(1)]).await.unwrap();
    link.live(&live()).await.unwrap();
    let path = format!("/gateways/{id}");
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), 204);
    assert_eq!(ana.problem(Method::GET, &path, None).await.0, 404);
    assert_eq!(refusal(link.live(&live()).await.unwrap_err()), RefusalCode::CertificateUnknown);
    assert_eq!(ana.get("/gateways").await["items"], Value::Array(vec![]));
}
