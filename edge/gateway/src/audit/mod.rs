//! The audit trail: who did what, when, from where, before and after (IEC 62443-4-2, CR 2.8 to 2.12, 3.9, 6.1, 6.2).
//!
//! What a record is and how tampering shows is `haubert_trust::audit`; here is where records come from and where they lie.
//! Changes of the configuration are taken from the database itself ([`capture`]): none gets through without its record, which is
//! durable *before* the change is (a change that then fails is recorded as undone). Requests are taken from the layer around the
//! API ([`layer`]). The files ([`files`]) have space of their own. While the trail cannot be written, measuring goes on and the
//! configuration stays as it is.

pub mod actions;
pub mod actor;
pub mod capture;
mod door;
pub mod export;
pub mod files;
pub mod layer;
pub mod pending;
pub mod reading;
pub mod refusals;
pub mod segment;
pub mod settings;
pub mod start;
pub mod syslog;
pub mod tending;
pub mod wiring;

#[cfg(test)]
mod tests;

pub use actor::current as current_actor;

use crate::store::events::{NewEvent, Severity};
use files::{Files, FilesError, Found};
use haubert_model::{Clock, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_trust::Key;
use haubert_trust::audit::{Actor, Category, ClockState, Entry, Head, LogId, Outcome, PublicKey};
use refusals::Refusals;
use settings::AuditSettings;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

/// The trail cannot be written now.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail cannot be written: {0}")]
pub struct Unavailable(String);

impl Unavailable {
    /// Because the gateway is about to stop.
    pub fn stopping() -> Self {
        Self("the gateway stops".to_owned())
    }
}

/// Where alarms about the trail go.
pub type Tell = Box<dyn Fn(NewEvent) + Send + Sync>;

/// Time as the rest of the gateway knows it.
struct Watch {
    clock: Arc<dyn Clock>,
    is_set: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What keeps the trail from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// Records that are missing in it because of that.
    pub missed: u64,
}

/// How the trail stands, for whoever watches it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The newest head.
    pub head: Option<Head>,
    /// What keeps it from being written.
    pub trouble: Option<Trouble>,
    /// Whether records younger than the promised days had to go.
    pub short: bool,
    /// What did not fit at the start: `records_missing`, `rolled_back`, `other_trail`.
    pub suspect: Option<&'static str>,
}

struct Inner {
    log: LogId,
    public_key: PublicKey,
    files: Mutex<Files>,
    watch: OnceLock<Watch>,
    tell: OnceLock<Tell>,
    state: watch::Sender<State>,
    settings: watch::Sender<AuditSettings>,
    refusals: Mutex<Refusals>,
    sender: syslog::SenderState,
    events_sender: syslog::SenderState,
}

/// Handle to the trail; clones share it.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

impl Audit {
    /// Opens the trail in `dir`, readable with the first of the storage keys `keys` that fits, or begins one; what is wrong with
    /// it is its next record.
    ///
    /// # Errors
    /// [`FilesError`]: the disk, or the random source.
    pub fn open(dir: &Path, keys: &[Key], settings: AuditSettings) -> Result<Self, FilesError> {
        let now = SystemClock::new().now();
        let aside = || dir.with_extension(format!("unreadable-{}", now.as_millis()));
        let (files, found) = Files::open(dir, keys, aside)?;
        let state = State { head: files.head(), ..State::default() };
        let (log, public_key) = (files.signer().log(), files.signer().public_key());
        let audit = Self(Arc::new(Inner {
            log,
            public_key,
            files: Mutex::new(files),
            watch: OnceLock::new(),
            tell: OnceLock::new(),
            state: watch::Sender::new(state),
            settings: watch::Sender::new(settings),
            refusals: Mutex::new(Refusals::default()),
            sender: syslog::SenderState::default(),
            events_sender: syslog::SenderState::default(),
        }));
        let entry = |action| Entry::new(Actor::system(), Category::AuditLog, action, Outcome::Success);
        let entry = match found {
            Found::Whole => return Ok(audit),
            Found::New => entry("begun"),
            Found::Unreadable(aside) => entry("begun").detail("aside", aside.display()),
            Found::Shorter(seq) => {
                let missing = Entry { outcome: Outcome::Failure, ..entry("records_missing").detail("known_to", seq) };
                audit.suspect("records_missing", missing);
                return Ok(audit);
            }
        };
        // A disk that refuses is told by whoever writes next.
        let _not_yet = audit.append(vec![entry]);
        audit.files().refill();
        Ok(audit)
    }

    /// From now on times are those of `clock`, and alarms go to `tell`.
    pub fn attach(&self, clock: Arc<dyn Clock>, is_set: Box<dyn Fn() -> bool + Send + Sync>, tell: Tell) {
        let _only_once = self.0.watch.set(Watch { clock, is_set });
        let _only_once = self.0.tell.set(tell);
        if let Some(what) = self.state().suspect {
            self.tell(NewEvent::new(self.now(), Severity::Critical, "audit_tampered", [("detail", what.to_owned())]));
        }
    }

    /// Records what happened. What cannot be written is counted, told, and recorded as a gap once it can.
    pub async fn record(&self, entry: Entry) {
        let audit = self.clone();
        if tokio::task::spawn_blocking(move || audit.record_blocking(entry)).await.is_err() {
            tracing::error!("the gateway stops: a record of the audit trail is lost");
        }
    }

    /// Records that the gateway by itself has done `action`.
    pub async fn note(&self, action: &'static str) {
        self.record(Entry::new(Actor::system(), Category::System, action, Outcome::Success)).await;
    }

