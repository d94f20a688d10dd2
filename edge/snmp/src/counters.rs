//! What was asked and answered, for the page of diagnostics; and which loopback socket stands for whom.

use haubert_model::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who asked is remembered for so many; who has not asked for longest goes first.
const TALKS: usize = 64;

/// What one address asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Who.
    pub source: IpAddr,
    /// As which user; `None` when nobody was let in from there.
    pub user: Option<String>,
    /// Messages that came.
    pub requests: u64,
    /// Messages that went back, reports of refusal too.
    pub answers: u64,
    /// When it last asked.
    pub last_at: Timestamp,
}

/// What was asked and answered since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Messages that the firewall let in.
    pub received: u64,
    /// Messages that went back.
    pub answered: u64,
    /// Values in them.
    pub values: u64,
    /// Messages dropped for their version.
    pub other_versions: u64,
    /// Messages dropped because they are none.
    pub malformed: u64,
    /// Messages with a wrong password, an unknown user, an unknown level or too old; discovery is not among them.
    pub unauthentic: u64,
    /// Who asked, the newest first.
    pub talks: Vec<Talk>,
}

#[derive(Default)]
struct Inner {
    counted: Counted,
    talks: BTreeMap<IpAddr, Talk>,
    doors: HashMap<u16, IpAddr>,
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
        let talk = inner.talks.entry(source).or_insert(Talk { source, user: None, requests: 0, answers: 0, last_at: at });
        talk.requests += 1;
        talk.last_at = at;
    }

    pub(crate) fn went(&self, source: IpAddr) {
        let mut inner = self.lock();
        inner.counted.answered += 1;
        if let Some(talk) = inner.talks.get_mut(&source) {
            talk.answers += 1;
        }
    }

    pub(crate) fn other_version(&self) {
        self.lock().counted.other_versions += 1;
    }

    pub(crate) fn malformed(&self) {
        self.lock().counted.malformed += 1;
    }

    pub(crate) fn unauthentic(&self, more: u64) {
        self.lock().counted.unauthentic += more;
    }

    /// From now on this port of the loopback stands for that address.
    pub(crate) fn door(&self, port: u16, source: IpAddr) {
        self.lock().doors.insert(port, source);
    }

    pub(crate) fn shut(&self, port: u16) {
        self.lock().doors.remove(&port);
    }

    /// Notes a value for whoever asks by this port; false when it stands for nobody.
    pub(crate) fn value(&self, port: u16, user: &[u8]) -> bool {
        let mut inner = self.lock();
        let Some(source) = inner.doors.get(&port).copied() else { return false };
        inner.counted.values += 1;
        if let Some(talk) = inner.talks.get_mut(&source)
            && talk.user.as_ref().is_none_or(|known| known.as_bytes() != user)
        {
            talk.user = Some(String::from_utf8_lossy(user).into_owned());
        }
        true
    }
}
