//! What a request carries. `docs/config/push.schema.json` is made of these types; the documents within are those of MQTT.

use haubert_model::Timestamp;
use haubert_mqtt::alarms::Alarms;
use haubert_mqtt::json::{self, History, Live, VERSION, rfc3339};
use haubert_mqtt::{Recorded, Site};
use schemars::JsonSchema;
use serde::Serialize;

/// Values of one request at most: some 600 kB.
const MAX_VALUES: usize = 5_000;

/// The body of a request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Message {
    /// Version of the message and of what it holds: it grows when a field changes its meaning or goes.
    version: u8,
    /// Which gateway, for good.
    gateway: String,
    /// When the request was made (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    timestamp: Timestamp,
    #[serde(flatten)]
    content: Content,
}

/// What it tells.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub(super) enum Content {
    /// Recorded values, complete and in order; at most 5000 of them.
    #[serde(rename = "measurements.recorded")]
    Recorded(Vec<History>),
    /// Newest values of the loads of which one has changed.
    #[serde(rename = "measurements.newest")]
    Newest(Vec<Live>),
    /// All that is wrong now.
    #[serde(rename = "alarms.changed")]
    Alarms(Alarms),
    /// A try by somebody on the gateway's page.
    #[serde(rename = "gateway.test")]
    Test {},
}

impl Message {
    pub(super) const fn new(gateway: String, timestamp: Timestamp, content: Content) -> Self {
        Self { version: VERSION, gateway, timestamp, content }
    }

    /// When it was made, seconds since 1970.
    pub(super) const fn seconds(&self) -> i64 {
        self.timestamp.as_millis().div_euclid(1_000)
    }

    /// What makes a repetition one: the content, without the time of the request.
    ///
    /// # Errors
    /// None that these types can have.
    pub(super) fn substance(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.content)
    }

    /// As it is sent.
    ///
    /// # Errors
    /// None that these types can have.
    pub(super) fn bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// Things in parts of at most `most` values each, one thing at least.
fn parts<T>(things: impl IntoIterator<Item = T>, len: impl Fn(&T) -> usize, most: usize) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut values = usize::MAX;
    for thing in things {
        values = values.saturating_add(len(&thing));
        match parts.last_mut() {
            Some(part) if values <= most => part.push(thing),
            _ => {
                values = len(&thing);
                parts.push(vec![thing]);
            }
        }
    }
    parts
}

/// What was recorded, in contents of a bounded size, each with how many samples it holds.
pub(super) fn recorded(site: &Site, recorded: &[Recorded]) -> Vec<(Content, usize)> {
    let documents = recorded.iter().flat_map(|one| json::recorded(site, one));
    let of = |part: Vec<History>| (part.iter().map(History::len).sum(), part);
    parts(documents, History::len, MAX_VALUES).into_iter().map(of).map(|(len, part)| (Content::Recorded(part), len)).collect()
}

/// Newest values, in contents of a bounded size.
pub(super) fn newest(documents: Vec<Live>) -> Vec<Content> {
    parts(documents, Live::len, MAX_VALUES).into_iter().map(Content::Newest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_hold_everything_in_order_and_no_more_than_they_may(lens in prop::collection::vec(0usize..40, 0..60)) {
            let parts = parts(lens.clone(), |len| *len, 100);
            prop_assert_eq!(parts.concat(), lens);
            for part in &parts {
                prop_assert!(!part.is_empty() && (part.len() == 1 || part.iter().sum::<usize>() <= 100));
            }
        }
    }

    #[test]
    fn the_type_stands_beside_the_data() {
        let message = Message::new("a".to_owned(), Timestamp::from_secs(0), Content::Test {});
        let value: serde_json::Value = serde_json::from_slice(&message.bytes().unwrap()).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"version": 1, "gateway": "a", "timestamp": "1970-01-01T00:00:00.000Z", "type": "gateway.test", "data": {}})
        );
    }
}
