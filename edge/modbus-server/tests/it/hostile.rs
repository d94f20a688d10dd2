//! Peers that are slow, many, greedy or gone: each costs itself its connection, and nobody else anything.

use crate::support::{Master, PATIENT, Secured, Server, frame, read};
use haubert_guard::{ListenerRule, Settings};
use haubert_modbus_server::Patience;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(200);

/// Room for a crowd of one address.
fn crowded() -> Settings {
    Settings { connections_per_source: 512, connections: 512, requests_per_second: 10_000, ..Settings::default() }
}

#[tokio::test]
async fn a_frame_must_be_whole_in_its_time_however_its_bytes_come() {
    let server = Server::start(Settings::default(), Patience { frame: SHORT, ..PATIENT }).await;
    let mut patient = Master::connect(&server).await;
    let mut slow = Master::connect(&server).await;
    let request = frame(1, 1, &read(3, 0, 1));
    // A byte at a time, each before the last one's time is over; the whole would take thrice what a frame may.
    let mut sent = 0;
    for byte in &request {
        slow.send(&[*byte]).await;
        sent += 1;
        if let Ok(answer) = timeout(SHORT / 4, slow.answer()).await {
            assert_eq!(answer, None);
            break;
        }
    }
    assert!(sent < request.len(), "it was waited for");
    assert_eq!(server.counters.read().broken, 1);
    assert_eq!(patient.ask(1, &read(3, 3, 1)).await, [3, 2, 0, 3], "who has begun nothing is not waited for so");
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed() {
    let server = Server::start(Settings::default(), Patience { idle: SHORT, ..PATIENT }).await;
    assert_eq!(Master::connect(&server).await.answer().await, None);
}

/// Who asks and does not take the answers is left, also where the firewall does not watch.
#[tokio::test]
async fn who_does_not_take_answers_is_left() {
    let server = Server::start(Settings { enabled: false, ..crowded() }, Patience { write: SHORT, ..PATIENT }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut deaf = Master::over(socket.connect(server.running.address).await.unwrap());
    let requests: Vec<u8> = (0..100).flat_map(|number| frame(number, 1, &read(3, 0, 125))).collect();
    while deaf.send(&requests).await {}
    assert_eq!(server.counters.read().broken, 1);
    assert_eq!(Master::connect(&server).await.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_nobody_from_being_answered() {
    let server = Server::start(crowded(), Patience::default()).await;
    let secured = Secured::start(crowded(), Patience::default()).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(Master::connect(&server).await);
        crowd.push(Master::connect(&secured.server).await);
    }
    let shown = secured.authority.master(None);
    let mut honest = [Master::connect(&server).await, secured.connect(Some(&shown)).await.unwrap()];
    for honest in &mut honest {
        assert_eq!(honest.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    }
    assert_eq!((server.counters.read().connections, secured.server.counters.read().connections), (201, 201));
}

/// A failed handshake, of whatever kind, neither ends the server nor keeps anybody waiting.
#[tokio::test]
async fn failed_handshakes_are_their_own_peers_matter() {
    let secured = Secured::start(crowded(), Patience::default()).await;
    let address = secured.server.running.address;
    let shown = secured.authority.master(None);
    for nonsense in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\n\r\n", &frame(1, 1, &read(3, 0, 1))]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
        // Half of them leave, half of them stay.
        let mut other = TcpStream::connect(address).await.unwrap();
        other.write_all(nonsense).await.unwrap();
        drop(other);
        let mut honest = secured.connect(Some(&shown)).await.unwrap();
        assert_eq!(honest.ask(1, &read(3, 5, 1)).await, [3, 2, 0, 5], "{nonsense:?}");
        drop(stream);
    }
}

#[tokio::test]
async fn a_handshake_must_end_in_its_time() {
    let secured = Secured::start(Settings::default(), Patience { handshake: SHORT, ..PATIENT }).await;
    assert_eq!(Master::connect(&secured.server).await.answer().await, None);
    assert_eq!(secured.server.counters.read().broken, 1);
}

#[tokio::test]
async fn a_source_that_asks_for_too_much_is_shut_out() {
    let settings = Settings { requests_per_second: 10, burst_seconds: 1, ..Settings::default() };
    let server = Server::start(settings, Patience::default()).await;
    let mut greedy = Master::connect(&server).await;
    let requests: Vec<u8> = (0..100).flat_map(|number| frame(number, 1, &read(3, 0, 1))).collect();
    greedy.send(&requests).await;
    let mut answered = 0;
    while greedy.answer().await.is_some() {
        answered += 1;
    }
    assert!(answered < 100, "{answered} answers");
    shut_out(&server).await;
}

/// Refused before a byte of it is read; the reset may be there before the connection seems to be.
async fn shut_out(server: &Server) {
    if let Ok(stream) = TcpStream::connect(server.running.address).await {
        assert_eq!(Master::over(stream).answer().await, None, "blocked");
    }
    assert_eq!(server.counters.read().refused, 1);
}

#[tokio::test]
async fn who_is_not_listed_does_not_come_in() {
    let rule = ListenerRule { allow: vec!["192.0.2.0/24".parse().unwrap()], ..ListenerRule::default() };
    let settings = Settings { listeners: [("modbus".to_owned(), rule)].into(), ..Settings::default() };
    shut_out(&Server::start(settings, Patience::default()).await).await;
}
