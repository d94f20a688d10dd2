//! Looking at every byte of the file: each page against its authentication code, each segment against its checksum, each
//! chunk by unpacking it.

use super::columns::{Columns, Source};
use super::error::{During, StoreError};
use super::{journal, read, segment};
use crate::batch;
use crate::chunk::ChunkError;
use rusqlite::{Connection, params};

/// Most findings that are listed; a file this bad is not mended by reading on.
const MAX_FINDINGS: usize = 100;

/// What is damaged, in words; empty when all is well. Reads the whole file; `progress` is told how many of how many rows have
/// been looked at, and ends it early by returning false.
pub(super) fn check(connection: &Connection, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check").during("read")?;
    let mut rows = statement.query([]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        findings.push(row.get(0).during("read")?);
        if findings.len() >= MAX_FINDINGS {
            break;
        }
    }
    if !findings.is_empty() {
        return Ok(findings);
    }
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).during("read");
    let total = (count("SELECT count(*) FROM segment")? + count("SELECT count(*) FROM journal")?).unsigned_abs();
    let mut done = 0;
    let mut statement = connection.prepare("SELECT high FROM segment ORDER BY high").during("read")?;
    let mut rows = statement.query([]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        one_segment(connection, row.get(0).during("read")?, &mut findings)?;
        done += 1;
        if findings.len() >= MAX_FINDINGS || !progress(done, total) {
            return Ok(findings);
        }
    }
    journal::each_row(connection, &journal::ALL_ROWS, read::EVER, |id, bytes| {
        if let Err(error) = batch::decode(bytes, |_| true, |_, _| {}) {
            findings.push(format!("journal row {id}: {error}"));
        }
        Ok(())
    })?;
    progress(total, total);
    findings.truncate(MAX_FINDINGS);
    Ok(findings)
}

fn one_segment(connection: &Connection, row: i64, findings: &mut Vec<String>) -> Result<(), StoreError> {
    let (low, chunks, samples, directory, body) = connection
        .prepare_cached("SELECT low, chunks, samples, directory, body FROM segment WHERE high = ?1")
        .during("read")?
        .query_row(params![row], |row| {
            let (directory, body): (Vec<u8>, Vec<u8>) = (row.get(3)?, row.get(4)?);
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, directory, body))
        })
        .during("read")?;
    let (entries, crc) = match segment::parse(&directory, |_| true) {
        Ok(parsed) => parsed,
        Err(error) => {
            findings.push(format!("segment {row}: {error}"));
            return Ok(());
        }
    };
    if crc32fast::hash(&body) != crc {
        findings.push(format!("segment {row}: {}", ChunkError::Checksum));
    }
    let total: i64 = entries.iter().map(|entry| i64::from(entry.frame.count)).sum();
    let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.cursor.cast_signed(), last.cursor.cast_signed()));
    if entries.len() as i64 != chunks || total != samples || ends != Some((low, row)) {
        findings.push(format!("segment {row}: its row and its directory contradict each other"));
    }
    let (mut columns, mut samples) = (Columns::default(), Vec::new());
    for entry in entries {
        samples.clear();
        match columns.samples(row, &entry, &Source::body(&body), &mut samples) {
            Ok(()) if spans(&samples, &entry) => {}
            Ok(()) => findings.push(format!("chunk {}: its samples are not those of the directory", entry.cursor)),
            Err(error) => findings.push(format!("chunk {}: {error}", entry.cursor)),
        }
    }
    Ok(())
}

fn spans(samples: &[crate::Sample], entry: &segment::Entry) -> bool {
    let times = || samples.iter().map(|sample| sample.at);
    samples.len() == entry.frame.count as usize
        && times().min() == Some(entry.frame.first)
        && times().max() == Some(entry.frame.last)
}
