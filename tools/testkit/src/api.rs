//! A signed-in client of a program's API.

use crate::canary;
use crate::program::Error;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// Name of the Cyber security account that [`Api::set_up`] makes on a gateway.
pub const SECURITY_USER: &str = "security";

/// One answer, of any status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Body, `Null` when it is not JSON.
    pub body: Value,
    /// Body as text.
    pub text: String,
    /// What it sets as cookies.
    pub cookies: Vec<String>,
}

impl Answer {
    /// Reads an answer, learns the secrets in it, and looks whether a refusal shows one.
    async fn of(answer: reqwest::Response) -> Result<Self, Error> {
        let status = answer.status();
        let cookies: Vec<String> = answer
            .headers()
            .get_all(reqwest::header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        for cookie in &cookies {
            cookie.split(['=', ';']).nth(1).into_iter().for_each(canary::know);
        }
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            canary::answered(&body);
        } else {
            let seen = canary::seen_in(text.as_bytes());
            if !seen.is_empty() {
                return Err(Error::Leak(format!("the answer {status} shows {seen:?}")));
            }
        }
        Ok(Self { status, body, text, cookies })
    }

    /// The body of a 2xx answer.
    ///
    /// # Errors
    /// The status and body of any other answer.
    pub fn ok(self) -> Result<Value, String> {
        if self.status.is_success() { Ok(self.body) } else { Err(format!("{}: {}", self.status, self.text)) }
    }

    /// The stable code of a problem answer.
    pub fn code(&self) -> &str {
        self.body.get("code").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Client with a cookie jar, trusting one certificate file.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
}

impl Api {
    /// A client of the program at `base` (`https://127.0.0.1:8443`), whose certificate is signed by (or is) that in `ca_file`.
    ///
    /// # Errors
    /// When the file cannot be read or is no certificate.
    pub fn new(base: &str, ca_file: &Path) -> Result<Self, Error> {
        Self::from_address(base, ca_file, None)
    }

    /// The same, calling from this address: a source of its own.
    ///
    /// # Errors
    /// As [`Api::new`].
    pub fn from_address(base: &str, ca_file: &Path, from: Option<IpAddr>) -> Result<Self, Error> {
        haubert_trust::install_crypto_provider();
        let pem = std::fs::read(ca_file).map_err(|source| Error::Io { what: format!("read {}", ca_file.display()), source })?;
        let client = Client::builder()
            .tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?)
            .cookie_store(true)
            .local_address(from)
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// Sends a request to `/api/v1` + `path`.
    ///
    /// # Errors
    /// Only when no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Error> {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base)).header("X-Haubert-Request", "1");
        if let Some(body) = body {
            canary::asked(body);
            request = request.json(body);
        }
        Answer::of(request.send().await?).await
    }

    /// Sends a JSON body with exactly these headers besides those of HTTP: for requests that no page of ours would send.
    ///
    /// # Errors
    /// Only when no answer comes.
    pub async fn send_with(&self, method: Method, path: &str, body: &Value, headers: &[(&str, &str)]) -> Result<Answer, Error> {
        let request = self.client.request(method, format!("{}/api/v1{path}", self.base)).json(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        canary::asked(body);
        Answer::of(request.send().await?).await
    }

    /// GET, the body of a 2xx answer.
    ///
    /// # Errors
    /// Any other outcome, in words.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        self.send(Method::GET, path, None)
            .await
            .map_err(|error| error.to_string())?
            .ok()
            .map_err(|said| format!("GET {path}: {said}"))
    }

    /// POST, the body of a 2xx answer.
    ///
    /// # Errors
    /// Any other outcome, in words.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send(Method::POST, path, Some(&body))
            .await
            .map_err(|error| error.to_string())?
            .ok()
            .map_err(|said| format!("POST {path}: {said}"))
    }

    /// PUT, the body of a 2xx answer.
    ///
    /// # Errors
    /// Any other outcome, in words.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send(Method::PUT, path, Some(&body))
            .await
            .map_err(|error| error.to_string())?
            .ok()
            .map_err(|said| format!("PUT {path}: {said}"))
    }

    /// POST of a file as it is.
    ///
    /// # Errors
    /// Only when no answer comes.
    pub async fn upload(&self, path: &str, file: Vec<u8>) -> Result<Answer, Error> {
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).header("X-Haubert-Request", "1");
        Answer::of(request.header("content-type", "application/octet-stream").body(file).send().await?).await
    }

    /// POST of a JSON body, the bytes of a 2xx answer.
    ///
    /// # Errors
    /// Any other outcome, in words.
    pub async fn download(&self, path: &str, body: Value) -> Result<Vec<u8>, String> {
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).header("X-Haubert-Request", "1");
        canary::asked(&body);
        let answer = request.json(&body).send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&bytes))) }
    }

    /// GET of a stream that does not end, such as a page follows; gives what has arrived, piece by piece, with `chunk`.
    ///
    /// # Errors
    /// Any status but 2xx, in words.
    pub async fn follow(&self, path: &str) -> Result<reqwest::Response, String> {
        const FOR_EVER: Duration = Duration::from_secs(86_400);
        let request = self.client.get(format!("{}/api/v1{path}", self.base)).header("X-Haubert-Request", "1").timeout(FOR_EVER);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        answer.error_for_status().map_err(|error| format!("GET {path}: {error}"))
    }

    /// Status and code of a request whose good answer may never end, such as a stream: of that, only the head is read.
    ///
    /// # Errors
    /// Only when no answer comes.
    pub async fn knock(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, String), Error> {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base)).header("X-Haubert-Request", "1");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        if answer.status().is_success() {
            return Ok((answer.status().as_u16(), String::new()));
        }
        let answer = Answer::of(answer).await?;
        Ok((answer.status.as_u16(), answer.code().to_owned()))
    }

    /// First-run set-up with the code from the console; leaves the client signed in as `user`: the administrator of a gateway, the
    /// coordinator of a hub. A gateway gets its keeper, too: [`SECURITY_USER`], with the same password.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn set_up(&self, code: &str, user: &str, password: &str) -> Result<Value, String> {
        let asked = self.get("/setup").await?;
        let profiles: Vec<&str> =
            asked["profiles"].as_array().into_iter().flatten().filter_map(|it| it["profile"].as_str()).collect();
        let account = |profile: &str, user: &str| json!({"profile": profile, "user": user, "password": password});
        let accounts = match profiles.contains(&"admin") {
            true => vec![account("admin", user), account("cyber_security", SECURITY_USER)],
            false => profiles.iter().map(|profile| account(profile, user)).collect(),
        };
        self.post("/setup", json!({"code": code, "accounts": accounts})).await
    }

    /// Signs in.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Value, String> {
        self.post("/session", json!({"user": user, "password": password})).await
    }
}
