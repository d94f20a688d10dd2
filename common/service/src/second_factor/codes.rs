//! Codes that are typed: those of an app, and recovery codes.

use super::SecondFactors;
use super::qr::{Qr, qr};
use super::store::{Factors, Totp};
use crate::problem::{Problem, codes};
use haubert_model::{Secret, Timestamp, UserId};
use haubert_trust::{RecoveryCode, TotpSecret};
use serde::Serialize;

/// Recovery codes given at a time.
const RECOVERY_CODES: usize = 10;

/// What an app needs. Shown once; it counts from the first right code on.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TotpOffer {
    /// Name of this ceremony, to be given back with a code within five minutes.
    ceremony: String,
    /// The secret, to be typed where no camera is.
    secret: String,
    /// The same as an address.
    uri: String,
    /// The address as a QR code.
    qr: Option<Qr>,
}

impl Factors {
    /// Whether `typed` is a code of this account that was not used before; then it is used now.
    pub(super) fn take_code(&mut self, typed: &str, now: Timestamp) -> bool {
        if let Some(totp) = &mut self.totp
            && let Some(secret) = TotpSecret::from_base32(&totp.secret)
            && let Some(step) = secret.accepts(typed, now, Some(totp.last_step))
        {
            totp.last_step = step;
            return true;
        }
        let Some(digest) = RecoveryCode::parse(typed).map(|code| code.digest().to_hex()) else { return false };
        let left = self.recovery.len();
        self.recovery.retain(|kept| *kept != digest);
        self.recovery.len() < left
    }

    /// Puts `fresh` in place when there are no recovery codes yet; whether it did.
    pub(super) fn give_recovery(&mut self, fresh: &[RecoveryCode]) -> bool {
        let needed = self.recovery.is_empty();
        if needed {
            self.recovery = fresh.iter().map(|code| code.digest().to_hex()).collect();
        }
        needed
    }
}

/// New recovery codes.
pub(super) fn draw_recovery() -> Result<Vec<RecoveryCode>, Problem> {
    let draw = |_| RecoveryCode::random().map_err(|error| Problem::internal("draw a recovery code", &error));
    (0..RECOVERY_CODES).map(draw).collect()
}

/// As they are shown, this once.
pub(super) fn texts(codes: &[RecoveryCode]) -> Vec<String> {
    codes.iter().map(|code| code.text().expose().to_owned()).collect()
}

impl SecondFactors {
    /// Offers a new secret to `user`, in memory only.
    pub(super) fn offer_totp(&self, user: UserId, name: &str) -> Result<TotpOffer, Problem> {
        let secret = TotpSecret::random().map_err(|error| Problem::internal("draw a secret", &error))?;
        let uri = secret.uri(self.product, name);
        let text = secret.to_base32().expose().to_owned();
        let ceremony = self.enrolments.begin(&user.to_string(), secret, self.clock.monotonic_ms())?;
        let (ceremony, qr) = (ceremony.expose().to_owned(), qr(uri.expose()));
        Ok(TotpOffer { ceremony, secret: text, uri: uri.expose().to_owned(), qr })
    }

    /// Puts the offered secret in force when `code` shows that the app has it; gives recovery codes when there were none.
    pub(super) async fn confirm_totp(&self, user: UserId, ceremony: &str, code: &Secret) -> Result<Option<Vec<String>>, Problem> {
        let (owner, now_ms) = (user.to_string(), self.clock.monotonic_ms());
        let taken = self.enrolments.take(&owner, ceremony, now_ms).ok_or_else(Self::ceremony_over)?;
        let now = self.clock.now();
        let Some(step) = taken.value().accepts(code.expose(), now, None) else {
            // A slip of the finger: the same secret is offered on, under the name that the page knows. There is nothing to
            // guess: whoever confirms has seen the secret.
            self.enrolments.put_back(ceremony, taken);
            return Err(Problem::new(codes::INVALID).field("code", "wrong_code", "not the code of the app"));
        };
        let (secret, fresh) = (taken.into_value(), draw_recovery()?);
        let given = self
            .vault
            .change(user, |factors| {
                let secret = secret.to_base32().expose().to_owned();
                factors.totp = Some(Totp { secret, since_ms: now.as_millis(), last_step: step });
                Ok(factors.give_recovery(&fresh))
            })
            .await?;
        Ok(given.then(|| texts(&fresh)))
    }

    /// Takes the app from `user`.
    pub(super) async fn remove_totp(&self, user: UserId) -> Result<(), Problem> {
        self.vault.change(user, |factors| factors.totp.take().map(drop).ok_or_else(Problem::not_found)).await
    }

    /// New recovery codes in place of those that are left.
    pub(super) async fn renew_recovery(&self, user: UserId) -> Result<Vec<String>, Problem> {
        let fresh = draw_recovery()?;
        self.vault
            .change(user, |factors| {
                if !factors.any() {
                    return Err(Problem::new(codes::CONFLICT).detail("there is no second factor to recover from"));
                }
                factors.recovery.clear();
                factors.give_recovery(&fresh);
                Ok(())
            })
            .await?;
        Ok(texts(&fresh))
    }
}
