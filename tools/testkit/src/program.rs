//! One running program.

use crate::{canary, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for a program to say that it serves.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Why a program could not be started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended instead of serving.
    #[error("{name} ended with {status}; its last words:\n{log}")]
    Ended {
        /// The program.
        name: String,
        /// How it ended.
        status: String,
        /// End of its log.
        log: String,
    },
    /// Something expected did not come in time.
    #[error("{0}")]
    Late(String),
    /// A secret is where it must not be.
    #[error("a secret leaks: {0}")]
    Leak(String),
    /// HTTP failed below the level of answers.
    #[error("request failed: {}", chain(.0))]
    Http(#[from] reqwest::Error),
}

/// Where the programs are: `$HAUBERT_BIN_DIR`, else beside the running program's build.
pub fn bin_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("HAUBERT_BIN_DIR") {
        return PathBuf::from(dir);
    }
    let own = std::env::current_exe().unwrap_or_default();
    let dir = own.parent().unwrap_or(Path::new(".")).to_owned();
    if dir.ends_with("deps") { dir.parent().map(Path::to_owned).unwrap_or(dir) } else { dir }
}

/// A program that runs until it is stopped or dropped.
pub struct Program {
    name: String,
    child: Child,
    /// What the program wrote when it began to serve.
    pub ready: Value,
    /// Its log.
    pub log_file: PathBuf,
    lines: Arc<Mutex<Vec<String>>>,
    /// What the process showed of secrets, once it was looked at.
    shown: Option<Vec<String>>,
}

impl Program {
    /// Starts `name` with `arguments` plus `--ready-file`, and waits until it serves. Logs go to `dir/<label>.log`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not serve in time.
    pub async fn start(name: &str, label: &str, dir: &Path, arguments: &[String]) -> Result<Self, Error> {
        Self::start_with(name, label, dir, arguments, &[]).await
    }

    /// As [`Program::start`], with more variables in its environment.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub async fn start_with(
        name: &str,
        label: &str,
        dir: &Path,
        arguments: &[String],
        environment: &[(String, String)],
    ) -> Result<Self, Error> {
        let io = |what: String| move |source| Error::Io { what, source };
        let ready_file = dir.join(format!("{label}.ready.json"));
        let log_file = dir.join(format!("{label}.log"));
        if ready_file.exists() {
            std::fs::remove_file(&ready_file).map_err(io(format!("remove {}", ready_file.display())))?;
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log_file)
            .map_err(io(format!("create {}", log_file.display())))?;
        let program = bin_dir().join(name);
        let mut child = Command::new(&program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .arg("--ready-file")
            .arg(&ready_file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(io(format!("start {}", program.display())))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        if let Some(stdout) = child.stdout.take() {
            let sink = Arc::clone(&lines);
            tokio::spawn(async move {
                let mut reader = BufReader::new(stdout).lines();
                while let Ok(Some(line)) = reader.next_line().await {
                    sink.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
        let mut this = Self { name: name.to_owned(), child, ready: Value::Null, log_file, lines, shown: None };
        this.ready = this.wait_ready(&ready_file).await?;
        Ok(this)
    }

    async fn wait_ready(&mut self, file: &Path) -> Result<Value, Error> {
        let ended = &mut self.child;
        let log_file = &self.log_file;
        let name = &self.name;
        let found = until(&format!("{name} writes its ready file"), READY_WITHIN, || {
            let text = std::fs::read(file).ok();
            let status = ended.try_wait().ok().flatten();
            async move {
                match (text.and_then(|text| serde_json::from_slice::<Value>(&text).ok()), status) {
                    (Some(ready), _) => Some(Ok(ready)),
                    (None, Some(status)) => Some(Err(status)),
                    (None, None) => None,
                }
            }
        })
        .await
        .map_err(Error::Late)?;
        found.map_err(|status| Error::Ended { name: name.clone(), status: status.to_string(), log: tail(log_file) })
    }

    /// The first-run code that it printed on its console.
    ///
    /// # Errors
    /// When none comes within ten seconds.
    pub async fn setup_code(&self) -> Result<String, Error> {
        until(&format!("{} prints a set-up code", self.name), Duration::from_secs(10), || {
            let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let code = lines.iter().find_map(|line| line.split_once("Set-up code: ").map(|(_, code)| code.trim().to_owned()));
            async move { code }
        })
        .await
        .map_err(Error::Late)
    }

    /// A text of the ready file, such as `https`.
    pub fn ready_text(&self, key: &str) -> String {
        self.ready.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end and waits.
    ///
    /// # Errors
    /// When it does not end within twenty seconds.
    pub async fn stop(mut self) -> Result<(), Error> {
        self.look_at_process();
        self.signal(Signal::SIGTERM);
        match tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => {
                Err(Error::Late(format!("{} did not end on SIGTERM; its last words:\n{}", self.name, tail(&self.log_file))))
            }
        }
    }

    /// Ends it as a power cut would, and waits.
    pub async fn kill(mut self) {
        self.look_at_process();
        self.signal(Signal::SIGKILL);
        let _ended = self.child.wait().await;
    }

    /// Stops it in its tracks, until [`Program::thaw`].
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Memory that it holds, in bytes (`VmRSS`); `None` when it is gone.
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Looks at the command line and the environment, where every process of the machine may look, while they are there.
    fn look_at_process(&mut self) {
        if self.shown.is_none() {
            let places = ["cmdline", "environ"].map(|name| self.pid().map(|pid| format!("/proc/{pid}/{name}")));
            let bytes: Vec<u8> = places.iter().flatten().filter_map(|place| std::fs::read(place).ok()).flatten().collect();
            self.shown = Some(canary::seen_in(&bytes));
        }
    }

    /// Secrets known to [`canary`] that it shows on its command line, in its environment or in its log. A program that is dropped
    /// and shows any fails the test, unless it was asked before.
    pub fn leaks(&mut self) -> Vec<String> {
        self.look_at_process();
        let log = std::fs::read(&self.log_file).unwrap_or_default();
        let mut leaks = self.shown.replace(Vec::new()).unwrap_or_default();
        leaks.extend(canary::seen_in(&log));
        self.log_file = PathBuf::new();
        leaks
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            // A process that has just ended needs no signal.
            let _gone = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Program {
    /// Whatever ran while a test ran has shown no secret.
    // Nothing else can be said from here, and a test must fail.
    #[allow(clippy::panic)]
    fn drop(&mut self) {
        let Ok(log) = std::fs::metadata(&self.log_file) else { return };
        let (name, bytes) = (self.name.clone(), usize::try_from(log.len()).unwrap_or(usize::MAX));
        let log_file = self.log_file.clone();
        let leaks = self.leaks();
        canary::note(&name, bytes, leaks.len());
        if !leaks.is_empty() && !std::thread::panicking() {
            panic!("{name} shows secrets ({leaks:?}) on its command line, in its environment or in {}", log_file.display());
        }
    }
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn tail(file: &Path) -> String {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().rev().take(20).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
