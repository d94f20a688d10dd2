//! The sender against real TLS peers: a strict receiver of octet-counted messages, and openssl.

use super::sender::{Parts, Receiver, SendError};
use super::{Events, Name, SenderState, Sent, Trail, send_test, work};
use crate::audit::Audit;
use crate::audit::settings::AuditSettings;
use crate::store::Db;
use crate::store::events::{self, NewEvent, Severity};
use haubert_model::{Clock, GatewayId, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_trust::audit::{Actor, Category, Entry, Outcome};
use haubert_trust::{Authority, Identity, Key, KeyPem, PeerTrust, TlsVersions, client_config, server_config, server_config_mtls};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

#[derive(Default)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_255_200_000)
    }
    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Bench {
    dir: tempfile::TempDir,
    authority: Authority,
    audit: Audit,
    db: Db,
    clock: Arc<Hand>,
}

impl Bench {
    fn new() -> Self {
        haubert_trust::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let key = Key::random().unwrap();
        let authority = Authority::create(&dir.path().join("ca"), "Receiver CA", SystemClock::new().now()).unwrap();
        let audit = Audit::open(&dir.path().join("audit"), std::slice::from_ref(&key), AuditSettings::default()).unwrap();
        let db = Db::open(&dir.path().join("config.db"), &key).unwrap();
        Self { dir, authority, audit, db, clock: Arc::default() }
    }

    fn identity(&self) -> Identity {
        self.authority.issue_server(&["127.0.0.1".into(), "localhost".into()], SystemClock::new().now(), 2).unwrap()
    }

    fn receiver(&self, port: u16, trust: &str, identity: Option<&Identity>) -> Receiver {
        let trust = PeerTrust::from_pem(trust).unwrap();
        let tls = client_config(&trust, identity, TlsVersions::Tls13).unwrap();
        Receiver { host: "127.0.0.1".into(), port, tls: Arc::new(tls) }
    }

    fn start(&self, receiver: Receiver) -> Running {
        let (bump, changed) = watch::channel(0);
        Running { task: tokio::spawn(work(Trail::new(self.audit.clone(), quay()), self.parts(receiver, changed))), _bump: bump }
    }

    fn parts(&self, receiver: Receiver, changed: watch::Receiver<u64>) -> Parts {
        Parts {
            db: self.db.clone(),
            clock: Arc::<Hand>::clone(&self.clock),
            wanted: Box::new(move || Ok(Some(receiver.clone()))),
            changed,
        }
    }

    /// Sends events, and not the trail.
    fn start_events(&self, receiver: Receiver) -> Running {
        let (bump, changed) = watch::channel(0);
        let lane = Events::new(self.db.clone(), self.audit.log(), quay(), SenderState::default());
        Running { task: tokio::spawn(work(lane, self.parts(receiver, changed))), _bump: bump }
    }

    async fn happens(&self, code: &'static str) {
        let event = NewEvent::new(self.clock.now(), Severity::Warning, code, [("device", "Crane".to_owned())]);
        self.db.note(move |tx| events::add(tx, &event)).await.unwrap();
    }

    fn say(&self, n: u64) {
        let entry = Entry::new(Actor::system(), Category::System, "said", Outcome::Success).detail("n", n);
        self.audit.record_blocking(entry);
    }

    async fn until(&self, what: &str, holds: impl Fn(&Sent) -> bool) {
        let mut sent = self.audit.sender().subscribe();
        let wait = sent.wait_for(|sent| holds(sent));
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(60), wait).await;
        assert!(outcome.is_ok(), "{what}: {:?}", self.audit.sender().borrow());
    }
}

fn quay() -> Name {
    Box::new(|| "quai".into())
}

