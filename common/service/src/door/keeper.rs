//! What whoever keeps the accounts does for somebody who lost password or second factor.

use super::{Door, Happening, NewPassword};
use crate::extract::Source;
use crate::problem::Problem;
use crate::second_factor::FactorChange;
use haubert_model::{Secret, UserId};
use haubert_trust::SetupCode;

impl Door {
    /// Draws a password that opens the door until another is chosen, and its hash. It is shown once.
    ///
    /// # Errors
    /// An internal [`Problem`].
    pub async fn draw_password(&self) -> Result<(String, String), Problem> {
        let code = SetupCode::random().map_err(|error| Problem::internal("draw a password", &error))?;
        let text = code.text().expose().to_owned();
        let hash = self.hash_drawn(Secret::new(text.clone())).await?;
        Ok((text, hash))
    }

    /// Gives an account another password, which must be changed at the next sign-in. Its sessions and its locks end. It is shown once.
    ///
    /// # Errors
    /// `not_found` when there is no such account; an internal [`Problem`].
    pub async fn give_password(&self, user: UserId) -> Result<String, Problem> {
        let account = self.account(user).await?.ok_or_else(Problem::not_found)?;
        let (password, hash) = self.draw_password().await?;
        let new = NewPassword { hash, at: self.parts.clock.now(), given: true, keep: self.policy().history };
        self.parts.accounts.set_password(user, new).await?;
        self.parts.sessions.end_all_of(user).await?;
        self.parts.lockouts.lift_account(&account.name).await;
        Ok(password)
    }

    /// Takes the factors of an account, whose owner lost them; its sessions end.
    ///
    /// # Errors
    /// `not_found` when there is no such account, or it has none; an internal [`Problem`].
    pub async fn take_factors(&self, user: UserId, source: Source) -> Result<(), Problem> {
        let account = self.parts.accounts.find_by_id(user).await?.ok_or_else(Problem::not_found)?;
        if !self.factors().remove_all(user).await? {
            return Err(Problem::not_found());
        }
        self.parts.sessions.end_all_of(user).await?;
        self.tell(Happening::FactorsChanged(FactorChange::Taken), Some(&account), source);
        Ok(())
    }
}
