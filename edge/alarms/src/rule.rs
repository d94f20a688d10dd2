//! When an alarm is raised.

use haubert_model::{DeviceId, Nature, PointRef, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most rules of a gateway.
pub const MAX_RULES: usize = 500;
/// Longest delay, in seconds: a day.
pub const MAX_DELAY_S: f64 = 86_400.0;
/// Longest name, in characters.
const MAX_NAME: usize = 100;
/// Delays come in steps of so many seconds.
const STEP_S: f64 = 0.5;

/// A rule's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct AlarmRuleId(pub Uuid);

impl fmt::Display for AlarmRuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AlarmRuleId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// How much an alarm matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Good to know.
    Information,
    /// Somebody should look.
    NotCritical,
    /// Somebody must act.
    Critical,
}

/// Whether somebody must say that they have seen it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acknowledgement {
    /// Over when it is over.
    #[default]
    None,
    /// It stays in the list until somebody has acknowledged it.
    Manual,
}

/// How several conditions make one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All of them.
    And,
    /// One of them.
    #[default]
    Or,
}

/// What an energy is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The meter's own index.
    Total,
    /// Local midnight.
    Day,
    /// Monday.
    Week,
    /// The first of the month.
    Month,
}

/// A voltage event, by the thresholds of EN 50160 on the reference voltage; with 2 % of hysteresis, as IEC 61000-4-30 (5.4.1) has it.
/// Over several phases a dip and a swell begin with the first and end with the last; an interruption is one of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoltageEvent {
    /// Above 110 %.
    Swell,
    /// Below 90 %.
    Dip,
    /// Below 5 %.
    Interruption,
}

/// What raises an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// A value beyond a threshold, or the values of up to three phases.
    Analogue {
        /// One to three, of the same quantity or phases of one.
        points: Vec<PointRef>,
        /// How the points make one condition.
        join: Join,
        /// Raised above it; in the quantity's unit.
        high: Option<f64>,
        /// Raised below it.
        low: Option<f64>,
        /// The value must come back by so many percent of the threshold, 0 to 100.
        hysteresis_percent: f64,
    },
    /// An input.
    Logical {
        /// The input.
        point: PointRef,
        /// The state that raises it.
        is_on: bool,
    },
    /// Two other alarms.
    Combination {
        /// The first.
        first: AlarmRuleId,
        /// The second.
        second: AlarmRuleId,
        /// Both at once, or one of them.
        join: Join,
    },
    /// A consumption.
    Energy {
        /// The index.
        point: PointRef,
        /// From when it is counted.
        period: Period,
        /// Raised from there on; in the quantity's unit.
        reach: f64,
    },
    /// A voltage event, as far as it is seen in the values that are read.
    Voltage {
        /// One to three voltages.
        points: Vec<PointRef>,
        /// The reference voltage, in volts.
        nominal_v: f64,
        /// Which.
        event: VoltageEvent,
    },
    /// A device that does not answer; each one for itself when none is named.
    Communication {
        /// The device.
        #[schema(required)]
        device: Option<DeviceId>,
    },
    /// Something that the gateway says of itself.
    System {
        /// The notice's code, `disk_full`.
        notice: String,
    },
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlarmRuleBody)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// Whether it is looked at.
    pub enabled: bool,
    /// How much it matters.
    pub criticality: Criticality,
    /// Whether somebody must acknowledge it.
    pub acknowledgement: Acknowledgement,
    /// So long the condition must hold before the alarm is raised: in steps of 0.5 s.
    pub start_delay_s: f64,
    /// So long it must be gone before the alarm is over.
    pub drop_delay_s: f64,
    /// What raises it.
    pub condition: Condition,
}

/// A field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its path, `condition.points.1`.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
}

impl Condition {
    /// The points that it looks at.
    pub fn points(&self) -> &[PointRef] {
        match self {
            Self::Analogue { points, .. } | Self::Voltage { points, .. } => points,
            Self::Logical { point, .. } | Self::Energy { point, .. } => std::slice::from_ref(point),
            Self::Combination { .. } | Self::Communication { .. } | Self::System { .. } => &[],
        }
    }

    /// The rules that it looks at.
    pub fn rules(&self) -> Vec<AlarmRuleId> {
        match self {
            Self::Combination { first, second, .. } => vec![*first, *second],
            _ => Vec::new(),
        }
    }
}

