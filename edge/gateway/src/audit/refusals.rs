//! What is counted rather than written one by one: a flood of refused requests must not fill the trail, nor a page that is read
//! again and again.
//!
//! The first of a kind is recorded at once, the others of the same minute as one number when it is over. At most [`KINDS`] are
//! told apart in a minute; the rest is one sum.

use haubert_trust::audit::{Actor, ActorKind, Category, Entry, Outcome};
use std::collections::BTreeMap;

/// Kinds told apart in a minute.
const KINDS: usize = 200;

/// What is the same kind: who, what, how it ended, with which code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    actor: Actor,
    category: Category,
    action: String,
    outcome: Outcome,
    code: Option<String>,
}

/// The counts of the present minute.
#[derive(Debug, Default)]
pub struct Refusals {
    counted: BTreeMap<Kind, u64>,
    others: u64,
}

impl Refusals {
    /// Takes a refused request; gives the record to write at once when it is the first of its kind.
    pub fn refused(&mut self, actor: Actor, code: &str, status: u16, request: &str) -> Option<Entry> {
        let entry = Entry::new(actor, Category::RequestError, "request_refused", Outcome::Refused);
        self.count(entry.detail("code", code).detail("status", status).detail("request", request))
    }

    /// Takes anything that may come often; gives it back when it is the first of its kind.
    pub fn count(&mut self, entry: Entry) -> Option<Entry> {
        let kind = Kind {
            actor: entry.actor.clone(),
            category: entry.category,
            action: entry.action.to_string(),
            outcome: entry.outcome,
            code: entry.details.get("code").cloned(),
        };
        if let Some(count) = self.counted.get_mut(&kind) {
            *count += 1;
            return None;
        }
        if self.counted.len() >= KINDS {
            self.others += 1;
            return None;
        }
        self.counted.insert(kind, 0);
        Some(entry)
    }

    /// What came after the first of each kind, and begins a new minute.
    pub fn minute(&mut self) -> Vec<Entry> {
        let counted = std::mem::take(&mut self.counted).into_iter().filter(|(_, count)| *count > 0);
        let mut entries: Vec<Entry> = counted
            .map(|(Kind { actor, category, action, outcome, code }, count)| {
                let entry = Entry::new(actor, category, action, outcome).detail("count", count);
                code.iter().fold(entry, |entry, code| entry.detail("code", code))
            })
            .collect();
        let others = std::mem::take(&mut self.others);
        if others > 0 {
            let anybody = Actor { kind: ActorKind::Anonymous, ..Actor::system() };
            let entry = Entry::new(anybody, Category::RequestError, "requests_refused", Outcome::Refused);
            entries.push(entry.detail("count", others));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_two_records_a_minute() {
        let mut refusals = Refusals::default();
        let from =
            |n: usize| Actor { kind: ActorKind::Anonymous, source: format!("10.0.{}.{}", n / 250, n % 250), ..Actor::system() };
        let at_once: Vec<Entry> =
            (0..10_000).filter_map(|_| refusals.refused(from(1), "not_allowed", 403, "PUT /site")).collect();
        assert_eq!(at_once.len(), 1);
        let later = refusals.minute();
        assert_eq!(later.len(), 1);
        assert_eq!(later[0].details["count"], "9999");
        assert!(refusals.minute().is_empty());
        let at_once = (0..5000).filter_map(|n| refusals.refused(from(n), "not_allowed", 403, "PUT /site")).count();
        assert_eq!(at_once, KINDS);
        assert_eq!(refusals.minute().last().unwrap().details["count"], (5000 - KINDS).to_string());
    }
}
