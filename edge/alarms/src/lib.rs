//! Alarms: what calls for somebody's eye, from the first value beyond a threshold to the last signature under it. Pure: whoever uses
//! it says what was read and what time it is, and is told what began and what ended.
//!
//! A [`Rule`] says when; an [`Engine`] holds rules against values and tells [`Change`]s. The kinds follow the alarms of the meters that
//! the gateway looks after: analogue, logical, combination, energy, voltage events, communication and system.

mod engine;
mod judge;
mod machine;
mod rule;
mod truth;

pub use engine::{Change, Engine, Open, Subject, Why, World};
pub use judge::{Cause, Side};
pub use machine::Moment;
pub use rule::{
    Acknowledgement, AlarmRuleId, Condition, Criticality, Fault, Join, MAX_DELAY_S, MAX_RULES, Period, Rule, VoltageEvent, faults,
};
