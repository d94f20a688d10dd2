//! Events of ChirpStack v4, in JSON: from topic and bytes to what is of use here. Bounded, and total.
//!
//! The network server writes fields that hold nothing or leaves them out, as its version has it: both are the same here.

use crate::DevEui;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_model::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Largest event that is looked at, in bytes: an uplink that thirty gateways heard has about 16 KiB.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// Longest payload of an uplink, in bytes (LoRaWAN Regional Parameters).
pub const MAX_PAYLOAD_BYTES: usize = 242;
/// Longest text that is taken over, in characters.
const MAX_TEXT: usize = 64;

/// What sort of event a topic carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A sensor was heard.
    Up,
    /// It joined the network.
    Join,
    /// It told of its battery and of how it hears.
    Status,
    /// `ack`, `txack`, `log`, `location`, `integration`: nothing of it is of use here.
    Other,
}

/// Where an event was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Of which sensor.
    pub dev_eui: DevEui,
    /// What.
    pub kind: EventKind,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A sensor was heard.
    Uplink(Uplink),
    /// It joined the network: its frame counter begins anew.
    Join,
    /// Of itself.
    Status(Status),
    /// Nothing of use.
    Other,
}

/// A frame that a sensor sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Uplink {
    /// When the network server had it; `None` when it does not say.
    pub at: Option<Timestamp>,
    /// What tells one reception from another.
    pub deduplication_id: String,
    /// What the network server calls the sensor; may be empty.
    pub name: String,
    /// Number of the frame, as the sensor counts.
    pub f_cnt: u32,
    /// Which of the sensor's formats; 0 has none.
    pub f_port: u8,
    /// Whether the sensor wants an acknowledgement.
    pub confirmed: bool,
    /// What it sent, in clear.
    pub data: Vec<u8>,
    /// How the gateway heard it that heard it best.
    pub reception: Option<Reception>,
}

/// How well a frame was heard.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, Deserialize)]
pub struct Reception {
    /// Strength, in dBm.
    pub rssi: i32,
    /// Distance to the noise, in dB.
    pub snr: f64,
    /// Gateways that heard it.
    pub gateways: u32,
}

/// What a sensor says of itself when the network server asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// How well it hears: signal to noise of the question, in dB.
    pub margin: i32,
    /// It does not live on a battery.
    pub external_power: bool,
    /// What is left in its battery, in percent.
    pub battery_percent: Option<f64>,
}

/// Why an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The topic is none of an event.
    #[error("the topic is none of an event")]
    Topic,
    /// More bytes than any event has.
    #[error("more bytes than any event has")]
    TooLarge,
    /// Not the JSON of such an event.
    #[error("not the JSON of such an event")]
    NotJson,
    /// It speaks of another sensor than its topic.
    #[error("it speaks of another sensor than its topic")]
    OtherSensor,
    /// A field cannot be what it says.
    #[error("`{0}` cannot be what it says")]
    NotValid(&'static str),
    /// The network server cannot read the payload, and so nobody here can.
    #[error("the payload is encrypted for somebody else")]
    Encrypted,
}

impl Fault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::OtherSensor => "other_sensor",
            Self::NotValid(_) => "not_valid",
            Self::Encrypted => "encrypted",
        }
    }
}

/// The topics of all events of an application: `[<prefix>/]application/<id>/device/+/event/+`; of all applications when it is empty.
pub fn filter(prefix: &str, application: &str) -> String {
    let application = if application.is_empty() { "+" } else { application };
    let before = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    format!("{before}application/{application}/device/+/event/+")
}

