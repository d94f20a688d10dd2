//! API keys, of which only the digest is kept.

use super::{StoreError, stored};
use haubert_model::{Timestamp, UserId};
use haubert_service::session::{KeyEntry, KeyRecord, SessionRecord};
use haubert_trust::TokenDigest;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

/// Keys of an account, the oldest first.
pub(super) fn of(tx: &Transaction<'_>, user: UserId) -> Result<Vec<KeyEntry>, StoreError> {
    let sql = "select k.id, k.name, k.may_change, k.created_at, k.expires_at, last.at from api_key k
               left join api_key_use last on last.id = k.id where k.user_id = ?1 order by k.created_at, k.id";
    let mut statement = tx.prepare(sql)?;
    let keys = statement.query_map([user.to_string()], |row| {
        Ok(KeyEntry {
            id: row.get(0)?,
            name: row.get(1)?,
            may_change: row.get(2)?,
            created_at: Timestamp(row.get(3)?),
            expires_at: Timestamp(row.get(4)?),
            last_used_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        })
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

pub(super) fn add(tx: &Transaction<'_>, user: UserId, digest: TokenDigest, key: &KeyEntry) -> Result<(), StoreError> {
    tx.execute(
        "insert into api_key (id, digest, user_id, name, may_change, created_at, expires_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![key.id, digest.0, user.to_string(), key.name, key.may_change, key.created_at.0, key.expires_at.0],
    )?;
    Ok(())
}

/// Ends a key of an account; `false` when it has none such.
pub(super) fn remove(tx: &Transaction<'_>, user: UserId, id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("delete from api_key where id = ?1 and user_id = ?2", params![id, user.to_string()])? == 1)
}

pub(super) fn find(tx: &Transaction<'_>, digest: TokenDigest) -> Result<Option<KeyRecord>, StoreError> {
    let sql = "select u.id, u.name, u.profile, u.password_changed_at, u.password_given, k.created_at, last.at, k.name, k.may_change, k.expires_at,
               exists (select 1 from second_factor f where f.user_id = u.id)
               from api_key k join user u on u.id = k.user_id and u.enabled = 1
               left join api_key_use last on last.id = k.id where k.digest = ?1";
    tx.query_row(sql, [digest.0], record).optional()?.transpose()
}

fn record(row: &Row<'_>) -> rusqlite::Result<Result<KeyRecord, StoreError>> {
    let id: String = row.get(0)?;
    let (user_name, profile, device) = (row.get(1)?, row.get(2)?, row.get(7)?);
    let (password_changed_at, password_given, second_factor) = (Timestamp(row.get(3)?), row.get(4)?, row.get(10)?);
    let (created_at, used_at): (i64, Option<i64>) = (row.get(5)?, row.get(6)?);
    let (may_change, expires_at) = (row.get(8)?, Timestamp(row.get(9)?));
    Ok(stored("user", id.parse()).map(|user| {
        let owner = SessionRecord {
            user,
            user_name,
            profile,
            password_changed_at,
            password_given,
            has_password: true,
            second_factor,
            created_at: Timestamp(created_at),
            last_seen_at: Timestamp(used_at.unwrap_or_default()),
            source: String::new(),
            device,
            provider: None,
        };
        KeyRecord { owner, may_change, expires_at }
    }))
}

pub(super) fn touch(tx: &Transaction<'_>, digest: TokenDigest, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "insert into api_key_use (id, at) select id, ?2 from api_key where digest = ?1 on conflict (id) do update set at = excluded.at",
        params![digest.0, at.0],
    )?;
    Ok(())
}
