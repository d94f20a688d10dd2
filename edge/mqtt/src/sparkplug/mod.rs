//! Sparkplug B: an edge node with its devices, as a pure state machine that writes messages and reads the one command it obeys.
//!
//! Source: *Sparkplug Specification 3.0.0*. All values are doubles, so that a metric keeps its type whatever a meter sends. Recorded
//! values go out with `is_historical` under the name of the quantity; those of a load curve under a name of their own, for a mean over
//! a period is not the value at an instant.

mod proto;

use crate::{Device, Load, Publication, Recorded, RecordedSample, Site};
use haubert_model::{DeviceId, Quality, Quantity, Reading, Reason, RecordKind, Timestamp};
use prost::Message as _;
use proto::datatype;
pub use proto::{Metric, MetricValue, Payload, PropertyContent, PropertySet, PropertyValue};
use std::collections::{BTreeMap, BTreeSet};

/// First level of every topic.
const NAMESPACE: &str = "spBv1.0";
/// The metric of the one command that is obeyed.
const REBIRTH: &str = "Node Control/Rebirth";
/// Samples in one message at most.
const MAX_SAMPLES: usize = 500;
/// Codes of the property `Quality` (6.4.19).
const GOOD: u32 = 192;
const STALE: u32 = 500;
const BAD: u32 = 0;

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// To say again what there is.
    Rebirth,
    /// Something that is refused: nothing received from outside changes anything.
    Refused,
}

/// An edge node during one connection.
#[derive(Debug, Clone)]
pub struct Node {
    group: String,
    node: String,
    birth: u8,
    next: u8,
    /// Devices that were born, with the metrics that their birth named.
    born: BTreeMap<DeviceId, BTreeSet<String>>,
    /// Metrics of load curves that were met, so that a birth names them too.
    curves: BTreeMap<DeviceId, BTreeSet<String>>,
}

impl Node {
    /// For the connection number `birth` (the metric `bdSeq`): one more than at the connection before.
    pub const fn new(group: String, node: String, birth: u8) -> Self {
        Self { group, node, birth, next: 0, born: BTreeMap::new(), curves: BTreeMap::new() }
    }

    fn topic(&self, kind: &str) -> String {
        format!("{NAMESPACE}/{}/{kind}/{}", self.group, self.node)
    }

    fn device_topic(&self, kind: &str, device: &Device) -> String {
        format!("{}/{}", self.topic(kind), device.level)
    }

    fn birth_number(&self, now: Timestamp) -> Metric {
        Metric { datatype: Some(datatype::INT64), value: Some(MetricValue::Long(self.birth.into())), ..named("bdSeq", now) }
    }

    fn numbered(&mut self, metrics: Vec<Metric>, now: Timestamp) -> Vec<u8> {
        let seq = Some(self.next.into());
        self.next = self.next.wrapping_add(1);
        Payload { timestamp: Some(millis(now)), metrics, seq }.encode_to_vec()
    }

    /// The last will, and what to publish before leaving: the node's death.
    pub fn death(&self, now: Timestamp) -> Publication {
        let payload = Payload { timestamp: Some(millis(now)), metrics: vec![self.birth_number(now)], seq: None };
        Publication::sure(self.topic("NDEATH"), payload.encode_to_vec())
    }

    /// The topic of commands.
    pub fn commands(&self) -> String {
        self.topic("NCMD")
    }

    /// The node's birth: everything that was born before is forgotten, and must be born again.
    pub fn birth(&mut self, now: Timestamp) -> Publication {
        self.next = 0;
        self.born.clear();
        let rebirth =
            Metric { datatype: Some(datatype::BOOLEAN), value: Some(MetricValue::Boolean(false)), ..named(REBIRTH, now) };
        let metrics = vec![self.birth_number(now), rebirth];
        Publication::passing(self.topic("NBIRTH"), self.numbered(metrics, now))
    }

    /// What a message on the topic of commands asks for.
    pub fn command(payload: &[u8]) -> Command {
        let asked = |metric: &Metric| metric.name.as_deref() == Some(REBIRTH) && metric.value == Some(MetricValue::Boolean(true));
        match Payload::decode(payload) {
            Ok(payload) if payload.metrics.len() == 1 && payload.metrics.iter().all(asked) => Command::Rebirth,
            _ => Command::Refused,
        }
    }

    /// Whether the device was born and did not die.
    pub fn is_born(&self, device: &Device) -> bool {
        self.born.contains_key(&device.id)
    }

