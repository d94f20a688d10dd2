//! The journal's row: one flush of samples of many series, compact enough to be written each second.
//!
//! Two layouts, told apart by the first byte; the writer takes whichever suits.
//! ```text
//! 1, by series: base time(signed varint), then per series:
//!   series(varint) count(varint) length(varint), then per sample:
//!     time and raw as differences to the one before (signed varints), reason code (1 byte, bit 7 = missing)
//! 2, by time, for polls, whose samples share it: per run of samples with one time:
//!   time(signed varint, difference to the run before) count(varint)
//!   series (signed varints, differences), runs of reason code (1 byte) and length (varint), raw of each (signed varint)
//! ```

use crate::chunk::{ChunkError, reason_code, reason_from_code};
use crate::{Sample, varint};
use haubert_model::{SeriesId, Timestamp};

const BY_SERIES: u8 = 1;
const BY_TIME: u8 = 2;
/// Fewer samples than this per time are smaller by series.
const SHARED: usize = 4;

const BAD: ChunkError = ChunkError::Malformed("journal rows");

/// Packs samples; within a series they keep their order.
pub(crate) fn encode(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let runs = samples.chunk_by(|a, b| a.1.at == b.1.at).count();
    if runs * SHARED <= samples.len() { by_time(samples) } else { by_series(samples) }
}

fn by_time(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + samples.len() * 5);
    out.push(BY_TIME);
    let mut before = 0;
    for run in samples.chunk_by(|a, b| a.1.at == b.1.at) {
        let Some((_, first)) = run.first() else { continue };
        varint::put_signed(&mut out, first.at.0.wrapping_sub(before));
        varint::put(&mut out, run.len() as u64);
        before = first.at.0;
        let mut series = 0i64;
        for (id, _) in run {
            varint::put_signed(&mut out, i64::from(id.0) - series);
            series = i64::from(id.0);
        }
        for reasons in run.chunk_by(|a, b| reason_code(&a.1) == reason_code(&b.1)) {
            let Some((_, first)) = reasons.first() else { continue };
            out.push(reason_code(first));
            varint::put(&mut out, reasons.len() as u64);
        }
        for (_, sample) in run {
            varint::put_signed(&mut out, sample.raw);
        }
    }
    out
}

fn by_series(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let mut sorted: Vec<&(SeriesId, Sample)> = samples.iter().collect();
    sorted.sort_by_key(|(series, _)| *series);
    let base = samples.first().map_or(0, |(_, sample)| sample.at.0);
    let mut out = Vec::with_capacity(16 + samples.len() * 8);
    out.push(BY_SERIES);
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

/// Unpacks the samples of the series that are `wanted`; those of a series come in order.
///
/// # Errors
/// [`ChunkError`] when the bytes are not a batch of a known layout.
pub(crate) fn decode(
    bytes: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
    visit: impl FnMut(SeriesId, Sample),
) -> Result<(), ChunkError> {
    let (&layout, rest) = bytes.split_first().ok_or(BAD)?;
    match layout {
        BY_SERIES => from_series(rest, wanted, visit),
        BY_TIME => from_times(rest, wanted, visit),
        unknown => Err(ChunkError::UnknownVersion(unknown)),
    }
}

fn from_times(
    mut rest: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
    mut visit: impl FnMut(SeriesId, Sample),
) -> Result<(), ChunkError> {
    let mut at = 0i64;
    let (mut ids, mut codes) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        at = at.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
        let count = varint::take(&mut rest).and_then(|count| usize::try_from(count).ok()).ok_or(BAD)?;
        // Each sample takes two bytes at least.
        if count > rest.len() {
            return Err(BAD);
        }
        ids.clear();
        codes.clear();
        let mut series = 0i64;
        for _ in 0..count {
            series = series.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
            ids.push(SeriesId(u32::try_from(series).map_err(|_| BAD)?));
        }
        while codes.len() < count {
            let (&code, after) = rest.split_first().ok_or(BAD)?;
            rest = after;
            let run = varint::take(&mut rest).and_then(|run| usize::try_from(run).ok()).ok_or(BAD)?;
            if run == 0 || run > count - codes.len() {
                return Err(BAD);
            }
            codes.resize(codes.len() + run, reason_from_code(code)?);
        }
        for (series, (reason, missing)) in ids.iter().zip(&codes) {
            let raw = varint::take_signed(&mut rest).ok_or(BAD)?;
            if wanted(*series) {
                visit(*series, Sample { at: Timestamp(at), raw, reason: *reason, missing: *missing });
            }
        }
    }
    Ok(())
}

fn from_series(
    mut rest: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
    mut visit: impl FnMut(SeriesId, Sample),
) -> Result<(), ChunkError> {
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
            for bytes in [encode(&samples), by_series(&samples), by_time(&samples)] {
                let mut found = all(&bytes).unwrap();
                found.sort_by_key(|(series, _)| *series);
                prop_assert_eq!(&found, &expected);
            }
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
            for layout in [BY_SERIES, BY_TIME] {
                let _ = all(&[&[layout], bytes.as_slice()].concat());
            }
        }
    }

    #[test]
    fn skips_the_series_that_are_not_wanted() {
        let sample = Sample::measured(Timestamp(5), 7, Reason::Measured);
        let both = [(SeriesId(1), sample), (SeriesId(2), sample)];
        for bytes in [by_series(&both), by_time(&both)] {
            let mut found = Vec::new();
            decode(&bytes, |series| series == SeriesId(2), |series, _| found.push(series)).unwrap();
            assert_eq!(found, [SeriesId(2)]);
        }
    }

    #[test]
    fn a_poll_takes_about_four_bytes_a_value() {
        let poll: Vec<_> = (0..100)
            .map(|n| (SeriesId(n), Sample::measured(Timestamp(1_790_000_000_000), 23_000 + i64::from(n), Reason::Measured)))
            .collect();
        assert!(encode(&poll).len() <= 420, "{}", encode(&poll).len());
    }
}
