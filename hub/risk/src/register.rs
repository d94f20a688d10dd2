//! The risk register: how a risk is treated, who accepts what is left and until when, and when somebody looks at it again.
//!
//! The four ways are those of the technical note: reduce, prevent, share, accept.

use crate::grid::{Level, level};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What is done about a risk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TreatmentWay)]
pub enum Way {
    /// Nobody has decided.
    #[default]
    Undecided,
    /// Measures make it less likely or less grave.
    Reduce,
    /// What it comes from is given up.
    Prevent,
    /// Somebody else bears a part: an insurer, a provider.
    Share,
    /// It is borne as it is, by somebody with a name, until a day.
    Accept,
}

/// How a risk is treated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Treatment {
    /// What is done.
    pub way: Way,
    /// How, with whom, or why: in words.
    #[serde(default)]
    #[schema(required)]
    pub words: String,
    /// Gravity that is to be left, 1 to 4.
    pub gravity: u8,
    /// Likelihood that is to be left, 1 to 4.
    pub likelihood: u8,
    /// Who bears what is left.
    #[serde(default)]
    #[schema(required)]
    pub accepted_by: String,
    /// The last day on which that holds, `2027-03-31`.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, required)]
    pub accepted_until: Option<Date>,
}

/// A risk as the register's rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk<'a> {
    /// 1 to 4.
    pub gravity: u8,
    /// 1 to 4.
    pub likelihood: u8,
    /// How it is treated.
    pub treatment: &'a Treatment,
    /// How many actions it has.
    pub actions: usize,
    /// When somebody last looked at it.
    pub reviewed_on: Date,
    /// How often somebody does, in months.
    pub review_months: u8,
}

/// What is wrong with a treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// The field.
    pub field: &'static str,
    /// `required`, `not_valid`, `too_high` or `past`.
    pub code: &'static str,
}

/// What calls for attention in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RiskAlert)]
pub enum Alert {
    /// The day until which somebody bore it is over.
    AcceptanceEnded,
    /// It is not low, and nobody has decided.
    Untreated,
    /// It is to be reduced, and nothing is planned.
    NoAction,
    /// It is time to look at it again.
    ReviewDue,
}

