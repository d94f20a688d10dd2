//! Bytes of BACnet/IP and what they say: link (Annex J), network (clause 6), application (clause 20). Pure; what comes from outside
//! is bounded by the datagram that carried it, and nothing here recurses.

pub(crate) mod apdu;
pub(crate) mod bvlc;
pub(crate) mod code;
pub(crate) mod npdu;
pub(crate) mod service;
pub(crate) mod tag;
