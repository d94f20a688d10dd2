//! Where buckets begin and end: hours, days, months and years as a wall clock in the site's time zone shows them.

use haubert_model::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

/// Most buckets at once: more than two years of hours.
pub const MAX_BUCKETS: usize = 20_000;

const HOUR_MS: i64 = 3_600_000;

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An hour of absolute time, counted from local midnight.
    Hour,
    /// From local midnight to local midnight: 23, 24 or 25 hours.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// A stretch of time, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}

/// Why there are no buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RollupError {
    /// More than [`MAX_BUCKETS`].
    #[error("more than {MAX_BUCKETS} buckets")]
    TooMany,
    /// Beyond what the calendar knows.
    #[error("date out of range")]
    OutOfRange,
}

/// The buckets from the one that contains `from` up to, and without, the one that begins at or after `to`.
///
/// # Errors
/// [`RollupError`] when there would be too many or a date is out of range.
pub fn bucket_bounds(step: Step, from: Date, to: Date, time_zone: &TimeZone) -> Result<Vec<Bounds>, RollupError> {
    let first = match step {
        Step::Hour | Step::Day => from,
        Step::Month => from.first_of_month(),
        Step::Year => from.first_of_year(),
    };
    let span: Span = match step {
        Step::Hour | Step::Day => 1.day(),
        Step::Month => 1.month(),
        Step::Year => 1.year(),
    };
    let mut bounds = Vec::new();
    let mut date = first;
    let mut start = midnight(date, time_zone)?;
    while date < to {
        date = date.checked_add(span).map_err(|_| RollupError::OutOfRange)?;
        let end = midnight(date, time_zone)?;
        match step {
            Step::Hour => split_hours(start, end, &mut bounds),
            Step::Day | Step::Month | Step::Year => bounds.push(Bounds { start, end }),
        }
        if bounds.len() > MAX_BUCKETS {
            return Err(RollupError::TooMany);
        }
        start = end;
    }
    Ok(bounds)
}

/// Where the clock changes by less than an hour (Lord Howe Island), the day's last bucket is shorter.
fn split_hours(start: Timestamp, end: Timestamp, bounds: &mut Vec<Bounds>) {
    let mut from = start;
    while from < end {
        let to = from.plus_ms(HOUR_MS).min(end);
        bounds.push(Bounds { start: from, end: to });
        from = to;
    }
}

/// The first moment of a local day, which is not 00:00 where the clock jumps over it.
fn midnight(date: Date, time_zone: &TimeZone) -> Result<Timestamp, RollupError> {
    let zoned = date.to_zoned(time_zone.clone()).map_err(|_| RollupError::OutOfRange)?;
    Ok(Timestamp(zoned.timestamp().as_millisecond()))
}
