//! The packet: 48 bytes there, 48 bytes or more back (RFC 5905, 7.3).

use crate::time::NtpTime;

/// Bytes of a packet without extensions.
pub const PACKET_BYTES: usize = 48;
/// Modes and version (RFC 5905, 7.3).
const CLIENT: u8 = 3;
const SERVER: u8 = 4;
const VERSION: u8 = 4;
/// Leap indicator of a server whose clock is not set.
const ALARM: u8 = 3;
/// Stratum of a server that is not synchronised; above it they are reserved.
const UNSYNCHRONISED: u8 = 16;
/// Greatest distance from the reference clock that makes sense, µs: 16 s (MAXDISP of RFC 5905, 7.2 and A.5.1.1).
const MAX_DISTANCE_US: u64 = 16_000_000;

/// A question. The transmit time stamp is a random number instead of our time: an answer must repeat it, so nobody who does not see
/// the question can forge one, and nobody learns our clock from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What the answer must repeat; to be random for each question.
    pub nonce: u64,
}

impl Request {
    /// As sent: version 4, mode 3, all else zero but the nonce (RFC 4330, 5).
    pub fn bytes(self) -> [u8; PACKET_BYTES] {
        let mut bytes = [0; PACKET_BYTES];
        if let Some(first) = bytes.first_mut() {
            *first = (VERSION << 3) | CLIENT;
        }
        if let Some(transmit) = bytes.last_chunk_mut::<8>() {
            *transmit = self.nonce.to_be_bytes();
        }
        bytes
    }
}

/// A server that says why it does not tell the time (RFC 5905, 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kiss {
    /// `DENY`, `RSTR`: never ask again.
    Denied,
    /// `RATE`: ask less often.
    Rate,
    /// Another one: there is no time in it.
    Other([u8; 4]),
}

/// Why an answer tells no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Fewer bytes than a packet has.
    #[error("it has fewer than 48 bytes")]
    Short,
    /// Not the answer of a server, or of no version that is known.
    #[error("it is not the answer of an NTP server")]
    NotAnAnswer,
    /// It does not repeat the question's nonce: late, twice, or forged.
    #[error("it does not belong to the question")]
    NotOurs,
    /// The server says why not.
    #[error("the server refuses: {}", .0.text())]
    Kiss(Kiss),
    /// The server's own clock is not set.
    #[error("the server's own clock is not set")]
    NotSynchronised,
    /// The server is too far from any reference clock, or tells times that cannot be.
    #[error("the server's values make no sense")]
    Insane,
}

impl Kiss {
    fn of(code: [u8; 4]) -> Self {
        match &code {
            b"DENY" | b"RSTR" => Self::Denied,
            b"RATE" => Self::Rate,
            _ => Self::Other(code),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Denied => "it wants no more questions".to_owned(),
            Self::Rate => "it is asked too often".to_owned(),
            Self::Other(code) => code.escape_ascii().to_string(),
        }
    }
}

impl Fault {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Short | Self::NotAnAnswer => "answer_not_understood",
            Self::NotOurs => "answer_not_ours",
            Self::Kiss(Kiss::Denied) => "server_denies",
            Self::Kiss(Kiss::Rate) => "asked_too_often",
            Self::Kiss(Kiss::Other(_)) | Self::NotSynchronised => "server_not_set",
            Self::Insane => "answer_insane",
        }
    }
}

/// What a server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// How many servers away from a reference clock: 1 to 15.
    pub stratum: u8,
    /// Round trip to the reference clock, µs.
    pub root_delay_us: u64,
    /// How far the server may have strayed from it, µs.
    pub root_dispersion_us: u64,
    /// When the question came, by the server's clock.
    pub received: NtpTime,
    /// When the answer left, by the server's clock.
    pub transmitted: NtpTime,
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Fault::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn time(&mut self) -> Result<NtpTime, Fault> {
        Ok(NtpTime(u64::from_be_bytes(self.take()?)))
    }

    /// NTP's short format, 16 bits of seconds and 16 of their fraction, as µs.
    fn short_us(&mut self) -> Result<u64, Fault> {
        Ok((u64::from(u32::from_be_bytes(self.take()?)) * 1_000_000) >> 16)
    }
}

impl Answer {
    /// Reads what came back to the question with this `nonce`. What stands behind the first 48 bytes is left out.
    ///
    /// # Errors
    /// [`Fault`]. Whether it is ours is decided first: who does not know the nonce cannot even refuse us.
    pub fn read(bytes: &[u8], nonce: u64) -> Result<Self, Fault> {
        let mut bytes = Bytes(bytes.get(..PACKET_BYTES).ok_or(Fault::Short)?);
        let [first, stratum, _poll, _precision] = bytes.take()?;
        let (root_delay_us, root_dispersion_us) = (bytes.short_us()?, bytes.short_us()?);
        let code: [u8; 4] = bytes.take()?;
        let (reference, originate, received, transmitted) = (bytes.time()?, bytes.time()?, bytes.time()?, bytes.time()?);
        let (leap, version, mode) = (first >> 6, (first >> 3) & 7, first & 7);
        if mode != SERVER || !(3..=VERSION).contains(&version) {
            return Err(Fault::NotAnAnswer);
        }
        if originate.0 != nonce {
            return Err(Fault::NotOurs);
        }
        if stratum == 0 {
            return Err(Fault::Kiss(Kiss::of(code)));
        }
        if leap == ALARM || stratum >= UNSYNCHRONISED || transmitted.0 == 0 {
            return Err(Fault::NotSynchronised);
        }
        // A.5.1.1 of RFC 5905, and that a server cannot answer before it is asked.
        let too_far = root_delay_us / 2 + root_dispersion_us >= MAX_DISTANCE_US;
        if too_far || received.0 == 0 || transmitted.us_since(received) < 0 || transmitted.us_since(reference) < 0 {
            return Err(Fault::Insane);
        }
        Ok(Self { stratum, root_delay_us, root_dispersion_us, received, transmitted })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) const NONCE: u64 = 0x0123_4567_89ab_cdef;

