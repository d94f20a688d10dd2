//! What ends its life soon, and when to say so.
//!
//! A condition is shown as long as it holds; an event is told once per step (30, 14, 7, 1 days, expired), also across restarts.

use super::state::State;
use super::uses::{IdentityUse, TrustUse};
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use std::collections::BTreeMap;

const DAY_MS: i64 = 86_400_000;
/// The gateway's certificate at the hub renews itself a month ahead; with less left than this, it does not manage to.
const RENEWAL_LATE_DAYS: u16 = 14;

/// What can expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The certificate of an identity.
    Identity(IdentityUse),
    /// The gateway's certificate at the hub.
    HubIdentity,
    /// A certificate that is believed.
    Authority(TrustUse),
    /// A revocation list: then the next is due.
    Crl(TrustUse),
}

/// How near the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Within so many days.
    Within(u16),
    /// Over.
    Over,
}

impl Step {
    /// Smaller is graver.
    pub(super) fn days(self) -> i64 {
        match self {
            Self::Within(days) => i64::from(days),
            Self::Over => 0,
        }
    }
}

/// One thing that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// What it is.
    pub what: What,
    /// Which: a subject or an issuer.
    pub name: String,
    /// What tells it from another of the same kind.
    pub id: String,
    /// When its life ends.
    pub until: Timestamp,
    /// How near that is.
    pub step: Step,
}

impl Expiring {
    /// Code of the event and of the notice.
    pub const fn code(&self) -> &'static str {
        match (self.what, self.step) {
            (What::Identity(_) | What::HubIdentity, Step::Within(_)) => "certificate_expiring",
            (What::Identity(_) | What::HubIdentity, Step::Over) => "certificate_expired",
            (What::Authority(_), Step::Within(_)) => "authority_expiring",
            (What::Authority(_), Step::Over) => "authority_expired",
            (What::Crl(_), _) => "crl_expired",
        }
    }

    /// Values for the sentence: `use`, `name`, `until`.
    pub fn params(&self) -> [(&'static str, String); 3] {
        let of = match self.what {
            What::Identity(of) => of.code(),
            What::HubIdentity => "hub",
            What::Authority(of) | What::Crl(of) => of.code(),
        };
        [("use", of.to_owned()), ("name", self.name.clone()), ("until", Time(self.until).to_string())]
    }
}

/// The step that `until` has reached at `now`; `None` when there is time.
fn step(until: Timestamp, now: Timestamp, days: impl Iterator<Item = u16>) -> Option<Step> {
    if until <= now {
        return Some(Step::Over);
    }
    let left = until.ms_since(now);
    days.filter(|day| left <= i64::from(*day) * DAY_MS).min().map(Step::Within)
}

/// Everything that has reached a step, the gravest first. `hub` is the end of the gateway's certificate at the hub.
pub fn expiring(state: &State, hub: Option<Timestamp>, now: Timestamp) -> Vec<Expiring> {
    let days = || state.alarms.days().iter().copied();
    let mut found = Vec::new();
    let mut look = |what: What, name: &str, id: String, until: Timestamp, step: Option<Step>| {
        if let Some(step) = step {
            found.push(Expiring { what, name: name.to_owned(), id, until, step });
        }
    };
    for (of, slots) in &state.identities {
        if let Some(kept) = &slots.current {
            let until = kept.info.not_after;
            look(What::Identity(*of), &kept.info.subject, kept.info.fingerprint.to_string(), until, step(until, now, days()));
        }
    }
    if let Some(until) = hub {
        let late = days().filter(|day| *day <= RENEWAL_LATE_DAYS);
        look(What::HubIdentity, "", format!("hub {}", until.0), until, step(until, now, late));
    }
    for (of, store) in &state.trust {
        for anchor in &store.anchors {
            let until = anchor.info.not_after;
            let id = format!("{} {}", of.code(), anchor.info.fingerprint);
            look(What::Authority(*of), &anchor.info.subject, id, until, step(until, now, days()));
        }
        for list in &store.lists {
            let until = list.crl.next_update;
            // Lists live for days: only the end counts.
            look(
                What::Crl(*of),
                &list.crl.issuer,
                format!("{} {}", of.code(), list.id),
                until,
                step(until, now, std::iter::empty()),
            );
        }
    }
    found.sort_by_key(|expiring| expiring.step.days());
    found
}

