//! Millions of frames that no meter sends, at the pace of the machine: none becomes a value, nothing falls over, nobody waits
//! for ever, and the right answer among them is found.

use crate::support::BOUND;
use haubert_fieldbus::transport::{RtuLink, TcpLink};
use haubert_fieldbus::{AskError, Question};
use haubert_modbus::{Response, Table, rtu};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};

/// What the meter really says.
const TRUE: [u16; 4] = [0x1234, 0x0000, 0xFFFF, 0x8001];
/// Frames sent for one request.
const BURST: u64 = 100;

fn question() -> Question {
    Question::read(Table::HoldingRegisters, 100, TRUE.len() as u16)
}

fn below(rng: &mut TestRng, bound: u32) -> u32 {
    rng.next_u32() % bound
}

fn tcp_frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = (pdu.len() as u16 + 1).to_be_bytes();
    [&transaction.to_be_bytes()[..], &[0, 0], &length, &[unit], pdu].concat()
}

fn right() -> Vec<u8> {
    Response::Registers(TRUE.to_vec()).encode(question().request())
}

/// A frame that is not the answer to `transaction`: another's, of any length and content, with any function.
fn stray(rng: &mut TestRng, transaction: u16) -> Vec<u8> {
    let other = transaction.wrapping_add(1 + below(rng, 65_535) as u16);
    let mut pdu = vec![0; 1 + below(rng, 253) as usize];
    rng.fill_bytes(&mut pdu);
    tcp_frame(other, rng.next_u32() as u8, &pdu)
}

/// The last frame of a burst, in place of the right one now and then: it ends the conversation or says that it is damaged.
fn last(rng: &mut TestRng, transaction: u16) -> Vec<u8> {
    let good = right();
    match below(rng, 20) {
        0 => tcp_frame(transaction, 1, &good[..1 + below(rng, good.len() as u32 - 1) as usize]),
        1 => tcp_frame(transaction, 9, &good),
        2 => [&tcp_frame(transaction, 1, &good)[..4], &[0xFF, 0xFF, 1], &good].concat(),
        3 => tcp_frame(transaction, 1, &[0x83, rng.next_u32() as u8]),
        4 => {
            let mut noise = vec![0; 300];
            rng.fill_bytes(&mut noise);
            noise
        }
        _ => tcp_frame(transaction, 1, &good),
    }
}

/// A device that answers each request with a burst; `spoil` may change the last frame.
async fn storm(listener: TcpListener, sent: Arc<AtomicU64>, seed: [u8; 32], spoil: fn(&mut TestRng, &mut Vec<u8>)) {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    loop {
        let Ok((mut socket, _)) = listener.accept().await else { return };
        let mut request = [0; 12];
        while socket.read_exact(&mut request).await.is_ok() {
            let transaction = u16::from_be_bytes([request[0], request[1]]);
            let mut burst: Vec<u8> = (1..BURST).flat_map(|_| stray(&mut rng, transaction)).collect();
            let mut end = last(&mut rng, transaction);
            spoil(&mut rng, &mut end);
            burst.extend(end);
            sent.fetch_add(BURST, Ordering::Relaxed);
            if socket.write_all(&burst).await.is_err() {
                break;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    right: u64,
    refused: u64,
    /// Something else than the truth was taken for an answer.
    wrong: u64,
    /// Requests that did not end within their time and some more.
    hung: u64,
}

async fn ask(frames: u64, spoil: fn(&mut TestRng, &mut Vec<u8>)) -> Tally {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Arc::new(AtomicU64::new(0));
    let device = tokio::spawn(storm(listener, Arc::clone(&sent), [14; 32], spoil));
    let open = async |transaction| TcpLink::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), transaction);
    let question = question();
    let mut link = open(0).await;
    let mut tally = Tally::default();
    while sent.load(Ordering::Relaxed) < frames {
        // The noise ends no frame: the time is what such a request costs.
        let exchange = link.exchange(1, &question, Duration::from_millis(20));
        let Ok((answer, _)) = tokio::time::timeout(BOUND, exchange).await else {
            tally.hung += 1;
            break;
        };
        match &answer {
            Ok(Response::Registers(words)) if words[..] == TRUE => tally.right += 1,
            Ok(_) => tally.wrong += 1,
            Err(_) => tally.refused += 1,
        }
        let lost = matches!(answer, Err(AskError::Framing(_) | AskError::Lost(_)));
        // A damaged frame may leave its rest on the line; the master gives such a connection up too.
        if lost || link.must_close() || answer.is_err() {
            link = open(link.transaction()).await;
        }
    }
    device.abort();
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_frames_over_tcp_never_makes_a_value() {
    let frames = haubert_score::count(200_000, 10_000_000);
    let tally = ask(frames, |_, _| ()).await;
    let held = tally.wrong == 0 && tally.hung == 0 && tally.right > frames / BURST / 2;
    haubert_score::record("14.tcp", held, format!("{frames} frames: {tally:?}; fixed seed"));
    assert!(held, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_lies_in_a_right_frame_is_noticed_by_the_judge() {
    let tally = ask(20_000, |_, end| {
        // Modbus TCP has no checksum: what is inside a right frame nobody can doubt.
        if let Some(byte) = end.get_mut(10) {
            *byte ^= 1;
        }
    })
    .await;
    haubert_score::record("14.lies", tally.wrong > 0, format!("{tally:?}"));
    assert!(tally.wrong > 0, "{tally:?}");
}

/// One to three bits of the right frame are changed: the CRC finds all such changes (its distance is four).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_frames_over_rtu_never_make_a_value() {
    let frames = haubert_score::count(2_000, 20_000);
    let (near, mut far) = duplex(64 * 1024);
    let device = tokio::spawn(async move {
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[41; 32]);
        let good = rtu::encode(1, &right());
        let mut request = [0; 8];
        while far.read_exact(&mut request).await.is_ok() {
            let mut frame = good.clone();
            for _ in 0..=below(&mut rng, 3) {
                let bit = below(&mut rng, frame.len() as u32 * 8) as usize;
                frame[bit / 8] ^= 1 << (bit % 8);
            }
            if far.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    let question = question();
    let mut link = RtuLink::new(near, None);
    let mut tally = Tally::default();
    for _ in 0..frames {
        let exchange = link.exchange(1, &question, Duration::from_millis(5));
        match tokio::time::timeout(BOUND, exchange).await {
            Err(_) => tally.hung += 1,
            // Two changes of the same bit leave the frame as it was.
            Ok((Ok(Response::Registers(words)), _)) if words[..] == TRUE => tally.right += 1,
            Ok((Ok(_), _)) => tally.wrong += 1,
            Ok((Err(_), _)) => tally.refused += 1,
        }
    }
    device.abort();
    let held = tally.wrong == 0 && tally.hung == 0 && tally.refused > frames / 2;
    haubert_score::record("14.rtu", held, format!("{frames} frames: {tally:?}; fixed seed"));
    assert!(held, "{tally:?}");
}
