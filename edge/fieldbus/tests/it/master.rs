//! A bus with well-behaved and absent devices.

use crate::support::*;
use haubert_content::{Addressing, ProfileId};
use haubert_fieldbus::{BusState, DeviceOptions, DeviceSettings, DeviceState, EventCode};
use haubert_modbus::{ExceptionCode, Request, Table};
use haubert_model::{Decimal, Quality, Quantity, Reason};
use tokio::net::TcpListener;

#[tokio::test]
async fn every_value_of_a_real_profile_arrives_as_it_was_served() {
    let peer = Peer::start(Framing::Tcp).await;
    let catalogue = catalogue();
    let profile = catalogue.get(&ProfileId::new("socomec/diris-b30")).unwrap();
    let points = profile.points_for(None, 4);
    let served = |point: &haubert_content::ResolvedPoint| {
        let raw = i64::from(point.channel) * 20 + i64::try_from(point.quantity.code().len()).unwrap();
        Decimal::new(if point.quantity.code().starts_with("power_factor") { 0 } else { raw }, 0)
    };
    let mut unit = Unit::default();
    unit.serve(&points, 64, served);
    peer.unit(5, unit);
    let devices = vec![DeviceSettings { channels: 4, ..device(5, "socomec/diris-b30") }];
    let mut running = Running::start(settings(peer.line(), 2000, 50), devices, catalogue.clone());
    running.state(5, DeviceState::Online).await;
    let readings = running.round(5).await;
    assert_eq!(readings.len(), points.len());
    for (reading, point) in readings.iter().zip(&points) {
        assert_eq!((reading.point.channel, reading.point.quantity), (point.channel, point.quantity));
        assert_eq!(value(reading), Some(served(point).to_f64()), "{point:?}");
        assert!(reading.at >= START);
    }
    let status = running.bus.status();
    assert_eq!(status.state, BusState::Ok);
    assert!(status.bus_load > 0.0 && status.bus_load <= 1.0 && status.values_per_s > 0.0);
    assert_eq!((status.totals.timeouts, status.totals.exceptions, status.totals.stale), (0, 0, 0));
    assert!(status.devices[0].round_trip_ms.is_some() && status.devices[0].last_ok_at.is_some());
    assert!(!peer.world().pipelined);
    assert_eq!(peer.world().connections, 1);
}

/// What the bus reports must be what the profile's own decoding makes of the registers, for every profile that ships.
#[tokio::test]
async fn every_shipped_profile_is_read_as_it_decodes() {
    let peer = Peer::start(Framing::Tcp).await;
    let catalogue = catalogue();
    let (mut devices, mut expected) = (Vec::new(), Vec::new());
    for (profile, unit) in catalogue.iter().zip(1u8..=247) {
        let base = if profile.addressing == Addressing::Absolute { 0 } else { 40_070 };
        let points: Vec<_> = profile.points_for(None, 0).into_iter().filter_map(|point| point.rebased(base)).collect();
        let mut served = Unit::default();
        served.serve(&points, 64, |point| Decimal::new(i64::from(point.channel) + i64::from(point.address % 50), 0));
        for (first, last) in &profile.limits.holes {
            (*first..=*last).for_each(|at| {
                served.registers.retain(|(_, address), _| *address != at);
            });
        }
        let lookup = |table, address: u16| served.registers.get(&(table, address)).copied();
        let values = points.iter().map(|point| (point.channel, point.quantity, point.decode(&|at| lookup(point.table, at))));
        expected.push((unit, profile.id.clone(), values.collect::<Vec<_>>()));
        devices.push(DeviceSettings { base: Some(base), ..device(unit, profile.id.as_str()) });
        peer.unit(unit, served);
    }
    let mut running = Running::start(settings(peer.line(), 5000, 100), devices, catalogue.clone());
    let mut rounds = std::collections::HashMap::new();
    while rounds.len() < expected.len() {
        if let haubert_fieldbus::BusEvent::Readout(readout) = running.event().await {
            rounds.entry(readout.device).or_insert_with(|| readings(&readout));
        }
    }
    for (unit, profile, values) in expected {
        let readings = &rounds[&id(unit)];
        assert_eq!(readings.len(), values.len(), "{profile}");
        for (reading, (channel, quantity, decoded)) in readings.iter().zip(values) {
            assert_eq!((reading.point.channel, reading.point.quantity), (channel, quantity), "{profile}");
            let got = reading.value.map(|value| (value, reading.reason)).ok_or(reading.reason);
            assert_eq!(got, decoded, "{profile}: {quantity} of load {channel}");
        }
    }
}

