//! Ceremonies with a store in memory, a clock in hand and an authenticator of our own.

use super::store::{FactorRow, FactorStore};
use super::{Admission, SecondFactors, site::Site};
use crate::{BoxFuture, StoreError};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use aws_lc_rs::{digest, signature};
use axum::extract::FromRequestParts as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use haubert_model::{Clock, Secret, Timestamp, UserId};
use haubert_trust::{Key, TotpSecret};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Memory {
    rows: Mutex<HashMap<UserId, (String, i64)>>,
    /// How many of the next replacements come too late.
    late: AtomicUsize,
}

impl FactorStore for Memory {
    fn load(&self, user: UserId) -> BoxFuture<'_, Result<Option<FactorRow>, StoreError>> {
        let row = self.rows.lock().unwrap().get(&user).cloned();
        Box::pin(async { Ok(row.map(|(document, revision)| FactorRow { document: Secret::new(document), revision })) })
    }

    fn replace(&self, user: UserId, document: Option<Secret>, expected: Option<i64>) -> BoxFuture<'_, Result<bool, StoreError>> {
        let mut rows = self.rows.lock().unwrap();
        let late = self.late.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |late| late.checked_sub(1)).is_ok();
        let fits = !late && rows.get(&user).map(|(_, revision)| *revision) == expected;
        match document.filter(|_| fits) {
            Some(document) => drop(rows.insert(user, (document.expose().to_owned(), expected.unwrap_or(0) + 1))),
            None if fits => drop(rows.remove(&user)),
            None => {}
        }
        Box::pin(async move { Ok(fits) })
    }

    fn load_all(&self) -> BoxFuture<'_, Result<Vec<(UserId, FactorRow)>, StoreError>> {
        let rows = self.rows.lock().unwrap();
        let all = rows.iter().map(|(user, (document, revision))| {
            (*user, FactorRow { document: Secret::new(document.clone()), revision: *revision })
        });
        let all: Vec<_> = all.collect();
        Box::pin(async { Ok(all) })
    }
}

/// A clock that is moved by hand, in ms.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Stage {
    factors: SecondFactors,
    store: Arc<Memory>,
    clock: Arc<Hand>,
    user: UserId,
}

fn stage() -> Stage {
    let (store, clock) = (Arc::new(Memory::default()), Arc::new(Hand(AtomicI64::new(1_800_000_000_000))));
    let factors =
        SecondFactors::new(Arc::clone(&store) as _, Some(Key::new([7; 32])), Arc::clone(&clock) as _, "Haubert gateway");
    Stage { factors, store, clock, user: "018f3f7e-0000-7000-8000-000000000001".parse().unwrap() }
}

impl Stage {
    async fn admit(&self, code: &str) -> Admission {
        self.factors.admit(self.user, Some(&Secret::new(code.to_owned()))).await.unwrap()
    }

    /// With an app; gives its secret and the recovery codes.
    async fn with_totp(&self) -> (TotpSecret, Vec<String>) {
        let offer = serde_json::to_value(self.factors.offer_totp(self.user, "ana").unwrap()).unwrap();
        let secret = TotpSecret::from_base32(offer["secret"].as_str().unwrap()).unwrap();
        let ceremony = offer["ceremony"].as_str().unwrap();
        let code = secret.code_at(self.clock.now());
        let recovery = self.factors.confirm_totp(self.user, ceremony, &code).await.unwrap().unwrap();
        (secret, recovery)
    }
}

