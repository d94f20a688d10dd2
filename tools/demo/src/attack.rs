//! A short attack from other addresses of this machine, so that the security pages have something to show: a flood that the firewall
//! blocks, and guesses of passwords that the audit trail counts.

use crate::say;
use haubert_testkit::{Program, bin_dir};
use std::path::Path;
use tokio::process::Command;

/// What is done, from where, and with which arguments.
const ATTACKS: [(&str, &str, &[&str]); 2] = [
    ("passwords", "127.0.0.66", &["--connections", "3", "--seconds", "10"]),
    ("requests", "127.0.0.99", &["--connections", "16", "--seconds", "8"]),
];

/// Attacks the gateway and says what that met.
pub(crate) async fn show(gateway: &Program, dir: &Path) -> Result<(), String> {
    say("a short attack on the gateway, from other addresses of this machine …");
    let target = gateway.ready_text("https").trim_start_matches("https://").to_owned();
    for (kind, from, arguments) in ATTACKS {
        let met = Command::new(bin_dir().join("haubert-plant"))
            .current_dir(dir)
            .args(["attack", kind, "--target", &target, "--from", from])
            .args(arguments)
            .output()
            .await
            .map_err(|error| format!("start haubert-plant attack: {error}"))?;
        if !met.status.success() {
            return Err(format!("haubert-plant attack {kind}: {}", String::from_utf8_lossy(&met.stderr)));
        }
        say(&format!("  {kind} from {from}: {}", String::from_utf8_lossy(&met.stdout).trim()));
    }
    say("  see Security › Firewall and Security › Audit trail; the block ends by itself after a minute");
    Ok(())
}
