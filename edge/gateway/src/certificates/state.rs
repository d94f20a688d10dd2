//! What is configured of certificates, as loaded from the store.

use super::uses::{IdentityUse, TrustUse};
use haubert_model::Timestamp;
use haubert_trust::{Authorities, CertificateInfo, Crl, Fingerprint, Identity, KeyPem, Revocation, certificates_der};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most authorities of one trust store.
pub const MAX_ANCHORS: usize = 32;
/// Most revocation lists of one trust store.
pub const MAX_LISTS: usize = 16;
/// Most steps of the expiry alarm.
const MAX_STEPS: usize = 8;

/// Where an identity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IdentityOrigin)]
pub enum Origin {
    /// Made unasked: at the first start, or when such a one had expired.
    FirstStart,
    /// Made self-signed because somebody asked.
    SelfSigned,
    /// Uploaded.
    Uploaded,
}

impl Origin {
    /// As it is kept.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstStart => "first_start",
            Self::SelfSigned => "self_signed",
            Self::Uploaded => "uploaded",
        }
    }

    /// Reads what [`Self::code`] writes.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::FirstStart, Self::SelfSigned, Self::Uploaded].into_iter().find(|origin| origin.code() == code)
    }
}

/// An identity that is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Key and chain.
    pub identity: Identity,
    /// What its certificate says.
    pub info: CertificateInfo,
    /// Where it comes from.
    pub origin: Origin,
    /// In use since then.
    pub since: Timestamp,
}

/// A request that waits for its certificate.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its key, which never leaves.
    pub key: KeyPem,
    /// The request, PEM.
    pub csr_pem: String,
    /// When it was made.
    pub made_at: Timestamp,
}

/// What there is for one use.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    /// In use.
    pub current: Option<Kept>,
    /// Before that.
    pub previous: Option<Kept>,
    /// Asked for.
    pub pending: Option<Pending>,
}

/// A certificate that is believed.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate, PEM.
    pub pem: String,
    /// What it says.
    pub info: CertificateInfo,
    /// Since when it is believed.
    pub added_at: Timestamp,
}

/// A revocation list.
#[derive(Debug, Clone)]
pub struct List {
    /// SHA-256 of the list, by which it is named.
    pub id: Fingerprint,
    /// The list.
    pub crl: Crl,
}

/// Whom one link believes.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    /// Certificates that are believed.
    pub anchors: Vec<Anchor>,
    /// Their revocation lists.
    pub lists: Vec<List>,
    /// What is demanded of lists.
    pub revocation: Revocation,
}

impl TrustStore {
    /// For a client's configuration.
    pub fn authorities(&self) -> Authorities {
        Authorities {
            certificates: self.anchors.iter().filter_map(|anchor| certificates_der(&anchor.pem).ok()).flatten().collect(),
            crls: self.lists.iter().map(|list| list.crl.der.clone().into()).collect(),
            revocation: self.revocation,
        }
    }
}

/// When to speak of an expiry, days before it, longest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alarms(Vec<u16>);

impl Default for Alarms {
    fn default() -> Self {
        Self(vec![30, 14, 7, 1])
    }
}

impl Alarms {
    /// Steps of 1 to 366 days, at least one and at most eight; `None` when they are not.
    pub fn new(mut days: Vec<u16>) -> Option<Self> {
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        let fits = (1..=MAX_STEPS).contains(&days.len()) && days.iter().all(|day| (1..=366).contains(day));
        fits.then_some(Self(days))
    }

    /// The steps, longest first.
    pub fn days(&self) -> &[u16] {
        &self.0
    }
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Identities by use; every use is there.
    pub identities: BTreeMap<IdentityUse, Slots>,
    /// Trust by use; every use is there.
    pub trust: BTreeMap<TrustUse, TrustStore>,
    /// When to speak of an expiry.
    pub alarms: Alarms,
}

impl State {
    /// The identity in use.
    pub fn current(&self, of: IdentityUse) -> Option<&Kept> {
        self.identities.get(&of).and_then(|slots| slots.current.as_ref())
    }

    /// Whom a link believes.
    pub fn authorities(&self, of: TrustUse) -> Authorities {
        self.trust.get(&of).map(TrustStore::authorities).unwrap_or_default()
    }
}