#[tokio::test]
async fn an_account_without_a_factor_passes_and_one_with_a_factor_needs_a_code() {
    let stage = stage();
    assert_eq!(stage.factors.admit(stage.user, None).await.unwrap(), Admission::Passed);
    let (secret, recovery) = stage.with_totp().await;
    assert_eq!(recovery.len(), 10);
    assert_eq!(stage.factors.admit(stage.user, None).await.unwrap(), Admission::Missing);
    assert_eq!(stage.admit(" ").await, Admission::Missing);
    assert_eq!(stage.admit("000000").await, Admission::Wrong);
    let enrolled = secret.code_at(stage.clock.now());
    assert_eq!(stage.admit(enrolled.expose()).await, Admission::Wrong, "the code that confirmed is used");
    stage.clock.0.fetch_add(30_000, Ordering::SeqCst);
    let code = secret.code_at(stage.clock.now());
    assert_eq!(stage.admit(code.expose()).await, Admission::Passed);
    assert_eq!(stage.admit(code.expose()).await, Admission::Wrong, "a code counts once");
    assert!(stage.factors.remove_all(stage.user).await.unwrap());
    assert_eq!(stage.factors.admit(stage.user, None).await.unwrap(), Admission::Passed);
    assert_eq!(stage.admit(&recovery[0]).await, Admission::Passed, "nothing is asked, so nothing is wrong");
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_new_ones_replace_the_old() {
    let stage = stage();
    assert_eq!(stage.factors.renew_recovery(stage.user).await.unwrap_err().code, "conflict");
    let (_, recovery) = stage.with_totp().await;
    assert_eq!(stage.admit(&recovery[3].to_lowercase()).await, Admission::Passed);
    assert_eq!(stage.admit(&recovery[3]).await, Admission::Wrong);
    assert_eq!(stage.admit(&recovery[4]).await, Admission::Passed);
    let fresh = stage.factors.renew_recovery(stage.user).await.unwrap();
    assert_eq!(stage.admit(&recovery[5]).await, Admission::Wrong);
    assert_eq!(stage.admit(&fresh[5]).await, Admission::Passed);
    stage.factors.remove_totp(stage.user).await.unwrap();
    assert_eq!(stage.factors.remove_totp(stage.user).await.unwrap_err().code, "not_found");
    assert!(!stage.factors.has_any(stage.user).await.unwrap());
    assert!(stage.store.rows.lock().unwrap().is_empty(), "nothing stays of it");
}

#[tokio::test]
async fn of_two_that_race_for_a_code_one_gets_it() {
    let stage = stage();
    let (secret, _) = stage.with_totp().await;
    stage.clock.0.fetch_add(30_000, Ordering::SeqCst);
    let code = secret.code_at(stage.clock.now());
    let (one, other) = tokio::join!(stage.admit(code.expose()), stage.admit(code.expose()));
    assert!([one, other].contains(&Admission::Passed) && [one, other].contains(&Admission::Wrong), "{one:?} {other:?}");
    // Somebody else was first three times: tried again. Always: said, and nothing taken.
    stage.clock.0.fetch_add(30_000, Ordering::SeqCst);
    let code = secret.code_at(stage.clock.now());
    stage.store.late.store(100, Ordering::SeqCst);
    assert_eq!(stage.factors.admit(stage.user, Some(&code)).await.unwrap_err().code, "conflict");
    stage.store.late.store(3, Ordering::SeqCst);
    assert_eq!(stage.admit(code.expose()).await, Admission::Passed);
}

#[tokio::test]
async fn nothing_readable_is_stored_and_another_accounts_document_does_not_open() {
    let stage = stage();
    let (secret, recovery) = stage.with_totp().await;
    let document = stage.store.rows.lock().unwrap()[&stage.user].0.clone();
    for word in ["totp", secret.to_base32().expose(), &recovery[0]] {
        assert!(!document.contains(word), "{word}");
    }
    let other: UserId = "018f3f7e-0000-7000-8000-000000000002".parse().unwrap();
    stage.store.rows.lock().unwrap().insert(other, (document, 1));
    assert_eq!(stage.factors.has_any(other).await.unwrap_err().code, "internal");
}

#[tokio::test]
async fn an_offer_is_confirmed_in_time_by_its_owner_with_the_right_code() {
    let stage = stage();
    let offer = serde_json::to_value(stage.factors.offer_totp(stage.user, "ana").unwrap()).unwrap();
    let (ceremony, secret) = (offer["ceremony"].as_str().unwrap(), offer["secret"].as_str().unwrap());
    assert!(offer["qr"]["path"].as_str().unwrap().starts_with("M4,4h7"));
    let right = TotpSecret::from_base32(secret).unwrap().code_at(stage.clock.now());
    let wrong = Secret::new("000000".to_owned());
    let other: UserId = "018f3f7e-0000-7000-8000-000000000002".parse().unwrap();
    assert_eq!(stage.factors.confirm_totp(other, ceremony, &right).await.unwrap_err().code, "ceremony_over");
    let problem = stage.factors.confirm_totp(stage.user, ceremony, &wrong).await.unwrap_err();
    assert_eq!(problem.fields[0].message_code, "wrong_code");
    assert!(!stage.factors.has_any(stage.user).await.unwrap());
    stage.factors.confirm_totp(stage.user, ceremony, &right).await.unwrap();
    assert!(stage.factors.has_any(stage.user).await.unwrap());
    let late = serde_json::to_value(stage.factors.offer_totp(stage.user, "ana").unwrap()).unwrap();
    stage.clock.0.fetch_add(300_000, Ordering::SeqCst);
    let ceremony = late["ceremony"].as_str().unwrap();
    assert_eq!(stage.factors.confirm_totp(stage.user, ceremony, &wrong).await.unwrap_err().code, "ceremony_over");
}

/// An authenticator as a browser drives it, which can be told to misbehave.
struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    handle: String,
    count: u32,
}

