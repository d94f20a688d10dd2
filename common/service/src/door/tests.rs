//! The door as a client meets it, on a clock that is moved by hand.

mod guessing;
mod sessions;

use super::*;
use crate::access_rules::AccessRules;
use crate::api::{Api as _, Served};
use crate::lockout::{Key, LockoutRecord, LockoutStore};
use crate::permission::{Permission, RightsTable};
use crate::second_factor::{FactorRow, FactorStore, SecondFactors};
use crate::session::{KeyEntry, KeyRecord, SessionRecord, SessionStore};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use haubert_trust::TokenDigest;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tokio::sync::watch;
use tower::ServiceExt as _;

const PASSWORD: &str = "Plume-Grue-88x";
const HOUR_S: i64 = 3600;

struct Hand {
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl Hand {
    fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds * 1000, Ordering::SeqCst);
        self.monotonic.fetch_add(seconds.unsigned_abs() * 1000, Ordering::SeqCst);
    }

    /// Somebody sets the clock.
    fn set_by(&self, seconds: i64) {
        self.wall.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }
    fn monotonic_ms(&self) -> u64 {
        self.monotonic.load(Ordering::SeqCst)
    }
}

/// What survives a restart.
#[derive(Default)]
struct Kept {
    accounts: Vec<Account>,
    former: Vec<(UserId, String)>,
    sessions: BTreeMap<TokenDigest, SessionRecord>,
    locks: BTreeMap<String, LockoutRecord>,
    /// Ends no session, as a server would that only clears the browser's cookie.
    is_forgetful: bool,
}

#[derive(Default)]
struct Memory(Mutex<Kept>);

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, StoreError>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl AccountStore for Memory {
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        ready(self.kept().accounts.is_empty())
    }
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, StoreError>> {
        ready(self.kept().accounts.iter().find(|account| account.name.eq_ignore_ascii_case(name)).cloned())
    }
    fn find_by_id(&self, id: UserId) -> BoxFuture<'_, Result<Option<Account>, StoreError>> {
        ready(self.kept().accounts.iter().find(|account| account.id == id).cloned())
    }
    fn create_first(&self, accounts: Vec<Account>) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.kept().accounts = accounts;
        ready(true)
    }
    fn set_password(&self, id: UserId, new: NewPassword) -> BoxFuture<'_, Result<(), StoreError>> {
        let mut kept = self.kept();
        let account = kept.accounts.iter_mut().find(|account| account.id == id).unwrap();
        let before = std::mem::replace(&mut account.password_hash, new.hash);
        (account.password_changed_at, account.password_given) = (new.at, new.given);
        kept.former.insert(0, (id, before));
        ready(())
    }
    fn former_passwords(&self, id: UserId, limit: u32) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        let kept = self.kept();
        let former = kept.former.iter().filter(|(of, _)| *of == id).map(|(_, hash)| hash.clone());
        ready(former.take(usize::try_from(limit).unwrap()).collect())
    }
    fn signed_in(&self, _: UserId, _: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(())
    }
}

impl SessionStore for Memory {
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), StoreError>> {
        self.kept().sessions.insert(digest, record);
        ready(())
    }
    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>> {
        ready(self.kept().sessions.get(&digest).cloned())
    }
    fn list(&self) -> BoxFuture<'_, Result<Vec<(TokenDigest, SessionRecord)>, StoreError>> {
        let mut all: Vec<_> = self.kept().sessions.iter().map(|(digest, record)| (*digest, record.clone())).collect();
        all.sort_by_key(|(_, record)| record.created_at);
        ready(all)
    }
    fn touch(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        self.kept().sessions.get_mut(&digest).unwrap().last_seen_at = at;
        ready(())
    }
    fn keys(&self, _: UserId) -> BoxFuture<'_, Result<Vec<KeyEntry>, StoreError>> {
        ready(Vec::new())
    }
    fn add_key(&self, _: UserId, _: TokenDigest, _: KeyEntry) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(())
    }
    fn remove_key(&self, _: UserId, _: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        ready(false)
    }
    fn find_key(&self, _: TokenDigest) -> BoxFuture<'_, Result<Option<KeyRecord>, StoreError>> {
        ready(None)
    }
    fn touch_key(&self, _: TokenDigest, _: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(())
    }
    fn remove(&self, digest: TokenDigest) -> BoxFuture<'_, Result<(), StoreError>> {
        let mut kept = self.kept();
        if !kept.is_forgetful {
            kept.sessions.remove(&digest);
        }
        ready(())
    }
    fn remove_dead(&self, created: Timestamp, seen: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        self.kept().sessions.retain(|_, record| record.created_at >= created && record.last_seen_at >= seen);
        ready(())
    }
}

impl LockoutStore for Memory {
    fn load(&self) -> BoxFuture<'_, Result<Vec<LockoutRecord>, StoreError>> {
        ready(self.kept().locks.values().cloned().collect())
    }
    fn save(&self, records: Vec<LockoutRecord>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.kept().locks.extend(records.into_iter().map(|record| (record.key.text(), record)));
        ready(())
    }
    fn remove(&self, keys: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.kept().locks.retain(|text, _| !keys.iter().any(|key| key.text() == *text));
        ready(())
    }
}

