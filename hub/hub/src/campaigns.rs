//! Campaigns of the coordinator: how far each organisation is, and of what it is to be reminded. Pure.

use jiff::civil::Date;
use serde::Serialize;

/// How far an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignProgress)]
pub(crate) enum Progress {
    NotBegun,
    Begun,
    /// It has closed its assessment.
    Closed,
}

/// What an organisation is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CampaignReminder)]
pub(crate) enum Reminder {
    /// Two weeks are left, or less.
    #[serde(rename = "in_14_days")]
    In14Days,
    /// Three days are left, or less.
    #[serde(rename = "in_3_days")]
    In3Days,
    /// The last day is over.
    Overdue,
}

/// Days from `today` to the last day of a campaign; less than 0 when it is over.
pub(crate) fn days_left(until: Date, today: Date) -> i32 {
    until.since(today).map_or(0, |span| span.get_days())
}

/// What an organisation is to be told `today` of a campaign from `from` to `until`; nothing before it begins, and nothing to whoever
/// is done.
pub(crate) fn reminder(progress: Progress, from: Date, until: Date, today: Date) -> Option<Reminder> {
    if progress == Progress::Closed || today < from {
        return None;
    }
    match days_left(until, today) {
        ..0 => Some(Reminder::Overdue),
        0..=3 => Some(Reminder::In3Days),
        4..=14 => Some(Reminder::In14Days),
        _ => None,
    }
}

/// How much is answered, from 0 to 100; less than 100 as long as something is not.
pub(crate) fn percent(answered: usize, asked: usize) -> u8 {
    let share = answered.min(asked).saturating_mul(100).checked_div(asked).unwrap_or(0);
    u8::try_from(share).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn reminders_come_14_days_before_3_days_before_and_when_it_is_over() {
        let told = |today: &str, progress| reminder(progress, day("2027-01-01"), day("2027-03-31"), day(today));
        for (today, told_then) in [
            ("2026-12-31", None),
            ("2027-03-16", None),
            ("2027-03-17", Some(Reminder::In14Days)),
            ("2027-03-27", Some(Reminder::In14Days)),
            ("2027-03-28", Some(Reminder::In3Days)),
            ("2027-03-31", Some(Reminder::In3Days)),
            ("2027-04-01", Some(Reminder::Overdue)),
            ("2028-04-01", Some(Reminder::Overdue)),
        ] {
            assert_eq!(told(today, Progress::NotBegun), told_then, "{today}");
            assert_eq!(told(today, Progress::Begun), told_then, "{today}");
            assert_eq!(told(today, Progress::Closed), None, "{today}");
        }
        let short = reminder(Progress::NotBegun, day("2027-03-30"), day("2027-03-31"), day("2027-03-29"));
        assert_eq!(short, None, "not before it begins");
    }

    proptest! {
        #[test]
        fn all_is_said_only_when_all_is_done(answered in 0usize..100, asked in 0usize..100) {
            let percent = percent(answered, asked);
            prop_assert_eq!(percent == 100, asked > 0 && answered >= asked);
        }

        #[test]
        fn nobody_is_reminded_of_less_as_time_passes(left in -400i64..400) {
            let (until, from) = (day("2027-06-30"), day("2020-01-01"));
            let rank = |left: i64| {
                let today = until.checked_sub(jiff::Span::new().days(left)).unwrap();
                reminder(Progress::Begun, from, until, today).map_or(0, |reminder| reminder as u8 + 1)
            };
            prop_assert!(rank(left) >= rank(left + 1));
        }
    }
}
