//! BACnet/IP clients that nobody here wrote: bacpypes3, and BAC0 on top of it as building engineers use it.

use crate::peers::{repository, tools_dir};
use serde_json::Value;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Asks by bacpypes3, at the server on this port of the loopback, the router to this network: `["walk"]`, `["cov", object]` or `["read",
/// object, property, …]`; gives each thing that it learned.
///
/// # Errors
/// When it is not installed or failed.
pub async fn bacpypes(port: u16, network: u16, act: &[&str]) -> Result<Vec<Value>, String> {
    run("bacnet_client.py", port, network, act).await
}

/// Discovers by BAC0, and reads all points of the meter of this instance.
///
/// # Errors
/// When it is not installed or failed.
pub async fn bac0(port: u16, network: u16, instance: u32) -> Result<Vec<Value>, String> {
    run("bacnet_bac0.py", port, network, &[&instance.to_string()]).await
}

/// bacpypes3 as a BBMD on the loopback; it ends when dropped.
pub struct Bbmd {
    /// UDP port.
    pub port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
    _home: TempDir,
}

impl Bbmd {
    /// On a free port.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start() -> Result<Self, String> {
        let (mut command, home) = command("bacnet_client.py", 0, 0, &["bbmd"])?;
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut bbmd = Self { port: 0, lines: BufReader::new(stdout).lines(), _child: child, _home: home };
        let port = bbmd.next("port").await?;
        bbmd.port = port["port"].as_u64().and_then(|port| u16::try_from(port).ok()).ok_or("no port")?;
        Ok(bbmd)
    }

    /// What it learned next of this kind: that somebody has `registered`, and whom it then `found` by a broadcast.
    ///
    /// # Errors
    /// When it ended without.
    pub async fn next(&mut self, what: &str) -> Result<Value, String> {
        while let Some(line) = self.lines.next_line().await.map_err(|error| error.to_string())? {
            let learned: Value = serde_json::from_str(&line).unwrap_or_default();
            if learned["what"] == what {
                return Ok(learned);
            }
        }
        Err(format!("bacpypes3 ended without {what}"))
    }
}

fn command(script: &str, port: u16, network: u16, act: &[&str]) -> Result<(Command, TempDir), String> {
    // BAC0 keeps a log in the home folder.
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new(tools_dir().join("venv/bin/python"));
    command.arg(repository().join("tests/peers").join(script)).args([port.to_string(), network.to_string()]).args(act);
    command.env("HOME", home.path()).stdin(Stdio::null()).kill_on_drop(true);
    Ok((command, home))
}

async fn run(script: &str, port: u16, network: u16, act: &[&str]) -> Result<Vec<Value>, String> {
    let (mut command, _home) = command(script, port, network, act)?;
    let output = command.output().await.map_err(|error| format!("{script} (make test installs it): {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
