//! The scoreboard: what the product reached on each line of a demanding list, with its bar, its negative control, and where the
//! figure comes from.
//!
//! - `lines/NN.toml` says what a line asks and which figures it has ([`Line`]).
//! - Tests, benches and scripts [`record`] what they reached, in short form with `make test`, in full with `make soak` ([`count`]).
//! - `records/` keeps what the last full run reached, with its circumstances ([`Kept`]); `SCOREBOARD.md` is written from it.

// It reads only the repository's own files and what a run just wrote.
#![allow(clippy::disallowed_methods)]

mod board;
mod lines;
mod records;

pub use board::board;
pub use lines::{By, Figure, Line, lines};
pub use records::{Circumstances, Kept, kept, take};

use serde::{Deserialize, Serialize};
use std::path::Path;

/// Names the folder that takes the records of a run; without it nothing is recorded.
pub const FOLDER: &str = "HAUBERT_SCORES";
/// Set to `1` for a run in full.
pub const SOAK: &str = "HAUBERT_SOAK";

/// What a run reached.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Of the figure: `NN.name`.
    pub id: String,
    /// Whether the bar was reached; of a control, whether the missing protection was noticed.
    pub held: bool,
    /// In words and numbers, with the seed where there is one.
    pub figure: String,
}

/// How many of something a test tries: `short` with `make test`, `full` with `make soak`.
#[must_use]
pub fn count(short: u64, full: u64) -> u64 {
    if std::env::var_os(SOAK).is_some_and(|value| value == "1") { full } else { short }
}

/// Notes what was reached for the figure `id`, where a run asks for it. Call it before the assertion that may fail.
///
/// # Panics
/// When the folder cannot be written: a run that was asked for figures must not lose one in silence.
// It runs in tests and benches only.
#[allow(clippy::panic)]
pub fn record(id: &str, held: bool, figure: impl Into<String>) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let record = Record { id: id.to_owned(), held, figure: figure.into() };
    if let Err(error) = write(Path::new(&folder), &record) {
        panic!("the record {id} cannot be written: {error}");
    }
}

/// Writes one record as its file.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, record: &Record) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("{}.json", record.id)), serde_json::to_vec_pretty(record)?)
}
