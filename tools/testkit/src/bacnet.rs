//! BACnet/IP clients that nobody here wrote: bacpypes3, and BAC0 on top of it as building engineers use it.

use crate::peers::{repository, tools_dir};
use serde_json::Value;
use std::process::Stdio;
use tokio::process::Command;

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

async fn run(script: &str, port: u16, network: u16, act: &[&str]) -> Result<Vec<Value>, String> {
    // BAC0 keeps a log in the home folder.
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = Command::new(tools_dir().join("venv/bin/python"))
        .arg(repository().join("tests/peers").join(script))
        .args([port.to_string(), network.to_string()])
        .args(act)
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("{script} (make test installs it): {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
