//! A foreign program while it runs.

use crate::process::Process;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// A foreign program; ends when dropped. `helpers` are processes that it needs and that are not counted.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
    _helpers: Vec<Child>,
}

impl Running {
    /// Starts `command`; what it says goes to `dir/<label>.log`.
    pub(crate) fn start(mut command: Command, dir: &Path, label: &str, helpers: Vec<Child>) -> Result<Self, String> {
        let (child, log) = spawn(&mut command, dir, label)?;
        Ok(Self { child, log, _helpers: helpers })
    }

    /// The processes to measure.
    pub(crate) fn processes(&self) -> Result<Vec<Process>, String> {
        match self.child.id() {
            Some(pid) => Ok(vec![Process(pid)]),
            None => Err(format!("it has ended; {}", self.last_words())),
        }
    }

    /// End of its log.
    pub(crate) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        format!("its last words:\n{}", lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n"))
    }
}

/// Starts a process that ends with its handle.
pub(crate) fn spawn(command: &mut Command, dir: &Path, label: &str) -> Result<(Child, PathBuf), String> {
    let log = dir.join(format!("{label}.log"));
    let file = std::fs::File::create(&log).map_err(|error| error.to_string())?;
    let also = file.try_clone().map_err(|error| error.to_string())?;
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(also)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("start {program} (scripts/setup.sh bench installs it): {error}"))?;
    Ok((child, log))
}
