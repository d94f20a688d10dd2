//! The format of the configuration store and the steps that lead to it. Steps are only ever added.

use super::StoreError;
use rusqlite::Connection;

const STEPS: &[&str] = &["
create table setting (name text primary key, value text not null) without rowid;
create table user (
  id text primary key, name text not null unique collate nocase, profile text not null,
  password_hash text not null
) without rowid;
create table session (
  digest blob primary key, user_id text not null references user(id) on delete cascade,
  created_at integer not null, seen_at integer not null
) without rowid;
create table zone (id text primary key, name text not null, parent_id text references zone(id)) without rowid;
create table bus (
  id text primary key, name text not null, line text not null, timeout_ms integer not null, poll_ms integer not null, enabled integer not null
) without rowid;
create table device (
  id text primary key, bus_id text not null references bus(id) on delete cascade, name text not null, unit integer not null,
  profile_id text not null, base integer, identity text not null, channels integer not null, enabled integer not null,
  unique (bus_id, unit)
) without rowid;
create table load (
  id text primary key, device_id text not null references device(id) on delete cascade, channel integer not null, name text not null,
  fluid text not null, usage text not null, zone_id text references zone(id) on delete set null, enabled integer not null,
  unique (device_id, channel)
) without rowid;
create table event (
  id integer primary key autoincrement, at integer not null, severity text not null, code text not null, params text not null
);
", "
alter table bus add column periods text not null default '{}';
alter table device add column reading text not null default '{}';
", "
create table refusal (device_id text primary key references device(id) on delete cascade, refusals text not null) without rowid;
"];

/// Brings the file to the newest format, each step in its own transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (at, step) in STEPS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}