impl Risk<'_> {
    /// What is wrong with how it is treated, as of `today`.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub fn check(&self, today: Date) -> Result<(), Flaw> {
        let flaw = |field, code| Err(Flaw { field, code });
        let left = self.treatment;
        for (field, grade, before) in
            [("treatment.gravity", left.gravity, self.gravity), ("treatment.likelihood", left.likelihood, self.likelihood)]
        {
            if !(1..=4).contains(&grade) {
                return flaw(field, "not_valid");
            }
            if grade > before {
                return flaw(field, "too_high");
            }
        }
        let is_said = |text: &str| !text.trim().is_empty();
        match left.way {
            Way::Share if !is_said(&left.words) => flaw("treatment.words", "required"),
            Way::Accept if !is_said(&left.accepted_by) => flaw("treatment.accepted_by", "required"),
            Way::Accept => match left.accepted_until {
                None => flaw("treatment.accepted_until", "required"),
                Some(until) if until < today => flaw("treatment.accepted_until", "past"),
                Some(_) => Ok(()),
            },
            Way::Undecided | Way::Reduce | Way::Prevent | Way::Share => Ok(()),
        }
    }

    /// The day on which somebody looks at it again.
    pub fn review_on(&self) -> Date {
        let months = jiff::Span::new().months(i64::from(self.review_months));
        self.reviewed_on.checked_add(months).unwrap_or(Date::MAX)
    }

    /// What calls for attention on `today`, the most pressing first.
    pub fn alerts(&self, today: Date) -> Vec<Alert> {
        let is_low = level(self.gravity, self.likelihood) == Some(Level::Low);
        let way = self.treatment.way;
        let ended = way == Way::Accept && self.treatment.accepted_until.is_none_or(|until| until < today);
        let found = [
            (Alert::AcceptanceEnded, ended),
            (Alert::Untreated, way == Way::Undecided && !is_low),
            (Alert::NoAction, way == Way::Reduce && self.actions == 0),
            (Alert::ReviewDue, self.review_on() <= today),
        ];
        found.into_iter().filter(|(_, is)| *is).map(|(alert, _)| alert).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 22);

    fn treatment(way: Way) -> Treatment {
        Treatment { way, gravity: 2, likelihood: 2, ..Treatment::default() }
    }

    fn risk(treatment: &Treatment) -> Risk<'_> {
        Risk { gravity: 3, likelihood: 3, treatment, actions: 1, reviewed_on: date(2026, 5, 31), review_months: 6 }
    }

    #[test]
    fn who_accepts_says_who_and_until_when() {
        let mut accepted = treatment(Way::Accept);
        assert_eq!(risk(&accepted).check(TODAY), Err(Flaw { field: "treatment.accepted_by", code: "required" }));
        accepted.accepted_by = "Managing director".to_owned();
        assert_eq!(risk(&accepted).check(TODAY), Err(Flaw { field: "treatment.accepted_until", code: "required" }));
        accepted.accepted_until = Some(date(2026, 11, 21));
        assert_eq!(risk(&accepted).check(TODAY), Err(Flaw { field: "treatment.accepted_until", code: "past" }));
        accepted.accepted_until = Some(TODAY);
        assert_eq!(risk(&accepted).check(TODAY), Ok(()));
        assert_eq!(risk(&accepted).alerts(TODAY), []);
        assert!(risk(&accepted).alerts(date(2026, 11, 23)).contains(&Alert::AcceptanceEnded));
    }

    #[test]
    fn what_is_left_is_never_more_than_what_was_there() {
        let mut worse = treatment(Way::Reduce);
        worse.gravity = 4;
        assert_eq!(risk(&worse).check(TODAY), Err(Flaw { field: "treatment.gravity", code: "too_high" }));
        worse.gravity = 0;
        assert_eq!(risk(&worse).check(TODAY), Err(Flaw { field: "treatment.gravity", code: "not_valid" }));
        assert_eq!(risk(&treatment(Way::Share)).check(TODAY), Err(Flaw { field: "treatment.words", code: "required" }));
    }

    #[test]
    fn a_register_says_what_is_overdue() {
        // Half a year after the last of May there is no 31st: the last of November counts.
        let reduced = treatment(Way::Reduce);
        assert_eq!(risk(&reduced).review_on(), date(2026, 11, 30));
        assert_eq!(risk(&reduced).alerts(TODAY), []);
        assert_eq!(risk(&reduced).alerts(date(2026, 11, 30)), [Alert::ReviewDue]);
        assert_eq!(Risk { actions: 0, ..risk(&reduced) }.alerts(TODAY), [Alert::NoAction]);
        let undecided = treatment(Way::Undecided);
        assert_eq!(risk(&undecided).alerts(TODAY), [Alert::Untreated]);
        assert_eq!(Risk { gravity: 1, likelihood: 1, ..risk(&undecided) }.alerts(TODAY), [], "a low one may wait");
    }

    proptest! {
        /// Time alone never takes an alert away.
        #[test]
        fn alerts_only_grow_with_time(
            way in prop::sample::select(vec![Way::Undecided, Way::Reduce, Way::Prevent, Way::Share, Way::Accept]),
            gravity in 1u8..=4, likelihood in 1u8..=4, actions in 0usize..3, months in 1u8..=24, days in 0i32..2000, more in 0i32..2000,
        ) {
            let mut treatment = treatment(way);
            treatment.accepted_until = Some(date(2027, 6, 30));
            let risk = Risk { gravity, likelihood, treatment: &treatment, actions, reviewed_on: date(2026, 1, 31), review_months: months };
            let on = |days: i32| date(2026, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (early, late) = (risk.alerts(on(days)), risk.alerts(on(days + more)));
            prop_assert!(early.iter().all(|alert| late.contains(alert)), "{early:?} {late:?}");
        }
    }
}
