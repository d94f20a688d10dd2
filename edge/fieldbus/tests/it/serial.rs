//! A bus on a serial line (a pseudo-terminal): whose turn it is, what it makes of its time, and what it makes of bad answers.

use crate::support::*;
use haubert_fieldbus::logs::{Allowed, LogQuery, read_log};
use haubert_fieldbus::{Ask, BusEvent, Gates, Memory, Question, Urgency, Writes};
use haubert_modbus::rtu::{LineSettings, Parity};
use haubert_modbus::{ExceptionCode, Request, Response, Table, rtu};
use haubert_model::{Quality, Quantity, Reason};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::oneshot;

/// TB-GW #1841: one line, and everybody wants it at once. A person goes first, then the write that moves the window of a log,
/// then the rounds, then a search, then a log; and the rounds never stop for any of them.
#[tokio::test]
async fn the_more_urgent_goes_first_and_nobody_waits_for_ever() {
    let terminal = Terminal::open();
    for unit in [1, 2, 11, 12, 13, 14] {
        terminal.world().units.insert(unit, meter());
    }
    let devices = vec![device(1, METER), device(2, METER)];
    let gates = Gates::default();
    gates.allow(Writes::Window, true);
    let line = settings(terminal.line(115_200), 1500, 1);
    let mut running = Running::start_among(line, devices, catalogue(), gates, Memory::default());
    running.round_with(1, all_good).await;
    running.round_with(2, all_good).await;
    let profile = catalogue().get_shared(&haubert_content::ProfileId::new("socomec/countis-e3x")).unwrap();
    let log = profile.log.as_ref().unwrap();
    let query = LogQuery { unit: 12, log, channel: 1, wanted: 0..1, max_registers: 10 };
    let ask = |unit, urgency| {
        let mut line = running.bus.line(urgency);
        async move { line.ask(unit, &Question::read(Table::HoldingRegisters, 1000, 1)).await.result.is_ok() }
    };
    let mut of_log = running.bus.line(Urgency::Backfill);
    let mut give = |_| ControlFlow::Continue(());
    // One request of a round meets with silence: while its time-out passes, everybody lines up, the least urgent first.
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let before = {
        let mut world = terminal.world();
        world.script(move |_| match tell.take() {
            Some(tell) => {
                tell.send(()).unwrap();
                Reply::Bytes(Vec::new())
            }
            None => Reply::Right,
        });
        world.log.len()
    };
    let everybody = async {
        told.await.unwrap();
        tokio::join!(
            ask(14, Urgency::Backfill),
            ask(13, Urgency::Probe),
            read_log(&mut of_log, &query, Allowed::by_setting(true, log).unwrap(), &mut give),
            ask(11, Urgency::Person),
        )
    };
    let events = async { while running.events.recv().await.is_some() {} };
    let answered = tokio::select! {
        answered = everybody => answered,
        () = events => panic!("the bus stopped"),
    };
    assert!(answered.0 && answered.1 && answered.2.is_err() && answered.3);
    let world = terminal.world();
    assert!(!world.pipelined);
    let units: Vec<u8> = world.log[before..].iter().map(|seen| seen.unit).collect();
    let at = |unit| units.iter().position(|other| *other == unit).unwrap();
    let order = [11, 12, 13, 14].map(at);
    assert!(order.is_sorted(), "{order:?} of {units:?}");
    assert!(matches!(world.log[before + at(12)].request, Request::WriteRegisters { .. }));
    assert!(at(11) <= 2, "a person's comes after the request under way: {units:?}");
    let rounds = |from: u8, to: u8| units[at(from)..at(to)].iter().filter(|unit| **unit <= 2).count();
    assert!(rounds(12, 13) > 1 && rounds(13, 14) > 1, "rounds go before searches and logs: {units:?}");
}

const GAPPED: &str = r#"
vendor = "Test"
model = "Gapped"
family = ""
source = "this test"
verified = false
fluids = ["electricity"]
points = [
  { quantity = "voltage_l1", address = 10, type = "u16", unit = "V" },
  { quantity = "voltage_l2", address = 12, type = "u16", unit = "V" },
]
"#;

