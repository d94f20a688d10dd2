//! Sends records over TLS, from the one after the last that was delivered.

use super::SETTLED;
use super::message::{counted, message};
use crate::audit::reading::{Filter, oldest_first};
use crate::audit::{Audit, State};
use crate::dial::DialError;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, settings};
use haubert_model::{Clock, Timestamp};
use haubert_trust::audit::{Actor, Category, Entry, LogId, Outcome};
use haubert_trust::{PeerFault, TlsError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

/// Name of the setting that holds the number of the last record delivered.
const SENT: &str = "audit_sent";
const ANSWER: Duration = Duration::from_secs(15);
/// Records read at once.
const BATCH: usize = 200;
/// Waiting time after a failure: doubled from the first to the last.
const AGAIN: (u64, u64) = (1, 300);
/// Between two looks at what has settled.
const LOOK: Duration = Duration::from_secs(1);
/// An alarm after so long without delivery.
const ALARM_MS: i64 = 15 * 60_000;

/// Where to send, and how to know the receiver.
pub type Receiver = crate::dial::Target;

/// Gives the receiver now in force: `None` while nothing is to be sent.
pub type Wanted = Box<dyn Fn() -> Result<Option<Receiver>, TlsError> + Send + Sync>;

/// What sending needs.
pub struct Parts {
    /// The trail.
    pub audit: Audit,
    /// Where the place reached is kept.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// This gateway's name in the messages.
    pub name: Box<dyn Fn() -> String + Send + Sync>,
    /// The receiver now in force.
    pub wanted: Wanted,
    /// Changes when the receiver may have.
    pub changed: watch::Receiver<u64>,
}

/// Why records could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, or it broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The receiver cannot be reached, or is not believed.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The trail cannot be read.
    #[error("the trail cannot be read: {0}")]
    Reading(io::Error),
}

impl SendError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(error) => PeerFault::within(error).map_or("connection_failed", PeerFault::code),
            Self::Timeout => "no_answer",
            Self::Tls(_) => "tls_settings",
            Self::Dial(error) => error.code(),
            Self::Reading(_) => "trail_unreadable",
        }
    }
}

/// How far sending is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Whether there is a receiver.
    pub wanted: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Number of the last record delivered.
    pub seq: u64,
    /// When the last was.
    pub at: Option<Timestamp>,
    /// Why not: code and words of the last failure.
    pub error: Option<(&'static str, String)>,
    /// Since when there is something to send and nothing was delivered.
    pub stuck_since: Option<Timestamp>,
    /// Whether that was told.
    pub told: bool,
}

/// How far sending is, to be shown.
pub type SenderState = watch::Sender<Sent>;

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Place {
    seq: u64,
}

/// Sends until the future is dropped.
pub async fn work(mut parts: Parts) {
    let place = parts.db.call(|tx| settings::get::<Place>(tx, SENT)).await.ok().flatten().unwrap_or_default();
    parts.audit.sender().send_modify(|sent| sent.seq = place.seq);
    let mut failures = 0u32;
    loop {
        let error = match (parts.wanted)() {
            Ok(None) => {
                parts.audit.sender().send_modify(|sent| *sent = Sent { seq: sent.seq, ..Sent::default() });
                failures = 0;
                changed(&mut parts.changed).await;
                continue;
            }
            Ok(Some(receiver)) => {
                parts.audit.sender().send_modify(|sent| sent.wanted = true);
                let mut watched = parts.changed.clone();
                tokio::select! {
                    outcome = session(&parts, &receiver, &mut failures) => outcome.err(),
                    () = changed(&mut watched) => None,
                }
            }
            Err(error) => Some(SendError::Tls(error)),
        };
        parts.audit.sender().send_modify(|sent| sent.connected = false);
        let Some(error) = error else { continue };
        failed(&parts, &error).await;
        failures = failures.saturating_add(1);
        let wait = Duration::from_secs((AGAIN.0 << failures.min(9).saturating_sub(1)).min(AGAIN.1));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = changed(&mut parts.changed) => failures = 0,
        }
    }
}

async fn changed(watched: &mut watch::Receiver<u64>) {
    if watched.changed().await.is_err() {
        // Whoever told changes has gone: the gateway stops.
        std::future::pending::<()>().await;
    }
}

async fn failed(parts: &Parts, error: &SendError) {
    let now = parts.clock.now();
    let mut alarm = false;
    parts.audit.sender().send_modify(|sent| {
        sent.error = Some((error.code(), error.to_string()));
        let since = *sent.stuck_since.get_or_insert(now);
        alarm = !sent.told && now.ms_since(since) >= ALARM_MS;
        sent.told |= alarm;
    });
    tracing::warn!(error = %error, "records of the audit trail wait for the syslog receiver");
    if alarm {
        parts.audit.tell(NewEvent::new(now, Severity::Warning, "audit_not_sent", [("detail", error.to_string())]));
    }
}