#[tokio::test]
async fn a_dead_device_costs_its_own_slot_and_returns_at_once() {
    let peer = Peer::start(Framing::Tcp).await;
    for unit in [1, 2, 3] {
        peer.unit(unit, meter());
    }
    peer.world().units.get_mut(&2).unwrap().silent = true;
    let devices = [1, 2, 3].map(|unit| device(unit, METER)).to_vec();
    let mut running = Running::start(settings(peer.line(), 100, 20), devices, catalogue());
    let missing = running.round(2).await;
    assert!(missing.iter().all(|reading| reading.reason == Reason::NoAnswer && reading.value.is_none()));
    let (mut ones, mut threes) = (0, 0);
    while ones < 60 || threes < 60 {
        if let haubert_fieldbus::BusEvent::Readout(readout) = running.event().await {
            let good = all_good(&readings(&readout));
            ones += usize::from(readout.device == id(1) && good);
            threes += usize::from(readout.device == id(3) && good);
        }
    }
    // Sixty rounds of the living; the dead one was asked with ever longer waits, one request each time.
    assert!(peer.asked(2) <= 6, "asked {} times", peer.asked(2));
    let status = running.bus.status();
    assert_eq!(status.state, BusState::Degraded);
    assert_eq!(status.devices[1].state, DeviceState::NeverSeen);
    assert!(status.devices[1].next_try_at.is_some() && status.devices[1].consecutive_failures >= 2);
    peer.world().units.get_mut(&2).unwrap().silent = false;
    running.state(2, DeviceState::Online).await;
    assert_eq!(running.bus.status().devices[1].consecutive_failures, 0);
}

#[tokio::test]
async fn a_gateway_that_answers_for_a_dead_device_is_no_answer() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, Unit { exception: Some(ExceptionCode::GatewayTargetFailed), ..meter() });
    let mut running = Running::start(settings(peer.line(), 1000, 10), vec![device(1, METER)], catalogue());
    for _ in 0..3 {
        assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::NoAnswer));
    }
    let status = running.bus.status();
    assert_eq!((status.totals.timeouts, status.devices[0].refused_ranges), (0, 0));
    assert!(status.totals.exceptions >= 3 && status.devices[0].next_try_at.is_some());
}

#[tokio::test]
async fn a_device_that_goes_and_comes_is_told() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let mut running = Running::start(settings(peer.line(), 60, 20), vec![device(1, METER)], catalogue());
    running.state(1, DeviceState::Online).await;
    peer.world().units.get_mut(&1).unwrap().silent = true;
    running.state(1, DeviceState::Degraded).await;
    running.state(1, DeviceState::Offline).await;
    running.code(EventCode::DeviceOffline).await;
    assert_eq!(running.bus.status().state, BusState::Down);
    peer.world().units.get_mut(&1).unwrap().silent = false;
    running.state(1, DeviceState::Online).await;
    running.code(EventCode::DeviceOnline).await;
}

