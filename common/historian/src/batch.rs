//! The journal's row: one flush of samples of many series, compact enough to be written each second.
//!
//! Layouts are told apart by the first byte; the writer takes 1 or 3, whichever suits. 2 was written by versions before.
//! ```text
//! 1, by series: base time(signed varint), then per series:
//!   series(varint) count(varint) length(varint), then per sample:
//!     time and raw as differences to the one before (signed varints), reason code (1 byte, bit 7 = missing)
//! 2, by time, for polls, whose samples share it: per run of samples with one time:
//!   time(signed varint, difference to the run before) count(varint)
//!   series (signed varints, differences), runs of reason code (1 byte) and length (varint), raw of each (signed varint)
//! 3, as 2, for polls whose series have neighbouring numbers and come again: per run of samples with one time:
//!   time(signed varint, difference to the run before) count × 2 + (1: series of the run before) (varint)
//!   but for the same series: runs of first number (signed varint, difference to the end of the run before) and length (varint)
//!   runs of reason code (1 byte) and length (varint)
//!   raw of each (signed varint; for the same series the difference to that of the run before)
//! ```

use crate::chunk::{ChunkError, reason_code, reason_from_code};
use crate::{Sample, varint};
use haubert_model::{SeriesId, Timestamp};

const BY_SERIES: u8 = 1;
const BY_TIME: u8 = 2;
const BY_TURN: u8 = 3;
/// Fewer samples than this per time are smaller by series.
const SHARED: usize = 4;

const BAD: ChunkError = ChunkError::Malformed("journal rows");

/// Packs samples; within a series they keep their order.
pub(crate) fn encode(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let runs = samples.chunk_by(|a, b| a.1.at == b.1.at).count();
    if runs * SHARED <= samples.len() { by_turn(samples) } else { by_series(samples) }
}

