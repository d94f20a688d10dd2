//! Second factors: one-time codes of an app (TOTP), passkeys, recovery codes.
//!
//! As soon as an account has a factor, its password alone opens nothing. A passkey is a whole sign-in by itself, because the
//! device asks for a finger, a face or a PIN (user verification is demanded and checked). Whoever adds the first factor gets
//! recovery codes; with the last factor they go.
//!
//! What an account has is one document in one row, replaced under its revision: a code that two requests race for counts once,
//! on one node or on several. Ceremonies under way live in memory, few and short. See ADR 17.

mod codes;
mod passkeys;
mod qr;
pub(crate) mod routes;
mod sign_in;
mod site;
mod store;
#[cfg(test)]
mod tests;

pub use store::{FactorRow, FactorStore};

use crate::pending::Pending;
use crate::problem::{Problem, codes as problems};
use haubert_model::{Clock, Secret, UserId};
use haubert_trust::{Key, TotpSecret};
use passkeys::{Authenticating, Registering};
use std::fmt;
use std::sync::Arc;
use store::Vault;

/// Whether the second step of a sign-in is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The account has no factor, or the code is right.
    Passed,
    /// A code is needed and was not given. Not a wrong try.
    Missing,
    /// The code is wrong or used: to be counted like a wrong password.
    Wrong,
}

/// What changed about the second factors of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorChange {
    /// Its owner added an app that makes codes.
    TotpAdded,
    /// Its owner removed that app.
    TotpRemoved,
    /// Its owner added a passkey.
    PasskeyAdded,
    /// Its owner removed a passkey.
    PasskeyRemoved,
    /// Its owner made new recovery codes.
    RecoveryRenewed,
    /// Whoever keeps the accounts took them all.
    Taken,
}

/// The second factors of all accounts of a program.
pub struct SecondFactors {
    vault: Vault,
    clock: Arc<dyn Clock>,
    product: &'static str,
    enrolments: Pending<TotpSecret>,
    registrations: Pending<Registering>,
    authentications: Pending<Authenticating>,
}

impl SecondFactors {
    /// Factors kept in `store`. A store that is not encrypted itself gives `seal`, the key under which they are kept; `product`
    /// is what apps and browsers show.
    pub fn new(store: Arc<dyn FactorStore>, seal: Option<Key>, clock: Arc<dyn Clock>, product: &'static str) -> Self {
        Self {
            vault: Vault::new(store, seal),
            clock,
            product,
            enrolments: Pending::default(),
            registrations: Pending::default(),
            authentications: Pending::default(),
        }
    }

    /// The second step after the right password: `code` is one of an app, or a recovery code, each good for one time.
    ///
    /// # Errors
    /// An internal [`Problem`] when the store fails.
    pub async fn admit(&self, user: UserId, code: Option<&Secret>) -> Result<Admission, Problem> {
        if !self.has_any(user).await? {
            return Ok(Admission::Passed);
        }
        let Some(code) = code.filter(|code| !code.expose().trim().is_empty()) else { return Ok(Admission::Missing) };
        let now = self.clock.now();
        let right = self.vault.change(user, |factors| Ok(factors.take_code(code.expose(), now))).await?;
        Ok(if right { Admission::Passed } else { Admission::Wrong })
    }

    /// Whether the account has a factor.
    ///
    /// # Errors
    /// An internal [`Problem`] when the store fails.
    pub async fn has_any(&self, user: UserId) -> Result<bool, Problem> {
        Ok(self.vault.load(user).await?.0.any())
    }

    /// Takes all factors from an account, whose owner then signs in with the password alone. `false` when there was none.
    ///
    /// # Errors
    /// An internal [`Problem`] when the store fails.
    pub async fn remove_all(&self, user: UserId) -> Result<bool, Problem> {
        self.vault.change(user, |factors| Ok(std::mem::take(factors).any())).await
    }

    fn ceremony_over() -> Problem {
        Problem::new(problems::CEREMONY_OVER)
    }
}

impl fmt::Debug for SecondFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactors(…)")
    }
}
