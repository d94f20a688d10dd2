//! Invitations: how people get accounts. What opens one is shown once; whoever has it chooses name and password.

use super::accounts::check;
use super::providers::{self, ProviderView};
use crate::hub::Hub;
use crate::identity::Purpose;
use crate::reach::Reach;
use crate::store::AddedAccount;
use crate::store::entity::people::invitation;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use haubert_model::{OrganisationId, Secret, Timestamp};
use haubert_service::door::{self, Account, Door};
use haubert_service::extract::{Json, Path, Source};
use haubert_service::problem::{Code, Problem};
use haubert_service::session::{Device, Session};
use haubert_service::wire::{List, Time};
use haubert_trust::Token;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const NAME_TAKEN: Code = Code::new("name_taken", 409, "Another account has this name");
const NOT_INVITED: Code = Code::new("not_invited", 404, "There is no such invitation, or its time is over");
/// How long an invitation can be taken up.
const LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// Longest note, in characters.
const MAX_NOTE: usize = 200;

/// An invitation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Invitation)]
pub(super) struct InvitationView {
    id: String,
    profile: String,
    #[schema(required)]
    organisation_id: Option<String>,
    /// For whom it is, as a reminder.
    note: String,
    created_at: Time,
    created_by: String,
    expires_at: Time,
    #[schema(required)]
    used_at: Option<Time>,
    /// The account that was made.
    #[schema(required)]
    used_by: Option<String>,
}

/// What their list answers.
type InvitationViewList = List<InvitationView>;

impl From<invitation::Model> for InvitationView {
    fn from(row: invitation::Model) -> Self {
        let time = |at: i64| Time(Timestamp(at));
        Self {
            id: row.digest,
            profile: row.profile,
            organisation_id: row.organisation_id,
            note: row.note,
            created_at: time(row.created_at),
            created_by: row.created_by,
            expires_at: time(row.expires_at),
            used_at: row.used_at.map(time),
            used_by: row.used_by,
        }
    }
}

/// Who is invited.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationBody {
    profile: String,
    #[serde(default)]
    organisation_id: Option<OrganisationId>,
    /// For whom it is, as a reminder.
    #[serde(default)]
    note: String,
}

/// A new invitation, and what opens it. That is shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NewInvitation {
    invitation: InvitationView,
    token: String,
    /// Where it is taken up. What opens it stands behind a `#`, which browsers do not send.
    url: String,
}

/// What opens an invitation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationToken {
    #[schema(value_type = String)]
    token: Secret,
}

/// What somebody is invited to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Offer)]
pub(super) struct OfferView {
    profile: String,
    /// Name of the organisation.
    #[schema(required)]
    organisation: Option<String>,
    expires_at: Time,
    /// Providers by which it can be taken up.
    providers: Vec<ProviderView>,
}

/// An invitation to be taken up by a provider.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationJourney {
    #[schema(value_type = String)]
    token: Secret,
    /// Name of the account to be made, 1 to 64 characters.
    user: String,
    /// The provider's id.
    provider: String,
}

/// Name and password of the account to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    #[schema(value_type = String)]
    token: Secret,
    /// Name, 1 to 64 characters.
    user: String,
    /// Must meet the rule.
    #[schema(value_type = String)]
    password: Secret,
}

#[utoipa::path(get, path = "/invitations", tag = "accounts", operation_id = "list_invitations", responses((status = 200, body = InvitationViewList)))]
pub(super) async fn list(State(hub): State<Hub>, reach: Reach) -> Result<Json<List<InvitationView>>, Problem> {
    let items = hub.store.invitations(reach.only()).await?.into_iter().map(Into::into).collect();
    Ok(Json(List { items, next_cursor: None }))
}

#[utoipa::path(post, path = "/invitations", tag = "accounts", operation_id = "create_invitation", request_body = InvitationBody, responses((status = 201, body = NewInvitation)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    reach: Reach,
    Json(body): Json<InvitationBody>,
) -> Result<(StatusCode, Json<NewInvitation>), Problem> {
    check(&hub, reach, &body.profile, body.organisation_id).await?;
    if body.note.chars().count() > MAX_NOTE {
        return Err(Problem::invalid("note", "too_long", format!("at most {MAX_NOTE} characters")));
    }
    let token = Token::random().map_err(|error| Problem::internal("draw a token", &error))?;
    let row = invitation::Model {
        digest: token.digest().to_hex(),
        organisation_id: body.organisation_id.map(|id| id.to_string()),
        profile: body.profile,
        note: body.note,
        created_at: hub.now().as_millis(),
        created_by: session.user_name,
        expires_at: hub.now().plus_ms(LIFE_MS).as_millis(),
        used_at: None,
        used_by: None,
    };
    hub.store.add_invitation(row.clone()).await?;
    let url = format!("{}/#/invitation/{}", hub.public_url, token.expose());
    Ok((StatusCode::CREATED, Json(NewInvitation { invitation: row.into(), token: token.expose().to_owned(), url })))
}

