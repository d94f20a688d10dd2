//! Password hashing off the async workers, two at a time: each takes 19 MiB, and the network decides how many are asked for.

use haubert_model::Secret;
use haubert_trust::{PasswordError, hash_password, verify_absent, verify_password};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// Of the whole process: the memory is.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Hashes and verifies, and counts what it verifies.
#[derive(Debug, Default)]
pub struct Passwords {
    checked: AtomicU64,
}

impl Passwords {
    /// The hash to store.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        let _permit = HASHING.acquire().await;
        match tokio::task::spawn_blocking(move || hash_password(&password)).await {
            Ok(result) => result,
            Err(_) => Err(PasswordError::interrupted()),
        }
    }

    /// Whether `password` is that of `stored`; `None` (nobody has that name) costs the same work.
    pub async fn verify(&self, password: Secret, stored: Option<String>) -> bool {
        let _permit = HASHING.acquire().await;
        self.checked.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(move || match stored {
            Some(stored) => verify_password(&password, &stored),
            None => verify_absent(&password),
        })
        .await
        .unwrap_or(false)
    }

    /// Verifications so far.
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }
}