/// Nobody has a second factor here.
struct NoFactors;

impl FactorStore for NoFactors {
    fn load(&self, _: UserId) -> BoxFuture<'_, Result<Option<FactorRow>, StoreError>> {
        ready(None)
    }
    fn replace(&self, _: UserId, _: Option<Secret>, _: Option<i64>) -> BoxFuture<'_, Result<bool, StoreError>> {
        ready(true)
    }
    fn load_all(&self) -> BoxFuture<'_, Result<Vec<(UserId, FactorRow)>, StoreError>> {
        ready(Vec::new())
    }
}

struct House {
    memory: Arc<Memory>,
    clock: Arc<Hand>,
    rules: watch::Sender<Arc<AccessRules>>,
    told: Arc<Mutex<Vec<Happening>>>,
    door: Arc<Door>,
    router: Router,
}

impl House {
    async fn new() -> Self {
        let clock = Arc::new(Hand { wall: AtomicI64::new(1_800_000_000_000), monotonic: AtomicU64::new(0) });
        let rules = watch::Sender::new(Arc::new(AccessRules::with(PasswordPolicy::note())));
        let house = Self::open(Arc::default(), clock, rules).await;
        house.add("ana", PASSWORD).await;
        house
    }

    async fn open(memory: Arc<Memory>, clock: Arc<Hand>, rules: watch::Sender<Arc<AccessRules>>) -> Self {
        let shared: Arc<dyn Clock> = clock.clone();
        let sessions = Sessions::new("test", memory.clone(), shared.clone(), rules.subscribe());
        let told: Arc<Mutex<Vec<Happening>>> = Arc::default();
        let tell = Arc::clone(&told);
        let door = Arc::new(Door::new(Parts {
            product: "test",
            version: "0",
            first_profiles: &[FirstProfile { profile: "admin", required: true }],
            rights: Rights::new(RightsTable::of(&[("admin", &[Permission::view("things"), Permission::change("things")])])),
            accounts: memory.clone(),
            sessions: sessions.clone(),
            lockouts: Lockouts::open(memory.clone(), shared.clone(), rules.subscribe()).await.unwrap(),
            rules: rules.subscribe(),
            time_zone: Arc::new(|| None),
            names: Arc::new(|| vec!["Terminal Nord".to_owned()]),
            factors: SecondFactors::new(Arc::new(NoFactors), None, shared.clone(), "test"),
            clock: shared,
            tell: Arc::new(move |happening, _| tell.lock().unwrap().push(happening)),
        }));
        let router = Served::<()>::default().door().build((), sessions, Arc::clone(&door));
        Self { memory, clock, rules, told, door, router }
    }

    /// The program ends and starts again; its monotonic clock with it.
    async fn restart(self) -> Self {
        self.clock.monotonic.store(0, Ordering::SeqCst);
        Self::open(self.memory, self.clock, self.rules).await
    }

    async fn add(&self, name: &str, password: &str) {
        let account = Account {
            id: new_user_id().unwrap(),
            name: name.to_owned(),
            profile: "admin".to_owned(),
            password_hash: self.door.hash_drawn(Secret::new(password.to_owned())).await.unwrap(),
            password_changed_at: self.clock.now(),
            password_given: false,
            enabled: true,
        };
        self.memory.kept().accounts.push(account);
    }

