//! Groups of quantities, each at its own period on the clock's grid; coils and inputs; gaps by measured think time.

use crate::support::*;
use haubert_fieldbus::{BusEvent, BusSettings, DeviceOptions, DeviceSettings, Group, Line, Parity, Periods};
use haubert_modbus::Table;
use haubert_model::Quantity;
use haubert_plant::{Plant, PlantOptions, Scene};
use std::path::Path;
use std::time::Duration;

const MIXED: &str = "test/mixed";

/// A power, an energy and a temperature in a row, then two inputs.
const MIXED_TOML: &str = r#"
vendor = "Test"
model = "Mixed"
family = ""
source = "this test"
verified = false
fluids = ["electricity"]
points = [
  { quantity = "active_power_total", address = 10, type = "u16", unit = "W" },
  { quantity = "active_energy_import", address = 11, type = "u16", unit = "Wh" },
  { quantity = "temperature", address = 12, type = "u16", unit = "°C" },
  { quantity = "digital_input", channel = 1, table = "discrete_inputs", address = 100, type = "u16", unit = "" },
  { quantity = "digital_input", channel = 2, table = "discrete_inputs", address = 109, type = "u16", unit = "" },
  { quantity = "digital_input", channel = 3, table = "coils", address = 109, type = "u16", unit = "" },
]
[channels]
count = 3
stride = 20
"#;

fn mixed() -> Unit {
    let mut unit = Unit::with(&[(10, 1000), (11, 2000), (12, 21)]);
    unit.registers.extend((100..=109).map(|at| ((Table::DiscreteInputs, at), u16::from(at == 109))));
    unit.registers.insert((Table::Coils, 109), 1);
    unit
}

#[tokio::test]
async fn each_group_has_its_period_on_the_grid_and_shares_requests_where_they_meet() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, mixed());
    let periods =
        Periods { energy: Some(Duration::from_millis(300)), quality: Some(Duration::from_secs(3600)), ..Periods::default() };
    let bus = BusSettings { periods, ..settings(peer.line(), 2000, 1000) };
    // The device's own wish for power goes before the bus's.
    let options = DeviceOptions {
        periods: Periods { power: Some(Duration::from_millis(100)), ..Periods::default() },
        ..DeviceOptions::default()
    };
    let mut running = Running::start(
        bus,
        vec![DeviceSettings { options, channels: 3, ..device(1, MIXED) }],
        catalogue_with(&[(MIXED, MIXED_TOML)]),
    );
    let (mut powers, mut energies, mut qualities, mut on_grid) = (0, 0, 0, 0);
    let mut orders: Vec<Vec<Quantity>> = Vec::new();
    while energies < 8 {
        let BusEvent::Readout(readout) = running.event().await else { continue };
        let (at, readings) = (readout.at, readings(&readout));
        assert!(all_good(&readings), "{readings:?}");
        let has = |group| readings.iter().any(|reading| Group::of(reading.point.quantity) == group);
        powers += u32::from(has(Group::Power));
        energies += u32::from(has(Group::Energy));
        qualities += u32::from(has(Group::Quality));
        on_grid += u32::from(at.as_millis() % 100 == 0);
        let order: Vec<Quantity> = readings.iter().map(|reading| reading.point.quantity).collect();
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    assert!(powers > energies, "{powers} and {energies}");
    // Once at the start; a second time only if the test runs across the hour of its clock.
    assert!((1..=2).contains(&qualities), "{qualities}");
    assert!(on_grid >= energies / 2, "{on_grid} of {powers} turns were on time");
    assert!(orders.len() <= 4, "one order for each set of groups: {orders:?}");
    let counts: Vec<u16> = peer
        .world()
        .log
        .iter()
        .filter_map(|seen| match seen.request {
            haubert_modbus::Request::Read { table: Table::HoldingRegisters, count, .. } => Some(count),
            _ => None,
        })
        .collect();
    assert!(counts.contains(&1) && counts.iter().any(|count| *count >= 2), "power alone, and power with energy: {counts:?}");
}

#[tokio::test]
async fn coils_and_discrete_inputs_are_read_as_bits() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, mixed());
    let devices = vec![DeviceSettings { channels: 3, ..device(1, MIXED) }];
    let mut running = Running::start(settings(peer.line(), 2000, 50), devices, catalogue_with(&[(MIXED, MIXED_TOML)]));
    let readings = running.round_with(1, all_good).await;
    let inputs: Vec<(u8, Option<f64>)> = readings
        .iter()
        .filter(|reading| reading.point.quantity == Quantity::DigitalInput)
        .map(|reading| (reading.point.channel, value(reading)))
        .collect();
    assert_eq!(inputs, [(1, Some(0.0)), (2, Some(1.0)), (3, Some(1.0))]);
    let report = running.bus.test(id(1)).await.unwrap();
    assert!(report.ok, "{report:?}");
    let functions: Vec<u8> = report.requests.iter().map(|request| request.function).collect();
    assert_eq!(functions, [1, 2, 3], "one request for each table");
}

/// The hole-filling rule follows the device: for one that thinks long, a request costs more than a long gap.
#[tokio::test]
async fn gaps_are_weighed_by_the_measured_think_time() {
    let scene = "speed = 1e-9\n[[bus]]\nname = \"line\"\nkind = \"serial\"\nbaud = 115200\nparity = \"even\"\nstop_bits = 1\n\
        think_ms = 40\n[[bus.device]]\nunit = 1\nprofile = \"socomec/countis-e2x\"\nname = \"slow\"\nnominal_kw = 5\nusage = \"offices\"\n";
    let plant = Plant::start(Scene::parse("test", scene, Path::new(".")).unwrap(), PlantOptions::default()).await.unwrap();
    let path = plant.path("line").unwrap().to_str().unwrap().to_owned();
    let line = Line::Serial { path, baud: 115_200, parity: Parity::Even, stop_bits: 1 };
    let set = DeviceSettings {
        options: DeviceOptions { gap: Some(7), ..DeviceOptions::default() },
        ..device(1, "socomec/countis-e2x")
    };
    let mut running = Running::start(settings(line.clone(), 1000, 1), vec![device(1, "socomec/countis-e2x")], catalogue());
    running.round_with(1, all_good).await;
    assert_eq!(running.bus.status().devices[0].gap, 77, "10 ms are assumed at first");
    while running.bus.status().devices[0].gap == 77 {
        running.event().await;
    }
    let status = running.bus.status();
    assert_eq!(status.devices[0].gap, 125, "as much as a request may hold");
    assert!(status.devices[0].think_ms.is_some_and(|think| think.p50 >= 30.0));
    assert!(status.totals.useful_wire_us > 0 && status.utilisation.is_some_and(|share| share > 0.0 && share <= 1.0));
    running.bus.update(vec![set], catalogue());
    while running.bus.status().devices[0].gap != 7 {
        running.event().await;
    }
    running.round_with(1, all_good).await;
    running.bus.shutdown().await;
    plant.shutdown().await;
}
