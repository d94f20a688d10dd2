//! Which changes could keep the one who makes them from coming back.

use super::document::Policy;
use super::services::Service;
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Why a change is put on probation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PolicyRisk)]
pub enum Risk {
    /// A way in closes.
    WayIn,
    /// Fewer addresses may come.
    Sources,
    /// Browsers and programs must speak a newer TLS.
    Tls,
}

/// The ways in.
pub const WAYS_IN: [Service; 2] = [Service::WebView, Service::LocalApi];

/// Why a change could cut its author off; empty when it cannot.
pub fn of(before: &Policy, after: &Policy) -> Vec<Risk> {
    let closes = |service: &Service| before.allows(*service) && !after.allows(*service);
    let narrows = |service: &Service| {
        let (had, has) = (before.sources(*service), after.sources(*service));
        after.allows(*service) && !has.is_empty() && has != had && !had.iter().all(|network| has.contains(network))
            || after.allows(*service) && !has.is_empty() && had.is_empty()
    };
    let mut risks = Vec::new();
    if WAYS_IN.iter().any(closes) {
        risks.push(Risk::WayIn);
    }
    if WAYS_IN.iter().any(narrows) {
        risks.push(Risk::Sources);
    }
    if after.tls.minimum > before.tls.minimum {
        risks.push(Risk::Tls);
    }
    risks
}

/// Whether nobody could come in any more; such a policy is made at the machine only.
pub fn closes_every_way_in(policy: &Policy) -> bool {
    !WAYS_IN.iter().any(|service| policy.allows(*service))
}

/// Whether a policy would certainly refuse this address in every way.
pub fn refuses(policy: &Policy, from: IpAddr) -> bool {
    !WAYS_IN.iter().any(|service| policy.admits(*service, from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::TlsVersion;

    fn changed(change: impl Fn(&mut Policy)) -> Policy {
        let mut policy = Policy::default();
        change(&mut policy);
        policy
    }

    #[test]
    fn only_what_concerns_the_way_in_is_risky() {
        let fresh = Policy::default();
        let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
        assert!(of(&fresh, &fresh).is_empty());
        assert!(of(&fresh, &changed(|policy| policy.services.set(Service::Discovery, false))).is_empty());
        assert_eq!(of(&fresh, &changed(|policy| policy.services.set(Service::WebView, false))), [Risk::WayIn]);
        let narrow = changed(|policy| policy.services.set_sources(Service::WebView, networks(&["10.0.0.0/8"])));
        assert_eq!(of(&fresh, &narrow), [Risk::Sources]);
        let wider = changed(|policy| policy.services.set_sources(Service::WebView, networks(&["10.0.0.0/8", "192.0.2.1"])));
        assert!(of(&narrow, &wider).is_empty() && of(&narrow, &fresh).is_empty());
        assert_eq!(of(&wider, &narrow), [Risk::Sources]);
        let old = changed(|policy| policy.tls.minimum = TlsVersion::V1_2);
        assert!(of(&fresh, &old).is_empty());
        assert_eq!(of(&old, &fresh), [Risk::Tls]);
    }

    #[test]
    fn an_address_that_no_way_takes_is_told() {
        let from = "192.0.2.1".parse().unwrap();
        let policy = changed(|policy| {
            policy.services.set(Service::LocalApi, false);
            policy.services.set_sources(Service::WebView, vec!["10.0.0.0/8".parse().unwrap()]);
        });
        assert!(refuses(&policy, from) && !refuses(&policy, "10.1.2.3".parse().unwrap()) && !closes_every_way_in(&policy));
    }
}
