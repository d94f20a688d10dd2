//! Settings of an outlet that logs in somewhere, with the password that goes with them.
//!
//! The password lies apart, under a name that the audit trail takes for a secret's, and stays with its server and user: whoever
//! may change the settings could else have it sent to a server of his own.

use crate::store::{StoreError, settings};
use haubert_model::Secret;
use haubert_service::problem::Problem;
use rusqlite::Transaction;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest password, in bytes.
const MAX_PASSWORD: usize = 1024;

/// What is set for such an outlet.
pub trait Login: Clone + Serialize + DeserializeOwned {
    /// Name under which they are kept.
    const NAME: &'static str;
    /// Name under which their password is.
    const PASSWORD: &'static str;

    /// Checks them.
    ///
    /// # Errors
    /// `invalid`, with the fields at fault.
    fn checked(self) -> Result<Self, Problem>;

    /// Whether both speak to the same server as the same user.
    fn same_account(&self, other: &Self) -> bool;

    /// User name; empty for none.
    fn user(&self) -> &str;

    /// Whether somebody switched it on.
    fn enabled(&self) -> bool;
}

/// Settings with the password that goes with them.
#[derive(Debug, Clone)]
pub struct Account<S> {
    /// What is set.
    pub settings: S,
    /// The password.
    pub password: Option<Secret>,
}

impl<S: Login> Account<S> {
    /// As stored, or `first` when nobody has set anything.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stored(tx: &Transaction<'_>, first: impl FnOnce() -> S) -> Result<Self, StoreError> {
        let password = settings::get::<String>(tx, S::PASSWORD)?.map(Secret::new);
        Ok(Self { settings: settings::get(tx, S::NAME)?.unwrap_or_else(first), password })
    }

    /// Stores them in place of `before`. A password that stays is not written anew, so that the audit trail does not tell of a change.
    ///
    /// # Errors
    /// When the store fails.
    pub fn store(&self, tx: &Transaction<'_>, before: &Self) -> Result<(), StoreError> {
        settings::set(tx, S::NAME, &self.settings)?;
        match &self.password {
            password if *password == before.password => Ok(()),
            Some(password) => settings::set(tx, S::PASSWORD, &password.expose()),
            None => settings::remove(tx, S::PASSWORD),
        }
    }

    /// Other settings with the password that goes with them: a new one where one is given (an empty one is none), else the one
    /// in force.
    ///
    /// # Errors
    /// `invalid`, with the field at fault.
    pub fn drafted(&self, settings: S, password: Option<Secret>) -> Result<Self, Problem> {
        let settings = settings.checked()?;
        let password = match password {
            Some(password) if password.expose().len() > MAX_PASSWORD => {
                return Err(Problem::invalid("password", "too_long", format!("at most {MAX_PASSWORD} bytes")));
            }
            Some(password) => Some(password).filter(|password| !password.expose().is_empty()),
            None if self.password.is_some() && !self.settings.same_account(&settings) => {
                return Err(Problem::invalid("password", "again", "give the password again for another server or user"));
            }
            None => self.password.clone(),
        };
        if password.is_some() && settings.user().is_empty() {
            return Err(Problem::invalid("user", "required", "a password goes with a user name"));
        }
        Ok(Self { settings, password })
    }
}
