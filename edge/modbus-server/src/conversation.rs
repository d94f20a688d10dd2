//! One connection: requests in, answers out, in their order.

use crate::alarm::Alarm;
use crate::counters::Connection;
use crate::plant::{Answer, Peer, Plant};
use crate::serve::Patience;
use bytes::{Buf as _, BytesMut};
use haubert_guard::Admission;
use haubert_modbus::tcp::{self, Frame};
use haubert_modbus::{ExceptionCode, Request, Response, exception_pdu, limits};
use haubert_model::Clock;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

/// Answers that are written together; a peer that sends many requests at once is made to take these first.
const OUTGOING: usize = 16 * 1024;
/// Room for what comes at once.
const INCOMING: usize = 4 * 1024;
/// Diagnostics: for serial lines only (clause 6.8).
const DIAGNOSTICS: u8 = 8;

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
    /// The peer left, or the server stops.
    Left,
    /// What came is no Modbus, or waiting was in vain.
    Broken,
}

impl<P: Plant> Line<P> {
    /// Answers until the peer leaves or must be left, or until `stopping`: then what was asked is answered still.
    pub(crate) async fn converse(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, stopping: impl Future) {
        let (mut incoming, mut outgoing) = (BytesMut::with_capacity(INCOMING), Vec::with_capacity(1024));
        let (mut stopping, mut alarm) = (pin!(stopping), Alarm::default());
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
            // What is answered makes room, so the buffer never grows.
            incoming.reserve(limits::TCP_FRAME);
            let came = tokio::select! {
                biased;
                came = stream.read_buf(&mut incoming) => came,
                () = alarm.over(until) => break End::Broken,
                _ = stopping.as_mut() => break End::Left,
            };
            match came {
                Ok(0) | Err(_) => break End::Left,
                Ok(bytes) => self.counted.received(bytes),
            }
        };
        if end == End::Broken {
            self.counted.broke();
        }
        // TLS says that it ends, to who took what came before.
        if outgoing.is_empty() {
            let _taken = timeout(self.patience.write, stream.shutdown()).await;
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
            let frame = tcp::first(incoming);
            // All is answered that came before what cannot be followed.
            if !matches!(frame, Ok(Some(_))) || outgoing.len() >= OUTGOING {
                self.send(outgoing, stream).await?;
            }
            match frame {
                Ok(Some(frame)) => {
                    let size = frame.size();
                    self.answer(frame, outgoing).await?;
                    incoming.advance(size);
                }
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
        match timeout(self.patience.write, sent).await {
            Ok(sent) => sent.map_err(|_| End::Left)?,
            Err(_) => return Err(End::Broken),
        }
        self.counted.sent(outgoing.len());
        outgoing.clear();
        Ok(())
    }

    async fn answer(&self, Frame { header, pdu }: Frame<'_>, outgoing: &mut Vec<u8>) -> Result<(), End> {
        let function = pdu.first().copied().unwrap_or_default();
        let outcome = match self.admission.request() {
            Ok(_in_flight) => self.outcome(header.unit, function, pdu).await,
            // Who is blocked gets nothing more.
            Err(_) if self.admission.is_closed() => return Err(End::Left),
            // All together ask for too much.
            Err(_) => Err(ExceptionCode::ServerDeviceBusy),
        };
        self.counted.asked(function, outcome.as_ref().err().copied(), self.clock.now());
        tcp::append(header, outgoing, |outgoing| match outcome {
            Ok((request, response)) => response.append(&request, outgoing),
            Err(code) => outgoing.extend(exception_pdu(function, code)),
        });
        Ok(())
    }

    async fn outcome(&self, unit: u8, function: u8, pdu: &[u8]) -> Result<(Request, Response), ExceptionCode> {
        if function == DIAGNOSTICS || !self.plant.takes(function) {
            return Err(ExceptionCode::IllegalFunction);
        }
        let request = Request::decode(pdu).map_err(|(_, code)| code)?;
        let response = match self.plant.answer(&self.peer, unit, &request) {
            Answer::Now(outcome) => outcome,
            Answer::Later(outcome) => outcome.await,
        }?;
        Ok((request, response))
    }
}
