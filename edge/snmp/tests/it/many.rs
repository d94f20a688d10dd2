//! A thousand devices at once: every name is met once, and each is found by bisection.

use haubert_model::{Decimal, DeviceId, PointRef, Quantity, Reading, Reason, Timestamp};
use haubert_snmp::mib::ROOT;
use haubert_snmp::{Device, DeviceState, Facts, Load, Rows, Site, Tree};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

const DEVICES: u32 = 1_000;

struct Steady;

impl Facts for Steady {
    fn uptime(&self) -> u32 {
        0
    }

    fn clock_set(&self) -> bool {
        true
    }

    fn device(&self, _device: DeviceId) -> (DeviceState, Option<Timestamp>) {
        (DeviceState::Online, Some(Timestamp(0)))
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        Some(Reading::measured(point, Decimal::new(23_012, -2), Timestamp(0), Reason::Measured))
    }
}

#[test]
fn a_walk_over_a_thousand_devices_meets_every_value() {
    let device = |index: u32| Device {
        id: DeviceId(Uuid::from_u128(index.into())),
        index,
        name: format!("Meter {index}"),
        make: String::new(),
        model: String::new(),
        serial: String::new(),
        bus: "Bus".to_owned(),
        unit: 1,
        loads: vec![Load { channel: 1, name: "Load".to_owned() }],
        points: Quantity::ALL.iter().map(|quantity| (1, *quantity)).collect(),
    };
    let began = Instant::now();
    let rows = Rows::new(Site { devices: (1..=DEVICES).map(device).collect(), ..Site::default() }, 0);
    let (made, measures) = (began.elapsed(), rows.measures());
    assert_eq!(measures, usize::try_from(DEVICES).unwrap() * Quantity::ALL.len());
    let tree = Tree::new(Arc::new(rows), Vec::new());
    let began = Instant::now();
    let (mut at, mut names) = (ROOT.to_vec(), 0usize);
    while let Some((next, _)) = tree.next(&Steady, &ROOT, &at) {
        assert!(next > at);
        (at, names) = (next, names + 1);
    }
    let walked = began.elapsed();
    println!("{measures} rows in {made:?}; {names} names in {walked:?}, {:?} each", walked / u32::try_from(names).unwrap());
    // Eight columns have a value each, of nine, and eight of a device; eight scalars.
    assert_eq!(names, measures * 8 + usize::try_from(DEVICES).unwrap() * 8 + 8);
}
