//! Named values kept as JSON: the site's description, the state of the hub link.

use super::{StoreError, stored};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Serialize, de::DeserializeOwned};

/// The value under `name`, if there is one.
pub fn get<T: DeserializeOwned>(tx: &Transaction<'_>, name: &str) -> Result<Option<T>, StoreError> {
    let text: Option<String> = tx.query_row("select value from setting where name = ?1", [name], |row| row.get(0)).optional()?;
    text.map(|text| stored(name, serde_json::from_str(&text))).transpose()
}

/// Replaces the value under `name`.
pub fn set<T: Serialize>(tx: &Transaction<'_>, name: &str, value: &T) -> Result<(), StoreError> {
    let text = stored(name, serde_json::to_string(value))?;
    tx.execute(
        "insert into setting (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value",
        params![name, text],
    )?;
    Ok(())
}

/// Forgets the value under `name`.
pub fn remove(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute("delete from setting where name = ?1", [name])?;
    Ok(())
}
