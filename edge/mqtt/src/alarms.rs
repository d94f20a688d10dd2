//! The document of what is wrong now: whole each time, and kept by the broker, so that nobody must put it together from changes.

use crate::json::{Document, VERSION, bytes, rfc3339};
use crate::{Publication, Topics};
use haubert_model::{DeviceId, Timestamp};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Alarms of one document, at most: some 60 kB.
pub const MAX_ALARMS: usize = 200;

/// An alarm that is raised, or waits for somebody to have seen it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Alarm {
    /// Its number at this gateway.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// `critical`, `not_critical` or `information`.
    pub criticality: String,
    /// `active` while it is raised, then `finished` until somebody has acknowledged it.
    pub state: String,
    /// About which device, where it is about one.
    pub device_id: Option<DeviceId>,
    /// Its name.
    pub device: Option<String>,
    /// Since when (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub began_at: Timestamp,
    /// Since when it is over (RFC 3339, UTC).
    #[serde(serialize_with = "optional")]
    #[schemars(with = "Option<String>")]
    pub ended_at: Option<Timestamp>,
    /// Whether somebody must acknowledge it.
    pub needs_acknowledgement: bool,
}

/// What is wrong now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alarms {
    /// Version of the document.
    version: u8,
    /// When it was made (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    at: Timestamp,
    /// The site's name.
    site: String,
    /// How many there are.
    total: u32,
    /// The newest of them, at most 200.
    alarms: Vec<Alarm>,
}

fn optional<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => rfc3339(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// The document of these alarms, newest first, of `total` that there are.
pub fn document(site: &str, (mut alarms, total): (Vec<Alarm>, u32), at: Timestamp) -> Alarms {
    alarms.truncate(MAX_ALARMS);
    Alarms { version: VERSION, at, site: site.to_owned(), total, alarms }
}

/// The same as a message that brokers keep.
pub fn message(topics: Topics<'_>, site: &str, alarms: (Vec<Alarm>, u32), at: Timestamp) -> Publication {
    let document = Document::Alarms(document(site, alarms, at));
    Publication::sure(topics.alarms(), bytes(&document)).retained()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_whole_bounded_and_kept() {
        let alarm = Alarm {
            id: 1,
            name: "Power".to_owned(),
            criticality: "critical".to_owned(),
            state: "active".to_owned(),
            device_id: None,
            device: None,
            began_at: Timestamp::from_secs(0),
            ended_at: None,
            needs_acknowledgement: true,
        };
        let message = message(Topics("port"), "Quay", (vec![alarm; 500], 500), Timestamp::from_secs(1));
        assert_eq!((message.topic.as_str(), message.retain), ("port/alarms", true));
        let document: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!((document["total"].as_u64(), document["alarms"].as_array().unwrap().len()), (Some(500), MAX_ALARMS));
        assert_eq!(document["alarms"][0]["began_at"], "1970-01-01T00:00:00.000Z");
        assert!(document["alarms"][0]["ended_at"].is_null() && message.payload.len() < 64 * 1024);
    }
}
