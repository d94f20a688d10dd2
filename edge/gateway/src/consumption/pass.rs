//! Many loads in one pass over the history, which gives one series after the other: each is reckoned when its samples are
//! complete, and each load when the last of its series is. Never more samples are held than those of a series.

use super::{Reckoner, window};
use crate::topology::Load;
use haubert_historian::rollup::{Bounds, Bucket};
use haubert_historian::{Reader, Sample, SeriesInfo, StoreError};
use haubert_model::{SeriesId, Timestamp};
use std::collections::HashMap;

/// The course of a pass.
pub(super) struct Pass<'a> {
    reckoner: &'a Reckoner<'a>,
    bounds: &'a [Bounds],
    wanted: HashMap<SeriesId, (&'a Load, &'a SeriesInfo)>,
    /// Loads with the last of their series, in falling order of these.
    waiting: Vec<(Option<SeriesId>, &'a Load)>,
    /// The series whose samples are coming, and when they count.
    open: Option<(SeriesId, (Timestamp, Timestamp), Vec<Sample>)>,
    /// Series of loads that wait.
    read: HashMap<SeriesId, Vec<Bucket>>,
    sink: &'a mut dyn FnMut(&Load, Vec<Bucket>),
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        reckoner: &'a Reckoner<'a>,
        loads: &[&'a Load],
        bounds: &'a [Bounds],
        sink: &'a mut dyn FnMut(&Load, Vec<Bucket>),
    ) -> Self {
        let wanted = loads.iter().flat_map(|load| reckoner.counters(load).map(|info| (info.id, (*load, info)))).collect();
        let mut waiting: Vec<_> = loads.iter().map(|load| (reckoner.counters(load).map(|info| info.id).max(), *load)).collect();
        waiting.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
        Self { reckoner, bounds, wanted, waiting, open: None, read: HashMap::new(), sink }
    }

    pub(super) fn run(mut self, history: &Reader) -> Result<(), StoreError> {
        let windows = self.wanted.values().map(|(_, info)| window(info, self.bounds));
        let all = windows.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        if let Some((from, to)) = all {
            let ids: std::collections::HashSet<SeriesId> = self.wanted.keys().copied().collect();
            let mut course = Ok(());
            history.visit_many(&|id| ids.contains(&id), from, to, &mut |id, sample| {
                if course.is_ok() {
                    course = self.take(id, sample);
                }
            })?;
            course?;
        }
        self.close()?;
        self.give(None)
    }

    fn take(&mut self, id: SeriesId, sample: Sample) -> Result<(), StoreError> {
        if self.open.as_ref().is_none_or(|(open, _, _)| *open != id) {
            self.close()?;
            self.give(Some(id))?;
            let window = self.wanted.get(&id).map(|(_, info)| window(info, self.bounds)).unwrap_or_default();
            self.open = Some((id, window, Vec::new()));
        }
        if let Some((_, (from, to), samples)) = &mut self.open
            && (*from..*to).contains(&sample.at)
        {
            samples.push(sample);
        }
        Ok(())
    }

    /// The samples of the open series are complete.
    fn close(&mut self) -> Result<(), StoreError> {
        if let Some((id, _, samples)) = self.open.take()
            && let Some((load, info)) = self.wanted.get(&id)
        {
            self.read.insert(id, self.reckoner.buckets(load, info, samples, self.bounds)?);
        }
        Ok(())
    }

    /// Gives the loads all of whose series are before this one; all that are left, when there is none.
    fn give(&mut self, next: Option<SeriesId>) -> Result<(), StoreError> {
        while let Some((_, load)) = self.waiting.pop_if(|(last, _)| next.is_none() || *last < next) {
            let (reckoner, bounds) = (self.reckoner, self.bounds);
            let buckets = reckoner.best(load, bounds, |info| match self.read.remove(&info.id) {
                Some(buckets) => Ok(buckets),
                None => reckoner.buckets(load, info, Vec::new(), bounds),
            })?;
            // The better counter may have been enough.
            reckoner.counters(load).for_each(|info| drop(self.read.remove(&info.id)));
            (self.sink)(load, buckets);
        }
        Ok(())
    }
}
