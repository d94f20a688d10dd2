//! What a device refused: its memory makes the next plan avoid it.

use super::Span;
use haubert_modbus::Table;
use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A range that a device refused, as shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRange {
    /// Function code with which it was asked: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
    pub function: u8,
    /// First address.
    pub start: u16,
    /// Registers or bits.
    pub count: u16,
    /// When it was refused.
    pub since: Timestamp,
}

/// Ranges that one device refused. Any request that contains one of them would be refused again.
///
/// Bounded: only ranges not already implied are kept, and a range that lies within a kept one replaces it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedRanges(Vec<(Span, Timestamp)>);

impl From<Vec<RefusedRange>> for RefusedRanges {
    fn from(ranges: Vec<RefusedRange>) -> Self {
        let mut all = Self::default();
        for range in ranges {
            if let Some(span) = range.span() {
                all.remember(span, range.since);
            }
        }
        all
    }
}

impl RefusedRanges {
    /// Remembers a refused request.
    pub fn remember(&mut self, refused: Span, at: Timestamp) {
        if !self.forbids(&refused) {
            self.0.retain(|(known, _)| !known.contains(&refused));
            self.0.push((refused, at));
        }
    }

    /// Whether a request would be refused again.
    pub fn forbids(&self, request: &Span) -> bool {
        self.spans().any(|known| request.contains(known))
    }

    fn spans(&self) -> impl Iterator<Item = &Span> {
        self.0.iter().map(|(span, _)| span)
    }

    /// How badly a cut before `at` narrows down the bad item of the refused range around it: its distance from the middle of
    /// what that range has in common with those it overlaps, which is where a single bad item is. 0 when no range is cut.
    pub(super) fn off_middle(&self, table: Table, at: u16) -> u32 {
        let around = self.spans().filter(|known| known.table == table && known.start < at && u32::from(at) < known.end());
        around.map(|known| self.core(known)).map(|(start, end)| (start + end).abs_diff(2 * u32::from(at))).min().unwrap_or(0)
    }

    fn core(&self, range: &Span) -> (u32, u32) {
        let others = self.spans().filter(|other| other.overlaps(range));
        others.fold((u32::from(range.start), range.end()), |(start, end), other| {
            let common = (start.max(u32::from(other.start)), end.min(other.end()));
            if common.0 < common.1 { common } else { (start, end) }
        })
    }

    /// How many ranges are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all, so that a device that changed is asked again.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The ranges, in the order of their refusal.
    pub fn iter(&self) -> impl Iterator<Item = RefusedRange> + '_ {
        self.0.iter().map(|(span, since)| RefusedRange {
            function: span.table.read_function(),
            start: span.start,
            count: span.count,
            since: *since,
        })
    }
}
