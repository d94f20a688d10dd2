//! Packets of the loopback at a UDP port, taken down and judged by tshark.

use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A capture under way, or ended.
pub struct Capture {
    child: Child,
    file: PathBuf,
    port: u16,
    _dir: TempDir,
}

impl Capture {
    /// Takes down so many packets, for a minute at most; `None` where the system does not let it.
    pub async fn start(port: u16, packets: u32) -> Option<Self> {
        let dir = tempfile::tempdir().ok()?;
        let file = dir.path().join("packets.pcapng");
        let mut child = Command::new("tshark")
            .args(["-q", "-i", "lo", "-c", &packets.to_string(), "-a", "duration:60", "-f", &format!("udp port {port}"), "-w"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut said = BufReader::new(child.stderr.take()?).lines();
        while let Ok(Some(line)) = said.next_line().await {
            if line.contains("Capturing on") {
                // What else it says must find a reader.
                tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
                return Some(Self { child, file, port, _dir: dir });
            }
        }
        None
    }

    /// When all have come.
    ///
    /// # Errors
    /// What the system said.
    pub async fn ended(&mut self) -> Result<(), String> {
        self.child.wait().await.map(|_| ()).map_err(|error| error.to_string())
    }

    /// What tshark prints of them, read as `protocol`, with these options.
    ///
    /// # Errors
    /// What it said.
    pub async fn read(&self, protocol: &str, options: &[&str]) -> Result<String, String> {
        let output = Command::new("tshark")
            .args(["-d", &format!("udp.port=={},{protocol}", self.port)])
            .args(options)
            .arg("-r")
            .arg(&self.file)
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() { Ok(said) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}
