//! The parent process: starts what is due, and watches what is on trial.
//!
//! It is not updated itself, so it does little: it proves the slot before it starts it, counts attempts, and ends a release on
//! trial that is not healthy in time. Whatever the program does, this process only reads one small file.

use crate::state::{Reason, Slot};
use crate::{START_AGAIN, Slots};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep, timeout};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until a release on trial says that it is healthy.
    pub healthy_within: Duration,
    /// From then until it commits.
    pub commit_within: Duration,
    /// Until a program has ended after it was asked to.
    pub stop_within: Duration,
    /// Between two looks at the state, and before another attempt.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            healthy_within: Duration::from_secs(120),
            commit_within: Duration::from_secs(900),
            stop_within: Duration::from_secs(30),
            pause: Duration::from_secs(1),
        }
    }
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The slots.
    pub slots: PathBuf,
    /// File of the supplier's root.
    pub supplier_root: PathBuf,
    /// Name of the program in its slot.
    pub program: String,
    /// Its arguments; `--slots`, `--slot` and `--supplier-root` come before them.
    pub arguments: Vec<OsString>,
    /// How long things may take.
    pub patience: Patience,
}

enum Ended {
    /// By itself, with a code.
    Itself(Option<i32>),
    /// Because this process was asked to end.
    Asked,
    /// Because it was not healthy in time.
    NotHealthy,
}

/// Runs until the program ends for good; tells its exit code.
///
/// # Errors
/// When there is no state, or the program cannot be started and there is nothing to fall back to.
pub async fn run(options: &Options, supplier_root: &[u8]) -> io::Result<i32> {
    let slots = Slots::new(&options.slots);
    let mut asked = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    loop {
        let mut state = slots.load()?;
        let slot = state.start(|slot| slots.faults(slot, supplier_root));
        slots.save(&state)?;
        let on_trial = state.trial.is_some();
        let mut child = match spawn(options, &slots, slot) {
            Ok(child) => child,
            // It counts as an attempt.
            Err(_) if on_trial => {
                sleep(options.patience.pause).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let ended = tokio::select! {
            ended = child.wait() => Ended::Itself(ended?.code()),
            _ = asked.recv() => Ended::Asked,
            _ = interrupted.recv() => Ended::Asked,
            () = trial_fails(&slots, options.patience), if on_trial => Ended::NotHealthy,
        };
        match ended {
            Ended::Asked => {
                stop(&mut child, options.patience.stop_within).await?;
                return Ok(0);
            }
            Ended::NotHealthy => {
                stop(&mut child, options.patience.stop_within).await?;
                slots.update(|state| state.give_up(Reason::NotHealthy))?;
            }
            Ended::Itself(code) => {
                if code != Some(START_AGAIN) && slots.load()?.trial.is_none() && !on_trial {
                    return Ok(code.unwrap_or(1));
                }
                if code != Some(START_AGAIN) {
                    sleep(options.patience.pause).await;
                }
            }
        }
    }
}

fn spawn(options: &Options, slots: &Slots, slot: Slot) -> io::Result<Child> {
    Command::new(slots.folder(slot).join(&options.program))
        .arg("--slots")
        .arg(&options.slots)
        .args(["--slot", slot.name(), "--supplier-root"])
        .arg(&options.supplier_root)
        .args(&options.arguments)
        // systemd means its own child by this; the signs of life come from ours.
        .env_remove("WATCHDOG_PID")
        .kill_on_drop(true)
        .spawn()
}

/// Ends when the release on trial has used up its time; never, once it has committed.
async fn trial_fails(slots: &Slots, patience: Patience) {
    let mut deadline = Instant::now() + patience.healthy_within;
    let mut was_healthy = false;
    while Instant::now() < deadline {
        match slots.load().map(|state| state.trial) {
            Ok(None) => std::future::pending::<()>().await,
            Ok(Some(trial)) if trial.healthy && !was_healthy => {
                was_healthy = true;
                deadline = Instant::now() + patience.commit_within;
            }
            _ => {}
        }
        sleep(patience.pause).await;
    }
}

async fn stop(child: &mut Child, within: Duration) -> io::Result<()> {
    if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
        // A process that has just ended needs no signal.
        let _gone = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
    if timeout(within, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(())
}
