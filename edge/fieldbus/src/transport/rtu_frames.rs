//! Finds the answer among the bytes that a serial line gave, noise and late answers included. Pure.

use haubert_modbus::rtu::{self, Progress};
use haubert_modbus::{Malformed, Request, Response, ResponseError};

use super::AskError;

/// What the bytes so far hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The answer, or the device's refusal, or an answer that does not fit. The second number is of late answers before it.
    Answer(Result<Response, AskError>, u32),
    /// An answer has begun; wait for the rest.
    Begun,
    /// An answer of the right length with a wrong CRC, and nothing better.
    Damaged,
    /// Nothing that could be the answer.
    Nothing,
}

/// Late answers of other units that are complete in `bytes`.
pub(super) fn late_answers(bytes: &[u8]) -> u32 {
    let (mut at, mut count) = (0, 0u32);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match frame(rest) {
            Some((_, _, length)) => {
                count = count.saturating_add(1);
                length
            }
            None => 1,
        };
    }
    count
}

/// Looks through `bytes`, received since `request` was sent to `unit`.
pub(super) fn find(bytes: &[u8], unit: u8, request: &Request) -> Found {
    let function = request.function();
    let (mut at, mut stale, mut begun) = (0, 0u32, None);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((from, pdu, length)) = frame(rest) {
            let ours = from == unit && pdu.first().is_some_and(|code| code & 0x7F == function);
            match Response::decode(pdu, request) {
                // Same unit and function but another length: the late answer to an earlier question.
                Err(ResponseError::Malformed(Malformed::ByteCount { .. })) if ours => stale = stale.saturating_add(1),
                answer if ours => return Found::Answer(answer.map_err(AskError::from), stale),
                _ => stale = stale.saturating_add(1),
            }
            at += length;
            continue;
        }
        if begun.is_none() && rest.first() == Some(&unit) {
            begun = match rtu::decode_response(rest, function) {
                Progress::NeedMore => Some(Found::Begun),
                Progress::BadCrc => Some(Found::Damaged),
                Progress::Frame { .. } | Progress::Malformed => None,
            };
        }
        at += 1;
    }
    begun.unwrap_or(Found::Nothing)
}

/// A whole frame with a right CRC at the start of `bytes`, whoever it is from.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let function = bytes.get(1)? & 0x7F;
    match rtu::decode_response(bytes, function) {
        Progress::Frame { unit, pdu, len } => Some((unit, pdu, len)),
        Progress::NeedMore | Progress::BadCrc | Progress::Malformed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_modbus::Table;
    use proptest::prelude::*;

    const ASKED: Request = Request::Read { table: Table::HoldingRegisters, address: 0, count: 2 };

    fn answer(unit: u8, words: &[u16]) -> Vec<u8> {
        let count = u16::try_from(words.len()).unwrap();
        let request = Request::Read { table: Table::HoldingRegisters, address: 0, count };
        rtu::encode(unit, &Response::Registers(words.to_vec()).encode(&request))
    }

    fn got(words: &[u16], stale: u32) -> Found {
        Found::Answer(Ok(Response::Registers(words.to_vec())), stale)
    }

    #[test]
    fn noise_before_the_answer_is_skipped() {
        let bytes = [&[0x00, 0xFF, 7, 3, 200][..], &answer(7, &[1, 2])].concat();
        assert_eq!(find(&bytes, 7, &ASKED), got(&[1, 2], 0));
    }

    #[test]
    fn answers_of_other_units_and_to_other_questions_are_stale() {
        let bytes = [answer(9, &[5, 6]), answer(7, &[5, 6, 7]), answer(7, &[1, 2])].concat();
        assert_eq!(find(&bytes, 7, &ASKED), got(&[1, 2], 2));
        assert_eq!(late_answers(&bytes), 3);
        assert_eq!(find(&bytes[..9], 7, &ASKED), Found::Nothing);
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let bytes = rtu::encode(7, &[0x83, 2]);
        let refused = AskError::Exception(haubert_modbus::ExceptionCode::IllegalDataAddress);
        assert_eq!(find(&bytes, 7, &ASKED), Found::Answer(Err(refused), 0));
    }

    #[test]
    fn a_flipped_bit_and_a_broken_off_answer_are_told_apart() {
        let mut bytes = answer(7, &[1, 2]);
        assert_eq!(find(&bytes[..5], 7, &ASKED), Found::Begun);
        bytes[4] ^= 1;
        assert_eq!(find(&bytes, 7, &ASKED), Found::Damaged);
    }

    proptest! {
        #[test]
        fn any_noise_is_survived(noise in proptest::collection::vec(any::<u8>(), 0..300), words: [u16; 2]) {
            let _ = find(&noise, 7, &ASKED);
            let _ = late_answers(&noise);
            let bytes = [&noise[..], &answer(7, &words)].concat();
            // Unless chance made a frame of the noise (its CRC has 16 bits), every offset is tried and the answer found.
            if (0..noise.len()).all(|at| frame(&bytes[at..]).is_none()) {
                prop_assert_eq!(find(&bytes, 7, &ASKED), got(&words, 0));
            }
        }
    }
}
