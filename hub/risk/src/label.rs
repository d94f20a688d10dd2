//! The label: grades with floors, and what is missing for the next.

use crate::answer::Track;
use crate::finding::Audit;
use crate::score::Score;
use haubert_model::Words;
use serde::{Deserialize, Serialize};

/// What a score must reach.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Floors {
    /// Part of the measures that apply of which something is known, from 0 to 100.
    pub known: f64,
    /// The score, from 0 to 100.
    pub score: f64,
    /// The index of each theme, from 0 to 100.
    pub themes: f64,
    /// What is indispensable of each theme, from 0 to 100.
    pub mandatory: f64,
}

/// A grade of a label.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Grade {
    /// What names it.
    pub id: String,
    /// What it is called.
    pub title: Words,
    /// What it says of whoever has it.
    pub says: Words,
    /// For how many months it is given.
    pub months: u32,
    /// Whose answers count.
    pub track: Track,
    /// Whether a third party must have audited.
    pub audit: bool,
    /// What must be reached.
    #[serde(flatten)]
    pub floors: Floors,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Label {
    /// What names it.
    pub id: String,
    /// What it is called.
    pub title: Words,
    /// Days before its end on which the holder is reminded, the earliest first.
    pub reminders_days: Vec<u32>,
    /// Its grades, the lowest first.
    #[serde(rename = "grade")]
    pub grades: Vec<Grade>,
}

/// What is wrong with a label's file.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// It cannot be read.
    #[error("not a label: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A higher grade asks for less.
    #[error("{grade}: asks for less than the grade below it")]
    NotRising {
        /// Which one.
        grade: String,
    },
}

/// What is missing for a grade.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shortfall {
    /// Too little is known.
    Known {
        /// From 0 to 100.
        is: f64,
        /// From 0 to 100.
        asked: f64,
    },
    /// The score is too low.
    Score {
        /// From 0 to 100.
        is: f64,
        /// From 0 to 100.
        asked: f64,
    },
    /// A theme is too low.
    Theme {
        /// Which one.
        theme: String,
        /// From 0 to 100.
        is: f64,
        /// From 0 to 100.
        asked: f64,
    },
    /// What is indispensable of a theme is too low.
    Mandatory {
        /// Which one.
        theme: String,
        /// From 0 to 100.
        is: f64,
        /// From 0 to 100.
        asked: f64,
    },
}

impl Floors {
    /// What `score` misses.
    pub fn shortfalls(&self, score: &Score) -> Vec<Shortfall> {
        let known = if score.measures == 0 { 0.0 } else { 100.0 * f64::from(score.known) / f64::from(score.measures) };
        let mut missing = Vec::new();
        if known < self.known {
            missing.push(Shortfall::Known { is: known, asked: self.known });
        }
        if score.total.least < self.score {
            missing.push(Shortfall::Score { is: score.total.least, asked: self.score });
        }
        for theme in &score.themes {
            if theme.index.least < self.themes {
                missing.push(Shortfall::Theme { theme: theme.theme.clone(), is: theme.index.least, asked: self.themes });
            }
            if let Some(mandatory) = theme.mandatory.filter(|mandatory| mandatory.least < self.mandatory) {
                missing.push(Shortfall::Mandatory { theme: theme.theme.clone(), is: mandatory.least, asked: self.mandatory });
            }
        }
        missing
    }
}

impl Label {
    /// Reads a label's file.
    ///
    /// # Errors
    /// [`LabelError`].
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let label: Self = toml::from_str(text)?;
        for (below, above) in label.grades.iter().zip(label.grades.iter().skip(1)) {
            let (low, high) = (&below.floors, &above.floors);
            let rises = low.score <= high.score && low.themes <= high.themes && low.mandatory <= high.mandatory;
            if !rises || below.track > above.track || (below.audit && !above.audit) {
                return Err(LabelError::NotRising { grade: above.id.clone() });
            }
        }
        Ok(label)
    }

    /// The highest grade of which nothing is missing, and of no grade below it either. `scores` gives the score of a track. What
    /// needs an audit also needs that no major non-conformity is open.
    pub fn reached<'a>(&self, scores: impl Fn(Track) -> &'a Score, audit: Audit) -> Option<&Grade> {
        let holds = |grade: &&Grade| grade.floors.shortfalls(scores(grade.track)).is_empty() && (audit.carries() || !grade.audit);
        self.grades.iter().take_while(holds).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::framework::Importance;
    use crate::score::{Measure, score};

    const SHIPPED: &str = include_str!("../../../content/label/en-route-vers.toml");

    fn stand(done: [f64; 4]) -> Score {
        let measure = |(at, done): (usize, f64)| Measure {
            id: format!("m{at}"),
            theme: if at < 2 { "one" } else { "two" }.to_owned(),
            importance: if at % 2 == 0 { Importance::Mandatory } else { Importance::Recommended },
            weight: 1,
            answer: if done < 0.0 { Answer::Unknown } else { Answer::Done(done) },
        };
        score(&done.into_iter().enumerate().map(measure).collect::<Vec<_>>())
    }

    #[test]
    fn what_ships_rises_and_asks_for_an_audit_from_the_third() {
        let label = Label::parse(SHIPPED).unwrap();
        let audits: Vec<bool> = label.grades.iter().map(|grade| grade.audit).collect();
        assert_eq!(audits, [false, false, true, true]);
        assert!(label.reminders_days.is_sorted_by(|one, next| one > next));
    }

    #[test]
    fn a_grade_needs_its_floors_in_every_theme_and_those_below_it() {
        let label = Label::parse(SHIPPED).unwrap();
        let nothing = stand([-1.0; 4]);
        let good = stand([1.0; 4]);
        let uneven = stand([1.0, 1.0, 0.3, 1.0]);
        let reached = |score: &Score, audit| label.reached(|_| score, audit).map(|grade| grade.id.clone());
        let audited = Audit { is_done: true, open_majors: 0 };
        assert_eq!(reached(&nothing, audited), None);
        assert_eq!(reached(&good, Audit::default()).as_deref(), Some("on-the-way"));
        assert_eq!(reached(&good, audited).as_deref(), Some("exemplary"));
        assert_eq!(reached(&uneven, audited).as_deref(), Some("engaged"), "one theme is below its floor");
        let with_major = Audit { open_majors: 1, ..audited };
        assert_eq!(reached(&good, with_major).as_deref(), Some("on-the-way"), "what needs no audit is not touched");
        let declared_only = |track| if track == Track::Declared { &good } else { &nothing };
        assert_eq!(label.reached(declared_only, audited).unwrap().id, "engaged");
        let missing = label.grades[1].floors.shortfalls(&uneven);
        assert!(matches!(&missing[..], [Shortfall::Mandatory { theme, .. }] if theme == "two"), "{missing:?}");
    }

    #[test]
    fn a_label_whose_grades_do_not_rise_is_refused() {
        let error = Label::parse(&SHIPPED.replace("score = 60", "score = 6")).unwrap_err();
        assert!(error.to_string().starts_with("confirmed"), "{error}");
        assert!(matches!(Label::parse("id = 1").unwrap_err(), LabelError::Unreadable(_)));
    }
}