async fn session(parts: &Parts, receiver: &Receiver, failures: &mut u32) -> Result<(), SendError> {
    let stream = receiver.dial().await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    parts.audit.sender().send_modify(|sent| sent.connected = true);
    let mut states = parts.audit.subscribe();
    let log = parts.audit.log();
    let mut written = parts.audit.sender().borrow().seq;
    // Records written, and when, until that is long enough ago.
    let mut settling: VecDeque<(u64, u64)> = VecDeque::new();
    let mut silence = [0u8; 256];
    loop {
        let newest = states.borrow_and_update().head.map_or(0, |head| head.seq);
        if written > newest {
            // Another trail was begun since: its records have numbers of their own.
            written = 0;
            parts.audit.sender().send_modify(|sent| sent.seq = 0);
        }
        while written < newest {
            let batch = batch(parts, written).await?;
            let Some((last, first)) = batch.last().map(|last| last.0).zip(batch.first().map(|first| first.0)) else { break };
            if first > written + 1 && written > 0 {
                lost(parts, written + 1, first - 1).await;
            }
            let mut bytes = Vec::new();
            for (_, record) in batch {
                bytes.extend(counted(&message(&record.0, &record.1, log, &(parts.name)())));
            }
            writer.write_all(&bytes).await?;
            writer.flush().await?;
            written = last;
            settling.push_back((last, parts.clock.monotonic_ms()));
        }
        let settled = u64::try_from(SETTLED.as_millis()).unwrap_or(u64::MAX);
        tokio::select! {
            changed = states.changed() => if changed.is_err() { return Ok(()) },
            // A receiver has nothing to say; its end says that it goes.
            read = reader.read(&mut silence) => if read? == 0 { return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) },
            () = tokio::time::sleep(LOOK), if !settling.is_empty() => {
                let now = parts.clock.monotonic_ms();
                let mut delivered = None;
                while settling.front().is_some_and(|(_, at)| now >= at + settled) {
                    delivered = settling.pop_front().map(|(seq, _)| seq);
                }
                if let Some(seq) = delivered {
                    *failures = 0;
                    keep(parts, seq).await;
                }
            }
        }
    }
}

type Numbered = (u64, (haubert_trust::audit::Record, Vec<u8>));

async fn batch(parts: &Parts, after: u64) -> Result<Vec<Numbered>, SendError> {
    let reading = parts.audit.reading();
    let read = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        oldest_first(&reading, after, &Filter::default(), |(line, bytes)| {
            found.push((line.record.seq, (line.record, bytes)));
            found.len() < BATCH
        })?;
        Ok(found)
    });
    read.await.map_err(|_| SendError::Timeout)?.map_err(SendError::Reading)
}

/// Records that were given up before they could be sent.
async fn lost(parts: &Parts, from: u64, to: u64) {
    let entry = Entry::new(Actor::system(), Category::AuditLog, "not_sent", Outcome::Failure);
    parts.audit.record(entry.detail("from", from).detail("to", to)).await;
}

async fn keep(parts: &Parts, seq: u64) {
    if let Err(error) = parts.db.note(move |tx| settings::set(tx, SENT, &Place { seq })).await {
        // After the next start they are sent once more.
        tracing::warn!(error = &error as &dyn std::error::Error, "the place reached is not kept");
    }
    let now = parts.clock.now();
    parts.audit.sender().send_modify(|sent| {
        (sent.seq, sent.at, sent.error, sent.stuck_since, sent.told) = (seq, Some(now), None, None, false);
    });
}

/// Sends one message that says it is a test, over a connection of its own.
///
/// # Errors
/// [`SendError`].
pub async fn send_test(receiver: &Receiver, log: LogId, name: &str, at: Timestamp) -> Result<(), SendError> {
    let mut stream = receiver.dial().await?;
    let head = haubert_service::wire::Time(at);
    let text = format!("<110>1 {head} {} haubert-gateway - test [{} log=\"{log}\"] test", host(name), super::message::SD_ID);
    stream.write_all(&counted(text.as_bytes())).await?;
    stream.flush().await?;
    // The end of the session is answered by a receiver that has read what came before it.
    stream.shutdown().await?;
    let mut rest = [0u8; 256];
    let read = tokio::time::timeout(ANSWER, stream.read(&mut rest)).await.map_err(|_| SendError::Timeout)?;
    match read {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn host(name: &str) -> String {
    let text: String = name.chars().filter(char::is_ascii_graphic).take(255).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

impl State {
    /// Records that wait to be delivered, given how far sending is.
    pub fn backlog(&self, sent: &Sent) -> u64 {
        self.head.map_or(0, |head| head.seq).saturating_sub(sent.seq)
    }
}
