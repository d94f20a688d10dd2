//! A bus against simulated plants that do what users of other masters complain of (facts: peers.md, 1.4).

use crate::support::*;
use haubert_fieldbus::{BusEvent, DeviceOptions, DeviceSettings, DeviceState, EventCode, Gates, Line, Memory};
use haubert_modbus::ExceptionCode;
use haubert_model::{Quantity, Reading, Reason};
use haubert_plant::{Fault, Plant, PlantOptions, Scene};
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

const PROFILE: &str = "socomec/countis-e2x";

/// A plant whose physics stands still, with one bus of so many meters.
async fn plant(bus: &str, meters: u8) -> Plant {
    let device = |unit| {
        format!(
            "[[bus.device]]\nunit = {unit}\nprofile = \"{PROFILE}\"\nname = \"m{unit}\"\nnominal_kw = 20\nusage = \"offices\"\nindex = 500\n"
        )
    };
    let devices: String = (1..=meters).map(device).collect();
    let scene = format!("speed = 1e-9\n[[bus]]\nname = \"bus\"\n{bus}\n{devices}");
    Plant::start(Scene::parse("test", &scene, Path::new(".")).unwrap(), PlantOptions::default()).await.unwrap()
}

fn host(plant: &Plant) -> (String, u16) {
    ("127.0.0.1".to_owned(), plant.address("bus").unwrap().port())
}

fn tcp(plant: &Plant) -> Line {
    let (host, port) = host(plant);
    Line::Tcp { host, port }
}

fn meters(units: u8) -> Vec<DeviceSettings> {
    (1..=units).map(|unit| device(unit, PROFILE)).collect()
}

fn values(readings: &[Reading]) -> HashMap<Quantity, f64> {
    readings.iter().filter_map(|reading| Some((reading.point.quantity, value(reading)?))).collect()
}

fn no_answer(readings: &[Reading]) -> bool {
    readings.iter().all(|reading| reading.reason == Reason::NoAnswer)
}

