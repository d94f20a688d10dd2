//! The password alert: holds while a password is too old, or is one that somebody else gave.

use crate::app::App;
use crate::store::accounts;
use haubert_model::Timestamp;

/// What holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordAlert {
    /// Accounts whose password is too old.
    pub overdue: usize,
    /// Since when the first of them is.
    pub overdue_since: Option<Timestamp>,
    /// Accounts whose password was given and not changed yet.
    pub given: usize,
    /// Since when the first of them is.
    pub given_since: Option<Timestamp>,
}

/// Looks at every account that may come in.
///
/// # Errors
/// When the store fails.
pub async fn now(app: &App) -> Result<PasswordAlert, crate::store::StoreError> {
    let (policy, now) = (app.access_rules.borrow().passwords.clone(), app.clock.now());
    let kept = app.db.note(accounts::all).await?;
    let mut alert = PasswordAlert::default();
    let earliest = |one: Option<Timestamp>, at: Timestamp| Some(one.map_or(at, |one| one.min(at)));
    for account in kept.into_iter().map(|kept| kept.account).filter(|account| account.enabled) {
        if account.password_given {
            alert.given += 1;
            alert.given_since = earliest(alert.given_since, account.password_changed_at);
        } else if let Some(at) = policy.expires_at(account.password_changed_at).filter(|at| now >= *at) {
            alert.overdue += 1;
            alert.overdue_since = earliest(alert.overdue_since, at);
        }
    }
    Ok(alert)
}
