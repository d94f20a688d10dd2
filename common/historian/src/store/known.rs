//! What the writer knows of each series without asking the file: tables indexed by the series' numbers, which are dense.

use super::journal;
use crate::{Sample, SeriesSpec};
use haubert_model::{SeriesId, Timestamp};
use std::collections::HashMap;

/// Most series of a file; a number beyond it is damage.
pub(super) const MAX_SERIES: u32 = 4_000_000;

/// A series' part of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) count: u32,
    /// Asked for every sample, so it stands here and not with the spec.
    declared: bool,
    pub(super) oldest: Timestamp,
    /// Newest sample in chunks.
    pub(super) sealed: Timestamp,
}

const NOTHING: Open = Open { count: 0, declared: false, oldest: Timestamp(i64::MAX), sealed: Timestamp(i64::MIN) };

#[derive(Debug, Default)]
pub(super) struct Known {
    specs: Vec<Option<SeriesSpec>>,
    ids: HashMap<SeriesSpec, SeriesId>,
    open: Vec<Open>,
    /// Open samples per slice of the journal.
    slices: Vec<usize>,
}

/// What makes a series the series it is: all but how far its counter counts.
const fn identity_of(spec: &SeriesSpec) -> SeriesSpec {
    SeriesSpec { rollover: None, ..*spec }
}

impl Known {
    /// What a declared series records.
    pub(super) fn spec(&self, series: SeriesId) -> Option<&SeriesSpec> {
        self.specs.get(series.0 as usize)?.as_ref()
    }

    pub(super) fn is_declared(&self, series: SeriesId) -> bool {
        self.open.get(series.0 as usize).is_some_and(|open| open.declared)
    }

    pub(super) fn specs(&self) -> impl Iterator<Item = (SeriesId, &SeriesSpec)> {
        (0u32..).zip(&self.specs).filter_map(|(id, spec)| Some((SeriesId(id), spec.as_ref()?)))
    }

    /// The series of exactly this spec.
    pub(super) fn id(&self, spec: &SeriesSpec) -> Option<SeriesId> {
        let id = *self.ids.get(&identity_of(spec))?;
        (self.spec(id) == Some(spec)).then_some(id)
    }

    /// Notes a declared series, whose number is below [`MAX_SERIES`].
    pub(super) fn declare(&mut self, series: SeriesId, spec: SeriesSpec) {
        let at = series.0.min(MAX_SERIES) as usize;
        if self.specs.len() <= at {
            self.specs.resize(at + 1, None);
            self.open.resize(at + 1, NOTHING);
        }
        if let (Some(known), Some(open)) = (self.specs.get_mut(at), self.open.get_mut(at)) {
            *known = Some(spec);
            open.declared = true;
        }
        self.ids.insert(identity_of(&spec), series);
    }

    /// A sample has come into the journal.
    pub(super) fn opened(&mut self, series: SeriesId, sample: &Sample) {
        let slice = journal::slice_of(series) as usize;
        if let Some(open) = self.open.get_mut(series.0 as usize) {
            open.count += 1;
            open.oldest = open.oldest.min(sample.at);
            if self.slices.len() <= slice {
                self.slices.resize(slice + 1, 0);
            }
            if let Some(total) = self.slices.get_mut(slice) {
                *total += 1;
            }
        }
    }

    /// Chunks of the series came from elsewhere, up to `last`; what is open stays open.
    pub(super) fn taken_in(&mut self, series: SeriesId, last: Timestamp) {
        if let Some(open) = self.open.get_mut(series.0 as usize) {
            open.sealed = open.sealed.max(last);
        }
    }

    /// A series' samples have left the journal for chunks that reach to `last`.
    pub(super) fn sealed(&mut self, series: SeriesId, last: Timestamp) {
        if let Some(open) = self.open.get_mut(series.0 as usize) {
            if let Some(total) = self.slices.get_mut(journal::slice_of(series) as usize) {
                *total = total.saturating_sub(open.count as usize);
            }
            *open = Open { sealed: open.sealed.max(last), declared: open.declared, ..NOTHING };
        }
    }

    pub(super) fn open(&self, series: SeriesId) -> Open {
        self.open.get(series.0 as usize).copied().unwrap_or(NOTHING)
    }

    /// Slices of the journal, each with its number of samples and its series.
    pub(super) fn slices(&self) -> impl Iterator<Item = (u32, usize, &[Open])> {
        let series = self.open.chunks(1 << journal::SLICE_BITS);
        (0u32..).zip(series).map(|(slice, series)| (slice, self.open_in(slice), series))
    }

    /// Open samples of a slice.
    pub(super) fn open_in(&self, slice: u32) -> usize {
        self.slices.get(slice as usize).copied().unwrap_or(0)
    }

    pub(super) fn open_samples(&self) -> u64 {
        self.slices.iter().map(|count| *count as u64).sum()
    }
}
