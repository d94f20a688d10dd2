//! Holds all rules against what is read and said, and tells what begins and ends.

use crate::judge::{Cause, Judge, Side, is_read};
use crate::machine::{Machine, Moment, Step};
use crate::rule::{AlarmRuleId, Condition, Join, Rule};
use crate::truth::Truth;
use haubert_model::{DeviceId, PointRef, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// Whom an alarm is about, when its rule is about many: a device.
pub type Subject = Option<DeviceId>;

/// Why an alarm is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlarmEnd)]
pub enum Why {
    /// The condition is gone.
    Gone,
    /// The rule was changed, switched off or taken away.
    RuleChanged,
}

/// What begins, goes on or ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An alarm is raised.
    Began {
        /// By which rule.
        rule: AlarmRuleId,
        /// About whom.
        subject: Subject,
        /// Since when its condition holds.
        at: Timestamp,
        /// What raised it, when it was a value.
        cause: Option<Cause>,
    },
    /// An alarm is over.
    Ended {
        /// By which rule.
        rule: AlarmRuleId,
        /// About whom.
        subject: Subject,
        /// Since when its condition is gone.
        at: Timestamp,
        /// The value furthest beyond the threshold.
        reached: Option<f64>,
        /// Why.
        why: Why,
    },
}

/// An alarm that was raised before this engine began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Open {
    /// By which rule.
    pub rule: AlarmRuleId,
    /// About whom.
    pub subject: Subject,
    /// On which side of its thresholds the value was.
    pub side: Option<Side>,
    /// The value furthest beyond the threshold.
    pub reached: Option<f64>,
}

/// What is no value, as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Whether a device is silent, as far as that is known; those that are gone are not in it.
    pub silent: BTreeMap<DeviceId, Option<bool>>,
    /// Codes of the notices that hold.
    pub notices: BTreeSet<String>,
}

/// A raised alarm, or one on the way.
#[derive(Debug)]
struct State {
    machine: Machine,
    /// What the delay began with.
    cause: Option<Cause>,
    side: Option<Side>,
    reached: Option<f64>,
}

impl State {
    const QUIET: Self = Self { machine: Machine::Quiet, cause: None, side: None, reached: None };
}

#[derive(Debug)]
struct Watch {
    rule: Rule,
    judge: Judge,
    states: BTreeMap<Subject, State>,
}

/// Rules against the world.
#[derive(Debug, Default)]
pub struct Engine {
    watches: BTreeMap<AlarmRuleId, Watch>,
    by_point: HashMap<PointRef, Vec<AlarmRuleId>>,
    world: World,
}

impl Engine {
    /// With `rules`, of which those in `open` are raised already.
    pub fn new(rules: &BTreeMap<AlarmRuleId, Rule>, open: &[Open]) -> Self {
        let mut engine = Self::default();
        for (id, rule) in rules.iter().filter(|(_, rule)| rule.enabled) {
            engine.add(*id, rule);
        }
        for one in open {
            if let Some(watch) = engine.watches.get_mut(&one.rule) {
                let state = State { machine: Machine::Raised(None), cause: None, side: one.side, reached: one.reached };
                watch.states.insert(one.subject, state);
            }
        }
        engine
    }

    /// Other rules from now on. What a changed rule had raised is over; what it raises now begins anew.
    pub fn replace(&mut self, rules: &BTreeMap<AlarmRuleId, Rule>, now: Moment) -> Vec<Change> {
        let is_same =
            |id: &AlarmRuleId, watch: &Watch| rules.get(id).is_some_and(|rule| rule.enabled && is_alike(rule, &watch.rule));
        let gone: Vec<AlarmRuleId> = self.watches.iter().filter(|(id, watch)| !is_same(id, watch)).map(|(id, _)| *id).collect();
        let mut changes = Vec::new();
        for id in gone {
            let Some(watch) = self.watches.remove(&id) else { continue };
            for (subject, state) in watch.states.into_iter().filter(|(_, state)| state.machine.is_raised()) {
                changes.push(Change::Ended { rule: id, subject, at: now.at, reached: state.reached, why: Why::RuleChanged });
            }
        }
        for (id, rule) in rules.iter().filter(|(_, rule)| rule.enabled) {
            match self.watches.get_mut(id) {
                Some(watch) => watch.rule = rule.clone(),
                None => self.add(*id, rule),
            }
        }
        self.by_point.clear();
        for (id, watch) in &self.watches {
            index(&mut self.by_point, *id, &watch.rule);
        }
        changes
    }

    fn add(&mut self, id: AlarmRuleId, rule: &Rule) {
        index(&mut self.by_point, id, rule);
        self.watches.insert(id, Watch { judge: Judge::new(&rule.condition), rule: rule.clone(), states: BTreeMap::new() });
    }

