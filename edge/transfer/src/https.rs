//! Files and messages by HTTPS: one request each, whose success is the server's word that it has the whole of it.

use crate::content::Content;
use crate::error::{Stage, TransferError};
use haubert_model::Secret;
use haubert_trust::PeerFault;
use reqwest::header::{CONTENT_DISPOSITION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Client, Response, StatusCode, Url};
use rustls::ClientConfig;
use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Patience with a connection.
const CONNECT: Duration = Duration::from_secs(15);
/// Patience with a server that neither takes nor says anything.
const SILENCE: Duration = Duration::from_secs(60);
/// A server is left alone no longer, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(3600);

/// How a file is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `PUT` to an address of its own, below the folder.
    Put,
    /// `POST` to the one address, with its name in `Content-Disposition` and as `Idempotency-Key`.
    Post,
}

/// A server.
pub struct Https {
    client: Client,
    base: Url,
    method: Method,
    login: Option<(String, Secret)>,
}

impl Https {
    /// A server at `base`, with what it is verified by. A user and password are shown by `Basic`; a password alone is a token
    /// (`Bearer`).
    ///
    /// # Errors
    /// [`TransferError`].
    pub fn new(
        base: &str,
        tls: Arc<ClientConfig>,
        method: Method,
        login: Option<(String, Secret)>,
    ) -> Result<Self, TransferError> {
        let not_one = || TransferError::not_understood("the address is not one of HTTPS");
        let mut base = Url::parse(base).map_err(|_| not_one())?;
        if base.scheme() != "https" {
            return Err(not_one());
        }
        if method == Method::Put && !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder()
            .tls_backend_preconfigured(Arc::unwrap_or_clone(tls))
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| TransferError::not_understood(&error.to_string()))?;
        Ok(Self { client, base, method, login })
    }

    /// Hands over a file; its length, in bytes.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn put(&self, name: &str, media_type: &str, content: Content) -> Result<u64, TransferError> {
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let pieces = futures_util::stream::unfold(content, move |mut content| {
            let counted = Arc::clone(&counted);
            async move {
                let piece = content.next().await?;
                if let Ok(piece) = &piece {
                    counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
                }
                Some((piece, content))
            }
        });
        let request = match self.method {
            Method::Put => {
                let mut at = self.base.clone();
                if let Ok(mut path) = at.path_segments_mut() {
                    path.pop_if_empty().push(name);
                }
                self.client.put(at)
            }
            Method::Post => {
                let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
                let named = named.map_err(|_| TransferError::not_understood("the name cannot stand in a header"))?;
                self.client.post(self.base.clone()).header(CONTENT_DISPOSITION, named).header("idempotency-key", name)
            }
        };
        let answer = self.proven(request).header("content-type", media_type).body(Body::wrap_stream(pieces)).send().await;
        taken(&answer.map_err(|error| of_reqwest(&error))?, Stage::File)?;
        Ok(sent.load(Ordering::Relaxed))
    }

    /// Hands over a message of JSON at the one address, with headers of its own; what the server said, as a status.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn tell(&self, headers: &[(&'static str, String)], body: Vec<u8>) -> Result<String, TransferError> {
        let mut request = self.proven(self.client.post(self.base.clone())).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(|error| of_reqwest(&error))?;
        taken(&answer, Stage::Message)?;
        Ok(answer.status().to_string())
    }

    /// Takes a file away that was put there.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn remove(&self, name: &str) -> Result<(), TransferError> {
        let mut at = self.base.clone();
        if let Ok(mut path) = at.path_segments_mut() {
            path.pop_if_empty().push(name);
        }
        let answer = self.proven(self.client.delete(at)).send().await;
        taken(&answer.map_err(|error| of_reqwest(&error))?, Stage::File)
    }

    fn proven(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.login {
            Some((user, password)) if user.is_empty() => request.bearer_auth(password.expose()),
            Some((user, password)) => request.basic_auth(user, Some(password.expose())),
            None => request,
        }
    }
}

fn taken(answer: &Response, stage: Stage) -> Result<(), TransferError> {
    let stage = match answer.status() {
        status if status.is_success() => return Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Stage::Login,
        _ => stage,
    };
    let mut refused = TransferError::refused(stage, &answer.status().to_string());
    if let TransferError::Refused { patience, .. } = &mut refused {
        *patience = asked_patience(answer.headers());
    }
    Err(refused)
}

/// What `Retry-After` asks for in seconds, an hour at most (RFC 9110, clause 10.2.3). A date is not read: whose clock is right is not
/// known.
fn asked_patience(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

fn of_reqwest(error: &reqwest::Error) -> TransferError {
    if error.is_timeout() {
        return TransferError::Timeout;
    }
    if let Some(broken) = within::<crate::content::Broken>(error) {
        return TransferError::Content(broken.clone());
    }
    if let Some(fault) = PeerFault::within(error) {
        return TransferError::tls(Some(fault), "");
    }
    let mut last = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.downcast_ref::<rustls::Error>().is_some() {
            return TransferError::tls(None, &inner.to_string());
        }
        last = inner.to_string();
        source = inner.source();
    }
    TransferError::Ended(io::Error::other(last))
}

/// An error of this type among the causes.
fn within<E: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(found) = inner.downcast_ref::<E>() {
            return Some(found);
        }
        source = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_left_alone_as_long_as_it_asks_and_an_hour_at_most() {
        let asked = |value: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            asked_patience(&headers).map(|patience| patience.as_secs())
        };
        assert_eq!(["120", " 7 ", "0", "999999999"].map(asked), [Some(120), Some(7), Some(0), Some(3600)]);
        for odd in ["", "-1", "soon", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999999999999999"] {
            assert_eq!(asked(odd), None, "{odd}");
        }
        assert_eq!(asked_patience(&HeaderMap::new()), None);
    }
}
