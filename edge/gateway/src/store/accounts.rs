//! Accounts in the store, as the shared door asks for them and as Cyber security keeps them.

use super::{Db, StoreError, one_row, stored};
use crate::rights::profile;
use haubert_model::{Timestamp, UserId};
use haubert_service::door::{Account, AccountStore, NewPassword};
use haubert_service::{BoxFuture, StoreError as Failed};
use rusqlite::{OptionalExtension, Row, Transaction, params};

const COLUMNS: &str = "u.id, u.name, u.profile, u.password_hash, u.password_changed_at, u.password_given, u.enabled";

/// An account and when it last came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The account.
    pub account: Account,
    /// When it last came in, if ever.
    pub last_sign_in_at: Option<Timestamp>,
}

/// Why accounts cannot be changed like that.
pub const LAST_CYBER_SECURITY: &str = "the gateway would have no account of the profile Cyber security that may come in";

fn account(row: &Row<'_>) -> rusqlite::Result<Result<Account, StoreError>> {
    let id: String = row.get(0)?;
    let (name, profile, password_hash) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (password_changed_at, password_given, enabled) = (Timestamp(row.get(4)?), row.get(5)?, row.get(6)?);
    Ok(stored("user", id.parse()).map(|id| Account {
        id,
        name,
        profile,
        password_hash,
        password_changed_at,
        password_given,
        enabled,
    }))
}

/// Every account, by name.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Kept>, StoreError> {
    let sql = format!("select {COLUMNS}, l.at from user u left join last_sign_in l on l.user_id = u.id order by u.name");
    let mut statement = tx.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((account(row)?, row.get::<_, Option<i64>>(7)?)))?;
    let mut accounts = Vec::new();
    for row in rows {
        let (account, last) = row?;
        accounts.push(Kept { account: account?, last_sign_in_at: last.map(Timestamp) });
    }
    Ok(accounts)
}

/// One account.
pub fn read(tx: &Transaction<'_>, id: UserId) -> Result<Kept, StoreError> {
    all(tx)?.into_iter().find(|kept| kept.account.id == id).ok_or(StoreError::NotFound)
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub fn add(tx: &Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    let taken = tx.query_row("select exists (select 1 from user where name = ?1)", [&account.name], |row| row.get(0))?;
    if taken {
        return Err(StoreError::Conflict("another account has this name"));
    }
    insert(tx, account)
}

fn insert(tx: &Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    tx.execute(
        "insert into user (id, name, profile, password_hash, password_changed_at, password_given, enabled)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            account.id.to_string(),
            account.name,
            account.profile,
            account.password_hash,
            account.password_changed_at.0,
            account.password_given,
            account.enabled
        ],
    )?;
    Ok(())
}

/// Changes what an account is.
///
/// # Errors
/// [`StoreError::Conflict`] when no Cyber security account would be left.
pub fn change(tx: &Transaction<'_>, id: UserId, profile: &str, enabled: bool) -> Result<(), StoreError> {
    let changed =
        tx.execute("update user set profile = ?2, enabled = ?3 where id = ?1", params![id.to_string(), profile, enabled])?;
    one_row(changed)?;
    still_guarded(tx)
}

/// Removes an account; its sessions, former passwords and second factors go with it.
///
/// # Errors
/// [`StoreError::Conflict`] when no Cyber security account would be left.
pub fn remove(tx: &Transaction<'_>, id: UserId) -> Result<(), StoreError> {
    one_row(tx.execute("delete from user where id = ?1", [id.to_string()])?)?;
    still_guarded(tx)
}

/// Moves the dates of passwords that were set while the time was only guessed, from `since` on, to where the clock now says they
/// belong.
///
/// # Errors
/// When the store fails.
pub fn shift_guessed(tx: &Transaction<'_>, since: Timestamp, by_ms: i64) -> Result<(), StoreError> {
    let shifted =
        "update user set password_changed_at = password_changed_at + ?2 where password_changed_at between ?1 and ?1 + abs(?2)";
    tx.execute(shifted, params![since.0, by_ms])?;
    Ok(())
}

/// Sets a password and keeps the one before among the former ones.
pub fn set_password(tx: &Transaction<'_>, id: UserId, new: &NewPassword) -> Result<(), StoreError> {
    let id = id.to_string();
    // Two changes in the same millisecond are one as far as the past is concerned.
    tx.execute(
        "insert or replace into former_password (user_id, until_at, password_hash) select id, ?2, password_hash from user where id = ?1",
        params![id, new.at.0],
    )?;
    tx.execute(
        "delete from former_password where user_id = ?1 and until_at not in
         (select until_at from former_password where user_id = ?1 order by until_at desc limit ?2)",
        params![id, new.keep],
    )?;
    let changed = tx.execute(
        "update user set password_hash = ?2, password_changed_at = ?3, password_given = ?4 where id = ?1",
        params![id, new.hash, new.at.0, new.given],
    )?;
    one_row(changed)
}

/// Somebody must always be there who can let others in.
fn still_guarded(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let left: bool = tx.query_row(
        "select exists (select 1 from user where profile = ?1 and enabled = 1)",
        [profile::CYBER_SECURITY],
        |row| row.get(0),
    )?;
    if left { Ok(()) } else { Err(StoreError::Conflict(LAST_CYBER_SECURITY)) }
}

impl AccountStore for Db {
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, Failed>> {
        run(self, |tx| Ok(!tx.query_row("select exists (select 1 from user)", [], |row| row.get::<_, bool>(0))?))
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, Failed>> {
        let name = name.to_owned();
        run(self, move |tx| {
            tx.query_row(&format!("select {COLUMNS} from user u where u.name = ?1"), [name], account).optional()?.transpose()
        })
    }

    fn find_by_id(&self, id: UserId) -> BoxFuture<'_, Result<Option<Account>, Failed>> {
        run(self, move |tx| {
            let sql = format!("select {COLUMNS} from user u where u.id = ?1");
            tx.query_row(&sql, [id.to_string()], account).optional()?.transpose()
        })
    }

    fn create_first(&self, accounts: Vec<Account>) -> BoxFuture<'_, Result<bool, Failed>> {
        Box::pin(async move {
            self.call(move |tx| {
                if tx.query_row("select exists (select 1 from user)", [], |row| row.get::<_, bool>(0))? {
                    return Ok(false);
                }
                for account in accounts {
                    insert(tx, &account)?;
                }
                Ok(true)
            })
            .await
            .map_err(Failed::new)
        })
    }

    fn set_password(&self, id: UserId, password: NewPassword) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.call(move |tx| set_password(tx, id, &password)).await.map_err(Failed::new) })
    }

    fn former_passwords(&self, id: UserId, limit: u32) -> BoxFuture<'_, Result<Vec<String>, Failed>> {
        run(self, move |tx| {
            let mut statement =
                tx.prepare("select password_hash from former_password where user_id = ?1 order by until_at desc limit ?2")?;
            let hashes = statement.query_map(params![id.to_string(), limit], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(hashes)
        })
    }

    fn signed_in(&self, id: UserId, at: Timestamp) -> BoxFuture<'_, Result<(), Failed>> {
        run(self, move |tx| {
            tx.execute("insert or replace into last_sign_in (user_id, at) values (?1, ?2)", params![id.to_string(), at.0])?;
            Ok(())
        })
    }
}

/// Reads, and notes of what happens all the time.
pub(super) fn run<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
) -> BoxFuture<'_, Result<T, Failed>> {
    Box::pin(async move { db.note(work).await.map_err(Failed::new) })
}
