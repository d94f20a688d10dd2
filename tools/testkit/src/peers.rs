//! Modbus peers that nobody here wrote: pymodbus and libmodbus as devices, mbpoll as a second reader.

use crate::program::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Where `scripts/setup.sh` put them: `target/tools`.
pub fn tools_dir() -> PathBuf {
    repository().join("target/tools")
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Register image: address and word.
type Image = [(u16, u16)];

async fn serve(mut command: Command, image: &Image) -> Result<(Child, u16), Error> {
    let what = format!("start {:?} (make test installs it)", command.as_std().get_program());
    let io = |source| Error::Io { what: what.clone(), source };
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().map_err(io)?;
    let mut text: String = image.iter().map(|(address, word)| format!("{address} {word}\n")).collect();
    text.push('\n');
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).await.map_err(io)?;
    }
    let stdout = child.stdout.take().ok_or_else(|| Error::Late(format!("{what}: no output")))?;
    let line = BufReader::new(stdout).lines().next_line().await.map_err(io)?.unwrap_or_default();
    let port = line.trim().parse().map_err(|_| Error::Late(format!("{what}: it printed {line:?} instead of a port")))?;
    Ok((child, port))
}

/// A pymodbus device; ends when dropped.
pub struct PymodbusServer {
    _child: Child,
    /// TCP port on loopback.
    pub port: u16,
}

impl PymodbusServer {
    /// Serves `image` as holding and input registers under every unit id.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start(image: &Image) -> Result<Self, Error> {
        let mut command = Command::new(tools_dir().join("venv/bin/python"));
        command.arg(repository().join("tests/peers/pymodbus_server.py"));
        let (child, port) = serve(command, image).await?;
        Ok(Self { _child: child, port })
    }
}

/// A libmodbus device; ends when dropped.
pub struct LibmodbusServer {
    child: Child,
    /// TCP port on loopback.
    pub port: u16,
}

impl LibmodbusServer {
    /// Serves `image` as holding and input registers.
    ///
    /// # Errors
    /// When it is not built or does not start.
    pub async fn start(image: &Image) -> Result<Self, Error> {
        let (child, port) = serve(Command::new(tools_dir().join("libmodbus-server")), image).await?;
        Ok(Self { child, port })
    }

    /// Process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Reads `count` holding registers from `address` with mbpoll, over Modbus TCP on loopback.
///
/// # Errors
/// What mbpoll printed when it failed.
pub async fn mbpoll(port: u16, unit: u8, address: u16, count: u16) -> Result<Vec<u16>, String> {
    let output = Command::new("mbpoll")
        .args(["-m", "tcp", "-0", "-1", "-o", "5", "-t", "4:hex"])
        .args([
            "-p",
            &port.to_string(),
            "-a",
            &unit.to_string(),
            "-r",
            &address.to_string(),
            "-c",
            &count.to_string(),
            "127.0.0.1",
        ])
        .output()
        .await
        .map_err(|error| format!("mbpoll (make test installs it): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<u16> = text
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("]:"))
        .filter_map(|(_, value)| u16::from_str_radix(value.trim().trim_start_matches("0x"), 16).ok())
        .collect();
    if words.len() == usize::from(count) { Ok(words) } else { Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr))) }
}

/// Puts questions to a Modbus TCP server on loopback with pymodbus, as `tests/peers/pymodbus_client.py` writes them; gives what it
/// printed for each.
///
/// # Errors
/// What it said when it failed.
pub async fn pymodbus_asks(port: u16, questions: &[&str]) -> Result<Vec<serde_json::Value>, String> {
    asks(None, port, questions).await
}

/// The same by Modbus/TCP Security: with a PEM file of who is believed, and the master's certificate and key.
///
/// # Errors
/// What it said when it failed, which is how a refused certificate shows.
pub async fn pymodbus_asks_secured(
    [authority, certificate, key]: [&Path; 3],
    port: u16,
    questions: &[&str],
) -> Result<Vec<serde_json::Value>, String> {
    let files = format!("--tls={},{},{}", authority.display(), certificate.display(), key.display());
    asks(Some(files), port, questions).await
}

async fn asks(tls: Option<String>, port: u16, questions: &[&str]) -> Result<Vec<serde_json::Value>, String> {
    let mut command = Command::new(tools_dir().join("venv/bin/python"));
    command.arg(repository().join("tests/peers/pymodbus_client.py")).args(tls).arg(port.to_string()).args(questions);
    let output = command.output().await.map_err(|error| format!("pymodbus (make test installs it): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let answers: Result<Vec<_>, _> = text.lines().map(serde_json::from_str).collect();
    match answers {
        Ok(answers) if answers.len() == questions.len() => Ok(answers),
        _ => Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}