    /// As a server of stratum 2 answers, at this time.
    pub(crate) fn answer(at: NtpTime) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..4].copy_from_slice(&[0x24, 2, 6, 0xe9]);
        bytes[4..8].copy_from_slice(&0x0000_0100u32.to_be_bytes());
        bytes[8..12].copy_from_slice(&0x0000_0200u32.to_be_bytes());
        bytes[16..24].copy_from_slice(&(at.0 - (5 << 32)).to_be_bytes());
        bytes[24..32].copy_from_slice(&NONCE.to_be_bytes());
        bytes[32..40].copy_from_slice(&at.0.to_be_bytes());
        bytes[40..48].copy_from_slice(&at.0.to_be_bytes());
        bytes
    }

    const AT: NtpTime = NtpTime(0xec00_0000_8000_0000);

    fn with(change: impl Fn(&mut [u8; 48])) -> Result<Answer, Fault> {
        let mut bytes = answer(AT);
        change(&mut bytes);
        Answer::read(&bytes, NONCE)
    }

    #[test]
    fn a_question_tells_nothing_but_its_nonce() {
        let bytes = Request { nonce: NONCE }.bytes();
        assert_eq!(bytes[0], 0x23, "leap 0, version 4, mode 3");
        assert!(bytes[1..40].iter().all(|byte| *byte == 0));
        assert_eq!(bytes[40..], NONCE.to_be_bytes());
    }

    #[test]
    fn an_answer_is_read_and_what_stands_behind_it_left_out() {
        let read = with(|_| {}).unwrap();
        assert_eq!((read.stratum, read.root_delay_us, read.root_dispersion_us), (2, 3_906, 7_812));
        assert_eq!((read.received, read.transmitted), (AT, AT));
        let long = [&answer(AT)[..], &[0xff; 20]].concat();
        assert_eq!(Answer::read(&long, NONCE), Ok(read));
        assert!(with(|bytes| bytes[0] = 0x1c).is_ok(), "version 3");
    }

    #[test]
    fn what_tells_no_time_says_why() {
        assert_eq!(Answer::read(&answer(AT)[..47], NONCE), Err(Fault::Short));
        assert_eq!(with(|bytes| bytes[0] = 0x23), Err(Fault::NotAnAnswer), "a client's");
        assert_eq!(with(|bytes| bytes[0] = 0x14), Err(Fault::NotAnAnswer), "version 2");
        assert_eq!(with(|bytes| bytes[31] ^= 1), Err(Fault::NotOurs));
        assert_eq!(with(|bytes| bytes[0] = 0xe4), Err(Fault::NotSynchronised), "leap 3");
        assert_eq!(with(|bytes| bytes[1] = 16), Err(Fault::NotSynchronised));
        assert_eq!(with(|bytes| bytes[40..48].fill(0)), Err(Fault::NotSynchronised));
        assert_eq!(with(|bytes| bytes[8] = 1), Err(Fault::Insane), "256 s of dispersion");
        assert_eq!(with(|bytes| bytes[35] = 1), Err(Fault::Insane), "answered before it was asked");
        assert_eq!(
            with(|bytes| bytes[16..24].copy_from_slice(&(AT.0 + (9 << 32)).to_be_bytes())),
            Err(Fault::Insane),
            "set in the future"
        );
    }

    #[test]
    fn a_refusal_counts_only_from_who_knows_the_question() {
        let kiss = |code: &[u8; 4]| {
            with(|bytes| {
                (bytes[1], bytes[0]) = (0, 0xe4);
                bytes[12..16].copy_from_slice(code);
            })
        };
        assert_eq!(kiss(b"RATE"), Err(Fault::Kiss(Kiss::Rate)));
        assert_eq!(kiss(b"DENY"), Err(Fault::Kiss(Kiss::Denied)));
        assert_eq!(kiss(b"RSTR"), Err(Fault::Kiss(Kiss::Denied)));
        assert_eq!(kiss(b"INIT").unwrap_err().to_string(), "the server refuses: INIT");
        let forged = with(|bytes| {
            (bytes[1], bytes[24]) = (0, 0);
            bytes[12..16].copy_from_slice(b"DENY");
        });
        assert_eq!(forged, Err(Fault::NotOurs));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            if let Ok(answer) = Answer::read(&bytes, NONCE) {
                prop_assert!((1..=15).contains(&answer.stratum));
            }
        }

        #[test]
        fn an_answer_with_any_bit_of_the_nonce_wrong_is_not_ours(bit in 0usize..64) {
            prop_assert_eq!(with(|bytes| bytes[24 + bit / 8] ^= 1 << (bit % 8)), Err(Fault::NotOurs));
        }
    }
}
