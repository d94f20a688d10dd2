//! When the history is looked at without anybody asking: at night, and not more often than wanted.

use haubert_model::Timestamp;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Between two looks when nobody has chosen, days.
const DAYS: u16 = 7;
/// The hours of the night, in the site's time.
const NIGHT: std::ops::Range<i8> = 2..5;

/// How often it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CheckSchedule)]
pub struct Schedule {
    /// Days between two looks, 1 to 366; null: only when asked.
    #[schema(required, minimum = 1, maximum = 366)]
    pub every_days: Option<u16>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every_days: Some(DAYS) }
    }
}

impl Schedule {
    /// Whether the days are ones that can be chosen.
    pub fn is_valid(&self) -> bool {
        self.every_days.is_none_or(|days| (1..=366).contains(&days))
    }

    /// The first time of night, from `now` on, that comes so many days after the `last` look.
    pub(super) fn next(&self, last: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let zoned = |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(zone.clone()));
        let days = i64::from(self.every_days?);
        let now = zoned(now)?;
        // A few hours less than whole days: a look that ended at five is due again when the night of that day begins.
        let due = match last.and_then(zoned) {
            // A clock that was ahead at the last look must not put off the next for years.
            Some(last) if last <= now => last.checked_add((days * 24 - 6).hours()).ok()?,
            _ => now.clone(),
        };
        night_from(due.max(now)).map(|at| Timestamp(at.timestamp().as_millisecond()))
    }
}

/// The first time of night from `at` on.
fn night_from(at: Zoned) -> Option<Zoned> {
    if NIGHT.contains(&at.hour()) {
        return Some(at);
    }
    let day = if at.hour() < NIGHT.start { at.date() } else { at.date().tomorrow().ok()? };
    day.at(NIGHT.start, 0, 0, 0).to_zoned(at.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn next(days: Option<u16>, last: Option<&str>, now: &str) -> Option<Timestamp> {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        Schedule { every_days: days }.next(last.map(at), at(now), &paris)
    }

    #[test]
    fn it_is_looked_each_week_at_night_where_the_site_is() {
        let week = Some(7);
        // Never looked: the next night, two o'clock in Paris.
        assert_eq!(next(week, None, "2026-11-21T12:00:00Z"), Some(at("2026-11-22T01:00:00Z")));
        // It is night: now.
        assert_eq!(next(week, None, "2026-11-21T02:30:00Z"), Some(at("2026-11-21T02:30:00Z")));
        // Looked by hand in the afternoon: the first night a week later.
        assert_eq!(next(week, Some("2026-11-21T14:00:00Z"), "2026-11-21T15:00:00Z"), Some(at("2026-11-29T01:00:00Z")));
        // Looked in the night: the same night a week later, again and again, not ever later.
        assert_eq!(next(week, Some("2026-11-21T03:50:00Z"), "2026-11-25T15:00:00Z"), Some(at("2026-11-28T01:00:00Z")));
        // Overdue, for it was switched off: the next night.
        assert_eq!(next(week, Some("2026-01-01T00:00:00Z"), "2026-11-25T15:00:00Z"), Some(at("2026-11-26T01:00:00Z")));
    }

    #[test]
    fn hours_that_do_not_exist_and_clocks_that_were_ahead_put_nothing_off() {
        // In Paris there is no two o'clock on this day.
        assert_eq!(next(Some(1), None, "2026-03-28T12:00:00Z"), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(next(Some(1), Some("2038-01-01T00:00:00Z"), "2026-11-21T12:00:00Z"), Some(at("2026-11-22T01:00:00Z")));
    }

    #[test]
    fn only_when_asked_means_so() {
        assert_eq!(next(None, None, "2026-11-21T12:00:00Z"), None);
        assert!(!Schedule { every_days: Some(0) }.is_valid());
    }
}
