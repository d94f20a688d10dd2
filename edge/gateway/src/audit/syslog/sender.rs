//! Sends a lane over TLS, from the message after the last that was delivered.

use super::SETTLED;
use super::lane::{Batch, Lane};
use super::message::counted;
use crate::audit::State;
use crate::dial::DialError;
use crate::store::{Db, StoreError, settings};
use haubert_model::{Clock, Timestamp};
use haubert_trust::audit::LogId;
use haubert_trust::{PeerFault, TlsError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

const ANSWER: Duration = Duration::from_secs(15);
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

/// What sending needs beside a lane.
pub struct Parts {
    /// Where the place reached is kept.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The receiver now in force.
    pub wanted: Wanted,
    /// Changes when the receiver may have.
    pub changed: watch::Receiver<u64>,
}

/// Why messages could not be sent.
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
    /// Events cannot be read.
    #[error("events cannot be read: {0}")]
    Store(#[from] StoreError),
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
            Self::Store(_) => "store_failed",
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
    /// Number of the last message delivered.
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
pub async fn work<L: Lane>(mut lane: L, mut parts: Parts) {
    let mut place = parts.db.call(|tx| settings::get::<Place>(tx, L::SENT)).await.ok().flatten();
    lane.board().send_modify(|sent| sent.seq = place.unwrap_or_default().seq);
    let mut failures = 0u32;
    loop {
        let error = match (parts.wanted)() {
            Ok(None) => {
                lane.board().send_modify(|sent| *sent = Sent { seq: sent.seq, ..Sent::default() });
                failures = 0;
                changed(&mut parts.changed).await;
                continue;
            }
            Ok(Some(receiver)) => {
                lane.board().send_modify(|sent| sent.wanted = true);
                let mut watched = parts.changed.clone();
                tokio::select! {
                    outcome = begin(&mut lane, &parts, &mut place, &receiver, &mut failures) => outcome.err(),
                    () = changed(&mut watched) => None,
                }
            }
            Err(error) => Some(SendError::Tls(error)),
        };
        lane.board().send_modify(|sent| sent.connected = false);
        let Some(error) = error else { continue };
        failed(&lane, &parts, &error);
        failures = failures.saturating_add(1);
        let wait = Duration::from_secs((AGAIN.0 << failures.min(9).saturating_sub(1)).min(AGAIN.1));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = changed(&mut parts.changed) => failures = 0,
        }
    }
}

/// A session, from the place that was reached or the lane's beginning.
async fn begin<L: Lane>(
    lane: &mut L,
    parts: &Parts,
    place: &mut Option<Place>,
    receiver: &Receiver,
    failures: &mut u32,
) -> Result<(), SendError> {
    if place.is_none() {
        let seq = lane.beginning().await?;
        parts.db.note(move |tx| settings::set(tx, L::SENT, &Place { seq })).await?;
        *place = Some(Place { seq });
        lane.board().send_modify(|sent| sent.seq = seq);
    }
    session(lane, parts, receiver, failures).await
}

async fn changed(watched: &mut watch::Receiver<u64>) {
    if watched.changed().await.is_err() {
        // Whoever told changes has gone: the gateway stops.
        std::future::pending::<()>().await;
    }
}

fn failed(lane: &impl Lane, parts: &Parts, error: &SendError) {
    let now = parts.clock.now();
    let mut alarm = false;
    lane.board().send_modify(|sent| {
        sent.error = Some((error.code(), error.to_string()));
        let since = *sent.stuck_since.get_or_insert(now);
        alarm = !sent.told && now.ms_since(since) >= ALARM_MS;
        sent.told |= alarm;
    });
    tracing::warn!(error = %error, "messages wait for the syslog receiver");
    if alarm {
        lane.stuck(error, now);
    }
}

async fn session<L: Lane>(lane: &mut L, parts: &Parts, receiver: &Receiver, failures: &mut u32) -> Result<(), SendError> {
    let stream = receiver.dial().await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    lane.board().send_modify(|sent| sent.connected = true);
    let mut written = lane.board().borrow().seq;
    // Messages written, and when, until that is long enough ago.
    let mut settling: VecDeque<(u64, u64)> = VecDeque::new();
    let mut silence = [0u8; 256];
    loop {
        let newest = lane.newest().await?;
        if written > newest {
            // Another one was begun since: its messages have numbers of their own.
            written = 0;
            lane.board().send_modify(|sent| sent.seq = 0);
        }
        while written < newest {
            let Some(Batch { first, last, bytes }) = lane.batch(written).await? else { break };
            if first > written + 1 && written > 0 {
                lane.lost(written + 1, first - 1).await;
            }
            writer.write_all(&bytes).await?;
            writer.flush().await?;
            written = last;
            settling.push_back((last, parts.clock.monotonic_ms()));
        }
        let settled = u64::try_from(SETTLED.as_millis()).unwrap_or(u64::MAX);
        tokio::select! {
            more = lane.more() => if !more { return Ok(()) },
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
                    keep(lane, parts, seq).await;
                }
            }
        }
    }
}

async fn keep<L: Lane>(lane: &L, parts: &Parts, seq: u64) {
    if let Err(error) = parts.db.note(move |tx| settings::set(tx, L::SENT, &Place { seq })).await {
        // After the next start they are sent once more.
        tracing::warn!(error = &error as &dyn std::error::Error, "the place reached is not kept");
    }
    let now = parts.clock.now();
    lane.board().send_modify(|sent| {
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
