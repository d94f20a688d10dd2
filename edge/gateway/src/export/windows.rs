//! Many series side by side in order of time, a bounded number of samples at once.

use haubert_historian::{Reader, Sample, StoreError};
use haubert_model::{SeriesId, Timestamp};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Most samples held at once, 32 bytes each.
pub(super) const MOST: usize = 100_000;
/// Width of the first window, milliseconds.
const FIRST_MS: i64 = 3_600_000;

/// A sample and the place of its series among those asked for.
pub(super) type Cell = (usize, Sample);

/// Gives the samples of each window in order of time, then of place, until `take` breaks off.
pub(super) fn each(
    reader: &Reader,
    series: &[SeriesId],
    from: Timestamp,
    to: Timestamp,
    take: &mut dyn FnMut(&[Cell]) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    let places: HashMap<SeriesId, usize> = series.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let (mut at, mut width_ms) = (from, FIRST_MS);
    let mut cells: Vec<Cell> = Vec::new();
    while at < to {
        let end = at.plus_ms(width_ms).min(to);
        if !fill(reader, &places, at, end, &mut cells)? && width_ms > 1 {
            width_ms = (width_ms / 4).max(1);
            continue;
        }
        cells.sort_unstable_by_key(|(place, sample)| (sample.at, *place));
        if take(&cells).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        at = end;
        if cells.len() < MOST / 4 {
            width_ms = width_ms.saturating_mul(2);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Reads one window; `false` when it holds more than [`MOST`] samples.
fn fill(
    reader: &Reader,
    places: &HashMap<SeriesId, usize>,
    from: Timestamp,
    to: Timestamp,
    cells: &mut Vec<Cell>,
) -> Result<bool, StoreError> {
    cells.clear();
    let mut whole = true;
    reader.visit_many(&|id| places.contains_key(&id), from, to, &mut |id, sample| {
        whole = whole && cells.len() < MOST;
        if whole && let Some(place) = places.get(&id) {
            cells.push((*place, sample));
        }
    })?;
    Ok(whole)
}

/// The cells of the first time, and those after it.
pub(super) fn next_row(cells: &[Cell]) -> Option<(&[Cell], &[Cell])> {
    let (_, first) = cells.first()?;
    Some(cells.split_at(cells.partition_point(|(_, sample)| sample.at <= first.at)))
}
