//! Duties to report, and when each report is due.

use haubert_model::{Timestamp, Words};
use jiff::{Span, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A duty to report, of one regime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegulatoryClock {
    /// `nis2`.
    pub id: String,
    /// Its title.
    pub title: Words,
    /// To whom.
    pub authority: Words,
    /// When it concerns an organisation.
    pub applies_if: Words,
    /// Whether its delays were read in the source.
    pub verified: bool,
    /// Its reports, in order.
    #[serde(rename = "step")]
    pub steps: Vec<ClockStep>,
}

/// A report that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockStep {
    /// Unique within the regime.
    pub id: String,
    /// Its title.
    pub title: Words,
    /// What its delay runs from: `awareness`, or the id of another step or of something that happens.
    pub anchor: String,
    /// Its delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// Its delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Its delay, in months of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<u32>,
    /// What must be so for it to be due.
    #[serde(default)]
    pub gates: BTreeMap<String, bool>,
    /// What it says.
    pub content: Vec<Words>,
}

/// Whether a report is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It does not concern this incident.
    No,
    /// It may: something that decides is not known. Then it is better prepared for.
    Perhaps,
    /// It does.
    Yes,
}

impl ClockStep {
    /// Whether it is due, by what is known of the incident.
    pub fn due(&self, known: &BTreeMap<String, bool>) -> Due {
        let gates = self.gates.iter().map(|(gate, asked)| known.get(gate).map(|is| is == asked));
        gates.fold(Due::Yes, |due, holds| match (due, holds) {
            (Due::No, _) | (_, Some(false)) => Due::No,
            (due, Some(true)) => due,
            (_, None) => Due::Perhaps,
        })
    }

    /// When it must be sent at the latest, `from` the time of its anchor. Nothing, when it has no fixed delay.
    ///
    /// Months are those of the calendar in UTC: from the 31st to the last day of a shorter one.
    pub fn deadline(&self, from: Timestamp) -> Option<Timestamp> {
        if self.hours.is_none() && self.days.is_none() && self.months.is_none() {
            return None;
        }
        let span = Span::new()
            .try_months(self.months.unwrap_or(0))
            .and_then(|span| span.try_days(self.days.unwrap_or(0)))
            .and_then(|span| span.try_hours(self.hours.unwrap_or(0)));
        let from = jiff::Timestamp::from_millisecond(from.as_millis()).ok()?.to_zoned(TimeZone::UTC);
        let due = from.checked_add(span.ok()?).ok()?;
        Some(Timestamp(due.timestamp().as_millisecond()))
    }
}
