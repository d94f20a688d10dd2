//! The one thread that writes history.
//!
//! It takes rows from a bounded store of them, appends them about once a second in one durable batch, seals and compacts
//! chunks, and applies retention. When the disk is full or fails, it keeps what it could not write, tries again, says so in
//! its status and as events, and only when its reserve is full drops the newest, counted. Field buses are never slowed by it.
//!
//! The order in which rows are handed over is the order of the history: the journal keeps it, and the cursors of chunks grow
//! with it, whatever the wall clock does.

use super::desk::Desk;
use super::sink::{Record, Row, Sinks};
use crate::history_settings::HistorySettings;
use crate::store::events::{NewEvent, Severity};
use haubert_historian::{Retired, SealPolicy, Store, StoreError};
use haubert_model::{Clock, Timestamp};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Rows kept in memory while the disk is slow or refuses them (24 bytes each): 20 seconds of the largest site at a sample per
/// second, which must be longer than its series take to be declared on its first day.
const RESERVE: usize = 2_000_000;
/// Most rows in one append: bounds the memory that it takes when many have waited.
const APPEND_AT_ONCE: usize = 250_000;
/// Late records kept likewise.
const LATE_RESERVE: usize = 50_000;
/// Least time between two appends, milliseconds. Each is a wait for the disk, and wears flash out.
const FLUSH_MS: u64 = 1_000;
/// Memory for rows that is kept for the next ones; what trouble took beyond it is given back.
const KEEP_ROWS: usize = 131_072;
/// Rounds between two looks for chunks to seal, and most samples sealed in one round.
const SEAL_EVERY: u32 = 5;
const SEAL_AT_ONCE: usize = 500_000;
/// Rounds between two steps of compaction.
const COMPACT_EVERY: u32 = 10;
/// Room made on a full disk at a time, bytes.
const EVICT_BYTES: u64 = 8 << 20;
/// Rounds between two applications of retention, without and with a budget.
const RETIRE_EVERY: u32 = 3_600;
const BUDGET_EVERY: u32 = 60;
/// Samples of a full chunk.
const CHUNK_SAMPLES: usize = 4_096;

/// How the historian is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Why the last write failed, if it did.
    pub trouble: Option<Trouble>,
    /// When samples were last made durable.
    pub last_write_at: Option<Timestamp>,
    /// Samples that wait because of trouble.
    pub waiting: usize,
    /// Samples dropped since start because the reserve was full.
    pub dropped: u64,
    /// When retention and budget last removed something, and what.
    pub last_retired: Option<(Timestamp, Retired)>,
}

/// What keeps history from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No space left.
    DiskFull,
    /// Another failure of the file or the disk.
    Failing,
}

impl Trouble {
    const fn of(error: &StoreError) -> Self {
        if matches!(error, StoreError::DiskFull) { Self::DiskFull } else { Self::Failing }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Failing => "history_failing",
        }
    }
}

/// What the thread works with.
pub struct Parts {
    /// The open history.
    pub store: Store,
    /// Where rows go.
    pub sinks: Arc<Sinks>,
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Retention and budget.
    pub settings: watch::Receiver<Arc<HistorySettings>>,
    /// Age at which samples leave the journal, seconds.
    pub chunk_seconds: u32,
    /// Whether the clock is trusted enough to call samples old.
    pub retention_allowed: Box<dyn Fn() -> bool + Send>,
    /// The cursor from which the hub has not yet confirmed chunks; `None` when there is no hub.
    pub acknowledged: Box<dyn Fn() -> Option<u64> + Send>,
    /// Where events are told.
    pub tell: Box<dyn Fn(NewEvent) + Send>,
}