impl Topic {
    /// Reads a topic that [`filter`] lets through.
    ///
    /// # Errors
    /// [`Fault::Topic`].
    pub fn read(prefix: &str, topic: &str) -> Result<Self, Fault> {
        let own =
            if prefix.is_empty() { Some(topic) } else { topic.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) };
        let mut levels = own.ok_or(Fault::Topic)?.split('/');
        let [application, _id, device, dev_eui, event, kind] = std::array::from_fn(|_| levels.next().unwrap_or_default());
        if (application, device, event) != ("application", "device", "event") || levels.next().is_some() {
            return Err(Fault::Topic);
        }
        let kind = match kind {
            "up" => EventKind::Up,
            "join" => EventKind::Join,
            "status" => EventKind::Status,
            "ack" | "txack" | "log" | "location" | "integration" => EventKind::Other,
            _ => return Err(Fault::Topic),
        };
        Ok(Self { dev_eui: dev_eui.parse().map_err(|_| Fault::Topic)?, kind })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceInfo {
    #[serde(default)]
    device_name: String,
    dev_eui: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawJoin {
    device_info: DeviceInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUplink {
    #[serde(default)]
    deduplication_id: String,
    #[serde(default)]
    time: Option<String>,
    device_info: DeviceInfo,
    #[serde(default)]
    f_cnt: u32,
    #[serde(default)]
    f_port: u32,
    #[serde(default)]
    confirmed: bool,
    #[serde(default)]
    data: String,
    #[serde(default)]
    rx_info: Vec<RawReception>,
    #[serde(default)]
    join_server_context: Option<Value>,
}

#[derive(Deserialize)]
struct RawReception {
    #[serde(default)]
    rssi: i32,
    /// A number, or a word where it is none.
    #[serde(default)]
    snr: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    device_info: DeviceInfo,
    #[serde(default)]
    margin: i32,
    #[serde(default)]
    external_power_source: bool,
    #[serde(default)]
    battery_level_unavailable: bool,
    #[serde(default)]
    battery_level: Value,
}

impl Event {
    /// Reads what was published at `topic`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn read(topic: &Topic, bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MAX_EVENT_BYTES {
            return Err(Fault::TooLarge);
        }
        match topic.kind {
            EventKind::Up => {
                let raw: RawUplink = json(bytes)?;
                topic.is_of(&raw.device_info)?;
                uplink(raw).map(Self::Uplink)
            }
            EventKind::Join => {
                let raw: RawJoin = json(bytes)?;
                topic.is_of(&raw.device_info)?;
                Ok(Self::Join)
            }
            EventKind::Status => {
                let raw: RawStatus = json(bytes)?;
                topic.is_of(&raw.device_info)?;
                let level = raw.battery_level.as_f64().filter(|level| (0.0..=100.0).contains(level));
                Ok(Self::Status(Status {
                    margin: raw.margin,
                    external_power: raw.external_power_source,
                    battery_percent: level.filter(|_| !raw.battery_level_unavailable && !raw.external_power_source),
                }))
            }
            EventKind::Other => Ok(Self::Other),
        }
    }
}

impl Topic {
    fn is_of(&self, info: &DeviceInfo) -> Result<(), Fault> {
        if info.dev_eui.parse() == Ok(self.dev_eui) { Ok(()) } else { Err(Fault::OtherSensor) }
    }
}

fn json<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|_| Fault::NotJson)
}

