//! Whether what a master writes is let through, and the record of each write: durable before the device hears of it.

use super::writes::WriteRule;
use crate::audit::{Audit, Unavailable};
use haubert_fieldbus::Question;
use haubert_modbus::{ExceptionCode, Request};
use haubert_modbus_server::Peer;
use haubert_model::DeviceId;
use haubert_trust::audit::{Actor, ActorKind, Category, Entry, Outcome};
use std::sync::{Arc, PoisonError, RwLock};

/// A device that is written to, as records name it.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) unit: u8,
    pub(super) device: DeviceId,
    pub(super) name: String,
}

/// The rules in force.
#[derive(Debug, Default)]
struct Rules {
    allowed: bool,
    rules: Vec<WriteRule>,
}

/// What is let through, and the trail that tells of it.
pub(super) struct Writing {
    audit: Audit,
    rules: RwLock<Arc<Rules>>,
}

impl Writing {
    /// Nothing is let through yet.
    pub(super) fn new(audit: Audit) -> Self {
        Self { audit, rules: RwLock::default() }
    }

    pub(super) fn arrange(&self, rules: &[WriteRule], allowed: bool) {
        let rules = Arc::new(Rules { allowed, rules: rules.to_vec() });
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether anything may be written by anybody.
    pub(super) fn is_open(&self) -> bool {
        let rules = self.rules();
        rules.allowed && !rules.rules.is_empty()
    }

    /// What carries a write to this device; `None` when no rule names it.
    pub(super) fn question(&self, peer: &Peer, device: DeviceId, request: &Request) -> Option<Question> {
        let rules = self.rules();
        rules.rules.iter().filter(|_| rules.allowed).find_map(|rule| rule.question(peer, device, request))
    }

    /// Counts a write that nobody named: the first of a kind in a minute is a record, the others are one number.
    pub(super) fn refuse(&self, peer: &Peer, written: &Written, request: &Request) {
        self.audit.count(entry("device_write_refused", Outcome::Refused, peer, written, request));
    }

    /// Records a write that is about to be done.
    pub(super) async fn begin(&self, peer: &Peer, written: &Written, request: &Request) -> Result<(), Unavailable> {
        let entry = entry("device_written", Outcome::Success, peer, written, request);
        let audit = self.audit.clone();
        let recorded = tokio::task::spawn_blocking(move || audit.changing(vec![entry])).await;
        recorded.unwrap_or_else(|_| Err(Unavailable::stopping())).map(drop)
    }

    /// Records that the device did not take it after all, or did not say.
    pub(super) async fn fail(&self, peer: &Peer, written: &Written, request: &Request, code: ExceptionCode) {
        let entry = entry("device_write_failed", Outcome::Failure, peer, written, request);
        self.audit.record(entry.detail("code", code.as_u8())).await;
    }
}

fn entry(action: &'static str, outcome: Outcome, peer: &Peer, written: &Written, request: &Request) -> Entry {
    let actor = Actor { kind: ActorKind::Anonymous, source: peer.source.to_canonical().to_string(), ..Actor::system() };
    let entry = Entry::new(actor, Category::System, action, outcome)
        .target("device", written.device.to_string(), written.name.as_str())
        .detail("unit", written.unit)
        .detail("function", request.function());
    let entry = match request.written() {
        Some((first, last)) => entry.detail("first", first).detail("last", last).detail("values", request.values_text()),
        None => entry,
    };
    match &peer.role {
        Some(role) => entry.detail("role", role),
        None => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_who_wrote_what_where() {
        let peer = Peer { source: "::ffff:192.0.2.7".parse().unwrap(), role: Some("Operator".to_owned()) };
        let written = Written { unit: 7, device: DeviceId(uuid::Uuid::from_u128(1)), name: "Feeder".to_owned() };
        let request = Request::WriteRegisters { address: 100, values: vec![1, 0xABCD] };
        let entry = entry("device_written", Outcome::Success, &peer, &written, &request);
        assert_eq!((entry.actor.source.as_str(), entry.target.unwrap().name.as_str()), ("192.0.2.7", "Feeder"));
        let details: Vec<(&str, &str)> = entry.details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            details,
            [
                ("first", "100"),
                ("function", "16"),
                ("last", "101"),
                ("role", "Operator"),
                ("unit", "7"),
                ("values", "0x0001 0xABCD")
            ]
        );
    }
}
