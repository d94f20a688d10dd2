//! The certificates of a chain: their order (R34), dates, keys and signatures.

use super::{Grade, Inspection, PublicKeyKind, is_self_issued, is_weak_signature};
use haubert_model::Timestamp;
use x509_parser::prelude::X509Certificate;

/// Days before the end of its life from which a new certificate is not worth installing without a word.
const SOON_DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// A chain put in order.
pub(super) struct Ordered {
    /// Places in the upload, leaf first, each signed by the next.
    pub(super) chain: Vec<usize>,
    /// Certificates that have nothing to do with it.
    extra: usize,
    /// Whether it stood in another order.
    moved: bool,
    /// There is a certificate of the issuer's name that did not sign.
    broken: bool,
}

impl Ordered {
    pub(super) fn from(parsed: &[X509Certificate<'_>], start: usize) -> Self {
        let mut chain = vec![start];
        let mut broken = false;
        while let Some(last) = chain.last().and_then(|at| parsed.get(*at)).filter(|last| !is_self_issued(last)) {
            let mut named = false;
            let issuer = parsed.iter().enumerate().position(|(at, candidate)| {
                let is_named = !chain.contains(&at) && candidate.subject().as_raw() == last.issuer().as_raw();
                named |= is_named;
                // A signature that cannot be verified here (SHA-1, RSA below 2048) is found weak elsewhere.
                is_named && (last.verify_signature(Some(candidate.public_key())).is_ok() || is_unverifiable(last, candidate))
            });
            match issuer {
                Some(at) => chain.push(at),
                None => {
                    broken = named;
                    break;
                }
            }
        }
        let moved = chain.iter().enumerate().any(|(wanted, at)| wanted != *at);
        Self { extra: parsed.len().saturating_sub(chain.len()), chain, moved, broken }
    }
}

fn is_unverifiable(signed: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    is_weak_signature(&signed.signature_algorithm) || !PublicKeyKind::of(issuer.public_key()).is_strong()
}

pub(super) fn tell(found: &mut Inspection, parsed: &[X509Certificate<'_>], ordered: &Ordered, now: Timestamp) {
    if ordered.broken {
        found.error("chain_broken");
    }
    if ordered.moved {
        found.say(Grade::Note, "chain_reordered", []);
    }
    if ordered.extra > 0 {
        found.say(Grade::Warning, "chain_extra", [("count", ordered.extra.to_string())]);
    }
    let members: Vec<&X509Certificate<'_>> = ordered.chain.iter().filter_map(|at| parsed.get(*at)).collect();
    for (at, certificate) in members.iter().enumerate() {
        let key = PublicKeyKind::of(certificate.public_key());
        if !key.is_strong() {
            found.say(Grade::Error, "key_weak", [("key", key.name())]);
        }
        // Nobody relies on the signature that a root makes under itself.
        if is_weak_signature(&certificate.signature_algorithm) && (at == 0 || !is_self_issued(certificate)) {
            found.error("signature_weak");
        }
        if at > 0 && !certificate.is_ca() {
            found.error("issuer_not_authority");
        }
        let (from, until) = life(certificate);
        if at > 0 && !(from..until).contains(&now) {
            found.error("chain_expired");
        }
    }
    match (members.len(), members.last()) {
        (1, Some(last)) if is_self_issued(last) => found.say(Grade::Note, "self_signed", []),
        (_, Some(last)) if is_self_issued(last) => found.say(Grade::Note, "root_included", []),
        // Usual where the issuer is a root that the peers have; wrong where it is an authority in between.
        (_, Some(last)) => {
            let grade = if members.len() == 1 { Grade::Warning } else { Grade::Note };
            found.say(grade, "chain_open", [("issuer", last.issuer().to_string())]);
        }
        _ => {}
    }
}

fn life(certificate: &X509Certificate<'_>) -> (Timestamp, Timestamp) {
    let validity = certificate.validity();
    (Timestamp::from_secs(validity.not_before.timestamp()), Timestamp::from_secs(validity.not_after.timestamp()))
}

/// Whether it is valid now, and for how long.
pub(super) fn tell_dates(found: &mut Inspection, certificate: &X509Certificate<'_>, now: Timestamp) {
    let (from, until) = life(certificate);
    if until <= now {
        found.error("expired");
    } else if from > now {
        found.error("not_yet_valid");
    } else if until.ms_since(now) < SOON_DAYS * DAY_MS {
        found.say(Grade::Warning, "expires_soon", [("days", (until.ms_since(now) / DAY_MS).to_string())]);
    }
}
