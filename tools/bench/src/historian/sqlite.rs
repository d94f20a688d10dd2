//! A plain table in SQLite, as one would make it at first.

use super::data::Feed;
use rusqlite::{Connection, params};
use std::ops::Range;
use std::path::Path;

pub(super) struct Sqlite(Connection);

fn said(error: rusqlite::Error) -> String {
    error.to_string()
}

impl Sqlite {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let connection = Connection::open(folder.join("table.db")).map_err(said)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE sample(series INTEGER, at INTEGER, raw INTEGER, PRIMARY KEY(series, at)) WITHOUT ROWID;",
            )
            .map_err(said)?;
        Ok(Self(connection))
    }
}

impl super::Store for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite table"
    }

    fn put(&mut self, feed: &Feed, rows: Range<usize>) -> Result<(), String> {
        let transaction = self.0.transaction().map_err(said)?;
        let mut insert = transaction.prepare_cached("INSERT INTO sample VALUES(?1, ?2, ?3)").map_err(said)?;
        for (n, series) in feed.series.iter().enumerate() {
            for row in rows.clone() {
                insert.execute(params![n as i64, feed.at(row), series.raws[row]]).map_err(said)?;
            }
        }
        drop(insert);
        transaction.commit().map_err(said)
    }

    fn settle(&mut self) -> Result<(), String> {
        self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(said)
    }

    fn read(&mut self, feed: &Feed, series: Option<usize>, rows: Range<usize>) -> Result<usize, String> {
        let (from, to) = (feed.at(rows.start), feed.at(rows.end));
        let mut select = self
            .0
            .prepare_cached("SELECT at, raw FROM sample WHERE series = ?1 AND at >= ?2 AND at < ?3 ORDER BY at")
            .map_err(said)?;
        let mut samples: Vec<(i64, i64)> = Vec::new();
        for series in series.map_or(0..feed.series.len(), |series| series..series + 1) {
            let found = select.query_map(params![series as i64, from, to], |row| Ok((row.get(0)?, row.get(1)?))).map_err(said)?;
            for sample in found {
                samples.push(sample.map_err(said)?);
            }
        }
        Ok(std::hint::black_box(samples).len())
    }

    fn close(self: Box<Self>) -> Result<(), String> {
        Ok(())
    }
}