#[tokio::test]
async fn a_refused_range_is_split_and_remembered() {
    let peer = Peer::start(Framing::Tcp).await;
    let catalogue = catalogue();
    let id = ProfileId::new("socomec/countis-e3x");
    let points = catalogue.get(&id).unwrap().points_for(None, 1);
    let mut unit = Unit::default();
    unit.serve(&points, 64, |_| Decimal::new(0, 0));
    // A firmware without the neutral current: the register in the middle of a merged range.
    let bad = points.iter().find(|point| point.quantity == Quantity::CurrentNeutral).unwrap().address;
    unit.registers.remove(&(Table::HoldingRegisters, bad));
    peer.unit(1, unit);
    let mut running = Running::start(settings(peer.line(), 2000, 20), vec![device(1, id.as_str())], catalogue);
    running.code(EventCode::RangeRefused).await;
    let refused = |readings: &[haubert_model::Reading]| {
        readings
            .iter()
            .filter(|reading| reading.value.is_none())
            .map(|reading| (reading.point.quantity, reading.reason))
            .collect::<Vec<_>>()
    };
    let only = vec![(Quantity::CurrentNeutral, Reason::Refused)];
    running.round_with(1, |readings| refused(readings) == only).await;
    running.round(1).await;
    let before = running.bus.status();
    for _ in 0..5 {
        assert_eq!(refused(&running.round(1).await), only);
    }
    let after = running.bus.status();
    assert_eq!(after.totals.exceptions, before.totals.exceptions, "what is known to be refused is not asked again");
    assert_eq!((after.devices[0].refused_ranges, after.devices[0].state), (1, DeviceState::Online));
}

#[tokio::test]
async fn a_request_met_with_silence_is_isolated_like_a_refused_one() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    peer.script(|seen| match &seen.request {
        Request::Read { address, count, .. } if (*address..address + count).contains(&2001) => Reply::Bytes(Vec::new()),
        _ => Reply::Right,
    });
    let mut running = Running::start(settings(peer.line(), 60, 10), vec![device(1, METER)], catalogue());
    let readings = running.round_with(1, |readings| readings.iter().filter(|reading| reading.value.is_some()).count() == 3).await;
    assert_eq!(of(&readings, Quantity::VoltageL1L2).value, None);
    running.round_with(1, |readings| of(readings, Quantity::VoltageL1L2).reason == Reason::Refused).await;
}

#[tokio::test]
async fn one_request_per_value_when_a_device_wants_it() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let options =
        DeviceOptions { one_request_per_value: true, pause: std::time::Duration::from_millis(1), ..DeviceOptions::default() };
    let devices = vec![DeviceSettings { options, ..device(1, METER) }];
    let mut running = Running::start(settings(peer.line(), 2000, 10), devices, catalogue());
    running.round_with(1, all_good).await;
    assert!(peer.world().log.iter().all(|seen| matches!(seen.request, Request::Read { count: 1, .. })));
}

#[tokio::test]
async fn values_that_are_none_say_why() {
    let toml = r#"
vendor = "Test"
model = "Odd"
family = ""
source = "this test"
verified = false
fluids = ["electricity"]
points = [
  { quantity = "voltage_l1", address = 10, type = "f32", unit = "V" },
  { quantity = "voltage_l2", address = 12, type = "u16", unit = "V", absent = "0xFFFF" },
  { quantity = "voltage_l3", address = 13, type = "u16", unit = "V", plausible = [0, 500] },
  { quantity = "frequency", address = 14, type = "f32", unit = "Hz" },
]
"#;
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, Unit::with(&[(10, 0x7FC0), (11, 0), (12, 0xFFFF), (13, 9999), (14, 0x7F80), (15, 0)]));
    let mut running =
        Running::start(settings(peer.line(), 2000, 10), vec![device(1, "test/odd")], catalogue_with(&[("test/odd", toml)]));
    let readings = running.round(1).await;
    assert_eq!(of(&readings, Quantity::VoltageL1).reason, Reason::NotANumber);
    assert_eq!(of(&readings, Quantity::Frequency).reason, Reason::NotANumber);
    assert_eq!(of(&readings, Quantity::VoltageL2).reason, Reason::NotAvailable);
    let odd = of(&readings, Quantity::VoltageL3);
    assert_eq!((value(&odd), odd.reason, odd.quality()), (Some(9999.0), Reason::Implausible, Quality::Uncertain));
}

