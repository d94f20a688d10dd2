//! Serial lines: bytes come no faster than a wire would carry them. Lower bounds only; a busy machine may be slower.

use crate::wire::{FROZEN, Master, PATIENCE, start};
use haubert_modbus::rtu::{LineSettings, Parity, Progress, decode_response, encode};
use haubert_modbus::{Request, Table};
use haubert_plant::{Fault, Plant};
use nix::sys::termios::{self, BaudRate, SetArg};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

async fn serial(baud: u32, more: &str) -> Plant {
    start(&format!(
        "{FROZEN}[[bus]]\nname = \"line\"\nkind = \"serial\"\nbaud = {baud}\nparity = \"even\"\nstop_bits = 1\n{more}\n[[bus.device]]\nunit = 3\nname = \"d\"\nprofile = \"socomec/countis-e2x\"\n"
    ))
    .await
}

fn open(plant: &Plant) -> File {
    let path = plant.path("line").unwrap();
    assert!(path.symlink_metadata().unwrap().is_symlink());
    File::options().read(true).write(true).open(path).unwrap()
}

/// Sends a request and returns the answer's bytes with their times since the sending.
fn exchange(port: &mut File, request: &Request, length: usize) -> Vec<(u8, Duration)> {
    let sent = Instant::now();
    port.write_all(&encode(3, &request.encode())).unwrap();
    let mut got = Vec::new();
    while got.len() < length {
        let mut bytes = [0u8; 64];
        let count = port.read(&mut bytes).unwrap();
        got.extend(bytes[..count].iter().map(|byte| (*byte, sent.elapsed())));
        assert!(sent.elapsed() < PATIENCE);
    }
    got
}

async fn until_ignored(plant: &Plant, frames: u64) {
    let began = Instant::now();
    while plant.ignored("line") < Some(frames) {
        assert!(began.elapsed() < PATIENCE, "frame {frames} was not ignored");
        tokio::task::yield_now().await;
    }
}

const READ: Request = Request::Read { table: Table::HoldingRegisters, address: 0xC552, count: 54 };
const ANSWER: usize = 5 + 2 * 54;

#[tokio::test]
async fn bytes_come_at_the_pace_of_the_line() {
    for (baud, think) in [(9600, 0), (38_400, 25), (115_200, 0)] {
        let plant = serial(baud, &format!("think_ms = {think}")).await;
        let mut port = open(&plant);
        let line = LineSettings { baud, parity: Parity::Even, stop_bits: 1 };
        let got = tokio::task::spawn_blocking(move || exchange(&mut port, &READ, ANSWER)).await.unwrap();
        let begins = line.wire_time(8) + line.t35().max(Duration::from_millis(think));
        for (index, (_, at)) in got.iter().enumerate() {
            assert!(*at >= begins + line.wire_time(index + 1), "byte {index} at {baud} after {at:?}");
        }
        let bytes: Vec<u8> = got.into_iter().map(|(byte, _)| byte).collect();
        assert!(matches!(decode_response(&bytes, 3), Progress::Frame { unit: 3, .. }));
        plant.shutdown().await;
    }
}

#[tokio::test]
async fn transactions_are_bounded_by_the_formula_of_the_wire() {
    let plant = serial(19_200, "").await;
    let mut port = open(&plant);
    let line = LineSettings { baud: 19_200, parity: Parity::Even, stop_bits: 1 };
    let request = Request::Read { table: Table::HoldingRegisters, address: 0xC558, count: 2 };
    let began = Instant::now();
    let rounds = tokio::task::spawn_blocking(move || (0..10).map(|_| exchange(&mut port, &request, 9).len()).sum::<usize>())
        .await
        .unwrap();
    // T(N) = (13 + 2 N) characters and two silences; the last of these is nobody's to wait for.
    assert_eq!(rounds, 90);
    assert!(began.elapsed() >= line.wire_time(17 * 10) + line.t35() * 19);
}

#[tokio::test]
async fn another_baud_rate_is_not_understood() {
    let plant = serial(9600, "").await;
    let mut port = open(&plant);
    let mut settings = termios::tcgetattr(port.as_fd()).unwrap();
    assert_eq!(termios::cfgetospeed(&settings), BaudRate::B9600, "as the line was set up");
    termios::cfsetspeed(&mut settings, BaudRate::B19200).unwrap();
    termios::tcsetattr(port.as_fd(), SetArg::TCSANOW, &settings).unwrap();
    port.write_all(&encode(3, &READ.encode())).unwrap();
    until_ignored(&plant, 1).await;
    assert_eq!(plant.stats()[0].counts.requests, 0);
    termios::cfsetspeed(&mut settings, BaudRate::B9600).unwrap();
    termios::tcsetattr(port.as_fd(), SetArg::TCSANOW, &settings).unwrap();
    let answered = tokio::task::spawn_blocking(move || exchange(&mut port, &READ, ANSWER).len()).await.unwrap();
    assert_eq!(answered, ANSWER);
}

#[tokio::test]
async fn a_line_outlives_its_masters_noise_and_faults() {
    let plant = serial(115_200, "").await;
    let mut port = open(&plant);
    port.write_all(&[0x55; 20]).unwrap();
    until_ignored(&plant, 1).await;
    port.write_all(&encode(9, &READ.encode())).unwrap();
    until_ignored(&plant, 2).await;
    drop(port);
    let mut port = open(&plant);
    plant.fault_for("d", Fault::WrongCrc, 1).unwrap();
    let (mut port, spoilt) = tokio::task::spawn_blocking(move || {
        let bytes = exchange(&mut port, &READ, ANSWER);
        (port, bytes)
    })
    .await
    .unwrap();
    let spoilt: Vec<u8> = spoilt.into_iter().map(|(byte, _)| byte).collect();
    assert_eq!(decode_response(&spoilt, 3), Progress::BadCrc);
    let bytes = tokio::task::spawn_blocking(move || exchange(&mut port, &READ, ANSWER)).await.unwrap();
    let bytes: Vec<u8> = bytes.into_iter().map(|(byte, _)| byte).collect();
    assert!(matches!(decode_response(&bytes, 3), Progress::Frame { unit: 3, .. }));
    let link = plant.path("line").unwrap().to_owned();
    plant.shutdown().await;
    assert!(link.symlink_metadata().is_err(), "the link goes with the plant");
}

#[tokio::test]
async fn a_line_behind_a_converter_has_its_pace_too() {
    let text = format!(
        "{FROZEN}[[bus]]\nname = \"b\"\nkind = \"rtu_over_tcp\"\nbaud = 9600\n[[bus.device]]\nunit = 3\nname = \"d\"\nprofile = \"socomec/countis-e2x\"\n"
    );
    let plant = start(&text).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let line = LineSettings { baud: 9600, parity: Parity::Even, stop_bits: 1 };
    let began = Instant::now();
    master.send(&encode(3, &READ.encode())).await;
    assert_eq!(master.bytes(ANSWER).await.len(), ANSWER);
    assert!(began.elapsed() >= line.wire_time(8 + ANSWER) + line.t35());
    master.send(&encode(3, &[8, 0, 0, 0xAB, 0xCD])).await;
    assert_eq!(master.bytes(8).await, encode(3, &[8, 0, 0, 0xAB, 0xCD]), "FC08 is for serial lines");
    master.send(&encode(3, &[0x41, 1])).await;
    assert_eq!(master.bytes(5).await, encode(3, &[0xC1, 1]), "an unknown function ends with silence");
}