/// Resident memory of this process, KiB; each test runs in a process of its own.
fn resident_kib() -> u64 {
    let mut status = String::new();
    std::fs::File::open("/proc/self/status").unwrap().take(64 * 1024).read_to_string(&mut status).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Node-RED #409, #288, #165, TB-GW #799, #1944: time-outs of some units make the others late or skip them.
#[tokio::test]
async fn dead_units_behind_a_shared_gateway_leave_the_living_their_turns() {
    let plant = plant("kind = \"tcp\"\nbaud = 115200", 8).await;
    for unit in 3..=8 {
        plant.fault(&format!("m{unit}"), Fault::Silent).unwrap();
    }
    let mut running = Running::start(settings(tcp(&plant), 400, 20), meters(8), catalogue());
    let (mut good, mut well, mut since) = ([0, 0], [false, false], 0);
    while good.iter().min() < Some(&20) {
        let BusEvent::Readout(readout) = running.event().await else { continue };
        let (device, readings) = (readout.device, readings(&readout));
        match (1..=8).find(|unit| id(*unit) == device).unwrap() {
            unit @ (1 | 2) => {
                let at = usize::from(unit) - 1;
                well[at] = all_good(&readings);
                good[at] += usize::from(well[at]);
                since = 0;
            }
            unit => {
                since += 1;
                assert!(no_answer(&readings), "unit {unit}");
                // The first round asks each once; after that there is one attempt at most between two turns of the living, as
                // long as they live: on a machine with too much to do even their answers may come late.
                let first = good.iter().min() < Some(&2);
                assert!(first || well != [true, true] || since <= 1, "{since} time-outs in a row after {good:?} rounds");
            }
        }
    }
    // The converse: each of them is back as soon as it answers.
    for unit in 3..=8 {
        plant.clear(&format!("m{unit}")).unwrap();
    }
    for _ in 3..=8 {
        loop {
            if matches!(running.event().await, BusEvent::DeviceState { state: DeviceState::Online, device } if device != id(1) && device != id(2))
            {
                break;
            }
        }
    }
    plant.shutdown().await;
}

/// The line behind the gateway is cut: one message for it, one attempt at a time; the first answer brings all of them back.
#[tokio::test]
async fn a_silent_line_is_told_as_one_and_comes_back_as_one() {
    let plant = plant("kind = \"rtu_over_tcp\"", 4).await;
    let (host, port) = host(&plant);
    let mut running = Running::start(settings(Line::RtuOverTcp { host, port }, 60, 50), meters(4), catalogue());
    for unit in 1..=4 {
        running.round_with(unit, all_good).await;
    }
    (1..=4).for_each(|unit| plant.fault(&format!("m{unit}"), Fault::Silent).unwrap());
    running.code(EventCode::BusDown).await;
    (1..=4).for_each(|unit| plant.clear(&format!("m{unit}")).unwrap());
    running.code(EventCode::BusUp).await;
    for unit in 1..=4 {
        running.round_with(unit, all_good).await;
    }
    plant.shutdown().await;
}

/// Node-RED #536 (exception 11 of a gateway with a dead slave), #74, #106: memory grows with every exception.
#[tokio::test]
async fn exceptions_of_a_gateway_cost_no_memory_and_teach_no_refusal() {
    let plant = plant("kind = \"tcp\"", 4).await;
    plant.fault("m1", Fault::Exception(ExceptionCode::GatewayPathUnavailable)).unwrap();
    plant.fault("m2", Fault::Exception(ExceptionCode::GatewayTargetFailed)).unwrap();
    plant.fault("m3", Fault::Exception(ExceptionCode::ServerDeviceBusy)).unwrap();
    let mut running = Running::start(settings(tcp(&plant), 1000, 1), meters(4), catalogue());
    let mut rounds = 0;
    let mut before = 0;
    while rounds < 3000 {
        let BusEvent::Readout(readout) = running.event().await else { continue };
        let (device, readings) = (readout.device, readings(&readout));
        rounds += 1;
        match device {
            other if other == id(4) => assert!(all_good(&readings)),
            other if other == id(3) => assert!(readings.iter().all(|reading| reading.reason == Reason::Refused)),
            _ => assert!(no_answer(&readings)),
        }
        if rounds == 1000 {
            before = resident_kib();
        }
    }
    let growth = resident_kib().saturating_sub(before);
    assert!(growth < 2048, "{growth} KiB more after 2000 rounds");
    let status = running.bus.status();
    assert!(status.totals.exceptions > 500 && status.totals.timeouts == 0, "{:?}", status.totals);
    assert!(status.devices.iter().all(|device| device.refused.is_empty()), "{:?}", status.devices);
    plant.shutdown().await;
}

/// PLC4X #636, #2229, #1935: each reconnection leaves something behind.
#[tokio::test]
async fn reconnections_leave_nothing_behind() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let mut last = 0;
    peer.script(move |seen| {
        // Every second request on a connection meets its end.
        let again = seen.connection == last;
        last = seen.connection;
        if again { Reply::Close } else { Reply::Right }
    });
    let mut running = Running::start(settings(peer.line(), 1000, 1), vec![device(1, METER)], catalogue());
    let mut before = (0, 0);
    for round in 0..1500 {
        assert_never_wrong(&running.round(1).await);
        peer.world().log.clear();
        if round == 500 {
            before = (resident_kib(), open_files());
        }
    }
    let connections = peer.world().connections;
    assert!(connections > 1000, "{connections}");
    assert!(open_files() <= before.1 + 8, "{} files, {} before", open_files(), before.1);
    assert!(resident_kib().saturating_sub(before.0) < 4096, "{} KiB, {} before", resident_kib(), before.0);
}