#[tokio::test]
async fn a_bus_that_cannot_be_opened_is_down_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let line = haubert_fieldbus::Line::Tcp { host: "127.0.0.1".to_owned(), port: address.port() };
    let mut running = Running::start(settings(line, 500, 20), vec![device(1, METER)], catalogue());
    running.code(EventCode::BusDown).await;
    assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::BusDown));
    assert_eq!(running.bus.status().state, BusState::Down);
    let peer = Peer::on(TcpListener::bind(address).await.unwrap(), Framing::Tcp);
    peer.unit(1, meter());
    running.code(EventCode::BusUp).await;
    running.round_with(1, all_good).await;
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_no_reading() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let mut last = 0;
    // Each connection answers one round, then closes on the next request.
    peer.script(move |seen| {
        if seen.connection != last {
            last = seen.connection;
            return Reply::Right;
        }
        if matches!(seen.request, Request::Read { address: 1000, .. }) { Reply::Close } else { Reply::Right }
    });
    let mut running = Running::start(settings(peer.line(), 2000, 10), vec![device(1, METER)], catalogue());
    for _ in 0..6 {
        assert!(all_good(&running.round(1).await));
    }
    assert!(peer.world().connections >= 5);
}

#[tokio::test]
async fn a_test_shares_the_line_with_the_rounds() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, Unit { objects: vec![(0, b"Test".to_vec()), (1, b"Meter 1".to_vec()), (2, b"1.2".to_vec())], ..meter() });
    peer.unit(2, meter());
    let mut running = Running::start(settings(peer.line(), 2000, 5), vec![device(1, METER), device(2, METER)], catalogue());
    running.round_with(1, all_good).await;
    let report = running.bus.test(id(1)).await.unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.identity.unwrap().vendor.as_deref(), Some("Test"));
    assert_eq!(report.requests.len(), 2);
    let point = report.points.iter().find(|point| point.quantity == Quantity::VoltageL3).unwrap();
    assert_eq!((point.words.as_slice(), point.value, point.unit.as_str()), (&["0x07D0".to_owned()][..], Some(2000.0), "V"));
    assert_eq!(running.bus.test(id(9)).await, None);
    peer.world().units.get_mut(&2).unwrap().silent = true;
    let report = running.bus.test(id(2)).await.unwrap();
    assert_eq!((report.ok, report.error.unwrap().code.as_str()), (false, "no_answer"));
    assert!(!peer.world().pipelined);
}

#[tokio::test]
async fn devices_come_and_go_while_the_bus_runs() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter()).unit(2, meter());
    let mut running = Running::start(settings(peer.line(), 2000, 10), vec![device(1, METER)], catalogue());
    running.round_with(1, all_good).await;
    let known = running.bus.status().devices[0].requests;
    let off = DeviceSettings { enabled: false, ..device(3, METER) };
    let renamed = DeviceSettings { name: "another name".to_owned(), ..device(1, METER) };
    running.bus.update(vec![renamed, device(2, METER), off, device(4, "nobody/knows")], catalogue());
    running.code(EventCode::ProfileUnknown).await;
    running.round_with(2, all_good).await;
    let status = running.bus.status();
    assert_eq!(status.devices.iter().map(|device| device.unit).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((status.devices[0].name.as_str(), status.devices[2].state), ("another name", DeviceState::Disabled));
    assert!(status.devices[0].requests > known, "counts survive a new name");
    running.bus.update(Vec::new(), catalogue());
    while running.bus.status().state != BusState::Off {
        tokio::task::yield_now().await;
        while running.events.try_recv().is_ok() {}
    }
}

#[tokio::test]
async fn a_bus_stops_at_once_even_in_the_middle_of_a_request() {
    let peer = Peer::start(Framing::Tcp).await;
    let running = Running::start(settings(peer.line(), 60_000, 10), vec![device(1, METER)], catalogue());
    while peer.asked(1) == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(BOUND, running.bus.shutdown()).await.unwrap();
}
