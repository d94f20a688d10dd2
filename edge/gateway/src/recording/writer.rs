//! The one thread that writes history.
//!
//! It takes records from a bounded queue, appends them once a second in one durable batch, seals chunks and applies
//! retention. When the disk is full or fails, it keeps what it could not write, tries again, says so in its status, and only
//! when its reserve is full drops the newest, counted. Field buses are never slowed by it.

use super::recorder::Record;
use crate::config::{Config, Retention};
use haubert_historian::{RetentionPolicy, Sample, SealPolicy, SeriesSpec, Store, StoreError};
use haubert_model::{Clock, Decimal, LoadId, Quantity, RecordKind, SeriesId, Timestamp};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Batches that may wait for the thread.
const QUEUE: usize = 1_024;
/// Samples kept in memory while the disk refuses them.
const RESERVE: usize = 500_000;
/// Time between two appends.
const FLUSH: Duration = Duration::from_secs(1);
/// Appends between two looks for chunks to seal.
const SEAL_EVERY: u32 = 5;
/// Appends between two applications of retention (an hour).
const RETIRE_EVERY: u32 = 3_600;
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
}

/// What keeps history from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No space left.
    DiskFull,
    /// Another failure of the file or the disk.
    Failing,
}

enum Order {
    Keep(Vec<Record>),
    Stop,
}

/// Handle to the thread.
pub struct Writer {
    orders: SyncSender<Order>,
    status: Arc<Mutex<Status>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread on an open store. `acknowledged` tells the cursor from which the hub has not yet confirmed chunks;
    /// `None` when there is no hub.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        config: &Config,
        clock_set: impl Fn() -> bool + Send + 'static,
        acknowledged: impl Fn() -> Option<u64> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, queue) = sync_channel(QUEUE);
        let status = Arc::new(Mutex::new(Status::default()));
        let seal = SealPolicy { max_samples: CHUNK_SAMPLES, max_age_ms: i64::from(config.recording.chunk_seconds) * 1_000 };
        let mut desk = Desk {
            series: known_series(&store),
            store,
            clock,
            pending: Vec::new(),
            status: Arc::clone(&status),
            seal,
            retention: policy(config.retention),
            clock_set: Box::new(clock_set),
            acknowledged: Box::new(acknowledged),
            rounds: 0,
        };
        let thread = std::thread::Builder::new().name("historian".to_owned()).spawn(move || desk.work(&queue))?;
        Ok(Self { orders, status, thread: Mutex::new(Some(thread)) })
    }

    /// Hands over records. Never blocks; when the queue is full the records are dropped and counted.
    pub fn keep(&self, records: Vec<Record>) {
        let count = records.len();
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.orders.try_send(Order::Keep(records)) {
            self.status.lock().unwrap_or_else(PoisonError::into_inner).dropped += count as u64;
        }
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is pending and ends the thread.
    pub fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A full or closed queue means that the thread is ending or will see the handle dropped.
            let _ending = self.orders.send(Order::Stop);
            if thread.join().is_err() {
                tracing::error!("the historian's thread panicked");
            }
        }
    }
}

type SeriesKey = (LoadId, Quantity, RecordKind, Option<i64>);

struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    series: HashMap<SeriesKey, (SeriesId, i8)>,
    /// Not yet durable.
    pending: Vec<Record>,
    status: Arc<Mutex<Status>>,
    seal: SealPolicy,
    retention: RetentionPolicy,
    clock_set: Box<dyn Fn() -> bool + Send>,
    acknowledged: Box<dyn Fn() -> Option<u64> + Send>,
    rounds: u32,
}

