//! Every change of a row of the configuration, seen by the database itself.
//!
//! Temporary triggers, made for each connection from the tables that are there, write before and after of each row into a
//! temporary table, which is read and emptied at the end of the same transaction. A table that somebody adds is watched without
//! anybody having to think of it; what is memory of the machine, not configuration, is named here.

use super::Audit;
use super::actor::Request;
use super::pending;
use crate::store::{StoreError, settings};
use haubert_trust::audit::{Actor, Category, Entry, Outcome};
use rusqlite::{Connection, Transaction};
use serde_json::{Map, Value};

/// Setting with the head of the newest record of a change: the configuration says how far the trail must go, and the trail how far
/// the configuration.
pub const MARK: &str = "audit_mark";
/// Tables that the gateway fills by itself, all the time.
const MEMORY: &[&str] = &[
    "audit_pending",
    "session",
    "refusal",
    "lockout",
    "last_sign_in",
    "former_password",
    "alarm",
    "mail",
    "api_key_use",
    "file_export",
    "file_sent",
    "lorawan_memory",
];
/// Events that the process itself causes all the time; every other event is a record, too.
const ORDINARY: &[&str] = &[
    "alarm_raised",
    "alarm_over",
    "bus_down",
    "bus_up",
    "link_down",
    "link_not_known",
    "link_up",
    "device_offline",
    "device_online",
    "range_refused",
    "backfill_done",
    "chunk_refused",
    "disk_full",
    "samples_dropped",
    "history_evicted",
    "history_over_budget",
    "history_writes_again",
    "locked_out",
    // Said better by the rows that changed, or by the trail itself.
    "history_settings_changed",
    "policy_changed",
    "audit_unavailable",
    "audit_available",
    "audit_short",
    "audit_tampered",
    "audit_not_sent",
];
/// Whether an event of this code is one that the process itself causes all the time, and no record.
pub fn is_ordinary(code: &str) -> bool {
    ORDINARY.contains(&code)
}

/// Columns that hold secrets under a harmless name.
const SECRET_COLUMNS: &[(&str, &str)] = &[("second_factor", "document")];
/// Settings that the gateway notes by itself.
const NOTED: &[&str] = &[
    MARK,
    "audit_sent",
    "events_sent",
    "clock",
    "hub_link_progress",
    "history_check",
    "certificates_told",
    "mqtt_birth",
    "mqtt_progress",
    "push_progress",
    "mqtt_retained",
    "mail_progress",
    "snmp_engine",
    "snmp_numbers",
    "bacnet_instances",
];
/// Parts of names whose values nobody may read here.
const SECRET: &[&str] = &["password", "secret", "token", "totp", "private", "digest", "credential", "recovery"];
/// Whole names of the same kind.
const SECRET_NAMES: &[&str] = &["key", "key_pem", "pin", "hash", "seed", "crl", "pkcs12"];
/// What stands in place of a secret.
const HIDDEN: &str = "[secret]";
const HIDDEN_CHANGED: &str = "[secret, changed]";
/// Longest text of a value that is kept.
const MAX_TEXT: usize = 4096;

/// Watches every table of `connection` that is configuration. To be called after the tables have their present form.
///
/// # Errors
/// What SQLite said.
pub fn install(connection: &Connection) -> rusqlite::Result<()> {
    // Before and after are configuration: they must not reach the disk in plain text.
    connection.pragma_update(None, "temp_store", "memory")?;
    // So that what `insert or replace` displaces is seen, too.
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.execute_batch(
        "create temp table if not exists audit_capture (id integer primary key, kind text, old text, new text, key text)",
    )?;
    let mut tables = connection
        .prepare("select name from main.sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables.iter().filter(|table| !MEMORY.contains(&table.as_str())) {
        connection.execute_batch(&triggers(connection, table)?)?;
    }
    Ok(())
}

