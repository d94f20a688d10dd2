//! What is remembered of a sensor, whether or not it has been taken in.

use crate::{Frames, Reception, Rhythm, SILENT_AFTER, Seen, Status, Uplink};
use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of one sensor, and kept over a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// What the network server calls it.
    pub name: String,
    /// When it was last heard, by the gateway's clock.
    pub heard_at: Option<Timestamp>,
    /// Uplinks that were taken.
    pub uplinks: u64,
    /// Uplinks that never came.
    pub lost: u64,
    /// How it was last heard.
    pub reception: Option<Reception>,
    /// What is left in its battery, in percent.
    pub battery_percent: Option<f64>,
    /// The voltage of its battery, in V.
    pub battery_volts: Option<f64>,
    /// It does not live on a battery.
    pub external_power: bool,
    /// How well it hears, in dB.
    pub margin: Option<i32>,
    /// The port of the last uplink, and what it brought: for whoever looks for the right decoder.
    pub last: Option<(u8, Vec<u8>)>,
    frames: Frames,
    rhythm: Rhythm,
}

impl Memory {
    /// Takes an uplink that came at `now`.
    pub fn uplink(&mut self, uplink: &Uplink, now: Timestamp) -> Seen {
        let seen = self.frames.take(uplink.f_cnt, &uplink.deduplication_id);
        let Seen::New { lost } = seen else { return seen };
        if let Some(before) = self.heard_at {
            self.rhythm.take(now.0.saturating_sub(before.0), lost);
        }
        self.heard_at = Some(now);
        self.uplinks = self.uplinks.saturating_add(1);
        self.lost = self.lost.saturating_add(u64::from(lost));
        self.reception = uplink.reception.or(self.reception);
        self.last = Some((uplink.f_port, uplink.data.clone()));
        if !uplink.name.is_empty() {
            uplink.name.clone_into(&mut self.name);
        }
        seen
    }

    /// Takes what it says of itself.
    pub fn status(&mut self, status: &Status) {
        self.external_power = status.external_power;
        self.margin = Some(status.margin);
        self.battery_percent = status.battery_percent.or(self.battery_percent).filter(|_| !status.external_power);
    }

    /// It joined the network.
    pub fn joined(&mut self) {
        self.frames.joined();
    }

    /// Its usual interval in s: as set, else as learnt, else as its model has it.
    pub fn usual_s(&self, set: Option<u32>, model_s: u32) -> u32 {
        set.or_else(|| self.rhythm.usual_s()).unwrap_or(model_s)
    }

    /// Whether its silence is longer than [`SILENT_AFTER`] intervals of `usual_s`; one that was never heard is.
    pub fn is_silent(&self, usual_s: u32, now: Timestamp) -> bool {
        let limit_ms = i64::from(usual_s) * i64::from(SILENT_AFTER) * 1_000;
        self.heard_at.is_none_or(|heard| now.0.saturating_sub(heard.0) > limit_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uplink(f_cnt: u32) -> Uplink {
        Uplink {
            at: None,
            deduplication_id: f_cnt.to_string(),
            name: "Meter".to_owned(),
            f_cnt,
            f_port: 85,
            confirmed: false,
            data: vec![1],
            reception: Some(Reception { rssi: -90, snr: 3.0, gateways: 1 }),
        }
    }

    #[test]
    fn a_sensor_is_heard_missed_and_silent() {
        let mut memory = Memory::default();
        assert!(memory.is_silent(600, Timestamp(0)), "never heard");
        for (number, minute) in [(1, 0), (2, 10), (3, 20), (5, 40)] {
            assert!(matches!(memory.uplink(&uplink(number), Timestamp(minute * 60_000)), Seen::New { .. }));
        }
        assert_eq!(memory.uplink(&uplink(5), Timestamp(50 * 60_000)), Seen::Repeated);
        assert_eq!((memory.uplinks, memory.lost, memory.heard_at), (4, 1, Some(Timestamp(40 * 60_000))));
        assert_eq!((memory.usual_s(None, 60), memory.usual_s(Some(5), 60)), (600, 5));
        assert!(!memory.is_silent(600, Timestamp(70 * 60_000)));
        assert!(memory.is_silent(600, Timestamp(70 * 60_000 + 1)));
    }

    #[test]
    fn mains_take_the_place_of_a_battery() {
        let mut memory = Memory::default();
        memory.status(&Status { margin: 7, external_power: false, battery_percent: Some(80.0) });
        memory.status(&Status { margin: 6, external_power: false, battery_percent: None });
        assert_eq!(memory.battery_percent, Some(80.0), "an answer without level takes nothing away");
        memory.status(&Status { margin: 6, external_power: true, battery_percent: None });
        assert_eq!((memory.battery_percent, memory.margin), (None, Some(6)));
    }
}
