//! The way back in, with a code made at the machine.

use crate::accounts::recovery;
use crate::app::{Shared, record};
use crate::rights::profile;
use crate::store::accounts;
use crate::store::events::{NewEvent, Severity};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::door::{self, Account, AccountStore as _, Door, NewPassword};
use haubert_service::extract::{Json, Source};
use haubert_service::guard::Access;
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::session::Device;
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

const CODE_WRONG: Code = Code::new("recovery_code_wrong", 403, "The recovery code is not right, or no longer good");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(Access::Public, routes!(recover))
}

/// A code made at the machine, and the account that it is to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecoveryBody {
    /// What `haubert-gateway recover-access` printed.
    #[schema(value_type = String)]
    code: Secret,
    /// Name of the account; made when there is none.
    user: String,
    /// Its new password; must meet the rule.
    #[schema(value_type = String)]
    password: Secret,
}

/// Gives an account the profile Cyber security and a new password, and lets it in. Answers as a sign-in does.
#[utoipa::path(post, path = "/recovery", tag = "session", request_body = RecoveryBody, responses((status = 201, description = "A session, as a sign-in gives")))]
async fn recover(
    State(app): State<Shared>,
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    Json(body): Json<RecoveryBody>,
) -> Result<Response, Problem> {
    let waiting = app.db.note(recovery::waiting).await?;
    let hash = waiting.as_ref().and_then(|waiting| waiting.hash(app.clock.now()));
    let right = door.code_is_right(recovery::normal(body.code.expose()), hash, source).await?;
    let Some(used) = waiting.filter(|_| right) else {
        return Err(Problem::new(CODE_WRONG).field("code", "recovery_code_wrong", "not the code, or older than an hour"));
    };
    let name = door::checked_name("user", &body.user)?;
    let password_hash = door.hash_new("password", &name, body.password).await?;
    let found = app.db.find(&name).await?;
    let is_new = found.is_none();
    let now = app.clock.now();
    let id = found.as_ref().map_or_else(door::new_user_id, |account| Ok(account.id))?;
    let name = found.map_or(name, |account| account.name);
    let account = Account {
        id,
        name,
        profile: profile::CYBER_SECURITY.to_owned(),
        password_hash,
        password_changed_at: now,
        password_given: false,
        enabled: true,
    };
    let keep = app.access_rules.borrow().passwords.history;
    let kept = account.clone();
    let taken = app.db.call(move |tx| {
        if !recovery::take(tx, &used)? {
            return Ok(false);
        }
        if is_new {
            accounts::add(tx, &kept)?;
        } else {
            accounts::change(tx, kept.id, &kept.profile, true)?;
            let hash = kept.password_hash;
            accounts::set_password(tx, kept.id, &NewPassword { hash, at: now, given: false, keep })?;
        }
        Ok(true)
    });
    if !taken.await? {
        return Err(Problem::new(CODE_WRONG));
    }
    app.sessions.end_all_of(account.id).await?;
    app.lockouts.lift_account(&account.name).await;
    let told = [("user", account.name.clone()), ("source", source.0.to_string())];
    record(&app.db, NewEvent::new(now, Severity::Critical, "access_recovered", told)).await;
    door.begin(&account, StatusCode::CREATED, source, device).await
}
