//! One question to one server, over UDP.
//!
//! The socket is connected without being bound first: the system chooses a port that cannot be guessed, and takes nothing but this
//! server's datagrams. Together with the nonce that makes three things a forger would have to guess.

use super::settings::TimeServer;
use crate::outlets::trial::Coded;
use haubert_model::Clock;
use haubert_sntp::{Answer, Fault, Request, Sample};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Patience with the name.
const NAME: Duration = Duration::from_secs(5);
/// Patience with an answer: twice the way over a slow mobile network.
const ANSWER: Duration = Duration::from_secs(2);
/// Times that a question is sent, in case a datagram is lost.
const TRIES: usize = 2;
/// Of an answer no more is looked at than its first 48 bytes.
const LONGEST: usize = 128;

/// Why a server told no time.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// Nobody knows the name.
    #[error("the name cannot be resolved: {0}")]
    Unknown(#[source] io::Error),
    /// There is no way to it, or nothing listens there.
    #[error("{0}")]
    Unreachable(#[source] io::Error),
    /// No answer came.
    #[error("no answer in time")]
    Silent,
    /// The answer tells no time.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] haubert_trust::RandomError),
}

impl Coded for AskError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "name_unknown",
            Self::Unreachable(_) => "connection_failed",
            Self::Silent => "no_answer",
            Self::Fault(fault) => fault.code(),
            Self::Random(_) => "no_randomness",
        }
    }
}

fn connected(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    socket.connect(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// What the server says of `clock`.
///
/// # Errors
/// [`AskError`].
pub(super) async fn ask(server: &TimeServer, clock: &dyn Clock) -> Result<Sample, AskError> {
    let found = timeout(NAME, tokio::net::lookup_host((server.host.as_str(), server.port))).await;
    let addresses = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(AskError::Unknown)?;
    let mut last = AskError::Unknown(io::ErrorKind::NotFound.into());
    for address in addresses {
        // Where there is no way to the one family of addresses, there may be one to the other.
        match connected(address) {
            Ok(socket) => return converse(&socket, clock).await,
            Err(error) => last = AskError::Unreachable(error),
        }
    }
    Err(last)
}

async fn converse(socket: &UdpSocket, clock: &dyn Clock) -> Result<Sample, AskError> {
    let mut last = AskError::Silent;
    for _ in 0..TRIES {
        let nonce = u64::from_be_bytes(haubert_trust::random_bytes()?);
        let (sent, from_ms) = (clock.now(), clock.monotonic_ms());
        socket.send(&Request { nonce }.bytes()).await.map_err(AskError::Unreachable)?;
        match timeout(ANSWER, answer(socket, nonce)).await {
            Ok(Ok(answer)) => return Ok(Sample::of(&answer, sent, clock.monotonic_ms().saturating_sub(from_ms))?),
            Ok(Err(error)) => return Err(error),
            Err(_) => last = AskError::Silent,
        }
    }
    Err(last)
}

/// The first datagram that belongs to the question; others are let pass, whoever sent them.
async fn answer(socket: &UdpSocket, nonce: u64) -> Result<Answer, AskError> {
    let mut bytes = [0; LONGEST];
    loop {
        let length = socket.recv(&mut bytes).await.map_err(AskError::Unreachable)?;
        match Answer::read(bytes.get(..length).unwrap_or_default(), nonce) {
            Err(Fault::Short | Fault::NotAnAnswer | Fault::NotOurs) => {}
            read => return Ok(read?),
        }
    }
}
