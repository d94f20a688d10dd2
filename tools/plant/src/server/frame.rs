//! RTU framing on the server's side, shared by the pseudo-terminal and RTU over TCP, and the damage done to answers.

use crate::answer::Damage;
use crate::model::noise;
use haubert_modbus::rtu::{Progress, crc16, decode_request, encode};

/// More than any frame; what is beyond it is noise.
const MAX_PENDING: usize = 512;

/// A request as it came off the line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) unit: u8,
    pub(crate) pdu: Vec<u8>,
    /// Bytes it took on the wire.
    pub(crate) length: usize,
}

/// Collects bytes into frames: by length where the function is known, by silence where it is not.
#[derive(Debug, Default)]
pub(crate) struct Framer {
    pending: Vec<u8>,
}

impl Framer {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = MAX_PENDING.saturating_sub(self.pending.len());
        self.pending.extend(bytes.iter().take(room));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The next frame whose length is known. A damaged one is left to the silence that ends it.
    pub(crate) fn next_frame(&mut self) -> Option<Frame> {
        let Progress::Frame { unit, pdu, len } = decode_request(&self.pending) else { return None };
        let frame = Frame { unit, pdu: pdu.to_vec(), length: len };
        self.pending.drain(..len);
        Some(frame)
    }

    /// The line fell silent: what is pending is one frame, or noise. Nothing remains.
    pub(crate) fn silence(&mut self) -> Option<Frame> {
        let bytes = std::mem::take(&mut self.pending);
        let (body, crc) = bytes.split_last_chunk::<2>()?;
        let (unit, pdu) = body.split_first()?;
        let whole = !pdu.is_empty() && crc16(body).to_le_bytes() == *crc;
        whole.then(|| Frame { unit: *unit, pdu: pdu.to_vec(), length: bytes.len() })
    }
}

/// The bytes of an answer on the line, damaged if so wanted.
pub(crate) fn rtu_answer(unit: u8, pdu: &[u8], damage: Option<Damage>) -> Vec<u8> {
    let mut frame = encode(unit, pdu);
    match damage {
        Some(Damage::WrongCrc) => {
            if let Some(last) = frame.last_mut() {
                *last ^= 0x55;
            }
        }
        other => spoil(&mut frame, other),
    }
    frame
}

/// Damage that any framing can suffer.
pub(crate) fn spoil(frame: &mut Vec<u8>, damage: Option<Damage>) {
    match damage {
        Some(Damage::Truncated) => frame.truncate(frame.len() / 2),
        Some(Damage::Garbage(seed)) => {
            for (place, byte) in (0u64..).zip(frame.iter_mut()) {
                *byte = noise::mix(seed, place) as u8;
            }
        }
        Some(Damage::WrongCrc | Damage::WrongTransaction) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_by_length_and_by_silence() {
        let mut framer = Framer::default();
        let read = encode(3, &[3, 0, 1, 0, 2]);
        framer.push(&read);
        framer.push(&read[..4]);
        assert_eq!(framer.next_frame().map(|frame| (frame.unit, frame.length)), Some((3, 8)));
        assert_eq!(framer.next_frame(), None);
        framer.push(&read[4..]);
        assert!(framer.next_frame().is_some());
        framer.push(&encode(3, &[0x41, 9]));
        assert_eq!(framer.next_frame(), None);
        assert_eq!(framer.silence().map(|frame| frame.pdu), Some(vec![0x41, 9]));
        framer.push(&[1, 2, 3]);
        assert_eq!(framer.silence(), None);
        assert!(framer.is_empty());
        framer.push(&[0; 4096]);
        assert_eq!(framer.silence(), None);
    }
}
