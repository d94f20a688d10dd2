//! Looking at every byte of the file: each page against its authentication code, each chunk against its checksum.

use super::error::{During, StoreError};
use super::read;
use crate::chunk;
use haubert_model::Timestamp;
use rusqlite::Connection;

/// Most findings that are listed; a file this bad is not mended by reading on.
const MAX_FINDINGS: usize = 100;

/// What is damaged, in words; empty when all is well. Reads the whole file.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>, StoreError> {
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
    let mut statement = connection.prepare("SELECT cursor, count, bytes FROM chunk ORDER BY cursor").during("read")?;
    let mut rows = statement.query([]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let (cursor, count): (i64, u32) = (row.get(0).during("read")?, row.get(1).during("read")?);
        let bytes = row.get_ref(2).during("read")?.as_blob().unwrap_or_default();
        match chunk::decode(bytes) {
            Ok(samples) if samples.len() == count as usize => {}
            Ok(samples) => findings.push(format!("chunk {cursor} has {} samples instead of {count}", samples.len())),
            Err(error) => findings.push(format!("chunk {cursor}: {error}")),
        }
        if findings.len() >= MAX_FINDINGS {
            return Ok(findings);
        }
    }
    match read::journal(connection, Timestamp(i64::MIN), Timestamp(i64::MAX), |_| true, |_, _, _| {}) {
        Ok(()) => {}
        Err(StoreError::DamagedRow { place, source }) => findings.push(format!("{place}: {source}")),
        Err(other) => return Err(other),
    }
    Ok(findings)
}
