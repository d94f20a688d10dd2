//! Identities at providers that open one's own account.

use super::providers::{Departure, depart};
use crate::hub::Hub;
use crate::identity::{Proven, Provider, Purpose};
use crate::store::Unlinked;
use crate::store::entity::people::identity;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use haubert_model::{Secret, Timestamp, UserId};
use haubert_service::door::Door;
use haubert_service::extract::{Json, Path, Source};
use haubert_service::problem::{Code, Problem};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LAST: Code = Code::new("last_way_in", 409, "You would have no way in: choose a password first");

/// An identity that opens the account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Identity)]
pub(super) struct IdentityView {
    id: String,
    /// The provider's id.
    provider: String,
    /// What the provider calls itself here; none when it is not configured any more, and the identity opens nothing.
    #[schema(required)]
    provider_name: Option<String>,
    /// What the provider called its owner when it was linked.
    label: String,
    created_at: Time,
    /// When the provider last vouched with it.
    #[schema(required)]
    last_used_at: Option<Time>,
}

/// What their list answers.
type IdentityViewList = List<IdentityView>;

/// The provider of an identity to be linked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityWish {
    /// Its id.
    provider: String,
    /// One's own, once more; empty when the account has none.
    #[schema(value_type = String)]
    password: Secret,
}

/// The password again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityRemoval {
    /// One's own, once more; empty when the account has none.
    #[schema(value_type = String)]
    password: Secret,
}

/// The row of an identity that is linked now.
pub(super) fn row(hub: &Hub, user: UserId, by: &Provider, proven: Proven) -> Result<identity::Model, Problem> {
    Ok(identity::Model {
        id: hub.new_id()?.to_string(),
        user_id: user.to_string(),
        provider: by.id.clone(),
        issuer: proven.issuer,
        subject: proven.subject,
        label: proven.label,
        created_at: hub.now().as_millis(),
        last_used_at: None,
    })
}

/// One's own identities.
#[utoipa::path(get, path = "/account/identities", tag = "accounts", operation_id = "list_identities", responses((status = 200, body = IdentityViewList)))]
pub(super) async fn list(State(hub): State<Hub>, session: Session) -> Result<Json<List<IdentityView>>, Problem> {
    let view = |row: identity::Model| IdentityView {
        provider_name: hub.providers.of(&row.provider).map(|provider| provider.name.clone()),
        id: row.id,
        provider: row.provider,
        label: row.label,
        created_at: Time(Timestamp(row.created_at)),
        last_used_at: row.last_used_at.map(|at| Time(Timestamp(at))),
    };
    Ok(Json(List::whole(hub.store.identities(session.user).await?.into_iter().map(view).collect())))
}

/// Sends somebody to a provider, to have an identity there open the own account from then on.
#[utoipa::path(post, path = "/account/identities", tag = "accounts", operation_id = "link_identity", request_body = IdentityWish, responses((status = 200, body = Departure)))]
pub(super) async fn link(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    headers: HeaderMap,
    Json(body): Json<IdentityWish>,
) -> Result<Response, Problem> {
    door.confirm_own_password(&session, body.password, source).await?;
    let unknown = || Problem::invalid("provider", "not_found", "there is no such provider");
    let provider = hub.providers.of(&body.provider).ok_or_else(unknown)?;
    depart(&hub, provider, &headers, Purpose::Link(session)).await
}

/// An identity opens nothing here any more. The account's other sessions end.
#[utoipa::path(post, path = "/account/identities/{identity}/removal", tag = "accounts", operation_id = "unlink_identity", params(("identity" = String, Path)), request_body = IdentityRemoval, responses((status = 204)))]
pub(super) async fn unlink(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Path(identity): Path<String>,
    Json(body): Json<IdentityRemoval>,
) -> Result<StatusCode, Problem> {
    door.confirm_own_password(&session, body.password, source).await?;
    match hub.store.unlink_identity(session.user, &identity).await? {
        Unlinked::Removed(row) => {
            hub.sessions.end_others(&session).await?;
            tracing::info!(provider = row.provider, user = session.user_name, source = %source.0, "an identity was unlinked");
            Ok(StatusCode::NO_CONTENT)
        }
        Unlinked::Absent => Err(Problem::not_found()),
        Unlinked::LastWayIn => Err(Problem::new(LAST)),
    }
}
