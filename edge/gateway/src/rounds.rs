//! The program's rounds: what needs every file closed (another storage key, a restore, a reset) is done between two of them,
//! within the process, so that it happens however the program was started.
//!
//! Each round has a runtime of its own: when that ends, so do all tasks, whoever began them, and with them their hold on files. The
//! listening socket outlives the rounds: whoever connects meanwhile waits instead of being refused.

use crate::config::Config;
use crate::run::run;
use crate::sandbox;
use crate::storage::desk::Again;
use crate::storage::keyring::Keyring;
use crate::storage::staged::Purpose;
use crate::storage::{StorageError, rotate, staged, wipe};
use crate::store::events::{NewEvent, Severity};
use crate::store::opening;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use haubert_service::https;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

/// How long a runtime is waited for that has work on its blocking threads.
const PATIENCE: Duration = Duration::from_secs(30);

/// What outlives a round.
#[derive(Default)]
pub struct Rounds {
    listener: Option<TcpListener>,
    next: Option<Again>,
    leave: bool,
}

impl Rounds {
    /// The listening socket: bound in the first round, the same in all.
    ///
    /// # Errors
    /// What the system said.
    pub fn listener(&mut self, address: SocketAddr) -> std::io::Result<TcpListener> {
        if self.listener.is_none() {
            self.listener = Some(https::bind(address)?);
        }
        self.listener.as_ref().map_or_else(|| https::bind(address), TcpListener::try_clone)
    }

    /// Lets go of the listening socket: nobody may come.
    pub fn close(&mut self) {
        self.listener = None;
    }

    /// Another round shall follow this one.
    pub const fn follow(&mut self, again: Option<Again>) {
        self.next = again;
    }

    /// The process shall end and be started again: another release is due.
    pub const fn leave(&mut self, leave: bool) {
        self.leave = leave;
    }

    /// Does what was left for this moment, with all files of `data_dir` closed. Tells what to record once the store is open.
    ///
    /// # Errors
    /// What was begun must be finished before anything is opened, and cannot be.
    pub fn between(&mut self, data_dir: &Path, ring: &Keyring) -> Result<Vec<NewEvent>, StorageError> {
        let wanted = self.next.take();
        let tell = |severity, code, detail: Option<String>| {
            let params = detail.map(|detail| ("detail".to_owned(), detail));
            NewEvent { params: params.into_iter().collect(), ..NewEvent::new(SystemClock::new().now(), severity, code, []) }
        };
        let mut events = Vec::new();
        if wipe::settle(data_dir)? {
            tracing::warn!("everything in the data folder was destroyed, as asked");
            events.push(tell(Severity::Warning, "factory_reset", None));
        }
        match staged::settle(data_dir)? {
            Some(Purpose::Rotation) => events.push(tell(Severity::Info, "storage_key_rotated", None)),
            Some(Purpose::Restore) => events.push(tell(Severity::Warning, "backup_restored", None)),
            None => {}
        }
        if wanted == Some(Again::Rotate) {
            events.push(match rotated(data_dir, ring) {
                Ok(()) => tell(Severity::Info, "storage_key_rotated", None),
                Err(error) => {
                    tracing::error!(error = &error as &dyn Error, "the storage key stays as it was");
                    tell(Severity::Warning, "storage_key_rotation_failed", Some(error.to_string()))
                }
            });
        }
        Ok(events)
    }
}

fn rotated(data_dir: &Path, ring: &Keyring) -> Result<(), StorageError> {
    let opened = opening::open(&data_dir.join("config.db"), ring)?;
    let key = opened.key.clone();
    drop(opened);
    rotate::rotate(data_dir, ring, &key, &mut |step| {
        tracing::info!(?step, "another storage key");
        Ok(())
    })?;
    Ok(())
}

/// Runs the gateway, round after round, until SIGTERM or SIGINT. `true` when the process shall be started again.
///
/// # Errors
/// What keeps it from starting, in words for the operator.
pub fn run_all(config: &Config, ready_file: Option<&Path>, walls: sandbox::Report) -> Result<bool, Box<dyn Error>> {
    let mut rounds = Rounds::default();
    loop {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(run(config, ready_file, walls, &mut rounds));
        runtime.shutdown_timeout(PATIENCE);
        outcome?;
        if rounds.leave || rounds.next.is_none() {
            return Ok(rounds.leave);
        }
        tracing::info!("beginning again");
    }
}
