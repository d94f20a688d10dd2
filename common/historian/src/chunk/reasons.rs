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

pub(super) fn encode(samples: &[Sample], out: &mut Vec<u8>) {
    let mut bytes = Vec::new();
    for run in samples.chunk_by(|a, b| code(a) == code(b)) {
        let Some(first) = run.first() else { continue };
        bytes.push(code(first));
        varint::put(&mut bytes, run.len() as u64);
    }
    column::put(RUNS, &bytes, out);
}

pub(super) fn decode(column: column::Raw<'_>, count: usize) -> Result<Vec<(Reason, bool)>, ChunkError> {
    if column.codec != RUNS {
        return Err(ChunkError::UnknownCodec { column: column.name, codec: column.codec });
    }
    let mut bytes = column.bytes;
    let mut reasons = Vec::with_capacity(count);
    while let Some((&code, rest)) = bytes.split_first() {
        bytes = rest;
        let run = varint::take(&mut bytes).and_then(|run| usize::try_from(run).ok()).ok_or(ChunkError::Malformed("reasons"))?;
        if run == 0 || run > count - reasons.len() {
            return Err(ChunkError::Malformed("reasons"));
        }
        reasons.resize(reasons.len() + run, from_code(code)?);
    }
    if reasons.len() == count { Ok(reasons) } else { Err(ChunkError::Malformed("reasons")) }
}
