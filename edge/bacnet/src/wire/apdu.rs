//! Messages of the application (clause 20.1): requests with and without answer, answers whole and in segments.

use super::code::{Abort, Failed, Refused, Reject};

/// Longest message of the application that BACnet/IP carries.
pub(crate) const MAX_APDU: usize = 1476;
/// Bytes of a segment's own header in an answer.
const SEGMENT_HEADER: usize = 5;

/// A message that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apdu<'a> {
    /// A request that wants an answer.
    Confirmed {
        /// What the asker can take.
        takes: Takes,
        invoke: u8,
        service: u8,
        /// `None` for a request in segments, which is not taken.
        data: Option<&'a [u8]>,
    },
    /// A request that wants none.
    Unconfirmed { service: u8, data: &'a [u8] },
    /// An answer without content to a request of ours.
    SimpleAck { invoke: u8 },
    /// A refusal of a request of ours, or the end of a conversation in which we answer.
    Ended { invoke: u8, by_client: bool },
    /// Segments have come.
    SegmentAck { invoke: u8, sequence: u8, window: u8 },
}

/// What an asker can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Takes {
    /// Longest message, bytes.
    pub(crate) apdu: usize,
    /// Most segments; 0 when it takes none.
    pub(crate) segments: usize,
}

impl Takes {
    /// Bytes of content in each segment.
    pub(crate) const fn segment(self) -> usize {
        self.apdu - SEGMENT_HEADER
    }
}

/// Sizes by their codes (clause 20.1.2.5).
const SIZES: [usize; 6] = [50, 128, 206, 480, 1024, MAX_APDU];
/// Most segments when an asker does not say, or takes more: sequence numbers stay below where they begin anew.
pub(crate) const MOST_SEGMENTS: usize = 127;

/// What a message says; `None` when it is none, or of no use here.
pub(crate) fn decode(bytes: &[u8]) -> Option<Apdu<'_>> {
    let (first, rest) = bytes.split_first()?;
    match first >> 4 {
        0 => {
            let (&[sizes, invoke], rest) = rest.split_first_chunk::<2>()?;
            let segments = match (first & 0x02 != 0, (sizes >> 4) & 7) {
                (false, _) => 0,
                (true, code @ 1..=6) => (1usize << code).min(MOST_SEGMENTS),
                (true, _) => MOST_SEGMENTS,
            };
            let takes = Takes { apdu: *SIZES.get(usize::from(sizes & 0x0F))?, segments };
            if first & 0x08 != 0 {
                let (&[_, _, service], _) = rest.split_first_chunk::<3>()?;
                return Some(Apdu::Confirmed { takes, invoke, service, data: None });
            }
            let (service, data) = rest.split_first()?;
            Some(Apdu::Confirmed { takes, invoke, service: *service, data: Some(data) })
        }
        1 => rest.split_first().map(|(service, data)| Apdu::Unconfirmed { service: *service, data }),
        2 => rest.first().map(|invoke| Apdu::SimpleAck { invoke: *invoke }),
        4 => {
            // Only those that come from an asker: we ask nothing that is answered in segments.
            let (&[invoke, sequence, window], _) = rest.split_first_chunk::<3>()?;
            (first & 1 == 0).then_some(Apdu::SegmentAck { invoke, sequence, window })
        }
        5 | 6 => rest.first().map(|invoke| Apdu::Ended { invoke: *invoke, by_client: false }),
        7 => rest.first().map(|invoke| Apdu::Ended { invoke: *invoke, by_client: first & 1 == 0 }),
        _ => None,
    }
}

/// A request of ours that wants an answer; it takes answers that are not in segments.
pub(crate) fn confirmed(invoke: u8, service: u8, data: &[u8]) -> Vec<u8> {
    [&[0x00, 0x05, invoke, service], data].concat()
}

/// A request of ours that wants none.
pub(crate) fn unconfirmed(service: u8, data: &[u8]) -> Vec<u8> {
    [&[0x10, service], data].concat()
}

/// Done, and there is nothing to tell.
pub(crate) fn simple_ack(invoke: u8, service: u8) -> Vec<u8> {
    vec![0x20, invoke, service]
}

/// An answer in one piece.
pub(crate) fn complex_ack(invoke: u8, service: u8, data: &[u8]) -> Vec<u8> {
    [&[0x30, invoke, service], data].concat()
}

/// A segment of an answer.
pub(crate) fn segment((invoke, service): (u8, u8), (sequence, window): (u8, u8), more: bool, data: &[u8]) -> Vec<u8> {
    [&[0x38 | (u8::from(more) << 2), invoke, sequence, window, service], data].concat()
}

/// A refusal, as the service has it.
pub(crate) fn failed(invoke: u8, service: u8, failed: Failed) -> Vec<u8> {
    match failed {
        Failed::Refused(Refused { class, code }) => {
            let mut writer = super::tag::Writer::default();
            writer.enumerated(class).enumerated(code);
            error(invoke, service, &writer.done())
        }
        Failed::Reject(reason) => rejected(invoke, reason),
        Failed::Abort(reason) => aborted(invoke, reason),
    }
}

/// An error with the content that the service gives it.
pub(crate) fn error(invoke: u8, service: u8, content: &[u8]) -> Vec<u8> {
    [&[0x50, invoke, service], content].concat()
}

fn rejected(invoke: u8, reason: Reject) -> Vec<u8> {
    vec![0x60, invoke, reason as u8]
}

fn aborted(invoke: u8, reason: Abort) -> Vec<u8> {
    vec![0x71, invoke, reason as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_an_asker_takes_is_read() {
        let read = |first, sizes| match decode(&[first, sizes, 7, 12, 1]) {
            Some(Apdu::Confirmed { takes, .. }) => Some((takes.apdu, takes.segments)),
            _ => None,
        };
        assert_eq!(read(0x00, 0x05), Some((1476, 0)));
        assert_eq!(read(0x02, 0x75), Some((1476, MOST_SEGMENTS)));
        assert_eq!(read(0x02, 0x05), Some((1476, MOST_SEGMENTS)));
        assert_eq!(read(0x02, 0x20), Some((50, 4)));
        assert_eq!(read(0x02, 0x26), None);
        let cut = decode(&[0x0A, 0x75, 7, 0, 4, 12, 1]);
        assert!(matches!(cut, Some(Apdu::Confirmed { data: None, service: 12, .. })), "{cut:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _any = decode(&bytes);
        }
    }
}