fn triggers(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let mut statement = connection.prepare("select name, pk from pragma_table_info(?1)")?;
    let columns: Vec<(String, i64)> =
        statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let object = |row: &str| {
        let values = columns.iter().map(|(name, _)| {
            let column = format!("{row}.{}", quoted(name));
            // JSON has no bytes.
            format!("{}, case typeof({column}) when 'blob' then hex({column}) else {column} end", text(name))
        });
        format!("json_object({})", values.collect::<Vec<_>>().join(", "))
    };
    let key = |row: &str| {
        let parts = columns.iter().filter(|(_, pk)| *pk > 0).map(|(name, _)| {
            let column = format!("{row}.{}", quoted(name));
            format!("case typeof({column}) when 'blob' then hex({column}) else {column} end")
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() { format!("{row}.rowid") } else { parts.join(" || '/' || ") }
    };
    // Settings that the machine notes by itself; the others are configuration.
    let unless = |row: &str| match table {
        "setting" => format!("when {row}.name not in ({})", NOTED.iter().map(|name| text(name)).collect::<Vec<_>>().join(", ")),
        _ => String::new(),
    };
    if table == "event" {
        let ordinary = ORDINARY.iter().map(|code| text(code)).collect::<Vec<_>>().join(", ");
        return Ok(format!(
            "create temp trigger if not exists audit_event after insert on main.event when new.code not in ({ordinary}) begin \
             insert into audit_capture (kind, old, new, key) values ('event', null, {}, new.code); end;",
            object("new")
        ));
    }
    let trigger = |act: &str, row: &str, old: &str, new: &str| {
        format!(
            "create temp trigger if not exists {} after {act} on main.{} {} begin \
             insert into audit_capture (kind, old, new, key) values ({}, {old}, {new}, {}); end;",
            quoted(&format!("audit_{act}_{table}")),
            quoted(table),
            unless(row),
            text(table),
            key(row)
        )
    };
    let (old, new) = (object("old"), object("new"));
    Ok([trigger("insert", "new", "null", &new), trigger("update", "new", &old, &new), trigger("delete", "old", &old, "null")]
        .concat())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

/// Commits `tx` with its records: what changed is durable in the trail before it is in the database. A change that then fails is
/// recorded as undone. Events are recorded as well, but wait for nothing.
///
/// # Errors
/// [`StoreError::Audit`] when something changed and the trail cannot be written: then nothing is changed. What SQLite said.
pub fn commit(tx: Transaction<'_>, audit: Option<&Audit>, request: Option<&Request>) -> Result<(), StoreError> {
    let actor = request.map_or_else(Actor::system, Request::actor);
    let Captured { changes, events } = take(&tx, &actor)?;
    let Some(audit) = audit else { return pending::leave(tx, changes.into_iter().chain(events)) };
    let from = changes.len() as u64;
    if changes.is_empty() {
        tx.commit()?;
    } else {
        let Some(head) = audit.changing(changes)? else { return Ok(tx.commit()?) };
        if let Err(error) = settings::set(&tx, MARK, &head).and_then(|()| Ok(tx.commit()?)) {
            audit.undone(head.seq + 1 - from, head);
            return Err(error);
        }
        if let Some(request) = request {
            request.changed(from);
        }
    }
    events.into_iter().for_each(|event| audit.record_blocking(event));
    Ok(())
}

#[derive(Default)]
struct Captured {
    changes: Vec<Entry>,
    events: Vec<Entry>,
}

/// What this transaction has changed; it is then forgotten. A row that is as it was is none.
fn take(tx: &Transaction<'_>, actor: &Actor) -> Result<Captured, StoreError> {
    let mut captured = Captured::default();
    {
        let mut statement = tx.prepare_cached("select kind, old, new, key from temp.audit_capture order by id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, key): (String, String) = (row.get(0)?, row.get::<_, Option<String>>(3)?.unwrap_or_default());
            let (old, new) = (object(row.get(1)?), object(row.get(2)?));
            match kind.as_str() {
                "event" => captured.events.push(event(actor, key, new)),
                _ => captured.changes.extend(entry(actor, &kind, key, old, new)),
            }
        }
    }
    tx.execute("delete from temp.audit_capture where id > 0", [])?;
    Ok(captured)
}

fn event(actor: &Actor, code: String, row: Option<Map<String, Value>>) -> Entry {
    let mut entry = Entry::new(actor.clone(), Category::System, code, Outcome::Success);
    let params = row.as_ref().and_then(|row| row.get("params")).and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    entry.details = params.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect();
    let is_critical = row.as_ref().and_then(|row| row.get("severity")).is_some_and(|severity| severity == "critical");
    if is_critical || entry.action.ends_with("_refused") {
        entry.outcome = Outcome::Failure;
    }
    entry
}

fn object(text: Option<String>) -> Option<Map<String, Value>> {
    match serde_json::from_str(&text?) {
        Ok(Value::Object(map)) => Some(map.into_iter().map(|(name, value)| (name, unfolded(value))).collect()),
        _ => None,
    }
}

/// Columns often hold JSON themselves.
fn unfolded(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(['{', '[', '"']) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

fn entry(
    actor: &Actor,
    kind: &str,
    key: String,
    mut old: Option<Map<String, Value>>,
    mut new: Option<Map<String, Value>>,
) -> Option<Entry> {
    let named = |row: &Option<Map<String, Value>>| {
        row.as_ref().and_then(|row| row.get("name")).and_then(Value::as_str).map(str::to_owned)
    };
    let name = named(&new).or_else(|| named(&old)).unwrap_or_default();
    // A setting's name says whether its value is secret.
    let secret = kind == "setting" && is_secret(&key);
    let differs = old != new;
    let column = SECRET_COLUMNS.iter().find(|(table, _)| *table == kind).map(|(_, column)| *column);
    hide(&mut old, &mut new, column.or(secret.then_some("value")));
    let action = match (&mut old, &mut new) {
        (None, _) => "created",
        (_, None) => "deleted",
        (Some(old), Some(new)) => {
            shrink(old, new);
            if !differs {
                return None;
            }
            "changed"
        }
    };
    let mut entry = Entry::new(actor.clone(), Category::Configuration, action, Outcome::Success).target(kind, key, name);
    entry.before = old.map(Value::Object);
    entry.after = new.map(Value::Object);
    Some(entry)
}

/// Leaves only what differs, at any depth of objects.
fn shrink(old: &mut Map<String, Value>, new: &mut Map<String, Value>) {
    let names: Vec<String> = old.keys().filter(|name| new.contains_key(*name)).cloned().collect();
    for name in names {
        let same = match (old.get_mut(&name), new.get_mut(&name)) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                shrink(before, after);
                before.is_empty() && after.is_empty()
            }
            (before, after) => before == after,
        };
        if same {
            old.remove(&name);
            new.remove(&name);
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_str()) || SECRET.iter().any(|part| name.contains(part))
}

/// Replaces secrets on both sides, telling only whether they changed.
fn hide(old: &mut Option<Map<String, Value>>, new: &mut Option<Map<String, Value>>, column: Option<&str>) {
    let names: Vec<String> = old.iter().chain(new.iter()).flat_map(|row| row.keys().cloned()).collect();
    for name in names {
        let whole = is_secret(&name) || column == Some(name.as_str());
        let (before, after) = (old.as_mut().and_then(|row| row.get_mut(&name)), new.as_mut().and_then(|row| row.get_mut(&name)));
        hide_value(before, after, whole);
    }
}

fn hide_value(before: Option<&mut Value>, after: Option<&mut Value>, whole: bool) {
    if whole {
        let changed = match (&before, &after) {
            (Some(before), Some(after)) => before != after,
            _ => false,
        };
        for (value, word) in [(before, HIDDEN), (after, if changed { HIDDEN_CHANGED } else { HIDDEN })] {
            if let Some(value) = value.filter(|value| !value.is_null() && !value.is_boolean()) {
                *value = word.into();
            }
        }
        return;
    }
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
            for name in names {
                hide_value(before.get_mut(&name), after.get_mut(&name), is_secret(&name));
            }
        }
        (before, after) => [before, after].into_iter().flatten().for_each(hide_alone),
    }
}

fn hide_alone(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                if is_secret(name) && !value.is_null() && !value.is_boolean() {
                    *value = HIDDEN.into();
                } else {
                    hide_alone(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_alone),
        Value::String(text) if text.len() > MAX_TEXT => {
            *value = format!("[{} bytes, sha256 {}]", text.len(), haubert_trust::audit::Hash::of(text.as_bytes())).into();
        }
        _ => {}
    }
}
