//! Accounts, as Cyber security keeps them.

use super::may;
use crate::app::Shared;
use crate::rights::{self, profile};
use crate::store::StoreError;
use crate::store::accounts::{self, Kept, LAST_CYBER_SECURITY};
use axum::Extension;
use axum::extract::State;
use haubert_model::{Timestamp, UserId};
use haubert_service::api::Api;
use haubert_service::door::{self, Account, Door};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use haubert_trust::PasswordPolicy;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::ToSchema;

const NAME_TAKEN: Code = Code::new("name_taken", 409, "Another account has this name");
const LAST: Code = Code::new("last_cyber_security", 409, "Nobody of the profile Cyber security would be left");
const OWN_ACCOUNT: Code = Code::new("own_account", 409, "This cannot be done to one's own account");

/// What their list answers.
type AccountViews = List<AccountView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::ACCOUNTS_VIEW), routes!(list_accounts))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(add_account))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(put_account, delete_account))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(reset_password))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(end_sessions))
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountView {
    id: UserId,
    /// Its name.
    user: String,
    /// One of the four profiles.
    profile: String,
    /// Whether it may come in.
    enabled: bool,
    /// Whether its password was given by somebody else and not changed yet.
    password_given: bool,
    /// When the password was set.
    password_changed_at: Time,
    /// When it must be changed, where that is asked.
    #[schema(required)]
    password_expires_at: Option<Time>,
    /// Whether it is too old.
    password_overdue: bool,
    /// When it last came in, if ever.
    #[schema(required)]
    last_sign_in_at: Option<Time>,
    /// Its live sessions.
    sessions: usize,
    /// Whether wrong tries keep it from coming in, from somewhere or from everywhere.
    locked: bool,
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// Name, 1 to 64 characters.
    user: String,
    /// One of the four profiles.
    profile: String,
}

/// What an account is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    /// One of the four profiles.
    profile: String,
    /// Whether it may come in.
    enabled: bool,
}

/// A password that opens the door until another is chosen. It is shown once.
#[derive(Debug, Serialize, ToSchema)]
struct GivenPassword {
    one_time_password: String,
}

/// A new account and the password that opens the door until another is chosen. It is shown once.
#[derive(Debug, Serialize, ToSchema)]
struct AddedAccount {
    account: AccountView,
    one_time_password: String,
}

/// What the accounts' surroundings add to each.
struct Surroundings {
    policy: PasswordPolicy,
    now: Timestamp,
    sessions: BTreeMap<UserId, usize>,
    locked: BTreeSet<String>,
}

impl Surroundings {
    async fn look(app: &Shared, asking: &Session) -> Result<Self, Problem> {
        let mut sessions = BTreeMap::new();
        for entry in app.sessions.list(asking).await? {
            *sessions.entry(entry.user_id).or_default() += 1;
        }
        let names = app.lockouts.locks().into_iter().filter_map(|(lock, _)| lock.key.name().map(str::to_owned)).collect();
        let policy = app.access_rules.borrow().passwords.clone();
        Ok(Self { policy, now: app.clock.now(), sessions, locked: names })
    }

    fn view(&self, Kept { account, last_sign_in_at }: Kept) -> AccountView {
        let set_at = account.password_changed_at;
        AccountView {
            id: account.id,
            locked: self.locked.contains(&account.name.to_lowercase()),
            user: account.name,
            profile: account.profile,
            enabled: account.enabled,
            password_given: account.password_given,
            password_changed_at: Time(set_at),
            password_expires_at: self.policy.expires_at(set_at).map(Time),
            password_overdue: self.policy.is_overdue(set_at, self.now),
            last_sign_in_at: last_sign_in_at.map(Time),
            sessions: self.sessions.get(&account.id).copied().unwrap_or(0),
        }
    }
}

async fn view(app: &Shared, asking: &Session, id: UserId) -> Result<AccountView, Problem> {
    let kept = app.read(move |tx| accounts::read(tx, id)).await?;
    Ok(Surroundings::look(app, asking).await?.view(kept))
}

fn checked_profile(name: &str) -> Result<(), Problem> {
    match profile::ALL.contains(&name) {
        true => Ok(()),
        false => Err(Problem::invalid("profile", "profile_unknown", "there is no such profile")),
    }
}

