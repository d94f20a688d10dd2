//! The keys that sign requests, as they are kept.

use crate::store::{StoreError, settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_trust::{Key, RandomError, WebhookKeys};
use rusqlite::Transaction;

/// Names under which they are kept, which the audit trail takes for a secret's.
const SHARED: &str = "push_secret";
const SEED: &str = "push_private";

/// A secret and a key pair.
#[derive(Clone)]
pub(super) struct Keys {
    shared: Key,
    seed: Key,
}

impl Keys {
    /// New ones.
    pub(super) fn random() -> Result<Self, RandomError> {
        Ok(Self { shared: Key::random()?, seed: Key::random()? })
    }

    /// As stored; `None` when none were ever made.
    pub(super) fn stored(tx: &Transaction<'_>) -> Result<Option<Self>, StoreError> {
        let key = |name| -> Result<Option<Key>, StoreError> {
            let text: Option<String> = settings::get(tx, name)?;
            let bytes = text.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| bytes.try_into().ok());
            Ok(bytes.map(Key::new))
        };
        Ok(key(SHARED)?.zip(key(SEED)?).map(|(shared, seed)| Self { shared, seed }))
    }

    /// Stores them.
    pub(super) fn store(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        settings::set(tx, SHARED, &STANDARD.encode(self.shared.expose()))?;
        settings::set(tx, SEED, &STANDARD.encode(self.seed.expose()))
    }

    /// Who signs with them; `None` when the provider refuses the seed.
    pub(super) fn signer(&self) -> Option<WebhookKeys> {
        WebhookKeys::new(self.shared.clone(), &self.seed)
    }
}