fn uplink(raw: RawUplink) -> Result<Uplink, Fault> {
    // An empty object is what some versions write for "none".
    let encrypted = |context: &Value| context.as_object().is_some_and(|fields| !fields.is_empty());
    if raw.join_server_context.as_ref().is_some_and(encrypted) {
        return Err(Fault::Encrypted);
    }
    let at = raw.time.filter(|time| !time.is_empty());
    let at = at.map(|time| time.parse::<jiff::Timestamp>()).transpose().map_err(|_| Fault::NotValid("time"))?;
    // Four characters of text hold three bytes.
    if raw.data.len() > MAX_PAYLOAD_BYTES.div_ceil(3) * 4 {
        return Err(Fault::NotValid("data"));
    }
    let data = STANDARD.decode(&raw.data).map_err(|_| Fault::NotValid("data"))?;
    if data.len() > MAX_PAYLOAD_BYTES {
        return Err(Fault::NotValid("data"));
    }
    let best = raw.rx_info.iter().max_by_key(|one| one.rssi);
    Ok(Uplink {
        at: at.map(|at| Timestamp(at.as_millisecond())),
        deduplication_id: short(&raw.deduplication_id),
        name: short(&raw.device_info.device_name),
        f_cnt: raw.f_cnt,
        f_port: u8::try_from(raw.f_port).map_err(|_| Fault::NotValid("fPort"))?,
        confirmed: raw.confirmed,
        data,
        reception: best.map(|best| Reception {
            rssi: best.rssi,
            snr: best.snr.as_f64().filter(|snr| snr.is_finite()).unwrap_or(0.0),
            gateways: u32::try_from(raw.rx_info.len()).unwrap_or(u32::MAX),
        }),
    })
}

