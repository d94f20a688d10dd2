//! What a label says, and the badge that shows it. Pure.

use haubert_model::{Timestamp, Words};
use serde::{Deserialize, Serialize};

/// What is signed: whose label it is, which grade, from when to when. Serialised with its fields in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    /// Of which label.
    pub(crate) label: String,
    /// What the public asks by.
    pub(crate) code: String,
    pub(crate) organisation: String,
    pub(crate) grade: String,
    /// RFC 3339, UTC.
    pub(crate) issued_at: String,
    /// RFC 3339, UTC.
    pub(crate) expires_at: String,
}

/// Whether a label counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LabelState {
    Valid,
    Expired,
    Withdrawn,
}

/// Whether a label counts at `now`.
pub(crate) fn state(expires_at: Timestamp, withdrawn: bool, now: Timestamp) -> LabelState {
    match withdrawn {
        true => LabelState::Withdrawn,
        false if now >= expires_at => LabelState::Expired,
        false => LabelState::Valid,
    }
}

/// The end of a label of `months`, from `issued_at`: the same day of the calendar, in UTC.
pub(crate) fn end(issued_at: Timestamp, months: u32) -> Option<Timestamp> {
    let from = jiff::Timestamp::from_millisecond(issued_at.as_millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let end = from.checked_add(jiff::Span::new().try_months(months).ok()?).ok()?;
    Some(Timestamp(end.timestamp().as_millisecond()))
}

/// A time as a statement writes it.
pub(crate) fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).map(|at| at.to_string()).unwrap_or_default()
}

/// Days before its end on which the holder of a label is reminded, of which the latest has come; nothing before the first.
pub(crate) fn reminder(expires_at: Timestamp, days: &[u32], now: Timestamp) -> Option<u32> {
    const DAY_MS: i64 = 86_400_000;
    let left = expires_at.ms_since(now);
    days.iter().copied().filter(|days| left <= i64::from(*days) * DAY_MS).min()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a badge shows.
pub(crate) struct Badge<'a> {
    pub(crate) label: &'a Words,
    pub(crate) grade: &'a Words,
    /// From 1 for the lowest.
    pub(crate) rank: usize,
    pub(crate) grades: usize,
    pub(crate) organisation: &'a str,
    pub(crate) code: &'a str,
    pub(crate) until: &'a str,
    pub(crate) state: LabelState,
}

impl Badge<'_> {
    /// The badge as SVG, in French or English: closed rings for the grades that are reached, dotted ones for those that are not.
    pub(crate) fn svg(&self, french: bool) -> String {
        let said = |words: &Words| escaped(if french { &words.fr } else { &words.en });
        let state = match (self.state, french) {
            (LabelState::Valid, true) => format!("valable jusqu’au {}", self.until),
            (LabelState::Valid, false) => format!("valid until {}", self.until),
            (LabelState::Expired, true) => "expiré".to_owned(),
            (LabelState::Expired, false) => "expired".to_owned(),
            (LabelState::Withdrawn, true) => "retiré".to_owned(),
            (LabelState::Withdrawn, false) => "withdrawn".to_owned(),
        };
        let counts = self.state == LabelState::Valid;
        let rings: String = (1..=self.grades)
            .map(|rank| {
                let x = 26 + (rank - 1) * 34;
                let dash = if counts && rank <= self.rank { "" } else { " stroke-dasharray=\"1 5\"" };
                format!("<circle cx=\"{x}\" cy=\"30\" r=\"13\" fill=\"none\" stroke=\"#0b6e6e\" stroke-width=\"4\" stroke-linecap=\"round\"{dash}/>")
            })
            .collect();
        let (label, grade, organisation) = (said(self.label), said(self.grade), escaped(self.organisation));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 340 132\" width=\"340\" height=\"132\" role=\"img\" \
             aria-label=\"{label} : {grade}, {organisation}, {state}\">\
             <rect width=\"340\" height=\"132\" rx=\"10\" fill=\"#ffffff\" stroke=\"#c9d1d3\"/>{rings}\
             <g font-family=\"system-ui, sans-serif\" fill=\"#16272b\">\
             <text x=\"13\" y=\"70\" font-size=\"20\" font-weight=\"600\">{grade}</text>\
             <text x=\"13\" y=\"89\" font-size=\"12\">{label}</text>\
             <text x=\"13\" y=\"106\" font-size=\"13\" font-weight=\"600\">{organisation}</text>\
             <text x=\"13\" y=\"122\" font-size=\"11\">{state} · {code}</text></g></svg>\n",
            code = escaped(self.code),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_label_ends_on_the_same_day_of_the_calendar_and_is_withdrawn_for_good() {
        let issued = Timestamp(1_798_675_200_000); // 2026-12-31
        let end = end(issued, 2).unwrap();
        assert_eq!((written(issued).as_str(), written(end).as_str()), ("2026-12-31T00:00:00Z", "2027-02-28T00:00:00Z"));
        assert_eq!(state(end, false, Timestamp(end.as_millis() - 1)), LabelState::Valid);
        assert_eq!(state(end, false, end), LabelState::Expired);
        assert_eq!(state(end, true, issued), LabelState::Withdrawn);
    }

    #[test]
    fn reminders_come_one_after_the_other() {
        let end = Timestamp(200 * DAY);
        let at = |day: i64| reminder(end, &[120, 60, 30, 7], Timestamp(day * DAY));
        assert_eq!(
            [at(79), at(80), at(140), at(169), at(170), at(199)],
            [None, Some(120), Some(60), Some(60), Some(30), Some(7)]
        );
    }

    #[test]
    fn a_badge_shows_the_grade_and_repeats_nothing_as_markup() {
        let words = |text: &str| Words { en: text.to_owned(), fr: text.to_owned() };
        let badge = |state| {
            Badge {
                label: &words("L"),
                grade: &words("G"),
                rank: 2,
                grades: 4,
                organisation: "<script>&\"",
                code: "C",
                until: "2027-01-01",
                state,
            }
            .svg(true)
        };
        let valid = badge(LabelState::Valid);
        assert!(!valid.contains("<script>") && valid.contains("&lt;script&gt;&amp;&quot;"));
        assert_eq!(valid.matches("stroke-dasharray").count(), 2);
        let expired = badge(LabelState::Expired);
        assert_eq!(expired.matches("stroke-dasharray").count(), 4);
        assert!(expired.contains("expiré"));
    }
}
