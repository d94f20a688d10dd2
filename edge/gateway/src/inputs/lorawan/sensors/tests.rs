//! Sensors that are heard, taken in, silent and heard again.

use super::*;
use crate::topology::{Reading, Site, Source};
use haubert_content::embedded_decoders;
use haubert_lorawan::Status;
use haubert_model::{Decimal, DeviceIdentity};
use uuid::Uuid;

const EUI: DevEui = DevEui(0x24e1_2413_6b50_2217);
const ID: DeviceId = DeviceId(Uuid::from_u128(1));

fn topology(sensors: &[(DeviceId, DevEui)]) -> Topology {
    let device = |&(id, dev_eui): &(DeviceId, DevEui)| Device {
        id,
        source: Source::Lorawan(Sensor {
            dev_eui,
            decoder: "milesight/em300-th".to_owned(),
            interval_s: Some(600),
            pulses: BTreeMap::new(),
        }),
        name: "Cold store".to_owned(),
        profile_id: String::new(),
        base: None,
        identity: DeviceIdentity::default(),
        channels: 1,
        enabled: true,
        reading: Reading::default(),
    };
    let site = Site { name: String::new(), time_zone: "UTC".to_owned(), country: "FR".to_owned() };
    Topology::new(site, Vec::new(), Vec::new(), sensors.iter().map(device).collect(), Vec::new())
}

fn uplink(f_cnt: u32, data: &[u8]) -> Event {
    Event::Uplink(Uplink {
        at: None,
        deduplication_id: f_cnt.to_string(),
        name: "EM300".to_owned(),
        f_cnt,
        f_port: 85,
        confirmed: false,
        data: data.to_vec(),
        reception: None,
    })
}

const DATA: &[u8] = &[0x01, 0x75, 0x5C, 0x03, 0x67, 0x34, 0x01, 0x04, 0x68, 0x65];

struct Stage {
    sensors: Sensors,
    topology: Topology,
    decoders: DecoderCatalogue,
}

impl Stage {
    fn take(&mut self, event: &Event, minute: i64) -> (Taking, Vec<News>) {
        let mut news = Vec::new();
        let now = Timestamp(minute * 60_000);
        let taking = self.sensors.take((EUI, event), (&self.topology, &self.decoders), now, &mut news);
        (taking, news)
    }

    fn listen(&mut self, minute: i64) -> Vec<News> {
        let mut news = Vec::new();
        self.sensors.listen(&self.topology, &self.decoders, Timestamp(minute * 60_000), &mut news);
        news
    }
}

fn stage(topology: Topology) -> Stage {
    Stage { sensors: Sensors::default(), topology, decoders: embedded_decoders().unwrap() }
}

#[test]
fn a_stranger_is_remembered_and_nothing_of_it_is_recorded() {
    let mut stage = stage(topology(&[]));
    let (taking, news) = stage.take(&uplink(1, DATA), 0);
    assert!(taking.is_stranger && news.is_empty());
    let heard = stage.sensors.heard(&stage.topology);
    assert_eq!((heard[0].0, heard[0].1.name.as_str(), heard[0].1.uplinks), (EUI, "EM300", 1));
    assert_eq!(stage.sensors.take_changed().len(), 1);
    assert!(stage.sensors.take_changed().is_empty(), "kept once");
}

#[test]
fn of_many_strangers_the_one_heard_longest_ago_is_forgotten() {
    let mut stage = stage(topology(&[(ID, EUI)]));
    stage.take(&uplink(1, DATA), 0);
    let mut news = Vec::new();
    for number in 0..=(MAX_STRANGERS as u64) {
        let at = Timestamp(i64::try_from(number).unwrap() + 1);
        stage.sensors.take((DevEui(number), &uplink(1, DATA)), (&stage.topology, &stage.decoders), at, &mut news);
    }
    assert_eq!(stage.sensors.heard(&stage.topology).len(), MAX_STRANGERS);
    assert_eq!(stage.sensors.memory(DevEui(0)), None);
    assert!(stage.sensors.memory(EUI).is_some(), "never one that was taken in");
    assert!(stage.sensors.take_changed().contains(&(DevEui(0), None)));
}

#[test]
fn values_go_out_once_and_silence_is_told_once() {
    let mut stage = stage(topology(&[(ID, EUI)]));
    assert_eq!(stage.listen(0), [News::State(ID, DeviceState::NeverSeen, None)]);
    let (_, news) = stage.take(&uplink(7, DATA), 0);
    let [News::State(ID, DeviceState::Online, Some(DeviceState::NeverSeen)), News::Values(readout)] = news.as_slice() else {
        panic!("{news:?}")
    };
    assert_eq!(*readout.points, [(1, Quantity::Temperature), (1, Quantity::RelativeHumidity)]);
    assert_eq!(readout.values[0].value(), Some(Decimal::new(308, -1)));
    let (memory, usual_s) = {
        let sensor = stage.topology.devices[0].sensor().unwrap();
        stage.sensors.known(sensor, &stage.decoders)
    };
    assert_eq!((memory.battery_percent, usual_s), (Some(92.0), 600));

    let (taking, news) = stage.take(&uplink(7, DATA), 1);
    assert!(taking.is_repeated && news.is_empty());
    assert_eq!(stage.listen(30), []);
    let silent = stage.listen(31);
    let [News::State(ID, DeviceState::Offline, Some(DeviceState::Online)), News::Values(readout)] = silent.as_slice() else {
        panic!("{silent:?}")
    };
    assert!(readout.values.iter().all(|taken| taken.is_missing() && taken.reason == Reason::NoAnswer));
    assert_eq!(readout.values.len(), 2);
    assert_eq!(stage.listen(32), [], "told once");
    let (_, news) = stage.take(&uplink(9, DATA), 40);
    assert_eq!(news[0], News::State(ID, DeviceState::Online, Some(DeviceState::Offline)));
    assert_eq!(stage.sensors.memory(EUI).unwrap().lost, 1);
}

#[test]
fn what_is_not_understood_is_said_and_what_was_counts() {
    let mut stage = stage(topology(&[(ID, EUI)]));
    let (taking, news) = stage.take(&uplink(1, &[0x04, 0x68, 0x65, 0x7F, 0x7F]), 0);
    assert!(taking.is_not_understood);
    assert_eq!(news.len(), 2);
    let (taking, news) = stage.take(&uplink(2, &[0xEE]), 1);
    assert!(taking.is_not_understood && news.is_empty());
    let status = Event::Status(Status { margin: 5, external_power: true, battery_percent: None });
    assert_eq!(stage.take(&status, 2), (Taking::default(), Vec::new()));
    assert!(stage.sensors.memory(EUI).unwrap().external_power);
}