fn not_oneself(session: &Session, id: UserId) -> Result<(), Problem> {
    if session.user == id { Err(Problem::new(OWN_ACCOUNT)) } else { Ok(()) }
}

/// The store's refusals under their own codes.
fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict(LAST_CYBER_SECURITY) => Problem::new(LAST),
        error => error.into(),
    }
}

/// Every account.
#[utoipa::path(get, path = "/accounts", tag = "accounts", responses((status = 200, body = AccountViews)))]
async fn list_accounts(State(app): State<Shared>, session: Session) -> Result<Json<List<AccountView>>, Problem> {
    let around = Surroundings::look(&app, &session).await?;
    let kept = app.read(accounts::all).await?;
    Ok(Json(List::whole(kept.into_iter().map(|kept| around.view(kept)).collect())))
}

/// Makes an account. Its password must be changed at the first sign-in.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = NewAccount, responses((status = 201, body = AddedAccount)))]
async fn add_account(
    State(app): State<Shared>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    Json(body): Json<NewAccount>,
) -> Result<(StatusCode, Json<AddedAccount>), Problem> {
    let name = door::checked_name("user", &body.user)?;
    checked_profile(&body.profile)?;
    let (one_time_password, password_hash) = door.draw_password().await?;
    let account = Account {
        id: door::new_user_id()?,
        name,
        profile: body.profile,
        password_hash,
        password_changed_at: app.clock.now(),
        password_given: true,
        enabled: true,
    };
    let id = account.id;
    app.db.call(move |tx| accounts::add(tx, &account)).await.map_err(|error| match error {
        StoreError::Conflict(said) => Problem::new(NAME_TAKEN).field("user", "taken", said),
        error => error.into(),
    })?;
    let account = view(&app, &session, id).await?;
    Ok((StatusCode::CREATED, Json(AddedAccount { account, one_time_password })))
}

/// Changes an account's profile, closes or opens it. Its sessions end.
#[utoipa::path(put, path = "/accounts/{id}", tag = "accounts", params(("id" = UserId, Path)), request_body = AccountChange,
    responses((status = 200, body = AccountView)))]
async fn put_account(
    State(app): State<Shared>,
    session: Session,
    Path(id): Path<UserId>,
    Json(body): Json<AccountChange>,
) -> Result<Json<AccountView>, Problem> {
    not_oneself(&session, id)?;
    checked_profile(&body.profile)?;
    let before = app.read(move |tx| accounts::read(tx, id)).await?.account;
    let AccountChange { profile, enabled } = body;
    let is_new = before.profile != profile || before.enabled != enabled;
    app.db.call(move |tx| accounts::change(tx, id, &profile, enabled)).await.map_err(refused)?;
    if is_new {
        app.sessions.end_all_of(id).await?;
    }
    Ok(Json(view(&app, &session, id).await?))
}

/// Removes an account. Its sessions end.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", params(("id" = UserId, Path)), responses((status = 204)))]
async fn delete_account(State(app): State<Shared>, session: Session, Path(id): Path<UserId>) -> Result<StatusCode, Problem> {
    not_oneself(&session, id)?;
    // Before the account goes and takes them along unnoticed: streams end with their sessions.
    let kept = app.read(move |tx| accounts::read(tx, id)).await?;
    app.db.call(move |tx| accounts::remove(tx, id)).await.map_err(refused)?;
    app.sessions.end_all_of(id).await?;
    app.lockouts.lift_account(&kept.account.name).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an account another password, which must be changed at the next sign-in. Its sessions and its locks end.
#[utoipa::path(post, path = "/accounts/{id}/password", tag = "accounts", params(("id" = UserId, Path)),
    responses((status = 200, body = GivenPassword)))]
async fn reset_password(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    Path(id): Path<UserId>,
) -> Result<Json<GivenPassword>, Problem> {
    not_oneself(&session, id)?;
    Ok(Json(GivenPassword { one_time_password: door.give_password(id).await? }))
}

/// Ends every session of an account.
#[utoipa::path(delete, path = "/accounts/{id}/sessions", tag = "accounts", params(("id" = UserId, Path)), responses((status = 204)))]
async fn end_sessions(State(app): State<Shared>, Path(id): Path<UserId>) -> Result<StatusCode, Problem> {
    app.read(move |tx| accounts::read(tx, id)).await?;
    app.sessions.end_all_of(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
