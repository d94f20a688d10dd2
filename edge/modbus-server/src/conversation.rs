//! One connection: requests in, answers out, in their order.

use crate::counters::Connection;
use crate::plant::{Answer, Outcome, Peer, Plant};
use crate::serve::Patience;
use bytes::BytesMut;
use haubert_guard::Admission;
use haubert_modbus::tcp::{self, Mbap};
use haubert_modbus::{ExceptionCode, Request, exception_pdu, limits};
use haubert_model::Clock;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

/// Answers that are written together; a peer that sends many requests at once is made to take these first.
const OUTGOING: usize = 16 * 1024;
/// Room for what comes at once.
const INCOMING: usize = 4 * 1024;

/// What a conversation needs.
pub(crate) struct Line<P> {
    pub(crate) plant: Arc<P>,
    pub(crate) peer: Peer,
    pub(crate) admission: Admission,
    pub(crate) patience: Patience,
    pub(crate) counted: Connection,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why a conversation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer left.
    Left,
    /// What came is no Modbus, or waiting was in vain.
    Broken,
}

impl<P: Plant> Line<P> {
    /// Answers until the peer leaves or must be left.
    pub(crate) async fn converse(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut incoming, mut outgoing) = (BytesMut::with_capacity(INCOMING), Vec::with_capacity(1024));
        // A frame must be whole within its time, however its bytes are spread over it.
        let mut begun: Option<Instant> = None;
        let end = loop {
            let before = incoming.len();
            let over = self.answer_all(&mut incoming, &mut outgoing, &mut stream).await;
            if incoming.is_empty() {
                begun = None;
            } else if begun.is_none() || incoming.len() != before {
                begun = Some(Instant::now());
            }
            if let Err(end) = over {
                break end;
            }
            let until = match begun {
                Some(begun) => begun + self.patience.frame,
                None => Instant::now() + self.patience.idle,
            };
            if incoming.capacity() - incoming.len() < limits::TCP_FRAME {
                incoming.reserve(INCOMING);
            }
            match timeout_at(until, stream.read_buf(&mut incoming)).await {
                Ok(Ok(0) | Err(_)) => break End::Left,
                Ok(Ok(bytes)) => self.counted.received(bytes),
                Err(_) => break End::Broken,
            }
        };
        if end == End::Broken {
            self.counted.broke();
        }
    }

    /// Answers every whole frame that has come.
    async fn answer_all(
        &self,
        incoming: &mut BytesMut,
        outgoing: &mut Vec<u8>,
        stream: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), End> {
        loop {
            let frame = tcp::decode(incoming);
            // All is answered that came before what cannot be followed.
            if !matches!(frame, Ok(Some(_))) || outgoing.len() >= OUTGOING {
                self.send(outgoing, stream).await?;
            }
            match frame {
                Ok(Some((header, pdu))) => self.answer(header, &pdu, outgoing).await?,
                Ok(None) => return Ok(()),
                Err(fault) => {
                    tracing::debug!(peer = %self.peer.source, %fault, "no Modbus TCP");
                    return Err(End::Broken);
                }
            }
        }
    }

    async fn send(&self, outgoing: &mut Vec<u8>, stream: &mut (impl AsyncWrite + Unpin)) -> Result<(), End> {
        if outgoing.is_empty() {
            return Ok(());
        }
        let sent = async {
            stream.write_all(outgoing).await?;
            stream.flush().await
        };
        // The metered stream gives up on who takes nothing.
        sent.await.map_err(|_| End::Left)?;
        self.counted.sent(outgoing.len());
        outgoing.clear();
        Ok(())
    }

    async fn answer(&self, header: Mbap, pdu: &[u8], outgoing: &mut Vec<u8>) -> Result<(), End> {
        let (function, outcome) = match self.admission.request() {
            Ok(_in_flight) => self.outcome(header.unit, pdu).await,
            // Who is blocked gets nothing more.
            Err(_) if self.admission.is_closed() => return Err(End::Left),
            // All together ask for too much.
            Err(_) => (pdu.first().copied().unwrap_or_default(), Err(ExceptionCode::ServerDeviceBusy)),
        };
        let (pdu, exception) = match outcome {
            Ok(pdu) => (pdu, None),
            Err(code) => (exception_pdu(function, code), Some(code)),
        };
        self.counted.asked(function, exception, self.clock.now());
        outgoing.extend_from_slice(&tcp::encode(header, &pdu));
        Ok(())
    }

    async fn outcome(&self, unit: u8, pdu: &[u8]) -> (u8, Result<Vec<u8>, ExceptionCode>) {
        let request = match Request::decode(pdu) {
            // For serial lines only.
            Ok(Request::Diagnostics { .. }) => return (8, Err(ExceptionCode::IllegalFunction)),
            Ok(request) => request,
            Err((function, code)) => return (function, Err(code)),
        };
        let outcome: Outcome = match self.plant.answer(&self.peer, unit, &request) {
            Answer::Now(outcome) => outcome,
            Answer::Later(outcome) => outcome.await,
        };
        (request.function(), outcome.map(|response| response.encode(&request)))
    }
}
