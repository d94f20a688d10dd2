//! What a device refused: its memory makes the next plan avoid it.

use super::Span;

/// Ranges that one device refused. Any request that contains one of them would be refused again.
///
/// Bounded: only ranges not already implied are kept, and a range that lies within a kept one replaces it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedRanges(Vec<Span>);

impl RefusedRanges {
    /// Remembers a refused request.
    pub fn remember(&mut self, refused: Span) {
        if !self.forbids(&refused) {
            self.0.retain(|known| !known.contains(&refused));
            self.0.push(refused);
        }
    }

    /// Whether a request would be refused again.
    pub fn forbids(&self, request: &Span) -> bool {
        self.0.iter().any(|known| request.contains(known))
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
}
