//! The history's first page, kept a second time: without it no other page of the file can be found or read.
//!
//! It holds the cipher's salt and where the tables begin, which never changes, and how long the file is, which does. With a
//! copy that is a little old everything is found but what was added at the file's end since; so nothing is ever written with
//! it in place: all that can be read with it goes into a new file.

use super::opening::free_name;
use super::spare::beside;
use super::{PAGE_BYTES, StoreError, connect};
use haubert_historian::RepairReport;
use haubert_service::files::{read_bounded, write_atomic};
use haubert_trust::Key;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Between two copies.
const EVERY: Duration = Duration::from_secs(3600);

fn copy_of(history: &Path) -> PathBuf {
    beside(history, ".first-page")
}

/// Keeps the copy up to date.
pub struct FirstPage {
    /// Open as long as the program runs: to close a second handle would drop the locks that SQLite holds on the file.
    file: File,
    history: PathBuf,
    key: Key,
}

impl FirstPage {
    /// Of the open history in the file `history`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn of(history: PathBuf, key: Key) -> Result<Self, StoreError> {
        Ok(Self { file: File::open(&history)?, history, key })
    }

    /// Copies the page now and then, for ever.
    pub async fn work(self: Arc<Self>) {
        loop {
            let this = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || this.keep()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "no second copy of the history's first page");
                }
                Err(_) => return,
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Copies the page, unless it is the one that is there or is damaged.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep(&self) -> Result<(), StoreError> {
        let mut page = vec![0; PAGE_BYTES as usize];
        self.file.read_exact_at(&mut page, 0)?;
        let copy = copy_of(&self.history);
        if read_bounded(&copy, PAGE_BYTES).is_ok_and(|kept| kept == page) {
            return Ok(());
        }
        let new = beside(&copy, ".new");
        write_atomic(&new, &page)?;
        if !is_good(&new, &self.key)? {
            return super::opening::remove(&new);
        }
        std::fs::rename(&new, &copy)?;
        Ok(haubert_service::files::sync_folder_of(&copy)?)
    }
}

/// Whether a file of one page is as it was written.
fn is_good(page: &Path, key: &Key) -> Result<bool, StoreError> {
    let connection = connect(page, key)?;
    let mut statement = connection.prepare("pragma cipher_integrity_check")?;
    let is_good = statement.query([])?.next()?.is_none();
    Ok(is_good)
}

/// Mends a history whose first page cannot be read: what can be reached from the copy goes into a new file in its place, the
/// old one is kept beside it. `None`: there is no good copy.
///
/// # Errors
/// As [`haubert_historian::repair`].
pub fn mend(history: &Path, key: &Key) -> Result<Option<RepairReport>, Box<dyn std::error::Error>> {
    let copy = copy_of(history);
    if !copy.exists() || !is_good(&copy, key)? || std::fs::metadata(history)?.len() < PAGE_BYTES {
        return Ok(None);
    }
    let page = read_bounded(&copy, PAGE_BYTES)?;
    let file = OpenOptions::new().read(true).write(true).open(history)?;
    let mut damaged = vec![0; PAGE_BYTES as usize];
    file.read_exact_at(&mut damaged, 0)?;
    write_atomic(&free_name(&copy), &damaged)?;
    file.write_all_at(&page, 0)?;
    file.sync_all()?;
    drop(file);
    Ok(Some(haubert_historian::repair(history, &haubert_historian::Key::new(*key.expose()))?))
}
