//! A signed-in client of a program's API.

use crate::program::Error;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// One answer, of any status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Body, `Null` when it is not JSON.
    pub body: Value,
    /// Body as text.
    pub text: String,
}

impl Answer {
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
        haubert_trust::install_crypto_provider();
        let pem = std::fs::read(ca_file).map_err(|source| Error::Io { what: format!("read {}", ca_file.display()), source })?;
        let client = Client::builder()
            .tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?)
            .cookie_store(true)
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
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text })
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

    /// First-run set-up with the code from the console; leaves the client signed in.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn set_up(&self, code: &str, user: &str, password: &str) -> Result<Value, String> {
        self.post("/setup", json!({"code": code, "user": user, "password": password})).await
    }

    /// Signs in.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Value, String> {
        self.post("/session", json!({"user": user, "password": password})).await
    }
}
