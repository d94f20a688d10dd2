//! From the device's own time to ours. Pure.
//!
//! A meter dates its records by its own clock, and says in no register which zone that is in. So its clock is read beside ours:
//! if it shows the site's local time, summer time included, its dates are local; if it is off by whole quarters of an hour, it
//! keeps a fixed offset (UTC, or winter time all year); else it is wrong, and its records are dated by the same error, to the
//! nearest period, and marked.

use haubert_model::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// A quarter of an hour, the finest offset of any zone, seconds.
const QUARTER_S: i64 = 900;
/// Farthest offset of any zone, seconds.
const FARTHEST_S: i64 = 14 * 3_600;

/// What the device's clock shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Dating {
    /// Local time of this zone.
    Local(TimeZone),
    /// A fixed offset from UTC.
    Fixed {
        /// Seconds ahead of UTC.
        ahead_s: i64,
        /// It is an offset that a zone can have; else the clock is wrong.
        plausible: bool,
    },
}

/// Which of two instants a date means that local time shows twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing is known of its neighbours: the first.
    Nothing,
    /// The first one after this.
    After(Timestamp),
    /// The last one before this.
    Before(Timestamp),
}

impl Dating {
    /// From what the device's clock showed (`device_s`, seconds since 2000 in its own time) at `now`.
    pub fn of(device_s: i64, now: Timestamp, zone: &TimeZone, tolerance_s: i64) -> Self {
        let near = |expected: i64| (device_s - expected).abs() <= tolerance_s;
        if near(civil_seconds(now, zone)) {
            return Self::Local(zone.clone());
        }
        let ahead_s = device_s - civil_seconds(now, &TimeZone::UTC);
        let whole = (ahead_s + QUARTER_S / 2).div_euclid(QUARTER_S) * QUARTER_S;
        if (ahead_s - whole).abs() <= tolerance_s && whole.abs() <= FARTHEST_S {
            Self::Fixed { ahead_s: whole, plausible: true }
        } else {
            Self::Fixed { ahead_s, plausible: false }
        }
    }

    /// Whether the device's dates can be believed.
    pub const fn is_believed(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Fixed { plausible, .. } => *plausible,
        }
    }

    /// What the device's clock shows at an instant.
    pub fn to_device(&self, at: Timestamp) -> i64 {
        match self {
            Self::Local(zone) => civil_seconds(at, zone),
            Self::Fixed { ahead_s, .. } => civil_seconds(at, &TimeZone::UTC).saturating_add(*ahead_s),
        }
    }

    /// The instant that a date of the device means; `None` beyond what the calendar knows.
    pub fn instant(&self, device_s: i64, beside: Beside) -> Option<Timestamp> {
        match self {
            Self::Fixed { ahead_s, .. } => Some(Timestamp::from_secs(device_s.checked_sub(*ahead_s)?.checked_add(EPOCH_2000_S)?)),
            Self::Local(zone) => {
                let local = date(2000, 1, 1).at(0, 0, 0, 0).checked_add(jiff::SignedDuration::from_secs(device_s)).ok()?;
                let both = zone.to_ambiguous_timestamp(local);
                let first = Timestamp(both.earlier().ok()?.as_millisecond());
                let second = Timestamp(both.later().ok()?.as_millisecond());
                Some(match beside {
                    Beside::Nothing => first,
                    Beside::After(before) if first <= before => second,
                    Beside::After(_) => first,
                    Beside::Before(after) if second >= after => first,
                    Beside::Before(_) => second,
                })
            }
        }
    }

    /// Whether local time shows this date twice.
    pub fn is_ambiguous(&self, device_s: i64) -> bool {
        let first = self.instant(device_s, Beside::Nothing);
        first.is_some() && self.instant(device_s, Beside::After(first.unwrap_or_default())) != first
    }
}

/// 2000-01-01T00:00:00Z.
const EPOCH_2000_S: i64 = 946_684_800;

/// Seconds from 2000-01-01 as a clock on the wall shows them.
fn civil_seconds(at: Timestamp, zone: &TimeZone) -> i64 {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(instant).duration_since(date(2000, 1, 1).at(0, 0, 0, 0)).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_clock_is_told_by_what_it_shows() {
        let now = at("2026-07-01T10:00:00Z");
        let utc = civil_seconds(now, &TimeZone::UTC);
        for (ahead_s, expected) in [
            (7_200, Dating::Local(paris())),
            (7_203, Dating::Local(paris())),
            (0, Dating::Fixed { ahead_s: 0, plausible: true }),
            (3_597, Dating::Fixed { ahead_s: 3_600, plausible: true }),
            (20_700, Dating::Fixed { ahead_s: 20_700, plausible: true }),
            (7_320, Dating::Fixed { ahead_s: 7_320, plausible: false }),
            (-utc, Dating::Fixed { ahead_s: -utc, plausible: false }),
        ] {
            let dating = Dating::of(utc + ahead_s, now, &paris(), 5);
            assert_eq!(dating, expected);
            let back = dating.instant(dating.to_device(now), Beside::Nothing);
            assert_eq!(back, Some(now), "{ahead_s}");
        }
    }

    #[test]
    fn the_hour_that_local_time_shows_twice_is_told_apart_by_its_neighbours() {
        let dating = Dating::Local(paris());
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        let shown = dating.to_device(first);
        assert_eq!(dating.to_device(second), shown);
        assert!(dating.is_ambiguous(shown) && !dating.is_ambiguous(shown + 7_200));
        assert_eq!(dating.instant(shown, Beside::Nothing), Some(first));
        assert_eq!(dating.instant(shown, Beside::After(at("2026-10-25T00:20:00Z"))), Some(first));
        assert_eq!(dating.instant(shown, Beside::After(at("2026-10-25T01:20:00Z"))), Some(second));
        assert_eq!(dating.instant(shown, Beside::Before(at("2026-10-25T01:40:00Z"))), Some(second));
        assert_eq!(dating.instant(shown, Beside::Before(at("2026-10-25T00:40:00Z"))), Some(first));
    }

    #[test]
    fn absurd_dates_are_no_instants() {
        assert_eq!(Dating::Local(paris()).instant(i64::MAX, Beside::Nothing), None);
        assert_eq!(Dating::Fixed { ahead_s: -10, plausible: false }.instant(i64::MAX, Beside::Nothing), None);
    }
}