#[derive(Default)]
struct Inbox {
    rows: Vec<Row>,
    late: Vec<Record>,
    /// Rows that the thread holds besides.
    held: usize,
    retire: bool,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    wake: Condvar,
    status: Mutex<Status>,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handle to the thread.
pub struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let seal = SealPolicy { max_samples: CHUNK_SAMPLES, max_age_ms: i64::from(parts.chunk_seconds) * 1_000 };
        let mut work = Work {
            desk: Desk::new(parts.store, parts.sinks),
            clock: parts.clock,
            settings: parts.settings,
            retention_allowed: parts.retention_allowed,
            acknowledged: parts.acknowledged,
            tell: parts.tell,
            shared: Arc::clone(&shared),
            pending: Vec::new(),
            late: Vec::new(),
            seal,
            rounds: 0,
            flushed_ms: None,
            more_to_seal: false,
            more_to_compact: false,
            over_budget: false,
        };
        for lost in work.desk.store.salvaged() {
            let params = [("detail", lost.clone())];
            (work.tell)(NewEvent::new(work.clock.now(), Severity::Critical, "history_salvaged", params));
        }
        let thread = std::thread::Builder::new().name("historian".to_owned()).spawn(move || work.work())?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Hands over rows. Never waits for the disk; when the reserve is full the rows are dropped and counted.
    pub fn keep(&self, rows: &[Row]) {
        let mut inbox = self.shared.inbox();
        let room = RESERVE.saturating_sub(inbox.held.saturating_add(inbox.rows.len()));
        let was_empty = inbox.rows.is_empty();
        let (kept, over) = rows.split_at_checked(room).unwrap_or((rows, &[]));
        inbox.rows.extend_from_slice(kept);
        drop(inbox);
        if !over.is_empty() {
            self.shared.status().dropped += over.len() as u64;
        }
        if was_empty {
            self.shared.wake.notify_one();
        }
    }

    /// Hands over what was measured a while ago; `false` when there is no room for all of it now: none is then taken.
    pub fn keep_late(&self, records: Vec<Record>) -> bool {
        let mut inbox = self.shared.inbox();
        let fits = inbox.late.len().saturating_add(records.len()) <= LATE_RESERVE;
        if fits {
            inbox.late.extend(records);
            drop(inbox);
            self.shared.wake.notify_one();
        }
        fits
    }

    /// Has retention and budget applied in the next round.
    pub fn retire_soon(&self) {
        self.shared.inbox().retire = true;
        self.shared.wake.notify_one();
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        *self.shared.status()
    }

    /// Writes what is pending and ends the thread.
    pub fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            self.shared.inbox().stop = true;
            self.shared.wake.notify_one();
            if thread.join().is_err() {
                tracing::error!("the historian's thread panicked");
            }
        }
    }
}

struct Work {
    desk: Desk,
    clock: Arc<dyn Clock>,
    settings: watch::Receiver<Arc<HistorySettings>>,
    retention_allowed: Box<dyn Fn() -> bool + Send>,
    acknowledged: Box<dyn Fn() -> Option<u64> + Send>,
    tell: Box<dyn Fn(NewEvent) + Send>,
    shared: Arc<Shared>,
    /// Not yet durable.
    pending: Vec<Row>,
    late: Vec<Record>,
    seal: SealPolicy,
    rounds: u32,
    /// Monotonic time of the last attempt to append.
    flushed_ms: Option<u64>,
    more_to_seal: bool,
    more_to_compact: bool,
    over_budget: bool,
}

/// What the thread was woken for.
struct Woken {
    stop: bool,
    retire: bool,
}

impl Work {
    fn work(&mut self) {
        loop {
            let woken = self.wait();
            self.flush();
            if woken.stop {
                return;
            }
            self.keep_house(woken.retire);
        }
    }

