//! What happens at the door, as records.

use super::Audit;
use haubert_service::door::{Happening, Refusal, Who};
use haubert_trust::audit::{Actor, ActorKind, Category, Entry, Outcome};

impl Audit {
    /// Records what happened at the door. Never waits; tries that are thrown away unread are counted.
    pub fn happened(&self, happening: &Happening, who: &Who) {
        let entry = entry(happening, who);
        if matches!(happening, Happening::Refused(Refusal::LockedOut)) {
            return self.count(entry);
        }
        let audit = self.clone();
        tokio::spawn(async move { audit.record(entry).await });
    }
}

fn entry(happening: &Happening, who: &Who) -> Entry {
    let actor = Actor {
        kind: if who.user.is_some() { ActorKind::Person } else { ActorKind::Anonymous },
        account: who.user.clone().unwrap_or_default(),
        profile: who.profile.clone().unwrap_or_default(),
        source: who.source.to_canonical().to_string(),
        session: String::new(),
    };
    let entry = |action: &'static str, outcome| Entry::new(actor.clone(), Category::AccessControl, action, outcome);
    match happening {
        Happening::SetUp => entry("set_up", Outcome::Success),
        Happening::SignedIn => entry("sign_in", Outcome::Success),
        Happening::Refused(why) => entry("sign_in", Outcome::Refused).detail("code", code(*why)),
        Happening::LockedOut(lock) => {
            let entry = entry("locked_out", Outcome::Success).detail("failures", lock.failures).detail("kind", lock.key.kind());
            let until = haubert_service::wire::Time(lock.until);
            entry.detail("until", until)
        }
        Happening::SignedOut => entry("sign_out", Outcome::Success),
        Happening::PasswordChanged => entry("password_changed", Outcome::Success),
        Happening::SessionsEnded(count) => entry("sessions_revoked", Outcome::Success).detail("sessions", count),
        Happening::FactorsChanged(change) => entry("factors_changed", Outcome::Success).detail("change", format!("{change:?}")),
    }
}

const fn code(why: Refusal) -> &'static str {
    match why {
        Refusal::WrongCredentials => "wrong_credentials",
        Refusal::WrongSecondFactor => "wrong_second_factor",
        Refusal::LockedOut => "locked_out",
        Refusal::PasswordSpent => "password_spent",
    }
}
