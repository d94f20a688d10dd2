//! The site's own device profiles, as their authors wrote them.

use super::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};

/// Every profile: its name, and its text.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = tx.prepare("select id, text from own_profile order by id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The text of one, if it is there.
pub fn text(tx: &Transaction<'_>, id: &str) -> Result<Option<String>, StoreError> {
    Ok(tx.query_row("select text from own_profile where id = ?1", [id], |row| row.get(0)).optional()?)
}

/// Keeps one, in place of that of this name.
pub fn put(tx: &Transaction<'_>, id: &str, text: &str) -> Result<(), StoreError> {
    tx.execute(
        "insert into own_profile (id, text) values (?1, ?2) on conflict (id) do update set text = excluded.text",
        params![id, text],
    )?;
    Ok(())
}

/// Forgets one.
pub fn remove(tx: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("delete from own_profile where id = ?1", [id])?;
    Ok(())
}
