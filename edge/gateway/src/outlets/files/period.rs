//! The stretches of time that files are of.

use haubert_model::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much time a file is of. Days begin at the site's midnight, weeks on Monday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileEvery)]
pub enum Every {
    /// A quarter of an hour.
    Quarter,
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// Its beginning.
    pub(super) from: Timestamp,
    /// The beginning of the next.
    pub(super) to: Timestamp,
}

impl Period {
    /// The one that holds a time; `None` at the ends of time.
    pub(super) fn holding(every: Every, at: Timestamp, zone: &TimeZone) -> Option<Self> {
        let fixed = |ms: i64| {
            let from = at.as_millis().div_euclid(ms).checked_mul(ms)?;
            Some(Self { from: Timestamp(from), to: Timestamp(from.checked_add(ms)?) })
        };
        let day = || Some(jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(zone.clone()).date());
        match every {
            Every::Quarter => fixed(900_000),
            Every::Hour => fixed(3_600_000),
            Every::Day => day().and_then(|day| Self::of_days(day, day.tomorrow().ok()?, zone)),
            Every::Week => day().and_then(|day| {
                let monday = day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()?;
                Self::of_days(monday, monday.checked_add(7.days()).ok()?, zone)
            }),
            Every::Month => day().and_then(|day| {
                let first = day.first_of_month();
                Self::of_days(first, first.checked_add(1.month()).ok()?, zone)
            }),
        }
    }

    fn of_days(from: Date, to: Date, zone: &TimeZone) -> Option<Self> {
        let begins = |day: Date| day.to_datetime(Time::midnight()).to_zoned(zone.clone()).ok();
        let at = |zoned: Zoned| Timestamp(zoned.timestamp().as_millisecond());
        Some(Self { from: at(begins(from)?), to: at(begins(to)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    fn of(every: Every, at: &str) -> String {
        let at = Timestamp(at.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let period = Period::holding(every, at, &paris()).unwrap();
        let text = |at: Timestamp| jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_string();
        format!("{} {}", text(period.from), text(period.to))
    }

    #[test]
    fn days_are_the_sites_and_as_long_as_they_are() {
        assert_eq!(of(Every::Quarter, "2026-11-23T10:14:59Z"), "2026-11-23T10:00:00Z 2026-11-23T10:15:00Z");
        assert_eq!(of(Every::Day, "2026-11-23T22:59:59Z"), "2026-11-22T23:00:00Z 2026-11-23T23:00:00Z");
        // Of 25 hours.
        assert_eq!(of(Every::Day, "2026-10-25T12:00:00Z"), "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
        assert_eq!(of(Every::Week, "2026-11-22T12:00:00Z"), "2026-11-15T23:00:00Z 2026-11-22T23:00:00Z");
        assert_eq!(of(Every::Month, "2026-11-30T23:30:00Z"), "2026-11-30T23:00:00Z 2026-12-31T23:00:00Z");
    }

    proptest! {
        #[test]
        fn each_time_is_in_one_period_and_the_next_begins_where_it_ends(secs in 0i64..4_000_000_000) {
            let at = Timestamp::from_secs(secs);
            for every in [Every::Quarter, Every::Hour, Every::Day, Every::Week, Every::Month] {
                let period = Period::holding(every, at, &paris()).unwrap();
                prop_assert!(period.from <= at && at < period.to);
                prop_assert_eq!(Period::holding(every, period.from, &paris()), Some(period));
                prop_assert_eq!(Period::holding(every, period.to, &paris()).unwrap().from, period.to);
            }
        }
    }
}
