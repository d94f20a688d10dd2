//! API keys: what a program carries in place of somebody's cookie. It does at most what its owner may, and never what is the
//! owner's own (password, second factors, sessions, keys).

use super::name;
use crate::hub::Hub;
use crate::store::entity::people::api_key;
use axum::extract::State;
use haubert_model::{Secret, Timestamp};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use haubert_trust::Token;
use http::StatusCode;
use serde::{Deserialize, Serialize};

const TOO_MANY: Code = Code::new("too_many_keys", 409, "There are too many keys: end one first");
/// Most keys of an account.
const MOST: usize = 20;
/// Longest life, in days.
const MOST_DAYS: u16 = 365;
const DAY_MS: i64 = 86_400_000;

/// A key, without what opens it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct KeyView {
    id: String,
    name: String,
    /// Whether it may do more than look.
    may_change: bool,
    created_at: Time,
    expires_at: Time,
    /// Within a minute.
    #[schema(required)]
    last_used_at: Option<Time>,
}

/// What their list answers.
type KeyViewList = List<KeyView>;

/// A new key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NewApiKey)]
pub(super) struct NewKeyView {
    #[serde(flatten)]
    key: KeyView,
    /// What a program sends as `Authorization: Bearer …`. It is told once.
    #[serde(serialize_with = "expose")]
    #[schema(value_type = String)]
    secret: Secret,
}

/// What a key is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyBody)]
pub(super) struct KeyBody {
    /// What it is for.
    name: String,
    /// Days until it ends, 1 to 365.
    days: u16,
    /// Whether it may do more than look.
    may_change: bool,
}

fn expose<S: serde::Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn view(row: api_key::Model) -> KeyView {
    KeyView {
        id: row.id,
        name: row.name,
        may_change: row.may_change,
        created_at: Time(Timestamp(row.created_at)),
        expires_at: Time(Timestamp(row.expires_at)),
        last_used_at: row.last_used_at.map(|at| Time(Timestamp(at))),
    }
}

#[utoipa::path(get, path = "/account/keys", tag = "accounts", operation_id = "list_keys", responses((status = 200, body = KeyViewList)))]
pub(super) async fn list(State(hub): State<Hub>, session: Session) -> Result<Json<List<KeyView>>, Problem> {
    Ok(Json(List::whole(hub.store.keys(session.user).await?.into_iter().map(view).collect())))
}

#[utoipa::path(post, path = "/account/keys", tag = "accounts", operation_id = "create_key", request_body = KeyBody, responses((status = 201, body = NewKeyView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Json(body): Json<KeyBody>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    if !(1..=MOST_DAYS).contains(&body.days) {
        return Err(Problem::invalid("days", "not_valid", format!("from 1 to {MOST_DAYS}")));
    }
    if hub.store.keys(session.user).await?.len() >= MOST {
        return Err(Problem::new(TOO_MANY));
    }
    let token = Token::random().map_err(|error| Problem::internal("make a key", &error))?;
    let row = api_key::Model {
        id: hub.new_id()?.to_string(),
        digest: token.digest().to_hex(),
        user_id: session.user.to_string(),
        name: name("name", &body.name)?,
        may_change: body.may_change,
        created_at: hub.now().as_millis(),
        expires_at: hub.now().plus_ms(i64::from(body.days) * DAY_MS).as_millis(),
        last_used_at: None,
    };
    hub.store.add_key(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(NewKeyView { key: view(row), secret: token.into_secret() })))
}

#[utoipa::path(delete, path = "/account/keys/{key}", tag = "accounts", operation_id = "delete_key", params(("key" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, session: Session, Path(key): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_key(session.user, &key).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
