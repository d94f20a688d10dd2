//! The gateway shuts itself in, before its first thread and its first byte from outside.
//!
//! Three walls that need no privilege: Landlock (which files and which listening ports), seccomp (which calls of the system), and
//! the process's own settings (no core dump, no debugger, no new privileges). What an intruder in a parser could still do is what
//! the gateway itself does. It is done by the program and not only by its systemd unit, so that it holds however it is started.
//! A kernel without one of the walls is no reason not to measure: the [`Report`] says what holds, and the posture shows it.

mod files;
mod probe;
mod syscalls;

pub use probe::{Finding, probe};

use crate::config::Config;
use serde::Serialize;
use std::path::{Path, PathBuf};
use utoipa::ToSchema;

/// Why a wall could not be built although the kernel has it.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A folder that must stay reachable is not there.
    #[error(transparent)]
    Folder(#[from] haubert_trust::KeyFileError),
    /// Landlock refused its rules.
    #[error("cannot restrict files and ports: {0}")]
    Files(#[from] landlock::RulesetError),
    /// seccomp refused its filter.
    #[error("cannot restrict system calls: {0}")]
    Calls(#[from] seccompiler::Error),
    /// The process's settings could not be changed.
    #[error("cannot harden the process: {0}")]
    Process(#[from] nix::Error),
}

/// How much of a wall stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wall {
    /// All of it.
    Whole,
    /// What this kernel knows of it.
    Partial,
    /// Nothing: the kernel lacks it, or the configuration leaves it out.
    None,
}

/// What holds of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// Files and listening ports (Landlock).
    pub files: Wall,
    /// System calls (seccomp).
    pub calls: Wall,
    /// No core dump, no debugger, no new privileges.
    pub process: Wall,
}

/// What must stay reachable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Read and written, with all below.
    pub own: Vec<PathBuf>,
    /// Only read.
    pub readable: Vec<PathBuf>,
    /// TCP ports that may be listened on; 0 stands for any that the system chooses.
    pub listen: Vec<u16>,
}

impl Reach {
    /// What a gateway of this configuration needs.
    pub fn of(config: &Config, config_file: Option<&Path>, ready_file: Option<&Path>) -> Self {
        let mut own = vec![config.data_dir.clone()];
        // The parent of a bare name is the folder that the program was started in.
        let ready_dir = ready_file.and_then(Path::parent);
        own.extend(ready_dir.map(|dir| if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() }));
        // The firewall's rules for the kernel.
        own.extend(std::env::var_os("RUNTIME_DIRECTORY").iter().flat_map(std::env::split_paths));
        let mut readable = config.sandbox.readable.clone();
        readable.extend(config.profiles_dir.clone());
        readable.extend(config.wan_status_dir.clone());
        readable.extend(config_file.map(Path::to_owned));
        // A new release is written into its slot, and proven with the supplier's root.
        own.extend(config.update.slots.clone());
        readable.push(config.update.supplier_root.clone());
        // Where systemd lays the sealed storage key.
        readable.extend(std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from));
        Self {
            own,
            readable,
            listen: vec![config.listen.port(), config.modbus_listen.port(), config.modbus_secured_listen.port()],
        }
    }
}

/// Shuts the process in. To be called while it has one thread: a later one could keep what this gives up.
///
/// # Errors
/// [`SandboxError`]: the kernel has the means but refuses. The caller should not go on.
pub fn shut_in(config: &Config, reach: &Reach) -> Result<Report, SandboxError> {
    if !config.sandbox.enabled {
        return Ok(Report { files: Wall::None, calls: Wall::None, process: Wall::None });
    }
    haubert_trust::private_dir(&config.data_dir)?;
    haubert_service::hardening::harden()?;
    let files = files::restrict(reach)?;
    let calls = syscalls::restrict()?;
    Ok(Report { files, calls, process: Wall::Whole })
}
