//! `haubert-plant attack` as a program of its own, so that what it costs is not the measuring program's.

use haubert_plant::attack::Kind;
use haubert_testkit::bin_dir;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::process::Command;

/// Attackers are other machines: here they get less of the processor than the gateway.
const NICE: &str = "10";

/// An attack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    /// What is done.
    pub(crate) kind: Kind,
    /// Against whom.
    pub(crate) target: SocketAddr,
    /// First address to come from.
    pub(crate) from: &'static str,
    /// Addresses.
    pub(crate) sources: u32,
    /// Connections.
    pub(crate) connections: u32,
    /// For at most so long.
    pub(crate) seconds: u64,
    /// Requests or packets per second.
    pub(crate) rate: Option<u32>,
}

/// What it met.
#[derive(Debug, Clone)]
pub(crate) struct Met(Value);

impl Met {
    /// A count of its report.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or_default()
    }

    /// Answers of status 200.
    pub(crate) fn served(&self) -> u64 {
        self.0["answers"]["200"].as_u64().unwrap_or_default()
    }

    /// Seconds that the gateway kept the one that it kept longest.
    pub(crate) fn longest(&self) -> f64 {
        self.count("longest_ms") as f64 / 1000.0
    }
}

/// Carries it out.
pub(crate) async fn run(attack: Attack) -> Result<Met, String> {
    let kind = serde_json::to_value(attack.kind).map_err(|error| error.to_string())?;
    let kind = kind.as_str().unwrap_or_default().replace('_', "-");
    let mut command = Command::new("nice");
    command.args(["-n", NICE]).arg(bin_dir().join("haubert-plant")).arg("attack").arg(kind);
    command.arg("--target").arg(attack.target.to_string()).arg("--from").arg(attack.from);
    for (name, value) in [
        ("--sources", u64::from(attack.sources)),
        ("--connections", u64::from(attack.connections)),
        ("--seconds", attack.seconds),
    ] {
        command.arg(name).arg(value.to_string());
    }
    if let Some(rate) = attack.rate {
        command.arg("--rate").arg(rate.to_string());
    }
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(|error| format!("nice: {error}"))?;
    if !output.status.success() {
        return Err(format!("haubert-plant attack: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map(Met).map_err(|error| format!("the attack's report: {error}"))
}
