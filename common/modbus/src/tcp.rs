//! MBAP framing of Modbus TCP.
//!
//! A header that cannot be right (protocol id, length) is an error and the connection's end: there is no way to find the next
//! frame in such a stream, and waiting for 60 000 announced bytes is how servers are exhausted.

use crate::limits;
use bytes::{Buf, Bytes, BytesMut};

/// Bytes of the header, unit id included.
pub const HEADER: usize = 7;

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mbap {
    /// Chosen by the master, repeated by the server.
    pub transaction: u16,
    /// The device behind this address.
    pub unit: u8,
}

/// The stream cannot be followed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameError {
    /// Protocol id other than 0.
    #[error("protocol id {0}, not 0 (Modbus)")]
    Protocol(u16),
    /// Length field outside 2..=254 (unit id and at least a function code; at most unit id and 253 bytes).
    #[error("frame length {0} outside 2..=254")]
    Length(u16),
}

/// Header and PDU as one frame. A PDU beyond [`limits::PDU`] makes a frame that every decoder refuses.
pub fn encode(header: Mbap, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(HEADER + pdu.len());
    frame.extend(header.transaction.to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(length.to_be_bytes());
    frame.push(header.unit);
    frame.extend_from_slice(pdu);
    frame
}

/// Takes the first whole frame out of `buf`; `None` while it is not whole. Nothing is reserved or copied.
///
/// # Errors
/// [`FrameError`] as soon as the header shows it, before its body has come.
pub fn decode(buf: &mut BytesMut) -> Result<Option<(Mbap, Bytes)>, FrameError> {
    let (Some(transaction), protocol, length) = (word(buf, 0), word(buf, 2), word(buf, 4)) else { return Ok(None) };
    if let Some(protocol) = protocol.filter(|id| *id != 0) {
        return Err(FrameError::Protocol(protocol));
    }
    let Some(length) = length else { return Ok(None) };
    if length < 2 || usize::from(length) > limits::PDU + 1 {
        return Err(FrameError::Length(length));
    }
    if buf.len() < HEADER - 1 + usize::from(length) {
        return Ok(None);
    }
    let mut frame = buf.split_to(HEADER - 1 + usize::from(length));
    frame.advance(HEADER - 1);
    let unit = frame.get_u8();
    Ok(Some((Mbap { transaction, unit }, frame.freeze())))
}

fn word(buf: &BytesMut, at: usize) -> Option<u16> {
    buf.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}