    async fn ask(&self, method: Method, path: &str, cookie: &str, source: &str, body: Value) -> (StatusCode, Value, String) {
        let source: SocketAddr = format!("{source}:1").parse().unwrap();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("x-haubert-request", "1")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie)
            .header(header::USER_AGENT, "a browser")
            .extension(ConnectInfo(source));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let cookie = response.headers().get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let cookie = cookie.unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), cookie)
    }

    async fn sign_in(&self, user: &str, password: &str, source: &str) -> (u16, Value, String) {
        let (status, body, cookie) =
            self.ask(Method::POST, "/session", "", source, json!({"user": user, "password": password})).await;
        (status.as_u16(), body, cookie)
    }

    async fn status(&self, user: &str, password: &str, source: &str) -> u16 {
        self.sign_in(user, password, source).await.0
    }

    async fn lives(&self, cookie: &str) -> bool {
        self.ask(Method::GET, "/session", cookie, "10.0.0.1", Value::Null).await.0 == StatusCode::OK
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_renews_this_one() {
    let house = House::new().await;
    let (_, _, here) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    let (_, _, there) = house.sign_in("ana", PASSWORD, "10.0.0.2").await;
    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    let put = |cookie: String, body: Value| {
        let house = &house;
        async move { house.ask(Method::PUT, "/account/password", &cookie, "10.0.0.1", body).await }
    };
    let (status, body, _) = put(here.clone(), change("wrong", "Corde-Matin-77z")).await;
    assert_eq!((status.as_u16(), &body["fields"][0]["message_code"]), (422, &json!("password_wrong")));
    for (new, code) in [
        ("Short-1", "password_too_short"),
        ("Terminal-Nord-1", "password_close_to_name"),
        ("Password123!", "password_too_common"),
        (PASSWORD, "password_used_before"),
    ] {
        let (status, body, _) = put(here.clone(), change(PASSWORD, new)).await;
        assert_eq!((status.as_u16(), &body["fields"][0]["message_code"]), (422, &json!(code)), "{new}");
    }
    let (status, _, renewed) = put(here.clone(), change(PASSWORD, "Corde-Matin-77z")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(house.lives(&renewed).await && !house.lives(&here).await && !house.lives(&there).await);
    let (_, body, _) = put(renewed, change("Corde-Matin-77z", PASSWORD)).await;
    assert_eq!(body["fields"][0]["message_code"], "password_used_before");
}

#[tokio::test]
async fn an_old_password_looks_a_given_one_only_changes_and_spends_itself() {
    let house = House::new().await;
    house.clock.pass(365 * 24 * HOUR_S);
    let (_, body, _) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    assert_eq!(body["standing"], "password_overdue");
    house.add("new", "GIVE-NONE-TIME").await;
    house.memory.kept().accounts[1].password_given = true;
    let (_, body, cookie) = house.sign_in("new", "GIVE-NONE-TIME", "10.0.0.1").await;
    assert_eq!(body["standing"], "must_change_password");
    let change = json!({"old": "GIVE-NONE-TIME", "new": "Corde-Matin-77z"});
    let (status, body, _) = house.ask(Method::PUT, "/account/password", &cookie, "10.0.0.1", change).await;
    assert_eq!((status.as_u16(), &body["standing"]), (200, &json!("full")));
    house.add("late", "GIVE-NONE-TIME").await;
    house.memory.kept().accounts[2].password_given = true;
    house.clock.pass(72 * HOUR_S);
    let (status, body, _) = house.sign_in("late", "GIVE-NONE-TIME", "10.0.0.1").await;
    assert_eq!((status, &body["code"]), (403, &json!("one_time_password_expired")));
}

#[tokio::test]
async fn sessions_are_listed_ended_and_die_of_idleness_and_age() {
    let house = House::new().await;
    let (_, _, here) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    let (_, _, there) = house.sign_in("ana", PASSWORD, "10.0.0.2").await;
    assert!(here.starts_with("__Host-test=") && here.len() == "__Host-test=".len() + 43, "256 bits: {here}");
    assert_ne!(here, there);
    let (_, list, _) = house.ask(Method::GET, "/account/sessions", &here, "10.0.0.1", Value::Null).await;
    let entry = list["items"].as_array().unwrap().iter().find(|entry| entry["current"] == false).unwrap().clone();
    assert_eq!((&entry["source"], &entry["device"]), (&json!("10.0.0.2"), &json!("a browser")));
    let path = format!("/account/sessions/{}", entry["id"].as_str().unwrap());
    assert_eq!(house.ask(Method::DELETE, &path, &here, "10.0.0.1", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert!(!house.lives(&there).await && house.lives(&here).await);
    assert_eq!(house.ask(Method::DELETE, "/session", &here, "10.0.0.1", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert!(!house.lives(&here).await, "dead on the server, not only in the browser");
    let (_, _, idle) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    house.clock.pass(15 * 60 - 1);
    assert!(house.lives(&idle).await);
    house.clock.pass(15 * 60);
    assert!(!house.lives(&idle).await);
    let (_, _, old) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    for _ in 0..72 {
        assert!(house.lives(&old).await);
        house.clock.pass(600);
    }
    assert!(!house.lives(&old).await, "twelve hours after it began");
}

#[tokio::test]
async fn streams_end_with_the_session_that_opened_them() {
    let house = House::new().await;
    let (_, _, cookie) = house.sign_in("ana", PASSWORD, "10.0.0.1").await;
    let headers = [(header::COOKIE, cookie.parse().unwrap())].into_iter().collect();
    let sessions = house.door.parts.sessions.clone();
    let session = sessions.find(&headers).await.unwrap().unwrap();
    let stop = crate::shutdown::Shutdown::new();
    let stream = crate::sse::respond(futures_util::stream::pending(), sessions.clone(), session.clone(), stop);
    let body = axum::response::IntoResponse::into_response(stream).into_body();
    let ended = tokio::spawn(axum::body::to_bytes(body, 1 << 20));
    // It follows before it is ended, or finds out at once.
    tokio::task::yield_now().await;
    sessions.end_all_of(session.user).await.unwrap();
    ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_notice_and_the_rules_are_read_before_signing_in() {
    let house = House::new().await;
    house.rules.send_modify(|rules| Arc::make_mut(rules).notice = "Authorised persons only".to_owned());
    let (_, body, _) = house.ask(Method::GET, "/setup", "", "10.0.0.1", Value::Null).await;
    assert_eq!((&body["notice"], &body["password_rules"]["min_chars"]), (&json!("Authorised persons only"), &json!(10)));
    assert_eq!(body["needed"], false);
}
