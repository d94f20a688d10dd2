//! What the API shows of certificates. Private keys are never part of it.

use crate::certificates::state::{Kept, Origin, State};
use crate::certificates::uses::{IdentityUse, TrustUse};
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use haubert_trust::{CertificateInfo, Finding, Grade, Inspection, Revocation, certificates_der};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const DAY_MS: i64 = 86_400_000;

/// What a certificate says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateView)]
pub(super) struct View {
    subject: String,
    issuer: String,
    serial: String,
    names: Vec<String>,
    not_before: Time,
    not_after: Time,
    /// Whole days left; negative when it has expired.
    days_left: i64,
    /// SHA-256 of the certificate, `AB:CD:…`.
    fingerprint: String,
    /// Kind of its key: `EC P-256`, `RSA 3072`.
    key: String,
    self_signed: bool,
    is_authority: bool,
}

impl View {
    fn of(info: &CertificateInfo, now: Timestamp) -> Self {
        Self {
            subject: info.subject.clone(),
            issuer: info.issuer.clone(),
            serial: info.serial.clone(),
            names: info.names.clone(),
            not_before: Time(info.not_before),
            not_after: Time(info.not_after),
            days_left: info.not_after.ms_since(now).div_euclid(DAY_MS),
            fingerprint: info.fingerprint.to_string(),
            key: info.key.name(),
            self_signed: info.self_issued,
            is_authority: info.is_authority,
        }
    }
}

/// Where an identity is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShownAt {
    Https,
    Modbus,
    Syslog,
    Mqtt,
    Push,
    Lorawan,
    /// At the hub: made at enrolment, renewed by itself.
    Hub,
}

/// One identity of the gateway.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateIdentity)]
pub(super) struct IdentityView {
    purpose: ShownAt,
    /// In use.
    #[schema(required)]
    current: Option<IdentityState>,
    /// In use before that; can be taken back.
    #[schema(required)]
    previous: Option<IdentityState>,
    /// A request that waits for its certificate.
    #[schema(required)]
    request: Option<RequestView>,
}

/// An identity, and since when.
#[derive(Debug, Serialize, ToSchema)]
struct IdentityState {
    certificate: View,
    /// Certificates above it that are sent along.
    chain: Vec<View>,
    /// `null`: given by the hub.
    #[schema(required)]
    origin: Option<Origin>,
    #[schema(required)]
    since: Option<Time>,
}

/// A certificate request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateRequest)]
struct RequestView {
    made_at: Time,
    /// The request in PEM, to be given to an authority.
    csr_pem: String,
}

fn chain_of(pem: &str, now: Timestamp) -> Vec<View> {
    let infos = certificates_der(pem).unwrap_or_default();
    infos.iter().filter_map(|der| CertificateInfo::from_der(der).ok()).map(|info| View::of(&info, now)).collect()
}

fn state_of(pem: &str, origin: Option<Origin>, since: Option<Timestamp>, now: Timestamp) -> Option<IdentityState> {
    let mut chain = chain_of(pem, now);
    let certificate = if chain.is_empty() { return None } else { chain.remove(0) };
    Some(IdentityState { certificate, chain, origin, since: since.map(Time) })
}

fn kept(kept: Option<&Kept>, now: Timestamp) -> Option<IdentityState> {
    kept.and_then(|kept| state_of(&kept.identity.chain_pem, Some(kept.origin), Some(kept.since), now))
}

