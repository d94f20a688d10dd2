//! The resilience score.
//!
//! Within a theme, what is indispensable multiplies the rest: index = I × (0.6 + 0.4 R), where I and R are the weighted means of
//! the mandatory measures and of all others; with only one of the two kinds, the index is its mean. So a gap in what is
//! indispensable pulls the theme down, whatever else is done. The form is that of MonServiceSécurisé's index; themes are those of
//! the framework. The score is the mean of the themes, weighted by their measures, from 0 to 100.
//!
//! Worked example. One theme, weights 1: two mandatory measures, of which one is done and one half; one recommended, done.
//! I = 0.75, R = 1, index = 0.75 × (0.6 + 0.4) = 0.75, score 75. With the recommended one not begun: 0.75 × 0.6 = 45.
//! Were the half-done measure unknown: I lies between 0.5 and 1, the score between 50 and 100.

mod steps;
#[cfg(test)]
mod tests;

pub use steps::{Gain, Step, next_steps};

use crate::answer::Answer;
use crate::framework::Importance;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the rest of a theme is worth at least, once everything that is indispensable is done.
const BASE: f64 = 0.6;

/// A measure as the score sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// What names it.
    pub id: String,
    /// The theme that it belongs to.
    pub theme: String,
    /// How much it matters.
    pub importance: Importance,
    /// How much it counts beside others of its theme and importance; 1 or more.
    pub weight: u32,
    /// What is known of it.
    pub answer: Answer,
}

/// From the least that it can be to the most: they differ by what is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Interval {
    /// What is unknown counts as not done. This is the score.
    pub least: f64,
    /// What is unknown counts as done.
    pub most: f64,
}

/// How a theme stands, from 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ThemeScore {
    /// The theme.
    pub theme: String,
    /// Its index.
    pub index: Interval,
    /// What is indispensable of it; nothing, when nothing of it is.
    #[schema(required)]
    pub mandatory: Option<Interval>,
    /// The rest of it; nothing, when there is none.
    #[schema(required)]
    pub others: Option<Interval>,
    /// Measures that apply.
    pub measures: u32,
    /// Measures that apply and of which something is known.
    pub known: u32,
    /// What it counts beside other themes.
    pub weight: u32,
}

/// Where an organisation stands, from 0 to 100.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Score {
    /// All themes together; 0 to 100 as long as no measure applies.
    pub total: Interval,
    /// Each theme, by name.
    pub themes: Vec<ThemeScore>,
    /// Measures that apply.
    pub measures: u32,
    /// Measures that apply and of which something is known.
    pub known: u32,
}

#[derive(Debug, Default)]
struct Sum {
    least: f64,
    most: f64,
    weight: f64,
}

impl Sum {
    fn add(&mut self, measure: &Measure) {
        let weight = f64::from(measure.weight);
        self.least += weight * measure.answer.least();
        self.most += weight * measure.answer.most();
        self.weight += weight;
    }

    fn mean(&self) -> Option<(f64, f64)> {
        (self.weight > 0.0).then(|| (self.least / self.weight, self.most / self.weight))
    }
}

#[derive(Debug, Default)]
struct Theme {
    mandatory: Sum,
    others: Sum,
    weight: u32,
    measures: u32,
    known: u32,
}

fn index(mandatory: Option<f64>, others: Option<f64>) -> f64 {
    match (mandatory, others) {
        (Some(mandatory), Some(others)) => mandatory * (BASE + (1.0 - BASE) * others),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => 0.0,
    }
}

fn percent((least, most): (f64, f64)) -> Interval {
    Interval { least: 100.0 * least, most: 100.0 * most }
}

impl Theme {
    fn add(&mut self, measure: &Measure) {
        match measure.importance {
            Importance::Mandatory => self.mandatory.add(measure),
            Importance::Recommended | Importance::NiceToHave => self.others.add(measure),
        }
        self.weight = self.weight.saturating_add(measure.weight);
        self.measures += 1;
        self.known += u32::from(measure.answer != Answer::Unknown);
    }

    fn index(&self) -> (f64, f64) {
        let (mandatory, others) = (self.mandatory.mean(), self.others.mean());
        (
            index(mandatory.map(|(least, _)| least), others.map(|(least, _)| least)),
            index(mandatory.map(|(_, most)| most), others.map(|(_, most)| most)),
        )
    }
}

/// Where an organisation stands. Measures that do not apply do not count; their order does not matter.
pub fn score(measures: &[Measure]) -> Score {
    let mut applying: Vec<&Measure> =
        measures.iter().filter(|measure| measure.answer != Answer::NotApplicable && measure.weight > 0).collect();
    // Sums of floating numbers depend on their order: this makes it one.
    applying.sort_by(|one, other| one.id.cmp(&other.id));
    let mut themes = BTreeMap::<&str, Theme>::new();
    for measure in applying {
        themes.entry(&measure.theme).or_default().add(measure);
    }
    let (mut least, mut most, mut weight) = (0.0, 0.0, 0.0);
    for theme in themes.values() {
        let (theme_least, theme_most) = theme.index();
        least += f64::from(theme.weight) * theme_least;
        most += f64::from(theme.weight) * theme_most;
        weight += f64::from(theme.weight);
    }
    let view = |(name, theme): (&&str, &Theme)| ThemeScore {
        theme: (*name).to_owned(),
        index: percent(theme.index()),
        mandatory: theme.mandatory.mean().map(percent),
        others: theme.others.mean().map(percent),
        measures: theme.measures,
        known: theme.known,
        weight: theme.weight,
    };
    Score {
        total: if weight > 0.0 { percent((least / weight, most / weight)) } else { Interval { least: 0.0, most: 100.0 } },
        measures: themes.values().map(|theme| theme.measures).sum(),
        known: themes.values().map(|theme| theme.known).sum(),
        themes: themes.iter().map(view).collect(),
    }
}
