//! `haubert-gateway firewall …`: gives the kernel the rules that the running gateway wrote, shows them, takes them away.
//!
//! It runs with the right to administrate the network, which the gateway does not have; so it trusts the file only as far as it
//! was checked: a document that touches anything but our own table is refused as a whole.

use crate::config::Config;
use crate::firewall::loaded::{self, Loaded};
use crate::firewall::{FAMILY, TABLE, check_rules, rules_file};
use clap::Subcommand;
use haubert_model::Clock as _;
use haubert_service::clock::SystemClock;
use serde_json::Value;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Largest file of rules, in bytes: every block that there can be, and more.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What can be done with the kernel's rules.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Gives the kernel the rules that the gateway wrote.
    Apply {
        /// The file; that of the data folder, or of the runtime folder under systemd, when absent.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Prints the rules that the kernel has.
    Show,
    /// Takes our rules out of the kernel.
    Clear,
}

/// Does it.
///
/// # Errors
/// What is wrong with the file, or what `nft` said.
pub fn run(config: &Config, act: &Act, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    match act {
        Act::Apply { file } => {
            let path = file.clone().unwrap_or_else(|| rules_file(&config.data_dir));
            let loaded = apply(&path)?;
            loaded::write(&path, &loaded).map_err(|error| format!("{}: {error}", loaded::note_of(&path).display()))?;
            Ok(writeln!(out, "{}: applied", path.display())?)
        }
        Act::Show => {
            let said = nft(&["list", "table", FAMILY, TABLE], None)?;
            Ok(out.write_all(said.as_bytes())?)
        }
        Act::Clear => {
            // Added first, so that there is something to delete.
            nft(&["-f", "-"], Some(&format!("add table {FAMILY} {TABLE}\ndelete table {FAMILY} {TABLE}\n")))?;
            loaded::forget(&rules_file(&config.data_dir))?;
            Ok(writeln!(out, "table {FAMILY} {TABLE}: gone")?)
        }
    }
}

/// Loads the rules, and looks at what the kernel then has.
fn apply(path: &Path) -> Result<Loaded, Box<dyn Error>> {
    let said = |error: &dyn Error| format!("{}: {error}", path.display());
    let text = haubert_service::files::read_text_bounded(path, MAX_BYTES).map_err(|error| said(&error))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| said(&error))?;
    check_rules(&document).map_err(|error| format!("{}: refused: {error}", path.display()))?;
    // What was checked is what is applied, not the file, which may be another by now.
    nft(&["-j", "-f", "-"], Some(&document.to_string()))?;
    let listing: Value = serde_json::from_str(&nft(&["-j", "list", "table", FAMILY, TABLE], None)?)?;
    let at_ms = SystemClock::new().now().0;
    Ok(Loaded { at_ms, document: loaded::fingerprint(&document), drops: loaded::drops(&listing) })
}

fn nft(arguments: &[&str], input: Option<&str>) -> Result<String, Box<dyn Error>> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = Command::new("nft")
        .args(arguments)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run nft: {error}"))?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("nft: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}
