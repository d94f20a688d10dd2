//! What series record, as the file has it: of this version, or of an earlier one that is read or repaired before it is upgraded.

use super::error::{During, StoreError};
use crate::SeriesSpec;
use crate::chunk::ChunkError;
use haubert_model::{LoadId, Quantity, RecordKind, SeriesId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::collections::HashMap;

/// What [`spec`] reads.
pub(super) const COLUMNS: &str = "id, kind, quantity, exponent, period_ms, load, rollover";

/// Quantities by the numbers that stand for them in a file; without any in one of an earlier version.
pub(super) type Quantities = HashMap<i64, Quantity>;

/// Every series' spec, by number.
pub(super) fn specs(connection: &Connection) -> Result<Vec<(SeriesId, SeriesSpec)>, StoreError> {
    let quantities = quantities(connection, "NOT INDEXED")?;
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM series NOT INDEXED ORDER BY id")).during("read")?;
    let mut rows = statement.query([]).during("read")?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().during("read")? {
        found.push(spec(row, &quantities)?);
    }
    Ok(found)
}

/// The file's quantities, by their table or an index.
pub(super) fn quantities(connection: &Connection, by: &str) -> Result<Quantities, StoreError> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).during("read")?;
    let mut found = Quantities::new();
    if version < 3 {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached(&format!("SELECT id, code FROM quantity {by}")).during("read")?;
    let mut rows = statement.query([]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let code: String = row.get(1).during("read")?;
        if let Ok(quantity) = code.parse() {
            found.insert(row.get(0).during("read")?, quantity);
        }
    }
    Ok(found)
}

/// A row of [`COLUMNS`].
pub(super) fn spec(row: &Row<'_>, quantities: &Quantities) -> Result<(SeriesId, SeriesSpec), StoreError> {
    let unreadable = || StoreError::DamagedRow { place: "the list of series".to_owned(), source: ChunkError::Malformed("names") };
    let kind: String = row.get(1).during("read")?;
    let quantity: Option<Quantity> = match row.get_ref(2).during("read")? {
        ValueRef::Integer(number) => quantities.get(&number).copied(),
        value => value.as_str().ok().and_then(|code| code.parse().ok()),
    };
    let period_ms: i64 = row.get(4).during("read")?;
    let load: Option<LoadId> = match row.get_ref(5).during("read")? {
        ValueRef::Blob(bytes) => bytes.try_into().ok().and_then(|id| format!("{:032x}", u128::from_be_bytes(id)).parse().ok()),
        value => value.as_str().ok().and_then(|text| text.parse().ok()),
    };
    let spec = SeriesSpec {
        kind: RecordKind::from_code(&kind).ok_or_else(unreadable)?,
        quantity: quantity.ok_or_else(unreadable)?,
        exponent: row.get(3).during("read")?,
        period_ms: (period_ms != 0).then_some(period_ms),
        load: load.ok_or_else(unreadable)?,
        rollover: row.get(6).during("read")?,
    };
    Ok((SeriesId(row.get(0).during("read")?), spec))
}