/// The bus's own reckoning of its useful time is that of the specification, to the microsecond, for each answer that came:
/// registers that nobody wants are of no use, and neither is a refusal.
#[tokio::test]
async fn the_utilisation_it_shows_is_what_went_over_the_line() {
    let terminal = Terminal::open();
    terminal.world().units.insert(1, Unit::with(&[(10, 230), (11, 0), (12, 231)]));
    terminal.world().units.insert(2, Unit { exception: Some(ExceptionCode::ServerDeviceBusy), ..Unit::default() });
    let wire = LineSettings { baud: 9600, parity: Parity::Even, stop_bits: 1 };
    let devices = vec![device(1, "test/gapped"), device(2, "test/gapped")];
    let catalogue = || catalogue_with(&[("test/gapped", GAPPED)]);
    let mut running = Running::start(settings(terminal.line(9600), 2000, 1), devices, catalogue());
    for _ in 0..4 {
        assert!(all_good(&running.round(1).await));
    }
    // No device any more: nothing is under way, and the counts stand still.
    running.bus.update(Vec::new(), catalogue());
    while !running.bus.status().devices.is_empty() {
        let _ = tokio::time::timeout(Duration::from_millis(10), running.events.recv()).await;
    }
    let totals = running.bus.status().totals;
    let world = terminal.world();
    let read = |unit| world.log.iter().filter(|seen| seen.unit == unit).count() as u64;
    assert!(world.log.iter().all(|seen| seen.request == *Question::read(Table::HoldingRegisters, 10, 3).request()));
    assert_eq!((totals.requests, totals.exceptions), (read(1) + read(2), read(2)));
    assert_eq!(totals.useful_registers, 2 * read(1));
    let answer = wire.wire_time(8 + 5 + 4) + wire.t35() * 2;
    assert_eq!(u128::from(totals.useful_wire_us), answer.as_micros() * u128::from(read(1)));
}

const ODD: &str = r#"
vendor = "Test"
model = "Odd"
family = ""
source = "this test"
verified = false
fluids = ["electricity"]
points = [
  { quantity = "voltage_l1", address = 10, type = "f32", unit = "V" },
  { quantity = "voltage_l2", address = 12, type = "f32", unit = "V" },
  { quantity = "frequency", address = 14, type = "f32", unit = "Hz" },
  { quantity = "voltage_l3", address = 16, type = "f32", unit = "V", plausible = [0, 500] },
  { quantity = "active_power_total", address = 18, type = "f32", unit = "W" },
]
"#;

/// What a float can hold and no meter can measure: not a number, both infinities, and a value beyond reason.
#[tokio::test]
async fn floats_that_are_no_measures_say_so_over_a_serial_line_too() {
    let terminal = Terminal::open();
    let words = |value: f32| [(value.to_bits() >> 16) as u16, value.to_bits() as u16];
    let shown: Vec<(u16, u16)> =
        (10..).zip([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e9, 1234.0].into_iter().flat_map(words)).collect();
    terminal.world().units.insert(1, Unit::with(&shown));
    let devices = vec![device(1, "test/odd")];
    let mut running = Running::start(settings(terminal.line(19_200), 2000, 10), devices, catalogue_with(&[("test/odd", ODD)]));
    let readings = running.round(1).await;
    for quantity in [Quantity::VoltageL1, Quantity::VoltageL2, Quantity::Frequency] {
        let reading = of(&readings, quantity);
        assert_eq!((value(&reading), reading.reason), (None, Reason::NotANumber), "{quantity}");
    }
    let absurd = of(&readings, Quantity::VoltageL3);
    assert_eq!((value(&absurd), absurd.reason, absurd.quality()), (Some(1e9), Reason::Implausible, Quality::Uncertain));
    assert_eq!(value(&of(&readings, Quantity::ActivePowerTotal)), Some(1234.0));
    // The device has answered: what it shows is no fault of the line.
    assert_eq!(running.bus.status().totals.malformed, 0);
}

/// Two meters were given one address, or one was given a new one: whoever answers says another unit than was asked.
#[tokio::test]
async fn an_answer_of_another_unit_is_dropped_on_a_serial_line() {
    let terminal = Terminal::open();
    for unit in [1, 2] {
        terminal.world().units.insert(unit, meter());
    }
    let wrong = |unit: u8, request: &Request| {
        let Request::Read { count, .. } = request else { panic!("{request:?}") };
        rtu::encode(unit, &Response::Registers(vec![666; usize::from(*count)]).encode(request))
    };
    terminal.world().script(move |seen| match seen.unit {
        1 => Reply::Bytes(wrong(77, &seen.request)),
        // A stranger answers first, then the right one.
        _ => Reply::Bytes([wrong(78, &seen.request), seen.right.clone()].concat()),
    });
    let devices = vec![device(1, METER), device(2, METER)];
    let mut running = Running::start(settings(terminal.line(115_200), 300, 10), devices, catalogue());
    let (mut ones, mut twos) = (0, 0);
    while ones < 2 || twos < 4 {
        let BusEvent::Readout(readout) = running.event().await else { continue };
        let readings = readings(&readout);
        assert_never_wrong(&readings);
        if readout.device == id(1) {
            ones += 1;
            assert!(readings.iter().all(|reading| reading.value.is_none()), "{readings:?}");
        } else {
            twos += usize::from(all_good(&readings));
        }
    }
    assert!(running.bus.status().totals.stale >= 4, "{:?}", running.bus.status().totals);
    terminal.world().behave();
    running.round_with(1, all_good).await;
}
