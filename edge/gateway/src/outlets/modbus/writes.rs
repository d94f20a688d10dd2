//! What masters may write, source by source. Pure.
//!
//! A rule names the device, not its unit id: another number given to it, or its number to another, opens nothing else.

use haubert_fieldbus::writable::WRITE_FUNCTIONS;
use haubert_fieldbus::{Question, Writable};
use haubert_guard::Network;
use haubert_modbus::Request;
use haubert_modbus_server::Peer;
use haubert_model::DeviceId;
use haubert_service::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most rules.
const MAX_RULES: usize = 64;
/// Longest name of a role, in characters.
const MAX_ROLE: usize = 64;

/// What masters of one source may write to one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModbusWriteRule)]
pub struct WriteRule {
    /// Where they come from: an address or a network.
    #[schema(value_type = String)]
    pub source: Network,
    /// The role that their certificate must name: then only the secured server lets them through. Anybody's of that source when absent.
    #[schema(required)]
    pub role: Option<String>,
    /// The device.
    pub device_id: DeviceId,
    /// By which function codes: of 5, 6, 15, 16, 22, 23.
    pub functions: BTreeSet<u8>,
    /// First coil or register, as on the wire.
    pub first: u16,
    /// Last coil or register.
    pub last: u16,
}

impl WriteRule {
    /// The question that carries a write of this master to this device; `None` when it is not named.
    pub(super) fn question(&self, peer: &Peer, device: DeviceId, request: &Request) -> Option<Question> {
        let is_meant = self.device_id == device
            && self.source.contains(peer.source)
            && self.role.as_ref().is_none_or(|role| peer.role.as_ref() == Some(role));
        let writable = || Writable { functions: self.functions.clone(), first: self.first, last: self.last };
        is_meant.then(|| writable().question(request)).flatten()
    }
}

/// Notes in `problem` what makes no sense of the rules.
pub(super) fn check(rules: &[WriteRule], mut problem: Problem) -> Problem {
    if rules.len() > MAX_RULES {
        problem = problem.field("writes", "too_many", format!("at most {MAX_RULES} rules"));
    }
    for (at, rule) in rules.iter().enumerate() {
        let field = |name: &str| format!("writes.{at}.{name}");
        if rule.functions.is_empty() || !rule.functions.iter().all(|function| WRITE_FUNCTIONS.contains(function)) {
            problem = problem.field(&field("functions"), "not_valid", "some of 5, 6, 15, 16, 22 and 23");
        }
        if rule.first > rule.last {
            problem = problem.field(&field("last"), "out_of_range", "not below the first");
        }
        let is_role = |role: &String| {
            (1..=MAX_ROLE).contains(&role.chars().count()) && role.trim() == role && !role.chars().any(char::is_control)
        };
        if rule.role.as_ref().is_some_and(|role| !is_role(role)) {
            problem = problem.field(&field("role"), "not_valid", format!("1 to {MAX_ROLE} characters"));
        }
        if rules.iter().take(at).any(|other| other == rule) {
            problem = problem.field(&field("source"), "twice", "this rule is there twice");
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_service::problem::codes;

    const METER: DeviceId = DeviceId(uuid::Uuid::from_u128(1));

    fn rule() -> WriteRule {
        WriteRule {
            source: "192.0.2.0/28".parse().unwrap(),
            role: None,
            device_id: METER,
            functions: [6, 16].into(),
            first: 100,
            last: 109,
        }
    }

    fn peer(source: &str, role: Option<&str>) -> Peer {
        Peer { source: source.parse().unwrap(), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_rule_holds_for_its_source_its_role_its_device_and_its_registers() {
        let write = |address| Request::WriteRegister { address, value: 1 };
        let inside = peer("192.0.2.9", None);
        assert!(rule().question(&inside, METER, &write(100)).is_some());
        assert!(rule().question(&inside, METER, &write(110)).is_none());
        assert!(rule().question(&inside, DeviceId(uuid::Uuid::from_u128(2)), &write(100)).is_none());
        assert!(rule().question(&peer("192.0.2.16", None), METER, &write(100)).is_none());
        assert!(rule().question(&inside, METER, &Request::WriteCoil { address: 100, value: true }).is_none());
        let operators = WriteRule { role: Some("Operator".to_owned()), ..rule() };
        assert!(operators.question(&inside, METER, &write(100)).is_none(), "who shows no role has none");
        assert!(operators.question(&peer("192.0.2.9", Some("operator")), METER, &write(100)).is_none());
        assert!(operators.question(&peer("192.0.2.9", Some("Operator")), METER, &write(100)).is_some());
        assert!(rule().question(&peer("192.0.2.9", Some("Viewer")), METER, &write(100)).is_some());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let fields = |rules: &[WriteRule]| {
            let problem = check(rules, Problem::new(codes::INVALID));
            problem.fields.iter().map(|field| field.field.clone()).collect::<Vec<_>>()
        };
        assert!(fields(&[rule(), WriteRule { last: 100, ..rule() }]).is_empty());
        assert_eq!(fields(&[rule(), rule()]), ["writes.1.source"]);
        assert_eq!(fields(&[WriteRule { functions: BTreeSet::new(), ..rule() }]), ["writes.0.functions"]);
        assert_eq!(fields(&[WriteRule { functions: [6, 8].into(), ..rule() }]), ["writes.0.functions"]);
        assert_eq!(fields(&[WriteRule { last: 99, ..rule() }]), ["writes.0.last"]);
        for role in ["", " x", "a\nb", &"x".repeat(65)] {
            assert_eq!(fields(&[WriteRule { role: Some(role.to_owned()), ..rule() }]), ["writes.0.role"], "{role:?}");
        }
        let many = (0..=64).map(|last| WriteRule { last: 200 + last, ..rule() }).collect::<Vec<_>>();
        assert_eq!(fields(&many), ["writes"]);
    }
}
