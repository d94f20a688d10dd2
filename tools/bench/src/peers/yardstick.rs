//! The loop on libmodbus that only reads.

use crate::plant::Layout;
use crate::process::Process;
use haubert_testkit::tools_dir;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running loop; ends when dropped.
pub(crate) struct Loop {
    child: Child,
}

impl Loop {
    /// Starts it on the buses at `ports`, to read all of `layout` each period.
    pub(crate) async fn start(period_ms: u32, layout: &Layout, ports: &[u16]) -> Result<Self, String> {
        let program = tools_dir().join("bench/loop");
        let mut child = Command::new(&program)
            .arg(period_ms.to_string())
            .arg(layout.devices.to_string())
            .arg((layout.values_per_device() * 2).to_string())
            .args(ports.iter().map(u16::to_string))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("start {} (scripts/setup.sh bench builds it): {error}", program.display()))?;
        let stdout = child.stdout.take().ok_or("the loop has no output")?;
        match BufReader::new(stdout).lines().next_line().await {
            Ok(Some(_)) => Ok(Self { child }),
            _ => Err("the libmodbus loop could not connect".to_owned()),
        }
    }

    /// The process to measure.
    pub(crate) fn process(&self) -> Result<Process, String> {
        self.child.id().map(Process).ok_or_else(|| "the libmodbus loop has ended".to_owned())
    }
}
