//! Who answers.

use haubert_modbus::{ExceptionCode, Request, Response};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// What a request led to.
pub type Outcome = Result<Response, ExceptionCode>;

/// An answer that is there, or one that has to be fetched.
pub enum Answer<'a> {
    /// From memory.
    Now(Outcome),
    /// From elsewhere. The connection's next request waits for it.
    Later(Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>),
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub source: IpAddr,
    /// The role that its certificate gives it (Modbus/TCP Security); `None` when that names none, and on plain connections.
    pub role: Option<String>,
}

/// The devices behind a server.
pub trait Plant: Send + Sync + 'static {
    /// Answers a request to a unit. It may hang on what is behind only as long as it says itself: nobody else ends it.
    fn answer<'a>(&'a self, peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a>;

    /// Whether requests of this function code are taken at all. Of others nothing more is looked at: they are an illegal function
    /// whatever else is wrong with them (clause 7 of the application protocol). Reading (FC 1 to 4, 43) unless said otherwise.
    fn takes(&self, function: u8) -> bool {
        matches!(function, 1..=4 | 43)
    }
}
