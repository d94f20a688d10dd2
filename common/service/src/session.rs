//! Sessions: an opaque token in a cookie, of which the store knows only the digest.
//!
//! A session dies after 30 minutes without a request, 12 hours after it began, at sign-out, and when the clock is set back
//! before its last use (a clock that jumps must not prolong it).

use crate::problem::{Problem, codes};
use crate::{BoxFuture, StoreError};
use axum::extract::FromRequestParts;
use haubert_model::{Clock, Timestamp, UserId};
use haubert_trust::{Token, TokenDigest};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;

/// Beginning of the cookie's name; the product follows, since cookies know no ports and both programs may run on one host. The
/// prefix makes browsers refuse the cookie without `Secure`, with a `Domain`, or for another path.
pub const COOKIE_PREFIX: &str = "__Host-";
/// A session dies after this time without a request.
pub const IDLE_MS: i64 = 30 * 60_000;
/// A session dies this long after it began.
pub const ABSOLUTE_MS: i64 = 12 * 3_600_000;
/// The last use is written at most this often, and the clock may go back this much.
const TOUCH_MS: i64 = 60_000;

/// What a store keeps of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Whose it is.
    pub user: UserId,
    /// The user's name at sign-in.
    pub user_name: String,
    /// The user's profile at sign-in.
    pub profile: String,
    /// When it began.
    pub created_at: Timestamp,
    /// Last use, within a minute.
    pub last_seen_at: Timestamp,
}

/// Where sessions are kept. Implemented by each binary's store.
pub trait SessionStore: Send + Sync + 'static {
    /// Adds a session.
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Finds a session.
    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>>;
    /// Moves the last use.
    fn touch(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Removes a session, if it is there.
    fn remove(&self, digest: TokenDigest) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Removes the sessions that began before `created_before` or were last used before `seen_before`.
    fn remove_dead(&self, created_before: Timestamp, seen_before: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// A live session, as handlers receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// The user's profile (`admin`, `member`, …).
    pub profile: String,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    pub(crate) digest: TokenDigest,
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(codes::NOT_SIGNED_IN))
    }
}

/// Starts, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    cookie: Arc<str>,
}

impl Sessions {
    /// Sessions of `product`, kept in `store`, aged by `clock`.
    pub fn new(product: &str, store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, cookie: format!("{COOKIE_PREFIX}{product}").into() }
    }

    /// Begins a session and gives the `Set-Cookie` value. Dead sessions are swept on the way.
    ///
    /// # Errors
    /// A [`Problem`] (internal) when the store or the random source fails.
    pub async fn start(&self, user: UserId, user_name: &str, profile: &str) -> Result<(Session, HeaderValue), Problem> {
        let now = self.clock.now();
        let token = Token::random().map_err(|error| Problem::internal("begin a session", &error))?;
        let record = SessionRecord {
            user,
            user_name: user_name.to_owned(),
            profile: profile.to_owned(),
            created_at: now,
            last_seen_at: now,
        };
        self.store.remove_dead(now.plus_ms(-ABSOLUTE_MS), now.plus_ms(-IDLE_MS)).await?;
        self.store.insert(token.digest(), record.clone()).await?;
        let cookie = cookie(&self.cookie, token.expose(), ABSOLUTE_MS / 1000)?;
        Ok((live(token.digest(), record, now), cookie))
    }

    /// The live session of these request headers, if any; its last use moves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
        let Some(token) = token_of(headers, &self.cookie) else { return Ok(None) };
        let digest = token.digest();
        let Some(record) = self.alive(digest).await? else { return Ok(None) };
        let now = self.clock.now();
        if now.ms_since(record.last_seen_at).abs() >= TOUCH_MS {
            self.store.touch(digest, now).await?;
        }
        Ok(Some(live(digest, record, now)))
    }

    /// Whether this session still lives. Does not count as use.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_alive(&self, session: &Session) -> Result<bool, StoreError> {
        Ok(self.alive(session.digest).await?.is_some())
    }

    /// Ends a session and gives the `Set-Cookie` value that clears it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, session: &Session) -> Result<HeaderValue, Problem> {
        self.store.remove(session.digest).await?;
        cookie(&self.cookie, "", 0)
    }

    async fn alive(&self, digest: TokenDigest) -> Result<Option<SessionRecord>, StoreError> {
        let Some(record) = self.store.find(digest).await? else { return Ok(None) };
        if is_dead(&record, self.clock.now()) {
            self.store.remove(digest).await?;
            return Ok(None);
        }
        Ok(Some(record))
    }
}

fn is_dead(record: &SessionRecord, now: Timestamp) -> bool {
    let idle = now.ms_since(record.last_seen_at);
    !(-TOUCH_MS..IDLE_MS).contains(&idle) || now.ms_since(record.created_at) >= ABSOLUTE_MS
}

fn live(digest: TokenDigest, record: SessionRecord, now: Timestamp) -> Session {
    let expires_at = now.plus_ms(IDLE_MS).min(record.created_at.plus_ms(ABSOLUTE_MS));
    Session { user: record.user, user_name: record.user_name, profile: record.profile, expires_at, digest }
}

fn cookie(name: &str, value: &str, max_age_s: i64) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={max_age_s}"))
        .map_err(|error| Problem::internal("write the session cookie", &error))
}

fn token_of(headers: &HeaderMap, cookie: &str) -> Option<Token> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie)
        .and_then(|(_, value)| Token::parse(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(created: i64, seen: i64) -> SessionRecord {
        SessionRecord {
            user: "018f3f7e-0000-7000-8000-000000000001".parse().unwrap(),
            user_name: String::new(),
            profile: String::new(),
            created_at: Timestamp(created),
            last_seen_at: Timestamp(seen),
        }
    }

    #[test]
    fn a_session_dies_of_idleness_age_and_clock_jumps() {
        assert!(!is_dead(&record(0, 0), Timestamp(IDLE_MS - 1)));
        assert!(is_dead(&record(0, 0), Timestamp(IDLE_MS)));
        assert!(!is_dead(&record(0, ABSOLUTE_MS - 1000), Timestamp(ABSOLUTE_MS - 1)));
        assert!(is_dead(&record(0, ABSOLUTE_MS - 1000), Timestamp(ABSOLUTE_MS)));
        assert!(is_dead(&record(0, 3_600_000), Timestamp(0)), "clock back an hour");
    }

    #[test]
    fn the_cookie_is_read_among_others() {
        let token = Token::random().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; c".parse().unwrap());
        headers.append(header::COOKIE, format!("__Host-b={}; __Host-a={}", "0".repeat(43), token.expose()).parse().unwrap());
        assert_eq!(token_of(&headers, "__Host-a").unwrap().digest(), token.digest());
        headers.clear();
        headers.append(header::COOKIE, "__Host-a=short".parse().unwrap());
        assert!(token_of(&headers, "__Host-a").is_none());
    }
}
