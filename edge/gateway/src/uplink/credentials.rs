//! What the encrypted store keeps of an enrolment.

use crate::store::{StoreError, settings};
use haubert_link::Credentials;
use haubert_model::{GatewayId, Secret};
use haubert_trust::{Authorities, KeyPem};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

const CREDENTIALS: &str = "hub_link";
const PROGRESS: &str = "hub_link_progress";

/// An enrolment at rest. It does not print: it holds the private key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) hub_url: String,
    gateway: GatewayId,
    pub(super) link_url: String,
    key_pem: String,
    pub(super) certificate_pem: String,
    pub(super) authority_pem: String,
}

impl Stored {
    pub(super) fn new(hub_url: &str, credentials: &Credentials) -> Self {
        Self {
            hub_url: hub_url.to_owned(),
            gateway: credentials.gateway,
            link_url: credentials.link_url.clone(),
            key_pem: credentials.key.expose().to_owned(),
            certificate_pem: credentials.certificate_pem.clone(),
            authority_pem: credentials.authority_pem.clone(),
        }
    }

    pub(super) fn credentials(self, also_trusted: Authorities) -> Credentials {
        Credentials {
            gateway: self.gateway,
            link_url: self.link_url,
            key: KeyPem::from_secret(Secret::new(self.key_pem)),
            certificate_pem: self.certificate_pem,
            authority_pem: self.authority_pem,
            also_trusted,
        }
    }
}

/// How far the hub has confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Chunks up to this cursor.
    pub(super) chunk_cursor: u64,
    /// Events up to this id.
    pub(super) event_id: u64,
}

pub(super) fn load(tx: &Transaction<'_>) -> Result<Option<Stored>, StoreError> {
    settings::get(tx, CREDENTIALS)
}

pub(super) fn progress(tx: &Transaction<'_>) -> Result<Progress, StoreError> {
    Ok(settings::get(tx, PROGRESS)?.unwrap_or_default())
}

/// Keeps a new enrolment; the new hub has nothing yet.
pub(super) fn save(tx: &Transaction<'_>, stored: &Stored) -> Result<(), StoreError> {
    settings::set(tx, CREDENTIALS, stored)?;
    settings::set(tx, PROGRESS, &Progress::default())
}

pub(super) fn replace(tx: &Transaction<'_>, stored: &Stored) -> Result<(), StoreError> {
    settings::set(tx, CREDENTIALS, stored)
}

pub(super) fn advance(tx: &Transaction<'_>, progress: Progress) -> Result<(), StoreError> {
    settings::set(tx, PROGRESS, &progress)
}

pub(super) fn forget(tx: &Transaction<'_>) -> Result<(), StoreError> {
    settings::remove(tx, CREDENTIALS)?;
    settings::remove(tx, PROGRESS)
}
