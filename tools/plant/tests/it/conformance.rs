//! The server against the specification: order of checks, limits, framing, pipelining.

use crate::wire::{Master, one_device, start};
use haubert_content::LogWindow;
use haubert_modbus::tcp::{Mbap, encode};
use haubert_modbus::{Request, Response, Table};
use haubert_plant::{Plant, PlantOptions, Scene};
use std::path::Path;
use std::time::Duration;

const E34: &str = "socomec/countis-e3x";

#[tokio::test]
async fn refusals_are_those_of_the_specification() {
    let plant = start(&one_device(E34, "")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let exceptions: [(&str, &[u8], u8); 19] = [
        ("FC03 quantity 0", &[3, 0xC5, 0x58, 0, 0], 3),
        ("FC03 quantity 126", &[3, 0xC5, 0x58, 0, 126], 3),
        ("FC03 address 65535 quantity 2", &[3, 0xFF, 0xFF, 0, 2], 2),
        ("FC03 outside every block", &[3, 0, 0, 0, 1], 2),
        ("FC03 beyond the end of a block", &[3, 0xC5, 0x58, 0, 125], 2),
        ("FC03 too short", &[3, 0xC5], 3),
        ("FC03 too long", &[3, 0xC5, 0x58, 0, 1, 0], 3),
        ("FC04 of a device without input registers", &[4, 0xC5, 0x58, 0, 2], 2),
        ("FC01", &[1, 0, 0, 0, 1], 1),
        ("FC01 quantity 2001, of a device without coils", &[1, 0, 0, 0x07, 0xD1], 1),
        ("FC05 value 0x1234, of a device without coils", &[5, 0, 0, 0x12, 0x34], 1),
        ("FC06, factory reset of a CVE", &[6, 0xE2, 0x00, 0x00, 0xE5], 1),
        ("FC06, change of address of a CVE", &[6, 0x11, 0x00, 0x00, 0x01], 1),
        ("FC08 on TCP", &[8, 0, 0, 0x12, 0x34], 1),
        ("FC16 quantity 124", &[16, 0, 0, 0, 124, 248], 3),
        ("FC16 byte count not twice the quantity", &[16, 0, 0, 0, 1, 3, 0, 0, 0], 3),
        ("FC23", &[23, 0xC5, 0x58, 0, 1, 0, 0, 0, 1, 2, 0, 0], 1),
        ("undefined function", &[0x41], 1),
        ("FC43/14 of a device without", &[43, 14, 1, 0], 1),
    ];
    for (what, pdu, code) in exceptions {
        assert_eq!(master.raw(1, pdu).await, [pdu[0] | 0x80, code], "{what}");
    }
    assert_eq!(master.raw(9, &[3, 0, 0, 0, 1]).await, [0x83, 0x0B], "a unit that nobody answers to");
    assert_eq!(master.read(1, Table::HoldingRegisters, 0xC558, 2).await.unwrap().len(), 2, "still serving");
    let stats = plant.stats();
    assert_eq!((stats[0].counts.requests, stats[0].counts.registers, stats[0].counts.exceptions), (20, 2, 19));
}

#[tokio::test]
async fn pipelined_requests_are_all_answered_in_order() {
    let plant = start(&one_device(E34, "")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let request = Request::Read { table: Table::HoldingRegisters, address: 0xC558, count: 6 };
    let burst: Vec<u8> = (100..105).flat_map(|transaction| encode(Mbap { transaction, unit: 1 }, &request.encode())).collect();
    master.send(&burst).await;
    for transaction in 100..105 {
        let (header, pdu) = master.frame().await.unwrap();
        assert_eq!(header.transaction, transaction);
        assert!(Response::decode(&pdu, &request).is_ok());
    }
}

#[tokio::test]
async fn a_broadcast_is_not_answered_and_frames_may_come_in_pieces() {
    let plant = start(&one_device(E34, "")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let read = Request::Read { table: Table::HoldingRegisters, address: 0xC558, count: 2 }.encode();
    master.send(&encode(Mbap { transaction: 1, unit: 0 }, &read)).await;
    let frame = encode(Mbap { transaction: 2, unit: 1 }, &read);
    for byte in &frame {
        master.send(&[*byte]).await;
    }
    assert_eq!(master.frame().await.unwrap().0.transaction, 2, "the first answer is to the second request");
}

#[tokio::test]
async fn a_header_that_cannot_be_ends_the_connection_and_no_other() {
    let plant = start(&one_device(E34, "")).await;
    let address = plant.address("b").unwrap();
    let mut good = Master::connect(address).await;
    for header in [[0, 1, 0, 1, 0, 6, 1], [0, 1, 0, 0, 0xFF, 0xFF, 1], [0, 1, 0, 0, 0, 1, 1]] {
        let mut bad = Master::connect(address).await;
        bad.send(&header).await;
        assert!(bad.frame().await.is_none(), "{header:?}");
    }
    assert!(good.read(1, Table::HoldingRegisters, 0xC558, 2).await.is_ok());
}

#[tokio::test]
async fn connections_are_bounded() {
    let plant = start(&one_device(E34, "")).await;
    let address = plant.address("b").unwrap();
    let mut held = Vec::new();
    for _ in 0..64 {
        let mut master = Master::connect(address).await;
        master.read(1, Table::HoldingRegisters, 0xC558, 2).await.unwrap();
        held.push(master);
    }
    let mut one_more = Master::connect(address).await;
    assert!(one_more.frame().await.is_none());
    assert!(held[0].read(1, Table::HoldingRegisters, 0xC558, 2).await.is_ok());
}

#[tokio::test]
async fn a_meter_obeys_the_command_of_its_log_and_no_other_write() {
    let plant = start(&one_device(E34, "")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let catalogue = haubert_content::embedded().unwrap();
    let log = catalogue.get(&haubert_content::ProfileId::new(E34)).unwrap().log.clone().unwrap();
    let LogWindow::Step { command, rewind, .. } = log.window else { panic!("{log:?}") };
    for (address, values, refused) in [
        (command, vec![rewind], None),
        (command, vec![7], Some(3)),
        (command, vec![rewind, 0], Some(2)),
        (command + 1, vec![rewind], Some(2)),
        (0xE100, vec![1, 1, 2026, 0, 0, 0], Some(2)),
    ] {
        let answer = master.raw(1, &Request::WriteRegisters { address, values: values.clone() }.encode()).await;
        assert_eq!((answer[0] == 0x90).then(|| answer[1]), refused, "{address:#X} {values:?}");
    }
    assert_eq!(plant.stats()[0].counts.writes, 1);
}

#[tokio::test]
async fn a_meter_remembers_what_was_before_the_plant_opened() {
    let scene = Scene::parse("test", &one_device(E34, "nominal_kw = 40"), Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let past = Duration::from_secs(3 * 3_600);
    let plant = Plant::start(scene, PlantOptions { past, ..PlantOptions::default() }).await.unwrap();
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let catalogue = haubert_content::embedded().unwrap();
    let log = catalogue.get(&haubert_content::ProfileId::new(E34)).unwrap().log.clone().unwrap();
    let LogWindow::Step { command, rewind, .. } = log.window else { panic!("{log:?}") };
    master.raw(1, &Request::WriteRegisters { address: command, values: vec![rewind] }.encode()).await;
    let header = master.read(1, Table::HoldingRegisters, log.header.address, log.header.words).await.unwrap();
    let count = header[usize::from(log.header.count)];
    assert_eq!(count, 3 * 6, "ten minutes each");
    let words = master.read(1, Table::HoldingRegisters, log.records.address, log.records.words_of(count)).await.unwrap();
    let values = words.chunks_exact(usize::from(log.records.words)).map(|record| record[usize::from(log.records.value)]);
    assert!(values.into_iter().all(|value| value > 0));
}