/// tokio-modbus #324, grid-x/modbus #78 and many more: after a time-out every answer belongs to the question before.
#[tokio::test]
async fn answers_that_come_after_their_time_are_never_taken_for_others() {
    for kind in ["tcp", "rtu_over_tcp"] {
        let plant = plant(&format!("kind = \"{kind}\""), 1).await;
        let (host, port) = host(&plant);
        let line = if kind == "tcp" { tcp(&plant) } else { Line::RtuOverTcp { host, port } };
        let mut running = Running::start(settings(line, 60, 10), meters(1), catalogue());
        let truth = values(&running.round_with(1, all_good).await);
        for _ in 0..6 {
            plant.fault_for("m1", Fault::Slow(Duration::from_millis(75)), 1).unwrap();
            for _ in 0..3 {
                for (quantity, value) in values(&running.round(1).await) {
                    assert_eq!(truth.get(&quantity), Some(&value), "{kind}: {quantity}");
                }
            }
        }
        plant.clear("m1").unwrap();
        assert_eq!(values(&running.round_with(1, all_good).await), truth, "{kind}");
        plant.shutdown().await;
    }
}

/// telegraf #13659, FUXA #1947: Socomec devices and serial gateways misbehave under simultaneous requests; "storms".
#[tokio::test]
async fn one_endpoint_sees_one_request_at_a_time_whoever_asks() {
    let plant = plant("kind = \"tcp\"\nthink_ms = 2", 2).await;
    let gates = Gates::default();
    let start = |unit| {
        let (bus, devices) = (settings(tcp(&plant), 2000, 1), vec![device(unit, PROFILE)]);
        Running::start_among(bus, devices, catalogue(), gates.clone(), Memory::default())
    };
    let (mut one, mut two) = (start(1), start(2));
    for _ in 0..20 {
        one.round_with(1, all_good).await;
        two.round_with(2, all_good).await;
    }
    assert_eq!(plant.overlapping("bus"), Some(0));
    plant.shutdown().await;
}

/// telegraf #12071: devices that fail on requests for more than one value, by refusing them or by saying nothing.
#[tokio::test]
async fn a_device_that_takes_one_value_at_a_time_is_found_out_and_remembered() {
    for (fault, timeout_ms) in [(Fault::Longest(2), 5000), (Fault::MuteBeyond(2), 200)] {
        let plant = plant("kind = \"tcp\"", 1).await;
        plant.fault("m1", fault).unwrap();
        let mut running = Running::start(settings(tcp(&plant), timeout_ms, 5), meters(1), catalogue());
        running.round_with(1, all_good).await;
        let before = running.bus.status();
        assert!(before.devices[0].one_request_per_value, "{fault}");
        for _ in 0..5 {
            running.round_with(1, all_good).await;
        }
        let after = running.bus.status();
        assert_eq!(after.totals.exceptions, before.totals.exceptions, "{fault}: it is remembered");
        assert!(after.devices[0].one_request_per_value, "{fault}");
        // Mended, or wrongly judged: a person makes the bus ask again.
        plant.clear("m1").unwrap();
        assert!(running.bus.forget_refused(id(1)).await);
        assert!(!running.bus.forget_refused(id(9)).await);
        while running.bus.status().devices[0].one_request_per_value {
            running.round(1).await;
        }
        plant.shutdown().await;
    }
}

/// After a restart too: what a device refused is kept (by the gateway in its store), and asked for no more; another profile
/// asks for other registers, so that it begins anew.
#[tokio::test]
async fn what_a_device_refused_is_known_to_the_next_bus() {
    for fault in [Fault::Longest(2), Fault::Longest(40)] {
        let plant = plant("kind = \"tcp\"", 1).await;
        plant.fault("m1", fault).unwrap();
        let refusals = || plant.stats()[0].counts.exceptions;
        let start = |memory: &Memory, profile: &str| {
            let devices = vec![device(1, profile)];
            Running::start_among(settings(tcp(&plant), 5000, 5), devices, catalogue(), Gates::default(), memory.clone())
        };
        let memory = Memory::default();
        let mut running = start(&memory, PROFILE);
        running.round_with(1, all_good).await;
        let before = running.bus.status().devices[0].clone();
        running.bus.shutdown().await;
        let (asked, changes) = (refusals(), memory.take_changes());
        assert!(asked > 0 && changes.len() == 1, "{fault}");

        // Another bus, another process: only what was kept is left.
        let kept = changes.into_iter().filter_map(|(device, refusals)| Some((device, refusals?)));
        let memory = Memory::new(kept);
        let mut running = start(&memory, PROFILE);
        for _ in 0..3 {
            assert!(all_good(&running.round(1).await), "{fault}");
        }
        let after = running.bus.status().devices[0].clone();
        assert_eq!((&after.refused, after.one_request_per_value), (&before.refused, before.one_request_per_value), "{fault}");
        assert_eq!(refusals(), asked, "{fault}: nothing is asked that was refused before");
        assert_eq!(memory.take_changes(), []);
        running.bus.shutdown().await;

        let mut running = start(&memory, "socomec/countis-e3x");
        running.round(1).await;
        assert_ne!(memory.take_changes(), [], "{fault}");
        assert!(refusals() > asked, "{fault}: another profile asks anew");
        running.bus.shutdown().await;
        plant.shutdown().await;
    }
}