/// At most so many characters, none of them one of control.
fn short(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EUI: &str = "24e124136b502217";
    const UP: &str = r#"{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2026-11-23T12:58:59.310Z",
        "deviceInfo":{"tenantId":"52f1","tenantName":"Site","applicationId":"17c8","applicationName":"Meters","deviceProfileId":"14e1",
        "deviceProfileName":"EM300","deviceName":"Cold store","devEui":"24e124136b502217","tags":{}},
        "devAddr":"00189440","adr":true,"dr":1,"fCnt":41,"fPort":85,"confirmed":true,"data":"AXVcA2c0AQRoZQ==",
        "rxInfo":[{"gatewayId":"016c001ff10a235b","uplinkId":4217106255,"rssi":-88,"snr":7.8,"context":"AAA=","metadata":{}},
                  {"gatewayId":"016c001ff10a235c","uplinkId":4217106256,"rssi":-36,"snr":10.5,"context":"AAA=","metadata":{}}],
        "txInfo":{"frequency":868500000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":11,"codeRate":"CR_4_5"}}}}"#;

    fn topic(kind: &str) -> Topic {
        Topic::read("", &format!("application/17c8/device/{EUI}/event/{kind}")).unwrap()
    }

    fn read(text: &str) -> Result<Event, Fault> {
        Event::read(&topic("up"), text.as_bytes())
    }

    #[test]
    fn an_uplink_is_read() {
        let Ok(Event::Uplink(uplink)) = read(UP) else { panic!("no uplink") };
        assert_eq!((uplink.f_cnt, uplink.f_port, uplink.confirmed, uplink.name.as_str()), (41, 85, true, "Cold store"));
        assert_eq!(uplink.data, [0x01, 0x75, 0x5C, 0x03, 0x67, 0x34, 0x01, 0x04, 0x68, 0x65]);
        assert_eq!(uplink.reception, Some(Reception { rssi: -36, snr: 10.5, gateways: 2 }), "of the one that heard it best");
        assert_eq!(uplink.at, Some(Timestamp(1_795_438_739_310)));
        let bare = format!(r#"{{"deviceInfo":{{"devEui":"{EUI}"}}}}"#);
        let Ok(Event::Uplink(bare)) = read(&bare) else { panic!("fields that hold nothing may be left out") };
        assert_eq!((bare.f_cnt, bare.data.len(), bare.reception, bare.at), (0, 0, None, None));
    }

    #[test]
    fn the_other_events_are_read() {
        let join = format!(r#"{{"deviceInfo":{{"devEui":"{EUI}"}},"devAddr":"00189440"}}"#);
        assert_eq!(Event::read(&topic("join"), join.as_bytes()), Ok(Event::Join));
        let status = |more: &str| {
            let text = format!(r#"{{"deviceInfo":{{"devEui":"{EUI}"}},"margin":-4{more}}}"#);
            match Event::read(&topic("status"), text.as_bytes()) {
                Ok(Event::Status(status)) => status,
                other => panic!("{other:?}"),
            }
        };
        let full = status(r#","externalPowerSource":false,"batteryLevelUnavailable":false,"batteryLevel":92.52"#);
        assert_eq!(full, Status { margin: -4, external_power: false, battery_percent: Some(92.52) });
        assert_eq!(status(r#","externalPowerSource":true,"batteryLevel":0"#).battery_percent, None);
        assert_eq!(status(r#","batteryLevelUnavailable":true,"batteryLevel":0"#).battery_percent, None);
        assert_eq!(status(r#","batteryLevel":"NaN""#).battery_percent, None);
        for kind in ["ack", "txack", "log", "location"] {
            assert_eq!(Event::read(&topic(kind), b"whatever"), Ok(Event::Other));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let wrong = |from: &str, to: &str| {
            assert!(UP.contains(from), "{from}");
            read(&UP.replacen(from, to, 1)).unwrap_err()
        };
        assert_eq!(wrong("{\"dedup", "{{\"dedup"), Fault::NotJson);
        assert_eq!(wrong("24e124136b502217", "24e124136b502218"), Fault::OtherSensor);
        assert_eq!(wrong("\"fPort\":85", "\"fPort\":256"), Fault::NotValid("fPort"));
        assert_eq!(wrong("\"fCnt\":41", "\"fCnt\":-1"), Fault::NotJson);
        assert_eq!(wrong("AXVcA2c0AQRoZQ==", "AXVc A2c"), Fault::NotValid("data"));
        assert_eq!(wrong("AXVcA2c0AQRoZQ==", &STANDARD.encode([0u8; 243])), Fault::NotValid("data"));
        assert_eq!(wrong("2026-11-23T12:58:59.310Z", "yesterday"), Fault::NotValid("time"));
        assert_eq!(wrong("\"adr\":true", "\"joinServerContext\":{\"sessionKeyId\":\"x\"}"), Fault::Encrypted);
        assert_eq!(read(&format!("{UP}{}", " ".repeat(MAX_EVENT_BYTES))), Err(Fault::TooLarge));
        assert_eq!(read(&"[".repeat(60_000)), Err(Fault::NotJson), "depth is bounded");
    }

    #[test]
    fn topics_are_read_as_the_filter_lets_them_through() {
        assert_eq!(filter("", ""), "application/+/device/+/event/+");
        assert_eq!(filter("eu868/x", "17c8"), "eu868/x/application/17c8/device/+/event/+");
        let topic = format!("eu868/x/application/17c8/device/{EUI}/event/up");
        assert_eq!(Topic::read("eu868/x", &topic).unwrap().kind, EventKind::Up);
        for (prefix, topic) in [
            ("", topic.as_str()),
            ("eu868", topic.as_str()),
            ("", "application/1/device/24e124136b50221/event/up"),
            ("", "application/1/device/24e124136b502217/event/up/more"),
            ("", "application/1/device/24e124136b502217/command/down"),
            ("", "application/1/device/24e124136b502217/event/other"),
            ("", ""),
        ] {
            assert_eq!(Topic::read(prefix, topic), Err(Fault::Topic), "{prefix} {topic}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_event_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "\\PC{0,80}") {
            for kind in ["up", "join", "status", "log"] {
                let _ = Event::read(&topic(kind), &bytes);
            }
            let _ = Topic::read("", &text);
            let _ = Topic::read(&text, &text);
        }

        #[test]
        fn damaged_events_are_events_or_faults(at in 0..UP.len(), with in any::<u8>(), cut in 0..UP.len()) {
            let mut bytes = UP.as_bytes().to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = with;
            }
            bytes.truncate(cut.max(at));
            if let Ok(Event::Uplink(uplink)) = Event::read(&topic("up"), &bytes) {
                prop_assert!(uplink.data.len() <= MAX_PAYLOAD_BYTES && uplink.name.chars().count() <= MAX_TEXT);
            }
        }
    }
}
