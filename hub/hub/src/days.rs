//! Days of the calendar, in UTC: what people write as `2027-03-31`.

use haubert_model::Timestamp;
use haubert_service::problem::Problem;
use jiff::civil::Date;

/// The day of a time.
pub(crate) fn of(at: Timestamp) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MIN);
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Whether a day is over at `now`; no day never is.
pub(crate) fn is_over(day: Option<&str>, now: Timestamp) -> bool {
    day.and_then(|day| day.parse().ok()).is_some_and(|day: Date| of(now) > day)
}

/// Refuses what is no day.
pub(crate) fn check(field: &str, day: Option<&str>) -> Result<(), Problem> {
    match day.map(str::parse::<Date>) {
        Some(Err(_)) => Err(Problem::invalid(field, "not_valid", "a day, such as 2027-03-31")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_still_counts() {
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let is_over = |at| is_over(Some("2027-02-28"), at);
        assert!(!is_over(at("2027-02-28T23:59:59Z")) && is_over(at("2027-03-01T00:00:00Z")));
        assert!(!super::is_over(None, at("2027-03-01T00:00:00Z")));
        assert!(check("due", Some("2027-02-30")).is_err() && check("due", Some("2027-02-28")).is_ok());
    }
}
