//! A hub in this process, a person's client, a gateway's memory.

use haubert_historian::{Sample, SeriesSpec};
use haubert_hub::config::Config;
use haubert_hub::server::{self, Started};
use haubert_link::message::*;
use haubert_link::{BoxFuture, Credentials, Link, LinkError, Source, SourceError};
use haubert_model::*;
use haubert_service::clock::SystemClock;
use haubert_service::shutdown::Shutdown;
use haubert_trust::{PeerTrust, TlsVersions, client_config, http_alpn};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The system's clock, moved by hand.
pub(crate) struct MovedClock {
    system: SystemClock,
    offset_ms: AtomicI64,
}

impl MovedClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { system: SystemClock::new(), offset_ms: AtomicI64::new(0) })
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.system.now().plus_ms(self.offset_ms.load(Ordering::SeqCst))
    }
    fn monotonic_ms(&self) -> u64 {
        self.system.monotonic_ms()
    }
}

pub(crate) struct TestHub {
    pub(crate) started: Option<Started>,
    pub(crate) config: Config,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) dir: TempDir,
    shutdown: Shutdown,
}

pub(crate) fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

impl TestHub {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config =
            Config { data_dir: dir.path().join("data"), listen: any_port(), link_listen: any_port(), ..Config::default() };
        change(&mut config);
        let mut hub = Self { started: None, config, clock: MovedClock::new(), dir, shutdown: Shutdown::new() };
        hub.open().await;
        hub
    }

    async fn open(&mut self) {
        self.shutdown = Shutdown::new();
        let clock: Arc<dyn Clock> = self.clock.clone();
        let started = server::start(&self.config, clock, &self.shutdown).await.unwrap();
        // The same addresses after a restart, as in the field.
        self.config.listen = started.https;
        self.config.link_listen = started.link;
        self.started = Some(started);
    }

    pub(crate) async fn stop(&mut self) {
        self.shutdown.trigger();
        self.started.take().unwrap().stopped().await.unwrap();
    }

    pub(crate) async fn restart(&mut self) {
        self.open().await;
    }

    pub(crate) fn started(&self) -> &Started {
        self.started.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.config.listen)
    }

    /// Somebody without a session.
    pub(crate) fn nobody(&self) -> Person {
        let authority = std::fs::read_to_string(&self.started().authority_file).unwrap();
        Person::new(self.url(), authority)
    }

    /// The first account, made with the set-up code.
    pub(crate) async fn coordinator(&self) -> Person {
        let person = self.nobody();
        let code = self.started().setup_code.as_ref().unwrap().text();
        let body = json!({"code": code.expose(), "accounts": [{"profile": "coordinator", "user": "ana", "password": PASSWORD}]});
        assert_eq!(person.send(Method::POST, "/setup", Some(body)).await.status(), StatusCode::CREATED);
        person
    }

    /// An organisation, a site and a gateway that waits; gives the gateway's id and its enrolment.
    pub(crate) async fn waiting_gateway(&self, person: &Person) -> (GatewayId, Value) {
        let organisation = person.created("/organisations", json!({"name": "Terminal Nord", "kind": "terminal"})).await;
        let site = json!({"organisation_id": organisation["id"], "name": "Quai 1", "time_zone": "Europe/Paris", "country": "FR"});
        let site = person.created("/sites", site).await;
        let made = person.created("/gateways", json!({"site_id": site["id"], "name": "Poste A"})).await;
        (made["gateway"]["id"].as_str().unwrap().parse().unwrap(), made["enrolment"].clone())
    }

    pub(crate) async fn enrol(&self, enrolment: &Value) -> Result<Credentials, LinkError> {
        let text = |key: &str| enrolment[key].as_str().unwrap().to_owned();
        Link::enrol(&text("hub_url"), Secret::new(text("token")), text("fingerprint").parse().unwrap()).await
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

pub(crate) const PASSWORD: &str = "Quai-Nord-12";

/// Somebody with a browser's habits: cookies, the CSRF header, JSON.
pub(crate) struct Person {
    pub(crate) http: Client,
    pub(crate) base: String,
}

impl Person {
    pub(crate) fn new(base: String, authority_pem: String) -> Self {
        let mut tls = client_config(&PeerTrust::from_pem(&authority_pem).unwrap(), None, TlsVersions::Tls13).unwrap();
        tls.alpn_protocols = http_alpn();
        let http = Client::builder().tls_backend_preconfigured(tls).no_proxy().cookie_store(true).build().unwrap();
        Self { http, base }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base)).header("x-haubert-request", "1");
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn created(&self, path: &str, body: Value) -> Value {
        let response = self.send(Method::POST, path, Some(body)).await;
        let status = response.status();
        let value: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{path}: {value}");
        value
    }

    /// Status and problem code of a request that is refused.
    pub(crate) async fn problem(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}: {status}");
        let value: Value = response.json().await.unwrap();
        assert_eq!(value["status"], status);
        (status, value["code"].as_str().unwrap().to_owned(), value)
    }
}

pub(crate) fn load() -> LoadId {
    "018f3f7e-0000-7000-8000-000000000003".parse().unwrap()
}

pub(crate) fn device() -> DeviceId {
    "018f3f7e-0000-7000-8000-000000000002".parse().unwrap()
}

