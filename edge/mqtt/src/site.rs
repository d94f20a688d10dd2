//! What is spoken of: devices and their loads, each with a name that fits in a topic.

use haubert_model::{Decimal, DeviceId, LoadId, Quality, Quantity, Reason, RecordKind, Timestamp};
use std::collections::BTreeMap;

/// Longest level of a topic, in characters.
const LEVEL: usize = 64;
/// Characters of an id that tell two devices of one name apart.
const ID_PART: usize = 8;

/// What one device measures at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Which.
    pub id: LoadId,
    /// Its number within the device, from 1.
    pub channel: u8,
    /// As people call it.
    pub name: String,
    /// Its level in topics; unique within the device.
    pub level: String,
}

/// A device and its loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// As people call it.
    pub name: String,
    /// Its level in topics; unique within the site.
    pub level: String,
    /// Who made it.
    pub make: Option<String>,
    /// What it is.
    pub model: Option<String>,
    /// Loads by channel.
    pub loads: Vec<Load>,
}

impl Device {
    /// The load on a channel.
    pub fn load(&self, channel: u8) -> Option<&Load> {
        self.loads.iter().find(|load| load.channel == channel)
    }
}

/// Everything that is spoken of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// The site's name.
    pub name: String,
    /// Devices by id.
    pub devices: BTreeMap<DeviceId, Device>,
}

impl Site {
    /// With a level for each device and load: made of its name, and of its id too where two would share it.
    pub fn new(name: String, mut devices: Vec<Device>) -> Self {
        let names: Vec<(String, String)> = devices.iter().map(|one| (one.name.clone(), one.id.to_string())).collect();
        for (device, level) in devices.iter_mut().zip(levels(&names)) {
            device.level = level;
            let names: Vec<(String, String)> =
                device.loads.iter().map(|one| (one.name.clone(), format!("{:03}", one.channel))).collect();
            for (load, level) in device.loads.iter_mut().zip(levels(&names)) {
                load.level = level;
            }
        }
        Self { name, devices: devices.into_iter().map(|device| (device.id, device)).collect() }
    }

    /// The device and load of this id.
    pub fn load(&self, id: LoadId) -> Option<(&Device, &Load)> {
        self.devices.values().find_map(|device| Some((device, device.loads.iter().find(|load| load.id == id)?)))
    }
}

fn levels(names: &[(String, String)]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|(name, _)| topic_level(name)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    plain.iter().for_each(|level| *counts.entry(level).or_default() += 1);
    let apart = |(level, (_, id)): (&String, &(String, String))| {
        let id: String = id.chars().take(ID_PART).collect();
        match counts.get(level.as_str()) {
            Some(1) => level.clone(),
            _ => format!("{level}-{id}"),
        }
    };
    plain.iter().zip(names).map(apart).collect()
}

/// A name as one level of a topic: without `/`, `+`, `#`, control characters and blanks, which brokers, subscribers or Sparkplug
/// take for something else; `_` when nothing is left.
pub fn topic_level(name: &str) -> String {
    let mut level = String::new();
    for sign in name.trim().chars().take(LEVEL) {
        let fits = !(sign.is_control() || sign.is_whitespace() || matches!(sign, '/' | '+' | '#' | '$' | '"' | '\\'));
        level.push(if fits { sign } else { '_' });
    }
    if level.is_empty() { "_".to_owned() } else { level }
}

/// Names of the topics below a prefix.
#[derive(Debug, Clone, Copy)]
pub struct Topics<'a>(pub &'a str);

impl Topics<'_> {
    /// Whether the gateway is there: `online` or `offline`, retained.
    pub fn status(self) -> String {
        format!("{}/status", self.0)
    }

    /// Where test messages go.
    pub fn test(self) -> String {
        format!("{}/test", self.0)
    }

    /// What a load shows now, retained.
    pub fn live(self, device: &Device, load: &Load) -> String {
        format!("{}/{}/{}/live", self.0, device.level, load.level)
    }

    /// What was recorded of a load.
    pub fn history(self, device: &Device, load: &Load) -> String {
        format!("{}/{}/{}/history", self.0, device.level, load.level)
    }

    /// What is wrong now, retained.
    pub fn alarms(self) -> String {
        format!("{}/alarms", self.0)
    }

    /// Messages whose acknowledgement says that all before them have arrived.
    pub fn sync(self) -> String {
        format!("{}/sync", self.0)
    }
}

/// A recorded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedSample {
    /// When; of a load curve, when the period began.
    pub at: Timestamp,
    /// `None` for a gap that was noticed.
    pub value: Option<Decimal>,
    /// Why it is as good as it is.
    pub reason: Reason,
}

impl RecordedSample {
    /// How far to trust it.
    pub const fn quality(&self) -> Quality {
        if self.value.is_none() { Quality::Bad } else { self.reason.quality() }
    }
}

/// A stretch of what was recorded of a load's quantity in one manner, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose.
    pub load: LoadId,
    /// What.
    pub quantity: Quantity,
    /// How it is recorded.
    pub kind: RecordKind,
    /// Nominal time between samples, in ms; of a load curve, its period.
    pub period_ms: Option<i64>,
    /// The values.
    pub samples: Vec<RecordedSample>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::DeviceId;
    use proptest::prelude::*;
    use std::str::FromStr as _;

    fn device(id: &str, name: &str) -> Device {
        let id = DeviceId::from_str(id).unwrap();
        Device { id, name: name.to_owned(), level: String::new(), make: None, model: None, loads: Vec::new() }
    }

    #[test]
    fn two_devices_of_one_name_have_topics_of_their_own() {
        let (a, b) = ("11111111-0000-7000-8000-000000000001", "22222222-0000-7000-8000-000000000002");
        let site = Site::new("Quay".to_owned(), vec![device(a, "Crane 1"), device(b, "Crane/1")]);
        let levels: Vec<&str> = site.devices.values().map(|device| device.level.as_str()).collect();
        assert_eq!(levels, ["Crane_1-11111111", "Crane_1-22222222"]);
        let alone = Site::new("Quay".to_owned(), vec![device(a, "Crane 1"), device(b, "Pump")]);
        assert_eq!(alone.devices.values().next().unwrap().level, "Crane_1");
    }

    proptest! {
        #[test]
        fn any_name_is_one_level_that_no_subscription_takes_for_a_wildcard(name in ".{0,200}") {
            let level = topic_level(&name);
            prop_assert!(!level.is_empty() && level.chars().count() <= LEVEL);
            prop_assert!(!level.contains(['/', '+', '#', '$', '\0', ' ']));
        }
    }
}
