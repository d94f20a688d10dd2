//! The way in, the same on both binaries: first set-up, sign-in, sign-out, who am I.
//!
//! There is no default password. While no account exists, a code printed on the console lets one person make the first; it
//! lives in memory only. A name that nobody has costs as much time as a wrong password and gets the same answer.

use crate::api::Api;
use crate::extract::{Json, Source};
use crate::guard::Access;
use crate::problem::{Problem, codes};
use crate::routes;
use crate::session::{Session, Sessions};
use crate::throttle::Throttle;
use crate::wire::Time;
use crate::{BoxFuture, StoreError, passwords};
use axum::Extension;
use axum::response::{IntoResponse, Response};
use haubert_model::{Clock, Secret, UserId};
use haubert_trust::{PasswordPolicy, SetupCode, random_bytes};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Wrong passwords of one account from one source before it has to wait.
const ATTEMPTS: u32 = 3;
/// How long it then waits.
const WAIT_MS: u64 = 30_000;

/// An account as the door needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name, unique.
    pub name: String,
    /// Its profile.
    pub profile: String,
    /// PHC string of its password.
    pub password_hash: String,
}

/// Where accounts are kept. Implemented by each binary's store.
pub trait AccountStore: Send + Sync + 'static {
    /// Whether there is no account yet.
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, StoreError>>;
    /// The account of this name.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, StoreError>>;
    /// Adds the first account; `false`, and nothing added, when there is one already.
    fn create_first(&self, account: Account) -> BoxFuture<'_, Result<bool, StoreError>>;
}

/// What the door is made of.
pub struct Parts {
    /// `haubert-gateway` or `haubert-hub`.
    pub product: &'static str,
    /// Version of the binary.
    pub version: &'static str,
    /// Profile of the first account.
    pub first_profile: &'static str,
    /// The accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// The sessions.
    pub sessions: Sessions,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The site's time zone, where there is one.
    pub time_zone: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

/// Set-up and sign-in.
pub struct Door {
    parts: Parts,
    setup: Mutex<Option<SetupCode>>,
    throttle: Throttle,
}

/// Prints the set-up code where only somebody at the console sees it: on stdout, never in a log.
///
/// # Errors
/// When stdout is closed.
pub fn announce(product: &str, code: &SetupCode) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{product}: first start. Set-up code: {}", code.text().expose())?;
    stdout.flush()
}

impl Door {
    /// A door that is closed for set-up; see [`Door::open_setup`].
    pub fn new(parts: Parts) -> Self {
        Self { parts, setup: Mutex::new(None), throttle: Throttle::new(ATTEMPTS, WAIT_MS) }
    }

    /// When there is no account: makes the set-up code, to be [`announce`]d.
    ///
    /// # Errors
    /// When the store or the random source fails.
    pub async fn open_setup(&self) -> Result<Option<SetupCode>, StoreError> {
        if !self.parts.accounts.is_empty().await? {
            return Ok(None);
        }
        let code = SetupCode::random().map_err(StoreError::new)?;
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.clone());
        Ok(Some(code))
    }

    fn code(&self) -> Option<SetupCode> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn set_up(&self, ask: SetupBody, source: Source) -> Result<Response, Problem> {
        let Some(code) = self.code() else { return Err(Problem::new(codes::SETUP_DONE)) };
        let key = format!("setup@{}", source.0);
        self.check_throttle(&key)?;
        if !code.matches(ask.code.expose()) {
            self.throttle.failed(&key, self.parts.clock.monotonic_ms());
            return Err(Problem::new(codes::SETUP_CODE_WRONG).field("code", "setup_code_wrong", "not the code on the console"));
        }
        let name = checked_name(&ask.user)?;
        check_password(&ask.password)?;
        let hash = passwords::hash(ask.password).await.map_err(|error| Problem::internal("hash a password", &error))?;
        let account = Account { id: new_user_id()?, name, profile: self.parts.first_profile.to_owned(), password_hash: hash };
        if !self.parts.accounts.create_first(account.clone()).await? {
            return Err(Problem::new(codes::SETUP_DONE));
        }
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.begin(account, StatusCode::CREATED).await
    }

    async fn sign_in(&self, ask: SignInBody, source: Source) -> Result<Response, Problem> {
        let name: String = ask.user.trim().chars().take(64).collect();
        let key = format!("{name}@{}", source.0);
        self.check_throttle(&key)?;
        let account = self.parts.accounts.find(&name).await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let right = passwords::verify(ask.password, hash).await;
        match account {
            Some(account) if right => {
                self.throttle.succeeded(&key);
                self.begin(account, StatusCode::OK).await
            }
            _ => {
                self.throttle.failed(&key, self.parts.clock.monotonic_ms());
                tracing::warn!(source = %source.0, "sign-in refused");
                Err(Problem::new(codes::WRONG_CREDENTIALS))
            }
        }
    }

    fn check_throttle(&self, key: &str) -> Result<(), Problem> {
        match self.throttle.refused_for(key, self.parts.clock.monotonic_ms()) {
            Some(ms) => Err(Problem::new(codes::TOO_MANY_ATTEMPTS).detail(format!("try again in {} s", ms.div_ceil(1000)))),
            None => Ok(()),
        }
    }

    async fn begin(&self, account: Account, status: StatusCode) -> Result<Response, Problem> {
        let (session, cookie) = self.parts.sessions.start(account.id, &account.name, &account.profile).await?;
        Ok((status, [(header::SET_COOKIE, cookie)], Json(SessionView::from(session))).into_response())
    }
}

