//! A column of 64-bit integers, written by whichever coder makes it smallest.

use super::ChunkError;
use crate::varint;
use pco::data_types::Number;
use pco::metadata::{DeltaEncoding, Mode};
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, PagingSpec};

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

/// Below this many values pco's own header outweighs what it saves.
const PCO_MIN_VALUES: usize = 16;
/// pco level 8: half the speed of level 4 and up to 22 % smaller.
const PCO_LEVEL: usize = 8;
/// Largest look-back window, as a power of two, that a reader allocates for.
const PCO_MAX_WINDOW_LOG: u32 = 16;
/// pco modes that make sense for integers and need no table: classic and multiples of a base.
const PCO_MODES: std::ops::RangeInclusive<u8> = 0..=1;

/// Appends codec, length and bytes.
pub(super) fn encode(values: &[i64], out: &mut Vec<u8>) {
    let (codec, bytes) = smallest(values);
    put(codec, &bytes, out);
}

/// Appends a column whose bytes are ready.
pub(super) fn put(codec: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(codec);
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn smallest(values: &[i64]) -> (u8, Vec<u8>) {
    if let Some(bytes) = regular(values) {
        return (REGULAR, bytes);
    }
    let packed = if values.len() >= PCO_MIN_VALUES { pack(values) } else { None };
    // Differences never beat pco on long columns; not trying them there keeps sealing fast.
    match packed {
        Some(packed) if values.len() >= 64 * PCO_MIN_VALUES => packed,
        Some(packed) => {
            let plain = differences(values);
            if packed.1.len() < plain.len() { packed } else { (DIFFERENCES, plain) }
        }
        None => (DIFFERENCES, differences(values)),
    }
}

fn regular(values: &[i64]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if let Some(first) = values.first() {
        let step = values.get(1).map_or(0, |second| second.wrapping_sub(*first));
        let same = values.iter().zip(values.iter().skip(1)).all(|(a, b)| b.wrapping_sub(*a) == step);
        if !same {
            return None;
        }
        varint::put_signed(&mut out, *first);
        varint::put_signed(&mut out, step);
    }
    Some(out)
}

fn differences(values: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(values.len() * 2);
    let mut previous = 0i64;
    for value in values {
        varint::put_signed(&mut out, value.wrapping_sub(previous));
        previous = *value;
    }
    out
}

/// The values by pco, in the narrowest integers that hold them.
fn pack(values: &[i64]) -> Option<(u8, Vec<u8>)> {
    let least = *values.iter().min()?;
    let range = values.iter().max()?.abs_diff(least);
    let mut out = Vec::with_capacity(values.len());
    if range > u64::from(u32::MAX) {
        return Some((PCO, pack_into(values, out)?));
    }
    varint::put_signed(&mut out, least);
    let distances = values.iter().map(|value| value.abs_diff(least));
    if range > u64::from(u16::MAX) {
        let distances: Vec<u32> = distances.map(|distance| distance as u32).collect();
        Some((PCO32, pack_into(&distances, out)?))
    } else {
        let distances: Vec<u16> = distances.map(|distance| distance as u16).collect();
        Some((PCO16, pack_into(&distances, out)?))
    }
}

fn pack_into<T: Number>(values: &[T], out: Vec<u8>) -> Option<Vec<u8>> {
    let config =
        ChunkConfig::default().with_compression_level(PCO_LEVEL).with_paging_spec(PagingSpec::EqualPagesUpTo(super::MAX_SAMPLES));
    let file = FileCompressor::default();
    let mut chunk = file.chunk_compressor(values, &config).ok()?;
    if !acceptable(&chunk.meta().mode, &chunk.meta().delta_encoding) {
        return None;
    }
    let out = file.write_header(out).ok()?;
    let out = chunk.write_meta(out).ok()?;
    chunk.write_page(0, out).ok()
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

    /// Its `count` values; `count` is already bounded.
    pub(super) fn decode(self, count: usize) -> Result<Vec<i64>, ChunkError> {
        let values = match self.codec {
            REGULAR => from_regular(self.bytes, count),
            DIFFERENCES => from_differences(self.bytes, count),
            PCO => unpack::<i64>(self.bytes, count),
            PCO32 => from_distances::<u32>(self.bytes, count),
            PCO16 => from_distances::<u16>(self.bytes, count),
            codec => return Err(ChunkError::UnknownCodec { column: self.name, codec }),
        };
        values.ok_or(ChunkError::Malformed(self.name))
    }
}

fn from_regular(mut bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return bytes.is_empty().then(Vec::new);
    }
    let first = varint::take_signed(&mut bytes)?;
    let step = varint::take_signed(&mut bytes)?;
    bytes.is_empty().then(|| (0..count as i64).map(|n| first.wrapping_add(step.wrapping_mul(n))).collect())
}

fn from_differences(mut bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    if bytes.len() < count {
        return None;
    }
    let mut values = Vec::with_capacity(count);
    let mut previous = 0i64;
    for _ in 0..count {
        previous = previous.wrapping_add(varint::take_signed(&mut bytes)?);
        values.push(previous);
    }
    bytes.is_empty().then_some(values)
}

fn from_distances<T: Number + Default + Into<u64>>(mut bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    let least = varint::take_signed(&mut bytes)?;
    let distances = unpack::<T>(bytes, count)?;
    // Wrapping: bytes from outside may reach beyond 64 bits.
    Some(distances.into_iter().map(|distance| least.wrapping_add_unsigned(distance.into())).collect())
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
