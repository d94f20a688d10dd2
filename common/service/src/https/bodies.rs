//! What goes through a connection: requests that must keep coming, answers that must be taken.

use axum::body::{Body, Bytes};
use axum::response::Response;
use haubert_guard::{Admission, InFlight, Patience, SlowClients, Stall};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// What a peer is given at a time: as much as a frame of HTTP/2 or a record of TLS holds.
const PIECE: usize = 16 * 1024;

/// A request's body. One that stops or trickles ends the connection.
pub(super) struct Asked {
    body: Incoming,
    stall: Stall,
    admission: Admission,
}

impl Asked {
    pub(super) fn new(body: Incoming, patience: Patience, admission: Admission) -> Self {
        Self { body, stall: Stall::new(patience), admission }
    }
}

impl HttpBody for Asked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Pending => {
                ready!(this.stall.poll_over(context));
                this.admission.close();
                Poll::Ready(Some(Err(axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, "the body does not come")))))
            }
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
                this.stall.progressed(bytes);
                Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answers of a connection that its peer has still to take, and until when.
///
/// hyper asks a body for more only when the peer has room for it. So a body that is not asked, although it was never or has given
/// something, stands before a peer that does not read: on HTTP/2 no socket stalls then, only the stream.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    next: AtomicU64,
    due: Mutex<HashMap<u64, Instant>>,
}

impl Outgoing {
    fn due(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something waits to be taken for longer than it may.
    pub(super) fn is_overdue(&self) -> bool {
        let now = Instant::now();
        self.due().values().any(|due| *due < now)
    }
}

/// An answer's body; its request is under way until this is dropped.
pub(super) struct Answer {
    body: Body,
    /// What is left of a frame that is given piece by piece, so that taking it can be watched.
    rest: Bytes,
    watched: Option<Watched>,
}

struct Watched {
    _in_flight: InFlight,
    id: u64,
    outgoing: Arc<Outgoing>,
    slow: Option<SlowClients>,
}

impl Watched {
    /// The peer must take the next piece.
    fn waits(&self) {
        let Some(slow) = self.slow else { return };
        self.outgoing.due().insert(self.id, Instant::now() + Duration::from_secs(u64::from(slow.stall_seconds)));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.outgoing.due().remove(&self.id);
    }
}

impl Answer {
    pub(super) fn new(body: Body, in_flight: InFlight, outgoing: Arc<Outgoing>, slow: Option<SlowClients>) -> Self {
        let id = outgoing.next.fetch_add(1, Ordering::Relaxed);
        let watched = Watched { _in_flight: in_flight, id, outgoing, slow };
        watched.waits();
        Self { body, rest: Bytes::new(), watched: Some(watched) }
    }

    /// An answer that nobody waits for.
    pub(super) fn plain(response: Response) -> Response<Self> {
        response.map(|body| Self { body, rest: Bytes::new(), watched: None })
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Some(watched) = &this.watched {
            watched.outgoing.due().remove(&watched.id);
        }
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        if let Some(watched) = &this.watched {
            watched.waits();
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, rest) = (self.body.size_hint(), u64::try_from(self.rest.len()).unwrap_or(u64::MAX));
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(rest));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
