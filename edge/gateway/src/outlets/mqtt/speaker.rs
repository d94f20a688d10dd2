//! Writes the messages, in the format that is set; what it needs to remember between them lasts as long as a connection.

use super::settings::MqttSettings;
use crate::live::{EVERYWHERE, Live};
use crate::outlets::documents::all_of;
use crate::store::{StoreError, settings};
use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, LoadId, Quantity, Reading, Timestamp};
use haubert_mqtt::sparkplug::{Command, Node};
use haubert_mqtt::{Publication, Recorded, Site, Topics, alarms, home_assistant, json};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the setting that holds what a broker keeps of ours.
const RETAINED: &str = "mqtt_retained";

/// A topic at which a broker keeps something of ours, and what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Retained {
    topic: String,
    load: LoadId,
    /// Of an announcement, its quantity.
    quantity: Option<Quantity>,
}

/// What brokers keep of ours, as noted.
///
/// # Errors
/// When the store fails.
pub(super) fn retained(tx: &Transaction<'_>) -> Result<BTreeSet<Retained>, StoreError> {
    Ok(settings::get(tx, RETAINED)?.unwrap_or_default())
}

/// Notes it.
///
/// # Errors
/// When the store fails.
pub(super) fn keep_retained(tx: &Transaction<'_>, retained: &BTreeSet<Retained>) -> Result<(), StoreError> {
    settings::set(tx, RETAINED, retained)
}

/// Name of the setting that holds the number of the last connection.
const BIRTH: &str = "mqtt_birth";

/// The number of a new connection, for Sparkplug.
///
/// # Errors
/// When the store fails.
pub(super) fn next_birth(tx: &Transaction<'_>) -> Result<u8, StoreError> {
    let birth = settings::get::<u8>(tx, BIRTH)?.unwrap_or_default().wrapping_add(1);
    settings::set(tx, BIRTH, &birth)?;
    Ok(birth)
}

/// The moment, and whether the clock is known to be right.
pub(super) type Moment = (Timestamp, bool);

/// Who writes.
pub(super) struct Speaker {
    prefix: String,
    format: Format,
    site: Site,
    /// Number of the newest reading that went out.
    seen: u64,
}

enum Format {
    Json { discovery: Option<String>, announced: BTreeSet<(LoadId, Quantity)>, retained: BTreeSet<Retained> },
    Sparkplug(Node),
}

impl Speaker {
    pub(super) fn json(settings: &MqttSettings) -> Self {
        let discovery = settings.home_assistant.then(|| settings.discovery_prefix.clone());
        Self::of(settings, Format::Json { discovery, announced: BTreeSet::new(), retained: BTreeSet::new() })
    }

    pub(super) fn sparkplug(settings: &MqttSettings, birth: u8) -> Self {
        let node = Node::new(settings.group_id.clone(), settings.edge_node_id.clone(), birth);
        Self::of(settings, Format::Sparkplug(node))
    }

    fn of(settings: &MqttSettings, format: Format) -> Self {
        Self { prefix: settings.prefix.clone(), format, site: Site::default(), seen: 0 }
    }

    fn status(&self, words: &str) -> Publication {
        Publication::sure(Topics(&self.prefix).status(), words.as_bytes().to_vec()).retained()
    }

    /// What the broker says when the gateway is gone without a word; the gateway says the same when it goes with one.
    pub(super) fn farewell(&self, now: Timestamp) -> Publication {
        match &self.format {
            Format::Json { .. } => self.status("offline"),
            Format::Sparkplug(node) => node.death(now),
        }
    }

    /// What is wrong now, in either format: Sparkplug has no place for it.
    pub(super) fn alarms(&self, found: (Vec<alarms::Alarm>, u32), now: Timestamp) -> Publication {
        alarms::message(Topics(&self.prefix), &self.site.name, found, now)
    }

    /// The topic of commands, where the format has one.
    pub(super) fn commands(&self) -> Option<String> {
        match &self.format {
            Format::Json { .. } => None,
            Format::Sparkplug(node) => Some(node.commands()),
        }
    }

    /// Whether a message on that topic asks to begin anew.
    pub(super) fn asks_rebirth(payload: &[u8]) -> bool {
        Node::command(payload) == Command::Rebirth
    }

    /// The beginning of a conversation, or of what is said of a changed site. `kept` is what brokers keep of ours: what is no
    /// longer true is taken away.
    pub(super) fn begin(&mut self, site: Site, kept: &BTreeSet<Retained>, now: Timestamp) -> Vec<Publication> {
        self.site = site;
        self.seen = 0;
        let mut said = Vec::new();
        let valid: BTreeSet<Retained> = kept.iter().filter(|one| self.is_true(one)).cloned().collect();
        said.extend(kept.difference(&valid).map(|one| Publication::sure(one.topic.clone(), Vec::new()).retained()));
        match &mut self.format {
            Format::Json { announced, retained, .. } => {
                announced.clear();
                *retained = valid;
                said.push(self.status("online"));
            }
            Format::Sparkplug(node) => said.push(node.birth(now)),
        }
        said
    }

