//! Searches for devices: started, watched, cancelled; a few are remembered.

use super::Field;
use crate::policy::lines::held_by;
use crate::policy::{Policies, Service};
use haubert_fieldbus::{Discovery, DiscoverySettings, Line, Progress, ProgressState};
use haubert_model::{DiscoveryId, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Searches remembered; starting another forgets (and cancels) the oldest.
const KEPT: usize = 8;

struct Entry {
    id: DiscoveryId,
    started_at: Timestamp,
    line: Line,
    discovery: Discovery,
}

/// A search at one moment.
pub struct Search {
    /// Identity.
    pub id: DiscoveryId,
    /// When it began.
    pub started_at: Timestamp,
    /// How far it is and what it found.
    pub progress: Progress,
}

/// The searches of this gateway.
#[derive(Clone, Default)]
pub struct Searches(Arc<Mutex<VecDeque<Entry>>>);

impl Searches {
    /// Starts a search. Where a bus runs on the same line, probes take their turn on it.
    pub async fn start(&self, field: &Field, settings: DiscoverySettings) -> Search {
        let single = settings.hosts.is_empty();
        let line = settings.line.clone();
        let bus = if single { field.line(&settings.line).await } else { None };
        let discovery = Discovery::start(settings, field.catalogue(), field.0.commons.gates.clone(), bus);
        let entry = Entry { id: DiscoveryId(Uuid::new_v4()), started_at: field.0.commons.clock.now(), line, discovery };
        let search = entry.search();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(entry);
        search
    }

    /// How many are under way.
    pub fn running(&self) -> usize {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|entry| entry.discovery.progress().borrow().state == ProgressState::Running).count()
    }

    /// Ends the searches that the policy does not let go on, until nobody can change it any more.
    pub async fn heed(self, policy: Policies) {
        let mut changes = policy.subscribe();
        while changes.changed().await.is_ok() {
            let now = policy.current();
            let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for entry in entries.iter().filter(|entry| !now.allows(Service::Discovery) || held_by(&now, &entry.line).is_some()) {
                entry.discovery.cancel();
            }
        }
    }

    /// A search by its id.
    pub fn get(&self, id: DiscoveryId) -> Option<Search> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|entry| entry.id == id).map(Entry::search)
    }

    /// Ends a search; what it found stays. `false` when there is none.
    pub fn cancel(&self, id: DiscoveryId) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries.iter().find(|entry| entry.id == id);
        if let Some(entry) = found {
            entry.discovery.cancel();
        }
        found.is_some()
    }
}

impl Entry {
    fn search(&self) -> Search {
        Search { id: self.id, started_at: self.started_at, progress: self.discovery.progress().borrow().clone() }
    }
}
