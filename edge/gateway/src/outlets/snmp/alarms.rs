//! Alarms as the MIB has them, and what became of them since the last look.

use crate::store::alarms::{Alarm as Stored, AlarmState as State, Filter, Which, list};
use crate::store::{Db, StoreError};
use haubert_alarms::Criticality as Matters;
use haubert_snmp::{Alarm, AlarmState, Criticality};

/// Alarms shown: the newest that need somebody.
const SHOWN: u32 = 1000;

/// Those that need somebody, as the MIB has them.
///
/// # Errors
/// When the store fails.
pub(super) async fn current(db: &Db) -> Result<Vec<Alarm>, StoreError> {
    let filter = Filter { which: Which::Current, limit: SHOWN, ..Filter::default() };
    let stored = db.note(move |tx| list(tx, &filter)).await?;
    Ok(stored.iter().filter_map(shown).collect())
}

fn shown(alarm: &Stored) -> Option<Alarm> {
    Some(Alarm {
        index: u32::try_from(alarm.id).ok()?,
        name: alarm.name.clone(),
        device: alarm.device.clone().unwrap_or_default(),
        device_id: alarm.device_id.or(alarm.cause.map(|cause| cause.point.device)),
        criticality: match alarm.criticality {
            Matters::Information => Criticality::Information,
            Matters::NotCritical => Criticality::NotCritical,
            Matters::Critical => Criticality::Critical,
        },
        state: match alarm.state {
            State::Active => AlarmState::Active,
            State::Finished => AlarmState::Finished,
            State::Over => AlarmState::Over,
        },
        since: alarm.began_at.0,
        acknowledged: alarm.acknowledged_at.is_some(),
        text: text(alarm),
    })
}

/// What raised it: the kind of its condition, and the value where there is one.
fn text(alarm: &Stored) -> String {
    let kind = alarm.notice.as_deref().unwrap_or(&alarm.kind).replace('_', " ");
    let unit = alarm.unit.map(|unit| format!(" {}", unit.symbol())).unwrap_or_default();
    match alarm.cause {
        Some(cause) => {
            let threshold = cause.threshold.map(|threshold| format!(", threshold {threshold}{unit}")).unwrap_or_default();
            format!("{kind}: {} {}{unit}{threshold}", cause.point.quantity, cause.value)
        }
        None => kind,
    }
}

/// Something that became of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) alarm: Alarm,
    pub(super) is_over: bool,
}

/// What became of alarms between two looks: raised, and over. One that came and went between them is not told.
pub(super) fn turns(before: &[Alarm], now: &[Alarm]) -> Vec<Turn> {
    let find = |among: &[Alarm], index: u32| among.iter().find(|alarm| alarm.index == index).cloned();
    let highest = before.iter().map(|alarm| alarm.index).max().unwrap_or(0);
    let mut turns = Vec::new();
    for alarm in before.iter().filter(|alarm| alarm.state == AlarmState::Active) {
        let after = find(now, alarm.index).unwrap_or_else(|| Alarm { state: AlarmState::Over, ..alarm.clone() });
        if after.state != AlarmState::Active {
            turns.push(Turn { alarm: after, is_over: true });
        }
    }
    for alarm in now.iter().filter(|alarm| alarm.state == AlarmState::Active) {
        // One that was beyond those shown is not new.
        if find(before, alarm.index).is_none() && alarm.index > highest {
            turns.push(Turn { alarm: alarm.clone(), is_over: false });
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Timestamp;

    fn alarm(index: u32, state: AlarmState) -> Alarm {
        Alarm {
            index,
            name: "Alarm".to_owned(),
            device: String::new(),
            device_id: None,
            criticality: Criticality::Critical,
            state,
            since: Timestamp(0),
            acknowledged: false,
            text: String::new(),
        }
    }

    #[test]
    fn what_was_raised_and_what_is_over_is_told_once() {
        use AlarmState::{Active, Finished, Over};
        let before = [alarm(1, Active), alarm(2, Active), alarm(3, Active), alarm(4, Finished)];
        let now = [alarm(1, Active), alarm(2, Finished), alarm(5, Active), alarm(6, Finished)];
        let told: Vec<(u32, AlarmState, bool)> =
            turns(&before, &now).into_iter().map(|turn| (turn.alarm.index, turn.alarm.state, turn.is_over)).collect();
        assert_eq!(told, [(2, Finished, true), (3, Over, true), (5, Active, false)]);
        assert!(turns(&now, &now).is_empty());
    }
}