/// How a ceremony is answered.
#[derive(Clone, Copy)]
struct Manner {
    origin: &'static str,
    host: &'static str,
    verified: bool,
}

const HONEST: Manner = Manner { origin: "https://quay.example:8443", host: "quay.example", verified: true };

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Manner {
    fn client_data(self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(self, count: u32, attested: &[u8]) -> Vec<u8> {
        let mut data = digest::digest(&digest::SHA256, self.host.as_bytes()).as_ref().to_vec();
        data.push(1 | u8::from(self.verified) << 2 | u8::from(!attested.is_empty()) << 6);
        data.extend(count.to_be_bytes());
        data.extend(attested);
        data
    }
}

impl Authenticator {
    fn new(options: &Value) -> Self {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).unwrap();
        let handle = options["user"]["id"].as_str().unwrap().to_owned();
        Self { key, id: haubert_trust::random_bytes::<16>().unwrap().to_vec(), handle, count: 0 }
    }

    fn made(&self, options: &Value, manner: Manner) -> Value {
        let point = self.key.public_key().as_ref();
        let pair = |key: i64, value: Cbor| (Cbor::from(key), value);
        let (x, y) = (Cbor::Bytes(point[1..33].to_vec()), Cbor::Bytes(point[33..65].to_vec()));
        let cose = Cbor::Map(vec![pair(1, 2.into()), pair(3, (-7).into()), pair(-1, 1.into()), pair(-2, x), pair(-3, y)]);
        let mut attested = vec![0; 16];
        attested.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        attested.extend(&self.id);
        ciborium::into_writer(&cose, &mut attested).unwrap();
        let data = manner.authenticator_data(0, &attested);
        let text = |text: &str| Cbor::Text(text.to_owned());
        let object = Cbor::Map(vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map(Vec::new())),
            (text("authData"), Cbor::Bytes(data)),
        ]);
        let mut attestation = Vec::new();
        ciborium::into_writer(&object, &mut attestation).unwrap();
        let client = manner.client_data("webauthn.create", options);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": b64(&attestation), "clientDataJSON": b64(&client), "transports": ["internal"] },
        })
    }

    fn used(&mut self, options: &Value, manner: Manner) -> Value {
        self.count += 1;
        let data = manner.authenticator_data(self.count, &[]);
        let client = manner.client_data("webauthn.get", options);
        let mut signed = data.clone();
        signed.extend(digest::digest(&digest::SHA256, &client).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": b64(&data), "clientDataJSON": b64(&client), "signature": b64(signature.as_ref()),
                "userHandle": self.handle,
            },
        })
    }
}

async fn site(host: &str) -> Site {
    let (mut parts, ()) = http::Request::builder().header("host", host).body(()).unwrap().into_parts();
    Site::from_request_parts(&mut parts, &()).await.unwrap()
}

/// Name and options of a ceremony.
fn begun(ceremony: &impl serde::Serialize) -> (String, Value) {
    let mut value = serde_json::to_value(ceremony).unwrap();
    (value["ceremony"].as_str().unwrap().to_owned(), value["options"].take())
}

impl Stage {
    async fn with_passkey(&self) -> Authenticator {
        let here = site("quay.example:8443").await;
        let (name, options) = begun(&self.factors.begin_passkey(self.user, "ana", "Phone", &here).await.unwrap());
        assert_eq!(options["rp"]["id"], "quay.example");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let authenticator = Authenticator::new(&options);
        let made = authenticator.made(&options, HONEST);
        assert_eq!(self.factors.finish_passkey(self.user, &name, made).await.unwrap().unwrap().len(), 10);
        authenticator
    }

    async fn sign_in(&self, authenticator: &mut Authenticator, manner: Manner) -> Result<(), String> {
        let (name, options) = begun(&self.factors.begin_sign_in("a", &site("quay.example:8443").await).unwrap());
        let answer = authenticator.used(&options, manner);
        let user = SecondFactors::claimed_user(&answer).unwrap();
        self.factors.finish_sign_in(user, "a", &name, answer).await.map_err(|problem| problem.code.into_owned())
    }
}

