//! What the door says and takes over HTTP.

use super::{Door, Happening, keys, own};
use crate::api::Api;
use crate::extract::{Json, Source};
use crate::guard::Access;
use crate::permission::Rights;
use crate::problem::Problem;
use crate::routes as handlers;
use crate::second_factor;
use crate::session::{Device, Session, Standing};
use crate::wire::Time;
use axum::Extension;
use axum::response::{IntoResponse, Response};
use haubert_model::Secret;
use haubert_trust::PasswordPolicy;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A profile that set-up makes an account of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FirstProfile {
    /// The profile.
    pub profile: &'static str,
    /// Whether set-up insists on it.
    pub required: bool,
}

/// Whether the first accounts are still to be made, of which profiles, and what their passwords must be.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SetupView {
    needed: bool,
    profiles: &'static [FirstProfile],
    password_rules: PasswordPolicy,
    /// What everybody reads before signing in; may be empty.
    notice: String,
}

/// The first accounts. The session begins for the first of them.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetupBody {
    /// Set-up code from the console.
    #[schema(value_type = String)]
    pub(super) code: Secret,
    pub(super) accounts: Vec<FirstAccount>,
}

/// One of the first accounts.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstAccount {
    /// One of the profiles that set-up makes.
    pub(super) profile: String,
    /// Name, 1 to 64 characters.
    pub(super) user: String,
    /// Must meet the rule.
    #[schema(value_type = String)]
    pub(super) password: Secret,
}

/// Name and password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    pub(super) user: String,
    #[schema(value_type = String)]
    pub(super) password: Secret,
    /// Of the app, or a recovery code; asked for by `second_factor_required`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) code: Option<Secret>,
}

/// Who is signed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Name of the account.
    user: String,
    /// Its profile.
    profile: String,
    /// What it may be used for.
    standing: Standing,
    /// What the profile may do, written `resource:action`.
    permissions: Vec<String>,
    /// Whether the account has a password to show once more before something that a browser left open must not do.
    has_password: bool,
    /// When the session ends if it is not used.
    expires_at: Time,
}

impl SessionView {
    pub(crate) fn of(session: Session, rights: &Rights) -> Self {
        let Session { user_name: user, profile, standing, has_password, expires_at, .. } = session;
        Self { user, standing, permissions: rights.of(&profile), profile, has_password, expires_at: Time(expires_at) }
    }
}

/// What runs here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct About {
    product: &'static str,
    version: &'static str,
    /// IANA name of the site's time zone, on a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
}

#[utoipa::path(get, path = "/setup", tag = "session", responses((status = 200, body = SetupView)))]
async fn get_setup(Extension(door): Extension<Arc<Door>>) -> Json<SetupView> {
    let (needed, profiles) = (door.code().is_some(), door.parts.first_profiles);
    Json(SetupView { needed, profiles, password_rules: door.policy(), notice: door.parts.rules.borrow().notice.clone() })
}

#[utoipa::path(post, path = "/setup", tag = "session", request_body = SetupBody, responses((status = 201, body = SessionView)))]
async fn post_setup(
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    Json(ask): Json<SetupBody>,
) -> Result<Response, Problem> {
    door.set_up(ask, source, device).await
}

#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionView)))]
async fn get_session(Extension(door): Extension<Arc<Door>>, session: Session) -> Json<SessionView> {
    Json(SessionView::of(session, door.rights()))
}

#[utoipa::path(post, path = "/session", tag = "session", request_body = SignInBody, responses((status = 200, body = SessionView)))]
async fn post_session(
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    Json(ask): Json<SignInBody>,
) -> Response {
    door.sign_in(ask, source, device).await
}

#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn delete_session(Extension(door): Extension<Arc<Door>>, session: Session, source: Source) -> Result<Response, Problem> {
    let cookie = door.parts.sessions.end(&session).await?;
    let account = door.parts.accounts.find_by_id(session.user).await?;
    door.tell(Happening::SignedOut, account.as_ref(), source);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

#[utoipa::path(get, path = "/about", tag = "session", responses((status = 200, body = About)))]
async fn get_about(Extension(door): Extension<Arc<Door>>) -> Json<About> {
    Json(About { product: door.parts.product, version: door.parts.version, time_zone: (door.parts.time_zone)() })
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static, A: Api<S>>(api: A) -> A {
    second_factor::routes::own(api)
        .routes(Access::Public, handlers!(get_setup, post_setup))
        .routes(Access::Own, handlers!(get_session, delete_session))
        .routes(Access::Public, handlers!(post_session))
        .routes(Access::Own, handlers!(get_about))
        .routes(Access::Own, handlers!(own::get_account))
        .routes(Access::Own, handlers!(own::put_password))
        .routes(Access::Own, handlers!(own::get_sessions))
        .routes(Access::OwnSettled, handlers!(own::delete_sessions))
        .routes(Access::OwnSettled, handlers!(own::delete_session))
        .routes(Access::OwnSettled, handlers!(keys::list_keys))
        .routes(Access::OwnSettled, handlers!(keys::create_key))
        .routes(Access::OwnSettled, handlers!(keys::delete_key))
}
