//! Whether an outlet may work, and when to ask again.

use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::policy::{Policies, Service};
use std::time::Duration;

/// Time between two looks at what nobody tells of: the program's integrity.
const LOOK: Duration = Duration::from_secs(5);

/// Why an outlet does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// Nobody switched it on.
    Unused,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
}

/// What allows an outlet to work.
#[derive(Clone)]
pub struct Switch {
    /// Which service it is.
    pub service: Service,
    /// What may run.
    pub policy: Policies,
    /// Whether anything may be handed out.
    pub boot: Boot,
    /// Whom to believe, and what to show.
    pub certificates: Certificates,
}

impl Switch {
    /// Why it is to do nothing; `None` when it is to work.
    pub fn off(&self, enabled: bool) -> Option<Off> {
        match (enabled, self.policy.allows(self.service), self.boot.outlets_allowed()) {
            (false, ..) => Some(Off::Unused),
            (_, false, _) => Some(Off::Forbidden),
            (.., false) => Some(Off::Closed),
            (true, true, true) => None,
        }
    }

    /// Ends when that may have changed, or what a connection is believed by: one that is open was believed under the old rules, and
    /// the next must be under the new.
    pub async fn changed(&self, enabled: bool) {
        let off = self.off(enabled);
        let (mut policy, mut certificates) = (self.policy.subscribe(), self.certificates.subscribe());
        let mut looks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                changed = policy.changed() => if changed.is_err() { return },
                changed = certificates.changed() => if changed.is_ok() && off.is_none() { return },
                _ = looks.tick() => {}
            }
            if self.off(enabled) != off {
                return;
            }
        }
    }
}
