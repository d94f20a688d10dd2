//! Days of the calendar: what people write as `2027-03-31`. A community keeps one calendar, in one time zone, so that a day begins
//! and ends for all its organisations at once, wherever their people read.

use haubert_model::Timestamp;
use haubert_service::problem::Problem;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The community's calendar.
#[derive(Debug, Clone)]
pub(crate) struct Calendar(TimeZone);

impl Calendar {
    /// In a zone of the IANA list, such as `Europe/Paris`; the machine's own when none is named, and UTC when it has none either.
    /// Nothing for a name that is not in the list.
    pub(crate) fn in_zone(name: Option<&str>) -> Option<Self> {
        match name {
            Some(name) => TimeZone::get(name).ok().map(Self),
            // A machine may be told its zone without a name: people's browsers could not count in that one.
            None => Some(Self(TimeZone::try_system().ok().filter(|zone| zone.iana_name().is_some()).unwrap_or(TimeZone::UTC))),
        }
    }

    pub(crate) const fn zone(&self) -> &TimeZone {
        &self.0
    }

    /// The zone's name in the IANA list.
    pub(crate) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day of a time.
    pub(crate) fn day_of(&self, at: Timestamp) -> Date {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MIN);
        at.to_zoned(self.0.clone()).date()
    }
}

/// Whether a day is over `today`; no day never is.
pub(crate) fn is_over(day: Option<&str>, today: Date) -> bool {
    day.and_then(|day| day.parse().ok()).is_some_and(|day: Date| today > day)
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
        let (utc, paris) = (Calendar(TimeZone::UTC), Calendar::in_zone(Some("Europe/Paris")).unwrap());
        let is_over = |calendar: &Calendar, moment| is_over(Some("2027-02-28"), calendar.day_of(at(moment)));
        assert!(!is_over(&utc, "2027-02-28T23:59:59Z") && is_over(&utc, "2027-03-01T00:00:00Z"));
        assert!(!is_over(&paris, "2027-02-28T22:59:59Z") && is_over(&paris, "2027-02-28T23:00:00Z"));
        assert!(!super::is_over(None, utc.day_of(at("2027-03-01T00:00:00Z"))));
        assert!(check("due", Some("2027-02-30")).is_err() && check("due", Some("2027-02-28")).is_ok());
    }
}
