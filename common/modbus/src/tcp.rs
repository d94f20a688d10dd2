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

/// A whole frame, where it lies in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Mbap,
    /// Function code and data, 1 to [`limits::PDU`] bytes.
    pub pdu: &'a [u8],
}

impl Frame<'_> {
    /// Its bytes in the stream, header included.
    pub const fn size(&self) -> usize {
        HEADER + self.pdu.len()
    }
}

/// Header and PDU as one frame. A PDU beyond [`limits::PDU`] makes a frame that every decoder refuses.
pub fn encode(header: Mbap, pdu: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + pdu.len());
    append(header, &mut frame, |frame| frame.extend_from_slice(pdu));
    frame
}

/// Appends a frame to `out`, whose PDU is what `pdu` appends; otherwise as [`encode`].
pub fn append(header: Mbap, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Vec<u8>)) {
    out.extend(header.transaction.to_be_bytes());
    // Protocol id, and the length, which is known afterwards.
    out.extend([0; 4]);
    let counted = out.len();
    out.push(header.unit);
    pdu(out);
    let length = u16::try_from(out.len().saturating_sub(counted)).unwrap_or(u16::MAX);
    if let Some(field) = counted.checked_sub(2).and_then(|at| out.get_mut(at..counted)) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// The first frame of a stream; `None` while it is not whole.
///
/// # Errors
/// [`FrameError`] as soon as the header shows it, before its body has come.
pub fn first(stream: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
    let (Some(transaction), protocol, length) = (word(stream, 0), word(stream, 2), word(stream, 4)) else { return Ok(None) };
    if let Some(protocol) = protocol.filter(|id| *id != 0) {
        return Err(FrameError::Protocol(protocol));
    }
    let Some(length) = length else { return Ok(None) };
    if length < 2 || usize::from(length) > limits::PDU + 1 {
        return Err(FrameError::Length(length));
    }
    let Some([unit, pdu @ ..]) = stream.get(HEADER - 1..HEADER - 1 + usize::from(length)) else { return Ok(None) };
    Ok(Some(Frame { header: Mbap { transaction, unit: *unit }, pdu }))
}

/// Takes the first whole frame out of `buf`; `None` while it is not whole. Nothing is reserved or copied.
///
/// # Errors
/// As [`first`].
pub fn decode(buf: &mut BytesMut) -> Result<Option<(Mbap, Bytes)>, FrameError> {
    let Some(Frame { header, pdu }) = first(buf)? else { return Ok(None) };
    let size = HEADER + pdu.len();
    let mut frame = buf.split_to(size);
    frame.advance(HEADER);
    Ok(Some((header, frame.freeze())))
}

fn word(stream: &[u8], at: usize) -> Option<u16> {
    stream.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}
