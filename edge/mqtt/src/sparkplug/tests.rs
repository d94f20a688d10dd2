use super::*;
use haubert_model::{Decimal, LoadId, PointRef};
use proptest::prelude::*;
use std::str::FromStr as _;

fn site() -> Site {
    let load = Load {
        id: LoadId::from_str("33333333-0000-7000-8000-000000000001").unwrap(),
        channel: 1,
        name: "Crane".to_owned(),
        level: String::new(),
    };
    let device = Device {
        id: DeviceId::from_str("11111111-0000-7000-8000-000000000001").unwrap(),
        name: "Meter 1".to_owned(),
        level: String::new(),
        make: None,
        model: None,
        loads: vec![load],
    };
    Site::new("Quay".to_owned(), vec![device])
}

fn device(site: &Site) -> &Device {
    site.devices.values().next().unwrap()
}

fn reading(site: &Site, quantity: Quantity, raw: i64) -> Reading {
    let point = PointRef { device: device(site).id, channel: 1, quantity };
    Reading::measured(point, Decimal::new(raw, -1), Timestamp(raw), Reason::Measured)
}

fn payload(message: &Publication) -> Payload {
    Payload::decode(message.payload.as_slice()).unwrap()
}

fn node() -> Node {
    Node::new("port".to_owned(), "gateway".to_owned(), 7)
}

#[test]
fn births_come_before_data_and_numbers_run_over_all() {
    let (site, mut node) = (site(), node());
    let (now, power) = (Timestamp(9), reading(&site, Quantity::ActivePowerTotal, 15));
    assert_eq!(node.device_data(device(&site), &[power], now), None, "not born");
    let birth = node.birth(now);
    assert_eq!(birth.topic, "spBv1.0/port/NBIRTH/gateway");
    assert_eq!(payload(&birth).seq, Some(0));
    assert_eq!(payload(&birth).metrics[0].value, Some(MetricValue::Long(7)));
    let birth = node.device_birth(device(&site), &[power], now);
    assert_eq!(birth.topic, "spBv1.0/port/DBIRTH/gateway/Meter_1");
    assert_eq!(payload(&birth).metrics[0].name.as_deref(), Some("Crane/active_power_total"));
    let data = node.device_data(device(&site), &[power], now).unwrap();
    assert_eq!((payload(&data).seq, payload(&data).metrics[0].value.clone()), (Some(2), Some(MetricValue::Double(1.5))));
    let unnamed = reading(&site, Quantity::Frequency, 500);
    assert_eq!(node.device_data(device(&site), &[unnamed], now), None, "its birth did not name it");
    for _ in 3..=255 {
        node.device_data(device(&site), &[power], now).unwrap();
    }
    assert_eq!(payload(&node.device_death(device(&site), now).unwrap()).seq, Some(0), "after 255");
    assert_eq!(node.device_death(device(&site), now), None, "dead once");
}

#[test]
fn the_death_has_the_number_of_its_birth_and_no_other() {
    let death = payload(&node().death(Timestamp(1)));
    assert_eq!((death.seq, death.metrics.len()), (None, 1));
    assert_eq!((death.metrics[0].name.as_deref(), death.metrics[0].value.clone()), (Some("bdSeq"), Some(MetricValue::Long(7))));
}

#[test]
fn a_load_curve_has_a_name_of_its_own_and_is_born_before_its_history() {
    let (site, mut node) = (site(), node());
    let recorded = Recorded {
        load: device(&site).loads[0].id,
        quantity: Quantity::ActivePowerTotal,
        kind: RecordKind::LoadCurve,
        period_ms: Some(600_000),
        samples: vec![RecordedSample { at: Timestamp(600_000), value: Some(Decimal::new(3, 0)), reason: Reason::Measured }],
    };
    node.birth(Timestamp(1));
    node.device_birth(device(&site), &[], Timestamp(1));
    assert!(!node.names(device(&site), &device(&site).loads[0], &recorded));
    node.device_birth(device(&site), &[], Timestamp(1));
    assert!(node.names(device(&site), &device(&site).loads[0], &recorded));
    let message = payload(&node.history(&site, &recorded, Timestamp(700_000))[0]);
    let metric = &message.metrics[0];
    assert_eq!(metric.name.as_deref(), Some("Crane/active_power_total/load_curve_600s"));
    assert_eq!((metric.is_historical, metric.timestamp), (Some(true), Some(600_000)));
}

#[test]
fn only_a_rebirth_is_obeyed() {
    let of = |name: &str, value| Payload {
        metrics: vec![Metric { value: Some(value), ..named(name, Timestamp(1)) }],
        ..Payload::default()
    };
    assert_eq!(Node::command(&of(REBIRTH, MetricValue::Boolean(true)).encode_to_vec()), Command::Rebirth);
    for other in
        [of(REBIRTH, MetricValue::Boolean(false)), of("Node Control/Reboot", MetricValue::Boolean(true)), Payload::default()]
    {
        assert_eq!(Node::command(&other.encode_to_vec()), Command::Refused);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_refused_command_or_a_rebirth(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Node::command(&bytes);
    }
}