    /// Waits for the next round, and takes over what has come. Rounds are a second apart; after a pause the first rows are
    /// not made to wait for one.
    fn wait(&mut self) -> Woken {
        let from = self.clock.monotonic_ms();
        let round_ms = from.saturating_add(FLUSH_MS);
        let may_flush_ms = self.flushed_ms.map_or(0, |last| last.saturating_add(FLUSH_MS));
        let mut inbox = self.shared.inbox();
        loop {
            let now_ms = self.clock.monotonic_ms();
            let wanted = !inbox.rows.is_empty() || !inbox.late.is_empty() || inbox.retire;
            let due_ms = if wanted { may_flush_ms.min(round_ms) } else { round_ms };
            if inbox.stop || now_ms >= due_ms {
                break;
            }
            let wait = Duration::from_millis(due_ms - now_ms);
            inbox = self.shared.wake.wait_timeout(inbox, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        if self.pending.is_empty() {
            std::mem::swap(&mut self.pending, &mut inbox.rows);
        } else {
            self.pending.append(&mut inbox.rows);
        }
        self.late.append(&mut inbox.late);
        inbox.held = self.pending.len();
        Woken { stop: inbox.stop, retire: std::mem::take(&mut inbox.retire) }
    }

    /// Makes what is pending durable, or leaves all of it pending.
    fn flush(&mut self) {
        if self.pending.is_empty() && self.late.is_empty() {
            return;
        }
        self.flushed_ms = Some(self.clock.monotonic_ms());
        let outcome = self.append_all();
        self.pending.shrink_to(KEEP_ROWS);
        self.shared.inbox().held = self.pending.len();
        let is_full = matches!(outcome, Err(StoreError::DiskFull));
        self.note(outcome, true);
        if is_full {
            self.make_room();
        }
    }

    /// Takes off what is durable; on error the rest stays, in order.
    fn append_all(&mut self) -> Result<(), StoreError> {
        while !(self.pending.is_empty() && self.late.is_empty()) {
            let count = self.pending.len().min(APPEND_AT_ONCE);
            self.desk.append(self.pending.get(..count).unwrap_or_default(), &self.late)?;
            self.pending.drain(..count);
            self.late = Vec::new();
        }
        Ok(())
    }

    /// Sealing, compaction and retention, a bounded part of each at a time.
    fn keep_house(&mut self, retire: bool) {
        self.rounds = self.rounds.wrapping_add(1);
        let now = self.clock.now();
        if self.more_to_seal || self.rounds.is_multiple_of(SEAL_EVERY) {
            let outcome = self.desk.store.seal_some(now, &self.seal, SEAL_AT_ONCE);
            self.more_to_seal = outcome.as_ref().is_ok_and(|sealed| sealed.more);
            self.note(outcome.map(|_| ()), false);
        } else if self.pending.is_empty() && (self.more_to_compact || self.rounds.is_multiple_of(COMPACT_EVERY)) {
            // Only when nothing more urgent is to do.
            let outcome = self.desk.store.compact(&self.acknowledged);
            self.more_to_compact = outcome.as_ref().is_ok_and(|compacted| compacted.more);
            self.note(outcome.map(|_| ()), false);
        }
        let changed = self.settings.has_changed().unwrap_or(false);
        let settings = Arc::clone(&self.settings.borrow_and_update());
        let every = if settings.budget_bytes.is_some() { BUDGET_EVERY } else { RETIRE_EVERY };
        if (changed || retire || self.rounds.is_multiple_of(every)) && (self.retention_allowed)() {
            self.retire(&settings, now);
        }
    }

    fn retire(&mut self, settings: &HistorySettings, now: Timestamp) {
        let outcome = self.desk.store.enforce(&settings.policy(), now, (self.acknowledged)());
        if let Ok(retired) = &outcome {
            self.tell_retired(*retired, now);
        }
        self.note(outcome.map(|_| ()), false);
    }

    /// What went by age went as somebody wished; what went for want of room is told.
    fn tell_retired(&mut self, retired: Retired, now: Timestamp) {
        if retired != Retired::default() {
            self.shared.status().last_retired = Some((now, retired));
        }
        if retired.evicted_chunks > 0 {
            let params = [("samples", retired.evicted_samples.to_string())];
            (self.tell)(NewEvent::new(now, Severity::Warning, "history_evicted", params));
        }
        if retired.over_budget && !self.over_budget {
            (self.tell)(NewEvent::new(now, Severity::Warning, "history_over_budget", []));
        }
        self.over_budget = retired.over_budget;
    }

    /// The disk is full and the reserve half: better the oldest goes than the newest, even what the hub does not have.
    fn make_room(&mut self) {
        if self.pending.len() < RESERVE / 2 {
            return;
        }
        let now = self.clock.now();
        match self.desk.store.evict(EVICT_BYTES, None) {
            Ok(retired) => self.tell_retired(retired, now),
            // The disk was too full for that as well: the next round tries again.
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "no room could be made"),
        }
    }

    /// Keeps the status, and tells when trouble begins, changes or ends.
    fn note(&self, outcome: Result<(), StoreError>, wrote: bool) {
        let now = self.clock.now();
        let mut status = self.shared.status();
        status.waiting = self.pending.len();
        let before = status.trouble;
        let (trouble, detail) = match &outcome {
            Ok(()) if wrote => (None, String::new()),
            Ok(()) => (before, String::new()),
            Err(error) => (Some(Trouble::of(error)), error.to_string()),
        };
        if outcome.is_ok() && wrote {
            status.last_write_at = Some(now);
        }
        status.trouble = trouble;
        let (waiting, dropped) = (status.waiting, status.dropped);
        drop(status);
        match (before, trouble) {
            (before, Some(trouble)) if before != Some(trouble) => {
                tracing::error!(detail, "history cannot be written");
                let params = [("waiting", waiting.to_string()), ("detail", detail)];
                (self.tell)(NewEvent::new(now, Severity::Critical, trouble.code(), params));
            }
            (Some(_), None) => {
                let params = [("dropped", dropped.to_string())];
                (self.tell)(NewEvent::new(now, Severity::Info, "history_writes_again", params));
            }
            _ => {}
        }
    }
}
