//! Alarms as an operator knows them, from rule to list.

use haubert_alarms::*;
use haubert_model::{DeviceId, PointRef, Quantity, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const ID: AlarmRuleId = AlarmRuleId(Uuid::from_u128(1));
const OTHER: AlarmRuleId = AlarmRuleId(Uuid::from_u128(2));
const THIRD: AlarmRuleId = AlarmRuleId(Uuid::from_u128(3));

fn device(number: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(number))
}

fn point(quantity: Quantity) -> PointRef {
    PointRef { device: device(7), channel: 1, quantity }
}

fn at(seconds: f64) -> Moment {
    let ms = (seconds * 1000.0) as u64;
    Moment { at: Timestamp(1_000_000 + ms.cast_signed()), ms }
}

fn rule(condition: Condition) -> Rule {
    Rule {
        name: "Too much".to_owned(),
        enabled: true,
        criticality: Criticality::Critical,
        acknowledgement: Acknowledgement::None,
        start_delay_s: 0.0,
        drop_delay_s: 0.0,
        condition,
    }
}

fn above(quantities: &[Quantity], join: Join, high: f64, hysteresis_percent: f64) -> Rule {
    let points = quantities.iter().copied().map(point).collect();
    rule(Condition::Analogue { points, join, high: Some(high), low: None, hysteresis_percent })
}

fn engine(rules: &[(AlarmRuleId, Rule)]) -> Engine {
    Engine::new(&rules.iter().cloned().collect(), &[])
}

const POWER: Quantity = Quantity::ActivePowerTotal;

/// `+` for what begins, `-` for what ends.
fn signs(changes: &[Change]) -> String {
    changes.iter().map(|change| if matches!(change, Change::Began { .. }) { '+' } else { '-' }).collect()
}

/// Values of one point, a second apart; where it was raised (`+`), over (`-`), or neither (`.`).
fn told(rule: Rule, values: &[Option<f64>]) -> String {
    let mut engine = engine(&[(ID, rule)]);
    let one = |(second, value): (usize, &Option<f64>)| {
        let now = at(second as f64);
        let mut changes = engine.take(point(POWER), *value, now);
        changes.extend(engine.turn(now));
        let signs = signs(&changes);
        if signs.is_empty() { ".".to_owned() } else { signs }
    };
    values.iter().enumerate().map(one).collect()
}

