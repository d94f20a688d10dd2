//! Which periods of a load curve are missing. Pure.

use haubert_historian::Sample;
use haubert_model::{Reason, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Starts of the periods within `from..to` that are missing or not covered whole, at most `most` of them, the newest. A
/// period counts as long as it ends by `to`. `from` is where the load's history begins.
pub fn periods(samples: &[Sample], from: Timestamp, to: Timestamp, period_ms: i64, most: usize) -> BTreeSet<Timestamp> {
    if period_ms <= 0 {
        return BTreeSet::new();
    }
    let mut known: BTreeMap<Timestamp, bool> = BTreeMap::new();
    for sample in samples {
        // A second pass of an hour that came twice is stored some milliseconds after the start of its period.
        *known.entry(sample.at.floor_to(period_ms)).or_default() |= is_whole(sample);
    }
    let mut missing = BTreeSet::new();
    let mut start = to.plus_ms(-period_ms).floor_to(period_ms);
    while start >= from && missing.len() < most {
        if !known.get(&start).copied().unwrap_or(false) {
            missing.insert(start);
        }
        start = start.plus_ms(-period_ms);
    }
    missing
}

/// Nothing that a device's log tells could better it.
fn is_whole(sample: &Sample) -> bool {
    sample.is_usable() && !matches!(sample.reason, Reason::Incomplete | Reason::IncompleteClockNotSet)
}
