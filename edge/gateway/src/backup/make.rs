//! Making a backup, beside the running gateway or without it.

use super::BackupError;
use super::format::{About, End, PIECE, Records, Series};
use crate::storage::keyring::hex;
use crate::storage::reencrypt::reencrypt;
use crate::store::connect;
use crate::store::spare::beside;
use haubert_historian::Reader;
use haubert_model::Timestamp;
use haubert_trust::{Key, SealedFor, SealedWriter};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Series in one record.
const SERIES_STEP: usize = 1_000;

/// What to put in.
pub struct Wanted {
    /// The configuration's file.
    pub config: PathBuf,
    /// Opens it.
    pub key: Key,
    /// The history, and from when on; `None` leaves it out.
    pub history: Option<(Reader, Timestamp)>,
    /// Which history that is.
    pub history_identity: String,
    /// Name of the site.
    pub site: String,
    /// The time.
    pub now: Timestamp,
    /// Who shall be able to open it.
    pub sealed_for: SealedFor,
}

/// Writes a backup to `to`, which is not whole before this returns `Ok`. The configuration is copied under a key of its own to a
/// file in its folder first, which is encrypted at every moment and gone at the end.
///
/// # Errors
/// What the disk or `to` says.
pub fn make(wanted: &Wanted, to: impl Write) -> Result<End, BackupError> {
    let once = Key::random().map_err(crate::storage::StorageError::from)?;
    let copy = Copy::of(&wanted.config, &wanted.key, &once)?;
    let mut records = Records::begin(SealedWriter::new(to, &wanted.sealed_for)?)?;
    records.about(&About {
        made_at: wanted.now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        site: wanted.site.clone(),
        config_key: hex(&once).to_string(),
        history_from: wanted.history.as_ref().map(|(_, from)| *from),
        history: wanted.history_identity.clone(),
    })?;
    let mut file = File::open(&copy.0)?;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        if Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece)? == 0 {
            break;
        }
        records.config(&piece)?;
    }
    drop(copy);
    if let Some((reader, from)) = &wanted.history {
        let series: Vec<Series> = reader.specs()?.into_iter().map(|(id, spec)| Series { id, spec }).collect();
        series.chunks(SERIES_STEP).try_for_each(|some| records.series(some))?;
        let known: std::collections::HashSet<_> = series.iter().map(|series| series.id).collect();
        let mut outcome = Ok(());
        reader.carry_out(*from, &mut |chunk| {
            // One declared since the list was made has its samples in the next backup.
            if known.contains(&chunk.series) {
                outcome = records.chunk(chunk.series, &chunk.bytes, chunk.count);
            }
            outcome.is_ok()
        })?;
        outcome?;
    }
    let (sealed, end) = records.finish()?;
    sealed.finish()?;
    Ok(end)
}

/// A copy of the configuration that is removed when dropped.
struct Copy(PathBuf);

impl Copy {
    fn of(config: &Path, key: &Key, once: &Key) -> Result<Self, BackupError> {
        let unique = Key::random().map_err(crate::storage::StorageError::from)?.mark();
        let this = Self(beside(config, &format!(".backup-{unique}")));
        reencrypt(config, key, &this.0, once)?;
        // Who was signed in then is nobody's business later.
        connect(&this.0, once)?.execute_batch("pragma journal_mode = delete; delete from session; vacuum;")?;
        Ok(this)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}
