//! Sign-in of whom an identity provider vouches for. Whoever calls has checked what the provider says; here it counts like the right
//! password, and everything else stays: locks, second factors, a closed account.

use super::{Account, Door, Happening, Refusal};
use crate::extract::Source;
use crate::problem::{Problem, codes};
use crate::second_factor::Admission;
use crate::session::{Device, Session};
use axum::response::Response;
use haubert_model::Secret;
use http::StatusCode;

/// How long somebody without a password counts as having come in just now.
const FRESH_MS: i64 = 10 * 60_000;

/// What is asked of the account's own second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFactor {
    /// As after a password: where there is one.
    Ask,
    /// There must be one: the provider was to ask for its own, and did not say that it has.
    Demand,
    /// Nothing: the provider asked for its own.
    Spare,
}

/// For whom a provider vouches.
#[derive(Debug, Clone, Copy)]
pub struct Vouched<'v> {
    /// Whose account it is.
    pub account: &'v Account,
    /// The provider's name.
    pub provider: &'v str,
    /// What is asked besides.
    pub own_factor: OwnFactor,
}

impl Door {
    /// Lets in whom a provider vouches for.
    ///
    /// # Errors
    /// `account_closed`, `too_many_attempts`, `second_factor_required`, `provider_factor_missing` or `wrong_code`.
    pub async fn sign_in_vouched(
        &self,
        vouched: Vouched<'_>,
        code: Option<&Secret>,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        let Vouched { account, provider, own_factor } = vouched;
        if !account.enabled {
            self.tell(Happening::Refused(Refusal::WrongCredentials), Some(account), source);
            return Err(Problem::new(codes::ACCOUNT_CLOSED));
        }
        let attempt = self.attempt(&account.name, Some(account), source).await?;
        let admitted = match own_factor {
            OwnFactor::Spare => Ok(Admission::Passed),
            OwnFactor::Ask => self.factors().admit(account.id, code).await,
            OwnFactor::Demand => match self.factors().has_any(account.id).await {
                Ok(true) => self.factors().admit(account.id, code).await,
                Ok(false) => Err(Problem::new(codes::PROVIDER_FACTOR_MISSING)),
                Err(problem) => Err(problem),
            },
        };
        match admitted {
            Ok(Admission::Passed) => {
                attempt.right().await;
                self.tell(Happening::SignedIn, Some(account), source);
                self.begin_by(account, Some(provider), StatusCode::OK, source, device).await
            }
            Ok(Admission::Missing) => {
                attempt.void().await;
                Err(Problem::new(codes::SECOND_FACTOR_REQUIRED))
            }
            Ok(Admission::Wrong) => {
                self.refuse(attempt, Some(account), source, Refusal::WrongSecondFactor).await;
                Err(Problem::new(codes::WRONG_CODE))
            }
            Err(problem) => {
                attempt.void().await;
                Err(problem)
            }
        }
    }

    /// The account with this id.
    ///
    /// # Errors
    /// An internal [`Problem`] when the store fails.
    pub async fn account(&self, id: haubert_model::UserId) -> Result<Option<Account>, Problem> {
        Ok(self.parts.accounts.find_by_id(id).await?)
    }

    /// Whether a name is free.
    ///
    /// # Errors
    /// An internal [`Problem`] when the store fails.
    pub async fn is_free(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.parts.accounts.find(name).await?.is_none())
    }

    /// In place of the password of somebody who has none: that they came in just now.
    pub(super) fn confirm_fresh(&self, session: &Session, account: Account) -> Result<Account, Problem> {
        let age = self.parts.clock.now().ms_since(session.begun_at);
        if (0..FRESH_MS).contains(&age) { Ok(account) } else { Err(Problem::new(codes::SIGN_IN_AGAIN)) }
    }
}
