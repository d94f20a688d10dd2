//! The records inside a sealed backup.
//!
//! ```text
//! "HBAK" version(4 bytes, big endian: 1)
//! records: kind(1 byte) length(4 bytes, big endian) body
//!   1 about    JSON, first, once: see [`About`]
//!   2 config   a piece of the configuration database (SQLite under SQLCipher, key in `about`), in order
//!   3 series   JSON list of [`Series`]; before the chunks that name them
//!   4 chunk    series(4 bytes, big endian) and a chunk of the historian
//!   5 end      JSON, last, once: see [`End`]
//! ```
//! The end counts what came before and holds a SHA-256 over it. The seal already refuses every changed byte; this refuses a
//! backup that was made wrongly.

use super::BackupError;
use aws_lc_rs::digest::{Context, SHA256};
use haubert_historian::SeriesSpec;
use haubert_model::{SeriesId, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

const MAGIC: &[u8; 4] = b"HBAK";
/// The format that is written.
pub const VERSION: u32 = 1;
/// Longest record: a chunk has at most 16 MiB.
const LONGEST: usize = (16 << 20) + 64;
/// Bytes of a piece of the configuration.
pub const PIECE: usize = 256 * 1024;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// When it was made.
    pub made_at: Timestamp,
    /// By which version of the program.
    pub version: String,
    /// Name of the site then.
    pub site: String,
    /// Opens the configuration in it, and nothing else: 64 hexadecimal digits.
    pub config_key: String,
    /// From when on it holds history; `null` when none.
    pub history_from: Option<Timestamp>,
    /// Which history that was.
    pub history: String,
}

/// A series of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Its number in this backup.
    pub id: SeriesId,
    /// What it records.
    pub spec: SeriesSpec,
}

/// What a whole backup holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Bytes of the configuration.
    pub config_bytes: u64,
    /// Series.
    pub series: u64,
    /// Chunks.
    pub chunks: u64,
    /// Samples in them, as the chunks say.
    pub samples: u64,
    /// SHA-256 of everything before this record, hexadecimal.
    pub sha256: String,
}

/// One record.
#[derive(Debug)]
pub enum Record {
    /// What it is.
    About(About),
    /// A piece of the configuration.
    Config(Vec<u8>),
    /// Series that are named from here on.
    Series(Vec<Series>),
    /// Samples of one.
    Chunk(SeriesId, Vec<u8>),
    /// Nothing follows.
    End(End),
}

/// Writes records, and knows what has been written.
pub struct Records<W> {
    to: W,
    digest: Context,
    end: End,
}

impl<W: Write> Records<W> {
    /// Begins.
    ///
    /// # Errors
    /// What `to` says.
    pub fn begin(to: W) -> Result<Self, BackupError> {
        let mut this = Self { to, digest: Context::new(&SHA256), end: End::default() };
        this.raw(MAGIC)?;
        this.raw(&VERSION.to_be_bytes())?;
        Ok(this)
    }

    /// Writes what it is.
    ///
    /// # Errors
    /// What `to` says.
    pub fn about(&mut self, about: &About) -> Result<(), BackupError> {
        self.record(1, &[&json(about)?])
    }

    /// Writes a piece of the configuration.
    ///
    /// # Errors
    /// What `to` says.
    pub fn config(&mut self, piece: &[u8]) -> Result<(), BackupError> {
        self.end.config_bytes += piece.len() as u64;
        self.record(2, &[piece])
    }

    /// Writes series.
    ///
    /// # Errors
    /// What `to` says.
    pub fn series(&mut self, series: &[Series]) -> Result<(), BackupError> {
        self.end.series += series.len() as u64;
        self.record(3, &[&json(&series)?])
    }

    /// Writes a chunk of `samples` samples.
    ///
    /// # Errors
    /// What `to` says.
    pub fn chunk(&mut self, series: SeriesId, bytes: &[u8], samples: u32) -> Result<(), BackupError> {
        self.end.chunks += 1;
        self.end.samples += u64::from(samples);
        self.record(4, &[&series.0.to_be_bytes(), bytes])
    }

    /// Writes the end. Gives back what was written to, and what it holds.
    ///
    /// # Errors
    /// What `to` says.
    pub fn finish(mut self) -> Result<(W, End), BackupError> {
        self.end.sha256 = hex(self.digest.clone());
        let body = json(&self.end)?;
        self.record(5, &[&body])?;
        Ok((self.to, self.end))
    }

    fn record(&mut self, kind: u8, parts: &[&[u8]]) -> Result<(), BackupError> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let length = u32::try_from(length).ok().filter(|length| *length as usize <= LONGEST);
        let length = length.ok_or_else(|| BackupError::Invalid("a record is too long".to_owned()))?;
        self.raw(&[kind])?;
        self.raw(&length.to_be_bytes())?;
        parts.iter().try_for_each(|part| self.raw(part))
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.update(bytes);
        Ok(self.to.write_all(bytes)?)
    }
}

/// Reads records in the order in which they must come.
pub struct RecordReader<R> {
    from: R,
    digest: Context,
    seen: End,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    About,
    Series,
    Ended,
}

