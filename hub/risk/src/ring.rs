//! The mark of state: a chain is as strong as its weakest ring.

use crate::answer::Answer;
use serde::Serialize;

/// What is known of one thing's strength. The weakest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ring {
    /// It is known not to hold.
    Fails,
    /// Nobody knows: it may be broken.
    Unknown,
    /// It holds in part.
    Weak,
    /// It holds, as somebody says.
    Declared,
    /// It holds, and that is proven.
    Holds,
}

/// What is known of a measure, by what was declared and by what is proven.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Known {
    /// What the organisation says.
    pub declared: Answer,
    /// What is proven of it.
    pub proven: Answer,
}

/// From here on, a measure holds.
const HOLDS: f64 = 2.0 / 3.0;
/// From here on, it holds in part.
const PARTLY: f64 = 1.0 / 3.0;

impl Known {
    /// From 0 to 1: a proof counts before a word.
    pub fn strength(self) -> Answer {
        if matches!(self.proven, Answer::Done(_)) { self.proven } else { self.declared }
    }

    /// The state of a measure by itself. One that does not apply has none.
    pub fn ring(self) -> Option<Ring> {
        match self.strength() {
            Answer::NotApplicable => None,
            Answer::Unknown => Some(Ring::Unknown),
            Answer::Done(value) if value < PARTLY => Some(Ring::Fails),
            Answer::Done(value) if value < HOLDS => Some(Ring::Weak),
            Answer::Done(_) if matches!(self.proven, Answer::Done(_)) => Some(Ring::Holds),
            Answer::Done(_) => Some(Ring::Declared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_counts_before_a_word_and_the_weakest_comes_first() {
        let known = |declared, proven| Known { declared, proven };
        let done = Answer::Done;
        assert_eq!(known(done(1.0), Answer::Unknown).ring(), Some(Ring::Declared));
        assert_eq!(known(done(1.0), done(1.0)).ring(), Some(Ring::Holds));
        assert_eq!(known(done(1.0), done(0.0)).ring(), Some(Ring::Fails), "the gateway says otherwise");
        assert_eq!(known(done(0.5), Answer::Unknown).ring(), Some(Ring::Weak));
        assert_eq!(known(Answer::Unknown, Answer::Unknown).ring(), Some(Ring::Unknown));
        assert_eq!(known(Answer::NotApplicable, Answer::Unknown).ring(), None);
        let mut rings = [Ring::Holds, Ring::Weak, Ring::Declared, Ring::Unknown, Ring::Fails];
        rings.sort_unstable();
        assert_eq!(rings, [Ring::Fails, Ring::Unknown, Ring::Weak, Ring::Declared, Ring::Holds]);
    }
}
