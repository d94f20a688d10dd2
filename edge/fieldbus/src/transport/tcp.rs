//! Modbus TCP: transaction ids tell late answers from the right one, so a time-out costs nothing but its time.

use super::AskError;
use crate::question::Question;
use bytes::BytesMut;
use haubert_modbus::tcp::{self, Mbap};
use haubert_modbus::{Malformed, Request, Response, ResponseError};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Time-outs in a row, without a single byte from the peer, after which the connection is taken for dead.
const SILENT_REQUESTS: u32 = 3;

/// An open connection.
pub struct TcpLink {
    socket: TcpStream,
    transaction: u16,
    buffer: BytesMut,
    silent_requests: u32,
    unsent: bool,
    desynchronised: bool,
}

impl TcpLink {
    /// Takes over a connection; ids go on after `transaction`.
    pub fn new(socket: TcpStream, transaction: u16) -> Self {
        Self { socket, transaction, buffer: BytesMut::new(), silent_requests: 0, unsent: false, desynchronised: false }
    }

    /// Id of the last request.
    pub const fn transaction(&self) -> u16 {
        self.transaction
    }

    /// Whether the connection is of no more use although it did not break.
    pub const fn must_close(&self) -> bool {
        self.desynchronised
    }

    /// One request and its answer, and how many late answers were dropped.
    pub async fn exchange(&mut self, unit: u8, question: &Question, timeout: Duration) -> (Result<Response, AskError>, u32) {
        self.transaction = self.transaction.wrapping_add(1);
        let deadline = Instant::now() + timeout;
        let mut stale = 0;
        let result = match timeout_at(deadline, self.converse(unit, question.request(), &mut stale)).await {
            Ok(result) => result,
            Err(_) => {
                self.silent_requests += 1;
                // Half a frame in the buffer or half a request on the way: the next frame could not be found. Several
                // time-outs without one byte: the peer is gone without having said so.
                self.desynchronised = self.unsent || !self.buffer.is_empty() || self.silent_requests >= SILENT_REQUESTS;
                Err(AskError::Timeout)
            }
        };
        (result, stale)
    }

    async fn converse(&mut self, unit: u8, request: &Request, stale: &mut u32) -> Result<Response, AskError> {
        let lost = |error: io::Error| AskError::Lost(error.kind());
        self.unsent = true;
        self.socket
            .write_all(&tcp::encode(Mbap { transaction: self.transaction, unit }, &request.encode()))
            .await
            .map_err(lost)?;
        self.unsent = false;
        let mut piece = [0; 1024];
        loop {
            while let Some((header, pdu)) = tcp::decode(&mut self.buffer).map_err(AskError::Framing)? {
                if header.transaction != self.transaction {
                    *stale = stale.saturating_add(1);
                    continue;
                }
                if header.unit != unit {
                    return Err(AskError::Unit(header.unit));
                }
                return Response::decode(&pdu, request).map_err(AskError::from);
            }
            let count = self.socket.read(&mut piece).await.map_err(lost)?;
            if count == 0 {
                return Err(AskError::Lost(io::ErrorKind::UnexpectedEof));
            }
            self.silent_requests = 0;
            // Bounded: a whole frame leaves the buffer above, and a longer one is an error there.
            self.buffer.extend_from_slice(piece.get(..count).unwrap_or_default());
        }
    }
}

impl From<ResponseError> for AskError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Exception(code) => Self::Exception(code),
            ResponseError::Malformed(how) => Self::Malformed(how),
        }
    }
}

impl From<Malformed> for AskError {
    fn from(how: Malformed) -> Self {
        Self::Malformed(how)
    }
}