struct Running {
    task: tokio::task::JoinHandle<()>,
    _bump: watch::Sender<u64>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One message: digits, a space, exactly so many octets.
async fn next_message(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut length = 0usize;
    loop {
        match stream.read_u8().await.unwrap() {
            b' ' => break,
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            other => panic!("{other} in a length"),
        }
    }
    let mut text = vec![0; length];
    stream.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// A record, and its sequence number.
async fn next(stream: &mut (impl AsyncRead + Unpin)) -> (u64, String) {
    let text = next_message(stream).await;
    assert!(text.starts_with('<') && text.contains(">1 ") && text.ends_with('}'), "{text}");
    let seq = text.split("seq=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    (seq, text)
}

async fn listen(config: ServerConfig) -> (TcpListener, TlsAcceptor, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, TlsAcceptor::from(Arc::new(config)), port)
}

async fn accept(listener: &TcpListener, acceptor: &TlsAcceptor) -> TlsStream<tokio::net::TcpStream> {
    acceptor.accept(listener.accept().await.unwrap().0).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_arrives_although_the_receiver_goes_and_the_gateway_starts_anew() {
    let bench = Bench::new();
    let (listener, acceptor, port) = listen(server_config(&bench.identity()).unwrap()).await;
    (2..=5).for_each(|n| bench.say(n));
    let running = bench.start(bench.receiver(port, bench.authority.certificate_pem(), None));
    let mut peer = accept(&listener, &acceptor).await;
    for expected in 1..=5 {
        assert_eq!(next(&mut peer).await.0, expected);
    }
    // It took them, and went before anybody could be sure: they come again.
    drop(peer);
    let mut peer = accept(&listener, &acceptor).await;
    for expected in 1..=5 {
        assert_eq!(next(&mut peer).await.0, expected);
    }
    bench.say(6);
    assert_eq!(next(&mut peer).await.0, 6);
    bench.clock.0.fetch_add(60_000, Ordering::Relaxed);
    bench.until("delivered", |sent| sent.seq == 6).await;
    drop(running);
    drop(peer);
    // After the next start only what is new.
    let _running = bench.start(bench.receiver(port, bench.authority.certificate_pem(), None));
    bench.say(7);
    let mut peer = accept(&listener, &acceptor).await;
    let (seq, text) = next(&mut peer).await;
    assert_eq!(seq, 7);
    // Whoever receives it can verify it: the record's own line is the message.
    let line = text.split('\u{feff}').nth(1).unwrap();
    let line = haubert_trust::audit::read_line(line.as_bytes()).unwrap();
    assert!(line.is_signed_by(bench.audit.log(), &bench.audit.public_key()));
}

/// From the moment that somebody wants them, those that are no records, and again from the last that was delivered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordinary_events_arrive_once_and_none_that_the_trail_has_already() {
    let bench = Bench::new();
    let (listener, acceptor, port) = listen(server_config(&bench.identity()).unwrap()).await;
    bench.happens("bus_down").await;
    let receiver = bench.receiver(port, bench.authority.certificate_pem(), None);
    let running = bench.start_events(receiver.clone());
    let mut peer = accept(&listener, &acceptor).await;
    for code in ["clock_jumped", "device_offline"] {
        bench.happens(code).await;
    }
    let text = next_message(&mut peer).await;
    assert!(text.starts_with("<132>1 ") && text.contains(" device_offline [event@32473 ") && text.contains("id=\"3\""), "{text}");
    bench.clock.0.fetch_add(60_000, Ordering::Relaxed);
    let kept = || async {
        let place = bench.db.note(|tx| crate::store::settings::get::<serde_json::Value>(tx, "events_sent")).await.unwrap();
        place.is_some_and(|place| place["seq"] == 3)
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !kept().await {
        assert!(tokio::time::Instant::now() < deadline, "delivered");
        tokio::task::yield_now().await;
    }
    drop(running);
    drop(peer);
    bench.happens("device_online").await;
    let _running = bench.start_events(receiver);
    let mut peer = accept(&listener, &acceptor).await;
    let text = next_message(&mut peer).await;
    assert!(text.contains(" device_online ") && text.contains("id=\"4\""), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_nobody_vouches_for_gets_nothing_and_one_that_asks_is_shown_who_sends() {
    let bench = Bench::new();
    let other = Authority::create(&bench.dir.path().join("other"), "Other CA", SystemClock::new().now()).unwrap();
    let (listener, acceptor, port) = listen(server_config(&bench.identity()).unwrap()).await;
    let running = bench.start(bench.receiver(port, other.certificate_pem(), None));
    let refused = acceptor.accept(listener.accept().await.unwrap().0).await;
    assert!(refused.is_err(), "the control: the handshake failed here, too");
    bench.until("refused", |sent| sent.error.as_ref().is_some_and(|(code, _)| code.starts_with("peer_"))).await;
    assert_eq!(bench.audit.sender().borrow().seq, 0);
    drop(running);
    // Mutual TLS.
    let key = KeyPem::generate().unwrap();
    let gateway: GatewayId = "018f3f7e-0000-7000-8000-000000000001".parse().unwrap();
    let csr = haubert_trust::csr(&key, Some(gateway)).unwrap();
    let issued = bench.authority.issue_gateway(&csr, gateway, SystemClock::new().now(), 2).unwrap();
    let shown = Identity { chain_pem: issued.pem, key };
    let config = server_config_mtls(&bench.identity(), bench.authority.certificate_pem()).unwrap();
    let (listener, acceptor, port) = listen(config).await;
    let trusted = bench.authority.certificate_pem();
    let _running = bench.start(bench.receiver(port, trusted, Some(&shown)));
    let mut peer = accept(&listener, &acceptor).await;
    assert_eq!(next(&mut peer).await.0, 1);
    assert!(peer.get_ref().1.peer_certificates().is_some());
}

fn write_pem(dir: &Path, identity: &Identity) -> (PathBuf, PathBuf) {
    let (chain, key) = (dir.join("server.pem"), dir.join("server.key"));
    haubert_service::files::write_atomic(&chain, identity.chain_pem.as_bytes()).unwrap();
    haubert_trust::write_private(&key, identity.key.expose().as_bytes()).unwrap();
    (chain, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_receives_the_test_message() {
    let bench = Bench::new();
    let (chain, key) = write_pem(bench.dir.path(), &bench.identity());
    let mut peer = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert"])
        .arg(chain)
        .arg("-key")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(peer.stdout.take().unwrap());
    let mut line = String::new();
    let port = loop {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "openssl ended");
        if let Some(port) = line.trim().strip_prefix("ACCEPT 127.0.0.1:") {
            break port.parse().unwrap();
        }
    };
    let receiver = bench.receiver(port, bench.authority.certificate_pem(), None);
    send_test(&receiver, bench.audit.log(), "quai nord", Timestamp(1_795_255_200_000)).await.unwrap();
    let mut rest = String::new();
    while !rest.contains("] test") && said.read_line(&mut rest).unwrap() > 0 {}
    assert!(rest.contains("<110>1 2026-11-21T10:00:00.000Z quainord haubert-gateway - test [audit@32473 log="), "{rest}");
    let _ended = peer.kill();
    peer.wait().unwrap();
    // Nobody there any more.
    let failed = send_test(&receiver, bench.audit.log(), "quai", Timestamp(0)).await;
    assert!(matches!(failed, Err(SendError::Dial(_))), "{failed:?}");
}