impl Desk {
    fn work(&mut self, queue: &Receiver<Order>) {
        let mut due = self.clock.monotonic_ms();
        loop {
            let wait = Duration::from_millis(due.saturating_sub(self.clock.monotonic_ms()));
            match queue.recv_timeout(wait) {
                Ok(Order::Keep(records)) => self.take(records),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.flush();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.round();
                    due = self.clock.monotonic_ms() + FLUSH.as_millis() as u64;
                }
            }
        }
    }

    fn round(&mut self) {
        self.flush();
        self.rounds = self.rounds.wrapping_add(1);
        let now = self.clock.now();
        if self.rounds.is_multiple_of(SEAL_EVERY) {
            let outcome = self.store.seal(now, &self.seal).map(|_| ());
            self.note(outcome, None);
        }
        if self.rounds.is_multiple_of(RETIRE_EVERY) && (self.clock_set)() {
            let keep_from = (self.acknowledged)();
            let outcome = self.store.enforce(&self.retention, now, keep_from).map(|_| ());
            self.note(outcome, None);
        }
    }

    fn take(&mut self, mut records: Vec<Record>) {
        let room = RESERVE.saturating_sub(self.pending.len());
        let over = records.len().saturating_sub(room);
        if over > 0 {
            records.truncate(room);
            self.status.lock().unwrap_or_else(PoisonError::into_inner).dropped += over as u64;
        }
        self.pending.append(&mut records);
    }

    /// The sample in its series' scale; `None` for a gap in a series that does not exist yet.
    fn sample(&mut self, record: &Record) -> Result<Option<(SeriesId, Sample)>, StoreError> {
        let key = key_of(record);
        let known = self.series.get(&key).copied();
        let Some(value) = record.value else {
            return Ok(known.map(|(series, _)| (series, Sample::missing(record.at, record.reason))));
        };
        let fits = known
            .and_then(|(series, exponent)| Some((series, value.rescaled(exponent).ok().filter(|_| exponent <= value.exponent)?)));
        let (series, value) = match fits {
            Some(found) => found,
            // The first value, or one with a finer scale than its series has: a new series keeps it exact.
            None => {
                let series = self.store.declare(&spec_of(record, value))?;
                self.series.insert(key, (series, value.exponent));
                (series, value)
            }
        };
        Ok(Some((series, Sample::measured(record.at, value.mantissa, record.reason))))
    }

    /// Makes what is pending durable, or leaves all of it pending.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let outcome = self.append();
        if outcome.is_ok() {
            self.pending.clear();
        }
        let now = self.clock.now();
        self.note(outcome, Some(now));
    }

    fn append(&mut self) -> Result<(), StoreError> {
        self.declare_new()?;
        let mut samples = Vec::with_capacity(self.pending.len());
        for at in 0..self.pending.len() {
            let Some(record) = self.pending.get(at).copied() else { break };
            samples.extend(self.sample(&record)?);
        }
        self.store.append(&samples)
    }

    /// Declares the series that pending records are the first of, with one wait for the disk: on the first day of a large
    /// site there are thousands at once.
    fn declare_new(&mut self) -> Result<(), StoreError> {
        let mut wanted: HashMap<SeriesKey, SeriesSpec> = HashMap::new();
        for record in &self.pending {
            if let Some(value) = record.value
                && !self.series.contains_key(&key_of(record))
            {
                wanted.entry(key_of(record)).or_insert_with(|| spec_of(record, value));
            }
        }
        let (keys, specs): (Vec<SeriesKey>, Vec<SeriesSpec>) = wanted.into_iter().unzip();
        let ids = self.store.declare_all(&specs)?;
        for ((key, spec), id) in keys.into_iter().zip(&specs).zip(ids) {
            self.series.insert(key, (id, spec.exponent));
        }
        Ok(())
    }

    fn note(&self, outcome: Result<(), StoreError>, written_at: Option<Timestamp>) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.waiting = self.pending.len();
        match outcome {
            Ok(()) => {
                if written_at.is_some() {
                    status.last_write_at = written_at;
                    status.trouble = None;
                }
            }
            Err(error) => {
                let trouble = if matches!(error, StoreError::DiskFull) { Trouble::DiskFull } else { Trouble::Failing };
                if status.trouble != Some(trouble) {
                    tracing::error!(error = &error as &dyn std::error::Error, "history cannot be written");
                }
                status.trouble = Some(trouble);
            }
        }
    }
}

const fn key_of(record: &Record) -> SeriesKey {
    (record.load, record.quantity, record.kind, record.period_ms)
}

/// The series that `value` is the first of.
fn spec_of(record: &Record, value: Decimal) -> SeriesSpec {
    let rollover = record.rollover.and_then(|limit| limit.rescaled(value.exponent).ok()).map(|limit| limit.mantissa);
    SeriesSpec {
        kind: record.kind,
        quantity: record.quantity,
        exponent: value.exponent,
        period_ms: record.period_ms,
        load: record.load,
        rollover,
    }
}

/// For each kind of record of a load, its finest series.
fn known_series(store: &Store) -> HashMap<SeriesKey, (SeriesId, i8)> {
    let mut known = HashMap::new();
    for info in store.series().unwrap_or_default() {
        let key = (info.spec.load, info.spec.quantity, info.spec.kind, info.spec.period_ms);
        let entry = known.entry(key).or_insert((info.id, info.spec.exponent));
        if info.spec.exponent < entry.1 {
            *entry = (info.id, info.spec.exponent);
        }
    }
    known
}

fn policy(retention: Retention) -> RetentionPolicy {
    RetentionPolicy {
        index_days: Some(retention.index_days),
        load_curve_days: Some(retention.load_curve_days),
        trend_days: Some(retention.trend_days),
        state_days: Some(retention.state_days),
    }
}