fn by_turn(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + samples.len() * 4);
    out.push(BY_TURN);
    let (mut at, mut before): (i64, &[(SeriesId, Sample)]) = (0, &[]);
    for run in samples.chunk_by(|a, b| a.1.at == b.1.at) {
        let Some((_, first)) = run.first() else { continue };
        let same = run.len() == before.len() && run.iter().zip(before).all(|(one, other)| one.0 == other.0);
        varint::put_signed(&mut out, first.at.0.wrapping_sub(at));
        varint::put(&mut out, (run.len() as u64) << 1 | u64::from(same));
        at = first.at.0;
        if !same {
            let mut end = 0i64;
            for ids in run.chunk_by(|a, b| b.0.0.checked_sub(1) == Some(a.0.0)) {
                let first = ids.first().map_or(0, |(id, _)| i64::from(id.0));
                varint::put_signed(&mut out, first - end);
                varint::put(&mut out, ids.len() as u64);
                end = first + ids.len() as i64;
            }
        }
        for reasons in run.chunk_by(|a, b| reason_code(&a.1) == reason_code(&b.1)) {
            let Some((_, first)) = reasons.first() else { continue };
            out.push(reason_code(first));
            varint::put(&mut out, reasons.len() as u64);
        }
        if same {
            run.iter().zip(before).for_each(|(one, other)| varint::put_signed(&mut out, one.1.raw.wrapping_sub(other.1.raw)));
        } else {
            run.iter().for_each(|(_, sample)| varint::put_signed(&mut out, sample.raw));
        }
        before = run;
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
        BY_TURN => from_turns(rest, wanted, visit),
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

fn from_turns(
    mut rest: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
    mut visit: impl FnMut(SeriesId, Sample),
) -> Result<(), ChunkError> {
    let length = |bytes: &mut &[u8]| varint::take(bytes).and_then(|length| usize::try_from(length).ok()).ok_or(BAD);
    let mut at = 0i64;
    let (mut ids, mut raws, mut codes): (Vec<SeriesId>, Vec<i64>, Vec<_>) = (Vec::new(), Vec::new(), Vec::new());
    while !rest.is_empty() {
        at = at.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
        let head = length(&mut rest)?;
        let (count, same) = (head >> 1, head & 1 == 1);
        // Each sample takes a byte at least.
        if count > rest.len() || (same && count != ids.len()) {
            return Err(BAD);
        }
        if !same {
            ids.clear();
            raws.clear();
            raws.resize(count, 0);
            let mut end = 0i64;
            while ids.len() < count {
                let first = end.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
                let run = length(&mut rest)?;
                if run == 0 || run > count - ids.len() {
                    return Err(BAD);
                }
                end = first.wrapping_add(run as i64);
                for id in first..end {
                    ids.push(SeriesId(u32::try_from(id).map_err(|_| BAD)?));
                }
                // Numbers that wrap around are none.
                if first > end {
                    return Err(BAD);
                }
            }
        }
        codes.clear();
        while codes.len() < count {
            let (&code, after) = rest.split_first().ok_or(BAD)?;
            rest = after;
            let run = length(&mut rest)?;
            if run == 0 || run > count - codes.len() {
                return Err(BAD);
            }
            codes.resize(codes.len() + run, reason_from_code(code)?);
        }
        for ((series, raw), (reason, missing)) in ids.iter().zip(&mut raws).zip(&codes) {
            *raw = raw.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
            if wanted(*series) {
                visit(*series, Sample { at: Timestamp(at), raw: *raw, reason: *reason, missing: *missing });
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
            for bytes in [encode(&samples), by_series(&samples), by_time(&samples), by_turn(&samples)] {
                let mut found = all(&bytes).unwrap();
                found.sort_by_key(|(series, _)| *series);
                prop_assert_eq!(&found, &expected);
            }
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
            for layout in [BY_SERIES, BY_TIME, BY_TURN] {
                let _ = all(&[&[layout], bytes.as_slice()].concat());
            }
        }
    }

    #[test]
    fn skips_the_series_that_are_not_wanted() {
        let sample = Sample::measured(Timestamp(5), 7, Reason::Measured);
        let both = [(SeriesId(1), sample), (SeriesId(2), sample)];
        for bytes in [by_series(&both), by_time(&both), by_turn(&both)] {
            let mut found = Vec::new();
            decode(&bytes, |series| series == SeriesId(2), |series, _| found.push(series)).unwrap();
            assert_eq!(found, [SeriesId(2)]);
        }
    }

    /// What versions before wrote.
    fn by_time(samples: &[(SeriesId, Sample)]) -> Vec<u8> {
        let mut out = vec![BY_TIME];
        let mut before = 0;
        for run in samples.chunk_by(|a, b| a.1.at == b.1.at) {
            varint::put_signed(&mut out, run[0].1.at.0.wrapping_sub(before));
            varint::put(&mut out, run.len() as u64);
            before = run[0].1.at.0;
            let mut series = 0i64;
            for (id, _) in run {
                varint::put_signed(&mut out, i64::from(id.0) - series);
                series = i64::from(id.0);
            }
            for (_, sample) in run {
                out.push(reason_code(sample));
                varint::put(&mut out, 1);
            }
            run.iter().for_each(|(_, sample)| varint::put_signed(&mut out, sample.raw));
        }
        out
    }

    #[test]
    fn a_poll_takes_three_bytes_a_value_and_the_next_one_less() {
        let poll = |at: i64| {
            let sample = move |n: u32| Sample::measured(Timestamp(at), 23_000 + i64::from(n) + at % 10, Reason::Measured);
            (100..200).map(move |n| (SeriesId(n), sample(n)))
        };
        let one = encode(&poll(1_790_000_000_000).collect::<Vec<_>>()).len();
        let both = encode(&poll(1_790_000_000_000).chain(poll(1_790_000_000_101)).collect::<Vec<_>>()).len();
        assert!(one <= 320 && both <= one + 110, "{one} and {both}");
    }

    #[test]
    fn numbers_beyond_those_of_series_are_refused() {
        let mut bytes = vec![BY_TURN];
        varint::put_signed(&mut bytes, 0);
        varint::put(&mut bytes, 2 << 1);
        varint::put_signed(&mut bytes, i64::MAX);
        varint::put(&mut bytes, 2);
        bytes.extend([0; 8]);
        assert!(all(&bytes).is_err());
    }
}