/// A user id that is new.
///
/// # Errors
/// An internal [`Problem`] when the random source fails.
pub fn new_user_id() -> Result<UserId, Problem> {
    let bytes = random_bytes::<16>().map_err(|error| Problem::internal("draw an id", &error))?;
    Ok(UserId(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

/// Checks a password against the rule; each thing it lacks is named.
///
/// # Errors
/// `invalid` with one field entry per fault.
pub fn check_password(password: &Secret) -> Result<(), Problem> {
    let faults = PasswordPolicy::note().check(password);
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults
        .into_iter()
        .fold(Problem::new(codes::INVALID), |problem, fault| problem.field("password", fault.code(), fault.message())))
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Problem::invalid("user", "required", "give a name")),
        1..=64 if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => Err(Problem::invalid("user", "not_valid", "at most 64 characters, none of them a control character")),
    }
}

/// Whether the first account is still to be made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SetupView {
    needed: bool,
}

/// The first account.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupBody {
    /// Printed on the console at start.
    #[schema(value_type = String)]
    code: Secret,
    /// Name of the first account.
    user: String,
    /// Its password.
    #[schema(value_type = String)]
    password: Secret,
}

/// Name and password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    user: String,
    #[schema(value_type = String)]
    password: Secret,
}

/// Who is signed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
struct SessionView {
    /// Name of the account.
    user: String,
    /// Its profile.
    profile: String,
    /// When the session ends if it is not used.
    expires_at: Time,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self { user: session.user_name, profile: session.profile, expires_at: Time(session.expires_at) }
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
    Json(SetupView { needed: door.code().is_some() })
}

#[utoipa::path(post, path = "/setup", tag = "session", request_body = SetupBody, responses((status = 201, body = SessionView)))]
async fn post_setup(
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    Json(ask): Json<SetupBody>,
) -> Result<Response, Problem> {
    door.set_up(ask, source).await
}

#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionView)))]
async fn get_session(session: Session) -> Json<SessionView> {
    Json(session.into())
}

#[utoipa::path(post, path = "/session", tag = "session", request_body = SignInBody, responses((status = 200, body = SessionView)))]
async fn post_session(
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    Json(ask): Json<SignInBody>,
) -> Result<Response, Problem> {
    door.sign_in(ask, source).await
}

#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn delete_session(Extension(door): Extension<Arc<Door>>, session: Session) -> Result<Response, Problem> {
    let cookie = door.parts.sessions.end(&session).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

#[utoipa::path(get, path = "/about", tag = "session", responses((status = 200, body = About)))]
async fn get_about(Extension(door): Extension<Arc<Door>>) -> Json<About> {
    Json(About { product: door.parts.product, version: door.parts.version, time_zone: (door.parts.time_zone)() })
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static, A: Api<S>>(api: A) -> A {
    api.routes(Access::Public, routes!(get_setup, post_setup))
        .routes(Access::SignedIn, routes!(get_session, delete_session))
        .routes(Access::Public, routes!(post_session))
        .routes(Access::SignedIn, routes!(get_about))
}
