//! Alarms that were raised. At most [`KEPT`] are kept; the oldest that need nobody any more go first.

use super::{StoreError, stored};
use haubert_alarms::{AlarmRuleId, Cause, Change, Criticality, Open, Rule, Side, Subject, Why};
use haubert_model::{DeviceId, Timestamp, Unit};
use haubert_service::wire::Time;
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Alarms kept.
pub const KEPT: i64 = 10_000;
/// Longest note, in characters.
pub const MAX_NOTE: usize = 500;

/// What needs somebody.
const CURRENT: &str = "(ended_at is null or (is_manual and seen_at is null))";
const COLUMNS: &str = "id, rule_id, device_id, name, device, criticality, is_manual, kind, cause, began_at, ended_at, why, reached, seen_at, seen_by, note, notice";

/// How an alarm stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// Raised.
    Active,
    /// Over, and waits for somebody to have seen it.
    Finished,
    /// Over, and needs nobody.
    Over,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Alarm {
    /// Order in which they were raised.
    pub id: i64,
    /// By which rule; it may be gone.
    pub rule_id: AlarmRuleId,
    /// What it was called.
    pub name: String,
    /// About which device, when the rule is about many.
    #[schema(required)]
    pub device_id: Option<DeviceId>,
    /// Its name then.
    #[schema(required)]
    pub device: Option<String>,
    /// How much it matters.
    pub criticality: Criticality,
    /// Kind of the rule's condition.
    pub kind: String,
    /// The gateway's notice that raised it.
    #[schema(required)]
    pub notice: Option<String>,
    /// How it stands.
    pub state: AlarmState,
    /// Whether somebody must acknowledge it.
    pub needs_acknowledgement: bool,
    /// The value that raised it.
    #[schema(required)]
    pub cause: Option<Cause>,
    /// Of its values.
    #[schema(required)]
    pub unit: Option<Unit>,
    /// Since when its condition held.
    pub began_at: Time,
    /// Since when it was gone.
    #[schema(required)]
    pub ended_at: Option<Time>,
    /// Why it is over.
    #[schema(required)]
    pub ended_by: Option<Why>,
    /// The value furthest beyond the threshold.
    #[schema(required)]
    pub reached: Option<f64>,
    /// When somebody acknowledged it.
    #[schema(required)]
    pub acknowledged_at: Option<Time>,
    /// Who.
    #[schema(required)]
    pub acknowledged_by: Option<String>,
    /// What they said.
    pub note: String,
}

/// Which alarms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those that are raised or wait for somebody.
    Current,
    /// Those that are over and need nobody.
    Over,
    /// All.
    #[default]
    All,
}

/// A page of alarms.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Which.
    pub which: Which,
    /// Of this criticality.
    pub criticality: Option<Criticality>,
    /// By this rule.
    pub rule: Option<AlarmRuleId>,
    /// Raised from then on.
    pub from: Option<Timestamp>,
    /// Raised before.
    pub to: Option<Timestamp>,
    /// Ids below it.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// How many need somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AlarmCounts)]
pub struct Counts {
    /// Raised, of each criticality.
    pub critical: u32,
    /// Raised.
    pub not_critical: u32,
    /// Raised.
    pub information: u32,
    /// Raised or over, and waiting for somebody.
    pub unacknowledged: u32,
    /// All that is raised or waits for somebody.
    pub current: u32,
}

const fn number(criticality: Criticality) -> i64 {
    match criticality {
        Criticality::Information => 0,
        Criticality::NotCritical => 1,
        Criticality::Critical => 2,
    }
}

const fn criticality(number: i64) -> Criticality {
    match number {
        0 => Criticality::Information,
        1 => Criticality::NotCritical,
        _ => Criticality::Critical,
    }
}

const fn code(why: Why) -> &'static str {
    match why {
        Why::Gone => "gone",
        Why::RuleChanged => "rule_changed",
    }
}

fn why(code: &str) -> Why {
    if code == "rule_changed" { Why::RuleChanged } else { Why::Gone }
}

