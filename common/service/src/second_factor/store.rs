//! What is kept of an account's factors, and how it is changed.

use crate::problem::{Problem, codes};
use crate::{BoxFuture, StoreError};
use haubert_model::{Secret, Timestamp, UserId};
use haubert_trust::{Key, seal, unseal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use webauthn_rs::prelude::{Passkey, Uuid};

/// What a store keeps of an account's factors.
#[derive(Debug, Clone)]
pub struct FactorRow {
    /// The document, which the store does not read.
    pub document: Secret,
    /// Counts the changes.
    pub revision: i64,
}

/// Where factors are kept: one row per account that has some, gone with it. Implemented by each program's store.
pub trait FactorStore: Send + Sync + 'static {
    /// The row of an account.
    fn load(&self, user: UserId) -> BoxFuture<'_, Result<Option<FactorRow>, StoreError>>;
    /// Puts `document` in place of what has the revision `expected` (`None`: there is no row yet) and counts one on; without a
    /// document the row goes. `false`, and nothing changed, when somebody else was first.
    fn replace(&self, user: UserId, document: Option<Secret>, expected: Option<i64>) -> BoxFuture<'_, Result<bool, StoreError>>;
    /// The rows of all accounts that have one.
    fn load_all(&self) -> BoxFuture<'_, Result<Vec<(UserId, FactorRow)>, StoreError>>;
}

/// The document.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Factors {
    pub(super) totp: Option<Totp>,
    /// Digests of the recovery codes that are left, in hexadecimal.
    pub(super) recovery: Vec<String>,
    pub(super) passkeys: Vec<StoredPasskey>,
}

/// An app that makes codes.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Totp {
    /// In Base32.
    pub(super) secret: String,
    pub(super) since_ms: i64,
    /// Step of the last code taken.
    pub(super) last_step: u64,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Totp(…)")
    }
}

/// A passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredPasskey {
    pub(super) id: Uuid,
    /// What its owner calls it.
    pub(super) name: String,
    /// The host name that it is for; it works under no other.
    pub(super) host: String,
    pub(super) created_ms: i64,
    pub(super) used_ms: Option<i64>,
    pub(super) key: Passkey,
}

impl Factors {
    pub(super) fn any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// Recovery codes are of no use without a factor.
    pub(super) fn tidy(&mut self) {
        if !self.any() {
            self.recovery.clear();
        }
    }
}

impl StoredPasskey {
    pub(super) fn created_at(&self) -> Timestamp {
        Timestamp(self.created_ms)
    }

    pub(super) fn used_at(&self) -> Option<Timestamp> {
        self.used_ms.map(Timestamp)
    }
}

/// Reads and changes documents, sealed where the store is not encrypted itself.
pub(super) struct Vault {
    store: Arc<dyn FactorStore>,
    seal: Option<Key>,
}

/// How often a change is tried again when somebody else was first.
const TRIES: usize = 8;

impl Vault {
    pub(super) fn new(store: Arc<dyn FactorStore>, seal: Option<Key>) -> Self {
        Self { store, seal }
    }

    /// The factors of an account and their revision.
    pub(super) async fn load(&self, user: UserId) -> Result<(Factors, Option<i64>), Problem> {
        match self.store.load(user).await? {
            Some(row) => Ok((self.read(user, &row.document)?, Some(row.revision))),
            None => Ok((Factors::default(), None)),
        }
    }

    /// The factors of all accounts that have some.
    pub(super) async fn load_all(&self) -> Result<Vec<(UserId, Factors)>, Problem> {
        let rows = self.store.load_all().await?;
        rows.into_iter().map(|(user, row)| Ok((user, self.read(user, &row.document)?))).collect()
    }

    /// Changes the factors of an account: all of `change` or nothing, however many do so at once.
    pub(super) async fn change<T>(
        &self,
        user: UserId,
        change: impl Fn(&mut Factors) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        for _ in 0..TRIES {
            let (mut factors, revision) = self.load(user).await?;
            let before = text(&factors)?;
            let outcome = change(&mut factors)?;
            factors.tidy();
            let after = text(&factors)?;
            if before.expose() == after.expose() {
                return Ok(outcome);
            }
            let document = match &self.seal {
                _ if !factors.any() => None,
                Some(key) => {
                    let sealed = seal(key, &user.to_string(), &after);
                    Some(Secret::new(sealed.map_err(|error| Problem::internal("seal second factors", &error))?))
                }
                None => Some(after),
            };
            if self.store.replace(user, document, revision).await? {
                return Ok(outcome);
            }
        }
        Err(Problem::new(codes::CONFLICT))
    }

    fn read(&self, user: UserId, document: &Secret) -> Result<Factors, Problem> {
        let opened = match &self.seal {
            Some(key) => unseal(key, &user.to_string(), document.expose())
                .map_err(|error| Problem::internal("unseal second factors", &error))?,
            None => document.clone(),
        };
        // What serde would say of a damaged document could hold a piece of it.
        serde_json::from_str(opened.expose())
            .map_err(|_| Problem::internal("read second factors", &StoreError::new("the document is damaged")))
    }
}

fn text(factors: &Factors) -> Result<Secret, Problem> {
    serde_json::to_string(factors).map(Secret::new).map_err(|error| Problem::internal("write second factors", &error))
}
