//! Modbus RTU over a serial port or a TCP tunnel.
//!
//! RTU has no transaction id. Against late answers: input is emptied before each request; frames of other units and of other
//! lengths are dropped and counted; and a request whose answer would look like the one that just failed to come waits for
//! another time-out first, so that it can pass. (The master avoids that wait by asking something else, see `poll`.) Frames end by length and CRC; silence is kept before sending, and otherwise only tells that an
//! answer broke off.

use super::AskError;
use super::Waits;
use super::rtu_frames::{Found, find, late_answers};
use crate::question::Question;
use haubert_modbus::rtu::{self, LineSettings};
use haubert_modbus::{Request, Response, limits};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Most bytes looked at for one answer; older ones are noise and go.
const BUFFER: usize = 2 * limits::RTU_FRAME;
/// Most bytes thrown away before a request; a line that babbles on is asked all the same.
const DRAIN: usize = 16 * 1024;
/// How late a sleep ends on a system that is otherwise idle: the rest of a wait is spent looking at the clock.
const SLEEP_GRAIN: Duration = Duration::from_micros(100);
/// Silence that ends a begun answer: beyond what USB adapters (16 ms) and busy tunnels put between two bytes.
const SERIAL_GAP: Duration = Duration::from_millis(100);
const TUNNEL_GAP: Duration = Duration::from_millis(500);

/// An open line.
pub struct RtuLink<S> {
    stream: S,
    wire: Option<LineSettings>,
    waits: Waits,
    /// When the line was last heard or used.
    quiet_since: Instant,
    /// When the last request was sent.
    begun: Instant,
    /// Unit and form of an answer that did not come, and when it was given up.
    overdue: Option<(u8, Form, Instant)>,
}

/// What an answer looks like from outside: function and, for reads, bytes.
type Form = (u8, Option<usize>);

fn form(request: &Request) -> Form {
    let bytes = match request {
        Request::Read { table, count, .. } if table.is_bits() => Some(usize::from(*count).div_ceil(8)),
        Request::Read { count, .. } => Some(usize::from(*count) * 2),
        _ => None,
    };
    (request.function(), bytes)
}

/// Whether all of `bytes` is the beginning of the very answer that is waited for: then there is no need to look further before
/// the rest has come, which on a slow line is one look for each character.
fn awaits_rest(bytes: &[u8], unit: u8, request: &Request) -> bool {
    let (function, Some(count)) = form(request) else { return false };
    let count = u8::try_from(count).unwrap_or_default();
    bytes.starts_with(&[unit, function, count]) && bytes.len() < 5 + usize::from(count)
}

impl<S: AsyncRead + AsyncWrite + Unpin> RtuLink<S> {
    /// Takes over a stream. With `wire` the silences of a serial line are kept.
    pub fn new(stream: S, wire: Option<LineSettings>) -> Self {
        Self::waiting(stream, wire, Waits::Timers)
    }

    pub(crate) fn waiting(stream: S, wire: Option<LineSettings>, waits: Waits) -> Self {
        let now = Instant::now();
        Self { stream, wire, waits, quiet_since: now, begun: now, overdue: None }
    }

    /// When the last request was sent.
    pub(crate) const fn begun(&self) -> Instant {
        self.begun
    }

    /// One request and its answer, and how many late answers were dropped.
    pub async fn exchange(&mut self, unit: u8, question: &Question, timeout: Duration) -> (Result<Response, AskError>, u32) {
        let (request, mut stale) = (question.request(), 0);
        if let Some((overdue, looks, given_up)) = self.overdue
            && (overdue, looks) == (unit, form(request))
        {
            sleep_until(given_up + timeout).await;
        }
        let result = self.converse(unit, request, timeout, &mut stale).await;
        if matches!(result, Err(AskError::Timeout | AskError::Noise)) {
            self.overdue = Some((unit, form(request), Instant::now()));
        }
        (result, stale)
    }

    async fn converse(&mut self, unit: u8, request: &Request, timeout: Duration, stale: &mut u32) -> Result<Response, AskError> {
        let lost = |error: io::Error| AskError::Lost(error.kind());
        *stale = self.settle(Instant::now() + timeout).await.map_err(lost)?;
        let frame = rtu::encode(unit, &request.encode());
        let begun = Instant::now();
        self.begun = begun;
        let limit = begun + timeout;
        timeout_at(limit, self.stream.write_all(&frame))
            .await
            .map_err(|_| AskError::Lost(io::ErrorKind::TimedOut))?
            .map_err(lost)?;
        timeout_at(limit, self.stream.flush()).await.map_err(|_| AskError::Lost(io::ErrorKind::TimedOut))?.map_err(lost)?;
        let sent = begun + self.wire.map_or(Duration::ZERO, |wire| wire.wire_time(frame.len()));
        self.quiet_since = sent.max(Instant::now());
        self.listen(unit, request, self.quiet_since + timeout, timeout, stale).await
    }