    fn is_true(&self, one: &Retained) -> bool {
        let (Format::Json { discovery, .. }, Some((device, load))) = (&self.format, self.site.load(one.load)) else {
            return false;
        };
        let topics = Topics(&self.prefix);
        match (one.quantity, discovery) {
            (None, _) => topics.live(device, load) == one.topic,
            (Some(quantity), Some(prefix)) => {
                home_assistant::announcement(prefix, topics, (&self.site, device, load), quantity).topic == one.topic
            }
            (Some(_), None) => false,
        }
    }

    /// What brokers keep of ours by now.
    pub(super) fn retained(&self) -> BTreeSet<Retained> {
        match &self.format {
            Format::Json { retained, .. } => retained.clone(),
            Format::Sparkplug(_) => BTreeSet::new(),
        }
    }

    /// What has changed since it was last asked.
    pub(super) fn news(&mut self, live: &Live, (now, clock_set): Moment) -> Vec<Publication> {
        let mut changed: BTreeMap<DeviceId, Vec<Reading>> = BTreeMap::new();
        self.seen = live.visit_since(self.seen, EVERYWHERE, |device, readings| {
            changed.insert(device, readings.to_vec());
            true
        });
        let Self { prefix, format, site, .. } = self;
        let mut said = Vec::new();
        for device in site.devices.values() {
            let state = live.device(device.id).map_or(DeviceState::NeverSeen, |entry| entry.state);
            let readings = changed.get(&device.id).map(Vec::as_slice).unwrap_or_default();
            match format {
                Format::Json { discovery, announced, retained } => {
                    let all = if readings.is_empty() { Vec::new() } else { all_of(live, device.id) };
                    for load in &device.loads {
                        let of_load = |reading: &&Reading| reading.point.channel == load.channel;
                        if !readings.iter().any(|reading| of_load(&reading)) {
                            continue;
                        }
                        let (topics, about) = (Topics(prefix), (&*site, device, load));
                        if let Some(discovery) = discovery {
                            for quantity in all.iter().filter(of_load).map(|reading| reading.point.quantity) {
                                let message = home_assistant::announcement(discovery, topics, about, quantity);
                                let kept = Retained { topic: message.topic.clone(), load: load.id, quantity: Some(quantity) };
                                // Once for each connection: the broker may have been emptied meanwhile.
                                if announced.insert((load.id, quantity)) {
                                    retained.insert(kept);
                                    said.push(message);
                                }
                            }
                        }
                        let message = json::live(topics, about, all.iter().filter(of_load), (now, clock_set));
                        retained.insert(Retained { topic: message.topic.clone(), load: load.id, quantity: None });
                        said.push(message);
                    }
                }
                Format::Sparkplug(node) if state == DeviceState::Offline => {
                    if !readings.is_empty() && !node.is_born(device) {
                        said.push(node.device_birth(device, &all_of(live, device.id), now));
                    }
                    said.extend(node.device_death(device, now));
                }
                Format::Sparkplug(_) if readings.is_empty() => {}
                Format::Sparkplug(node) => {
                    let data = node.device_data(device, readings, now);
                    said.push(data.unwrap_or_else(|| node.device_birth(device, &all_of(live, device.id), now)));
                }
            }
        }
        said
    }

    /// What was recorded, with all that must be said before it. The last message is one that is acknowledged, and not before all
    /// that precede it have arrived.
    pub(super) fn history(&mut self, recorded: &[Recorded], live: &Live, now: Timestamp) -> Vec<Publication> {
        let Self { prefix, format, site, .. } = self;
        let mut said = Vec::new();
        for one in recorded {
            match format {
                Format::Json { .. } => said.extend(json::history(Topics(prefix), site, one)),
                Format::Sparkplug(node) => {
                    let Some((device, load)) = site.load(one.load) else { continue };
                    if !node.names(device, load, one) {
                        said.push(node.device_birth(device, &all_of(live, device.id), now));
                    }
                    said.extend(node.history(site, one, now));
                }
            }
        }
        if matches!(format, Format::Sparkplug(_)) && !said.is_empty() {
            // Sparkplug has its data sent at most once. A broker takes a client's messages in turn, so that the acknowledgement of
            // one says that all before it have come.
            said.push(Publication::sure(Topics(prefix).sync(), Vec::new()));
        }
        said
    }
}
