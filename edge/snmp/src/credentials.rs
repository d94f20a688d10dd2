//! Who may ask, or be told: a name, and keys made of two passwords. What is not SHA-2 and AES has no name here.

use async_snmp::{AuthProtocol, MasterKeys, PrivProtocol, UsmConfig};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// How messages are authenticated: HMAC over SHA-2 (RFC 7860).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SnmpAuthentication)]
pub enum Authentication {
    /// HMAC-192-SHA-256.
    #[default]
    Sha256,
    /// HMAC-256-SHA-384.
    Sha384,
    /// HMAC-384-SHA-512.
    Sha512,
}

/// How messages are encrypted: AES in CFB mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SnmpPrivacy)]
pub enum Privacy {
    /// With 128 bits (RFC 3826).
    #[default]
    Aes128,
    /// With 256 bits; no RFC has it, but net-snmp and others agree.
    Aes256,
}

/// Passwords from which no keys can be made.
#[derive(Debug, thiserror::Error)]
#[error("no keys can be made for this user: {0}")]
pub struct CredentialsError(String);

/// A user with keys. They do not print.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    keys: MasterKeys,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Makes the keys: 1 MiB is hashed for each password, as RFC 3414 wants. Blocks as long.
    ///
    /// # Errors
    /// [`CredentialsError`], for a password of less than 8 bytes.
    pub fn new(
        user: &str,
        (authentication, authentication_password): (Authentication, &str),
        (privacy, privacy_password): (Privacy, &str),
    ) -> Result<Self, CredentialsError> {
        let authentication = match authentication {
            Authentication::Sha256 => AuthProtocol::Sha256,
            Authentication::Sha384 => AuthProtocol::Sha384,
            Authentication::Sha512 => AuthProtocol::Sha512,
        };
        let privacy = match privacy {
            Privacy::Aes128 => PrivProtocol::Aes128,
            Privacy::Aes256 => PrivProtocol::Aes256Blumenthal,
        };
        let keys = MasterKeys::new(authentication, authentication_password.as_bytes())
            .and_then(|keys| keys.with_privacy(privacy, privacy_password.as_bytes()))
            .map_err(|error| CredentialsError(error.to_string()))?;
        Ok(Self { user: user.to_owned(), keys })
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    pub(crate) const fn keys(&self) -> &MasterKeys {
        &self.keys
    }

    pub(crate) fn config(&self) -> Result<UsmConfig, CredentialsError> {
        UsmConfig::new(self.user.clone()).with_master_keys(self.keys.clone()).map_err(|error| CredentialsError(error.to_string()))
    }
}
