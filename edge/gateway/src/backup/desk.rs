//! A restore through the page: one at a time, from the upload to the moment it takes effect.

use super::BackupError;
use super::read::{Verified, verify};
use super::restore::prepare;
use super::summary::{Content, Difference, content, differences};
use crate::storage::desk::{Again, Desk};
use crate::storage::staged::Purpose;
use crate::storage::{Doing, free_bytes};
use crate::store::StoreError;
use haubert_model::Clock;
use haubert_trust::{Opener, SealedFault, SealedReader, Unlock};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of the disk that an upload leaves free, so that measuring goes on.
const LEAVE_FREE: u64 = 64 << 20;

/// How a restore stands.
#[derive(Debug, Clone, Default)]
pub enum Phase {
    /// There is none.
    #[default]
    None,
    /// The file is coming; so many bytes are here.
    Uploading(u64),
    /// The file is here, and says what opens it.
    Uploaded(Opener),
    /// It is being read; how much is done, 0 to 1.
    Verifying(f64),
    /// It is whole.
    Verified(Box<(Verified, Vec<Difference>)>),
    /// What it holds is being made ready; how much is done, 0 to 1.
    Preparing(f64),
    /// The gateway begins again with it.
    Committed,
    /// It cannot be restored: a code, and words.
    Failed(&'static str, String),
}

#[derive(Default)]
struct State {
    phase: Phase,
    bytes: u64,
    unlock: Option<Unlock>,
    stopping: bool,
}

/// Handle to the restore; clones share it.
#[derive(Clone)]
pub struct Restores {
    state: Arc<Mutex<State>>,
    storage: Desk,
    clock: Arc<dyn Clock>,
}

impl Restores {
    /// Of the gateway with this storage. What an earlier round left is removed.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(storage: Desk, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let this = Self { state: Arc::default(), storage, clock };
        match std::fs::remove_dir_all(this.folder()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(this),
        }
    }

    fn folder(&self) -> PathBuf {
        self.storage.data_dir().join("restore")
    }

    /// Where the upload is.
    pub fn file(&self) -> PathBuf {
        self.folder().join("upload")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands, and how many bytes the file has.
    pub fn now(&self) -> (Phase, u64) {
        let state = self.state();
        (state.phase.clone(), state.bytes)
    }

    /// Whether something is under way that must end first.
    pub fn is_busy(&self) -> bool {
        matches!(self.state().phase, Phase::Uploading(_) | Phase::Verifying(_) | Phase::Preparing(_) | Phase::Committed)
    }

    /// Begins an upload; `None` while another step is under way.
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin_upload(&self) -> Result<Option<(File, u64)>, BackupError> {
        use std::os::unix::fs::OpenOptionsExt;
        if self.is_busy() {
            return Ok(None);
        }
        haubert_trust::private_dir(&self.folder()).map_err(crate::storage::StorageError::from)?;
        let room = free_bytes(&self.folder())?.saturating_sub(LEAVE_FREE);
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.file())?;
        *self.state() = State { phase: Phase::Uploading(0), ..State::default() };
        Ok(Some((file, room)))
    }

    /// So many bytes of the upload are here.
    pub fn uploaded(&self, bytes: u64) {
        self.state().phase = Phase::Uploading(bytes);
    }

    /// The upload is whole: what it says of itself.
    pub fn end_upload(&self, bytes: u64) {
        let opener = File::open(self.file()).and_then(|mut file| SealedReader::header(&mut file));
        let mut state = self.state();
        state.bytes = bytes;
        state.phase = match opener {
            Ok(header) => Phase::Uploaded(header.opener()),
            Err(error) => failed(&error.into()),
        };
    }

    /// Forgets the file, or stops what is under way; not once it is committed.
    pub fn forget(&self) -> bool {
        let mut state = self.state();
        match state.phase {
            Phase::Committed => return false,
            Phase::Verifying(_) | Phase::Preparing(_) => state.stopping = true,
            _ => {
                *state = State::default();
                drop(state);
                let _gone = std::fs::remove_dir_all(self.folder());
            }
        }
        true
    }

    /// Begins to read the file wholly; `false` when there is none, or it is being read.
    pub fn begin_verify(&self, unlock: Unlock) -> bool {
        {
            let mut state = self.state();
            if state.bytes == 0 || !matches!(state.phase, Phase::Uploaded(_) | Phase::Verified(_) | Phase::Failed(..)) {
                return false;
            }
            state.phase = Phase::Verifying(0.0);
            state.unlock = Some(unlock.clone());
        }
        let this = self.clone();
        tokio::spawn(async move {
            let now = this.clock.now();
            let worker = this.clone();
            let outcome = tokio::task::spawn_blocking(move || worker.verify(&unlock)).await;
            let whole = matches!(outcome, Ok(Ok(_)));
            this.settle(outcome.map(|outcome| outcome.map(Phase::Verified)));
            if whole && let Err(error) = this.storage.note(move |notes| notes.last_verified = Some(now)).await {
                tracing::error!(error = &error as &dyn std::error::Error, "not noted that a backup is whole");
            }
        });
        true
    }

