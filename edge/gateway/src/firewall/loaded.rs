//! What the kernel has been given: a note by the program that may look there, read by the gateway, which may not.
//!
//! The note lies beside the rules and is about one document of them. The gateway takes the note of an earlier start away, since
//! the machine may have begun anew meanwhile; so a note that is there and is about today's rules was written after them.

use super::nftables::{FAMILY, TABLE};
use aws_lc_rs::digest::{SHA256, digest};
use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// Largest note, in bytes.
const MAX_BYTES: u64 = 4_096;

/// What the kernel had after rules were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loaded {
    /// When it was looked at.
    pub at_ms: i64,
    /// The rules that were loaded, by their fingerprint.
    pub document: String,
    /// Whether whatever no rule lets in is dropped, as the kernel says.
    pub drops: bool,
}

/// How the kernel stands to today's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Nobody has given it any.
    Without,
    /// It was given others, and these not yet.
    Behind,
    /// It has them.
    Has {
        /// Since when.
        since: Timestamp,
        /// Whether it drops whatever no rule lets in.
        drops: bool,
    },
}

/// Where the note of a file of rules lies.
pub fn note_of(rules: &Path) -> PathBuf {
    rules.with_extension("loaded.json")
}

/// What tells a document from another: its rules. Who is blocked comes and goes.
pub fn fingerprint(document: &Value) -> String {
    let commands = document.get("nftables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let lasting = commands.iter().filter(|command| command.pointer("/add/element").is_none());
    let text = lasting.map(|command| format!("{command}\n")).collect::<String>();
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a table of ours, as `nft -j list table` prints it, drops whatever no rule lets in.
pub fn drops(listing: &Value) -> bool {
    let objects = listing.get("nftables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut chains = objects.iter().filter_map(|object| object.get("chain"));
    chains.any(|chain| {
        let is = |key: &str, wanted: &str| chain.get(key).and_then(Value::as_str) == Some(wanted);
        is("family", FAMILY) && is("table", TABLE) && is("hook", "input") && is("policy", "drop")
    })
}

/// Writes the note of a file of rules.
///
/// # Errors
/// What the system said.
pub fn write(rules: &Path, loaded: &Loaded) -> io::Result<()> {
    haubert_service::files::write_atomic(&note_of(rules), &serde_json::to_vec(loaded)?)
}

/// Takes it away.
///
/// # Errors
/// What the system said; that there is none is none.
pub fn forget(rules: &Path) -> io::Result<()> {
    match std::fs::remove_file(note_of(rules)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// How the kernel stands to the rules with this fingerprint, by the note that is there.
pub(super) fn state(rules: &Path, written: Option<&str>) -> Kernel {
    let text = haubert_service::files::read_text_bounded(&note_of(rules), MAX_BYTES).ok();
    match text.and_then(|text| serde_json::from_str::<Loaded>(&text).ok()) {
        None => Kernel::Without,
        Some(loaded) if written == Some(&loaded.document) => Kernel::Has { since: Timestamp(loaded.at_ms), drops: loaded.drops },
        Some(_) => Kernel::Behind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_note_about_todays_rules_counts() {
        let dir = tempfile::tempdir().unwrap();
        let rules = dir.path().join("nftables.json");
        let of = |commands: Value| fingerprint(&json!({"nftables": commands}));
        let blocked = json!({"add": {"element": {"elem": ["192.0.2.1"]}}});
        let (today, before) = (of(json!([{"add": {"rule": 1}}])), of(json!([{"add": {"rule": 2}}])));
        assert_eq!(today, of(json!([blocked, {"add": {"rule": 1}}])), "a block is no other rule");
        assert_eq!(state(&rules, Some(&today)), Kernel::Without);
        write(&rules, &Loaded { at_ms: 7, document: before.clone(), drops: true }).unwrap();
        assert_eq!(state(&rules, Some(&today)), Kernel::Behind);
        assert_eq!(state(&rules, None), Kernel::Behind);
        assert_eq!(state(&rules, Some(&before)), Kernel::Has { since: Timestamp(7), drops: true });
        std::fs::write(note_of(&rules), "{}").unwrap();
        assert_eq!(state(&rules, Some(&before)), Kernel::Without);
        forget(&rules).unwrap();
        forget(&rules).unwrap();
    }

    #[test]
    fn what_the_kernel_says_is_read() {
        let chain = |table: &str, policy: &str| {
            json!({"nftables": [{"metainfo": {"version": "1"}}, {"chain": {
            "family": "inet", "table": table, "name": "input", "hook": "input", "policy": policy}}]})
        };
        assert!(drops(&chain("haubert", "drop")));
        assert!(!drops(&chain("haubert", "accept")));
        assert!(!drops(&chain("other", "drop")));
        assert!(!drops(&json!({})));
    }
}
