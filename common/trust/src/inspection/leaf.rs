//! The certificate that is shown: what it is for, for whom, and for how long.

use super::chain::tell_dates;
use super::{Grade, Inspection, Purpose, is_self_issued};
use crate::certificate::names_of;
use haubert_model::Timestamp;
use x509_parser::extensions::{DistributionPointName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

/// Longest life of a server's certificate without a warning, days (R25: three years, one of them with a leap day).
const LONG_DAYS: i64 = 1_096;
const DAY_SECONDS: i64 = 86_400;
/// Most names in a finding.
const MAX_TOLD: usize = 8;

pub(super) fn tell(
    found: &mut Inspection,
    certificate: &X509Certificate<'_>,
    purpose: Purpose,
    wanted: &[String],
    now: Timestamp,
) {
    tell_dates(found, certificate, now);
    let validity = certificate.validity();
    let days = (validity.not_after.timestamp().saturating_sub(validity.not_before.timestamp())) / DAY_SECONDS;
    if days > LONG_DAYS {
        found.say(Grade::Warning, "life_long", [("days", days.to_string())]);
    }
    if certificate.is_ca() {
        found.error("leaf_is_authority");
    }
    tell_use(found, certificate, purpose);
    if purpose == Purpose::Server {
        tell_names(found, certificate, wanted);
    }
    if !is_self_issued(certificate) && !points_to_revocation(certificate) {
        found.say(Grade::Warning, "no_revocation_pointer", []);
    }
}

/// Key usage (R27) and extended key usage (R28).
fn tell_use(found: &mut Inspection, certificate: &X509Certificate<'_>, purpose: Purpose) {
    match certificate.key_usage() {
        Ok(Some(usage)) if !usage.value.digital_signature() => found.error("key_usage_wrong"),
        Ok(Some(_)) => {}
        Ok(None) => found.say(Grade::Warning, "key_usage_absent", []),
        Err(_) => found.error("certificate_unreadable"),
    }
    match certificate.extended_key_usage() {
        Ok(Some(usage)) => {
            let fits = match purpose {
                Purpose::Server => usage.value.server_auth,
                Purpose::Client => usage.value.client_auth,
            };
            if !fits && !usage.value.any {
                found.error("use_wrong");
            }
        }
        Ok(None) => found.say(Grade::Warning, "use_absent", []),
        Err(_) => found.error("certificate_unreadable"),
    }
}

/// Alternative names (R29): there must be some, and those that people use should be among them.
fn tell_names(found: &mut Inspection, certificate: &X509Certificate<'_>, wanted: &[String]) {
    let names = names_of(certificate);
    if names.is_empty() {
        found.error("names_missing");
        return;
    }
    let missing: Vec<&str> =
        wanted.iter().filter(|name| !names.iter().any(|has| covers(has, name))).map(String::as_str).take(MAX_TOLD).collect();
    if !missing.is_empty() {
        found.say(Grade::Warning, "names_differ", [("names", missing.join(", "))]);
    }
}

/// Whether the certificate's `has` is good for `name`; a star stands for one label (RFC 6125, 6.4.3).
fn covers(has: &str, name: &str) -> bool {
    if has.eq_ignore_ascii_case(name) {
        return true;
    }
    match (has.strip_prefix("*."), name.split_once('.')) {
        (Some(domain), Some((label, rest))) => !label.is_empty() && domain.eq_ignore_ascii_case(rest),
        _ => false,
    }
}

/// Where its revocation is told (R33): a distribution point or the issuer's service.
fn points_to_revocation(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => !access.accessdescs.is_empty(),
        ParsedExtension::CRLDistributionPoints(points) => points
            .points
            .iter()
            .any(|point| matches!(&point.distribution_point, Some(DistributionPointName::FullName(names)) if !names.is_empty())),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("gw.example", "GW.example"));
        assert!(covers("*.example", "gw.example"));
        assert!(!covers("*.example", "a.b.example"));
        assert!(!covers("*.example", "example"));
        assert!(!covers("*.example", ".example"));
        assert!(!covers("gw.example", "gw2.example"));
    }
}
