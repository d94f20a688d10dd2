//! What the servers' words say of our clock, round after round.

use crate::agreement::Agreement;
use serde::Serialize;
use utoipa::ToSchema;

/// Rounds without any answer that are put up with, once there has been one: a modem that dials, a server that restarts.
const PATIENCE: u32 = 2;

/// Whether the time can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimeTrust)]
pub enum Trust {
    /// Nobody is asked.
    Off,
    /// Nobody has answered yet.
    Checking,
    /// Most of the servers agree, and our clock with them.
    Trusted,
    /// Most of the servers agree, and our clock is off by more than is tolerated.
    OffBy,
    /// No server tells the time.
    Unreachable,
    /// The servers contradict each other.
    Disputed,
}

impl Trust {
    /// Name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Checking => "checking",
            Self::Trusted => "trusted",
            Self::OffBy => "off_by",
            Self::Unreachable => "unreachable",
            Self::Disputed => "disputed",
        }
    }

    /// Whether somebody must look.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::OffBy | Self::Unreachable | Self::Disputed)
    }
}

/// What is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Whether the time can be trusted.
    pub trust: Trust,
    /// What was last agreed on, µs to add to our time.
    pub offset_us: Option<i64>,
    silent: u32,
}

impl Watch {
    /// Nothing is known: nobody is asked (`off`), or nobody has answered yet.
    pub const fn new(off: bool) -> Self {
        Self { trust: if off { Trust::Off } else { Trust::Checking }, offset_us: None, silent: 0 }
    }

    /// Takes what came of a round; `limit_us` is the largest offset that is tolerated.
    pub fn round(&mut self, agreement: &Agreement, limit_us: u64) {
        match agreement {
            Agreement::Silence => {
                self.silent = self.silent.saturating_add(1);
                if self.silent >= PATIENCE || matches!(self.trust, Trust::Off | Trust::Checking) {
                    (self.trust, self.offset_us) = (Trust::Unreachable, None);
                }
            }
            Agreement::Disputed => *self = Self { trust: Trust::Disputed, offset_us: None, silent: 0 },
            Agreement::Agreed { offset_us, .. } => {
                let trust = if offset_us.unsigned_abs() <= limit_us { Trust::Trusted } else { Trust::OffBy };
                *self = Self { trust, offset_us: Some(*offset_us), silent: 0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(offset_us: i64) -> Agreement {
        Agreement::Agreed { offset_us, falsetickers: Vec::new() }
    }

    #[test]
    fn one_silent_round_is_put_up_with_two_are_not() {
        let mut watch = Watch::new(false);
        watch.round(&Agreement::Silence, 1_000);
        assert_eq!(watch.trust, Trust::Unreachable, "nobody has ever answered");
        watch.round(&agreed(-1_000), 1_000);
        assert_eq!((watch.trust, watch.offset_us), (Trust::Trusted, Some(-1_000)));
        watch.round(&Agreement::Silence, 1_000);
        assert_eq!(watch.trust, Trust::Trusted);
        watch.round(&agreed(1_001), 1_000);
        assert_eq!(watch.trust, Trust::OffBy);
        watch.round(&Agreement::Silence, 1_000);
        watch.round(&Agreement::Silence, 1_000);
        assert_eq!((watch.trust, watch.offset_us), (Trust::Unreachable, None));
        watch.round(&Agreement::Disputed, 1_000);
        assert_eq!(watch.trust, Trust::Disputed);
        for trust in [Trust::Off, Trust::Checking, Trust::Trusted, Trust::OffBy, Trust::Unreachable, Trust::Disputed] {
            assert_eq!(serde_name(trust), trust.name());
        }
    }

    fn serde_name(trust: Trust) -> String {
        format!("{trust:?}").chars().fold(String::new(), |mut name, letter| {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
            name
        })
    }
}
