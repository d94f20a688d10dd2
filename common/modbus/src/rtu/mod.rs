//! RTU framing: unit id, PDU, CRC, found by length rather than by silence.
//!
//! Silence cannot be seen through USB adapters, TCP tunnels and operating-system buffers; the length of every frame follows
//! from its first bytes, and the CRC then proves it. Silence is only *kept* before sending (see [`LineSettings::t35`]).

mod crc;
mod line;

pub use crc::crc16;
pub use line::{LineSettings, Parity};

use crate::limits;

/// What the bytes received so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The start of a frame; more must come.
    NeedMore,
    /// A whole frame with a right CRC in the first `len` bytes.
    Frame {
        /// Unit id.
        unit: u8,
        /// Function code and data.
        pdu: &'a [u8],
        /// Bytes taken, CRC included.
        len: usize,
    },
    /// A whole frame by its length, whose CRC is wrong.
    BadCrc,
    /// Cannot be the start of a frame.
    Malformed,
}

/// A frame for the line.
pub fn encode(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(pdu.len() + 3);
    frame.push(unit);
    frame.extend_from_slice(pdu);
    frame.extend(crc16(&frame).to_le_bytes());
    frame
}

/// The master's side: `buf` begins with an answer to `function` (or an exception to it), or not.
pub fn decode_response(buf: &[u8], function: u8) -> Progress<'_> {
    let pdu_len = match buf.get(1) {
        None => return Progress::NeedMore,
        Some(found) if *found == function | 0x80 => Some(2),
        Some(found) if *found == function => match response_pdu_len(buf, function) {
            Ok(length) => length,
            Err(Unframed) => return Progress::Malformed,
        },
        Some(_) => return Progress::Malformed,
    };
    finish(buf, pdu_len)
}

/// The server's side: `buf` begins with a request. Function codes that this codec does not know have no known length:
/// they are [`Progress::Malformed`], and a server ends such a frame by silence.
pub fn decode_request(buf: &[u8]) -> Progress<'_> {
    let Some(function) = buf.get(1) else { return Progress::NeedMore };
    let counted = |at: usize| buf.get(at).map(|count| at + usize::from(*count));
    let pdu_len = match function {
        1..=6 | 8 => Some(5),
        7 | 11 | 12 | 17 => Some(1),
        15 | 16 => counted(6),
        20 | 21 => counted(2),
        22 => Some(7),
        23 => counted(10),
        24 => Some(3),
        43 => Some(4),
        _ => return Progress::Malformed,
    };
    finish(buf, pdu_len)
}

struct Unframed;

/// Length of the answer's PDU, once enough of it is there.
fn response_pdu_len(buf: &[u8], function: u8) -> Result<Option<usize>, Unframed> {
    Ok(match function {
        1..=4 | 23 => buf.get(2).map(|count| 2 + usize::from(*count)),
        5 | 6 | 8 | 15 | 16 => Some(5),
        22 => Some(7),
        43 => {
            let Some(count) = buf.get(7) else { return Ok(None) };
            let mut at = 8;
            for _ in 0..*count {
                // An object takes two bytes at least; unit and PDU end before them.
                if at + 2 > 1 + limits::PDU {
                    return Err(Unframed);
                }
                let Some(length) = buf.get(at + 1) else { return Ok(None) };
                at += 2 + usize::from(*length);
            }
            Some(at - 1)
        }
        _ => return Err(Unframed),
    })
}

fn finish(buf: &[u8], pdu_len: Option<usize>) -> Progress<'_> {
    let Some(pdu_len) = pdu_len else { return Progress::NeedMore };
    if pdu_len > limits::PDU {
        return Progress::Malformed;
    }
    let len = pdu_len + 3;
    let (Some(frame), Some(unit)) = (buf.get(..len), buf.first()) else { return Progress::NeedMore };
    let (Some(body), Some(pdu)) = (frame.get(..len - 2), frame.get(1..len - 2)) else { return Progress::Malformed };
    if frame.ends_with(&crc16(body).to_le_bytes()) { Progress::Frame { unit: *unit, pdu, len } } else { Progress::BadCrc }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: objects that end past the longest frame were waited for when that frame's bytes were there already.
    #[test]
    fn identification_that_cannot_fit_a_frame_is_not_waited_for() {
        let objects = |first: u8, second: u8| {
            let mut bytes = vec![7, 43, 14, 1, 1, 0, 0, 3, 0, first];
            bytes.resize(bytes.len() + usize::from(first), b'a');
            bytes.extend([1, second]);
            bytes.resize(limits::RTU_FRAME, b'b');
            bytes
        };
        for (first, second) in [(120, 121), (120, 123), (120, 124), (240, 3), (240, 4), (240, 255)] {
            assert_eq!(decode_response(&objects(first, second), 43), Progress::Malformed, "{first} {second}");
        }
        // Three objects that fill the longest PDU to its last byte: 7 + 3 × 2 + 120 + 120.
        assert_eq!(decode_response(&objects(120, 120)[..8 + 244], 43), Progress::NeedMore);
        let mut full = objects(120, 119);
        full.truncate(8 + 122 + 121);
        full.extend([2, 1, b'c']);
        let frame = encode(7, &full[1..]);
        assert_eq!(frame.len(), limits::RTU_FRAME);
        assert_eq!(decode_response(&frame, 43), Progress::Frame { unit: 7, pdu: &full[1..], len: limits::RTU_FRAME });
    }
}
