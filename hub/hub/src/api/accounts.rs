//! Accounts, as those who keep people see them: of the whole community, or of their own organisation.

use crate::hub::Hub;
use crate::reach::Reach;
use crate::rights;
use crate::store::Kept;
use axum::Extension;
use axum::extract::State;
use haubert_model::{OrganisationId, UserId};
use haubert_service::door::Door;
use haubert_service::extract::{Json, Path, Source};
use haubert_service::problem::{Code, Problem};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LAST: Code = Code::new("last_coordinator", 409, "Nobody of the profile coordinator would be left");
const OWN_ACCOUNT: Code = Code::new("own_account", 409, "This cannot be done to one's own account");

/// An account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountView {
    id: UserId,
    /// Its name.
    user: String,
    profile: String,
    /// The organisation that it belongs to.
    #[schema(required)]
    organisation_id: Option<String>,
    /// Whether it may come in.
    enabled: bool,
    /// Whether it has a second factor.
    second_factor: bool,
    #[schema(required)]
    last_sign_in_at: Option<Time>,
}

/// What their list answers.
type AccountViewList = List<AccountView>;

impl From<Kept> for AccountView {
    fn from(kept: Kept) -> Self {
        Self {
            id: kept.account.id,
            user: kept.account.name,
            profile: kept.account.profile,
            organisation_id: kept.organisation,
            enabled: kept.account.enabled,
            second_factor: kept.has_factor,
            last_sign_in_at: kept.last_sign_in_at.map(Time),
        }
    }
}

/// What an account is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    profile: String,
    /// The organisation that it belongs to; asked for by the profiles of organisations, and only by them.
    #[serde(default)]
    organisation_id: Option<OrganisationId>,
    /// Whether it may come in.
    enabled: bool,
}

/// Refuses a profile that is not there, that does not fit the organisation, or that somebody of `reach` may not give.
pub(super) async fn check(hub: &Hub, reach: Reach, profile: &str, organisation: Option<OrganisationId>) -> Result<(), Problem> {
    if !rights::PROFILES.contains(&profile) {
        return Err(Problem::invalid("profile", "profile_unknown", "there is no such profile"));
    }
    let needed = rights::needs_organisation(profile);
    let Some(id) = organisation else {
        return match needed || reach != Reach::Community {
            true => Err(Problem::invalid("organisation_id", "required", "whoever has this profile belongs to an organisation")),
            false => Ok(()),
        };
    };
    if !needed {
        return Err(Problem::invalid("organisation_id", "not_valid", "whoever has this profile belongs to no organisation"));
    }
    // Another's organisation looks as if it were not there.
    if !reach.covers(Some(id)) || !hub.store.has_organisation(id).await? {
        return Err(Problem::invalid("organisation_id", "not_found", "there is no such organisation"));
    }
    Ok(())
}

#[utoipa::path(get, path = "/accounts", tag = "accounts", operation_id = "list_accounts", responses((status = 200, body = AccountViewList)))]
pub(super) async fn list(State(hub): State<Hub>, reach: Reach) -> Result<Json<List<AccountView>>, Problem> {
    let items = hub.store.accounts(reach.only()).await?.into_iter().map(Into::into).collect();
    Ok(Json(List { items, next_cursor: None }))
}

/// A password that opens the door until another is chosen. It is shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GivenPassword {
    one_time_password: String,
}

/// What is done to somebody else's account only.
fn not_oneself(session: &Session, id: UserId) -> Result<(), Problem> {
    if session.user == id { Err(Problem::new(OWN_ACCOUNT)) } else { Ok(()) }
}

/// Changes an account. Its sessions end.
#[utoipa::path(put, path = "/accounts/{id}", tag = "accounts", operation_id = "update_account", params(("id" = UserId, Path)), request_body = AccountChange, responses((status = 200, body = AccountView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    reach: Reach,
    Path(id): Path<UserId>,
    Json(body): Json<AccountChange>,
) -> Result<Json<AccountView>, Problem> {
    not_oneself(&session, id)?;
    if hub.store.belongs_to(id).await?.is_none() {
        return Err(Problem::not_found());
    }
    check(&hub, reach, &body.profile, body.organisation_id).await?;
    if !hub.store.change_account(id, &body.profile, body.organisation_id, body.enabled, rights::COORDINATOR).await? {
        return Err(Problem::new(LAST));
    }
    hub.sessions.end_all_of(id).await?;
    let kept = hub.store.accounts(reach.only()).await?.into_iter().find(|kept| kept.account.id == id);
    kept.map(|kept| Json(kept.into())).ok_or_else(Problem::not_found)
}

/// Removes an account. Its sessions end.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", operation_id = "delete_account", params(("id" = UserId, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, session: Session, Path(id): Path<UserId>) -> Result<StatusCode, Problem> {
    not_oneself(&session, id)?;
    if hub.store.belongs_to(id).await?.is_none() {
        return Err(Problem::not_found());
    }
    // Before the account goes and takes them along unnoticed: streams end with their sessions.
    hub.sessions.end_all_of(id).await?;
    if hub.store.remove_account(id, rights::COORDINATOR).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::new(LAST)) }
}

/// Gives an account another password, which must be changed at the next sign-in. Its sessions and its locks end.
#[utoipa::path(post, path = "/accounts/{id}/password", tag = "accounts", operation_id = "reset_password", params(("id" = UserId, Path)), responses((status = 200, body = GivenPassword)))]
pub(super) async fn reset_password(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    Path(id): Path<UserId>,
) -> Result<Json<GivenPassword>, Problem> {
    not_oneself(&session, id)?;
    Ok(Json(GivenPassword { one_time_password: door.give_password(id).await? }))
}

/// Takes the second factors from an account whose owner lost them. Its sessions end.
#[utoipa::path(delete, path = "/accounts/{id}/second-factors", tag = "accounts", operation_id = "take_second_factors", params(("id" = UserId, Path)), responses((status = 204)))]
pub(super) async fn take_factors(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    not_oneself(&session, id)?;
    door.take_factors(id, source).await?;
    Ok(StatusCode::NO_CONTENT)
}
