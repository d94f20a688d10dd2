//! Each fault switch, seen from the wire.

use crate::wire::{FROZEN, Master, one_device, start};
use haubert_modbus::rtu::{Progress, decode_response, encode as rtu_encode};
use haubert_modbus::tcp::{Mbap, encode};
use haubert_modbus::{ExceptionCode, Request, ResponseError, Table};
use haubert_model::{Quantity as Q, Reason};
use haubert_plant::{Fault, FaultError, Plant};
use std::time::{Duration, Instant};

const E34: &str = "socomec/countis-e3x";
const READ: Request = Request::Read { table: Table::HoldingRegisters, address: 0xC558, count: 6 };

async fn plant() -> (Plant, Master) {
    let plant = start(&one_device(E34, "usage = \"cranes\"")).await;
    let master = Master::connect(plant.address("b").unwrap()).await;
    (plant, master)
}

fn frame(transaction: u16) -> Vec<u8> {
    encode(Mbap { transaction, unit: 1 }, &READ.encode())
}

#[tokio::test]
async fn silent_answers_nothing_and_clear_ends_it() {
    let (plant, mut master) = plant().await;
    plant.fault("d", Fault::Silent).unwrap();
    master.send(&frame(1)).await;
    while plant.stats()[0].counts.requests == 0 {
        tokio::task::yield_now().await;
    }
    plant.clear("d").unwrap();
    master.send(&frame(2)).await;
    assert_eq!(master.frame().await.unwrap().0.transaction, 2);
}

#[tokio::test]
async fn a_fault_can_last_for_some_answers() {
    let (plant, mut master) = plant().await;
    plant.fault_for("b/1", Fault::Silent, 2).unwrap();
    for transaction in 1..=3 {
        master.send(&frame(transaction)).await;
    }
    assert_eq!(master.frame().await.unwrap().0.transaction, 3);
}

