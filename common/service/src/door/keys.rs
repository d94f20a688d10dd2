//! API keys: what a program carries in place of somebody's cookie. It does at most what its owner may, and never what is the
//! owner's own (password, second factors, sessions, keys).

use super::Door;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::session::{KeyEntry, Session};
use crate::wire::{List, Time};
use axum::Extension;
use haubert_model::Secret;
use haubert_trust::Token;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const TOO_MANY: Code = Code::new("too_many_keys", 409, "There are too many keys: end one first");
/// Most keys of an account.
const MOST: usize = 20;
/// Longest life, in days.
const MOST_DAYS: u16 = 365;
const DAY_MS: i64 = 86_400_000;
/// Longest name, in characters.
const MAX_NAME: usize = 100;
/// Characters of a key's public id, as of a session's.
const ID_CHARS: usize = 32;

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

impl From<KeyEntry> for KeyView {
    fn from(KeyEntry { id, name, may_change, created_at, expires_at, last_used_at }: KeyEntry) -> Self {
        let (created_at, expires_at) = (Time(created_at), Time(expires_at));
        Self { id, name, may_change, created_at, expires_at, last_used_at: last_used_at.map(Time) }
    }
}

fn checked(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Problem::invalid("name", "required", "give a name")),
        1..=MAX_NAME if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => {
            Err(Problem::invalid("name", "not_valid", format!("at most {MAX_NAME} characters, none of them a control character")))
        }
    }
}

#[utoipa::path(get, path = "/account/keys", tag = "accounts", responses((status = 200, body = KeyViewList)))]
pub(super) async fn list_keys(Extension(door): Extension<Arc<Door>>, session: Session) -> Result<Json<KeyViewList>, Problem> {
    let keys = door.parts.sessions.keys(session.user).await?;
    Ok(Json(List::whole(keys.into_iter().map(KeyView::from).collect())))
}

#[utoipa::path(post, path = "/account/keys", tag = "accounts", request_body = KeyBody, responses((status = 201, body = NewKeyView)))]
pub(super) async fn create_key(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    Json(body): Json<KeyBody>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    if !(1..=MOST_DAYS).contains(&body.days) {
        return Err(Problem::invalid("days", "not_valid", format!("from 1 to {MOST_DAYS}")));
    }
    let name = checked(&body.name)?;
    let sessions = &door.parts.sessions;
    if sessions.keys(session.user).await?.len() >= MOST {
        return Err(Problem::new(TOO_MANY));
    }
    let internal = |error: &haubert_trust::RandomError| Problem::internal("make a key", error);
    let token = Token::random().map_err(|error| internal(&error))?;
    // Of the digest, and so no help to whoever looks for the key.
    let id = token.digest().to_hex().chars().take(ID_CHARS).collect();
    let now = door.parts.clock.now();
    let key = KeyEntry {
        id,
        name,
        may_change: body.may_change,
        created_at: now,
        expires_at: now.plus_ms(i64::from(body.days) * DAY_MS),
        last_used_at: None,
    };
    sessions.add_key(session.user, token.digest(), key.clone()).await?;
    Ok((StatusCode::CREATED, Json(NewKeyView { key: key.into(), secret: token.into_secret() })))
}

#[utoipa::path(delete, path = "/account/keys/{key}", tag = "accounts", params(("key" = String, Path)), responses((status = 204)))]
pub(super) async fn delete_key(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    if door.parts.sessions.remove_key(session.user, &key).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
