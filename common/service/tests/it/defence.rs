//! Attacks on the server loop, each with the firewall off as its control where time allows one.

use super::{Setting, guard};
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use haubert_guard::{Guard, News, Settings, SlowClients};
use haubert_service::clock::SystemClock;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const ATTACKER: &str = "127.0.0.2";
/// Far beyond any limit of these tests; only a server that does not act meets it.
const NEVER: Duration = Duration::from_secs(60);

/// A second of patience with everything.
fn impatient() -> Settings {
    let slow =
        SlowClients { handshake_seconds: 1, header_seconds: 1, idle_seconds: 1, stall_seconds: 1, bytes_per_second: 1_000 };
    Settings { slow, ..Settings::default() }
}

fn off() -> Settings {
    Settings { enabled: false, ..impatient() }
}

async fn tcp(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

async fn tls(setting: &Setting, from: &str, to: SocketAddr, alpn: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut config = setting.tls(None);
    config.alpn_protocols = vec![alpn.to_vec()];
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), tcp(from, to).await).await
}

/// Whether the server ends the connection, whatever it says before.
async fn is_ended(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut sink = [0; 4096];
    let ended = async { while !matches!(stream.read(&mut sink).await, Ok(0) | Err(_)) {} };
    tokio::time::timeout(NEVER, ended).await.is_ok()
}

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/take", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/much", get(|| async { vec![0u8; 64 * 1024 * 1024] }))
}

/// An attack that must have been ended, and an honest request beside it.
async fn ended_for_all(setting: &Setting, address: SocketAddr, mut attack: TlsStream<TcpStream>) {
    let answer = setting.client(None).get(format!("https://{address}/")).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "here");
    assert!(is_ended(&mut attack).await);
}

#[tokio::test]
async fn slow_headers_are_given_up() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(impatient()), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    attack.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ").await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(attack);
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"a").await.is_ok() && writing.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut sink = Vec::new();
    let _how = tokio::time::timeout(NEVER, reading.read_to_end(&mut sink)).await.expect("the server waits for ever");
    tokio::time::timeout(NEVER, trickle).await.unwrap().unwrap();
}

#[tokio::test]
async fn without_the_firewall_slow_headers_are_waited_for() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(off()), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    attack.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: ").await.unwrap();
    // Longer than the limits that are off.
    tokio::time::sleep(Duration::from_secs(4)).await;
    attack.write_all(b"b\r\n\r\n").await.unwrap();
    let mut said = String::new();
    let _close = attack.read_to_string(&mut said).await;
    assert!(said.contains("200 OK"), "{said}");
}

#[tokio::test]
async fn bodies_that_stop_are_given_up() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(impatient()), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    attack.write_all(b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc").await.unwrap();
    ended_for_all(&setting, running.address, attack).await;
}

#[tokio::test]
async fn a_body_at_a_fair_rate_may_take_longer_than_the_patience() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(impatient()), false, router());
    let mut honest = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    honest.write_all(b"POST /take HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 40000\r\n\r\n").await.unwrap();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        honest.write_all(&[7; 2_000]).await.unwrap();
    }
    let mut said = String::new();
    let _close = honest.read_to_string(&mut said).await;
    assert!(said.ends_with("40000"), "{said}");
}

#[tokio::test]
async fn answers_that_are_not_taken_are_given_up() {
    let setting = Setting::new();
    let guard = guard(impatient());
    let running = setting.serve_behind(&guard, false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    attack.write_all(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    no_connections(&guard).await;
    drop(attack);
}

/// Returns when the server holds none any more.
async fn no_connections(guard: &Guard) {
    let none = async {
        while guard.counts().1 > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(NEVER, none).await.expect("the server keeps the connection");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// GET of a path, `:method`, `:scheme` and `:authority` as in HPACK's static table.
fn asking(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x87, 0x41, 1, b'x', 0x44, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block
}

#[tokio::test]
async fn an_http2_peer_that_opens_no_window_is_given_up() {
    let setting = Setting::new();
    let guard = guard(impatient());
    let running = setting.serve_behind(&guard, false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"h2").await.unwrap();
    let mut bytes = PREFACE.to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE = 0
    bytes.extend(frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]));
    bytes.extend(frame(1, 5, 1, &asking("/much")));
    attack.write_all(&bytes).await.unwrap();
    no_connections(&guard).await;
    drop(attack);
}

#[tokio::test]
async fn http2_headers_that_never_end_are_given_up() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(impatient()), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"h2").await.unwrap();
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    // No END_HEADERS.
    bytes.extend(frame(1, 1, 1, &asking("/")));
    attack.write_all(&bytes).await.unwrap();
    ended_for_all(&setting, running.address, attack).await;
}

#[tokio::test]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let setting = Setting::new();
    let running = setting.serve_behind(&guard(Settings::default()), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"h2").await.unwrap();
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    for number in 0..20_000u32 {
        bytes.extend(frame(1, 5, number * 2 + 1, &asking("/")));
        bytes.extend(frame(3, 0, number * 2 + 1, &8u32.to_be_bytes()));
    }
    // The server may end it before everything is written.
    let _written = attack.write_all(&bytes).await;
    ended_for_all(&setting, running.address, attack).await;
}

#[tokio::test]
async fn idle_and_half_open_connections_give_way_to_an_honest_request() {
    let setting = Setting::new();
    let few = Settings { connections: 16, connections_per_source: 16, requests_per_second: 10_000, ..Settings::default() };
    let guard = guard(few);
    let running = setting.serve_behind(&guard, false, router());
    let mut half_open = Vec::new();
    for _ in 0..200 {
        half_open.push(tcp(ATTACKER, running.address).await);
    }
    let answer = setting.client(None).get(format!("https://{}/", running.address)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "here");
    assert!(guard.counts().1 <= 16);
    drop(half_open);
}

#[tokio::test]
async fn a_flood_is_blocked_once_and_others_go_on() {
    let setting = Setting::new();
    let blocked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&blocked);
    let limits = Settings { requests_per_second: 20, burst_seconds: 1, ..Settings::default() };
    let guard = Guard::new(limits, Arc::new(SystemClock::new()), move |news| heard.lock().unwrap().push(news));
    let served = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&served);
    let router = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "here" }
    });
    let running = setting.serve_behind(&guard, false, router);
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    let flood = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5_000);
    let _written = attack.write_all(&flood).await;
    assert!(is_ended(&mut attack).await);
    assert!(tls(&setting, ATTACKER, running.address, b"http/1.1").await.is_err(), "no handshake while blocked");
    let answer = setting.client(None).get(format!("https://{}/", running.address)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "here");
    assert!(matches!(blocked.lock().unwrap()[..], [News::Blocked(_)]));
    assert!(guard.lift(ATTACKER.parse().unwrap()));
    assert!(tls(&setting, ATTACKER, running.address, b"http/1.1").await.is_ok());
    assert!(served.load(Ordering::SeqCst) < 5_000);
}

#[tokio::test]
async fn without_the_firewall_the_flood_is_served() {
    let setting = Setting::new();
    let limits = Settings { enabled: false, requests_per_second: 20, burst_seconds: 1, ..Settings::default() };
    let running = setting.serve_behind(&guard(limits), false, router());
    let mut attack = tls(&setting, ATTACKER, running.address, b"http/1.1").await.unwrap();
    let mut flood = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(300);
    flood.extend(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    attack.write_all(&flood).await.unwrap();
    let mut said = Vec::new();
    let _close = attack.read_to_end(&mut said).await;
    assert_eq!(said.windows(6).filter(|window| window == b"200 OK").count(), 301);
}
