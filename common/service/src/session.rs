//! Sessions: an opaque token in a cookie, of which the store knows only the digest.
//!
//! A session dies when it is not used for a quarter of an hour, twelve hours after it began (both can be changed), at sign-out,
//! when its account's password or profile changes or the account is closed, when somebody who may ends it, and when the clock is
//! set back before its last use (a clock that jumps must not prolong it). Streams that it opened end with it.

use crate::access_rules::{RulesInForce, outside};
use crate::door::Account;
use crate::problem::{Problem, codes};
use crate::wire::Time;
use crate::{BoxFuture, StoreError};
use axum::extract::FromRequestParts;
use haubert_model::{Clock, Timestamp, UserId};
use haubert_trust::{PasswordPolicy, Token, TokenDigest};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Beginning of the cookie's name; the product follows, since cookies know no ports and both programs may run on one host. The
/// prefix makes browsers refuse the cookie without `Secure`, with a `Domain`, or for another path.
pub const COOKIE_PREFIX: &str = "__Host-";
/// The last use is written at most this often, and the clock may go back this much.
const TOUCH_MS: i64 = 60_000;
/// Characters of a session's public id: enough to tell sessions apart, and not what opens one.
const ID_CHARS: usize = 32;
/// Characters of a browser's name that are kept.
const DEVICE_CHARS: usize = 200;

/// How long sessions last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionLimits {
    /// Minutes without a request after which a session ends, 2 to 480.
    pub idle_minutes: u32,
    /// Hours after which it ends, 1 to 168.
    pub absolute_hours: u32,
    /// Sessions that an account has at a time, 1 to 100: one more ends the oldest.
    pub per_account: u32,
}

impl SessionLimits {
    /// The limits as shipped.
    pub const fn shipped() -> Self {
        Self { idle_minutes: 15, absolute_hours: 12, per_account: 20 }
    }

    /// The fields that are outside their bounds, and the bounds.
    pub fn out_of_bounds(&self) -> Vec<(&'static str, u32, u32)> {
        outside(&[
            // The last use is known to the minute.
            ("idle_minutes", self.idle_minutes, 2, 480),
            ("absolute_hours", self.absolute_hours, 1, 168),
            ("per_account", self.per_account, 1, 100),
        ])
    }

    fn idle_ms(&self) -> i64 {
        i64::from(self.idle_minutes) * 60_000
    }

    fn absolute_ms(&self) -> i64 {
        i64::from(self.absolute_hours) * 3_600_000
    }

    fn is_dead(&self, record: &SessionRecord, now: Timestamp) -> bool {
        let idle = now.ms_since(record.last_seen_at);
        !(-TOUCH_MS..self.idle_ms()).contains(&idle) || now.ms_since(record.created_at) >= self.absolute_ms()
    }

    fn end(&self, record: &SessionRecord, last_use: Timestamp) -> Timestamp {
        last_use.plus_ms(self.idle_ms()).min(record.created_at.plus_ms(self.absolute_ms()))
    }
}

/// What a session may be used for, besides what its profile allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Whatever the profile allows.
    #[default]
    Full,
    /// Only to look: the password is older than the policy allows.
    PasswordOverdue,
    /// Only to add a second factor, which the profile must have.
    MustAddFactor,
    /// Only to change the password: somebody else knows it.
    MustChangePassword,
}

impl Standing {
    /// The standing of an account whose password was set at `changed_at`, by somebody else when `given`.
    pub fn of(policy: &PasswordPolicy, changed_at: Timestamp, given: bool, now: Timestamp) -> Self {
        match given {
            true => Self::MustChangePassword,
            false if policy.is_overdue(changed_at, now) => Self::PasswordOverdue,
            false => Self::Full,
        }
    }
}

/// What a store keeps of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Whose it is.
    pub user: UserId,
    /// The user's name.
    pub user_name: String,
    /// The user's profile.
    pub profile: String,
    /// When the user's password was set.
    pub password_changed_at: Timestamp,
    /// Whether somebody else set it.
    pub password_given: bool,
    /// Whether the user has a password: whoever comes in by an identity provider may have none.
    pub has_password: bool,
    /// Whether the user has a second factor.
    pub second_factor: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// Last use, within a minute.
    pub last_seen_at: Timestamp,
    /// Address it was begun from.
    pub source: String,
    /// What the browser calls itself.
    pub device: String,
    /// Name of the identity provider by which it was begun; none when a password or a passkey of this program began it.
    pub provider: Option<String>,
}