    /// Records that something did not fit at the start, and remembers it for whoever looks.
    fn suspect(&self, what: &'static str, entry: Entry) {
        self.0.state.send_modify(|state| state.suspect = Some(what));
        self.record_blocking(entry);
    }

    /// Records what may come often: the first of a kind at once, the others of the same minute as one number. Never waits.
    pub fn count(&self, entry: Entry) {
        let first = self.refusals().count(entry);
        if let Some(entry) = first {
            let audit = self.clone();
            tokio::spawn(async move { audit.record(entry).await });
        }
    }

    /// As [`Audit::record`], for threads that may block.
    pub fn record_blocking(&self, entry: Entry) {
        // Counted and told there.
        let _counted = self.append(vec![entry]);
    }

    /// Records changes of the configuration that are about to become durable.
    ///
    /// # Errors
    /// [`Unavailable`]: then they must not.
    pub fn changing(&self, entries: Vec<Entry>) -> Result<Option<Head>, Unavailable> {
        self.append(entries)
    }

    /// Records that the changes up to `head` did not become durable after all.
    pub fn undone(&self, from: u64, head: Head) {
        let entry = Entry::new(actor::current(), Category::Configuration, "undone", Outcome::Failure);
        self.record_blocking(entry.detail("from", from).detail("to", head.seq));
    }

    /// The newest head; `None` before the first record.
    pub fn head(&self) -> Option<Head> {
        self.0.state.borrow().head
    }

    /// What checks its signatures.
    pub fn public_key(&self) -> PublicKey {
        self.0.public_key
    }

    /// Its identity.
    pub fn log(&self) -> LogId {
        self.0.log
    }

    /// How it stands.
    pub fn state(&self) -> State {
        self.0.state.borrow().clone()
    }

    /// Follows how it stands; a new record changes it.
    pub fn subscribe(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// What is set for it.
    pub fn settings(&self) -> AuditSettings {
        self.0.settings.borrow().clone()
    }

    /// Follows what is set for it.
    pub fn follow_settings(&self) -> watch::Receiver<AuditSettings> {
        self.0.settings.subscribe()
    }

    /// Puts other settings in force.
    pub fn set(&self, settings: AuditSettings) {
        self.0.settings.send_replace(settings);
    }

    /// The sender of syslog messages, as it stands.
    pub fn sender(&self) -> &syslog::SenderState {
        &self.0.sender
    }

    /// The same of ordinary events.
    pub fn events_sender(&self) -> &syslog::SenderState {
        &self.0.events_sender
    }

    /// Bytes that the trail takes, and blank segments in reserve.
    pub fn room(&self) -> (u64, usize) {
        let files = self.files();
        (files.bytes(), files.reserve())
    }

    /// Seals the trail's own keys with another storage key: once before that key is in force, and once when it is.
    ///
    /// # Errors
    /// [`FilesError`]; the trail then still opens with the key before.
    pub fn rewrap(&self, storage: &Key) -> Result<(), FilesError> {
        self.files().rewrap(storage)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.0.watch.get().map_or_else(|| SystemClock::new().now(), |watch| watch.clock.now())
    }

    fn clock_state(&self) -> ClockState {
        match self.0.watch.get() {
            Some(watch) if !(watch.is_set)() => ClockState::Unset,
            _ => ClockState::Set,
        }
    }

    fn tell(&self, event: NewEvent) {
        if let Some(tell) = self.0.tell.get() {
            tell(event);
        }
    }

    /// From now on writing fails, as on a disk that refuses, or works again.
    #[cfg(test)]
    fn fail_from_now_on(&self, fails: bool) {
        self.files().fails = fails;
    }

    fn append(&self, mut entries: Vec<Entry>) -> Result<Option<Head>, Unavailable> {
        let (now, clock) = (self.now(), self.clock_state());
        let mut files = self.files();
        let count = entries.len() as u64;
        if let Some(trouble) = self.0.state.borrow().trouble {
            entries.insert(0, gap(trouble));
        }
        match files.append(entries, now, clock) {
            Ok(head) => {
                let recovered = self.0.state.borrow().trouble.is_some();
                self.0.state.send_modify(|state| (state.head, state.trouble) = (head.or(state.head), None));
                drop(files);
                if recovered {
                    self.tell(NewEvent::new(now, Severity::Info, "audit_available", []));
                }
                Ok(head)
            }
            Err(error) => {
                drop(files);
                tracing::error!(error = &error as &dyn std::error::Error, "the audit trail cannot be written");
                let mut first = false;
                self.0.state.send_modify(|state| {
                    let trouble = state.trouble.get_or_insert_with(|| {
                        first = true;
                        Trouble { since: now, missed: 0 }
                    });
                    trouble.missed += count;
                });
                if first {
                    self.tell(NewEvent::new(now, Severity::Critical, "audit_unavailable", [("detail", error.to_string())]));
                }
                Err(Unavailable(error.to_string()))
            }
        }
    }
}

/// Seals the keys of the trail in `dir` with the storage key `next` in one of their two copies, while the gateway does not run; the
/// other copy stays under `old`. Does nothing when there is no trail.
///
/// # Errors
/// [`FilesError`].
pub fn rewrap_folder(dir: &Path, old: &Key, next: &Key) -> Result<(), FilesError> {
    if !dir.exists() {
        return Ok(());
    }
    let (files, _) = Files::open(dir, std::slice::from_ref(old), || dir.with_extension("unreadable"))?;
    files.rewrap(next)
}

/// What stands where records are missing.
fn gap(trouble: Trouble) -> Entry {
    Entry::new(Actor::system(), Category::AuditLog, "interrupted", Outcome::Failure)
        .detail("since", haubert_service::wire::Time(trouble.since))
        .detail("missed", trouble.missed)
}
