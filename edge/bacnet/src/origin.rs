//! Who asks.

use crate::wire::npdu::Place;
use std::net::SocketAddrV4;

/// Whom an answer goes to: by which datagrams, and where on another network when a router brought the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub(crate) peer: SocketAddrV4,
    pub(crate) place: Option<Place>,
}

/// A request or an answer that is under way: with whom, of which device, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Conversation {
    pub(crate) origin: Origin,
    pub(crate) device: u32,
    pub(crate) invoke: u8,
}