pub(super) fn identities(state: &State, hub: Option<&(String, String)>, now: Timestamp) -> Vec<IdentityView> {
    let of = |(purpose, slots): (&IdentityUse, &crate::certificates::state::Slots)| IdentityView {
        purpose: match purpose {
            IdentityUse::Https => ShownAt::Https,
            IdentityUse::Modbus => ShownAt::Modbus,
            IdentityUse::Syslog => ShownAt::Syslog,
            IdentityUse::Mqtt => ShownAt::Mqtt,
            IdentityUse::Push => ShownAt::Push,
            IdentityUse::Lorawan => ShownAt::Lorawan,
        },
        current: kept(slots.current.as_ref(), now),
        previous: kept(slots.previous.as_ref(), now),
        request: slots
            .pending
            .as_ref()
            .map(|pending| RequestView { made_at: Time(pending.made_at), csr_pem: pending.csr_pem.clone() }),
    };
    let mut views: Vec<IdentityView> = state.identities.iter().map(of).collect();
    if let Some((certificate, _)) = hub {
        let current = state_of(certificate, None, None, now);
        views.push(IdentityView { purpose: ShownAt::Hub, current, previous: None, request: None });
    }
    views
}

/// Whom one link believes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateTrust)]
pub(super) struct TrustView {
    purpose: TrustUse,
    /// Certificates that are believed.
    authorities: Vec<AuthorityView>,
    /// Revocation lists of theirs.
    crls: Vec<CrlView>,
    /// Whether a server is refused whose issuer has no revocation list that is in date.
    crl_required: bool,
}

/// A certificate that is believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateAuthority)]
struct AuthorityView {
    certificate: View,
    /// Agreed at enrolment: it goes when the gateway leaves the hub.
    agreed: bool,
    #[schema(required)]
    added_at: Option<Time>,
}

/// A revocation list.
#[derive(Debug, Serialize, ToSchema)]
struct CrlView {
    /// SHA-256 of the list.
    id: String,
    issuer: String,
    this_update: Time,
    next_update: Time,
    /// Certificates it names.
    revoked: usize,
    /// The next one is due.
    overdue: bool,
}

pub(super) fn trust(state: &State, hub: Option<&(String, String)>, now: Timestamp) -> Vec<TrustView> {
    let of = |(purpose, store): (&TrustUse, &crate::certificates::state::TrustStore)| {
        let agreed = hub.filter(|_| *purpose == TrustUse::Hub).map(|(_, authority)| chain_of(authority, now)).unwrap_or_default();
        let agreed = agreed.into_iter().map(|certificate| AuthorityView { certificate, agreed: true, added_at: None });
        let own = store.anchors.iter().map(|anchor| AuthorityView {
            certificate: View::of(&anchor.info, now),
            agreed: false,
            added_at: Some(Time(anchor.added_at)),
        });
        let crls = store.lists.iter().map(|list| CrlView {
            id: list.id.to_string(),
            issuer: list.crl.issuer.clone(),
            this_update: Time(list.crl.this_update),
            next_update: Time(list.crl.next_update),
            revoked: list.crl.revoked,
            overdue: list.crl.next_update <= now,
        });
        TrustView {
            purpose: *purpose,
            authorities: agreed.chain(own).collect(),
            crls: crls.collect(),
            crl_required: store.revocation == Revocation::Required,
        }
    };
    state.trust.iter().map(of).collect()
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FindingGrade)]
enum GradeView {
    Error,
    Warning,
    Note,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateFinding)]
struct FindingView {
    /// Stable code.
    code: &'static str,
    grade: GradeView,
    params: BTreeMap<&'static str, String>,
}

/// What was found in an upload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CertificateInspection)]
pub(super) struct InspectionView {
    /// Whether it can be put to use.
    acceptable: bool,
    /// The chain as it would be sent, leaf first.
    chain: Vec<View>,
    /// The gravest first.
    findings: Vec<FindingView>,
}

impl InspectionView {
    pub(super) fn of(found: &Inspection, now: Timestamp) -> Self {
        let finding = |finding: &Finding| FindingView {
            code: finding.code,
            grade: match finding.grade {
                Grade::Error => GradeView::Error,
                Grade::Warning => GradeView::Warning,
                Grade::Note => GradeView::Note,
            },
            params: finding.params.clone(),
        };
        Self {
            acceptable: found.findings.iter().all(|finding| finding.grade != Grade::Error),
            chain: found.chain.iter().map(|info| View::of(info, now)).collect(),
            findings: found.findings.iter().map(finding).collect(),
        }
    }
}
