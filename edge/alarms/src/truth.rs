//! Yes, no, or nobody knows.

use crate::rule::Join;

/// Whether a condition holds. A value that is not there makes it unknown, never false: silence ends no alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl From<Option<bool>> for Truth {
    fn from(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Unknown,
        }
    }
}

impl Truth {
    /// Of several: what is unknown decides nothing that the others have not decided.
    pub(crate) fn joined(join: Join, of: impl IntoIterator<Item = Self>) -> Self {
        let (decides, else_) = match join {
            Join::And => (Self::False, Self::True),
            Join::Or => (Self::True, Self::False),
        };
        of.into_iter().fold(else_, |so_far, next| match (so_far, next) {
            (decided, _) | (_, decided) if decided == decides => decides,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => else_,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    #[test]
    fn the_unknown_decides_nothing_and_keeps_nothing_from_being_decided() {
        for (join, of, want) in [
            (Join::And, [True, True], True),
            (Join::And, [True, Unknown], Unknown),
            (Join::And, [Unknown, False], False),
            (Join::Or, [False, False], False),
            (Join::Or, [Unknown, False], Unknown),
            (Join::Or, [Unknown, True], True),
        ] {
            assert_eq!(Truth::joined(join, of), want, "{join:?} {of:?}");
            assert_eq!(Truth::joined(join, of.into_iter().rev()), want, "{join:?} {of:?} the other way");
        }
    }
}
