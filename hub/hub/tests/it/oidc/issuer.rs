//! A provider in this process, on a port of its own: honest until it is told to lie.

use crate::support::{Person, TestHub};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use bytes::Bytes;
use haubert_hub::identity::{IdentityProvider, SecondFactorBy};
use haubert_model::Clock as _;
use http::{HeaderMap, StatusCode, header};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The client's secret, as both sides have it.
const SECRET: &str = "the-secret-of-the-client";

/// How a provider lies, or misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lie {
    #[default]
    None,
    Nonce,
    NoNonce,
    Audience,
    MoreAudiences,
    Party,
    Issuer,
    Expired,
    Unsigned,
    SharedKey,
    StrangersKey,
    UnknownKey,
    AccessTokenHash,
    Crooked,
    NoToken,
    RefusesCode,
    Endless,
    Redirect,
    Slow,
    /// In what it says of itself.
    OtherIssuer,
    EndlessMetadata,
    RedirectedMetadata,
    PlainAddress,
}

/// What the provider does next.
pub(crate) struct Script {
    pub(crate) lie: Lie,
    pub(crate) subject: String,
    pub(crate) amr: Vec<&'static str>,
    nonce: String,
    challenge: String,
    redirect: String,
    key: Arc<Ed25519KeyPair>,
    key_id: String,
    now_s: i64,
    /// How often it was asked what it says of itself.
    pub(crate) asked: usize,
    /// Tokens that it gave.
    pub(crate) given: usize,
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    script: Arc<Mutex<Script>>,
    dir: TempDir,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type Shared = (String, Arc<Mutex<Script>>);

fn endless() -> Response {
    let piece = Bytes::from(vec![b' '; 64 * 1024]);
    let stream = futures_util::stream::repeat_with(move || Ok::<_, std::convert::Infallible>(piece.clone()));
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
}

async fn metadata(State((url, script)): State<Shared>) -> Response {
    let lie = {
        let mut script = script.lock().unwrap();
        script.asked += 1;
        script.lie
    };
    let issuer = if lie == Lie::OtherIssuer { "https://id.example" } else { &url };
    let authorize = if lie == Lie::PlainAddress { "http://id.example/authorize".to_owned() } else { format!("{url}/authorize") };
    match lie {
        Lie::EndlessMetadata => endless(),
        Lie::RedirectedMetadata => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        _ => axum::Json(json!({
            "issuer": issuer, "authorization_endpoint": authorize, "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/jwks"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        }))
        .into_response(),
    }
}

async fn keys(State((_, script)): State<Shared>) -> Response {
    let script = script.lock().unwrap();
    let x = B64.encode(script.key.public_key().as_ref());
    let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": script.key_id, "x": x});
    axum::Json(json!({"keys": [key]})).into_response()
}

async fn token(State((url, script)): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let form: Url = format!("http://form/?{body}").parse().unwrap();
    let form: HashMap<String, String> = form.query_pairs().into_owned().collect();
    let lie = script.lock().unwrap().lie;
    match lie {
        Lie::Endless => return endless(),
        Lie::Redirect => return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/token-elsewhere")]).into_response(),
        Lie::Slow => std::future::pending::<()>().await,
        _ => {}
    }
    let mut script = script.lock().unwrap();
    let verifier = form.get("code_verifier").map(|text| B64.encode(digest(&SHA256, text.as_bytes())));
    let basic = format!("Basic {}", STANDARD.encode(format!("haubert:{SECRET}")));
    let holds = verifier.as_deref() == Some(&script.challenge)
        && form.get("redirect_uri") == Some(&script.redirect)
        && form.get("code").map(String::as_str) == Some("good")
        && headers.get(header::AUTHORIZATION).is_some_and(|said| said.as_bytes() == basic.as_bytes());
    if !holds || lie == Lie::RefusesCode {
        return (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "invalid_grant"}))).into_response();
    }
    script.given += 1;
    let access = "an-access-token";
    let mut answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": 60});
    if lie != Lie::NoToken {
        answer["id_token"] = json!(script.id_token(&url, access));
    }
    axum::Json(answer).into_response()
}