#[utoipa::path(delete, path = "/invitations/{id}", tag = "accounts", operation_id = "delete_invitation", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.withdraw_invitation(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// The invitation of a token; a source that tries wrong ones has to wait.
async fn found(hub: &Hub, token: &Secret, source: Source) -> Result<(Token, invitation::Model), Problem> {
    let (key, now) = (format!("invitation {}", source.0), hub.clock.monotonic_ms());
    if let Some(ms) = hub.wrong_tokens.refused_for(&key, now) {
        return Err(Problem::wait(ms.div_ceil(1000)));
    }
    if let Some(token) = Token::parse(token.expose())
        && let Some(row) = hub.store.invitation(token.digest(), hub.now()).await?
    {
        return Ok((token, row));
    }
    hub.wrong_tokens.failed(&key, now);
    Err(Problem::new(NOT_INVITED))
}

/// What an invitation is to. The token is in the body, so that no log keeps it.
#[utoipa::path(post, path = "/invitation", tag = "accounts", operation_id = "look_at_invitation", request_body = InvitationToken, responses((status = 200, body = OfferView)))]
pub(super) async fn look(
    State(hub): State<Hub>,
    source: Source,
    Json(body): Json<InvitationToken>,
) -> Result<Json<OfferView>, Problem> {
    let (_, row) = found(&hub, &body.token, source).await?;
    let organisation = match row.organisation_id.as_ref().and_then(|id| id.parse().ok()) {
        Some(id) => hub.store.organisation(id).await?.map(|organisation| organisation.name),
        None => None,
    };
    let serving = hub.providers.iter().filter(|provider| provider.serves(row.organisation_id.as_deref()));
    let providers = serving.map(Into::into).collect();
    Ok(Json(OfferView { profile: row.profile, organisation, expires_at: Time(Timestamp(row.expires_at)), providers }))
}

/// Sends whoever is invited to a provider; coming back makes the account, without a password.
#[utoipa::path(post, path = "/invitation/journey", tag = "accounts", operation_id = "accept_invitation_by_provider", request_body = InvitationJourney, responses((status = 200, body = providers::Departure)))]
pub(super) async fn depart(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    headers: HeaderMap,
    Json(body): Json<InvitationJourney>,
) -> Result<Response, Problem> {
    let (token, row) = found(&hub, &body.token, source).await?;
    let name = door::checked_name("user", &body.user)?;
    let provider = hub.providers.of(&body.provider).filter(|provider| provider.serves(row.organisation_id.as_deref()));
    let Some(provider) = provider else {
        return Err(Problem::invalid("provider", "not_found", "there is no such provider for this invitation"));
    };
    if !door.is_free(&name).await? {
        return Err(name_taken());
    }
    providers::depart(&hub, provider, &headers, Purpose::TakeUp { token, name }).await
}

fn name_taken() -> Problem {
    Problem::new(NAME_TAKEN).field("user", "taken", "another account has this name")
}

/// Makes the account that somebody is invited to, and signs in.
#[utoipa::path(post, path = "/invitation/acceptance", tag = "accounts", operation_id = "accept_invitation", request_body = Acceptance, responses((status = 201, description = "As after signing in")))]
pub(super) async fn accept(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    Json(body): Json<Acceptance>,
) -> Result<Response, Problem> {
    let (token, row) = found(&hub, &body.token, source).await?;
    let name = door::checked_name("user", &body.user)?;
    let password_hash = door.hash_new("password", &name, body.password).await?;
    let account = Account {
        id: door::new_user_id()?,
        name,
        profile: row.profile,
        password_hash,
        password_changed_at: hub.now(),
        password_given: false,
        enabled: true,
    };
    match hub.store.take_up_invitation(token.digest(), &account, row.organisation_id, None, hub.now()).await? {
        AddedAccount::Added => door.begin(&account, StatusCode::CREATED, source, device).await,
        AddedAccount::NotInvited | AddedAccount::IdentityTaken => Err(Problem::new(NOT_INVITED)),
        AddedAccount::NameTaken => Err(name_taken()),
    }
}
