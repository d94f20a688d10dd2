//! The gateway's own registers, under unit 255 and 0. Documented in docs/modbus-map.md; a version tells a map apart from the next. Pure.

use haubert_fieldbus::DeviceState;
use haubert_model::Timestamp;

/// Units under which the gateway itself answers: clause 4.4.2 of *Modbus Messaging on TCP/IP V1.0b* has 255, and 0 for those that
/// cannot send it.
pub(super) const OWN_UNITS: [u8; 2] = [0xFF, 0];
const VERSION: u16 = 1;
/// First register of the states of the units.
const STATES: usize = 0x100;
/// First register of the ages of their last answers.
const AGES: usize = 0x200;
/// Registers of the map.
const LENGTH: usize = 0x300;
/// What is not known, or longer than can be said.
const UNKNOWN: u16 = 0xFFFF;

/// How a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitState {
    /// The unit.
    pub unit: u8,
    /// `None`: its device is gone, or its bus is off.
    pub state: Option<DeviceState>,
    /// When it last answered.
    pub last_ok_at: Option<Timestamp>,
}

const fn code(state: Option<DeviceState>) -> u16 {
    match state {
        None => 1,
        Some(DeviceState::Disabled) => 2,
        Some(DeviceState::NeverSeen) => 3,
        Some(DeviceState::Offline) => 4,
        Some(DeviceState::Degraded) => 5,
        Some(DeviceState::Online) => 6,
    }
}

/// All registers of the map at `now`, `uptime_s` seconds after the start.
pub(super) fn registers(units: &[UnitState], clock_set: bool, now: Timestamp, uptime_s: u64) -> Vec<u16> {
    let mut map = vec![0u16; LENGTH];
    let mut put = |at: usize, word: u16| {
        if let Some(place) = map.get_mut(at) {
            *place = word;
        }
    };
    let halves = |value: u32| [(value >> 16) as u16, (value & 0xFFFF) as u16];
    let seconds = |ms: i64| u32::try_from(ms / 1000).unwrap_or(if ms < 0 { 0 } else { u32::MAX });
    let count =
        |wanted: fn(&UnitState) -> bool| u16::try_from(units.iter().filter(|unit| wanted(unit)).count()).unwrap_or(UNKNOWN);
    let [time_high, time_low] = halves(seconds(now.as_millis()));
    let [up_high, up_low] = halves(u32::try_from(uptime_s).unwrap_or(u32::MAX));
    let head = [
        u16::from_be_bytes(*b"HA"),
        u16::from_be_bytes(*b"UB"),
        VERSION,
        u16::from(clock_set),
        time_high,
        time_low,
        up_high,
        up_low,
        count(|_| true),
        count(|unit| matches!(unit.state, Some(DeviceState::Online | DeviceState::Degraded))),
    ];
    for (at, word) in head.into_iter().enumerate() {
        put(at, word);
    }
    for unit in 0..=usize::from(u8::MAX) {
        put(AGES + unit, UNKNOWN);
    }
    for unit in units {
        put(STATES + usize::from(unit.unit), code(unit.state));
        let age = unit.last_ok_at.map(|at| seconds(now.ms_since(at)));
        put(AGES + usize::from(unit.unit), age.and_then(|age| u16::try_from(age).ok()).unwrap_or(UNKNOWN));
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_says_who_it_is_and_how_each_unit_stands() {
        let unit = |unit, state, last: Option<i64>| UnitState { unit, state, last_ok_at: last.map(Timestamp) };
        let units = [
            unit(1, Some(DeviceState::Online), Some(1_000_000)),
            unit(2, Some(DeviceState::Offline), Some(0)),
            unit(247, None, None),
        ];
        let map = registers(&units, true, Timestamp(70_000_500_000), 65_537);
        assert_eq!(map[..10], [0x4841, 0x5542, 1, 1, 0x042C, 0x1F74, 1, 1, 3, 1]);
        assert_eq!((map[0x101], map[0x102], map[0x103], map[0x1F7]), (6, 4, 0, 1));
        assert_eq!((map[0x201], map[0x202], map[0x203]), (UNKNOWN, UNKNOWN, UNKNOWN), "longer than eighteen hours");
        let soon = registers(&units, false, Timestamp(1_005_999), 1);
        assert_eq!((soon[3], soon[0x201], soon[0x202]), (0, 5, 1005));
        assert_eq!(map.len(), 0x300);
    }
}
