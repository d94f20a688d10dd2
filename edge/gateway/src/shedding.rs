//! What could be switched off, in which order, and when the site drew more than it subscribed. Pure, and only ever a view: the gateway
//! switches nothing.

use haubert_model::{LoadId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The lowest level: what goes last.
pub const MAX_LEVEL: u8 = 9;
/// Its name among the settings.
pub const SETTING: &str = "load_shedding";

/// What somebody has set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shedding {
    /// Limit of the contract, W.
    pub subscribed_w: Option<u32>,
    /// 1 (goes first) to 9; a load that is not here never goes.
    pub levels: BTreeMap<LoadId, u8>,
}

/// A stretch in which the mean power was above a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exceedance {
    /// Its start.
    pub start: Timestamp,
    /// Its end, not included.
    pub end: Timestamp,
    /// The highest mean power of a period in it, W.
    pub highest_w: f64,
}

/// Where the sum of load curves is above `limit_w`. A curve is the mean power, W, of each period by the period's start; a value that is
/// missing counts as nothing, so what is told is the least that was drawn.
pub fn exceedances(curves: &[Vec<(Timestamp, f64)>], period_ms: i64, limit_w: f64) -> Vec<Exceedance> {
    let mut sums: BTreeMap<Timestamp, f64> = BTreeMap::new();
    for (at, value) in curves.iter().flatten() {
        *sums.entry(*at).or_default() += value;
    }
    let mut found: Vec<Exceedance> = Vec::new();
    for (start, power) in sums.into_iter().filter(|(_, power)| *power > limit_w) {
        let end = start.plus_ms(period_ms);
        match found.last_mut() {
            Some(last) if last.end == start => *last = Exceedance { end, highest_w: last.highest_w.max(power), ..*last },
            _ => found.push(Exceedance { start, end, highest_w: power }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_periods_above_the_limit_are_one_exceedance() {
        let curve = |values: &[f64]| values.iter().zip(0i64..).map(|(value, at)| (Timestamp(at * 10), *value)).collect();
        let found = exceedances(&[curve(&[60.0, 70.0, 90.0, 10.0, 80.0]), curve(&[40.0, 40.0, 40.0, 40.0, 40.0])], 10, 100.0);
        let told: Vec<_> = found.iter().map(|one| (one.start.0, one.end.0, one.highest_w)).collect();
        assert_eq!(told, [(10, 30, 130.0), (40, 50, 120.0)], "the limit itself is allowed");
        assert_eq!(exceedances(&[], 10, 0.0), []);
    }
}
