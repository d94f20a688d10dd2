//! Reading chunks out of segments' bodies: of few chunks only their stretch, of many the body at once.
//!
//! Each page that is read costs a decryption, and SQLite's page cache is smaller than a day of a large site: whoever went
//! through a body stretch by stretch would decrypt its pages again for each series.

use super::archive::{Located, damaged, damaged_chunk};
use super::columns::{Columns, Source, Stretch};
use super::error::{During, StoreError};
use super::segment::Entry;
use crate::Sample;
use crate::chunk::{self, ChunkError};
use haubert_model::SeriesId;
use rusqlite::blob::Blob;
use rusqlite::{Connection, MAIN_DB};
use std::collections::HashMap;
use std::ops::Range;

/// Most bytes of bodies held at once.
const ROOM: usize = 16 * 1024 * 1024;
/// A body is read at once when more than one part in so many is wanted of it.
const PARTS: usize = 6;

/// Reads chunks, best in order of their series.
pub(super) struct Bodies<'c> {
    connection: &'c Connection,
    open: Option<(i64, Blob<'c>)>,
    expected: HashMap<i64, Expected>,
    whole: HashMap<i64, Vec<u8>>,
    held: usize,
    frame: Vec<u8>,
    values: Vec<u8>,
    columns: Columns,
}

/// What will be asked of a body.
#[derive(Debug, Clone, Copy)]
struct Expected {
    bytes: usize,
    last: SeriesId,
}

impl<'c> Bodies<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            open: None,
            expected: HashMap::new(),
            whole: HashMap::new(),
            held: 0,
            frame: Vec::new(),
            values: Vec::new(),
            columns: Columns::default(),
        }
    }

    /// These chunks, and none besides, will be asked for, in order of their series.
    pub(super) fn expect<'l>(&mut self, chunks: impl IntoIterator<Item = &'l Located>) {
        self.whole.clear();
        self.expected.clear();
        self.held = 0;
        for Located { row, entry } in chunks {
            let expected = self.expected.entry(*row).or_insert(Expected { bytes: 0, last: entry.series });
            expected.bytes += entry.own_range().len();
            expected.last = expected.last.max(entry.series);
        }
    }

    /// The chunk by itself, as it travels.
    pub(super) fn chunk(&mut self, located: &Located) -> Result<Vec<u8>, StoreError> {
        let Located { row, entry } = located;
        if entry.is_given_others() {
            let mut samples = Vec::new();
            self.samples(located, &mut samples)?;
            return chunk::encode(&samples).map_err(|source| damaged_chunk(entry, source));
        }
        self.load(*row, entry)?;
        let source = source(&self.whole, *row, entry, (&self.frame, &self.values));
        Ok(source.parts(entry).map_err(|source| damaged_chunk(entry, source))?.join())
    }

    /// Gives the chunk's samples, as they stand in it, in place of what is in `samples`.
    pub(super) fn samples(&mut self, Located { row, entry }: &Located, samples: &mut Vec<Sample>) -> Result<(), StoreError> {
        self.load(*row, entry)?;
        let source = source(&self.whole, *row, entry, (&self.frame, &self.values));
        samples.clear();
        self.columns.samples(*row, entry, &source, samples).map_err(|source| damaged_chunk(entry, source))
    }

    /// Reads the bodies of these chunks at once; false if there is too little of one that is wanted, or no room. Of series before
    /// `from` nothing is wanted any more.
    pub(super) fn hold(&mut self, chunks: &[Located], from: SeriesId) -> Result<bool, StoreError> {
        for located in chunks {
            if !self.hold_body(located.row, from)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The bodies that are held, by the rows of their segments.
    pub(super) const fn held(&self) -> &HashMap<i64, Vec<u8>> {
        &self.whole
    }

    /// Gets what the chunk needs: the body, or its columns.
    fn load(&mut self, row: i64, entry: &Entry) -> Result<(), StoreError> {
        if self.hold_body(row, entry.series)? {
            return Ok(());
        }
        let (mut frame, mut values) = (std::mem::take(&mut self.frame), std::mem::take(&mut self.values));
        self.stretch(row, entry.frame_range(), &mut frame)?;
        self.stretch(row, entry.values_range(), &mut values)?;
        (self.frame, self.values) = (frame, values);
        Ok(())
    }

    /// Reads a body at once if that is worth it and there is room.
    fn hold_body(&mut self, row: i64, from: SeriesId) -> Result<bool, StoreError> {
        if self.whole.contains_key(&row) {
            return Ok(true);
        }
        let expected = self.expected.get(&row).map_or(0, |expected| expected.bytes);
        let len = self.blob(row)?.len();
        if expected * PARTS <= len {
            return Ok(false);
        }
        self.drop_done(from);
        if self.held + len > ROOM {
            return Ok(false);
        }
        let mut body = Vec::new();
        self.stretch(row, 0..len, &mut body)?;
        self.held += len;
        self.whole.insert(row, body);
        Ok(true)
    }

    /// Lets go of bodies of which nothing is wanted from this series on.
    fn drop_done(&mut self, from: SeriesId) {
        let expected = &self.expected;
        self.whole.retain(|row, _| expected.get(row).is_some_and(|expected| expected.last >= from));
        self.held = self.whole.values().map(Vec::len).sum();
    }

    fn blob(&mut self, row: i64) -> Result<&mut Blob<'c>, StoreError> {
        let blob = match self.open.take() {
            Some((open, blob)) if open == row => blob,
            Some((_, mut blob)) => {
                blob.reopen(row).during("read")?;
                blob
            }
            None => self.connection.blob_open(MAIN_DB, c"segment", c"body", row, true).during("read")?,
        };
        Ok(&mut self.open.insert((row, blob)).1)
    }

    fn stretch(&mut self, row: i64, range: Range<usize>, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
        let blob = self.blob(row)?;
        if blob.len() < range.end {
            return Err(damaged(row, ChunkError::Malformed("directories")));
        }
        bytes.clear();
        bytes.resize(range.len(), 0);
        blob.read_at_exact(bytes, range.start).during("read")
    }
}

/// Where the chunk is read from: its body if that was read, otherwise the stretches.
fn source<'a>(whole: &'a HashMap<i64, Vec<u8>>, row: i64, entry: &Entry, (frame, values): (&'a [u8], &'a [u8])) -> Source<'a> {
    whole.get(&row).map_or_else(
        || Source {
            frame: Stretch { from: entry.frame_range().start, bytes: frame },
            values: Stretch { from: entry.values_range().start, bytes: values },
        },
        |body| Source::body(body),
    )
}
