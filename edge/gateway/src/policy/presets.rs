//! The technical note's reference architectures as settings, each with the recommendation that it comes from.
//!
//! They are data ([`FILES`]): what the gateway can do itself is set, what only the network or people can do is said beside it.

use super::document::{Policy, TlsVersion};
use super::services::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The files, in the order of the page.
const FILES: [&str; 4] = [
    include_str!("presets/local_access.toml"),
    include_str!("presets/cloud.toml"),
    include_str!("presets/wireless.toml"),
    include_str!("presets/lorawan.toml"),
];

/// One reference architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Stable name.
    pub id: String,
    /// Where the recommendations stand.
    pub source: String,
    /// What is recommended, and what of it the gateway sets.
    #[serde(rename = "recommendation")]
    pub recommendations: Vec<Recommendation>,
}

/// One recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// Stable name; the words are the page's.
    pub id: String,
    /// Who can follow it.
    pub by: By,
    /// Services to be on or off.
    #[serde(default)]
    pub services: BTreeMap<Service, bool>,
    /// Oldest TLS.
    #[serde(default)]
    pub tls_minimum: Option<TlsVersion>,
    /// Services of which the sources are to be named; a preset cannot know them.
    #[serde(default)]
    pub sources_for: Vec<Service>,
}

/// Who can follow a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FollowedBy)]
pub enum By {
    /// This gateway.
    Gateway,
    /// Whoever runs the network.
    Network,
    /// Whoever uses or looks after the gateway.
    People,
}

/// The reference architectures. A test reads every file, so that none is left out.
pub fn all() -> Vec<Preset> {
    FILES.iter().filter_map(|text| toml::from_str(text).ok()).collect()
}

/// One of them.
pub fn of(id: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.id == id)
}

impl Preset {
    /// A policy with what this architecture sets; what it does not speak of stays.
    #[must_use]
    pub fn over(&self, before: &Policy) -> Policy {
        let mut policy = before.clone();
        for recommendation in &self.recommendations {
            for (service, on) in &recommendation.services {
                policy.services.set(*service, *on);
            }
            if let Some(minimum) = recommendation.tls_minimum {
                policy.tls.minimum = minimum;
            }
        }
        policy
    }

    /// Whether a policy follows every recommendation that a policy can follow.
    pub fn met(&self, policy: &Policy) -> bool {
        self.recommendations.iter().all(|recommendation| recommendation.met(policy) != Some(false))
    }
}

impl Recommendation {
    /// Whether a policy follows it; `None` where a policy cannot.
    pub fn met(&self, policy: &Policy) -> Option<bool> {
        let services = self.services.iter().all(|(service, on)| policy.is_on(*service) == *on);
        let tls = self.tls_minimum.is_none_or(|minimum| policy.tls.minimum >= minimum);
        let sources = self.sources_for.iter().all(|service| !policy.sources(*service).is_empty() || !policy.allows(*service));
        (self.by == By::Gateway).then_some(services && tls && sources)
    }
}

#[cfg(test)]
mod tests {
    use super::super::risk;
    use super::*;

    #[test]
    fn what_is_shipped_reads_and_leaves_a_way_in() {
        let presets = all();
        assert_eq!(
            presets.iter().map(|preset| preset.id.as_str()).collect::<Vec<_>>(),
            ["local_access", "cloud", "wireless", "lorawan"]
        );
        for preset in presets {
            let mut seen = std::collections::HashSet::new();
            for recommendation in &preset.recommendations {
                assert!(seen.insert(&recommendation.id), "{} twice", recommendation.id);
                let sets = !recommendation.services.is_empty()
                    || recommendation.tls_minimum.is_some()
                    || !recommendation.sources_for.is_empty();
                assert_eq!(sets, recommendation.by == By::Gateway, "{}: {}", preset.id, recommendation.id);
            }
            let policy = preset.over(&Policy::default());
            assert!(policy.check().is_ok() && !risk::closes_every_way_in(&policy));
            assert!(!policy.allows(Service::ModbusWriting) && !policy.allows(Service::Usb) && !policy.allows(Service::LocalApi));
            // What a policy can do of it is done, save the sources, which only a person knows.
            for recommendation in &preset.recommendations {
                let needs_sources = !recommendation.sources_for.is_empty();
                assert_eq!(
                    recommendation.met(&policy),
                    (recommendation.by == By::Gateway).then_some(!needs_sources),
                    "{}",
                    recommendation.id
                );
            }
        }
    }

    #[test]
    fn a_preset_keeps_what_it_does_not_speak_of() {
        let mut before = Policy::default();
        before.services.set_sources(Service::WebView, vec!["10.0.0.0/8".parse().unwrap()]);
        before.services.set(Service::Syslog, true);
        before.serial_ports.insert("/dev/ttyS1".to_owned(), false);
        let after = of("cloud").unwrap().over(&before);
        assert_eq!(after.sources(Service::WebView), before.sources(Service::WebView));
        assert!(after.allows(Service::Syslog) && after.serial_ports == before.serial_ports);
        assert!(of("cloud").unwrap().met(&after) && !of("cloud").unwrap().met(&before));
    }
}