    /// A device's birth, with all that is known of it.
    pub fn device_birth(&mut self, device: &Device, readings: &[Reading], now: Timestamp) -> Publication {
        let mut metrics = live_metrics(device, readings);
        let curves = self.curves.get(&device.id).into_iter().flatten();
        metrics.extend(curves.map(|name| Metric { datatype: Some(datatype::DOUBLE), is_null: Some(true), ..named(name, now) }));
        let names = metrics.iter().filter_map(|metric| metric.name.clone()).collect();
        self.born.insert(device.id, names);
        Publication::passing(self.device_topic("DBIRTH", device), self.numbered(metrics, now))
    }

    /// A device's death, when it was born.
    pub fn device_death(&mut self, device: &Device, now: Timestamp) -> Option<Publication> {
        self.born.remove(&device.id)?;
        Some(Publication::passing(self.device_topic("DDEATH", device), self.numbered(Vec::new(), now)))
    }

    /// New readings of a device. `None` when its birth did not name them all: then it must be born (again) first.
    pub fn device_data(&mut self, device: &Device, readings: &[Reading], now: Timestamp) -> Option<Publication> {
        let metrics = live_metrics(device, readings);
        let known = self.born.get(&device.id)?;
        if !metrics.iter().all(|metric| metric.name.as_ref().is_some_and(|name| known.contains(name))) {
            return None;
        }
        Some(Publication::passing(self.device_topic("DDATA", device), self.numbered(metrics, now)))
    }

    /// Whether the device's birth named what this is a history of; when not, the next birth does.
    pub fn names(&mut self, device: &Device, load: &Load, recorded: &Recorded) -> bool {
        let name = metric_name(load, recorded.quantity, Some((recorded.kind, recorded.period_ms)));
        let known = self.born.get(&device.id).is_some_and(|names| names.contains(&name));
        if !known {
            self.curves.entry(device.id).or_default().insert(name);
        }
        known
    }

    /// What was recorded, in messages of at most 500 values. The device must have been born with it ([`Node::names`]).
    pub fn history(&mut self, site: &Site, recorded: &Recorded, now: Timestamp) -> Vec<Publication> {
        let Some((device, load)) = site.load(recorded.load) else { return Vec::new() };
        let name = metric_name(load, recorded.quantity, Some((recorded.kind, recorded.period_ms)));
        let metric = |sample: &RecordedSample| Metric {
            is_historical: Some(true),
            ..measured(
                &name,
                recorded.quantity,
                sample.value.map(|value| value.to_f64()),
                (sample.reason, sample.quality()),
                sample.at,
            )
        };
        let topic = self.device_topic("DDATA", device);
        let parts = recorded.samples.chunks(MAX_SAMPLES);
        parts
            .map(|part| {
                let payload = self.numbered(part.iter().map(metric).collect(), now);
                Publication::passing(topic.clone(), payload)
            })
            .collect()
    }
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or_default()
}

fn named(name: &str, at: Timestamp) -> Metric {
    Metric { name: Some(name.to_owned()), timestamp: Some(millis(at)), ..Metric::default() }
}

fn metric_name(load: &Load, quantity: Quantity, recorded: Option<(RecordKind, Option<i64>)>) -> String {
    match recorded {
        Some((RecordKind::LoadCurve, period)) => {
            let period_s = period.unwrap_or_default() / 1000;
            format!("{}/{quantity}/load_curve_{period_s}s", load.level)
        }
        _ => format!("{}/{quantity}", load.level),
    }
}

fn live_metrics(device: &Device, readings: &[Reading]) -> Vec<Metric> {
    let metric = |reading: &Reading| {
        let name = metric_name(device.load(reading.point.channel)?, reading.point.quantity, None);
        let value = reading.value.map(|value| value.to_f64());
        Some(measured(&name, reading.point.quantity, value, (reading.reason, reading.quality()), reading.at))
    };
    readings.iter().filter_map(metric).collect()
}

fn measured(name: &str, quantity: Quantity, value: Option<f64>, (reason, quality): (Reason, Quality), at: Timestamp) -> Metric {
    let code = match quality {
        Quality::Good => GOOD,
        Quality::Uncertain => STALE,
        Quality::Bad => BAD,
    };
    let text = |text: String| PropertyValue { datatype: Some(datatype::STRING), value: Some(PropertyContent::Text(text)) };
    let properties = PropertySet {
        keys: ["Quality", "engUnit", "reason"].map(str::to_owned).to_vec(),
        values: vec![
            PropertyValue { datatype: Some(datatype::INT32), value: Some(PropertyContent::Int(code)) },
            text(quantity.unit().symbol().to_owned()),
            text(reason.to_string()),
        ],
    };
    Metric {
        datatype: Some(datatype::DOUBLE),
        is_null: value.is_none().then_some(true),
        properties: Some(properties),
        value: value.map(MetricValue::Double),
        ..named(name, at)
    }
}

#[cfg(test)]
mod tests;