/// Notes what began or ended, with the rule as it was then and the device's name.
///
/// # Errors
/// When the store fails.
pub fn note(tx: &Transaction<'_>, change: &Change, rule: Option<&Rule>, device: Option<&str>) -> Result<(), StoreError> {
    match change {
        Change::Began { rule: id, subject, at, cause } => {
            let Some(rule) = rule else { return Ok(()) };
            let cause = cause.map(|cause| stored("cause", serde_json::to_string(&cause))).transpose()?;
            let condition = stored("condition", serde_json::to_value(&rule.condition))?;
            let text = |name: &str| condition.get(name).and_then(|text| text.as_str());
            tx.execute(
                "insert into alarm (rule_id, device_id, name, device, criticality, is_manual, kind, notice, cause, began_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    id.to_string(),
                    subject.map(|device| device.to_string()),
                    rule.name,
                    device,
                    number(rule.criticality),
                    rule.acknowledgement == haubert_alarms::Acknowledgement::Manual,
                    text("kind").unwrap_or_default(),
                    text("notice"),
                    cause,
                    at.0
                ],
            )?;
            let oldest = tx.last_insert_rowid() - KEPT;
            tx.execute(&format!("delete from alarm where id <= ?1 and not {CURRENT}"), [oldest])?;
        }
        Change::Ended { rule: id, subject, at, reached, why } => {
            tx.execute(
                "update alarm set ended_at = ?1, reached = ?2, why = ?3 where rule_id = ?4 and device_id is ?5 and ended_at is null",
                params![at.0, reached, code(*why), id.to_string(), subject.map(|device| device.to_string())],
            )?;
        }
    }
    Ok(())
}

/// Notes how far what is raised went.
///
/// # Errors
/// When the store fails.
pub fn note_reached(tx: &Transaction<'_>, rule: AlarmRuleId, subject: Subject, reached: f64) -> Result<(), StoreError> {
    tx.execute(
        "update alarm set reached = ?1 where rule_id = ?2 and device_id is ?3 and ended_at is null",
        params![reached, rule.to_string(), subject.map(|device| device.to_string())],
    )?;
    Ok(())
}

/// What is raised, for an engine that begins.
///
/// # Errors
/// When the store fails.
pub fn open(tx: &Transaction<'_>) -> Result<Vec<Open>, StoreError> {
    let mut statement = tx.prepare("select rule_id, device_id, cause, reached from alarm where ended_at is null")?;
    let mut found = statement.query([])?;
    let mut open = Vec::new();
    while let Some(row) = found.next()? {
        let side: Option<Side> = cause(row.get(2)?)?.and_then(|cause| cause.side);
        open.push(Open { rule: id(row.get(0)?)?, subject: device(row.get(1)?)?, side, reached: row.get(3)? });
    }
    Ok(open)
}

/// Ends what is raised by rules that are no more, or are off: they changed while nothing looked.
///
/// # Errors
/// When the store fails.
pub fn end_orphans(tx: &Transaction<'_>, rules: &crate::alarms::Rules, at: Timestamp) -> Result<(), StoreError> {
    for one in open(tx)?.into_iter().filter(|one| rules.get(&one.rule).is_none_or(|rule| !rule.enabled)) {
        let ended = Change::Ended { rule: one.rule, subject: one.subject, at, reached: one.reached, why: Why::RuleChanged };
        note(tx, &ended, None, None)?;
    }
    Ok(())
}

/// Alarms, newest first.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Transaction<'_>, filter: &Filter) -> Result<Vec<Alarm>, StoreError> {
    let which = match filter.which {
        Which::Current => CURRENT.to_owned(),
        Which::Over => format!("not {CURRENT}"),
        Which::All => "true".to_owned(),
    };
    let sql = format!(
        "select {COLUMNS} from alarm where id < :before and {which} and (:criticality is null or criticality = :criticality)
         and (:rule is null or rule_id = :rule) and began_at >= :from and began_at < :to order by id desc limit :limit"
    );
    let mut statement = tx.prepare(&sql)?;
    let mut found = statement.query(named_params! {
        ":before": filter.before.unwrap_or(i64::MAX),
        ":criticality": filter.criticality.map(number),
        ":rule": filter.rule.map(|rule| rule.to_string()),
        ":from": filter.from.map_or(i64::MIN, |from| from.0),
        ":to": filter.to.map_or(i64::MAX, |to| to.0),
        ":limit": filter.limit,
    })?;
    let mut alarms = Vec::new();
    while let Some(row) = found.next()? {
        alarms.push(alarm(row)?);
    }
    Ok(alarms)
}

