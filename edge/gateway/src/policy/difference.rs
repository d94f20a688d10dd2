//! What would change: one line per value, before and after.

use super::document::Policy;
use super::services::REGISTRY;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// One value that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PolicyChange)]
pub struct Change {
    /// Its place in the document, dotted: `services.usb.enabled`.
    pub path: String,
    /// What it is.
    pub before: String,
    /// What it would be.
    pub after: String,
}

/// Every value that would change, in the order of the page.
pub fn between(before: &Policy, after: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut compare = |path: String, before: String, after: String| {
        if before != after {
            changes.push(Change { path, before, after });
        }
    };
    let version =
        |policy: &Policy| serde_json::to_value(policy.tls.minimum).ok().and_then(|value| value.as_str().map(str::to_owned));
    compare("tls.minimum".to_owned(), version(before).unwrap_or_default(), version(after).unwrap_or_default());
    for entry in REGISTRY {
        let service = entry.service;
        let enabled = |policy: &Policy| policy.is_on(service).to_string();
        compare(format!("services.{service}.enabled"), enabled(before), enabled(after));
        let sources = |policy: &Policy| policy.sources(service).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        compare(format!("services.{service}.sources"), sources(before), sources(after));
    }
    let ports: BTreeSet<&String> = before.serial_ports.keys().chain(after.serial_ports.keys()).collect();
    for port in ports {
        let open = |policy: &Policy| policy.serial_ports.get(port).map(ToString::to_string).unwrap_or_default();
        compare(format!("serial_ports.{port}"), open(before), open(after));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::services::Service;
    use super::*;
    use crate::policy::TlsVersion;

    #[test]
    fn every_value_that_changes_is_told_and_no_other() {
        let before = Policy::default();
        assert!(between(&before, &before).is_empty());
        let mut after = before.clone();
        after.tls.minimum = TlsVersion::V1_2;
        after.services.set(Service::Usb, true);
        after.services.set_sources(Service::WebView, vec!["10.0.0.0/8".parse().unwrap(), "192.0.2.1".parse().unwrap()]);
        after.serial_ports.insert("/dev/ttyS1".to_owned(), false);
        let told: Vec<_> =
            between(&before, &after).into_iter().map(|change| (change.path, change.before, change.after)).collect();
        let line = |path: &str, before: &str, after: &str| (path.to_owned(), before.to_owned(), after.to_owned());
        assert_eq!(
            told,
            [
                line("tls.minimum", "1.3", "1.2"),
                line("services.usb.enabled", "false", "true"),
                line("services.web_view.sources", "", "10.0.0.0/8, 192.0.2.1"),
                line("serial_ports./dev/ttyS1", "", "false"),
            ]
        );
    }
}
