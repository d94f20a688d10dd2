//! Sessions and counts of wrong tries in the store, as the shared door asks for them.

use super::accounts::run;
use super::{Db, StoreError, keys, stored};
use haubert_model::{Timestamp, UserId};
use haubert_service::lockout::{Key, LockoutRecord, LockoutStore};
use haubert_service::session::{KeyEntry, KeyRecord, SessionRecord, SessionStore};
use haubert_service::{BoxFuture, StoreError as Failed};
use haubert_trust::TokenDigest;
use rusqlite::{OptionalExtension, Row, params};

const SELECT: &str = "select s.digest, u.id, u.name, u.profile, u.password_changed_at, u.password_given, s.created_at, s.seen_at,
 s.source, s.device, exists (select 1 from second_factor f where f.user_id = u.id) from session s join user u on u.id = s.user_id and u.enabled = 1";

fn record(row: &Row<'_>) -> rusqlite::Result<Result<(TokenDigest, SessionRecord), StoreError>> {
    let id: String = row.get(1)?;
    let digest = TokenDigest(row.get(0)?);
    let (user_name, profile) = (row.get(2)?, row.get(3)?);
    let (password_changed_at, password_given) = (Timestamp(row.get(4)?), row.get(5)?);
    let (created_at, last_seen_at) = (Timestamp(row.get(6)?), Timestamp(row.get(7)?));
    let (source, device, second_factor) = (row.get(8)?, row.get(9)?, row.get(10)?);
    Ok(stored("user", id.parse()).map(|user| {
        let record = SessionRecord {
            user,
            user_name,
            profile,
            password_changed_at,
            password_given,
            has_password: true,
            second_factor,
            created_at,
            last_seen_at,
            source,
            device,
            provider: None,
        };
        (digest, record)
    }))
}

impl SessionStore for Db {
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute(
                "insert into session (digest, user_id, created_at, seen_at, source, device) values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    digest.0,
                    record.user.to_string(),
                    record.created_at.0,
                    record.last_seen_at.0,
                    record.source,
                    record.device
                ],
            )?;
            Ok(())
        })
    }

    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, Failed>> {
        run(self, move |tx| {
            let found = tx.query_row(&format!("{SELECT} where s.digest = ?1"), [digest.0], record).optional()?;
            Ok(found.transpose()?.map(|(_, record)| record))
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<(TokenDigest, SessionRecord)>, Failed>> {
        run(self, |tx| {
            let mut statement = tx.prepare(&format!("{SELECT} order by s.created_at"))?;
            let rows = statement.query_map([], record)?;
            rows.map(|row| row?).collect()
        })
    }

    fn keys(&self, user: UserId) -> BoxFuture<'_, Result<Vec<KeyEntry>, Failed>> {
        run(self, move |tx| keys::of(tx, user))
    }

    fn add_key(&self, user: UserId, digest: TokenDigest, key: KeyEntry) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| keys::add(tx, user, digest, &key))
    }

    fn remove_key(&self, user: UserId, id: String) -> BoxFuture<'_, Result<bool, Failed>> {
        run(self, move |tx| keys::remove(tx, user, &id))
    }

    fn find_key(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<KeyRecord>, Failed>> {
        run(self, move |tx| keys::find(tx, digest))
    }

    fn touch_key(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| keys::touch(tx, digest, at))
    }

    fn touch(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute("update session set seen_at = ?2 where digest = ?1", params![digest.0, at.0])?;
            Ok(())
        })
    }

    fn remove(&self, digest: TokenDigest) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute("delete from session where digest = ?1", [digest.0])?;
            Ok(())
        })
    }

    fn remove_dead(&self, created_before: Timestamp, seen_before: Timestamp) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute("delete from session where created_at < ?1 or seen_at < ?2", params![created_before.0, seen_before.0])?;
            Ok(())
        })
    }
}

impl LockoutStore for Db {
    fn load(&self) -> BoxFuture<'_, Result<Vec<LockoutRecord>, Failed>> {
        run(self, |tx| {
            let mut statement = tx.prepare("select record from lockout")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|text| stored("lockout", serde_json::from_str(&text?))).collect()
        })
    }

    fn save(&self, records: Vec<LockoutRecord>) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            for record in records {
                let text = stored("lockout", serde_json::to_string(&record))?;
                tx.execute("insert or replace into lockout (key, record) values (?1, ?2)", params![record.key.text(), text])?;
            }
            Ok(())
        })
    }

    fn remove(&self, keys: Vec<Key>) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            for key in keys {
                tx.execute("delete from lockout where key = ?1", [key.text()])?;
            }
            Ok(())
        })
    }
}
