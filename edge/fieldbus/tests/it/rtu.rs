//! RTU, where nothing but care tells a late answer from the right one.

use crate::support::*;
use haubert_fieldbus::transport::RtuLink;
use haubert_fieldbus::{AskError, Question};
use haubert_modbus::{Response, Table, rtu};
use haubert_model::Reason;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

#[tokio::test]
async fn rtu_over_tcp_reads_what_is_there() {
    let peer = Peer::start(Framing::Rtu).await;
    peer.unit(1, meter()).unit(2, meter());
    let mut running = Running::start(settings(peer.line(), 2000, 10), vec![device(1, METER), device(2, METER)], catalogue());
    for unit in [1, 2, 1, 2] {
        let readings = running.round_with(unit, all_good).await;
        assert_never_wrong(&readings);
    }
    assert!(!peer.world().pipelined);
}

#[tokio::test]
async fn a_pseudo_terminal_is_a_serial_line() {
    let terminal = Terminal::open();
    terminal.world().units.insert(1, meter());
    let mut running = Running::start(settings(terminal.line(115_200), 2000, 10), vec![device(1, METER)], catalogue());
    for _ in 0..3 {
        let readings = running.round_with(1, all_good).await;
        assert_never_wrong(&readings);
    }
    assert!(!terminal.world().pipelined);
}

#[tokio::test]
async fn noise_wrong_crc_and_truncation_never_make_a_value() {
    let peer = Peer::start(Framing::Rtu).await;
    peer.unit(1, meter()).unit(2, meter());
    let mut turn = 0u8;
    peer.script(move |seen| {
        let mut bytes = seen.right.clone();
        if seen.unit != 1 {
            return Reply::Right;
        }
        turn = turn.wrapping_add(1);
        match turn % 4 {
            0 => bytes[3] ^= 0x40,
            1 => bytes.truncate(4),
            2 => bytes = vec![0xFF; 40],
            _ => bytes = [&[0x00, 0x5A, 0xFF][..], &bytes].concat(),
        }
        Reply::Bytes(bytes)
    });
    let mut running = Running::start(settings(peer.line(), 100, 10), vec![device(1, METER), device(2, METER)], catalogue());
    for _ in 0..8 {
        assert_never_wrong(&running.round(1).await);
        assert!(all_good(&running.round(2).await));
    }
    let totals = running.bus.status().totals;
    assert!(totals.crc + totals.malformed >= 2, "{totals:?}");
    peer.behave();
    running.round_with(1, all_good).await;
}

#[tokio::test]
async fn a_wrong_crc_is_a_damaged_answer() {
    let peer = Peer::start(Framing::Rtu).await;
    peer.unit(1, meter());
    peer.script(|seen| {
        let mut bytes = seen.right.clone();
        *bytes.last_mut().unwrap() ^= 1;
        Reply::Bytes(bytes)
    });
    let mut running = Running::start(settings(peer.line(), 2000, 10), vec![device(1, METER)], catalogue());
    assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::DamagedAnswer));
    assert!(running.bus.status().totals.crc >= 2, "asked twice");
}

/// Both requests of the test meter are alike: same unit, function and length. Only the order of questions can help.
#[tokio::test]
async fn a_late_answer_of_the_same_length_is_never_taken_for_the_next() {
    let peer = Peer::start(Framing::Rtu).await;
    peer.unit(1, meter());
    let mut held: Option<Vec<u8>> = None;
    let mut turn = 0;
    // Now and then an answer is held back until the next request has come; that one is then answered late as well.
    peer.script(move |seen| {
        turn += 1;
        match held.take() {
            Some(late) => {
                if turn % 2 == 0 {
                    held = Some(seen.right.clone());
                    return Reply::Bytes(late);
                }
                Reply::Bytes([late, seen.right.clone()].concat())
            }
            None if turn % 3 == 0 => {
                held = Some(seen.right.clone());
                Reply::Bytes(Vec::new())
            }
            None => Reply::Right,
        }
    });
    let mut running = Running::start(settings(peer.line(), 60, 5), vec![device(1, METER)], catalogue());
    for _ in 0..25 {
        assert_never_wrong(&running.round(1).await);
    }
    assert!(running.bus.status().totals.stale >= 1);
    peer.behave();
    running.round_with(1, all_good).await;
}

fn asked() -> Question {
    Question::read(Table::HoldingRegisters, 0, 1)
}

fn answer(unit: u8, word: u16) -> Vec<u8> {
    rtu::encode(unit, &Response::Registers(vec![word]).encode(asked().request()))
}

async fn next_request(far: &mut DuplexStream) -> Vec<u8> {
    let mut request = vec![0; 8];
    tokio::time::timeout(BOUND, far.read_exact(&mut request)).await.unwrap().unwrap();
    request
}

#[tokio::test]
async fn input_is_emptied_before_each_request() {
    let (near, mut far) = duplex(64 * 1024);
    let mut link = RtuLink::new(near, None);
    // An unasked answer that would fit exactly, and a heap of noise.
    far.write_all(&answer(1, 666)).await.unwrap();
    far.write_all(&[0xAA; 5000]).await.unwrap();
    let peer = tokio::spawn(async move {
        next_request(&mut far).await;
        far.write_all(&answer(1, 42)).await.unwrap();
        far
    });
    let (result, stale) = link.exchange(1, &asked(), BOUND).await;
    assert_eq!((result, stale), (Ok(Response::Registers(vec![42])), 1));
    drop(peer.await.unwrap());
    let (result, _) = link.exchange(1, &asked(), BOUND).await;
    assert!(matches!(result, Err(AskError::Lost(_))));
}

#[tokio::test]
async fn the_same_question_after_a_time_out_waits_for_the_late_answer_to_pass() {
    let (near, mut far) = duplex(1024);
    let mut link = RtuLink::new(near, None);
    let timeout = Duration::from_millis(300);
    let peer = tokio::spawn(async move {
        next_request(&mut far).await;
        // Later than the time-out, sooner than twice that.
        tokio::time::sleep(Duration::from_millis(450)).await;
        far.write_all(&answer(1, 666)).await.unwrap();
        next_request(&mut far).await;
        far.write_all(&answer(1, 42)).await.unwrap();
        far
    });
    assert_eq!(link.exchange(1, &asked(), timeout).await, (Err(AskError::Timeout), 0));
    assert_eq!(link.exchange(1, &asked(), timeout).await, (Ok(Response::Registers(vec![42])), 1));
    peer.await.unwrap();
}

#[tokio::test]
async fn endless_noise_and_dripping_answers_end() {
    let (near, mut far) = duplex(1024);
    let mut link = RtuLink::new(near, None);
    let noise = tokio::spawn(async move {
        loop {
            if far.write_all(&[0x55; 512]).await.is_err() {
                return;
            }
        }
    });
    let bounded = tokio::time::timeout(BOUND, link.exchange(1, &asked(), Duration::from_millis(100))).await.unwrap();
    assert_eq!(bounded.0, Err(AskError::Noise));
    drop(link);
    noise.await.unwrap();

    let (near, mut far) = duplex(1024);
    let mut link = RtuLink::new(near, None);
    let drip = tokio::spawn(async move {
        next_request(&mut far).await;
        // The beginning of a long answer, then one byte at a time.
        far.write_all(&[1, 3, 250]).await.unwrap();
        while far.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let bounded = tokio::time::timeout(BOUND, link.exchange(1, &asked(), Duration::from_millis(100))).await.unwrap();
    assert_eq!(bounded.0, Err(AskError::Truncated));
    drop(link);
    drip.await.unwrap();
}
