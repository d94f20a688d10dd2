//! The chunk: up to [`MAX_SAMPLES`] samples of one series, compressed. Version 1.
//!
//! ```text
//! "HBC" version(1 byte) count(varint)
//! times   codec(1 byte) length(varint) bytes      one per sample
//! values  codec(1 byte) length(varint) bytes      one per sample that is not missing
//! reasons codec(1 byte) length(varint) bytes      one per sample: reason code, bit 7 = missing
//! CRC-32 of all the above (4 bytes, little endian)
//! ```
//! Each column names its own codec, because no one coder wins: times of a regular poll are two numbers, values are best
//! coded by what they teach about each other, and ten late samples are smaller as plain differences than any model of them.
//! A new codec is a new number, not a new version. Measured against generic compressors (zstd), XOR floats (Gorilla) and pco;
//! see `docs/adr/0015-column-codec.md`.
//!
//! Chunks come from other machines, so decoding trusts nothing: sizes are checked before memory is taken, and the parts of
//! pco's format that let a few bytes ask for much memory are refused. The checksum finds accidents, not malice.

mod adaptive;
mod coders;
mod column;
mod hints;
mod model;
mod range;
mod reasons;
mod related;

pub(crate) use coders::{Decoder, Encoder, present};
pub(crate) use hints::hints;
pub(crate) use reasons::{code as reason_code, from_code as reason_from_code};
pub(crate) use related::{OTHERS_MAX, Related};

use crate::{Sample, varint};

/// Most samples in a chunk; decoded they take 2 MiB.
pub const MAX_SAMPLES: usize = 65_536;
/// Most bytes in a chunk: twice what the worst samples need.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The version that [`encode`] writes.
pub const VERSION: u8 = 1;

const MAGIC: &[u8; 3] = b"HBC";
const CRC_LEN: usize = 4;

/// Why bytes are not a chunk, or samples cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// More than [`MAX_SAMPLES`] samples, or more than [`MAX_BYTES`] bytes.
    #[error("too large for a chunk")]
    TooLarge,
    /// Does not begin as a chunk does.
    #[error("not a chunk")]
    NotAChunk,
    /// Written by a version that this one does not know.
    #[error("chunk version {0} is not known")]
    UnknownVersion(u8),
    /// The bytes are not those that were written.
    #[error("chunk checksum does not match")]
    Checksum,
    /// The checksum holds, but the content contradicts itself.
    #[error("chunk {0} are malformed")]
    Malformed(&'static str),
    /// A column is written in a way that this version does not know.
    #[error("chunk {column} use the unknown codec {codec}")]
    UnknownCodec {
        /// Which column.
        column: &'static str,
        /// Its codec number.
        codec: u8,
    },
    /// A reason code from a later version.
    #[error("chunk has the unknown reason {0}")]
    UnknownReason(u8),
}

/// Compresses samples, which stay in the order given. Values of missing samples are not kept.
///
/// # Errors
/// [`ChunkError::TooLarge`] for more than [`MAX_SAMPLES`].
pub fn encode(samples: &[Sample]) -> Result<Vec<u8>, ChunkError> {
    Ok(Encoder::default().columns(samples)?.join())
}

/// The samples of a chunk, in the order in which they were encoded.
///
/// # Errors
/// [`ChunkError`] for anything that [`encode`] did not write.
pub fn decode(bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    if bytes.len() > MAX_BYTES {
        return Err(ChunkError::TooLarge);
    }
    split(bytes)?.decode()
}

/// A chunk taken apart, each column with its codec and length in front. Neighbouring chunks often share times and reasons to
/// the byte, so whoever stores many keeps these once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) count: usize,
    pub(crate) times: &'a [u8],
    pub(crate) values: &'a [u8],
    pub(crate) reasons: &'a [u8],
}

/// Takes a chunk apart after looking at its version and checksum.
pub(crate) fn split(bytes: &[u8]) -> Result<Parts<'_>, ChunkError> {
    let (body, crc) = bytes.split_last_chunk::<CRC_LEN>().ok_or(ChunkError::NotAChunk)?;
    let mut rest = body.strip_prefix(MAGIC).ok_or(ChunkError::NotAChunk)?;
    let (&version, after) = rest.split_first().ok_or(ChunkError::NotAChunk)?;
    if version != VERSION {
        return Err(ChunkError::UnknownVersion(version));
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return Err(ChunkError::Checksum);
    }
    rest = after;
    let count = varint::take(&mut rest).ok_or(ChunkError::Malformed("counts"))?;
    let count = usize::try_from(count).ok().filter(|count| *count <= MAX_SAMPLES).ok_or(ChunkError::TooLarge)?;
    let mut column = |name| {
        let before = rest;
        column::Raw::take(&mut rest, name)?;
        before.split_at_checked(before.len() - rest.len()).map(|(column, _)| column).ok_or(ChunkError::Malformed(name))
    };
    let (times, values, reasons) = (column("times")?, column("values")?, column("reasons")?);
    if !rest.is_empty() {
        return Err(ChunkError::Malformed("ends"));
    }
    Ok(Parts { count, times, values, reasons })
}

/// Length of a chunk of `count` samples with these bytes of columns.
pub(crate) const fn joined_len(count: usize, columns: usize) -> usize {
    MAGIC.len() + 1 + varint::len(count as u64) + columns + CRC_LEN
}

impl Parts<'_> {
    /// The chunk as [`encode`] wrote it.
    pub(crate) fn join(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.joined_len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        varint::put(&mut out, self.count as u64);
        for column in [self.times, self.values, self.reasons] {
            out.extend_from_slice(column);
        }
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// How long [`Parts::join`] makes it.
    pub(crate) const fn joined_len(&self) -> usize {
        joined_len(self.count, self.times.len() + self.values.len() + self.reasons.len())
    }

    /// The samples, in the order in which they were encoded.
    pub(crate) fn decode(&self) -> Result<Vec<Sample>, ChunkError> {
        Ok(Decoder::default().samples(self)?.collect())
    }
}