/// What is wrong with a rule that is to stand as `id` beside `others`.
pub fn faults(id: AlarmRuleId, rule: &Rule, others: &BTreeMap<AlarmRuleId, Rule>) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut tell =
        |field: &str, code, detail: &str| found.push(Fault { field: field.to_owned(), code, detail: detail.to_owned() });
    match rule.name.trim().chars().count() {
        0 => tell("name", "required", "a name"),
        length if length > MAX_NAME => tell("name", "too_long", "at most 100 characters"),
        _ => {}
    }
    if others.iter().any(|(other, known)| *other != id && known.name.trim().eq_ignore_ascii_case(rule.name.trim())) {
        tell("name", "taken", "another alarm has this name");
    }
    for (field, delay) in [("start_delay_s", rule.start_delay_s), ("drop_delay_s", rule.drop_delay_s)] {
        if !(0.0..=MAX_DELAY_S).contains(&delay) || (delay / STEP_S).fract() != 0.0 {
            tell(field, "out_of_range", "0 to 86400 s, in steps of 0.5 s");
        }
    }
    match &rule.condition {
        Condition::Analogue { points, high, low, hysteresis_percent, .. } => {
            of_points(points, |_| true, &mut tell);
            if high.is_none() && low.is_none() {
                tell("condition.high", "required", "a high or a low threshold");
            }
            for (field, threshold) in [("condition.high", high), ("condition.low", low)] {
                if threshold.is_some_and(|value| !value.is_finite()) {
                    tell(field, "out_of_range", "a number");
                }
            }
            if let (Some(high), Some(low)) = (high, low)
                && low >= high
            {
                tell("condition.low", "out_of_range", "less than the high threshold");
            }
            if !(0.0..=100.0).contains(hysteresis_percent) {
                tell("condition.hysteresis_percent", "out_of_range", "0 to 100 %");
            }
        }
        Condition::Logical { .. } => {}
        Condition::Energy { point, reach, .. } => {
            if !matches!(point.quantity.nature(), Nature::Counter) {
                tell("condition.point", "not_valid", "an index");
            }
            if !(reach.is_finite() && *reach > 0.0) {
                tell("condition.reach", "out_of_range", "more than 0");
            }
        }
        Condition::Voltage { points, nominal_v, .. } => {
            of_points(points, |quantity| quantity.unit() == haubert_model::Unit::Volt, &mut tell);
            if !(1.0..=1_000_000.0).contains(nominal_v) {
                tell("condition.nominal_v", "out_of_range", "1 V to 1 MV");
            }
        }
        Condition::Combination { first, second, .. } => {
            for (field, other) in [("condition.first", first), ("condition.second", second)] {
                if !others.contains_key(other) {
                    tell(field, "not_found", "there is no such alarm");
                } else if reaches(*other, id, others) {
                    tell(field, "circle", "it hangs on this alarm itself");
                }
            }
            if first == second {
                tell("condition.second", "twice", "another alarm than the first");
            }
        }
        Condition::Communication { .. } => {}
        Condition::System { notice } => {
            if notice.is_empty() || notice.len() > 64 {
                tell("condition.notice", "required", "one of the gateway's notices");
            }
        }
    }
    found
}

fn of_points(points: &[PointRef], fits: impl Fn(Quantity) -> bool, tell: &mut impl FnMut(&str, &'static str, &str)) {
    if !(1..=3).contains(&points.len()) {
        tell("condition.points", "out_of_range", "one to three");
    }
    let mut seen = BTreeSet::new();
    for (at, point) in points.iter().enumerate() {
        let field = format!("condition.points.{at}");
        if !seen.insert(*point) {
            tell(&field, "twice", "named twice");
        } else if !fits(point.quantity) {
            tell(&field, "not_valid", "a quantity that this alarm can look at");
        }
    }
}

/// Whether `from` is `to`, or hangs on it.
fn reaches(from: AlarmRuleId, to: AlarmRuleId, rules: &BTreeMap<AlarmRuleId, Rule>) -> bool {
    let (mut waiting, mut seen) = (vec![from], BTreeSet::new());
    while let Some(next) = waiting.pop() {
        if next == to {
            return true;
        }
        if seen.insert(next)
            && let Some(rule) = rules.get(&next)
        {
            waiting.extend(rule.condition.rules());
        }
    }
    false
}
