//! Reading a sealed file: nothing comes out that has not been authenticated, and its end is told from a cut.

use super::stream::{CHUNK, Chunks, HEADER, Header, SealedFault, TAG, Unlock};
use std::io::{self, Read};
use zeroize::Zeroizing;

/// Decrypts a sealed file. An error of kind `InvalidData` holds the [`SealedFault`]; after one nothing more comes.
pub struct SealedReader<R> {
    from: R,
    chunks: Chunks,
    number: u32,
    /// What has been read of the file and not decrypted.
    ahead: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    ended: bool,
    failed: Option<SealedFault>,
}

impl<R: Read> SealedReader<R> {
    /// Reads the header and opens it. A passphrase takes a part of a second.
    ///
    /// # Errors
    /// What `from` says; a [`SealedFault`] as `InvalidData`.
    pub fn new(mut from: R, with: &Unlock) -> io::Result<Self> {
        let header = Self::header(&mut from)?;
        let chunks = header.open(with).map_err(invalid)?;
        let (ahead, plain) = (Vec::with_capacity(CHUNK + TAG + 1), Zeroizing::new(Vec::with_capacity(CHUNK + TAG)));
        Ok(Self { from, chunks, number: 0, ahead, plain, given: 0, ended: false, failed: None })
    }

    /// Reads only the header, to ask for what opens the file.
    ///
    /// # Errors
    /// What `from` says; a [`SealedFault`] as `InvalidData`.
    pub fn header(from: &mut R) -> io::Result<Header> {
        let mut bytes = [0; HEADER];
        match from.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(invalid(SealedFault::NotSealed)),
            read => read.and_then(|()| Header::parse(&bytes).map_err(invalid)),
        }
    }

    /// Decrypts the next chunk into `plain`.
    fn next(&mut self) -> Result<(), io::Error> {
        // One byte more than a chunk: whether something follows decides whether it is the last.
        let want = (CHUNK + TAG + 1).saturating_sub(self.ahead.len());
        self.from.by_ref().take(want as u64).read_to_end(&mut self.ahead)?;
        let more = self.ahead.len() > CHUNK + TAG;
        let (sealed, rest) = self.ahead.split_at(self.ahead.len().min(CHUNK + TAG));
        let number = self.number;
        self.given = 0;
        if self.chunks.open(number, !more, sealed, &mut self.plain).is_none() {
            // Why it is refused: the same chunk in the other position, or none at all.
            let as_other = self.chunks.open(number, more, sealed, &mut self.plain).is_some();
            self.plain.clear();
            return Err(invalid(match (as_other, more) {
                (true, false) => SealedFault::Truncated(number),
                (true, true) => SealedFault::Trailing(number),
                (false, _) if sealed.is_empty() => SealedFault::Truncated(number.saturating_sub(1)),
                (false, _) => SealedFault::Damaged(number),
            }));
        }
        let rest = rest.to_vec();
        self.ahead = rest;
        self.ended = !more;
        self.number = number.checked_add(1).ok_or_else(|| invalid(SealedFault::Damaged(number)))?;
        Ok(())
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(fault) = self.failed {
            return Err(invalid(fault));
        }
        while self.given == self.plain.len() && !self.ended {
            if let Err(error) = self.next() {
                self.failed = fault_of(&error);
                return Err(error);
            }
        }
        let left = self.plain.get(self.given..).unwrap_or_default();
        let count = left.len().min(into.len());
        into.iter_mut().zip(left).for_each(|(to, from)| *to = *from);
        self.given += count;
        Ok(count)
    }
}

fn invalid(fault: SealedFault) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

fn fault_of(error: &io::Error) -> Option<SealedFault> {
    error.get_ref().and_then(|inner| inner.downcast_ref()).copied()
}

#[cfg(test)]
mod tests {
    use super::super::{RecoveryKey, SealedFor, SealedWriter};
    use super::*;
    use std::io::Write;

    fn sealed(plain: &[u8], key: &RecoveryKey) -> Vec<u8> {
        let mut writer = SealedWriter::new(Vec::new(), &SealedFor::Recovery(key.public().unwrap())).unwrap();
        plain.chunks(10_007).for_each(|part| writer.write_all(part).unwrap());
        writer.finish().unwrap()
    }

