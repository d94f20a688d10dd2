//! A column of 64-bit integers, written by whichever coder makes it smallest. pco is only read: the adaptive coder took its place.

use super::{ChunkError, adaptive};
use crate::varint;
use pco::data_types::Number;
use pco::metadata::{DeltaEncoding, Mode};
use pco::wrapped::FileDecompressor;

/// First value and constant step: two numbers for a whole regular column.
const REGULAR: u8 = 0;
/// First value, then differences, as signed varints.
const DIFFERENCES: u8 = 1;
/// pco on 64-bit integers, wrapped format: file header, chunk meta, one page.
const PCO: u8 = 2;
/// The least value as signed varint, then pco on the 32-bit distances from it. pco's tables are half as large, which counts
/// in chunks of some hundred samples.
const PCO32: u8 = 3;
/// As [`PCO32`] with 16-bit distances: most meters' values over hours and days.
const PCO16: u8 = 4;
/// [`adaptive`]: what nearly every column is that is not regular.
const ADAPTIVE: u8 = 5;

/// Columns shorter than this may be smaller as differences.
const DIFFERENCES_BELOW: usize = 16;
/// Largest look-back window, as a power of two, that a reader allocates for.
const PCO_MAX_WINDOW_LOG: u32 = 16;
/// pco modes that make sense for integers and need no table: classic and multiples of a base.
const PCO_MODES: std::ops::RangeInclusive<u8> = 0..=1;

/// Room for a column and its coders, used again from column to column.
#[derive(Debug, Default)]
pub(super) struct Room {
    adaptive: adaptive::Room,
    bytes: Vec<u8>,
}

impl Room {
    /// Appends codec, length and bytes.
    pub(super) fn encode(&mut self, values: &[i64], out: &mut Vec<u8>) {
        self.bytes.clear();
        let codec = if regular(values, &mut self.bytes) {
            REGULAR
        } else {
            self.adaptive.encode(values, &mut self.bytes);
            // A handful of values teaches nothing; and what never ceases to surprise could take more than plain numbers.
            let plain = if values.len() < DIFFERENCES_BELOW || self.bytes.len() > 8 * values.len() {
                differences_len(values)
            } else {
                usize::MAX
            };
            if self.bytes.len() <= plain {
                ADAPTIVE
            } else {
                self.bytes.clear();
                differences(values, &mut self.bytes);
                DIFFERENCES
            }
        };
        put(codec, &self.bytes, out);
    }

    /// Appends the `count` values of a column; `count` is already bounded.
    pub(super) fn decode(&mut self, column: &Raw<'_>, count: usize, values: &mut Vec<i64>) -> Result<(), ChunkError> {
        let read = match column.codec {
            REGULAR => from_regular(column.bytes, count, values),
            DIFFERENCES => from_differences(column.bytes, count, values),
            PCO => unpack::<i64>(column.bytes, count).map(|unpacked| values.extend(unpacked)),
            PCO32 => from_distances::<u32>(column.bytes, count, values),
            PCO16 => from_distances::<u16>(column.bytes, count, values),
            ADAPTIVE => self.adaptive.decode(column.bytes, count, values),
            codec => return Err(ChunkError::UnknownCodec { column: column.name, codec }),
        };
        read.ok_or(ChunkError::Malformed(column.name))
    }
}

/// Appends a column whose bytes are ready.
pub(super) fn put(codec: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(codec);
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Whether one step leads from each value to the next; then appends the column.
fn regular(values: &[i64], out: &mut Vec<u8>) -> bool {
    let Some((first, others)) = values.split_first() else { return true };
    let step = others.first().map_or(0, |second| second.wrapping_sub(*first));
    let same = values.iter().zip(others).all(|(a, b)| b.wrapping_sub(*a) == step);
    if same {
        varint::put_signed(out, *first);
        varint::put_signed(out, step);
    }
    same
}

fn differences(values: &[i64], out: &mut Vec<u8>) {
    let mut previous = 0i64;
    for value in values {
        varint::put_signed(out, value.wrapping_sub(previous));
        previous = *value;
    }
}

/// How many bytes [`differences`] appends.
fn differences_len(values: &[i64]) -> usize {
    let before = std::iter::once(&0).chain(values);
    values.iter().zip(before).map(|(value, before)| varint::signed_len(value.wrapping_sub(*before))).sum()
}

fn acceptable(mode: &Mode, delta: &DeltaEncoding) -> bool {
    let mode_fits = matches!(mode, Mode::Classic | Mode::IntMult(_));
    let delta_fits = match delta {
        DeltaEncoding::Lookback { config, .. } => config.window_n_log <= PCO_MAX_WINDOW_LOG,
        _ => true,
    };
    mode_fits && delta_fits
}

/// A column as it stands in the chunk, not yet decoded.
pub(super) struct Raw<'a> {
    pub(super) name: &'static str,
    pub(super) codec: u8,
    pub(super) bytes: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Takes the next column off `rest`.
    pub(super) fn take(rest: &mut &'a [u8], name: &'static str) -> Result<Self, ChunkError> {
        let (&codec, after) = rest.split_first().ok_or(ChunkError::Malformed(name))?;
        *rest = after;
        let len = varint::take(rest).and_then(|len| usize::try_from(len).ok()).ok_or(ChunkError::Malformed(name))?;
        let bytes = varint::take_bytes(rest, len).ok_or(ChunkError::Malformed(name))?;
        Ok(Self { name, codec, bytes })
    }
}

fn from_regular(mut bytes: &[u8], count: usize, values: &mut Vec<i64>) -> Option<()> {
    if count > 0 {
        let first = varint::take_signed(&mut bytes)?;
        let step = varint::take_signed(&mut bytes)?;
        values.extend((0..count as i64).map(|n| first.wrapping_add(step.wrapping_mul(n))));
    }
    bytes.is_empty().then_some(())
}

fn from_differences(mut bytes: &[u8], count: usize, values: &mut Vec<i64>) -> Option<()> {
    if bytes.len() < count {
        return None;
    }
    values.reserve(count);
    let mut previous = 0i64;
    for _ in 0..count {
        previous = previous.wrapping_add(varint::take_signed(&mut bytes)?);
        values.push(previous);
    }
    bytes.is_empty().then_some(())
}

fn from_distances<T: Number + Default + Into<u64>>(mut bytes: &[u8], count: usize, values: &mut Vec<i64>) -> Option<()> {
    let least = varint::take_signed(&mut bytes)?;
    let distances = unpack::<T>(bytes, count)?;
    // Wrapping: bytes from outside may reach beyond 64 bits.
    values.extend(distances.into_iter().map(|distance| least.wrapping_add_unsigned(distance.into())));
    Some(())
}

fn unpack<T: Number + Default>(bytes: &[u8], count: usize) -> Option<Vec<T>> {
    let (file, rest) = FileDecompressor::new(bytes).ok()?;
    // pco reserves a dictionary of up to 128 MiB before it reads one, so the mode is looked at first.
    if !PCO_MODES.contains(&(rest.first()? & 0x0f)) {
        return None;
    }
    let (mut chunk, rest) = file.chunk_decompressor::<T, _>(rest).ok()?;
    if !acceptable(&chunk.meta().mode, &chunk.meta().delta_encoding) {
        return None;
    }
    let mut values = vec![T::default(); count];
    let mut page = chunk.page_decompressor(rest, count).ok()?;
    let progress = page.read(&mut values).ok()?;
    (progress.finished && progress.n_processed == count && page.into_src().is_empty()).then_some(values)
}