/// What a store keeps of an API key: what a program carries in place of somebody's cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Whose it is, as a session of that account would be.
    pub owner: SessionRecord,
    /// Whether it may do more than look.
    pub may_change: bool,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An API key in a list: without what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// What ends it, and opens nothing.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Whether it may do more than look.
    pub may_change: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Last use, within a minute.
    pub last_used_at: Option<Timestamp>,
}

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A cookie, after a sign-in.
    Cookie,
    /// An API key. It never reaches what is somebody's own: passwords, second factors, sessions, keys.
    Key {
        /// Whether it may do more than look.
        may_change: bool,
    },
}

/// Where sessions are kept. Implemented by each binary's store.
pub trait SessionStore: Send + Sync + 'static {
    /// Adds a session.
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Finds a session, with what its account is now; none when the account is disabled.
    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>>;
    /// Every session, the oldest first.
    fn list(&self) -> BoxFuture<'_, Result<Vec<(TokenDigest, SessionRecord)>, StoreError>>;
    /// Moves the last use.
    fn touch(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
    /// API keys of an account, the oldest first.
    fn keys(&self, user: UserId) -> BoxFuture<'_, Result<Vec<KeyEntry>, StoreError>>;
    /// Adds an API key.
    fn add_key(&self, user: UserId, digest: TokenDigest, key: KeyEntry) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Removes an API key of an account; `false` when it has none such.
    fn remove_key(&self, user: UserId, id: String) -> BoxFuture<'_, Result<bool, StoreError>>;
    /// Finds an API key, with what its account is now; none when the account is disabled.
    fn find_key(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<KeyRecord>, StoreError>>;
    /// Moves the last use of an API key.
    fn touch_key(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Removes a session, if it is there.
    fn remove(&self, digest: TokenDigest) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Removes the sessions that began before `created_before` or were last used before `seen_before`.
    fn remove_dead(&self, created_before: Timestamp, seen_before: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// What the browser calls itself, bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let said = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self(said.chars().filter(|c| !c.is_control()).take(DEVICE_CHARS).collect()))
    }
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
    /// What it may be used for.
    pub standing: Standing,
    /// Whether its owner has a password.
    pub has_password: bool,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// By what its owner is known.
    pub means: Means,
    pub(crate) digest: TokenDigest,
}

impl Session {
    /// Its public id.
    pub fn id(&self) -> String {
        public_id(self.digest)
    }
}

/// Where the session of a request is left for whoever stands around the API, such as its audit trail: an empty one is put into
/// the request's extensions before, and filled when the session is looked up.
#[derive(Debug, Clone, Default)]
pub struct SeenSession(Arc<OnceLock<Session>>);

impl SeenSession {
    /// The session; `None` when there is none, or it was not looked up yet.
    pub fn get(&self) -> Option<&Session> {
        self.0.get()
    }

    pub(crate) fn set(&self, session: &Session) {
        // One request has one session: a second look-up finds the same.
        let _same = self.0.set(session.clone());
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(codes::NOT_SIGNED_IN))
    }
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionEntry {
    /// Its public id: ends it, and opens nothing.
    pub id: String,
    /// Whose it is.
    #[schema(value_type = String)]
    pub user_id: UserId,
    /// The account's name.
    pub user: String,
    /// The account's profile.
    pub profile: String,
    /// Address it was begun from.
    pub source: String,
    /// What the browser calls itself; at most 200 characters.
    pub device: String,
    /// Name of the identity provider by which it was begun; none when a password or a passkey began it.
    #[schema(required)]
    pub provider: Option<String>,
    /// When it began.
    pub created_at: Time,
    /// Last use, within a minute.
    pub last_seen_at: Time,
    /// When it ends if it is not used.
    pub expires_at: Time,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Starts, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    rules: RulesInForce,
    cookie: Arc<str>,
    ended: watch::Sender<u64>,
}

impl Sessions {
    /// Sessions of `product`, kept in `store`, aged by `clock`, limited by `rules`.
    pub fn new(product: &str, store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, rules: RulesInForce) -> Self {
        Self { store, clock, rules, cookie: format!("{COOKIE_PREFIX}{product}").into(), ended: watch::Sender::new(0) }
    }

    fn limits(&self) -> SessionLimits {
        self.rules.borrow().sessions.clone()
    }

    /// Begins a session, by an identity provider or not, and gives the `Set-Cookie` value. Dead sessions are swept on the way, and the account's oldest when it
    /// has too many.
    ///
    /// # Errors
    /// A [`Problem`] (internal) when the store or the random source fails.
    pub async fn start(
        &self,
        account: &Account,
        source: &str,
        device: Device,
        provider: Option<&str>,
    ) -> Result<(Session, HeaderValue), Problem> {
        let (now, limits) = (self.clock.now(), self.limits());
        let token = Token::random().map_err(|error| Problem::internal("begin a session", &error))?;
        let record = SessionRecord {
            user: account.id,
            user_name: account.name.clone(),
            profile: account.profile.clone(),
            password_changed_at: account.password_changed_at,
            password_given: account.password_given,
            has_password: account.password().is_some(),
            second_factor: false,
            created_at: now,
            last_seen_at: now,
            source: source.to_owned(),
            device: device.0,
            provider: provider.map(str::to_owned),
        };
        self.store.remove_dead(now.plus_ms(-limits.absolute_ms()), now.plus_ms(-limits.idle_ms())).await?;
        let own: Vec<TokenDigest> = self
            .store
            .list()
            .await?
            .into_iter()
            .filter(|(_, other)| other.user == account.id)
            .map(|(digest, _)| digest)
            .collect();
        let room = usize::try_from(limits.per_account).unwrap_or(usize::MAX).saturating_sub(1);
        self.remove(own.iter().take(own.len().saturating_sub(room)).copied()).await?;
        self.store.insert(token.digest(), record.clone()).await?;
        // As it is found from now on: with what the account has.
        let record = self.store.find(token.digest()).await?.unwrap_or(record);
        let cookie = cookie(&self.cookie, token.expose(), limits.absolute_ms() / 1000)?;
        Ok((self.live(token.digest(), record, now), cookie))
    }

    /// The live session of these request headers, if any; its last use moves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
        // Whoever shows a key is known by it alone: a cookie beside it counts for nothing.
        if let Some(said) = headers.get(header::AUTHORIZATION) {
            return match said.to_str().ok().and_then(|said| Token::parse(said.strip_prefix("Bearer ")?)) {
                Some(key) => self.by_key(key.digest()).await,
                None => Ok(None),
            };
        }
        let Some(token) = token_of(headers, &self.cookie) else { return Ok(None) };
        let digest = token.digest();
        let Some(record) = self.alive(digest).await? else { return Ok(None) };
        let now = self.clock.now();
        if now.ms_since(record.last_seen_at).abs() >= TOUCH_MS {
            self.store.touch(digest, now).await?;
        }
        Ok(Some(self.live(digest, record, now)))
    }

    async fn by_key(&self, digest: TokenDigest) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        let Some(key) = self.store.find_key(digest).await?.filter(|key| now < key.expires_at) else { return Ok(None) };
        if now.ms_since(key.owner.last_seen_at).abs() >= TOUCH_MS {
            self.store.touch_key(digest, now).await?;
        }
        let mut session = self.live(digest, key.owner, now);
        session.means = Means::Key { may_change: key.may_change };
        session.expires_at = key.expires_at;
        Ok(Some(session))
    }

    pub(crate) async fn keys(&self, user: UserId) -> Result<Vec<KeyEntry>, StoreError> {
        self.store.keys(user).await
    }

    pub(crate) async fn add_key(&self, user: UserId, digest: TokenDigest, key: KeyEntry) -> Result<(), StoreError> {
        self.store.add_key(user, digest, key).await
    }

    pub(crate) async fn remove_key(&self, user: UserId, id: &str) -> Result<bool, StoreError> {
        self.store.remove_key(user, id.to_owned()).await
    }

    /// Whether this session still lives. Does not count as use.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_alive(&self, session: &Session) -> Result<bool, StoreError> {
        Ok(self.alive(session.digest).await?.is_some())
    }

    /// The live sessions, the oldest first; `asking` marks its own.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, asking: &Session) -> Result<Vec<SessionEntry>, StoreError> {
        let (now, limits) = (self.clock.now(), self.limits());
        let live = self.store.list().await?.into_iter().filter(|(_, record)| !limits.is_dead(record, now));
        Ok(live
            .map(|(digest, record)| SessionEntry {
                id: public_id(digest),
                user_id: record.user,
                expires_at: Time(limits.end(&record, record.last_seen_at)),
                user: record.user_name,
                profile: record.profile,
                source: record.source,
                device: record.device,
                provider: record.provider,
                created_at: Time(record.created_at),
                last_seen_at: Time(record.last_seen_at),
                current: digest == asking.digest,
            })
            .collect())
    }

    /// Ends a session and gives the `Set-Cookie` value that clears it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, session: &Session) -> Result<HeaderValue, Problem> {
        self.remove([session.digest]).await?;
        cookie(&self.cookie, "", 0)
    }

    /// Ends the sessions that `which` chooses (by account and public id); gives how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_where(&self, which: impl Fn(&SessionRecord, &str) -> bool) -> Result<usize, StoreError> {
        let all = self.store.list().await?;
        let chosen: Vec<TokenDigest> =
            all.iter().filter(|(digest, record)| which(record, &public_id(*digest))).map(|(digest, _)| *digest).collect();
        let count = chosen.len();
        self.remove(chosen).await?;
        Ok(count)
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_all_of(&self, user: UserId) -> Result<usize, StoreError> {
        self.end_where(|record, _| record.user == user).await
    }

    /// Ends every session of this session's account but itself.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_others(&self, session: &Session) -> Result<usize, StoreError> {
        let own = session.id();
        self.end_where(|record, id| record.user == session.user && id != own).await
    }

    /// Changes whenever a session has been ended.
    pub(crate) fn endings(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    async fn remove(&self, digests: impl IntoIterator<Item = TokenDigest>) -> Result<(), StoreError> {
        for digest in digests {
            self.store.remove(digest).await?;
            self.ended.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }

    async fn alive(&self, digest: TokenDigest) -> Result<Option<SessionRecord>, StoreError> {
        let Some(record) = self.store.find(digest).await? else { return Ok(None) };
        if self.limits().is_dead(&record, self.clock.now()) {
            self.remove([digest]).await?;
            return Ok(None);
        }
        Ok(Some(record))
    }

    fn live(&self, digest: TokenDigest, record: SessionRecord, now: Timestamp) -> Session {
        let rules = self.rules.borrow();
        let expires_at = rules.sessions.end(&record, now);
        let standing = match Standing::of(&rules.passwords, record.password_changed_at, record.password_given, now) {
            Standing::Full | Standing::PasswordOverdue if rules.lacks_factor(&record.profile, record.second_factor) => {
                Standing::MustAddFactor
            }
            standing => standing,
        };
        let SessionRecord { user, user_name, profile, has_password, created_at: begun_at, .. } = record;
        Session { user, user_name, profile, standing, has_password, begun_at, expires_at, means: Means::Cookie, digest }
    }
}

fn public_id(digest: TokenDigest) -> String {
    digest.to_hex().chars().take(ID_CHARS).collect()
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

    const IDLE_MS: i64 = 15 * 60_000;
    const ABSOLUTE_MS: i64 = 12 * 3_600_000;

    fn record(created: i64, seen: i64) -> SessionRecord {
        SessionRecord {
            user: "018f3f7e-0000-7000-8000-000000000001".parse().unwrap(),
            user_name: String::new(),
            profile: String::new(),
            password_changed_at: Timestamp(0),
            password_given: false,
            has_password: true,
            second_factor: false,
            created_at: Timestamp(created),
            last_seen_at: Timestamp(seen),
            source: String::new(),
            device: String::new(),
            provider: None,
        }
    }

    #[test]
    fn a_session_dies_of_idleness_age_and_clock_jumps() {
        let is_dead = |record: &SessionRecord, now: Timestamp| SessionLimits::shipped().is_dead(record, now);
        assert!(!is_dead(&record(0, 0), Timestamp(IDLE_MS - 1)));
        assert!(is_dead(&record(0, 0), Timestamp(IDLE_MS)));
        assert!(!is_dead(&record(0, ABSOLUTE_MS - 1000), Timestamp(ABSOLUTE_MS - 1)));
        assert!(is_dead(&record(0, ABSOLUTE_MS - 1000), Timestamp(ABSOLUTE_MS)));
        assert!(is_dead(&record(0, 3_600_000), Timestamp(0)), "clock back an hour");
    }

    #[test]
    fn a_given_password_must_be_changed_and_an_old_one_only_looks() {
        let year = Timestamp(365 * 86_400_000);
        let of = |given, now| Standing::of(&PasswordPolicy::note(), Timestamp(0), given, now);
        assert_eq!(of(false, year.plus_ms(-1)), Standing::Full);
        assert_eq!(of(false, year), Standing::PasswordOverdue);
        assert_eq!(of(true, year), Standing::MustChangePassword);
        assert_eq!(Standing::of(&PasswordPolicy::asvs(), Timestamp(0), false, year), Standing::Full);
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
