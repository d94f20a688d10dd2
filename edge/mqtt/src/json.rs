//! The JSON documents: what a load shows now, and what was recorded of it. `docs/config/mqtt.schema.json` is made of these types.

use crate::{Device, Load, Publication, Recorded, Site, Topics};
use haubert_model::{DeviceId, LoadId, Quality, Quantity, Reading, Reason, RecordKind, Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Version of the documents: it grows when a field changes its meaning or goes; new fields do not count.
pub const VERSION: u8 = 1;
/// Samples in one document at most: some 40 kB.
pub const MAX_SAMPLES: usize = 500;

/// A message on one of the topics.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Document {
    /// On `<prefix>/<device>/<load>/live`.
    Live(Live),
    /// On `<prefix>/<device>/<load>/history`.
    History(History),
    /// On `<prefix>/alarms`.
    Alarms(crate::alarms::Alarms),
}

/// What a load shows now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Live {
    /// Version of the document.
    version: u8,
    /// When it was made (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    at: Timestamp,
    /// Whether the gateway's clock is known to be right.
    clock_set: bool,
    #[serde(flatten)]
    place: Place,
    /// The newest value of each quantity, by its code.
    values: BTreeMap<&'static str, Value>,
}

/// Whose values.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// The site's name.
    site: String,
    /// The device's id; it stays when the name changes.
    device_id: DeviceId,
    /// The device's name.
    device: String,
    /// The load's id; it stays when the name changes.
    load_id: LoadId,
    /// The load's name.
    load: String,
}

/// One value.
#[derive(Debug, Serialize, JsonSchema)]
struct Value {
    /// Absent (null) exactly when the quality is bad.
    value: Option<f64>,
    /// Unit; empty for pure numbers.
    #[schemars(with = "String")]
    unit: Unit,
    /// How far to trust it.
    quality: Quality,
    /// Why it is as good as it is.
    reason: Reason,
    /// When it was measured (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    at: Timestamp,
}

/// What was recorded of a load's quantity, in order of time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct History {
    /// Version of the document.
    version: u8,
    #[serde(flatten)]
    place: Place,
    /// What was measured, by its code.
    quantity: Quantity,
    /// Unit; empty for pure numbers.
    #[schemars(with = "String")]
    unit: Unit,
    /// How it is recorded: cumulative index, mean over a period, trend, state.
    kind: RecordKind,
    /// Nominal time between samples, in ms; of a load curve its period. Null when irregular.
    period_ms: Option<i64>,
    /// At most 500 samples.
    samples: Vec<Sample>,
}

impl Live {
    /// How many values it holds.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl History {
    /// How many samples it holds.
    pub const fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}

/// A recorded value.
#[derive(Debug, Serialize, JsonSchema)]
struct Sample {
    /// When (RFC 3339, UTC); of a load curve, when the period began.
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    at: Timestamp,
    /// Null: a gap that was noticed.
    value: Option<f64>,
    /// How far to trust it.
    quality: Quality,
    /// Why it is as good as it is.
    reason: Reason,
}

/// Writes a time as RFC 3339 in UTC, to the millisecond.
///
/// # Errors
/// The serializer's own.
pub fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let limit = if at.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let time = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(limit);
    serializer.collect_str(&format_args!("{time:.3}"))
}

fn place(site: &Site, device: &Device, load: &Load) -> Place {
    Place {
        site: site.name.clone(),
        device_id: device.id,
        device: device.name.clone(),
        load_id: load.id,
        load: load.name.clone(),
    }
}

pub(crate) fn bytes(document: &Document) -> Vec<u8> {
    // Nothing in the types can fail to be written.
    serde_json::to_vec(document).unwrap_or_default()
}

/// What a load shows. `readings` are all of the load's.
pub fn shown<'r>(
    (site, device, load): (&Site, &Device, &Load),
    readings: impl Iterator<Item = &'r Reading>,
    (at, clock_set): (Timestamp, bool),
) -> Live {
    let value = |reading: &Reading| Value {
        value: reading.value.map(|value| value.to_f64()),
        unit: reading.point.quantity.unit(),
        quality: reading.quality(),
        reason: reading.reason,
        at: reading.at,
    };
    let values = readings.map(|reading| (reading.point.quantity.code(), value(reading))).collect();
    Live { version: VERSION, at, clock_set, place: place(site, device, load), values }
}

/// What a load shows: retained, so that who subscribes later sees it at once. `readings` are all of the load's.
pub fn live<'r>(
    topics: Topics<'_>,
    (site, device, load): (&Site, &Device, &Load),
    readings: impl Iterator<Item = &'r Reading>,
    moment: (Timestamp, bool),
) -> Publication {
    let document = Document::Live(shown((site, device, load), readings, moment));
    Publication::passing(topics.live(device, load), bytes(&document)).retained()
}

/// What was recorded, in documents of at most [`MAX_SAMPLES`]; nothing of a load that is there no more.
pub fn recorded(site: &Site, recorded: &Recorded) -> Vec<History> {
    let Some((device, load)) = site.load(recorded.load) else { return Vec::new() };
    let document = |samples: &[crate::RecordedSample]| {
        let sample = |sample: &crate::RecordedSample| Sample {
            at: sample.at,
            value: sample.value.map(|value| value.to_f64()),
            quality: sample.quality(),
            reason: sample.reason,
        };
        History {
            version: VERSION,
            place: place(site, device, load),
            quantity: recorded.quantity,
            unit: recorded.quantity.unit(),
            kind: recorded.kind,
            period_ms: recorded.period_ms,
            samples: samples.iter().map(sample).collect(),
        }
    };
    recorded.samples.chunks(MAX_SAMPLES).map(document).collect()
}

/// What was recorded, in messages of at most [`MAX_SAMPLES`].
pub fn history(topics: Topics<'_>, site: &Site, of: &Recorded) -> Vec<Publication> {
    let Some((device, load)) = site.load(of.load) else { return Vec::new() };
    let message = |document| Publication::sure(topics.history(device, load), bytes(&Document::History(document)));
    recorded(site, of).into_iter().map(message).collect()
}