#[tokio::test]
async fn a_passkey_signs_in_where_it_was_made_and_nowhere_else() {
    let stage = stage();
    let mut phone = stage.with_passkey().await;
    stage.sign_in(&mut phone, HONEST).await.unwrap();
    stage.sign_in(&mut phone, HONEST).await.unwrap();
    let refused = Err("passkey_refused".to_owned());
    for manner in [
        Manner { verified: false, ..HONEST },
        Manner { origin: "https://quay.example.evil.test", ..HONEST },
        Manner { origin: "https://quay.example:9443", ..HONEST },
        Manner { origin: "http://quay.example:8443", ..HONEST },
        Manner { host: "evil.test", ..HONEST },
    ] {
        assert_eq!(stage.sign_in(&mut phone, manner).await, refused, "{} {}", manner.origin, manner.host);
    }
    phone.count = 0;
    assert_eq!(stage.sign_in(&mut phone, HONEST).await, refused, "a counter that went back: a copy");
    phone.count = 100;
    stage.sign_in(&mut phone, HONEST).await.unwrap();
    assert_eq!(stage.factors.admit(stage.user, None).await.unwrap(), Admission::Missing, "the password alone opens nothing");
}

#[tokio::test]
async fn a_challenge_counts_once_for_its_asker_and_in_time() {
    let stage = stage();
    let mut phone = stage.with_passkey().await;
    let here = site("quay.example:8443").await;
    let (name, options) = begun(&stage.factors.begin_sign_in("a", &here).unwrap());
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"], json!([]), "nobody learns who has a passkey");
    let answer = phone.used(&options, HONEST);
    let user = stage.user;
    let finish = |source: &'static str, name: String, answer: Value| {
        let factors = &stage.factors;
        async move { factors.finish_sign_in(user, source, &name, answer).await.map_err(|problem| problem.code.into_owned()) }
    };
    let over = Err("ceremony_over".to_owned());
    assert_eq!(finish("b", name.clone(), answer.clone()).await, over);
    assert_eq!(finish("a", name.clone(), answer.clone()).await, Ok(()));
    assert_eq!(finish("a", name, answer.clone()).await, over, "replayed");
    let (other, _) = begun(&stage.factors.begin_sign_in("a", &here).unwrap());
    assert_eq!(finish("a", other, answer).await, Err("passkey_refused".to_owned()), "the answer to another challenge");
    let (late, options) = begun(&stage.factors.begin_sign_in("a", &here).unwrap());
    let answer = phone.used(&options, HONEST);
    stage.clock.0.fetch_add(300_000, Ordering::SeqCst);
    assert_eq!(finish("a", late, answer).await, over);
}

#[tokio::test]
async fn another_key_and_a_removed_one_are_refused() {
    let stage = stage();
    let mut phone = stage.with_passkey().await;
    let mut stranger = Authenticator::new(&json!({ "user": { "id": phone.handle } }));
    let refused = Err("passkey_refused".to_owned());
    assert_eq!(stage.sign_in(&mut stranger, HONEST).await, refused);
    stranger.id.clone_from(&phone.id);
    assert_eq!(stage.sign_in(&mut stranger, HONEST).await, refused, "the right name on a wrong signature");
    let id = stage.factors.vault.load(stage.user).await.unwrap().0.passkeys[0].id;
    stage.factors.rename_passkey(stage.user, id, " Téléphone ").await.unwrap();
    assert_eq!(stage.factors.vault.load(stage.user).await.unwrap().0.passkeys[0].name, "Téléphone");
    stage.factors.remove_passkey(stage.user, id).await.unwrap();
    assert_eq!(stage.sign_in(&mut phone, HONEST).await, refused);
    assert!(!stage.factors.has_any(stage.user).await.unwrap());
}

#[tokio::test]
async fn a_passkey_is_made_with_user_verification_under_a_name() {
    let stage = stage();
    let address = site("192.0.2.7:8443").await;
    let problem = stage.factors.begin_passkey(stage.user, "ana", "Phone", &address).await.err().unwrap();
    assert_eq!(problem.code, "passkey_needs_host_name");
    assert!(stage.factors.begin_sign_in("a", &address).is_err());
    let here = site("quay.example:8443").await;
    for manner in [Manner { verified: false, ..HONEST }, Manner { origin: "https://evil.test", ..HONEST }] {
        let (name, options) = begun(&stage.factors.begin_passkey(stage.user, "ana", "Phone", &here).await.unwrap());
        let made = Authenticator::new(&options).made(&options, manner);
        assert_eq!(stage.factors.finish_passkey(stage.user, &name, made).await.unwrap_err().code, "passkey_refused");
    }
    let (name, _) = begun(&stage.factors.begin_passkey(stage.user, "ana", "Phone", &here).await.unwrap());
    let nonsense = json!({ "id": "x", "response": [] });
    assert_eq!(stage.factors.finish_passkey(stage.user, &name, nonsense).await.unwrap_err().code, "invalid");
    assert!(!stage.factors.has_any(stage.user).await.unwrap());
}
