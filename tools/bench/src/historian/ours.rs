//! Haubert's historian.

use super::data::Feed;
use haubert_historian::{Key, Reader, Sample, SealPolicy, Store};
use haubert_model::{Reason, SeriesId, Timestamp};
use std::ops::Range;
use std::path::Path;

/// As the gateway seals: by the hour, or when there are many.
const POLICY: SealPolicy = SealPolicy { max_samples: 4_096, max_age_ms: 3_595_000 };

pub(super) struct Ours {
    store: Store,
    reader: Reader,
    ids: Vec<SeriesId>,
    samples: Vec<(SeriesId, Sample)>,
}

fn said(error: haubert_historian::StoreError) -> String {
    error.to_string()
}

impl Ours {
    pub(super) fn open(folder: &Path, feed: &Feed) -> Result<Self, String> {
        let (file, key) = (folder.join("history.db"), Key::new([7; 32]));
        let mut store = Store::open(&file, &key).map_err(said)?;
        let specs: Vec<_> = feed.series.iter().map(|series| series.spec).collect();
        let ids = store.declare_all(&specs).map_err(said)?;
        Ok(Self { store, reader: Reader::open(file, &key).map_err(said)?, ids, samples: Vec::new() })
    }

    pub(super) fn put_without_compaction(&mut self, feed: &Feed, rows: Range<usize>) -> Result<(), String> {
        self.samples.clear();
        let mut now = Timestamp(0);
        for row in rows {
            now = Timestamp(feed.at(row));
            let poll = self.ids.iter().zip(&feed.series);
            self.samples.extend(poll.map(|(id, series)| (*id, Sample::measured(now, series.raws[row], Reason::Measured))));
        }
        self.store.append(&self.samples).map_err(said)?;
        self.store.seal(now.plus_ms(60_000), &POLICY).map(|_| ()).map_err(said)
    }

    pub(super) fn shrink(&mut self) -> Result<(), String> {
        self.store.shrink().map_err(said)
    }
}

impl super::Store for Ours {
    fn name(&self) -> &'static str {
        "Haubert"
    }

    fn put(&mut self, feed: &Feed, rows: Range<usize>) -> Result<(), String> {
        self.put_without_compaction(feed, rows)?;
        while self.store.compact(&|| None).map_err(said)?.more {}
        Ok(())
    }

    fn settle(&mut self) -> Result<(), String> {
        self.shrink()
    }

    fn read(&mut self, feed: &Feed, series: Option<usize>, rows: Range<usize>) -> Result<usize, String> {
        let (from, to) = (Timestamp(feed.at(rows.start)), Timestamp(feed.at(rows.end)));
        let mut samples = Vec::new();
        match series {
            Some(series) => samples = self.reader.range(self.ids[series], from, to).map_err(said)?,
            None => self.reader.visit_many(&|_| true, from, to, &mut |_, sample| samples.push(sample)).map_err(said)?,
        }
        Ok(std::hint::black_box(samples).len())
    }

    fn close(self: Box<Self>) -> Result<(), String> {
        Ok(())
    }
}
