//! One request at a time over one line, with every way that it can go wrong told apart.
//!
//! The two rules that masters in the field break, and that this module exists for: an answer is taken only when it can be
//! nothing but the answer to *this* request (transaction id on TCP; unit, function, length and CRC on RTU), and nobody
//! waits without a bound.

mod gate;
mod rtu;
mod rtu_frames;
mod stream;
mod tcp;

use crate::question::Question;
use crate::settings::Line;
pub use gate::Gates;
use haubert_modbus::tcp::FrameError;
use haubert_modbus::{ExceptionCode, Malformed, Response};
pub use rtu::RtuLink;
use std::io;
use std::time::Duration;
pub use stream::Stream;
pub use tcp::TcpLink;
use tokio::time::Instant;

/// Why a request has no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The line is not open.
    #[error("line is not open")]
    NotOpen,
    /// It would have been a write, and writing is not allowed. Nothing was sent.
    #[error("writing is not allowed")]
    WritingOff,
    /// Nothing came in time.
    #[error("no answer in time")]
    Timeout,
    /// Bytes came in time, none of which could be the answer.
    #[error("only noise in place of an answer")]
    Noise,
    /// The device refused.
    #[error("exception: {0}")]
    Exception(ExceptionCode),
    /// The answer's CRC is wrong.
    #[error("CRC of the answer is wrong")]
    Crc,
    /// The answer came from another unit.
    #[error("answer from unit {0}")]
    Unit(u8),
    /// The answer does not fit the request.
    #[error("malformed answer: {0}")]
    Malformed(Malformed),
    /// The answer broke off.
    #[error("answer broke off")]
    Truncated,
    /// The stream cannot be followed any more; it was closed.
    #[error("framing lost: {0}")]
    Framing(FrameError),
    /// The line broke; it was closed.
    #[error("line lost: {0}")]
    Lost(io::ErrorKind),
}

impl AskError {
    /// Whether the device as a whole is silent, so that asking it more would cost another time-out.
    pub const fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Noise
                | Self::Exception(ExceptionCode::GatewayPathUnavailable | ExceptionCode::GatewayTargetFailed)
        )
    }

    /// Whether the line itself is gone.
    pub const fn is_line(&self) -> bool {
        matches!(self, Self::NotOpen | Self::Framing(_) | Self::Lost(_))
    }

    /// Whether an answer came, but damaged.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Noise | Self::Crc | Self::Unit(_) | Self::Malformed(_) | Self::Truncated | Self::Framing(_))
    }

    /// Stable name, for reports.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen | Self::Lost(_) => "bus_unreachable",
            Self::WritingOff => "writing_off",
            Self::Timeout => "no_answer",
            Self::Noise => "noise",
            Self::Exception(_) => "exception",
            Self::Crc => "crc",
            Self::Unit(_) | Self::Malformed(_) => "malformed_answer",
            Self::Truncated => "truncated_answer",
            Self::Framing(_) => "framing_lost",
        }
    }
}

/// What one exchange brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The response, or why there is none.
    pub result: Result<Response, AskError>,
    /// From the first byte sent to the last received, or to giving up.
    pub round_trip: Duration,
    /// Time that the line was taken, the silence before the request included.
    pub taken: Duration,
    /// Time that the line had been free before the request, beyond the silence that it needs.
    pub idle: Duration,
    /// Late answers to older requests that were dropped meanwhile.
    pub stale: u32,
}

impl Outcome {
    /// Nothing was sent.
    pub(crate) const fn nothing(why: AskError) -> Self {
        Self { result: Err(why), round_trip: Duration::ZERO, taken: Duration::ZERO, idle: Duration::ZERO, stale: 0 }
    }
}

/// Why a line cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answered within the time-out.
    #[error("{line}: no connection within {timeout:?}")]
    Timeout {
        /// The line.
        line: String,
        /// The limit.
        timeout: Duration,
    },
    /// The system refused.
    #[error("{line}: {source}")]
    Open {
        /// The line.
        line: String,
        /// What the system said.
        source: io::Error,
    },
}

