//! Newest values and alarms: what has been told, and what there is to tell.

use crate::live::{EVERYWHERE, Live};
use crate::outlets::documents::all_of;
use haubert_model::{DeviceId, Timestamp};
use haubert_mqtt::alarms::Alarm;
use haubert_mqtt::{Site, json};
use std::collections::BTreeMap;

/// What the server was told since the gateway has spoken with it.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Which server.
    pub(super) url: String,
    /// Number of the newest reading that went out.
    pub(super) seen: u64,
    /// When newest values go again; at once at the beginning.
    pub(super) live_at: Option<Timestamp>,
    /// The alarms that it knows, and how many there were.
    pub(super) alarms: Option<(Vec<Alarm>, u32)>,
}

/// The newest values of loads of which one has changed since the reading number `seen`, and the number that is reached with them.
pub(super) fn newest(live: &Live, site: &Site, seen: u64, moment: (Timestamp, bool)) -> (Vec<json::Live>, u64) {
    let mut changed: BTreeMap<DeviceId, Vec<u8>> = BTreeMap::new();
    let reached = live.visit_since(seen, EVERYWHERE, |device, readings| {
        changed.insert(device, readings.iter().map(|reading| reading.point.channel).collect());
        true
    });
    let mut documents = Vec::new();
    for (id, channels) in changed {
        let Some(device) = site.devices.get(&id) else { continue };
        let all = all_of(live, id);
        for load in device.loads.iter().filter(|load| channels.contains(&load.channel)) {
            let readings = all.iter().filter(|reading| reading.point.channel == load.channel);
            documents.push(json::shown((site, device, load), readings, moment));
        }
    }
    (documents, reached)
}