impl Script {
    fn id_token(&self, url: &str, access: &str) -> String {
        let half: Vec<u8> = match self.lie {
            Lie::AccessTokenHash => vec![7; 32],
            // Ed25519 hashes with SHA-512, of which the left half counts.
            _ => digest(&aws_lc_rs::digest::SHA512, access.as_bytes()).as_ref()[..32].to_vec(),
        };
        let mut claims = json!({
            "iss": url, "sub": self.subject, "aud": "haubert", "nonce": self.nonce, "iat": self.now_s, "exp": self.now_s + 300,
            "at_hash": B64.encode(half), "preferred_username": "<b>léa</b>",
        });
        match self.lie {
            Lie::Nonce => claims["nonce"] = json!("another"),
            Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Lie::Audience => claims["aud"] = json!("another"),
            Lie::MoreAudiences => claims["aud"] = json!(["haubert", "another"]),
            Lie::Party => claims["azp"] = json!("another"),
            Lie::Issuer => claims["iss"] = json!("https://id.example"),
            Lie::Expired => claims["exp"] = json!(self.now_s - 1),
            _ => {}
        }
        if !self.amr.is_empty() {
            claims["amr"] = json!(self.amr);
        }
        let (algorithm, key_id) = match self.lie {
            Lie::Unsigned => ("none", json!(self.key_id)),
            Lie::SharedKey => ("HS256", Value::Null),
            Lie::UnknownKey => ("EdDSA", json!("nobodys")),
            _ => ("EdDSA", json!(self.key_id)),
        };
        let mut head = json!({"alg": algorithm, "typ": "JWT"});
        if !key_id.is_null() {
            head["kid"] = key_id;
        }
        let text = format!("{}.{}", B64.encode(head.to_string()), B64.encode(claims.to_string()));
        let signature = match self.lie {
            Lie::Unsigned => Vec::new(),
            Lie::SharedKey => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes()).as_ref().to_vec()
            }
            Lie::StrangersKey => Ed25519KeyPair::generate().unwrap().sign(text.as_bytes()).as_ref().to_vec(),
            _ => self.key.sign(text.as_bytes()).as_ref().to_vec(),
        };
        let signature = if self.lie == Lie::Crooked { "!".to_owned() } else { B64.encode(signature) };
        format!("{text}.{signature}")
    }
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script {
            lie: Lie::None,
            subject: "lea-at-the-port".to_owned(),
            amr: Vec::new(),
            nonce: String::new(),
            challenge: String::new(),
            redirect: String::new(),
            key: Arc::new(Ed25519KeyPair::generate().unwrap()),
            key_id: "first".to_owned(),
            now_s: 0,
            asked: 0,
            given: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state((url.clone(), Arc::clone(&script)));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, dir: tempfile::tempdir().unwrap(), serving }
    }

    /// How a hub is told of it.
    pub(crate) fn settings(&self) -> IdentityProvider {
        let file = self.dir.path().join("secret");
        haubert_trust::write_private(&file, SECRET.as_bytes()).unwrap();
        IdentityProvider {
            id: "port".to_owned(),
            name: "Port of Grand-Estuaire".to_owned(),
            issuer: self.url.clone(),
            client_id: "haubert".to_owned(),
            client_secret_file: file,
            organisation: None,
            trust_anchor_file: None,
            second_factor: SecondFactorBy::Own,
            second_factor_values: Vec::new(),
        }
    }

    pub(crate) fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }

    pub(crate) fn lies(&self, lie: Lie) {
        self.script(|script| script.lie = lie);
    }

    /// Signs with another key from now on.
    pub(crate) fn rotate(&self, key_id: &str) {
        self.script(|script| {
            script.key = Arc::new(Ed25519KeyPair::generate().unwrap());
            script.key_id = key_id.to_owned();
        });
    }

    /// What a browser does at the provider: shows who it is. Gives where it is sent back to.
    pub(crate) fn visit(&self, hub: &TestHub, at: &str) -> Url {
        let at: Url = at.parse().unwrap();
        assert_eq!(at.path(), "/authorize");
        let asked: HashMap<String, String> = at.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "haubert"));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43);
        self.script(|script| {
            script.nonce = asked["nonce"].clone();
            script.challenge = asked["code_challenge"].clone();
            script.redirect = asked["redirect_uri"].clone();
            script.now_s = hub.clock.now().as_millis() / 1000;
        });
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().append_pair("code", "good").append_pair("state", &asked["state"]);
        back
    }
}

/// Where somebody is sent who asks for this.
pub(crate) async fn depart(person: &Person, path: &str, body: Value) -> String {
    let answer = person.send(Method::POST, path, Some(body)).await;
    let status = answer.status();
    let value: Value = answer.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value["url"].as_str().unwrap().to_owned()
}

/// The page of the hub that somebody ends on.
pub(crate) async fn follow(person: &Person, back: Url) -> String {
    let answer = person.http.get(back).send().await.unwrap();
    let url = answer.url().clone();
    assert!(url.as_str().starts_with(&format!("{}/", person.base)), "{url}");
    url.as_str()[person.base.len()..].to_owned()
}

/// A whole sign-in; gives the page that it ends on.
pub(crate) async fn sign_in(hub: &TestHub, issuer: &Issuer, person: &Person) -> String {
    let at = depart(person, "/session/providers/port/journey", json!({})).await;
    follow(person, issuer.visit(hub, &at)).await
}
