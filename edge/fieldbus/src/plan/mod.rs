//! Which requests to send so that every value is read with the fewest of them.
//!
//! Values become spans of registers; spans next to each other, or with a small gap, share a request. What bounds a merge:
//! the device's largest request, gaps longer than reading them is worth, holes that the profile forbids to touch, and
//! ranges that this very device has refused. All of these only forbid *more*, so cutting the sorted spans into runs is
//! optimal, and a small dynamic programme finds the fewest requests; among those, cuts that halve refused ranges (so that a bad
//! register is found in log n steps), then the fewest registers, then the most even lengths.

mod refused;
#[cfg(test)]
mod tests;

use crate::question::Question;
use haubert_modbus::rtu::LineSettings;
use haubert_modbus::{Table, limits};
pub use refused::{RefusedRange, RefusedRanges};
use std::time::Duration;

/// Consecutive items of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which table.
    pub table: Table,
    /// First address.
    pub start: u16,
    /// How many.
    pub count: u16,
}

impl Span {
    /// First address after it; up to 65536.
    pub fn end(&self) -> u32 {
        u32::from(self.start) + u32::from(self.count)
    }

    /// Whether `other` lies wholly within.
    pub fn contains(&self, other: &Self) -> bool {
        self.table == other.table && self.start <= other.start && other.end() <= self.end()
    }

    /// Whether both share an item.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.table == other.table && u32::from(self.start) < other.end() && u32::from(other.start) < self.end()
    }

    /// The question that reads it.
    pub const fn question(&self) -> Question {
        Question::read(self.table, self.start, self.count)
    }
}

/// What bounds a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLimits {
    /// Most registers of one request.
    pub max_registers: u16,
    /// Most bits of one request.
    pub max_bits: u16,
    /// Most items read without need between two values.
    pub gap: u16,
    /// Addresses, first and last, that must not be read.
    pub holes: Vec<(u16, u16)>,
    /// Never merge.
    pub one_request_per_value: bool,
}

impl Default for PlanLimits {
    fn default() -> Self {
        Self {
            max_registers: limits::READ_REGISTERS,
            max_bits: limits::READ_BITS,
            gap: 0,
            holes: Vec::new(),
            one_request_per_value: false,
        }
    }
}

impl PlanLimits {
    fn max(&self, table: Table) -> u32 {
        let wanted = if table.is_bits() { self.max_bits } else { self.max_registers };
        u32::from(wanted.clamp(1, table.read_limit()))
    }

    fn touches_hole(&self, start: u16, end: u32) -> bool {
        self.holes.iter().any(|(first, last)| u32::from(*first) < end && start <= *last)
    }
}

/// Requests, and the values that no request can bring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to send, by table and address.
    pub requests: Vec<Span>,
    /// Values that exceed the limits, lie in a hole, or were refused on their own.
    pub impossible: Vec<Span>,
}

/// The fewest requests that read every value whole (a value is never torn over two requests).
pub fn plan(values: &[Span], limits: &PlanLimits, refused: &RefusedRanges) -> Plan {
    let mut sorted: Vec<Span> = values.iter().copied().filter(|span| span.count > 0).collect();
    sorted.sort_unstable_by_key(|span| (span.table, span.start, std::cmp::Reverse(span.count)));
    sorted.dedup();
    let readable = |span: &Span| {
        span.end() <= 65536
            && u32::from(span.count) <= limits.max(span.table)
            && !limits.touches_hole(span.start, span.end())
            && !refused.forbids(span)
    };
    let (mut todo, impossible): (Vec<Span>, Vec<Span>) = sorted.into_iter().partition(readable);
    let requests = if limits.one_request_per_value {
        todo
    } else {
        // A value inside another comes for free; what stays has rising starts and rising ends.
        let mut last: Option<Span> = None;
        todo.retain(|span| {
            let inside = last.is_some_and(|outer| outer.contains(span));
            if !inside {
                last = Some(*span);
            }
            !inside
        });
        todo.chunk_by(|a, b| a.table == b.table).flat_map(|spans| merge(spans, limits, refused)).collect()
    };
    Plan { requests, impossible }
}

/// Requests, distance of cuts from the middle of refused ranges, registers, evenness: compared in this order.
type Cost = (u32, u32, u32, u64);

/// Best cut of sorted spans of one table into runs.
fn merge(spans: &[Span], limits: &PlanLimits, refused: &RefusedRanges) -> Vec<Span> {
    // best[i]: cost of reading the first i spans, and the run that ends there.
    let mut best: Vec<Option<(Cost, usize, Span)>> = vec![None; spans.len() + 1];
    for (from, first) in spans.iter().enumerate() {
        let before: Cost = best.get(from).copied().flatten().map_or((0, 0, 0, 0), |(cost, ..)| cost);
        let off_middle = if from == 0 { 0 } else { refused.off_middle(first.table, first.start) };
        let mut end = u32::from(first.start);
        for (to, span) in spans.iter().enumerate().skip(from) {
            let gap = u32::from(span.start).saturating_sub(end);
            end = span.end();
            let Some(run) = run(first, end) else { break };
            let alone = to == from;
            let fits = u32::from(run.count) <= limits.max(run.table) && !limits.touches_hole(run.start, end);
            if !alone && (gap > u32::from(limits.gap) || !fits || refused.forbids(&run)) {
                break;
            }
            let length = u32::from(run.count);
            let cost = (before.0 + 1, before.1 + off_middle, before.2 + length, before.3 + u64::from(length) * u64::from(length));
            if let Some(slot) = best.get_mut(to + 1)
                && slot.is_none_or(|(known, ..)| cost < known)
            {
                *slot = Some((cost, from, run));
            }
        }
    }
    let (mut requests, mut at) = (Vec::new(), spans.len());
    while let Some((_, from, run)) = best.get(at).copied().flatten() {
        requests.push(run);
        at = from;
    }
    requests.reverse();
    requests
}

fn run(first: &Span, end: u32) -> Option<Span> {
    let count = u16::try_from(end - u32::from(first.start)).ok()?;
    Some(Span { table: first.table, start: first.start, count })
}

/// Unneeded registers that cost less to read than another request does (`peers.md`, clause 4): a transaction without data is
/// 13 characters, two silences and the device's think time; a register is two characters.
pub fn worthwhile_gap(wire: Option<&LineSettings>, think: Duration) -> u16 {
    let Some(wire) = wire else { return TCP_GAP };
    let transaction = wire.wire_time(13) + wire.t35() * 2 + think;
    let register = wire.wire_time(2).max(Duration::from_nanos(1));
    u16::try_from(transaction.as_nanos() / register.as_nanos()).unwrap_or(u16::MAX).min(limits::READ_REGISTERS)
}

/// Over TCP a register costs next to nothing, and a request a round trip; kept moderate since long reads over unused
/// registers are what devices refuse.
const TCP_GAP: u16 = 48;