    fn verify(&self, unlock: &Unlock) -> Result<Box<(Verified, Vec<Difference>)>, BackupError> {
        let verified = verify(&self.file(), unlock, &self.folder(), &mut |read| self.progress(read, 1, Phase::Verifying))?;
        let now: Content = content(self.storage.db())?;
        let differences = differences(&now, &verified.content);
        Ok(Box::new((verified, differences)))
    }

    /// Begins to make ready what the verified file holds, and begins the gateway again with it; `false` when none is verified.
    pub fn begin_apply(&self) -> bool {
        let unlock = {
            let mut state = self.state();
            let (Phase::Verified(_), Some(unlock)) = (&state.phase, state.unlock.clone()) else { return false };
            state.phase = Phase::Preparing(0.0);
            unlock
        };
        let this = self.clone();
        tokio::spawn(async move {
            let outcome = match this.storage.notes().await {
                Ok(notes) => {
                    let worker = this.clone();
                    tokio::task::spawn_blocking(move || worker.apply(&unlock, &notes)).await
                }
                Err(error) => Ok(Err(error.into())),
            };
            let committed = matches!(outcome, Ok(Ok(())));
            this.settle(outcome.map(|outcome| outcome.map(|()| Phase::Committed)));
            if committed {
                this.storage.again(Again::Settle);
            }
        });
        true
    }

    fn apply(&self, unlock: &Unlock, notes: &crate::storage::desk::Notes) -> Result<(), BackupError> {
        let (dir, key) = (self.storage.data_dir(), self.storage.key());
        let needed = std::fs::metadata(self.file()).doing("look at the upload")?.len().saturating_mul(2);
        let free = free_bytes(dir)?;
        if free < needed {
            return Err(crate::storage::StorageError::Room { needed, free }.into());
        }
        // The file is read twice: once to verify it again, once to prepare.
        let staged = prepare(dir, (key, notes), &self.file(), unlock, &mut |read| self.progress(read, 2, Phase::Preparing))?;
        Ok(staged.commit(Purpose::Restore)?)
    }

    fn progress(&self, read: u64, passes: u64, phase: fn(f64) -> Phase) -> bool {
        let mut state = self.state();
        let before = match state.phase {
            Phase::Verifying(done) | Phase::Preparing(done) => done,
            _ => 0.0,
        };
        let total = state.bytes.saturating_mul(passes).max(1);
        // The second pass begins at zero again, and goes on from the half.
        let done = read as f64 / total as f64;
        let done = if done < before && before >= 1.0 / passes as f64 - 0.01 { done + 1.0 / passes as f64 } else { done };
        state.phase = phase(done.max(before).min(1.0));
        !state.stopping
    }

    fn settle(&self, outcome: Result<Result<Phase, BackupError>, tokio::task::JoinError>) {
        let mut state = self.state();
        state.stopping = false;
        state.phase = match outcome {
            Ok(Ok(phase)) => phase,
            Ok(Err(BackupError::Stopped)) | Err(_) => {
                drop(state);
                self.state().phase = Phase::None;
                self.forget();
                return;
            }
            Ok(Err(error)) => failed(&error),
        };
    }
}

/// The code by which a page finds its sentence.
pub fn code(error: &BackupError) -> &'static str {
    use crate::storage::StorageError;
    match error {
        BackupError::Sealed(fault) => match fault {
            SealedFault::NotSealed => "backup_not_one",
            SealedFault::UnknownVersion(_) => "backup_too_new",
            SealedFault::OtherOpener(_) | SealedFault::OtherRecoveryKey(_) | SealedFault::DoesNotOpen => "backup_wrong_key",
            SealedFault::Truncated(_) => "backup_truncated",
            SealedFault::Malformed(_) | SealedFault::Damaged(_) | SealedFault::Trailing(_) => "backup_damaged",
            SealedFault::Crypto => "backup_failed",
        },
        BackupError::TooNew { .. } | BackupError::Storage(StorageError::Store(StoreError::TooNew { .. })) => "backup_too_new",
        BackupError::Invalid(_) => "backup_invalid",
        BackupError::Storage(StorageError::Room { .. }) => "backup_no_room",
        BackupError::Storage(_) | BackupError::Io(_) | BackupError::Stopped => "backup_failed",
    }
}

fn failed(error: &BackupError) -> Phase {
    Phase::Failed(code(error), error.to_string())
}
