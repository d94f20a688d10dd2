//! What is known of a measure.

use serde::{Deserialize, Serialize};

/// Who says so. The three are never mixed in one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// The organisation.
    Declared,
    /// The organisation, with a proof that is still valid: a file, or a gateway.
    Evidenced,
    /// An auditor.
    Audited,
}

/// What is known of a measure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Answer {
    /// Nobody has said.
    #[default]
    Unknown,
    /// It does not concern the organisation; somebody has said why.
    NotApplicable,
    /// How far it is done, from 0 to 1.
    Done(f64),
}

impl Answer {
    /// The mean of scores from `least` to `most`; unknown as long as one is missing.
    ///
    /// A measure whose office half is done and whose plant half nobody has looked at is not half done: it is unknown.
    pub fn of_scores(scores: &[Option<u32>], least: u32, most: u32) -> Self {
        let span = f64::from(most.saturating_sub(least));
        let mut sum = 0.0;
        for score in scores {
            match score {
                Some(score) if span > 0.0 => sum += f64::from((*score).clamp(least, most) - least) / span,
                _ => return Self::Unknown,
            }
        }
        let count = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        if count == 0 { Self::Unknown } else { Self::Done(sum / f64::from(count)) }
    }

    /// From 0 to 1: the least that it can be.
    pub fn least(self) -> f64 {
        match self {
            Self::Done(value) => value.clamp(0.0, 1.0),
            Self::Unknown | Self::NotApplicable => 0.0,
        }
    }

    /// From 0 to 1: the most that it can be.
    pub fn most(self) -> f64 {
        if self == Self::Unknown { 1.0 } else { self.least() }
    }
}
