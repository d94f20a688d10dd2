//! Second factors in the store, as the shared door asks for them. The file is encrypted, so the document is kept as it comes.

use super::{Db, StoreError, stored};
use haubert_model::{Secret, UserId};
use haubert_service::second_factor::{FactorRow, FactorStore};
use haubert_service::{BoxFuture, StoreError as Failed};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::collections::BTreeSet;

impl FactorStore for Db {
    fn load(&self, user: UserId) -> BoxFuture<'_, Result<Option<FactorRow>, Failed>> {
        Box::pin(async move {
            self.call(move |tx| {
                let sql = "select document, revision from second_factor where user_id = ?1";
                Ok(tx.query_row(sql, [user.to_string()], |row| factor(row, 0)).optional()?)
            })
            .await
            .map_err(Failed::new)
        })
    }

    fn replace(&self, user: UserId, document: Option<Secret>, expected: Option<i64>) -> BoxFuture<'_, Result<bool, Failed>> {
        Box::pin(async move {
            self.call(move |tx| {
                let user = user.to_string();
                let changed = match (expected, &document) {
                    (Some(revision), Some(document)) => tx.execute(
                        "update second_factor set document = ?2, revision = revision + 1 where user_id = ?1 and revision = ?3",
                        params![user, document.expose(), revision],
                    )?,
                    (Some(revision), None) => {
                        tx.execute("delete from second_factor where user_id = ?1 and revision = ?2", params![user, revision])?
                    }
                    (None, Some(document)) => tx.execute(
                        "insert into second_factor (user_id, document, revision) values (?1, ?2, 1) on conflict do nothing",
                        params![user, document.expose()],
                    )?,
                    (None, None) => 1,
                };
                Ok(changed == 1)
            })
            .await
            .map_err(Failed::new)
        })
    }

    fn load_all(&self) -> BoxFuture<'_, Result<Vec<(UserId, FactorRow)>, Failed>> {
        Box::pin(async move {
            self.call(|tx| {
                let mut statement = tx.prepare_cached("select user_id, document, revision from second_factor")?;
                let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, factor(row, 1)?)))?;
                rows.map(|row| {
                    let (user, row) = row?;
                    Ok((stored("user", user.parse())?, row))
                })
                .collect::<Result<Vec<_>, StoreError>>()
            })
            .await
            .map_err(Failed::new)
        })
    }
}

/// The accounts that have a second factor.
///
/// # Errors
/// [`StoreError`].
pub fn owners(tx: &Transaction<'_>) -> Result<BTreeSet<UserId>, StoreError> {
    let mut statement = tx.prepare_cached("select user_id from second_factor")?;
    let users = statement.query_map([], |row| row.get::<_, String>(0))?;
    users.map(|user| stored("user", user?.parse())).collect()
}

fn factor(row: &Row<'_>, at: usize) -> rusqlite::Result<FactorRow> {
    Ok(FactorRow { document: Secret::new(row.get(at)?), revision: row.get(at + 1)? })
}
