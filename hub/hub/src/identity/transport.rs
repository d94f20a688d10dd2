//! How the hub talks to a provider: verified TLS, no redirects, no proxy, a limit in time and in size.

use super::settings::is_plain_loopback;
use haubert_trust::{Authorities, PeerTrust, TlsError, TlsVersions, client_config, http_alpn};
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::pin::Pin;
use std::time::Duration;

/// Longest answer, in bytes. A provider's metadata and keys take a tenth of it.
const MAX_ANSWER: usize = 256 * 1024;
/// Until a connection stands.
const CONNECT_TIME: Duration = Duration::from_secs(4);
/// Until an answer is there as a whole.
const EXCHANGE_TIME: Duration = Duration::from_secs(8);

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    /// The address is not one that may be asked.
    #[error("{0} is neither https nor on the loopback")]
    Address(String),
    /// The answer points elsewhere: nothing that a provider is asked may.
    #[error("the provider answers with a redirect")]
    Redirect,
    /// The answer does not end.
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// The connection, TLS or HTTP failed.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The answer cannot be handed on.
    #[error(transparent)]
    Answer(#[from] http::Error),
}

/// The way to one provider.
pub(crate) struct Transport {
    http: reqwest::Client,
    /// Whether the provider is on this machine, unencrypted.
    plain: bool,
}

impl Transport {
    /// Servers must show a certificate of `authorities`; with `plain`, those of the loopback may be unencrypted.
    pub(crate) fn new(authorities: Authorities, plain: bool) -> Result<Self, TransportSetUpError> {
        let mut tls = client_config(&PeerTrust::Authorities(authorities), None, TlsVersions::Tls12AndLater)?;
        tls.alpn_protocols = http_alpn();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(!plain)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(EXCHANGE_TIME)
            .build()?;
        Ok(Self { http, plain })
    }

    /// Whether this address may be asked, or a browser be sent there.
    pub(crate) fn may_reach(&self, url: &Url) -> bool {
        url.scheme() == "https" || (self.plain && is_plain_loopback(url))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let Some(url) = Url::parse(&url).ok().filter(|url| self.may_reach(url)) else {
            return Err(TransportError::Address(url));
        };
        let sent = self.http.request(parts.method, url).headers(parts.headers).body(body).send();
        let mut response = sent.await?;
        if response.status().is_redirection() {
            return Err(TransportError::Redirect);
        }
        let mut builder = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            builder = builder.header(name, value);
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await? {
            if bytes.len() + part.len() > MAX_ANSWER {
                return Err(TransportError::TooLong);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(builder.body(bytes)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Why there is no way to a provider.
#[derive(Debug, thiserror::Error)]
pub enum TransportSetUpError {
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The client cannot be set up.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}