pub(crate) fn hello(highest_cursor: u64) -> Hello {
    Hello {
        version: 1,
        product_version: "0.1.0".to_owned(),
        site_name: "Quai 1".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        devices: vec![DeviceDeclaration::named(device(), "Tableau 1".to_owned())],
        loads: vec![LoadDeclaration {
            id: load(),
            device: device(),
            name: "Grue 1".to_owned(),
            fluid: Fluid::Electricity,
            usage: Usage::Cranes,
        }],
        history: "h1".to_owned(),
        highest_cursor,
        highest_event: 100,
    }
}

pub(crate) fn spec() -> SeriesSpec {
    SeriesSpec {
        kind: RecordKind::Trend,
        quantity: Quantity::ActivePowerTotal,
        exponent: 0,
        period_ms: Some(1000),
        load: load(),
        rollover: None,
    }
}

pub(crate) fn declaration() -> SeriesDeclaration {
    SeriesDeclaration { id: SeriesId(1), spec: spec() }
}

pub(crate) const T0: i64 = 1_795_255_200_000;

/// Chunk number `cursor`: ten samples whose value is their second since [`T0`].
pub(crate) fn chunk(cursor: u64) -> Chunk {
    let base = i64::try_from(cursor).unwrap() * 10;
    let samples: Vec<Sample> =
        (base..base + 10).map(|n| Sample::measured(Timestamp(T0 + n * 1000), n, Reason::Measured)).collect();
    Chunk {
        cursor,
        series: SeriesId(1),
        first: samples[0].at,
        last: samples[9].at,
        count: 10,
        bytes: haubert_historian::chunk::encode(&samples).unwrap().into(),
    }
}

pub(crate) fn live() -> Live {
    Live {
        version: 1,
        at: Timestamp(T0),
        clock_set: true,
        power_w: Some(1500.0),
        devices: DeviceCounts { online: 1, degraded: 0, offline: 2, never_seen: 0 },
        backlog_chunks: 3,
        backlog_bytes: 99,
        values: vec![LiveValue {
            load: load(),
            quantity: Quantity::ActivePowerTotal,
            value: Some(Decimal::new(1500, 0)),
            at: Timestamp(T0),
            reason: Reason::Measured,
        }],
        audit: None,
    }
}

pub(crate) fn event(id: u64) -> LinkEvent {
    LinkEvent {
        id,
        at: Timestamp(T0),
        severity: Severity::Warning,
        code: "device_offline".to_owned(),
        params: [("device".to_owned(), "Tableau 1".to_owned())].into(),
    }
}

/// What a gateway has, in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) chunks: Mutex<Vec<Chunk>>,
    pub(crate) acknowledged: Mutex<Vec<u64>>,
    pub(crate) rejected: Mutex<Vec<u64>>,
    pub(crate) lives: AtomicI64,
    pub(crate) renewed: Mutex<Option<Credentials>>,
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, SourceError>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Source for Memory {
    fn hello(&self) -> BoxFuture<'_, Result<Hello, SourceError>> {
        ready(hello(self.chunks.lock().unwrap().last().map_or(0, |chunk| chunk.cursor)))
    }
    fn series(&self) -> BoxFuture<'_, Result<Vec<SeriesDeclaration>, SourceError>> {
        ready(vec![declaration()])
    }
    fn chunks_after(&self, cursor: u64, limit_bytes: usize) -> BoxFuture<'_, Result<Vec<Chunk>, SourceError>> {
        // Three at a time, so that a backlog needs many exchanges.
        let limit = if limit_bytes == 0 { 0 } else { 3 };
        ready(self.chunks.lock().unwrap().iter().filter(|chunk| chunk.cursor > cursor).take(limit).cloned().collect())
    }
    fn chunks_acknowledged(&self, cursor: u64) -> BoxFuture<'_, Result<(), SourceError>> {
        self.acknowledged.lock().unwrap().push(cursor);
        ready(())
    }
    fn chunk_rejected(&self, cursor: u64, _detail: &str) -> BoxFuture<'_, Result<(), SourceError>> {
        self.rejected.lock().unwrap().push(cursor);
        ready(())
    }
    fn events_after(&self, id: u64, _limit: usize) -> BoxFuture<'_, Result<Vec<LinkEvent>, SourceError>> {
        ready(if id == 0 { vec![event(1)] } else { vec![] })
    }
    fn events_acknowledged(&self, _id: u64) -> BoxFuture<'_, Result<(), SourceError>> {
        ready(())
    }
    fn live(&self) -> BoxFuture<'_, Result<Live, SourceError>> {
        self.lives.fetch_add(1, Ordering::SeqCst);
        ready(live())
    }
    fn posture(&self) -> BoxFuture<'_, Result<Option<PostureReport>, SourceError>> {
        Box::pin(async { Ok(None) })
    }

    fn renewed(&self, credentials: &Credentials) -> BoxFuture<'_, Result<(), SourceError>> {
        *self.renewed.lock().unwrap() = Some(credentials.clone());
        ready(())
    }
}

pub(crate) fn manifest_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs scenes on a hub with SQLite, configured as a closure says; `postgres.rs` runs them on PostgreSQL.
macro_rules! on_sqlite {
    ($change:expr; $($scene:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $scene() {
                super::$scene(&$crate::support::TestHub::start_with($change).await).await;
            })+
        }
    };
    ($($scene:ident),+ $(,)?) => {
        $crate::support::on_sqlite!(|_| {}; $($scene),+);
    };
}
pub(crate) use on_sqlite;
