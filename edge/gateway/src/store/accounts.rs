//! Accounts and sessions in the store, as the shared door asks for them.

use super::{Db, StoreError, stored};
use haubert_model::Timestamp;
use haubert_service::door::{Account, AccountStore};
use haubert_service::session::{SessionRecord, SessionStore};
use haubert_service::{BoxFuture, StoreError as Failed};
use haubert_trust::TokenDigest;
use rusqlite::{OptionalExtension, params};

/// Profiles of the note, from least to most. Each route says which it admits.
pub mod profile {
    /// Owns sources, site and recording; the first account.
    pub const ADMIN: &str = "admin";
    /// Names loads and zones too.
    pub const ADVANCED_USER: &str = "advanced_user";
    /// Owns accounts, certificates and the link to the hub.
    pub const CYBER_SECURITY: &str = "cyber_security";
}

impl AccountStore for Db {
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, Failed>> {
        Box::pin(async {
            let count: i64 = self
                .call(|tx| Ok(tx.query_row("select count(*) from user", [], |row| row.get(0))?))
                .await
                .map_err(Failed::new)?;
            Ok(count == 0)
        })
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, Failed>> {
        let name = name.to_owned();
        Box::pin(async move {
            self.call(move |tx| {
                let found = tx
                    .query_row("select id, name, profile, password_hash from user where name = ?1", [name], |row| {
                        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                    })
                    .optional()?;
                found
                    .map(|(id, name, profile, password_hash)| {
                        Ok(Account { id: stored("user", id.parse())?, name, profile, password_hash })
                    })
                    .transpose()
            })
            .await
            .map_err(Failed::new)
        })
    }

    fn create_first(&self, account: Account) -> BoxFuture<'_, Result<bool, Failed>> {
        Box::pin(async move {
            self.call(move |tx| {
                let added = tx.execute(
                    "insert into user (id, name, profile, password_hash) select ?1, ?2, ?3, ?4 where not exists (select 1 from user)",
                    params![account.id.to_string(), account.name, account.profile, account.password_hash],
                )?;
                Ok(added == 1)
            })
            .await
            .map_err(Failed::new)
        })
    }
}

impl SessionStore for Db {
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute(
                "insert into session (digest, user_id, created_at, seen_at) values (?1, ?2, ?3, ?4)",
                params![digest.0, record.user.to_string(), record.created_at.0, record.last_seen_at.0],
            )?;
            Ok(())
        })
    }

    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, Failed>> {
        run(self, move |tx| {
            let found = tx
                .query_row(
                    "select u.id, u.name, u.profile, s.created_at, s.seen_at from session s join user u on u.id = s.user_id where s.digest = ?1",
                    [digest.0],
                    |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
                )
                .optional()?;
            found
                .map(|(id, user_name, profile, created, seen)| {
                    let user = stored("user", id.parse())?;
                    Ok(SessionRecord { user, user_name, profile, created_at: Timestamp(created), last_seen_at: Timestamp(seen) })
                })
                .transpose()
        })
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

fn run<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
) -> BoxFuture<'_, Result<T, Failed>> {
    Box::pin(async move { db.note(work).await.map_err(Failed::new) })
}
