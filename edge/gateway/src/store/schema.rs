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
", "
create table second_factor (
  user_id text primary key references user(id) on delete cascade, document text not null, revision integer not null
) without rowid;
", "
alter table user add column enabled integer not null default 1;
alter table user add column password_changed_at integer not null default 0;
alter table user add column password_given integer not null default 0;
update user set password_changed_at = unixepoch() * 1000;
alter table session add column source text not null default '';
alter table session add column device text not null default '';
create table former_password (
  user_id text not null references user(id) on delete cascade, until_at integer not null, password_hash text not null,
  primary key (user_id, until_at)
) without rowid;
create table last_sign_in (user_id text primary key references user(id) on delete cascade, at integer not null) without rowid;
create table lockout (key text primary key, record text not null) without rowid;
", "
create table own_profile (id text primary key, text text not null) without rowid;
", "
create table tls_identity (
  purpose text not null, slot text not null, key_pem text not null, chain_pem text not null, origin text not null, since integer not null,
  primary key (purpose, slot)
) without rowid;
create table tls_request (purpose text primary key, key_pem text not null, csr_pem text not null, made_at integer not null) without rowid;
create table tls_authority (
  purpose text not null, fingerprint text not null, pem text not null, added_at integer not null, primary key (purpose, fingerprint)
) without rowid;
create table tls_crl (
  purpose text not null, issuer text not null, this_update integer not null, next_update integer not null, revoked integer not null,
  crl blob not null, primary key (purpose, issuer)
) without rowid;
", "
create table audit_pending (id integer primary key, entry text not null);
", "
create table alarm_rule (id text primary key, document text not null) without rowid;
create table alarm (
  id integer primary key autoincrement, rule_id text not null, device_id text, name text not null, device text,
  criticality integer not null, is_manual integer not null, kind text not null, notice text, cause text, began_at integer not null,
  ended_at integer, why text, reached real, seen_at integer, seen_by text, note text not null default ''
);
create index alarm_current on alarm (id) where ended_at is null or (is_manual and seen_at is null);
", "
create table mail (
  id integer primary key autoincrement, recipient text not null, kind integer not null, subject text not null, body text not null,
  file_name text, file_mime text, file blob, made_at integer not null, tries integer not null default 0, next_at integer not null,
  state integer not null, done_at integer, code text, detail text not null default ''
);
create index mail_waiting on mail (id) where state = 0;
", "
create table api_key (
  id text primary key, digest blob not null unique, user_id text not null references user(id) on delete cascade, name text not null,
  may_change integer not null, created_at integer not null, expires_at integer not null
) without rowid;
create table api_key_use (id text primary key references api_key(id) on delete cascade, at integer not null) without rowid;
", "
create table file_export (export text primary key, reached integer not null) without rowid;
create table file_sent (
  id integer primary key autoincrement, export text not null, name text not null, bytes integer not null, period_from integer not null,
  period_to integer not null, sent_at integer not null, is_past integer not null default 0
);
", "
create table device_anew (
  id text primary key, bus_id text references bus(id) on delete cascade, name text not null, unit integer,
  profile_id text not null, base integer, identity text not null, channels integer not null, enabled integer not null,
  reading text not null default '{}', dev_eui text unique, sensor text, unique (bus_id, unit),
  check ((bus_id is null) = (sensor is not null) and (unit is null) = (sensor is not null) and (dev_eui is null) = (sensor is null))
) without rowid;
insert into device_anew (id, bus_id, name, unit, profile_id, base, identity, channels, enabled, reading)
  select id, bus_id, name, unit, profile_id, base, identity, channels, enabled, reading from device;
drop table device;
alter table device_anew rename to device;
create table lorawan_memory (dev_eui text primary key, memory text not null) without rowid;
", "
create table tariff (id text primary key, document text not null) without rowid;
create table emission_factor (id text primary key, document text not null) without rowid;
create table reference_quantity (id text primary key, document text not null) without rowid;
create table picture (
  id text primary key, name text not null, mime text not null, width integer not null, height integer not null, places text not null
) without rowid;
create table picture_image (picture_id text primary key references picture(id) on delete cascade, image blob not null);
"];

/// Brings the file to the newest format, each step in its own transaction. Foreign keys must be off: a step may make a table anew
/// that others refer to.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_on_devices_outlasts_their_table_made_anew() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        // Before devices had a source.
        let before = 12;
        STEPS[..before].iter().for_each(|step| connection.execute_batch(step).unwrap());
        connection.pragma_update(None, "user_version", i64::try_from(before).unwrap()).unwrap();
        let plant = "insert into bus (id, name, line, timeout_ms, poll_ms, enabled) values ('b', 'Bus', '{}', 1, 1, 1);
            insert into device (id, bus_id, name, unit, profile_id, identity, channels, enabled) values ('d', 'b', 'Meter', 5, 'p', '{}', 1, 1);
            insert into load (id, device_id, channel, name, fluid, usage, enabled) values ('l', 'd', 1, 'Load', 'water', 'water', 1);
            insert into refusal (device_id, refusals) values ('d', '{}');";
        connection.execute_batch(plant).unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        let count = |table: &str| -> i64 {
            connection.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("device"), count("load"), count("refusal")), (1, 1, 1));
        connection.execute("delete from device", []).unwrap();
        assert_eq!((count("device"), count("load"), count("refusal")), (0, 0, 0), "they hang on the new table");
    }
}
