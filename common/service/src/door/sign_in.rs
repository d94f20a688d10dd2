//! Sign-in: count, check, let in.

use super::routes::{SessionView, SignInBody};
use super::{Account, Door, Happening, Refusal};
use crate::extract::{Json, Source};
use crate::lockout::Try;
use crate::problem::{Problem, codes};
use crate::second_factor::Admission;
use crate::session::{Device, Session};
use axum::response::{IntoResponse, Response};
use haubert_model::Secret;
use http::{StatusCode, header};

/// Characters of a name that are looked at.
const NAME_CHARS: usize = 64;

impl Door {
    pub(super) async fn sign_in(&self, ask: SignInBody, source: Source, device: Device) -> Response {
        let name: String = ask.user.trim().chars().take(NAME_CHARS).collect();
        self.sign_in_as(&name, ask, source, device).await.into_response()
    }

    async fn sign_in_as(&self, name: &str, ask: SignInBody, source: Source, device: Device) -> Result<Response, Problem> {
        let account = self.parts.accounts.find(name).await?;
        let attempt = self.attempt(name, account.as_ref(), source).await?;
        let hash = account.as_ref().and_then(Account::password);
        let right = self.passwords.verify(ask.password, hash).await;
        let Some(account) = account.as_ref().filter(|account| right && account.enabled) else {
            self.refuse(attempt, account.as_ref(), source, Refusal::WrongCredentials).await;
            return Err(Problem::new(codes::WRONG_CREDENTIALS));
        };
        match self.parts.factors.admit(account.id, ask.code.as_ref()).await? {
            Admission::Passed => {
                attempt.right().await;
                self.let_in(account, StatusCode::OK, source, device).await
            }
            Admission::Missing => {
                attempt.void().await;
                Err(Problem::new(codes::SECOND_FACTOR_REQUIRED))
            }
            Admission::Wrong => {
                self.refuse(attempt, Some(account), source, Refusal::WrongSecondFactor).await;
                Err(Problem::new(codes::WRONG_CODE))
            }
        }
    }

    /// Counts a try that begins.
    ///
    /// # Errors
    /// `too_many_attempts`: nothing is to be checked.
    pub(crate) async fn attempt(&self, name: &str, account: Option<&Account>, source: Source) -> Result<Try, Problem> {
        let begun = self.parts.lockouts.begin(name, account.is_some(), source.0).await;
        begun.map_err(|refused| {
            self.tell(Happening::Refused(Refusal::LockedOut), account, source);
            Problem::wait(refused.seconds)
        })
    }

    /// Counts a try as wrong, and tells it.
    pub(crate) async fn refuse(&self, attempt: Try, account: Option<&Account>, source: Source, why: Refusal) {
        let locks = attempt.wrong().await;
        tracing::warn!(source = %source.0, ?why, "sign-in refused");
        self.tell(Happening::Refused(why), account, source);
        for lock in locks {
            self.tell(Happening::LockedOut(lock), account, source);
        }
    }

    /// Lets in whoever has shown everything that is asked.
    ///
    /// # Errors
    /// `one_time_password_expired` when the password was given too long ago.
    pub(crate) async fn let_in(
        &self,
        account: &Account,
        status: StatusCode,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        let now = self.parts.clock.now();
        if account.password_given && self.policy().is_spent(account.password_changed_at, now) {
            self.tell(Happening::Refused(Refusal::PasswordSpent), Some(account), source);
            return Err(Problem::new(codes::ONE_TIME_PASSWORD_EXPIRED));
        }
        self.tell(Happening::SignedIn, Some(account), source);
        self.begin(account, status, source, device).await
    }

    /// Begins a session and answers with it.
    ///
    /// # Errors
    /// An internal [`Problem`].
    pub async fn begin(
        &self,
        account: &Account,
        status: StatusCode,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        self.begin_by(account, None, status, source, device).await
    }

    /// Begins a session, by an identity provider or not, and answers with it.
    ///
    /// # Errors
    /// An internal [`Problem`].
    pub async fn begin_by(
        &self,
        account: &Account,
        provider: Option<&str>,
        status: StatusCode,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        let (session, cookie) = self.parts.sessions.start(account, &source.0.to_string(), device, provider).await?;
        self.parts.accounts.signed_in(account.id, self.parts.clock.now()).await?;
        Ok((status, [(header::SET_COOKIE, cookie)], Json(SessionView::of(session, &self.parts.rights))).into_response())
    }

    /// [`Door::confirm_password`] of the field `password`.
    ///
    /// # Errors
    /// As there.
    pub async fn confirm_own_password(&self, session: &Session, password: Secret, source: Source) -> Result<(), Problem> {
        self.confirm_password(session, "password", password, source).await.map(drop)
    }

    /// Checks one's own password anew, for what must not be done by whoever finds a browser open. A wrong one counts for the
    /// lock-out. Who has no password must have come in just now.
    ///
    /// # Errors
    /// `invalid` naming `field`, `too_many_attempts` or `sign_in_again`.
    pub(crate) async fn confirm_password(
        &self,
        session: &Session,
        field: &str,
        password: Secret,
        source: Source,
    ) -> Result<Account, Problem> {
        let account = self.parts.accounts.find_by_id(session.user).await?;
        let Some(account) = account.filter(|account| account.enabled) else { return Err(Problem::new(codes::NOT_SIGNED_IN)) };
        let Some(hash) = account.password() else { return self.confirm_fresh(session, account) };
        let attempt = self.attempt(&account.name, Some(&account), source).await?;
        if !self.passwords.verify(password, Some(hash)).await {
            self.refuse(attempt, Some(&account), source, Refusal::WrongCredentials).await;
            return Err(Problem::invalid(field, "password_wrong", "this is not your password"));
        }
        attempt.right().await;
        Ok(account)
    }
}