    /// Points of which values are wanted.
    pub fn points(&self) -> impl Iterator<Item = PointRef> + '_ {
        self.by_point.keys().copied()
    }

    /// Rules whose energy somebody else must reckon: with the index, and the period that it is counted in.
    pub fn reckoned(&self) -> impl Iterator<Item = (AlarmRuleId, &Condition)> + '_ {
        let watches = self.watches.iter().map(|(id, watch)| (*id, &watch.rule.condition));
        watches.filter(|(_, condition)| !is_read(condition))
    }

    /// Takes a value as it was read, or that there was none.
    pub fn take(&mut self, point: PointRef, value: Option<f64>, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        for id in self.by_point.get(&point).into_iter().flatten() {
            if let Some(watch) = self.watches.get_mut(id) {
                watch.judge.take(point, value);
                let truth = watch.judge.truth();
                watch.look(*id, None, truth, now, &mut changes);
            }
        }
        changes
    }

    /// Takes the energy of a rule, as it was reckoned.
    pub fn reckon(&mut self, rule: AlarmRuleId, value: Option<f64>, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(watch) = self.watches.get_mut(&rule)
            && let Judge::Energy { point, .. } = watch.judge
        {
            watch.judge.take(point, value);
            let truth = watch.judge.truth();
            watch.look(rule, None, truth, now, &mut changes);
        }
        changes
    }

    /// What is no value is like this now.
    pub fn tell(&mut self, world: World) {
        self.world = world;
    }

    /// Looks at everything: delays that are over, devices, notices, combinations.
    pub fn turn(&mut self, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, watch) in &mut self.watches {
            match &watch.rule.condition {
                Condition::Communication { device } => {
                    let (silent, device) = (&self.world.silent, *device);
                    // A device that is gone ends its alarm.
                    let gone: Vec<Subject> =
                        watch.states.keys().filter(|of| of.is_some_and(|of| !silent.contains_key(&of))).copied().collect();
                    for subject in gone {
                        watch.look(*id, subject, Truth::False, now, &mut changes);
                    }
                    for (of, is_silent) in silent.iter().filter(|(of, _)| device.is_none_or(|device| device == **of)) {
                        watch.look(*id, Some(*of), (*is_silent).into(), now, &mut changes);
                    }
                }
                Condition::System { notice } => {
                    let truth = Some(self.world.notices.contains(notice)).into();
                    watch.look(*id, None, truth, now, &mut changes);
                }
                Condition::Combination { .. } => {}
                Condition::Analogue { .. } | Condition::Logical { .. } | Condition::Energy { .. } | Condition::Voltage { .. } => {
                    let truth = watch.judge.truth();
                    watch.look(*id, None, truth, now, &mut changes);
                }
            }
        }
        // A combination sees what has just begun; one of combinations sees it at the next turn.
        let raised: BTreeSet<AlarmRuleId> = self.raised().map(|(rule, _)| rule).collect();
        for (id, watch) in &mut self.watches {
            if let Condition::Combination { first, second, join } = &watch.rule.condition {
                let truth = Truth::joined(*join, [first, second].map(|rule| Some(raised.contains(rule)).into()));
                watch.look(*id, None, truth, now, &mut changes);
            }
        }
        changes
    }

    /// Whether a rule's condition holds, where `raised` are the rules that a combination may find; nothing while it is not known.
    pub fn holds(&self, rule: AlarmRuleId, raised: &BTreeSet<AlarmRuleId>) -> Option<bool> {
        let watch = self.watches.get(&rule)?;
        let truth = match &watch.rule.condition {
            Condition::Combination { first, second, join } => {
                Truth::joined(*join, [first, second].map(|rule| Some(raised.contains(rule)).into()))
            }
            Condition::Communication { device } => {
                let of = self.world.silent.iter().filter(|(of, _)| device.is_none_or(|device| device == **of));
                Truth::joined(Join::Or, of.map(|(_, is_silent)| (*is_silent).into()))
            }
            Condition::System { notice } => Some(self.world.notices.contains(notice)).into(),
            _ => watch.judge.truth(),
        };
        match truth {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        }
    }

    /// What is raised.
    pub fn raised(&self) -> impl Iterator<Item = (AlarmRuleId, Subject)> + '_ {
        self.watches.iter().flat_map(|(id, watch)| {
            watch.states.iter().filter(|(_, state)| state.machine.is_raised()).map(|(subject, _)| (*id, *subject))
        })
    }

    /// The value furthest beyond the threshold, of what is raised.
    pub fn reached(&self, rule: AlarmRuleId, subject: Subject) -> Option<f64> {
        self.watches.get(&rule)?.states.get(&subject)?.reached
    }
}

impl Watch {
    fn look(&mut self, id: AlarmRuleId, subject: Subject, truth: Truth, now: Moment, changes: &mut Vec<Change>) {
        let milliseconds = |seconds: f64| (seconds * 1000.0) as u64;
        let (start_ms, drop_ms) = (milliseconds(self.rule.start_delay_s), milliseconds(self.rule.drop_delay_s));
        let state = self.states.entry(subject).or_insert(State::QUIET);
        let was_quiet = state.machine == Machine::Quiet;
        let step = state.machine.look(truth, now, start_ms, drop_ms);
        if was_quiet && state.machine != Machine::Quiet {
            state.cause = self.judge.cause();
            state.side = state.cause.and_then(|cause| cause.side);
            state.reached = state.cause.map(|cause| cause.value);
        }
        if let Some(side) = state.side
            && let Some(value) = self.judge.furthest(side)
        {
            let further = |before: f64| match side {
                Side::High => before.max(value),
                Side::Low => before.min(value),
            };
            state.reached = Some(state.reached.map_or(value, further));
        }
        if let Some(Step::Began(since)) = step {
            changes.push(Change::Began { rule: id, subject, at: since.at, cause: state.cause });
        }
        if let Some(Step::Ended(since)) = step {
            changes.push(Change::Ended { rule: id, subject, at: since.at, reached: state.reached, why: Why::Gone });
        }
        if state.machine == Machine::Quiet {
            *state = State::QUIET;
        }
    }
}

/// Whether a rule goes on where another left off: its name and criticality may differ.
fn is_alike(rule: &Rule, before: &Rule) -> bool {
    rule.condition == before.condition && (rule.start_delay_s, rule.drop_delay_s) == (before.start_delay_s, before.drop_delay_s)
}

fn index(by_point: &mut HashMap<PointRef, Vec<AlarmRuleId>>, id: AlarmRuleId, rule: &Rule) {
    if is_read(&rule.condition) {
        for point in rule.condition.points() {
            by_point.entry(*point).or_default().push(id);
        }
    }
}