/// Alarms after `after`, at most `limit` of them, and those of `open`, oldest first.
///
/// # Errors
/// When the store fails.
pub fn news(tx: &Transaction<'_>, after: i64, open: &[i64], limit: u32) -> Result<Vec<Alarm>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from alarm where id in (select value from json_each(?1)) or id in (
           select id from alarm where id > ?2 order by id limit ?3) order by id"
    );
    let mut statement = tx.prepare(&sql)?;
    let mut found = statement.query(params![stored("alarm", serde_json::to_string(open))?, after, limit])?;
    let mut alarms = Vec::new();
    while let Some(row) = found.next()? {
        alarms.push(alarm(row)?);
    }
    Ok(alarms)
}

/// How many need somebody.
///
/// # Errors
/// When the store fails.
pub fn count(tx: &Transaction<'_>) -> Result<Counts, StoreError> {
    let sql = format!(
        "select count(*) filter (where ended_at is null and criticality = 2), count(*) filter (where ended_at is null and criticality = 1),
         count(*) filter (where ended_at is null and criticality = 0), count(*) filter (where is_manual and seen_at is null), count(*)
         from alarm where {CURRENT}"
    );
    let count = |row: &Row<'_>| {
        Ok(Counts {
            critical: row.get(0)?,
            not_critical: row.get(1)?,
            information: row.get(2)?,
            unacknowledged: row.get(3)?,
            current: row.get(4)?,
        })
    };
    Ok(tx.query_row(&sql, [], count)?)
}

/// Notes that somebody has seen an alarm. Whoever was first stays.
///
/// # Errors
/// `NotFound`; `Conflict` when somebody had seen it, or it asks for nobody; when the store fails.
pub fn acknowledge(tx: &Transaction<'_>, id: i64, by: &str, at: Timestamp, note: &str) -> Result<Alarm, StoreError> {
    let sql = "update alarm set seen_at = ?1, seen_by = ?2, note = ?3 where id = ?4 and is_manual and seen_at is null";
    let changed = tx.execute(sql, params![at.0, by, note, id])?;
    let find = format!("select {COLUMNS} from alarm where id = ?1");
    let found = tx.query_row(&find, [id], |row| Ok(alarm(row))).optional()?.ok_or(StoreError::NotFound)??;
    match changed {
        0 if found.needs_acknowledgement => Err(StoreError::Conflict("this alarm was acknowledged before")),
        0 => Err(StoreError::Conflict("this alarm asks for no acknowledgement")),
        _ => Ok(found),
    }
}

/// Notes that somebody has seen all that wait for it, up to `newest`; how many they were.
///
/// # Errors
/// When the store fails.
pub fn acknowledge_all(tx: &Transaction<'_>, newest: i64, by: &str, at: Timestamp, note: &str) -> Result<usize, StoreError> {
    let sql = "update alarm set seen_at = ?1, seen_by = ?2, note = ?3 where id <= ?4 and is_manual and seen_at is null";
    Ok(tx.execute(sql, params![at.0, by, note, newest])?)
}

fn id(text: String) -> Result<AlarmRuleId, StoreError> {
    stored("alarm", text.parse())
}

fn device(text: Option<String>) -> Result<Option<DeviceId>, StoreError> {
    text.map(|text| stored("alarm", text.parse())).transpose()
}

fn cause(text: Option<String>) -> Result<Option<Cause>, StoreError> {
    text.map(|text| stored("cause", serde_json::from_str(&text))).transpose()
}