impl<R: Read> RecordReader<R> {
    /// Reads the first bytes.
    ///
    /// # Errors
    /// [`BackupError::Invalid`], [`BackupError::TooNew`]; what `from` says.
    pub fn begin(mut from: R) -> Result<Self, BackupError> {
        let mut head = [0; 8];
        exact(&mut from, &mut head)?;
        let [a, b, c, d, version @ ..] = head;
        if &[a, b, c, d] != MAGIC {
            return Err(BackupError::Invalid("it does not begin as a backup".to_owned()));
        }
        match u32::from_be_bytes(version) {
            VERSION => {}
            found if found > VERSION => return Err(BackupError::TooNew { found, known: VERSION }),
            found => return Err(BackupError::Invalid(format!("there is no format {found}"))),
        }
        let mut digest = Context::new(&SHA256);
        digest.update(&head);
        Ok(Self { from, digest, seen: End::default(), state: State::Nothing })
    }

    /// The next record; `None` after the end, which has then been checked.
    ///
    /// # Errors
    /// [`BackupError::Invalid`] for what no program of ours writes; what `from` says.
    pub fn next_record(&mut self) -> Result<Option<Record>, BackupError> {
        if self.state == State::Ended {
            let more = self.from.by_ref().take(1).read(&mut [0])?;
            return if more == 0 { Ok(None) } else { Err(invalid("something follows the end")) };
        }
        let before = self.digest.clone();
        let mut head = [0; 5];
        exact(&mut self.from, &mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        if length > LONGEST {
            return Err(invalid("a record is too long"));
        }
        // Read, not allocated: a length alone costs nothing.
        let mut body = Vec::new();
        self.from.by_ref().take(length as u64).read_to_end(&mut body)?;
        if body.len() != length {
            return Err(invalid("it ends in the middle of a record"));
        }
        self.digest.update(&head);
        self.digest.update(&body);
        let record = match (kind, self.state) {
            (1, State::Nothing) => Record::About(parse(&body)?),
            (2, State::About) => {
                self.seen.config_bytes += length as u64;
                Record::Config(body)
            }
            (3, State::About | State::Series) => {
                let series: Vec<Series> = parse(&body)?;
                self.seen.series += series.len() as u64;
                Record::Series(series)
            }
            (4, State::Series) => {
                let (id, chunk) = body.split_first_chunk::<4>().ok_or_else(|| invalid("a chunk is too short"))?;
                self.seen.chunks += 1;
                Record::Chunk(SeriesId(u32::from_be_bytes(*id)), chunk.to_vec())
            }
            (5, State::About | State::Series) => {
                let end: End = parse(&body)?;
                let (config, series, chunks) = (end.config_bytes, end.series, end.chunks);
                if (config, series, chunks) != (self.seen.config_bytes, self.seen.series, self.seen.chunks) {
                    return Err(invalid("it does not hold what its end says"));
                }
                if end.sha256 != hex(before) {
                    return Err(invalid("its content does not have the digest that its end says"));
                }
                Record::End(end)
            }
            (1..=5, _) => return Err(invalid("its records are not in order")),
            _ => return Err(invalid("it has a record of unknown kind")),
        };
        self.state = match &record {
            Record::About(_) | Record::Config(_) => State::About,
            Record::Series(_) | Record::Chunk(..) => State::Series,
            Record::End(_) => State::Ended,
        };
        Ok(Some(record))
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, BackupError> {
    serde_json::to_vec(value).map_err(|error| BackupError::Invalid(error.to_string()))
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, BackupError> {
    serde_json::from_slice(body).map_err(|error| BackupError::Invalid(error.to_string()))
}

fn invalid(what: &str) -> BackupError {
    BackupError::Invalid(what.to_owned())
}

fn exact(from: &mut impl Read, into: &mut [u8]) -> Result<(), BackupError> {
    match from.read_exact(into) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(invalid("it ends too early")),
        read => Ok(read?),
    }
}

fn hex(digest: Context) -> String {
    digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            made_at: Timestamp(1),
            version: "0.1.0".to_owned(),
            site: "Quai".to_owned(),
            config_key: "00".repeat(32),
            history_from: None,
            history: String::new(),
        }
    }

    fn whole() -> Vec<u8> {
        let mut records = Records::begin(Vec::new()).unwrap();
        records.about(&about()).unwrap();
        records.config(&[1; 100]).unwrap();
        records.config(&[2; 50]).unwrap();
        records.finish().unwrap().0
    }

    fn read(bytes: &[u8]) -> Result<End, BackupError> {
        let mut reader = RecordReader::begin(bytes)?;
        let mut end = None;
        while let Some(record) = reader.next_record()? {
            if let Record::End(found) = record {
                end = Some(found);
            }
        }
        end.ok_or(BackupError::Stopped)
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let bytes = whole();
        assert_eq!(read(&bytes).unwrap().config_bytes, 150);
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(read(&[bytes.as_slice(), &[0]].concat()).is_err());
        let mut later = bytes.clone();
        later[7] = 2;
        assert!(matches!(read(&later), Err(BackupError::TooNew { found: 2, known: 1 })));
        let changed = String::from_utf8_lossy(&bytes).contains("Quai");
        assert!(changed);
        let mut other = bytes.clone();
        let at = bytes.windows(4).position(|window| window == b"Quai").unwrap();
        other[at] = b'q';
        assert!(matches!(read(&other), Err(BackupError::Invalid(said)) if said.contains("digest")));
    }

    #[test]
    fn a_length_that_promises_much_is_refused_or_ends_early() {
        for length in [u32::MAX, 16 << 20] {
            let mut bytes = whole()[..8].to_vec();
            bytes.push(1);
            bytes.extend_from_slice(&length.to_be_bytes());
            assert!(matches!(read(&bytes), Err(BackupError::Invalid(_))));
        }
    }
}