fn numbers(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn a_value_that_hovers_at_its_threshold_raises_one_alarm() {
    let values = numbers(&[99.0, 101.0, 99.5, 101.0, 98.0, 97.9, 101.0]);
    assert_eq!(told(above(&[POWER], Join::Or, 100.0, 2.0), &values), ".+..-.+", "98 is what it must come back to");
    assert_eq!(told(above(&[POWER], Join::Or, 100.0, 0.0), &values), ".+-+-.+");
}

#[test]
fn a_low_threshold_works_below_zero_too() {
    let low = |low: f64| {
        rule(Condition::Analogue {
            points: vec![point(POWER)],
            join: Join::Or,
            high: None,
            low: Some(low),
            hysteresis_percent: 10.0,
        })
    };
    assert_eq!(told(low(-100.0), &numbers(&[-99.0, -101.0, -95.0, -90.0])), ".+.-");
    assert_eq!(told(low(100.0), &numbers(&[101.0, 99.0, 105.0, 110.0])), ".+.-");
}

#[test]
fn delays_at_both_ends_swallow_what_is_short() {
    let delayed = Rule { start_delay_s: 2.0, drop_delay_s: 1.0, ..above(&[POWER], Join::Or, 100.0, 0.0) };
    let (high, none) = (Some(101.0), Some(0.0));
    assert_eq!(told(delayed.clone(), &[high, none, high, high, high, none, high, none, none]), "....+...-");
    assert_eq!(told(delayed, &[high, high, None, high, high, high]), ".....+", "what is not known has not held all the time");
}

#[test]
fn an_alarm_tells_since_when_its_condition_held_how_far_it_went_and_since_when_it_is_gone() {
    let delayed = Rule { start_delay_s: 2.0, drop_delay_s: 2.0, ..above(&[POWER], Join::Or, 100.0, 0.0) };
    let mut engine = engine(&[(ID, delayed)]);
    let mut changes = Vec::new();
    for (second, value) in [101.0, 130.0, 120.0, 150.0, 90.0, 80.0, 70.0].into_iter().enumerate() {
        changes.extend(engine.take(point(POWER), Some(value), at(second as f64)));
    }
    let [Change::Began { at: began, cause: Some(cause), .. }, Change::Ended { at: ended, reached, why, .. }] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!((*began, *ended), (at(0.0).at, at(4.0).at));
    assert_eq!((cause.value, cause.threshold, cause.side), (101.0, Some(100.0), Some(Side::High)));
    assert_eq!((*reached, *why), (Some(150.0), Why::Gone));
}

#[test]
fn silence_neither_raises_nor_ends() {
    assert_eq!(told(above(&[POWER], Join::Or, 100.0, 0.0), &[None, Some(101.0), None, None, Some(1.0)]), ".+..-");
}

#[test]
fn phases_are_joined_by_and_or_or() {
    let phases = [Quantity::CurrentL1, Quantity::CurrentL2, Quantity::CurrentL3];
    for (join, want) in [(Join::Or, ["+", "", "", "", "-"]), (Join::And, ["", "", "+", "-", ""])] {
        let mut engine = engine(&[(ID, above(&phases, join, 10.0, 0.0))]);
        for phase in phases {
            engine.take(point(phase), Some(1.0), at(0.0));
        }
        let steps = [(0, 11.0), (1, 11.0), (2, 11.0), (2, 1.0), (0, 1.0)];
        let mut found = Vec::new();
        for (number, (phase, value)) in steps.into_iter().enumerate() {
            if number == 4 {
                engine.take(point(phases[1]), Some(1.0), at(4.0));
            }
            found.push(signs(&engine.take(point(phases[phase]), Some(value), at(number as f64))));
        }
        assert_eq!(found, want, "{join:?}");
    }
}

#[test]
fn an_input_raises_in_the_state_that_is_asked_for() {
    for (is_on, want) in [(true, ".+.-"), (false, "+-.+")] {
        let input = rule(Condition::Logical { point: point(POWER), is_on });
        assert_eq!(told(input, &numbers(&[0.0, 1.0, 1.0, 0.0])), want);
    }
}

#[test]
fn voltage_events_follow_the_shares_of_the_reference_voltage() {
    let event = |event| rule(Condition::Voltage { points: vec![point(POWER)], nominal_v: 230.0, event });
    let values = numbers(&[230.0, 206.0, 208.0, 212.0, 254.0, 249.0, 248.0, 11.0, 16.0, 230.0]);
    assert_eq!(told(event(VoltageEvent::Dip), &values), ".+.-...+.-", "211.6 V is 92 %");
    assert_eq!(told(event(VoltageEvent::Swell), &values), "....+.-...", "248.4 V is 108 %");
    assert_eq!(told(event(VoltageEvent::Interruption), &values), ".......+.-", "16.1 V is 7 %: 16 is not yet back");
}

#[test]
fn a_combination_sees_what_the_two_others_do() {
    let (volts, amps) = (Quantity::VoltageL1, Quantity::CurrentL1);
    for (join, want) in [(Join::And, ["+", "++", "--", "-"]), (Join::Or, ["++", "+", "-", "--"])] {
        let both = rule(Condition::Combination { first: ID, second: OTHER, join });
        let mut engine =
            engine(&[(ID, above(&[volts], Join::Or, 100.0, 0.0)), (OTHER, above(&[amps], Join::Or, 10.0, 0.0)), (THIRD, both)]);
        let mut found = Vec::new();
        for (second, quantity, value) in [(0.0, volts, 101.0), (1.0, amps, 11.0), (2.0, volts, 1.0), (3.0, amps, 1.0)] {
            let mut changes = engine.take(point(quantity), Some(value), at(second));
            changes.extend(engine.turn(at(second)));
            found.push(signs(&changes));
        }
        assert_eq!(found, want, "{join:?}");
    }
}

#[test]
fn each_device_that_is_silent_has_its_own_alarm() {
    let mut engine = engine(&[(ID, rule(Condition::Communication { device: None }))]);
    let mut turn = |silent: &[(u128, Option<bool>)], second| {
        let silent = silent.iter().map(|(number, is_silent)| (device(*number), *is_silent)).collect();
        engine.tell(World { silent, ..World::default() });
        engine.turn(at(second))
    };
    assert_eq!(turn(&[(1, Some(false)), (2, None)], 0.0), []);
    let began = turn(&[(1, Some(true)), (2, Some(true))], 1.0);
    assert_eq!(began.len(), 2);
    assert_eq!(turn(&[(1, None), (2, Some(true))], 2.0), [], "what is not known ends nothing");
    let ended = |number| Change::Ended { rule: ID, subject: Some(device(number)), at: at(3.0).at, reached: None, why: Why::Gone };
    assert_eq!(turn(&[(1, Some(false))], 3.0), [ended(2), ended(1)], "one answers, the other was taken away");
}

#[test]
fn what_the_gateway_says_of_itself_raises_and_ends() {
    let mut engine = engine(&[(ID, rule(Condition::System { notice: "disk_full".to_owned() }))]);
    let world = |notices: &[&str]| World { notices: notices.iter().map(|code| (*code).to_owned()).collect(), ..World::default() };
    engine.tell(world(&["clock_not_set"]));
    assert_eq!(engine.turn(at(0.0)), []);
    engine.tell(world(&["disk_full"]));
    assert_eq!(signs(&engine.turn(at(1.0))), "+");
    engine.tell(world(&[]));
    assert_eq!(signs(&engine.turn(at(2.0))), "-");
}

#[test]
fn an_energy_of_a_period_is_reckoned_elsewhere_and_that_of_an_index_is_read() {
    let energy = |period| rule(Condition::Energy { point: point(Quantity::ActiveEnergyImport), period, reach: 500.0 });
    let mut engine = engine(&[(ID, energy(Period::Day)), (OTHER, energy(Period::Total))]);
    assert_eq!(engine.reckoned().map(|(id, _)| id).collect::<Vec<_>>(), [ID]);
    let changes = engine.take(point(Quantity::ActiveEnergyImport), Some(500.0), at(0.0));
    assert!(matches!(changes[..], [Change::Began { rule: OTHER, .. }]), "{changes:?}");
    assert_eq!(signs(&engine.reckon(ID, Some(499.0), at(1.0))), "");
    assert_eq!(signs(&engine.reckon(ID, Some(501.0), at(2.0))), "+");
    assert_eq!(signs(&engine.reckon(ID, Some(0.0), at(3.0))), "-", "another day");
}

#[test]
fn an_alarm_goes_on_over_a_restart_and_ends_with_its_rule() {
    let high = above(&[POWER], Join::Or, 100.0, 0.0);
    let rules = BTreeMap::from([(ID, high.clone())]);
    let open = Open { rule: ID, subject: None, side: Some(Side::High), reached: Some(180.0) };
    let mut engine = Engine::new(&rules, &[open]);
    assert_eq!(engine.take(point(POWER), Some(120.0), at(0.0)), [], "it is raised already");
    let renamed = BTreeMap::from([(ID, Rule { name: "Far too much".to_owned(), ..high.clone() })]);
    assert_eq!(engine.replace(&renamed, at(1.0)), [], "a name changes nothing");
    let stricter = BTreeMap::from([(ID, above(&[POWER], Join::Or, 110.0, 0.0))]);
    let ended = Change::Ended { rule: ID, subject: None, at: at(2.0).at, reached: Some(180.0), why: Why::RuleChanged };
    assert_eq!(engine.replace(&stricter, at(2.0)), [ended]);
    assert_eq!(signs(&engine.take(point(POWER), Some(120.0), at(3.0))), "+");
    let off = BTreeMap::from([(ID, Rule { enabled: false, ..high })]);
    assert_eq!(signs(&engine.replace(&off, at(4.0))), "-");
    assert_eq!(engine.points().count(), 0);
}

#[test]
fn a_rule_that_cannot_work_is_refused_field_by_field() {
    let good = above(&[POWER], Join::Or, 100.0, 0.0);
    let combination = |first, second| rule(Condition::Combination { first, second, join: Join::And });
    let others = BTreeMap::from([
        (OTHER, Rule { name: "Known".to_owned(), ..combination(ID, THIRD) }),
        (THIRD, Rule { name: "Third".to_owned(), ..good.clone() }),
    ]);
    assert_eq!(faults(ID, &good, &others), []);
    let analogue = |points: &[Quantity], high, low, hysteresis_percent| {
        let points = points.iter().copied().map(point).collect();
        rule(Condition::Analogue { points, join: Join::Or, high, low, hysteresis_percent })
    };
    for (rule, field, code) in [
        (Rule { name: " ".to_owned(), ..good.clone() }, "name", "required"),
        (Rule { name: "known".to_owned(), ..good.clone() }, "name", "taken"),
        (Rule { start_delay_s: 0.3, ..good.clone() }, "start_delay_s", "out_of_range"),
        (Rule { drop_delay_s: f64::NAN, ..good.clone() }, "drop_delay_s", "out_of_range"),
        (analogue(&[], Some(1.0), None, 0.0), "condition.points", "out_of_range"),
        (analogue(&[POWER, POWER], Some(1.0), None, 0.0), "condition.points.1", "twice"),
        (analogue(&[POWER], None, None, 0.0), "condition.high", "required"),
        (analogue(&[POWER], Some(1.0), Some(2.0), 0.0), "condition.low", "out_of_range"),
        (analogue(&[POWER], Some(f64::INFINITY), None, 0.0), "condition.high", "out_of_range"),
        (analogue(&[POWER], Some(1.0), None, 101.0), "condition.hysteresis_percent", "out_of_range"),
        (rule(Condition::Energy { point: point(POWER), period: Period::Day, reach: 1.0 }), "condition.point", "not_valid"),
        (combination(OTHER, THIRD), "condition.first", "circle"),
        (combination(THIRD, THIRD), "condition.second", "twice"),
        (combination(THIRD, AlarmRuleId(Uuid::nil())), "condition.second", "not_found"),
    ] {
        let found = faults(ID, &rule, &others);
        assert!(found.iter().any(|fault| fault.field == field && fault.code == code), "{field} {code}: {found:?}");
    }
}

#[test]
fn a_rule_is_read_as_it_was_written() {
    let text = serde_json::to_string(&above(&[POWER], Join::And, 100.0, 1.5)).unwrap();
    assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), above(&[POWER], Join::And, 100.0, 1.5));
    assert!(serde_json::from_str::<Rule>(&text.replace("\"high\"", "\"hihg\"")).is_err());
}

