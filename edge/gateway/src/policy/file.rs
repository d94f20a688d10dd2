//! The policy as a file: TOML, one form for export, import and the command line, refused with line and reason.

use super::document::{Fault, Policy};
use super::services::REGISTRY;
use serde::Serialize;
use std::fmt::Write as _;
use toml::de::{DeTable, DeValue};
use utoipa::ToSchema;

/// Longest file read, bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, thiserror::Error)]
#[error("line {line}: {reason}")]
#[schema(as = PolicyFileFault)]
pub struct FileFault {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// The value's keys, dotted; empty when the text could not be read that far.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Reads and checks a file.
///
/// # Errors
/// [`FileFault`] with the first line at fault.
pub fn parse(text: &str) -> Result<Policy, FileFault> {
    if text.len() > MAX_BYTES {
        return Err(FileFault { line: 1, column: 1, path: String::new(), reason: format!("longer than {MAX_BYTES} bytes") });
    }
    let policy: Policy = toml::from_str(text).map_err(|error| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        FileFault { line, column, path: String::new(), reason: error.message().replace('\n', " ") }
    })?;
    policy.check().map_err(|fault| located(text, fault))?;
    Ok(policy)
}

/// The file of a policy: every switch with what it means, so that it can be read without this program.
pub fn print(policy: &Policy) -> String {
    let mut text = String::from("# Security policy of a Haubert gateway. Schema: docs/config/policy.schema.json.\n");
    let version = match policy.tls.minimum {
        super::TlsVersion::V1_2 => "1.2",
        super::TlsVersion::V1_3 => "1.3",
    };
    // Writing into a string cannot fail.
    let _ok = write!(text, "version = {}\n\n[tls]\nminimum = \"{version}\"\n", policy.version);
    for entry in REGISTRY {
        let _ok = write!(text, "\n# {}\n[services.{}]\nenabled = {}\n", entry.about, entry.service, policy.is_on(entry.service));
        let sources = policy.sources(entry.service);
        if !sources.is_empty() {
            let quoted: Vec<String> = sources.iter().map(|network| format!("\"{network}\"")).collect();
            let _ok = writeln!(text, "sources = [{}]", quoted.join(", "));
        }
    }
    text.push_str("\n# Ports that are not named follow the service serial.\n[serial_ports]\n");
    for (port, open) in &policy.serial_ports {
        let _ok = writeln!(text, "{} = {open}", toml::Value::String(port.clone()));
    }
    text
}

/// Finds the line of a value that reads well and makes no sense.
fn located(text: &str, fault: Fault) -> FileFault {
    let mut start = 0;
    if let Ok(document) = DeTable::parse(text) {
        let mut table = Some(document.get_ref());
        // As far as the file has it: what is missing there is at fault where it should be.
        for key in &fault.path {
            let Some((name, value)) = table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key)) else { break };
            start = name.span().start;
            table = match value.get_ref() {
                DeValue::Table(inner) => Some(inner),
                _ => None,
            };
        }
    }
    let (line, column) = place(text, start);
    FileFault { line, column, path: fault.path.join("."), reason: fault.reason }
}

