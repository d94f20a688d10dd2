//! The gateway's rules of passwords, lock-out and sessions.

use crate::app::App;
use crate::rights::profile;
use crate::store::{StoreError, settings};
use haubert_service::access_rules::AccessRules;
use haubert_service::problem::Problem;
use haubert_trust::PasswordPolicy;
use rusqlite::Transaction;
use std::sync::Arc;

const SETTING: &str = "access_rules";

/// The rules as stored, or as shipped.
///
/// # Errors
/// When the store fails.
pub fn stored(tx: &Transaction<'_>) -> Result<AccessRules, StoreError> {
    Ok(settings::get(tx, SETTING)?.unwrap_or_else(|| AccessRules::with(PasswordPolicy::note())))
}

/// Puts other rules in force.
///
/// # Errors
/// A [`Problem`] when a number is out of bounds, or the store fails; nothing is then changed.
pub async fn put(app: &App, rules: AccessRules) -> Result<(), Problem> {
    rules.check()?;
    if let Some(unknown) = rules.second_factor_for.iter().find(|name| !profile::ALL.contains(&name.as_str())) {
        return Err(Problem::invalid("second_factor_for", "profile_unknown", unknown));
    }
    let kept = rules.clone();
    app.db.call(move |tx| settings::set(tx, SETTING, &kept)).await?;
    app.access_rules.send_replace(Arc::new(rules));
    Ok(())
}