/// What has not been told yet, given the days of the last step told of each; `told` then says what has been.
pub(super) fn news(found: &[Expiring], told: &mut BTreeMap<String, i64>) -> Vec<Expiring> {
    let fresh: Vec<Expiring> =
        found.iter().filter(|expiring| told.get(&expiring.id).is_none_or(|days| expiring.step.days() < *days)).cloned().collect();
    // What is gone or renewed is forgotten, so that its memory does not grow.
    *told = found.iter().map(|expiring| (expiring.id.clone(), expiring.step.days())).collect();
    fresh
}

#[cfg(test)]
mod tests {
    use super::super::state::{Alarms, Kept, Origin, Slots};
    use super::*;
    use haubert_trust::{CertificateInfo, Identity};

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn state(now: Timestamp) -> (State, Timestamp) {
        let identity = Identity::self_signed(&["gw".to_owned()], now).unwrap();
        let info = CertificateInfo::from_pem(&identity.chain_pem).unwrap();
        let until = info.not_after;
        let current = Some(Kept { identity, info, origin: Origin::FirstStart, since: now });
        let slots = Slots { current, ..Slots::default() };
        (State { identities: [(IdentityUse::Https, slots)].into(), ..State::default() }, until)
    }

    fn at(until: Timestamp, days: i64) -> Timestamp {
        until.plus_ms(-days * DAY_MS)
    }

    #[test]
    fn each_step_is_told_once() {
        let (state, until) = state(NOW);
        let mut told = BTreeMap::new();
        let mut steps = |now| news(&expiring(&state, None, now), &mut told).into_iter().map(|one| one.step).collect::<Vec<_>>();
        assert!(steps(at(until, 31)).is_empty());
        assert_eq!(steps(at(until, 30)), [Step::Within(30)]);
        assert!(steps(at(until, 20)).is_empty());
        assert_eq!(steps(at(until, 7)), [Step::Within(7)], "a step that was slept through is not made up for");
        assert!(steps(at(until, 2)).is_empty());
        assert_eq!(steps(at(until, 1)), [Step::Within(1)]);
        assert_eq!(steps(until), [Step::Over]);
        assert!(steps(until.plus_ms(DAY_MS)).is_empty());
    }

    #[test]
    fn what_is_renewed_may_be_told_again() {
        let (before, until) = state(NOW);
        let mut told = BTreeMap::new();
        assert_eq!(news(&expiring(&before, None, until), &mut told).len(), 1);
        let (after, again) = state(until);
        assert!(news(&expiring(&after, None, until), &mut told).is_empty());
        assert!(told.is_empty());
        assert_eq!(news(&expiring(&after, None, at(again, 3)), &mut told).len(), 1);
    }

    #[test]
    fn a_certificate_that_renews_itself_is_a_matter_only_when_late() {
        let state = State::default();
        let hub = Some(NOW);
        assert!(expiring(&state, hub, at(NOW, 30)).is_empty());
        assert_eq!(expiring(&state, hub, at(NOW, 14)).first().map(|one| one.code()), Some("certificate_expiring"));
        assert_eq!(expiring(&state, hub, NOW).first().map(|one| one.code()), Some("certificate_expired"));
    }

    #[test]
    fn steps_are_bounded() {
        assert_eq!(Alarms::new(vec![1, 30, 30, 7]).unwrap().days(), [30, 7, 1]);
        assert_eq!(Alarms::new(vec![]), None);
        assert_eq!(Alarms::new(vec![0]), None);
        assert_eq!(Alarms::new(vec![367]), None);
        assert_eq!(Alarms::new((1..=9).collect()), None);
    }
}
