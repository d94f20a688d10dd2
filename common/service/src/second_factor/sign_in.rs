//! Where second factors meet the door.

use super::{FactorChange, SecondFactors};
use crate::door::{Door, Happening, Refusal};
use crate::extract::Source;
use crate::problem::{Problem, codes};
use crate::session::{Device, Session};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

impl Door {
    /// Lets in whoever has a passkey of an account. A wrong try counts for the lock-out of the account that it claims, like a wrong
    /// password.
    pub(super) async fn sign_in_with_passkey(
        &self,
        ceremony: &str,
        credential: Value,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        let refused = || Problem::new(codes::PASSKEY_REFUSED);
        let user = SecondFactors::claimed_user(&credential).ok_or_else(refused)?;
        let Some(account) = self.parts.accounts.find_by_id(user).await?.filter(|account| account.enabled) else {
            return Err(refused());
        };
        let attempt = self.attempt(&account.name, Some(&account), source).await?;
        match self.factors().finish_sign_in(user, &source.0.to_string(), ceremony, credential).await {
            Ok(()) => {
                attempt.right().await;
                self.let_in(&account, StatusCode::OK, source, device).await
            }
            Err(problem) if problem.code == codes::PASSKEY_REFUSED.code => {
                self.refuse(attempt, Some(&account), source, Refusal::WrongSecondFactor).await;
                Err(problem)
            }
            // Too late, or something failed here: nobody tried anything.
            Err(problem) => {
                attempt.void().await;
                Err(problem)
            }
        }
    }

    /// Somebody changed the own factors: whoever came in elsewhere must show them now.
    pub(super) async fn factors_changed(&self, session: &Session, source: Source, change: FactorChange) -> Result<(), Problem> {
        self.parts.sessions.end_others(session).await?;
        let account = self.parts.accounts.find_by_id(session.user).await?;
        self.tell(Happening::FactorsChanged(change), account.as_ref(), source);
        Ok(())
    }
}
