//! What needs a look right now, in codes; the screen makes the sentences.

use crate::app::App;
use crate::recording::writer::Trouble;
use haubert_fieldbus::{BusState, DeviceState};
use haubert_link::LinkPhase;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A condition that holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notice {
    /// Stable code, such as `disk_full`.
    pub code: &'static str,
    /// Since when, where that is known.
    #[schema(required)]
    pub since: Option<Time>,
    /// Values for the sentence.
    pub params: BTreeMap<&'static str, String>,
}

impl Notice {
    fn new<const N: usize>(code: &'static str, since: Option<Time>, params: [(&'static str, String); N]) -> Self {
        Self { code, since, params: params.into_iter().collect() }
    }
}

/// The conditions that hold now, the gravest first.
pub async fn now(app: &App) -> Vec<Notice> {
    let mut notices = Vec::new();
    let history = app.writer.status();
    match history.trouble {
        Some(Trouble::DiskFull) => {
            notices.push(Notice::new("disk_full", history.last_write_at.map(Time), [("waiting", history.waiting.to_string())]))
        }
        Some(Trouble::Failing) => notices.push(Notice::new("history_failing", history.last_write_at.map(Time), [])),
        None => {}
    }
    if let Some((since, count)) = app.integrity.damaged_since() {
        notices.push(Notice::new("history_damaged", Some(Time(since)), [("count", count.to_string())]));
    }
    if history.dropped > 0 {
        notices.push(Notice::new("samples_dropped", None, [("count", history.dropped.to_string())]));
    }
    if !app.clock_watch.is_set() {
        notices.push(Notice::new("clock_not_set", None, []));
    }
    for status in app.field.status().await.into_values() {
        if status.state == BusState::Down {
            notices.push(Notice::new("bus_down", Some(Time(status.since)), [("bus", status.name.clone())]));
            continue;
        }
        for device in status.devices.iter().filter(|device| device.state == DeviceState::Offline) {
            notices.push(Notice::new(
                "device_offline",
                device.last_ok_at.map(Time),
                [("device", device.name.clone()), ("bus", status.name.clone())],
            ));
        }
    }
    let link = app.uplink.status();
    match (app.uplink.enrolled(), link.phase) {
        (Some(_), LinkPhase::Offline) => notices.push(Notice::new("hub_unreachable", link.last_ack_at.map(Time), [])),
        (Some(_), LinkPhase::Refused) => notices.push(Notice::new("hub_refused", link.last_ack_at.map(Time), [])),
        _ => {}
    }
    notices
}