/// TB-GW #799, #1944: 130 devices on one connector answer ever later, or time out; FUXA #1947: all at once, then all again.
#[tokio::test]
async fn a_hundred_and_thirty_devices_of_one_line_all_have_their_turns_one_at_a_time() {
    let peer = Peer::start(Framing::Tcp).await;
    let all: Vec<u8> = (1..=130).collect();
    for unit in &all {
        peer.unit(*unit, meter());
    }
    let devices = all.iter().map(|unit| device(*unit, METER)).collect();
    let mut running = Running::start(settings(peer.line(), 5000, 1), devices, catalogue());
    let mut rounds = vec![0u32; all.len() + 1];
    while rounds[1..].iter().min() < Some(&4) {
        let BusEvent::Readout(readout) = running.event().await else { continue };
        assert!(all_good(&readings(&readout)));
        let unit = all.iter().find(|unit| id(**unit) == readout.device).unwrap();
        rounds[usize::from(*unit)] += 1;
        // Nobody is a round behind, however many there are.
        let (fewest, most) = (rounds[1..].iter().min().unwrap(), rounds[1..].iter().max().unwrap());
        assert!(most - fewest <= 2, "{rounds:?}");
    }
    assert!(!peer.world().pipelined);
    assert_eq!(peer.world().connections, 1);
}

/// telegraf #9253, OpenEMS #3099: devices that need a pause before each request.
#[tokio::test]
async fn a_pause_is_kept_before_each_request_to_its_device() {
    let plant = plant("kind = \"tcp\"", 2).await;
    let pause = Duration::from_millis(30);
    let mut devices = meters(2);
    devices[0].options = DeviceOptions { pause, ..DeviceOptions::default() };
    let mut running = Running::start(settings(tcp(&plant), 2000, 1), devices, catalogue());
    running.round_with(1, all_good).await;
    let requests = running.bus.status().devices[0].requests;
    let began = std::time::Instant::now();
    while running.bus.status().devices[0].requests < requests + 20 {
        running.event().await;
    }
    assert!(began.elapsed() >= pause * 19);
    plant.shutdown().await;
}

/// TB-GW #1841: what a person asks must not wait behind the polls.
#[tokio::test]
async fn a_test_waits_for_one_request_of_the_rounds_at_most() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter()).unit(2, meter());
    let idle = DeviceSettings { enabled: false, ..device(2, METER) };
    let mut running = Running::start(settings(peer.line(), 2000, 1), vec![device(1, METER), idle], catalogue());
    running.round_with(1, all_good).await;
    let test = async {
        for _ in 0..5 {
            assert!(running.bus.test(id(2)).await.unwrap().error.is_none());
        }
    };
    tokio::select! {
        () = test => {}
        () = async { while running.events.recv().await.is_some() {} } => panic!("the bus stopped"),
    }
    // The tests' requests are asked one after the other, so that each finds the line with one round's request on it at most,
    // and another sent while the answer was on its way to the person.
    let log: Vec<u8> = peer.world().log.iter().map(|seen| seen.unit).collect();
    let first = log.iter().position(|unit| *unit == 2).unwrap();
    let last = log.iter().rposition(|unit| *unit == 2).unwrap();
    let (mine, theirs): (Vec<u8>, Vec<u8>) = log[first..=last].iter().partition(|unit| **unit == 2);
    assert!(theirs.len() <= 4 * mine.len(), "{} requests of rounds among {} of tests", theirs.len(), mine.len());
}