    fn opened(bytes: &[u8], key: &RecoveryKey) -> Result<Vec<u8>, SealedFault> {
        let mut plain = Vec::new();
        SealedReader::new(bytes, &Unlock::Recovery(key.clone()))
            .and_then(|mut reader| reader.read_to_end(&mut plain))
            .map(|_| plain)
            .map_err(|error| fault_of(&error).expect("no other error comes from memory"))
    }

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 % 251) as u8).collect()
    }

    #[test]
    fn every_length_around_a_chunk_comes_back() {
        let key = RecoveryKey::random().unwrap();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
            let plain = text(length);
            assert_eq!(opened(&sealed(&plain, &key), &key).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn each_tampering_is_refused_by_the_check_meant_for_it() {
        let key = RecoveryKey::random().unwrap();
        let whole = sealed(&text(3 * CHUNK + 100), &key);
        let at = |chunk: usize| HEADER + chunk * (CHUNK + TAG);
        assert_eq!(opened(&whole[..at(2)], &key), Err(SealedFault::Truncated(1)));
        assert_eq!(opened(&whole[..at(0)], &key), Err(SealedFault::Truncated(0)));
        assert_eq!(opened(&whole[..at(2) + 50], &key), Err(SealedFault::Damaged(2)));
        assert_eq!(opened(&whole[..50], &key), Err(SealedFault::NotSealed));
        assert_eq!(opened(&[whole.as_slice(), &[0]].concat(), &key), Err(SealedFault::Damaged(3)));
        let full = sealed(&text(CHUNK), &key);
        assert_eq!(opened(&[full.as_slice(), &[0]].concat(), &key), Err(SealedFault::Trailing(0)));
        let mut swapped = whole.clone();
        swapped[at(0)..at(2)].rotate_left(CHUNK + TAG);
        assert_eq!(opened(&swapped, &key), Err(SealedFault::Damaged(0)));
        let doubled = [&whole[..at(2)], &whole[at(1)..]].concat();
        assert_eq!(opened(&doubled, &key), Err(SealedFault::Damaged(2)));
        let other = sealed(&text(3 * CHUNK + 100), &key);
        let spliced = [&whole[..at(1)], &other[at(1)..]].concat();
        assert_eq!(opened(&spliced, &key), Err(SealedFault::Damaged(1)));
        let stranger = RecoveryKey::random().unwrap();
        assert!(matches!(opened(&whole, &stranger), Err(SealedFault::OtherRecoveryKey(_))));
        let mut later = whole.clone();
        later[8] = 2;
        assert_eq!(opened(&later, &key), Err(SealedFault::UnknownVersion(2)));
    }

    #[test]
    fn a_thousand_flipped_bits_are_all_noticed_and_nothing_of_the_chunk_comes_out() {
        let key = RecoveryKey::random().unwrap();
        let plain = text(CHUNK + 5_000);
        let whole = sealed(&plain, &key);
        let bits = whole.len() * 8;
        // Every bit of the header, then a spread over the rest.
        let places = (0..HEADER * 8).chain((HEADER * 8..bits).step_by((bits / 1_000).max(1) | 1));
        let mut tried = 0;
        for bit in places {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(opened(&flipped, &key).is_err(), "bit {bit}");
            tried += 1;
        }
        assert!(tried >= 1_000, "{tried}");
    }

    #[test]
    fn a_passphrase_opens_and_a_header_that_asks_for_too_much_is_refused_at_once() {
        let sealed_for = SealedFor::Passphrase(haubert_model::Secret::new("correct horse".to_owned()));
        let mut writer = SealedWriter::new(Vec::new(), &sealed_for).unwrap();
        writer.write_all(b"plain").unwrap();
        let bytes = writer.finish().unwrap();
        let open = |bytes: &[u8], with: &str| {
            let unlock = Unlock::Passphrase(haubert_model::Secret::new(with.to_owned()));
            let mut plain = Vec::new();
            SealedReader::new(bytes, &unlock)
                .and_then(|mut reader| reader.read_to_end(&mut plain))
                .map_err(|error| fault_of(&error))
        };
        assert_eq!(open(&bytes, "correct horse").unwrap(), 5);
        assert_eq!(open(&bytes, "wrong horse"), Err(Some(SealedFault::DoesNotOpen)));
        let mut greedy = bytes.clone();
        greedy[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(open(&greedy, "correct horse"), Err(Some(SealedFault::Malformed("cost"))));
        assert_eq!(opened(&bytes, &RecoveryKey::random().unwrap()), Err(SealedFault::OtherOpener("a passphrase")));
    }
}