enum Link {
    Tcp(TcpLink),
    Rtu(RtuLink<Stream>),
}

/// How waits shorter than a timer's grain are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// By the runtime's timers, whose grain is a millisecond.
    Timers,
    /// By sleeping, to the grain of the system: on a thread that does nothing else.
    OwnThread,
}

/// A line, open or not.
pub struct Transport {
    line: Line,
    waits: Waits,
    gate: Option<gate::Gate>,
    writing: gate::Writing,
    link: Option<Link>,
    /// Transaction ids go on over reconnections, so that no answer of the old connection can fit.
    transaction: u16,
    /// When the line may carry the next request.
    free_at: Instant,
}

impl Transport {
    /// A line not yet opened.
    pub fn new(line: Line, gates: &Gates) -> Self {
        Self::waiting(line, gates, Waits::Timers)
    }

    /// A line whose short waits are made in this way.
    pub(crate) fn waiting(line: Line, gates: &Gates, waits: Waits) -> Self {
        let gate = gates.of(&line);
        Self { line, waits, gate, writing: gates.writing(), link: None, transaction: 0, free_at: Instant::now() }
    }

    /// The line.
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// Whether requests can be sent.
    pub const fn is_open(&self) -> bool {
        self.link.is_some()
    }

    /// Opens the line if it is not open.
    ///
    /// # Errors
    /// [`OpenError`] naming the line.
    pub async fn open(&mut self, timeout: Duration) -> Result<(), OpenError> {
        if self.link.is_some() {
            return Ok(());
        }
        let opened = tokio::time::timeout(timeout, stream::open(&self.line)).await;
        let stream = match opened {
            Err(_) => return Err(OpenError::Timeout { line: self.line.to_string(), timeout }),
            Ok(Err(source)) => return Err(OpenError::Open { line: self.line.to_string(), source }),
            Ok(Ok(stream)) => stream,
        };
        self.link = Some(match stream {
            Stream::Tcp(socket) if self.line.has_transactions() => Link::Tcp(TcpLink::new(socket, self.transaction)),
            stream => Link::Rtu(RtuLink::waiting(stream, self.line.wire(), self.waits)),
        });
        Ok(())
    }

    /// Closes the line.
    pub fn close(&mut self) {
        if let Some(Link::Tcp(link)) = &self.link {
            self.transaction = link.transaction();
        }
        self.link = None;
    }

    /// Sends one request and waits for its answer, at most `timeout` for it to begin. Others that use the same TCP endpoint
    /// have their turns first, if they came first.
    pub async fn exchange(&mut self, unit: u8, question: &Question, timeout: Duration) -> Outcome {
        if question.writes().is_some_and(|writes| !self.writing.is_allowed(writes)) {
            return Outcome::nothing(AskError::WritingOff);
        }
        let turn = match &self.gate {
            Some(gate) => Some(gate.lock().await),
            None => None,
        };
        let started = Instant::now();
        let (result, stale, begun) = match &mut self.link {
            None => return Outcome::nothing(AskError::NotOpen),
            Some(Link::Tcp(link)) => {
                let (result, stale) = link.exchange(unit, question, timeout).await;
                (result, stale, started)
            }
            Some(Link::Rtu(link)) => {
                let (result, stale) = link.exchange(unit, question, timeout).await;
                (result, stale, link.begun())
            }
        };
        drop(turn);
        let ended = Instant::now();
        let idle = begun.saturating_duration_since(self.free_at);
        self.free_at = ended + self.line.wire().map_or(Duration::ZERO, |wire| wire.t35());
        let lost = matches!(&result, Err(error) if error.is_line());
        let desynchronised = matches!(&self.link, Some(Link::Tcp(link)) if link.must_close());
        if lost || desynchronised {
            self.close();
        }
        Outcome { result, round_trip: ended.saturating_duration_since(begun), taken: ended - started, idle, stale }
    }
}