proptest! {
    /// Whatever is read: what begins ends before it begins again, in the order of time, and never sooner than its delays allow.
    #[test]
    fn beginnings_and_ends_take_turns(
        values in prop::collection::vec(prop::option::weighted(0.8, 0.0..200.0f64), 1..120),
        hysteresis in 0.0..20.0f64,
        start in 0u8..6,
        drop in 0u8..6,
    ) {
        let delays = (f64::from(start) / 2.0, f64::from(drop) / 2.0);
        let rule = Rule { start_delay_s: delays.0, drop_delay_s: delays.1, ..above(&[POWER], Join::Or, 100.0, hysteresis) };
        let mut engine = engine(&[(ID, rule)]);
        let (mut raised, mut last) = (false, Timestamp(0));
        for (number, value) in values.into_iter().enumerate() {
            let now = at(number as f64 / 2.0);
            for change in engine.take(point(POWER), value, now).into_iter().chain(engine.turn(now)) {
                let (begins, at, delay) = match change {
                    Change::Began { at, .. } => (true, at, delays.0),
                    Change::Ended { at, reached, .. } => {
                        prop_assert!(reached.unwrap() > 100.0);
                        (false, at, delays.1)
                    }
                };
                prop_assert_ne!(begins, raised);
                prop_assert!(at >= last);
                prop_assert!(now.at.ms_since(at) as f64 >= delay * 1000.0);
                (raised, last) = (begins, at);
            }
            prop_assert_eq!(engine.raised().count() == 1, raised);
        }
    }
}