    async fn listen(
        &mut self,
        unit: u8,
        request: &Request,
        first_by: Instant,
        timeout: Duration,
        stale: &mut u32,
    ) -> Result<Response, AskError> {
        let gap = if self.wire.is_some() { SERIAL_GAP } else { TUNNEL_GAP }.min(timeout);
        let longest = self.wire.map_or(timeout, |wire| wire.wire_time(BUFFER) + SERIAL_GAP);
        let (mut buffer, mut piece) = (Vec::new(), [0; limits::RTU_FRAME]);
        let mut deadline = first_by;
        let mut whole_by = None;
        loop {
            let count = match timeout_at(deadline, self.stream.read(&mut piece)).await {
                Ok(Ok(0)) => return Err(AskError::Lost(io::ErrorKind::UnexpectedEof)),
                Ok(Ok(count)) => count,
                Ok(Err(error)) => return Err(AskError::Lost(error.kind())),
                Err(_) if buffer.is_empty() => return Err(AskError::Timeout),
                Err(_) => {
                    if let Found::Answer(answer, late) = find(&buffer, unit, request) {
                        *stale = stale.saturating_add(late);
                        return answer;
                    }
                    *stale = stale.saturating_add(late_answers(&buffer));
                    return Err(match (whole_by, late_answers(&buffer)) {
                        (Some(_), _) => AskError::Truncated,
                        (None, 0) => AskError::Noise,
                        (None, _) => AskError::Timeout,
                    });
                }
            };
            let now = Instant::now();
            self.quiet_since = now;
            buffer.extend_from_slice(piece.get(..count).unwrap_or_default());
            if buffer.len() > BUFFER {
                buffer.drain(..buffer.len() - BUFFER);
            }
            let found = if awaits_rest(&buffer, unit, request) { Found::Begun } else { find(&buffer, unit, request) };
            match found {
                Found::Answer(answer, late) => {
                    *stale = stale.saturating_add(late);
                    return answer;
                }
                Found::Damaged => return Err(AskError::Crc),
                // The rest must come without a pause, and not drip in for ever.
                Found::Begun => deadline = (*whole_by.get_or_insert(now + longest)).min(now + gap),
                Found::Nothing => deadline = first_by,
            }
        }
    }

    /// Waits for the silence that must precede a request, while throwing away what comes unasked: at most until `limit`, for
    /// a line that babbles on is asked all the same. Returns how many late answers were in it.
    async fn settle(&mut self, limit: Instant) -> io::Result<u32> {
        let mut late = self.drain().await?;
        let Some(wire) = self.wire else { return Ok(late) };
        loop {
            let quiet_since = self.quiet_since;
            self.wait_until(quiet_since + wire.t35()).await;
            late = late.saturating_add(self.drain().await?);
            if self.quiet_since == quiet_since || Instant::now() >= limit {
                return Ok(late);
            }
        }
    }

    /// Waits for a time that is at most a few characters ahead.
    async fn wait_until(&self, then: Instant) {
        match self.waits {
            Waits::Timers => sleep_until(then).await,
            Waits::OwnThread => {
                let wait = then.saturating_duration_since(Instant::now());
                if !wait.is_zero() {
                    std::thread::sleep(wait.saturating_sub(SLEEP_GRAIN));
                    // What came meanwhile is only seen once the runtime has looked.
                    tokio::task::yield_now().await;
                }
                while Instant::now() < then {
                    std::hint::spin_loop();
                }
            }
        }
    }

    /// Throws away what came unasked; returns how many late answers were in it.
    async fn drain(&mut self) -> io::Result<u32> {
        let (mut dropped, mut piece) = (Vec::new(), [0; limits::RTU_FRAME]);
        loop {
            let stream = &mut self.stream;
            let count = poll_fn(|cx| {
                let mut buf = ReadBuf::new(&mut piece);
                match Pin::new(&mut *stream).poll_read(cx, &mut buf) {
                    Poll::Ready(Ok(())) => Poll::Ready(Ok(Some(buf.filled().len()))),
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Pending => Poll::Ready(Ok(None)),
                }
            })
            .await?;
            match count {
                None => return Ok(late_answers(&dropped)),
                Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(count) => {
                    self.quiet_since = Instant::now();
                    dropped.extend_from_slice(piece.get(..count).unwrap_or_default());
                    if dropped.len() > DRAIN {
                        return Ok(late_answers(&dropped));
                    }
                }
            }
        }
    }
}