/// Line and character of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::super::services::Service;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    fn policies() -> impl Strategy<Value = Policy> {
        let switches = proptest::collection::vec(any::<bool>(), REGISTRY.len());
        let networks = proptest::collection::btree_set((any::<u32>(), 0u8..=32), 0..6);
        let ports = proptest::collection::btree_map("/dev/tty[A-Z]{1,4}[0-9]{1,2}", any::<bool>(), 0..5);
        (switches, networks, ports, any::<bool>()).prop_map(|(switches, networks, serial_ports, old)| {
            let mut policy = Policy { serial_ports, ..Policy::default() };
            if old {
                policy.tls.minimum = super::super::TlsVersion::V1_2;
            }
            for (entry, on) in REGISTRY.iter().zip(switches) {
                policy.services.set(entry.service, on);
            }
            let mut sources: Vec<haubert_guard::Network> = networks
                .into_iter()
                .map(|(address, prefix)| format!("{}/{prefix}", std::net::Ipv4Addr::from(address)).parse().unwrap())
                .collect();
            sources.sort();
            sources.dedup();
            policy.services.set_sources(Service::WebView, sources);
            policy
        })
    }

    /// A good file made bad in one of many ways; each must be refused.
    fn spoilt() -> impl Strategy<Value = (String, usize)> {
        let way = prop_oneof![
            "[a-z]{3,12}".prop_map(|key| format!("{key}_x = 1")),
            "[a-z]{3,12}".prop_map(|name| format!("[services.{name}_x]\nenabled = true")),
            Just("[services.web_view".to_owned()),
            Just("tls.minimum = \"1.1\"".to_owned()),
            any::<i64>().prop_map(|number| format!("services.discovery.enabled = {number}")),
            any::<u8>().prop_map(|prefix| format!("services.web_view.sources = [\"10.0.0.1/{}\"]", u16::from(prefix) + 33)),
            "[g-z]{1,20}".prop_map(|word| format!("services.web_view.sources = [\"{word}\"]")),
            Just("services.usb.sources = [\"10.0.0.0/8\"]\nservices.usb.enabled = true".to_owned()),
            (2u32..).prop_map(|version| format!("version = {version}")),
            "[a-z]{1,8}".prop_map(|word| format!("serial_ports.\"{word}\" = true")),
            Just("serial_ports.\"/dev/../etc/passwd\" = true".to_owned()),
            Just("services.discovery = true".to_owned()),
            Just("services.discovery.enabled".to_owned()),
            "[\\x01-\\x08\\x0b]{1,3}".prop_map(|control| format!("# {control}")),
        ];
        (way, 0usize..6).prop_map(|(bad, comments)| {
            let mut text = "# kept\n".repeat(comments);
            text.push_str(&bad);
            text.push_str("\n# end\n");
            (text, comments)
        })
    }

    #[test]
    fn a_file_gives_back_its_policy() {
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
        let outcome = TestRunner::new(config).run(&policies(), |policy| {
            prop_assert_eq!(parse(&print(&policy)).unwrap(), policy);
            Ok(())
        });
        haubert_score::record("10.good", outcome.is_ok(), "200 files without a fault are taken as they are");
        outcome.unwrap();
    }

    #[test]
    fn a_bad_file_is_refused_with_line_and_reason() {
        // The thousand of the scoreboard's line on bad configuration.
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) };
        let outcome = TestRunner::new(config).run(&spoilt(), |(text, comments)| {
            let fault = parse(&text).unwrap_err();
            prop_assert!(fault.line > comments && fault.line <= comments + 3, "{fault} in {text:?}");
            prop_assert!(!fault.reason.is_empty() && fault.column >= 1);
            Ok(())
        });
        let words =
            outcome.as_ref().map_or_else(ToString::to_string, |()| "1,000 of 1,000, each with line and reason".to_owned());
        haubert_score::record("10.files", outcome.is_ok(), words);
        outcome.unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn a_good_file_cut_or_flipped_anywhere_does_no_harm(policy in policies(), at in any::<proptest::sample::Index>(), byte in 0u8..128) {
            let mut bytes = print(&policy).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            // What it gives, when it gives anything, is a policy that holds together.
            if let Ok(text) = String::from_utf8(bytes) && let Ok(policy) = parse(&text) {
                prop_assert!(policy.check().is_ok());
            }
        }
    }

    #[test]
    fn a_fault_of_sense_has_its_line_too() {
        let fault = parse("version = 1\n\n[services.hub_link]\nenabled = true\nsources = [\"10.0.0.0/8\"]\n").unwrap_err();
        assert_eq!((fault.line, fault.column, fault.path.as_str()), (5, 1, "services.hub_link.sources"));
        let fault =
            parse("[services.web_view]\nenabled = true\nsources = [\n  \"10.0.0.0/8\",\n  \"10.0.0.0/99\",\n]\n").unwrap_err();
        assert_eq!(fault.line, 3, "{fault}");
        assert!(parse(&"# \n".repeat(MAX_BYTES)).is_err());
    }
}
