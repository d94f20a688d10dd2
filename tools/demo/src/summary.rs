//! What the demonstration tells: on the terminal and in `demo.json`.

use crate::{Account, say};
use haubert_testkit::{Program, SECURITY_USER};
use serde_json::json;
use std::path::Path;

/// The certificates that a client must trust, in one file.
pub(crate) fn write_ca_file(path: &Path, programs: &[&Program]) -> Result<(), String> {
    let mut pem = String::new();
    for program in programs {
        let file = program.ready_text("ca_file");
        pem += &std::fs::read_to_string(&file).map_err(|error| format!("read {file}: {error}"))?;
    }
    std::fs::write(path, pem).map_err(|error| format!("write {}: {error}", path.display()))
}

/// Writes `demo.json` and prints the same for people.
pub(crate) fn write(dir: &Path, ca_file: &Path, programs: &[Program; 3], gateway: &Account, hub: &Account) -> Result<(), String> {
    let [plant, gateway_program, hub_program] = programs;
    let facts = json!({
        "gateway": {"url": gateway_program.ready_text("https"), "user": gateway.user, "security_user": SECURITY_USER, "password": gateway.password, "pid": gateway_program.pid(), "data_dir": dir.join("gateway")},
        "hub": {"url": hub_program.ready_text("https"), "link": hub_program.ready_text("link"), "user": hub.user, "password": hub.password, "pid": hub_program.pid(), "data_dir": dir.join("hub")},
        "plant": {"pid": plant.pid(), "control": plant.ready.get("control"), "buses": plant.ready.get("buses")},
        "ca_file": ca_file,
    });
    let file = dir.join("demo.json");
    let pretty = serde_json::to_string_pretty(&facts).map_err(|error| error.to_string())?;
    std::fs::write(&file, pretty).map_err(|error| format!("write {}: {error}", file.display()))?;
    say("");
    say(&format!(
        "  gateway (WEBVIEW)  {}   user {}   password {}",
        gateway_program.ready_text("https"),
        gateway.user,
        gateway.password
    ));
    say(&format!("  its security pages                           user {SECURITY_USER}   the same password"));
    say(&format!("  hub (portal)       {}   user {}   password {}", hub_program.ready_text("https"), hub.user, hub.password));
    say("  its auditor                                  user auditor   the same password");
    say(&format!("  facts for programs {}", file.display()));
    say(&format!(
        "  trust              {}  (browsers will warn: the certificates are this demonstration's own)",
        ca_file.display()
    ));
    say("");
    say("Ctrl-C stops everything.");
    Ok(())
}
