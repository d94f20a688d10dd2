//! The server as masters meet it: raw bytes over loopback, in, out of and beside the specification.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use haubert_guard::Settings;
use haubert_modbus_server::Patience;
use proptest::prelude::*;
use std::time::Duration;
use support::{LATER_UNIT, Master, SILENT_UNIT, Server, frame, read};

/// Each request that cannot be fulfilled, and the exception that answers it: function, value, address, in this order (clause 7 and
/// the state diagrams of the application protocol). The conversation goes on.
#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_the_code_that_the_specification_asks_for() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let mut master = Master::connect(&server).await;
    let table: &[(&str, u8, &[u8], &[u8])] = &[
        ("an unknown function", 1, &[0x41], &[0xC1, 1]),
        ("function 0", 1, &[0], &[0x80, 1]),
        ("diagnostics, for serial lines only", 1, &[8, 0, 0, 0, 0], &[0x88, 1]),
        ("another MEI type", 1, &[43, 13, 1, 0], &[0xAB, 1]),
        ("a level of identification that there is not", 1, &[43, 14, 5, 0], &[0xAB, 3]),
        ("no register", 1, &[3, 0, 0, 0, 0], &[0x83, 3]),
        ("126 registers", 1, &[3, 0, 0, 0, 126], &[0x83, 3]),
        ("2001 coils", 1, &[1, 0, 0, 0x07, 0xD1], &[0x81, 3]),
        ("a request cut short", 1, &[3, 0, 0, 0], &[0x83, 3]),
        ("a request with bytes left over", 1, &[4, 0, 0, 0, 1, 0], &[0x84, 3]),
        ("a byte count that is not that of the quantity", 1, &[16, 0, 0, 0, 2, 2, 0, 0], &[0x90, 3]),
        ("a coil that is neither on nor off", 1, &[5, 0, 0, 0, 1], &[0x85, 3]),
        ("past the last address", 1, &[3, 0xFF, 0xFF, 0, 2], &[0x83, 2]),
        ("a register that there is not", 1, &[3, 0x20, 0, 0, 1], &[0x83, 2]),
        ("a write, which the plant does not take", 1, &[6, 0, 0, 0, 1], &[0x86, 1]),
        ("a unit that is not there", 9, &[3, 0, 0, 0, 1], &[0x83, 0x0A]),
        ("a unit that does not answer", SILENT_UNIT, &[3, 0, 0, 0, 1], &[0x83, 0x0B]),
    ];
    for (what, unit, request, expected) in table {
        assert_eq!(master.ask(*unit, request).await, *expected, "{what}");
    }
    assert_eq!(master.ask(1, &read(3, 10, 2)).await, [3, 4, 0, 10, 0, 11], "and it goes on");
    let counted = server.counters.read();
    assert_eq!(counted.exceptions.values().sum::<u64>(), table.len() as u64);
    assert_eq!((counted.exceptions[&0x0A], counted.exceptions[&0x0B], counted.broken), (1, 1, 0));
}

#[tokio::test]
async fn every_table_and_the_identification_can_be_read() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let mut master = Master::connect(&server).await;
    assert_eq!(master.ask(1, &read(1, 0, 10)).await, [1, 2, 0b0101_0101, 0b01]);
    assert_eq!(master.ask(1, &read(2, 1, 3)).await, [2, 1, 0b010]);
    assert_eq!(master.ask(1, &read(4, 300, 1)).await, [4, 2, 1, 44]);
    assert_eq!(master.ask(LATER_UNIT, &read(3, 7, 1)).await, [3, 2, 0, 7], "an answer from elsewhere");
    assert_eq!(master.ask(1, &[43, 14, 1, 0]).await, [43, 14, 1, 1, 0, 0, 1, 0, 4, b'P', b'o', b'r', b't']);
}

/// Clause 4.4.1.2 of the messaging guide: several transactions may be under way on one connection.
#[tokio::test]
async fn requests_sent_at_once_are_each_answered_in_their_order() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let mut master = Master::connect(&server).await;
    let mut bytes = Vec::new();
    for transaction in 0..5 {
        let unit = if transaction == 2 { LATER_UNIT } else { 1 };
        bytes.extend(frame(0x100 + transaction, unit, &read(3, transaction, 1)));
    }
    // In pieces that are not frames.
    for piece in bytes.chunks(7) {
        master.send(piece).await;
    }
    for transaction in 0..5 {
        let (number, pdu) = master.answer().await.unwrap();
        assert_eq!((number, pdu), (0x100 + transaction, vec![3, 2, 0, transaction as u8]));
    }
}

#[tokio::test]
async fn what_is_no_modbus_ends_its_own_connection_after_what_came_before_was_answered() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let mut honest = Master::connect(&server).await;
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 1, 0, 0, 0xFF, 0xFF, 1], &[0, 1, 0, 0, 0, 1, 1], &[0, 1, 0, 9, 0, 6, 1]]
    {
        let mut other = Master::connect(&server).await;
        other.send(&frame(7, 1, &read(3, 1, 1))).await;
        other.send(nonsense).await;
        assert_eq!(other.answer().await, Some((7, vec![3, 2, 0, 1])));
        assert_eq!(other.answer().await, None, "{nonsense:?}");
        assert_eq!(honest.ask(1, &read(3, 5, 1)).await, [3, 2, 0, 5]);
    }
    assert_eq!(server.counters.read().broken, 4);
}

#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let short = Duration::from_millis(200);
    let hour = Duration::from_secs(3600);
    // A frame that is begun and never whole, whatever trickles in.
    let server = Server::start(Settings::default(), Patience { idle: hour, frame: short }).await;
    let mut slow = Master::connect(&server).await;
    let mut patient = Master::connect(&server).await;
    slow.send(&frame(1, 1, &read(3, 0, 1))[..8]).await;
    assert_eq!(slow.answer().await, None);
    assert_eq!(patient.ask(1, &read(3, 3, 1)).await, [3, 2, 0, 3], "who has begun nothing is not waited for so");
    // And a connection that nobody uses.
    let server = Server::start(Settings::default(), Patience { idle: short, frame: hour }).await;
    assert_eq!(Master::connect(&server).await.answer().await, None);
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_nobody_from_being_answered() {
    let settings = Settings { connections_per_source: 512, connections: 512, ..Settings::default() };
    let server = Server::start(settings, Patience::default()).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(Master::connect(&server).await);
    }
    let mut honest = Master::connect(&server).await;
    assert_eq!(honest.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    assert_eq!(server.counters.read().connections, 201);
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
    assert_eq!(Master::connect(&server).await.answer().await, None, "blocked");
}

#[tokio::test]
async fn a_server_that_is_stopped_is_gone() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let mut master = Master::connect(&server).await;
    assert_eq!(master.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    let address = server.running.address;
    server.running.stop().await;
    assert_eq!(master.answer().await, None);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever stands in whole frames, each has one answer with its number, and nothing breaks.
    #[test]
    fn each_frame_has_one_answer(pdus in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..253), 1..6), unit in any::<u8>()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let server = Server::start(Settings::default(), Patience::default()).await;
            let mut master = Master::connect(&server).await;
            for (number, pdu) in (0..).zip(&pdus) {
                master.send(&frame(number, unit, pdu)).await;
            }
            for (number, pdu) in (0..).zip(&pdus) {
                let (transaction, answer) = master.answer().await.unwrap();
                assert_eq!((transaction, answer[0] & 0x7F), (number, pdu[0] & 0x7F));
            }
        });
    }
}
