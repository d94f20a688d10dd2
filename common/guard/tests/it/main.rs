//! The gates over real sockets, with a clock that the tests hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use haubert_guard::{Gate, Guard, GuardedUdp, Listener, Metered, News, Patience, Refusal, Settings, Transport};
use haubert_model::{Clock, Timestamp};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

#[derive(Default)]
struct Held(AtomicU64);

impl Clock for Held {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct Setting {
    guard: Guard,
    clock: Arc<Held>,
    news: Arc<Mutex<Vec<News>>>,
}

fn setting(settings: Settings) -> Setting {
    let (clock, news) = (Arc::new(Held::default()), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&news);
    let guard = Guard::new(settings, Arc::<Held>::clone(&clock), move |item| heard.lock().unwrap().push(item));
    Setting { guard, clock, news }
}

fn gate(guard: &Guard, transport: Transport, address: SocketAddr) -> Gate {
    guard.gate("test", Listener { transport, address })
}

fn few() -> Settings {
    Settings { requests_per_second: 5, burst_seconds: 1, ..Settings::default() }
}

#[tokio::test]
async fn datagrams_beyond_the_limit_never_reach_the_program() {
    let Setting { guard, clock, news } = setting(few());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let guarded = GuardedUdp::new(socket, gate(&guard, Transport::Udp, address));
    let (noisy, quiet) = (UdpSocket::bind("127.0.0.2:0").await.unwrap(), UdpSocket::bind("127.0.0.3:0").await.unwrap());
    for _ in 0..50 {
        noisy.send_to(b"noise", address).await.unwrap();
    }
    quiet.send_to(b"news", address).await.unwrap();
    let mut buffer = [0; 16];
    let mut received = Vec::new();
    loop {
        let (bytes, _) = guarded.recv_from(&mut buffer).await.unwrap();
        received.push(buffer[..bytes].to_vec());
        if received.last().unwrap() == b"news" {
            break;
        }
    }
    assert_eq!((received.len(), guarded.refused()), (6, 45));
    // What others bring is judged as if it came from whom it names.
    assert!(!guarded.admits(noisy.local_addr().unwrap(), 5) && guarded.admits(quiet.local_addr().unwrap(), 5));
    assert!(matches!(news.lock().unwrap()[..], [News::Blocked(_)]), "told once");
    assert_eq!(guard.listeners().keys().collect::<Vec<_>>(), ["test"]);
    clock.0.store(60_000, Ordering::SeqCst);
    noisy.send_to(b"later", address).await.unwrap();
    let (bytes, _) = guarded.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..bytes], b"later");
    drop(guarded);
    assert!(guard.listeners().is_empty());
}

async fn pair() -> (TcpStream, TcpStream, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    (client, server, peer)
}

#[tokio::test]
async fn a_flood_of_bits_closes_every_connection_of_its_source() {
    let Setting { guard, news, .. } = setting(Settings { kilobits_in_per_second: 800, burst_seconds: 1, ..Settings::default() });
    let (mut client, server, peer) = pair().await;
    let gate = gate(&guard, Transport::Tcp, server.local_addr().unwrap());
    let (admission, other) = (gate.admit(peer).unwrap(), gate.admit(peer).unwrap());
    let mut metered = Metered::new(server, admission.clone(), None);
    let sending = tokio::spawn(async move { client.write_all(&vec![0; 10_000_000]).await });
    let mut sink = vec![0; 16 * 1024];
    let error = loop {
        if let Err(error) = metered.read(&mut sink).await {
            break error;
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
    other.closed().await;
    assert_eq!(gate.admit(peer).unwrap_err(), Refusal::Blocked);
    assert_eq!(news.lock().unwrap().len(), 1);
    let taken = guard.sources(10)[0].bytes_in;
    assert!(taken < 100_000 + 17_000, "{taken} bytes were taken");
    drop((metered, admission, other));
    assert_eq!(guard.counts().1, 0);
    assert!(sending.await.unwrap().is_err());
}

#[tokio::test]
async fn who_is_vouched_for_is_slowed_down_and_loses_nothing() {
    let Setting { guard, news, .. } =
        setting(Settings { kilobits_in_per_second: 8_000, burst_seconds: 1, ..Settings::default() });
    let (mut client, server, peer) = pair().await;
    let admission = gate(&guard, Transport::Tcp, server.local_addr().unwrap()).admit(peer).unwrap();
    admission.vouch();
    let metered = Metered::new(server, admission, None);
    let sending = tokio::spawn(async move { client.write_all(&vec![7; 1_300_000]).await });
    let mut received = Vec::new();
    metered.take(1_300_000).read_to_end(&mut received).await.unwrap();
    assert_eq!(received.len(), 1_300_000);
    sending.await.unwrap().unwrap();
    assert!(news.lock().unwrap().is_empty());
}

#[tokio::test]
async fn who_does_not_take_what_it_is_sent_is_given_up() {
    let Setting { guard, .. } = setting(Settings::default());
    let (client, server, peer) = pair().await;
    let admission = gate(&guard, Transport::Tcp, server.local_addr().unwrap()).admit(peer).unwrap();
    let mut metered = Metered::new(server, admission.clone(), Some(Patience::new(Duration::from_millis(50), 1_000)));
    let error = metered.write_all(&vec![0; 50_000_000]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!(admission.is_closed());
    drop(client);
}

#[tokio::test]
async fn off_is_the_negative_control() {
    let Setting { guard, news, .. } = setting(Settings { enabled: false, ..few() });
    let gate = gate(&guard, Transport::Tcp, "127.0.0.1:1".parse().unwrap());
    let peer = "127.0.0.2:9".parse().unwrap();
    let admitted: Vec<_> = (0..10_000).map(|_| gate.admit(peer).unwrap()).collect();
    assert_eq!(admitted.len(), guard.counts().1);
    assert!(admitted.iter().all(|admission| admission.request().is_ok() && !admission.is_closed()));
    assert!(news.lock().unwrap().is_empty());
}
