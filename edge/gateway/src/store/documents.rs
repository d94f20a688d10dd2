//! Tables of documents: an id and JSON. What is in them is somebody else's.

use super::{StoreError, one_row, stored};
use rusqlite::{Transaction, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use uuid::Uuid;

/// Of a document, in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct DocumentId(pub Uuid);

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// [`crate::rates::Tariff`].
    Tariff,
    /// [`crate::rates::EmissionFactor`].
    EmissionFactor,
    /// [`crate::references::Reference`].
    Reference,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Tariff => "tariff",
            Self::EmissionFactor => "emission_factor",
            Self::Reference => "reference_quantity",
        }
    }
}

/// All documents of a table.
///
/// # Errors
/// When the store fails, or holds what is no `T`.
pub fn all<T: DeserializeOwned>(tx: &Transaction<'_>, table: Table) -> Result<Vec<(DocumentId, T)>, StoreError> {
    let name = table.name();
    let mut statement = tx.prepare(&format!("select id, document from {name} order by id"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, document): (String, String) = (row.get(0)?, row.get(1)?);
        found.push((DocumentId(stored(name, id.parse())?), stored(name, serde_json::from_str(&document))?));
    }
    Ok(found)
}

/// Adds a document. A table holds at most `most`.
///
/// # Errors
/// `Conflict` when there is no room; when the store fails.
pub fn add<T: Serialize>(
    tx: &Transaction<'_>,
    table: Table,
    id: DocumentId,
    document: &T,
    most: usize,
) -> Result<(), StoreError> {
    let name = table.name();
    let count: i64 = tx.query_row(&format!("select count(*) from {name}"), [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= most {
        return Err(StoreError::Conflict("there is no room for more: delete what is no longer needed"));
    }
    let document = stored(name, serde_json::to_string(document))?;
    tx.execute(&format!("insert into {name} (id, document) values (?1, ?2)"), params![id.to_string(), document])?;
    Ok(())
}

/// Puts another document in the place of one.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn replace<T: Serialize>(tx: &Transaction<'_>, table: Table, id: DocumentId, document: &T) -> Result<(), StoreError> {
    let name = table.name();
    let document = stored(name, serde_json::to_string(document))?;
    one_row(tx.execute(&format!("update {name} set document = ?2 where id = ?1"), params![id.to_string(), document])?)
}

/// Takes a document away.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn remove(tx: &Transaction<'_>, table: Table, id: DocumentId) -> Result<(), StoreError> {
    one_row(tx.execute(&format!("delete from {} where id = ?1", table.name()), [id.to_string()])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;

    #[test]
    fn documents_are_kept_changed_and_forgotten_and_have_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("c.db"), &haubert_trust::Key::random().unwrap()).unwrap();
        let (one, other) = (DocumentId(Uuid::new_v4()), DocumentId(Uuid::new_v4()));
        db.call_blocking(|tx| {
            add(tx, Table::Tariff, one, &"a", 1)?;
            assert!(matches!(add(tx, Table::Tariff, other, &"b", 1), Err(StoreError::Conflict(_))));
            replace(tx, Table::Tariff, one, &"c")?;
            assert!(matches!(replace(tx, Table::Tariff, other, &"d"), Err(StoreError::NotFound)));
            assert_eq!(all::<String>(tx, Table::Tariff)?, [(one, "c".to_owned())]);
            assert!(all::<String>(tx, Table::EmissionFactor)?.is_empty());
            remove(tx, Table::Tariff, one)?;
            assert!(matches!(remove(tx, Table::Tariff, one), Err(StoreError::NotFound)));
            Ok(())
        })
        .unwrap();
    }
}
