//! Whether a condition on values holds, with what it remembers of them.

use crate::rule::{Condition, Join, Period, VoltageEvent};
use crate::truth::Truth;
use haubert_model::PointRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Thresholds of EN 50160, and hysteresis of IEC 61000-4-30, as shares of the reference voltage.
const SWELL: f64 = 1.10;
const DIP: f64 = 0.90;
const INTERRUPTION: f64 = 0.05;
const VOLTAGE_HYSTERESIS: f64 = 0.02;

/// On which side of its thresholds a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Above the high one.
    High,
    /// Below the low one.
    Low,
}

/// What raised an alarm on values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlarmCause)]
pub struct Cause {
    /// Where.
    pub point: PointRef,
    /// The value that raised it, in the quantity's unit.
    pub value: f64,
    /// The threshold that it went beyond.
    #[schema(required)]
    pub threshold: Option<f64>,
    /// On which side.
    #[schema(required)]
    pub side: Option<Side>,
}

/// A threshold, and the value at which it counts as kept again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    threshold: f64,
    back: f64,
}

/// A point as last read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    point: PointRef,
    value: Option<f64>,
    beyond: Option<Side>,
}

/// What one rule makes of the values that it is given.
#[derive(Debug)]
pub(crate) enum Judge {
    /// Of values and thresholds.
    Limits { seen: Vec<Seen>, join: Join, high: Option<Limit>, low: Option<Limit> },
    /// Of an input.
    Logical { point: PointRef, is_on: bool, value: Option<f64> },
    /// Of a consumption that somebody else reckons.
    Energy { point: PointRef, reach: f64, value: Option<f64> },
    /// Of what is no value.
    Elsewhere,
}

impl Judge {
    pub(crate) fn new(condition: &Condition) -> Self {
        let unread = |points: &[PointRef]| points.iter().map(|point| Seen { point: *point, value: None, beyond: None }).collect();
        match condition {
            Condition::Analogue { points, join, high, low, hysteresis_percent } => {
                let room = |threshold: f64| threshold.abs() * hysteresis_percent / 100.0;
                let high = high.map(|threshold| Limit { threshold, back: threshold - room(threshold) });
                let low = low.map(|threshold| Limit { threshold, back: threshold + room(threshold) });
                Self::Limits { seen: unread(points), join: *join, high, low }
            }
            Condition::Voltage { points, nominal_v, event } => {
                let (seen, room) = (unread(points), nominal_v * VOLTAGE_HYSTERESIS);
                let over = |share: f64| Some(Limit { threshold: nominal_v * share, back: nominal_v * share - room });
                let under = |share: f64| Some(Limit { threshold: nominal_v * share, back: nominal_v * share + room });
                match event {
                    VoltageEvent::Swell => Self::Limits { seen, join: Join::Or, high: over(SWELL), low: None },
                    VoltageEvent::Dip => Self::Limits { seen, join: Join::Or, high: None, low: under(DIP) },
                    VoltageEvent::Interruption => Self::Limits { seen, join: Join::And, high: None, low: under(INTERRUPTION) },
                }
            }
            Condition::Logical { point, is_on } => Self::Logical { point: *point, is_on: *is_on, value: None },
            Condition::Energy { point, reach, .. } => Self::Energy { point: *point, reach: *reach, value: None },
            Condition::Combination { .. } | Condition::Communication { .. } | Condition::System { .. } => Self::Elsewhere,
        }
    }

    /// Takes a value as it was read, or that there was none.
    pub(crate) fn take(&mut self, at: PointRef, read: Option<f64>) {
        match self {
            Self::Limits { seen, high, low, .. } => {
                for one in seen.iter_mut().filter(|one| one.point == at) {
                    one.value = read;
                    if let Some(value) = read {
                        one.beyond = side(value, one.beyond, *high, *low);
                    }
                }
            }
            Self::Logical { point, value, .. } | Self::Energy { point, value, .. } if *point == at => *value = read,
            Self::Logical { .. } | Self::Energy { .. } | Self::Elsewhere => {}
        }
    }

    pub(crate) fn truth(&self) -> Truth {
        match self {
            Self::Limits { seen, join, .. } => {
                Truth::joined(*join, seen.iter().map(|one| one.value.map(|_| one.beyond.is_some()).into()))
            }
            Self::Logical { is_on, value, .. } => value.map(|value| (value != 0.0) == *is_on).into(),
            Self::Energy { reach, value, .. } => value.map(|value| value >= *reach).into(),
            Self::Elsewhere => Truth::Unknown,
        }
    }

    /// What makes it true: of several points the first.
    pub(crate) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Limits { seen, high, low, .. } => seen.iter().find_map(|one| {
                let side = one.beyond?;
                let limit = match side {
                    Side::High => high,
                    Side::Low => low,
                };
                Some(Cause { point: one.point, value: one.value?, threshold: Some(limit.as_ref()?.threshold), side: Some(side) })
            }),
            Self::Logical { point, value, .. } => Some(Cause { point: *point, value: (*value)?, threshold: None, side: None }),
            Self::Energy { point, reach, value } => {
                Some(Cause { point: *point, value: (*value)?, threshold: Some(*reach), side: Some(Side::High) })
            }
            Self::Elsewhere => None,
        }
    }

    /// The value furthest beyond `side`'s threshold, of the points that are beyond it.
    pub(crate) fn furthest(&self, of: Side) -> Option<f64> {
        let Self::Limits { seen, .. } = self else { return self.cause().map(|cause| cause.value) };
        let values = seen.iter().filter(|one| one.beyond == Some(of)).filter_map(|one| one.value);
        match of {
            Side::High => values.reduce(f64::max),
            Side::Low => values.reduce(f64::min),
        }
    }
}

fn side(value: f64, before: Option<Side>, high: Option<Limit>, low: Option<Limit>) -> Option<Side> {
    let is_over = |limit: Limit| value > limit.threshold || (before == Some(Side::High) && value > limit.back);
    let is_under = |limit: Limit| value < limit.threshold || (before == Some(Side::Low) && value < limit.back);
    if high.is_some_and(is_over) {
        Some(Side::High)
    } else if low.is_some_and(is_under) {
        Some(Side::Low)
    } else {
        None
    }
}

/// Whether an energy is the index itself, not what somebody reckons from it.
pub(crate) fn is_read(condition: &Condition) -> bool {
    !matches!(condition, Condition::Energy { period: Period::Day | Period::Week | Period::Month, .. })
}