fn alarm(row: &Row<'_>) -> Result<Alarm, StoreError> {
    let time = |at: Option<i64>| at.map(|at| Time(Timestamp(at)));
    let (ended_at, seen_at, is_manual): (Option<i64>, Option<i64>, bool) = (row.get(10)?, row.get(13)?, row.get(6)?);
    let cause = cause(row.get(8)?)?;
    let ended_by: Option<String> = row.get(11)?;
    Ok(Alarm {
        id: row.get(0)?,
        rule_id: id(row.get(1)?)?,
        device_id: device(row.get(2)?)?,
        name: row.get(3)?,
        device: row.get(4)?,
        criticality: criticality(row.get(5)?),
        needs_acknowledgement: is_manual,
        kind: row.get(7)?,
        unit: cause.map(|cause| cause.point.quantity.unit()),
        cause,
        began_at: Time(Timestamp(row.get(9)?)),
        ended_at: time(ended_at),
        ended_by: ended_by.as_deref().map(why),
        reached: row.get(12)?,
        acknowledged_at: time(seen_at),
        acknowledged_by: row.get(14)?,
        note: row.get(15)?,
        notice: row.get(16)?,
        state: match (ended_at, is_manual && seen_at.is_none()) {
            (None, _) => AlarmState::Active,
            (Some(_), true) => AlarmState::Finished,
            (Some(_), false) => AlarmState::Over,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use haubert_alarms::{Acknowledgement, Condition};
    use haubert_trust::Key;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    const ID: AlarmRuleId = AlarmRuleId(Uuid::from_u128(7));

    async fn db() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("config.db"), &Key::random().unwrap()).unwrap();
        (dir, db)
    }

    fn rule(acknowledgement: Acknowledgement) -> Rule {
        Rule {
            name: "Disk".to_owned(),
            enabled: true,
            criticality: Criticality::Critical,
            acknowledgement,
            start_delay_s: 0.0,
            drop_delay_s: 0.0,
            condition: Condition::System { notice: "disk_full".to_owned() },
        }
    }

    fn began(at: i64) -> Change {
        Change::Began { rule: ID, subject: None, at: Timestamp(at), cause: None }
    }

    fn ended(at: i64) -> Change {
        Change::Ended { rule: ID, subject: None, at: Timestamp(at), reached: None, why: Why::Gone }
    }

    #[tokio::test]
    async fn what_needs_somebody_stays_and_the_oldest_of_the_rest_go() {
        let (_dir, db) = db().await;
        let (first, newest, kept) = db
            .note(|tx| {
                for (acknowledgement, at) in std::iter::once((Acknowledgement::Manual, 1))
                    .chain((0..KEPT + 10).map(|number| (Acknowledgement::None, 10 + 2 * number)))
                {
                    note(tx, &began(at), Some(&rule(acknowledgement)), None)?;
                    note(tx, &ended(at + 1), None, None)?;
                }
                let all = Filter { limit: 20_000, ..Filter::default() };
                let current = list(tx, &Filter { which: Which::Current, ..all.clone() })?;
                let past = list(tx, &Filter { which: Which::Over, ..all })?;
                Ok((current, past.first().cloned(), past.len()))
            })
            .await
            .unwrap();
        assert_eq!(first.iter().map(|alarm| (alarm.id, alarm.state)).collect::<Vec<_>>(), [(1, AlarmState::Finished)]);
        assert_eq!((newest.unwrap().id, kept), (KEPT + 11, usize::try_from(KEPT).unwrap()));
    }

    #[tokio::test]
    async fn an_alarm_is_acknowledged_once_and_only_where_somebody_is_asked() {
        let (_dir, db) = db().await;
        let outcome = db
            .note(|tx| {
                note(tx, &began(1), Some(&rule(Acknowledgement::Manual)), None)?;
                note(tx, &ended(2), None, None)?;
                note(tx, &began(3), Some(&rule(Acknowledgement::None)), None)?;
                let now = Timestamp(9);
                let seen = acknowledge(tx, 1, "ana", now, "")?;
                let said = [
                    acknowledge(tx, 1, "paul", now, ""),
                    acknowledge(tx, 2, "paul", now, ""),
                    acknowledge(tx, 3, "paul", now, ""),
                ];
                Ok((seen, said.map(|said| said.map(|_| ()).map_err(|error| error.to_string())), count(tx)?))
            })
            .await;
        let (seen, said, counts) = outcome.unwrap();
        assert_eq!((seen.state, seen.acknowledged_by.as_deref()), (AlarmState::Over, Some("ana")));
        assert_eq!(
            said,
            ["this alarm was acknowledged before", "this alarm asks for no acknowledgement", "not found"]
                .map(|text| Err(text.to_owned()))
        );
        assert_eq!(counts, Counts { critical: 1, current: 1, ..Counts::default() });
    }

    #[tokio::test]
    async fn what_a_rule_had_raised_that_is_gone_since_is_over() {
        let (_dir, db) = db().await;
        let left = db
            .note(|tx| {
                note(tx, &began(1), Some(&rule(Acknowledgement::None)), None)?;
                let raised = open(tx)?.len();
                end_orphans(tx, &BTreeMap::from([(ID, rule(Acknowledgement::None))]), Timestamp(2))?;
                let kept = open(tx)?.len();
                end_orphans(tx, &BTreeMap::new(), Timestamp(2))?;
                Ok([raised, kept, open(tx)?.len()])
            })
            .await
            .unwrap();
        assert_eq!(left, [1, 1, 0]);
    }
}
