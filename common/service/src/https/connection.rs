//! One connection, from the accepted socket to its end.

use super::bodies::{Answer, Asked, Outgoing};
use super::{DRAIN_TIME, PeerCertificate, UNACKNOWLEDGED, handshake};
use crate::problem::{Problem, codes};
use crate::shutdown::Shutdown;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use haubert_guard::{Admission, Metered, Patience, Refusal, SlowClients};
use http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use socket2::SockRef;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// Time between two looks at whether a connection is worth keeping.
const LOOK: Duration = Duration::from_secs(1);
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// Streams that a peer may reset before they were looked at; more end the connection (CVE-2023-44487).
const RESET_STREAMS: usize = 16;
/// Largest headers of a request, in bytes; HTTP/2 also bounds its continuation frames by it.
const HEADER_BYTES: u32 = 32 * 1024;
/// Answers held for one HTTP/2 stream whose peer does not take them, in bytes.
const STREAM_BUFFER: usize = 64 * 1024;

/// A connection that was let in.
pub(super) struct Line {
    pub(super) peer: SocketAddr,
    pub(super) admission: Admission,
    /// `None` waits for everybody for ever.
    pub(super) slow: Option<SlowClients>,
    pub(super) tls: Arc<ServerConfig>,
    pub(super) router: Router,
    pub(super) stop: Shutdown,
}

/// The stock of patience with a peer that must move bytes.
pub(super) fn patience(slow: SlowClients) -> Patience {
    Patience::new(seconds(slow.stall_seconds), u64::from(slow.bytes_per_second))
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}

impl Line {
    /// Serves it to its end.
    pub(super) async fn serve(self, stream: TcpStream) {
        // Neither is worth refusing somebody for.
        let _slower = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        let _longer = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let metered = Metered::new(stream, self.admission.clone(), self.slow.map(patience));
        let shaken = handshake::shaken(metered, Arc::clone(&self.tls), &self.admission, self.slow.is_some());
        let patient = self.slow.map_or(Duration::MAX, |slow| seconds(slow.handshake_seconds));
        let stream = tokio::select! {
            () = self.admission.closed() => return,
            () = self.stop.wait() => return,
            shaken = tokio::time::timeout(patient, shaken) => match shaken {
                Ok(Ok(stream)) => stream,
                // Who does not speak TLS, or not ours, or not at all.
                Ok(Err(error)) => return tracing::debug!(peer = %self.peer, %error, "no TLS handshake"),
                Err(_) => return,
            },
        };
        let session = stream.get_ref().1;
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.map(|der| PeerCertificate(Arc::new(der.clone().into_owned())));
        let is_http2 = session.alpn_protocol() == Some(b"h2".as_slice());
        self.admission.established();
        if certificate.is_some() {
            self.admission.vouch();
        }
        let line = Arc::new(self);
        let outgoing = Arc::new(Outgoing::default());
        let service = {
            let (line, outgoing) = (Arc::clone(&line), Arc::clone(&outgoing));
            service_fn(move |request| Arc::clone(&line).answer(request, certificate.clone(), Arc::clone(&outgoing)))
        };
        let stream = TokioIo::new(stream);
        if is_http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .max_pending_accept_reset_streams(RESET_STREAMS)
                .max_header_list_size(HEADER_BYTES)
                .max_send_buf_size(STREAM_BUFFER)
                .keep_alive_interval(Duration::from_secs(20))
                .keep_alive_timeout(Duration::from_secs(20));
            let connection = builder.serve_connection(stream, service);
            line.watch(connection, |connection| connection.graceful_shutdown(), &outgoing, true).await;
        } else {
            let mut builder = http1::Builder::new();
            // The limit of time is watched here, together with those of idle and stalled connections.
            builder.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(64 * 1024);
            let connection = builder.serve_connection(stream, service);
            line.watch(connection, |connection| connection.graceful_shutdown(), &outgoing, false).await;
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        certificate: Option<PeerCertificate>,
        outgoing: Arc<Outgoing>,
    ) -> Result<Response<Answer>, Infallible> {
        let in_flight = match self.admission.request() {
            Ok(in_flight) => in_flight,
            Err(refusal) => return Ok(Answer::plain(refused(refusal))),
        };
        let mut request = request.map(|body| match self.slow {
            Some(slow) => Body::new(Asked::new(body, patience(slow), self.admission.clone())),
            None => Body::new(body),
        });
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(self.peer));
        extensions.insert(certificate);
        extensions.insert(self.admission.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        Ok(response.map(|body| Answer::new(body, in_flight, outgoing, self.slow)))
    }

    /// Drives the connection until it ends, must give way, or is not worth keeping.
    async fn watch<C, E>(&self, connection: C, finish: impl Fn(Pin<&mut C>), outgoing: &Outgoing, other_frames: bool)
    where
        C: Future<Output = Result<(), E>>,
    {
        let mut connection = pin!(connection);
        let mut looks = tokio::time::interval(LOOK);
        let mut closed = pin!(self.admission.closed());
        let mut stopped = pin!(self.stop.wait());
        let mut last: Option<Instant> = None;
        loop {
            tokio::select! {
                // How a connection ends is the peer's business.
                _ended = connection.as_mut() => return,
                () = &mut closed => return,
                () = &mut stopped, if last.is_none() => {
                    finish(connection.as_mut());
                    last = Some(Instant::now() + DRAIN_TIME);
                }
                _ = looks.tick() => {
                    if last.is_some_and(|last| Instant::now() >= last) {
                        return;
                    }
                    let Some(slow) = self.slow else { continue };
                    let slow_header = !other_frames && self.admission.half_asked() > seconds(slow.header_seconds);
                    if slow_header || outgoing.is_overdue() {
                        return;
                    }
                    // Who has never asked is waited for only as long as for its first headers.
                    if !self.admission.has_asked() && self.admission.idle() > seconds(slow.header_seconds) {
                        return;
                    }
                    if last.is_none() && self.admission.idle() > seconds(slow.idle_seconds) {
                        finish(connection.as_mut());
                        last = Some(Instant::now() + DRAIN_TIME);
                    }
                }
            }
        }
    }
}

/// What is answered to a request that is one too many. When its source is blocked, the connection ends before it gets out.
fn refused(refusal: Refusal) -> Response {
    let mut response = Problem::new(codes::TOO_MANY_REQUESTS).detail(refusal).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
