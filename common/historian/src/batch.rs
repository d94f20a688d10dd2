//! The journal's row: one flush of samples of many series, compact enough to be written each second.
//!
//! ```text
//! version(1 byte) base time(signed varint), then per series:
//!   series(varint) count(varint) length(varint), then per sample:
//!     time and raw as differences to the one before (signed varints), reason code (1 byte, bit 7 = missing)
//! ```
//! Samples stay grouped by series with their length in front, so that a reader of one series skips the others.

use crate::chunk::{ChunkError, reason_code, reason_from_code};
use crate::{Sample, varint};
use haubert_model::{SeriesId, Timestamp};

const VERSION: u8 = 1;

/// Packs samples; within a series they keep their order.
pub(crate) fn encode(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let mut sorted: Vec<&(SeriesId, Sample)> = samples.iter().collect();
    sorted.sort_by_key(|(series, _)| *series);
    let base = samples.first().map_or(0, |(_, sample)| sample.at.0);
    let mut out = Vec::with_capacity(16 + samples.len() * 8);
    out.push(VERSION);
    varint::put_signed(&mut out, base);
    let mut body = Vec::new();
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let Some((series, _)) = group.first() else { continue };
        body.clear();
        let (mut at, mut raw) = (base, 0i64);
        for (_, sample) in group {
            varint::put_signed(&mut body, sample.at.0.wrapping_sub(at));
            varint::put_signed(&mut body, sample.raw.wrapping_sub(raw));
            body.push(reason_code(sample));
            (at, raw) = (sample.at.0, sample.raw);
        }
        varint::put(&mut out, u64::from(series.0));
        varint::put(&mut out, group.len() as u64);
        varint::put(&mut out, body.len() as u64);
        out.extend_from_slice(&body);
    }
    out
}

/// Unpacks the samples of the series that are `wanted`, in order.
///
/// # Errors
/// [`ChunkError`] when the bytes are not a batch of a known version.
pub(crate) fn decode(
    bytes: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
    mut visit: impl FnMut(SeriesId, Sample),
) -> Result<(), ChunkError> {
    const BAD: ChunkError = ChunkError::Malformed("journal rows");
    let (&version, mut rest) = bytes.split_first().ok_or(BAD)?;
    if version != VERSION {
        return Err(ChunkError::UnknownVersion(version));
    }
    let base = varint::take_signed(&mut rest).ok_or(BAD)?;
    while !rest.is_empty() {
        let series = varint::take(&mut rest).and_then(|id| u32::try_from(id).ok()).map(SeriesId).ok_or(BAD)?;
        let count = varint::take(&mut rest).ok_or(BAD)?;
        let len = varint::take(&mut rest).and_then(|len| usize::try_from(len).ok()).ok_or(BAD)?;
        let mut body = varint::take_bytes(&mut rest, len).ok_or(BAD)?;
        if !wanted(series) {
            continue;
        }
        let (mut at, mut raw, mut seen) = (base, 0i64, 0u64);
        while !body.is_empty() {
            at = at.wrapping_add(varint::take_signed(&mut body).ok_or(BAD)?);
            raw = raw.wrapping_add(varint::take_signed(&mut body).ok_or(BAD)?);
            let (&code, after) = body.split_first().ok_or(BAD)?;
            body = after;
            let (reason, missing) = reason_from_code(code)?;
            visit(series, Sample { at: Timestamp(at), raw, reason, missing });
            seen += 1;
        }
        if seen != count {
            return Err(BAD);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Reason;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Result<Vec<(SeriesId, Sample)>, ChunkError> {
        let mut found = Vec::new();
        decode(bytes, |_| true, |series, sample| found.push((series, sample)))?;
        Ok(found)
    }

    proptest! {
        #[test]
        fn round_trips_in_order_per_series(samples in prop::collection::vec((0u32..4, any::<i64>(), any::<i64>(), any::<bool>()), 0..50)) {
            let samples: Vec<_> = samples
                .into_iter()
                .map(|(series, at, raw, missing)| (SeriesId(series), Sample { at: Timestamp(at), raw, reason: Reason::Measured, missing }))
                .collect();
            let mut expected = samples.clone();
            expected.sort_by_key(|(series, _)| *series);
            prop_assert_eq!(all(&encode(&samples)).unwrap(), expected);
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
        }
    }

    #[test]
    fn skips_the_series_that_are_not_wanted() {
        let sample = Sample::measured(Timestamp(5), 7, Reason::Measured);
        let bytes = encode(&[(SeriesId(1), sample), (SeriesId(2), sample)]);
        let mut found = Vec::new();
        decode(&bytes, |series| series == SeriesId(2), |series, _| found.push(series)).unwrap();
        assert_eq!(found, [SeriesId(2)]);
    }
}
