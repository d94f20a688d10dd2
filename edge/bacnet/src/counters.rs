//! What was asked and answered, for the page of diagnostics.

use crate::membership::Registration;
use haubert_model::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who asked is remembered for so many; who has not asked for longest goes first.
const TALKS: usize = 64;

/// What requests are for, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Who-Is.
    WhoIs,
    /// Who-Has.
    WhoHas,
    /// ReadProperty.
    ReadProperty,
    /// ReadPropertyMultiple.
    ReadPropertyMultiple,
    /// ReadRange.
    ReadRange,
    /// SubscribeCOV.
    SubscribeCov,
    /// Whatever would write.
    Write,
    /// Messages of routers.
    Router,
    /// Registrations of foreign devices and what belongs to them.
    Foreign,
    /// Services that are not executed here.
    Other,
}

/// What one address asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Who.
    pub source: IpAddr,
    /// Messages that came.
    pub requests: u64,
    /// Messages that went back, notifications among them.
    pub answers: u64,
    /// When it last asked.
    pub last_at: Timestamp,
}

/// What was asked and answered since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Messages that the firewall let in.
    pub received: u64,
    /// Messages that it did not.
    pub refused: u64,
    /// Messages that went out.
    pub sent: u64,
    /// Messages dropped because they are none, or are not for us.
    pub malformed: u64,
    /// Requests that were answered with an error, a rejection or an abort.
    pub failed: u64,
    /// Notifications of changes.
    pub notifications: u64,
    /// By what they were for.
    pub requests: BTreeMap<Asked, u64>,
    /// Subscriptions now.
    pub subscriptions: usize,
    /// Foreign devices now.
    pub foreign: usize,
    /// How the gateway's own registration at a BBMD stands.
    pub registration: Registration,
    /// Who asked, the newest first.
    pub talks: Vec<Talk>,
}

#[derive(Default)]
struct Inner {
    counted: Counted,
    talks: BTreeMap<IpAddr, Talk>,
}

/// Counters; clones share them.
#[derive(Clone, Default)]
pub struct Counters(Arc<Mutex<Inner>>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters now.
    pub fn read(&self) -> Counted {
        let inner = self.lock();
        let mut counted = inner.counted.clone();
        counted.talks = inner.talks.values().cloned().collect();
        counted.talks.sort_by_key(|talk| std::cmp::Reverse(talk.last_at));
        counted
    }

    pub(crate) fn came(&self, source: IpAddr, at: Timestamp) {
        let mut inner = self.lock();
        inner.counted.received += 1;
        if !inner.talks.contains_key(&source) && inner.talks.len() >= TALKS {
            let oldest = inner.talks.values().min_by_key(|talk| talk.last_at).map(|talk| talk.source);
            oldest.and_then(|oldest| inner.talks.remove(&oldest));
        }
        let talk = inner.talks.entry(source).or_insert(Talk { source, requests: 0, answers: 0, last_at: at });
        talk.requests += 1;
        talk.last_at = at;
    }

    pub(crate) fn went(&self, to: IpAddr) {
        let mut inner = self.lock();
        inner.counted.sent += 1;
        if let Some(talk) = inner.talks.get_mut(&to) {
            talk.answers += 1;
        }
    }

    pub(crate) fn asked(&self, what: Asked) {
        *self.lock().counted.requests.entry(what).or_default() += 1;
    }

    pub(crate) fn malformed(&self) {
        self.lock().counted.malformed += 1;
    }

    pub(crate) fn failed(&self) {
        self.lock().counted.failed += 1;
    }

    pub(crate) fn notified(&self) {
        self.lock().counted.notifications += 1;
    }

    pub(crate) fn refused(&self, more: u64) {
        self.lock().counted.refused += more;
    }

    pub(crate) fn now(&self, subscriptions: usize, foreign: usize, registration: Registration) {
        let counted = &mut self.lock().counted;
        (counted.subscriptions, counted.foreign, counted.registration) = (subscriptions, foreign, registration);
    }
}