#[tokio::test]
async fn slow_answers_late() {
    let (plant, mut master) = plant().await;
    plant.fault("d", Fault::Slow(Duration::from_millis(120))).unwrap();
    let asked = Instant::now();
    master.ask(1, &READ).await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn exception_refuses_everything() {
    let (plant, mut master) = plant().await;
    for code in [ExceptionCode::ServerDeviceBusy, ExceptionCode::GatewayTargetFailed] {
        plant.fault("d", Fault::Exception(code)).unwrap();
        assert_eq!(master.ask(1, &READ).await, Err(ResponseError::Exception(code)));
    }
}

#[tokio::test]
async fn truncated_stops_in_the_middle() {
    let (plant, mut master) = plant().await;
    plant.fault_for("d", Fault::Truncated, 1).unwrap();
    master.send(&frame(1)).await;
    master.send(&frame(2)).await;
    // 21 bytes are a whole answer; ten of the first come, then the second.
    let bytes = master.bytes(31).await;
    assert_eq!((bytes.len(), &bytes[..2], &bytes[10..12]), (31, &[0, 1][..], &[0, 2][..]));
}

#[tokio::test]
async fn wrong_transaction_answers_another_question() {
    let (plant, mut master) = plant().await;
    plant.fault("d", Fault::WrongTransaction).unwrap();
    master.send(&frame(7)).await;
    assert_ne!(master.frame().await.unwrap().0.transaction, 7);
}

#[tokio::test]
async fn garbage_is_noise_of_the_right_length() {
    let (plant, mut master) = plant().await;
    plant.fault_for("d", Fault::Garbage, 1).unwrap();
    master.send(&frame(1)).await;
    let noise = master.bytes(21).await;
    assert_ne!(&noise[..4], &[0, 1, 0, 0]);
    master.ask(1, &READ).await.unwrap();
}

#[tokio::test]
async fn nan_is_no_number_in_floats_and_all_ones_in_integers() {
    let (plant, mut master) = plant().await;
    plant.fault("d", Fault::Nan).unwrap();
    let all = master.readings(1, E34).await;
    assert!(matches!(all.values[&(1, Q::VoltageL1)], Ok((_, Reason::Implausible))));
    plant.clear("d").unwrap();
    assert!(matches!(master.readings(1, E34).await.values[&(1, Q::VoltageL1)], Ok((_, Reason::Measured))));

    let plant = start(&one_device("eastron/sdm630", "")).await;
    plant.fault("d", Fault::Nan).unwrap();
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let all = master.readings(1, "eastron/sdm630").await;
    assert!(all.values.values().all(|value| *value == Err(Reason::NotANumber)));
}

#[tokio::test]
async fn clock_reset_loses_the_date() {
    let (plant, mut master) = plant().await;
    let holding = Table::HoldingRegisters;
    assert_eq!(master.read(1, holding, 0xE100, 6).await.unwrap(), [2, 3, 2026, 7, 0, 0], "local time of the plant's start");
    plant.fault("d", Fault::ClockReset).unwrap();
    assert_eq!(master.read(1, holding, 0xE100, 6).await.unwrap(), [1, 1, 2000, 1, 0, 0]);
    plant.advance(60_000);
    assert_eq!(master.read(1, holding, 0xE104, 1).await.unwrap(), [1], "and runs on");
}

#[tokio::test]
async fn rollover_starts_again_from_zero() {
    for (profile, modulus) in [(E34, 1e10), ("socomec/diris-a40", 4_294_967_296_000.0), ("sunspec/meter-203", 42_949_672_960.0)] {
        let plant = start(&one_device(profile, "usage = \"it\"\nnominal_kw = 100")).await;
        let mut master = Master::connect(plant.address("b").unwrap()).await;
        plant.fault("d", Fault::Rollover).unwrap();
        let before = master.readings(1, profile).await.get(Q::ActiveEnergyImport);
        assert!(modulus - before < 3000.0 && before < modulus, "{profile}: {before}");
        plant.advance(3_600_000);
        let after = master.readings(1, profile).await.get(Q::ActiveEnergyImport);
        assert!((50_000.0..110_000.0).contains(&(after + modulus - before)), "{profile}: {after}");
        plant.shutdown().await;
    }
    let plant = start(&one_device("eastron/sdm630", "")).await;
    assert!(matches!(plant.fault("d", Fault::Rollover), Err(FaultError::NothingToBreak(_))));
}

#[tokio::test]
async fn exchange_brings_another_meter() {
    let (plant, mut master) = plant().await;
    let holding = Table::HoldingRegisters;
    let serial = master.read(1, holding, 50_008, 5).await.unwrap();
    assert!(master.readings(1, E34).await.get(Q::ActiveEnergyImport) > 1e6);
    plant.fault("d", Fault::Exchange).unwrap();
    assert_eq!(master.readings(1, E34).await.get(Q::ActiveEnergyImport), 0.0);
    assert_ne!(master.read(1, holding, 50_008, 5).await.unwrap(), serial);
    plant.advance(3_600_000);
    assert!(master.readings(1, E34).await.get(Q::ActiveEnergyImport) > 0.0);
}

#[tokio::test]
async fn wrong_crc_spoils_serial_frames_only() {
    let text = one_device(E34, "").replace("kind = \"tcp\"", "kind = \"rtu_over_tcp\"");
    let plant = start(&text).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let request = rtu_encode(1, &READ.encode());
    master.send(&request).await;
    assert!(matches!(decode_response(&master.bytes(17).await, 3), Progress::Frame { unit: 1, .. }));
    plant.fault_for("d", Fault::WrongCrc, 1).unwrap();
    master.send(&request).await;
    assert_eq!(decode_response(&master.bytes(17).await, 3), Progress::BadCrc);
    // A request with a wrong CRC is silence, and so is one to another unit.
    let mut spoilt = request.clone();
    *spoilt.last_mut().unwrap() ^= 1;
    master.send(&spoilt).await;
    while plant.ignored("b") < Some(1) {
        tokio::task::yield_now().await;
    }
    master.send(&rtu_encode(9, &READ.encode())).await;
    master.send(&request).await;
    assert!(matches!(decode_response(&master.bytes(17).await, 3), Progress::Frame { unit: 1, .. }));
    assert_eq!(plant.ignored("b"), Some(2));
    assert!(matches!(plant.fault("d", Fault::WrongTransaction), Err(FaultError::NotOnThisBus { .. })));
}

#[tokio::test]
async fn one_broken_device_leaves_its_neighbours_alone() {
    let device = |unit: u8| format!("[[bus.device]]\nunit = {unit}\nname = \"d{unit}\"\nprofile = \"{E34}\"\n");
    let plant = start(&format!("{FROZEN}[[bus]]\nname = \"b\"\nkind = \"tcp\"\n{}{}", device(1), device(2))).await;
    plant.fault("d1", Fault::Exception(ExceptionCode::ServerDeviceFailure)).unwrap();
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    assert!(master.ask(1, &READ).await.is_err());
    assert!(master.ask(2, &READ).await.is_ok());
    assert!(matches!(plant.fault("d3", Fault::Silent), Err(FaultError::UnknownDevice(_))));
    assert!(matches!(plant.fault("d1", Fault::WrongCrc), Err(FaultError::NotOnThisBus { .. })));
}
