//! Rules of passwords, lock-out and sessions.

use super::may;
use crate::accounts::rules;
use crate::app::Shared;
use crate::rights;
use axum::extract::State;
use haubert_service::access_rules::AccessRules;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::lockout::LockoutRules;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::session::SessionLimits;
use haubert_trust::PasswordPolicy;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::POLICY_VIEW), routes!(read_rules)).routes(may(rights::POLICY_CHANGE), routes!(put_rules))
}

/// The rules in force, and the shipped profiles of passwords.
#[derive(Debug, Serialize, ToSchema)]
struct AccessRulesView {
    passwords: PasswordPolicy,
    lockout: LockoutRules,
    sessions: SessionLimits,
    /// Profiles that need a second factor.
    second_factor_for: BTreeSet<String>,
    /// What everybody reads before signing in.
    notice: String,
    /// `note`, `asvs`, or `own`.
    profile: &'static str,
    shipped: ShippedPasswords,
}

/// The shipped profiles of passwords.
#[derive(Debug, Serialize, ToSchema)]
struct ShippedPasswords {
    /// The technical note's.
    note: PasswordPolicy,
    /// OWASP ASVS 5.0's.
    asvs: PasswordPolicy,
}

fn view(app: &Shared) -> AccessRulesView {
    let AccessRules { passwords, lockout, sessions, second_factor_for, notice } = (**app.access_rules.borrow()).clone();
    let shipped = ShippedPasswords { note: PasswordPolicy::note(), asvs: PasswordPolicy::asvs() };
    AccessRulesView { profile: passwords.profile(), passwords, lockout, sessions, second_factor_for, notice, shipped }
}

/// The rules in force.
#[utoipa::path(get, path = "/access-rules", tag = "accounts", responses((status = 200, body = AccessRulesView)))]
async fn read_rules(State(app): State<Shared>) -> Json<AccessRulesView> {
    Json(view(&app))
}

/// Puts other rules in force, at once.
#[utoipa::path(put, path = "/access-rules", tag = "accounts", request_body = AccessRules, responses((status = 200, body = AccessRulesView)))]
async fn put_rules(State(app): State<Shared>, Json(body): Json<AccessRules>) -> Result<Json<AccessRulesView>, Problem> {
    rules::put(&app, body).await?;
    Ok(Json(view(&app)))
}
