//! The first accounts, made with the code on the console.

use super::routes::{FirstAccount, SetupBody};
use super::{Account, Door, Happening, checked_name, new_user_id};
use crate::extract::Source;
use crate::problem::{Problem, codes};
use crate::session::Device;
use axum::response::Response;
use http::StatusCode;
use std::sync::PoisonError;

impl Door {
    pub(super) async fn set_up(&self, ask: SetupBody, source: Source, device: Device) -> Result<Response, Problem> {
        let Some(code) = self.code() else { return Err(Problem::new(codes::SETUP_DONE)) };
        let (key, now) = (source.0.to_string(), self.parts.clock.monotonic_ms());
        if let Some(ms) = self.setup_throttle.refused_for(&key, now) {
            return Err(Problem::wait(ms.div_ceil(1000)));
        }
        if !code.matches(ask.code.expose()) {
            self.setup_throttle.failed(&key, now);
            return Err(Problem::new(codes::SETUP_CODE_WRONG).field("code", "setup_code_wrong", "not the code on the console"));
        }
        let accounts = self.first_accounts(ask.accounts).await?;
        let Some(account) = accounts.first().cloned() else { return Err(Problem::new(codes::INVALID)) };
        if !self.parts.accounts.create_first(accounts).await? {
            return Err(Problem::new(codes::SETUP_DONE));
        }
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.tell(Happening::SetUp, Some(&account), source);
        self.begin(&account, StatusCode::CREATED, source, device).await
    }

    /// The accounts asked for, when they are of the right profiles, with names of their own and passwords that hold.
    async fn first_accounts(&self, asked: Vec<FirstAccount>) -> Result<Vec<Account>, Problem> {
        let first = self.parts.first_profiles;
        let missing = first.iter().find(|first| first.required && !asked.iter().any(|account| account.profile == first.profile));
        if let Some(missing) = missing {
            return Err(Problem::invalid("accounts", "required", format!("an account of the profile {}", missing.profile)));
        }
        let mut accounts: Vec<Account> = Vec::new();
        for (at, FirstAccount { profile, user, password }) in asked.into_iter().enumerate() {
            let field = |name: &str| format!("accounts[{at}].{name}");
            let known = first.iter().any(|first| first.profile == profile);
            if !known || accounts.iter().any(|other| other.profile == profile) {
                return Err(Problem::invalid(&field("profile"), "not_valid", "one account of each profile that set-up makes"));
            }
            let name = checked_name(&field("user"), &user)?;
            if accounts.iter().any(|other| other.name.to_lowercase() == name.to_lowercase()) {
                return Err(Problem::invalid(&field("user"), "taken", "another account has this name"));
            }
            let password_hash = self.hash_new(&field("password"), &name, password).await?;
            let password_changed_at = self.parts.clock.now();
            let id = new_user_id()?;
            accounts.push(Account {
                id,
                name,
                profile,
                password_hash,
                password_changed_at,
                password_given: false,
                enabled: true,
            });
        }
        Ok(accounts)
    }
}
