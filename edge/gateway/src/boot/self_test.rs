//! Known answers of the cryptography, and known decisions of the rules that guard the gateway.

use crate::policy::{Policy, Service};
use crate::rights::{self, profile};
use haubert_model::Timestamp;
use haubert_service::permission::RightsTable;

/// One test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// Stable name.
    pub name: &'static str,
    /// Whether it passed.
    pub passed: bool,
}

/// All of them, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfTest {
    /// When.
    pub at: Timestamp,
    /// In order.
    pub tests: Vec<Test>,
}

impl SelfTest {
    /// Runs them.
    pub fn run(policy: &Policy, at: Timestamp) -> Self {
        let crypto = haubert_trust::self_test().into_iter();
        let rules = [("permissions", permissions()), ("policy", decides(policy))];
        Self { at, tests: crypto.chain(rules).map(|(name, passed)| Test { name, passed }).collect() }
    }

    /// Whether all passed.
    pub fn passed(&self) -> bool {
        self.tests.iter().all(|test| test.passed)
    }

    /// Names of those that did not.
    pub fn failed(&self) -> Vec<&'static str> {
        self.tests.iter().filter(|test| !test.passed).map(|test| test.name).collect()
    }
}

/// What the shipped table must answer, and that nobody unknown and nothing undeclared is allowed.
fn permissions() -> bool {
    let table = rights::shipped();
    let may = |profile: &str, permission: haubert_service::permission::Permission| table.allows(profile, &permission.to_string());
    may(profile::CYBER_SECURITY, rights::POLICY_CHANGE)
        && may(profile::ADMIN, rights::SOURCES_CHANGE)
        && !may(profile::ADMIN, rights::ACCOUNTS_CHANGE)
        && !may(profile::CYBER_SECURITY, rights::SOURCES_CHANGE)
        && !may(profile::USER, rights::SITE_CHANGE)
        && !may("nobody", rights::MEASUREMENTS_VIEW)
        && !table.allows(profile::ADMIN, "everything:change")
        && !RightsTable::default().allows(profile::ADMIN, &rights::SITE_VIEW.to_string())
}

/// A service that is switched off is not allowed, and one that needs it is not either.
fn decides(policy: &Policy) -> bool {
    let mut closed = policy.clone();
    for (service, enabled) in [(Service::HubLink, false), (Service::UpdateFromHub, true)] {
        closed.services.set(service, enabled);
    }
    let mut open = policy.clone();
    for service in [Service::WebView, Service::LocalApi, Service::UpdateFromFile] {
        open.services.set(service, true);
    }
    !closed.allows(Service::HubLink) && !closed.allows(Service::UpdateFromHub) && open.allows(Service::UpdateFromFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pass_here_and_a_failure_is_named() {
        let mut test = SelfTest::run(&Policy::default(), Timestamp(0));
        assert_eq!(test.failed(), [""; 0]);
        test.tests[1].passed = false;
        assert_eq!(test.failed(), ["hmac_sha256"]);
        assert!(!test.passed());
    }
}
