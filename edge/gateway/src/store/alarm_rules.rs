//! Rules of alarms.

use super::{StoreError, one_row, stored};
use crate::alarms::Rules;
use haubert_alarms::{AlarmRuleId, Rule};
use rusqlite::{Transaction, params};

/// All rules.
///
/// # Errors
/// When the store fails, or holds what is no rule.
pub fn rules(tx: &Transaction<'_>) -> Result<Rules, StoreError> {
    let mut statement = tx.prepare("select id, document from alarm_rule")?;
    let mut found = statement.query([])?;
    let mut rules = Rules::new();
    while let Some(row) = found.next()? {
        let (id, document): (String, String) = (row.get(0)?, row.get(1)?);
        let id: AlarmRuleId = id.parse().map_err(|_| StoreError::Corrupt(format!("alarm rule {id}")))?;
        rules.insert(id, stored("alarm rule", serde_json::from_str(&document))?);
    }
    Ok(rules)
}

/// Adds or replaces a rule.
///
/// # Errors
/// When the store fails.
pub fn put(tx: &Transaction<'_>, id: AlarmRuleId, rule: &Rule) -> Result<(), StoreError> {
    let document = stored("alarm rule", serde_json::to_string(rule))?;
    let sql = "insert into alarm_rule (id, document) values (?1, ?2) on conflict (id) do update set document = excluded.document";
    tx.execute(sql, params![id.to_string(), document])?;
    Ok(())
}

/// Takes a rule away. What it raised stays in the list.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn remove(tx: &Transaction<'_>, id: AlarmRuleId) -> Result<(), StoreError> {
    one_row(tx.execute("delete from alarm_rule where id = ?1", [id.to_string()])?)
}
