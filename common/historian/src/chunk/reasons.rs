//! The reasons of a chunk: nearly always one and the same, so runs of equal codes.

use super::{ChunkError, column};
use crate::{Sample, varint};
use haubert_model::Reason;

/// Pairs of code (1 byte) and length of the run (varint).
const RUNS: u8 = 0;
const MISSING: u8 = 0x80;

pub(crate) fn code(sample: &Sample) -> u8 {
    sample.reason.code() | if sample.missing { MISSING } else { 0 }
}

pub(crate) fn from_code(code: u8) -> Result<(Reason, bool), ChunkError> {
    let reason = Reason::from_code(code & !MISSING).ok_or(ChunkError::UnknownReason(code & !MISSING))?;
    Ok((reason, code & MISSING != 0))
}

/// Appends the column; `bytes` is room for it.
pub(super) fn encode(samples: &[Sample], bytes: &mut Vec<u8>, out: &mut Vec<u8>) {
    bytes.clear();
    for run in samples.chunk_by(|a, b| code(a) == code(b)) {
        let Some(first) = run.first() else { continue };
        bytes.push(code(first));
        varint::put(bytes, run.len() as u64);
    }
    column::put(RUNS, bytes, out);
}

/// So many samples have this reason, and are missing or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) reason: Reason,
    pub(super) missing: bool,
    pub(super) count: usize,
}

/// Appends the runs of `count` samples.
pub(super) fn decode(column: &column::Raw<'_>, count: usize, runs: &mut Vec<Run>) -> Result<(), ChunkError> {
    if column.codec != RUNS {
        return Err(ChunkError::UnknownCodec { column: column.name, codec: column.codec });
    }
    let (mut bytes, mut left) = (column.bytes, count);
    while let Some((&code, rest)) = bytes.split_first() {
        bytes = rest;
        let run = varint::take(&mut bytes).and_then(|run| usize::try_from(run).ok()).ok_or(ChunkError::Malformed("reasons"))?;
        left = left.checked_sub(run).filter(|_| run > 0).ok_or(ChunkError::Malformed("reasons"))?;
        let (reason, missing) = from_code(code)?;
        runs.push(Run { reason, missing, count: run });
    }
    if left == 0 { Ok(()) } else { Err(ChunkError::Malformed("reasons")) }
}
