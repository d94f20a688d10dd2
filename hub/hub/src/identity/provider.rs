//! One provider: where to send people, and what their coming back proves.

use super::settings::{IdentityProvider, SecondFactorBy, is_plain_loopback};
use super::token::{Expected, Proven, Unproven, prove};
use super::transport::{Transport, TransportError, TransportSetUpError};
use super::{Journey, Refusal};
use haubert_model::{OrganisationId, Timestamp};
use haubert_service::door::OwnFactor;
use haubert_service::problem::{Code, Problem};
use haubert_trust::{Authorities, KeyFileError, PkiError, Token, read_private};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

const UNAVAILABLE: Code = Code::new("provider_unavailable", 503, "The identity provider cannot be reached right now");
/// Longest secret, in bytes.
const MAX_SECRET: u64 = 4096;
/// Largest file of authorities, in bytes.
const MAX_AUTHORITIES: u64 = 1024 * 1024;
/// How long what a provider says of itself is believed.
const FRESH_MS: i64 = 3_600_000;
/// At most this often a provider is asked for new keys because a token names one that is not known.
const KEYS_EVERY_MS: i64 = 30_000;
/// So long after a failure nobody waits for the same failure again.
const REST_MS: i64 = 3_000;
/// Longest code or state that is looked at, in bytes.
const MAX_ANSWER: usize = 4096;

/// What a provider says of itself beyond OpenID Connect Discovery.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Additional {
    /// Whether it names itself when it sends people back (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for Additional {}

type Metadata = ProviderMetadata<
    Additional,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Why a hub cannot use a provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The client's secret cannot be read.
    #[error("identity provider {id}: {source}")]
    Secret {
        /// The provider.
        id: String,
        /// What is wrong.
        source: KeyFileError,
    },
    /// The client's secret is empty or not text.
    #[error("identity provider {id}: {path} holds no secret")]
    NoSecret {
        /// The provider.
        id: String,
        /// The file.
        path: PathBuf,
    },
    /// The authorities cannot be read.
    #[error("identity provider {id}: cannot read {path}: {source}")]
    Authorities {
        /// The provider.
        id: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The authorities are none.
    #[error("identity provider {id}: {source}")]
    Certificates {
        /// The provider.
        id: String,
        /// What is wrong.
        source: PkiError,
    },
    /// There is no way to it.
    #[error("identity provider {id}: {source}")]
    Transport {
        /// The provider.
        id: String,
        /// What is wrong.
        source: TransportSetUpError,
    },
    /// Its address, or the hub's, is none.
    #[error("identity provider {id}: {source}")]
    Address {
        /// The provider.
        id: String,
        /// What is wrong.
        source: openidconnect::url::ParseError,
    },
}

/// What a provider sends somebody back with.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Answer {
    /// What the way began with.
    pub(crate) state: Option<String>,
    /// What the token is asked for with.
    code: Option<String>,
    /// Why there is none.
    error: Option<String>,
    /// Who sends (RFC 9207).
    iss: Option<String>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

/// One provider.
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) name: String,
    organisation: Option<OrganisationId>,
    second_factor: SecondFactorBy,
    second_factor_values: Vec<String>,
    issuer: IssuerUrl,
    client: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    transport: Transport,
    known: Mutex<Known>,
}

/// The providers of a hub.
#[derive(Default)]
pub(crate) struct Providers(Vec<Provider>);

impl Providers {
    /// Those of the configuration, of a hub that is reached at `public_url`.
    pub(crate) fn open(settings: &[IdentityProvider], public_url: &str) -> Result<Self, ProviderError> {
        settings.iter().map(|one| Provider::open(one, public_url)).collect::<Result<_, _>>().map(Self)
    }

    /// The one of this id.
    pub(crate) fn of(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.id == id)
    }

    /// In the order of the configuration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

fn authorities(id: &str, file: Option<&Path>) -> Result<Authorities, ProviderError> {
    let Some(path) = file else {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "the system's authorities");
        }
        return Ok(Authorities { certificates: found.certs, ..Authorities::default() });
    };
    let text = haubert_service::files::read_text_bounded(path, MAX_AUTHORITIES).map_err(|source| ProviderError::Authorities {
        id: id.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    Authorities::from_pem(&text).map_err(|source| ProviderError::Certificates { id: id.to_owned(), source })
}

impl Provider {
    fn open(settings: &IdentityProvider, public_url: &str) -> Result<Self, ProviderError> {
        let id = settings.id.clone();
        let bytes = read_private(&settings.client_secret_file, MAX_SECRET)
            .map_err(|source| ProviderError::Secret { id: id.clone(), source })?;
        let secret = String::from_utf8(bytes).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let Some(secret) = secret else {
            return Err(ProviderError::NoSecret { id, path: settings.client_secret_file.clone() });
        };
        let address = |source| ProviderError::Address { id: id.clone(), source };
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(address)?;
        let plain = Url::parse(&settings.issuer).is_ok_and(|url| is_plain_loopback(&url));
        let transport = Transport::new(authorities(&id, settings.trust_anchor_file.as_deref())?, plain)
            .map_err(|source| ProviderError::Transport { id: id.clone(), source })?;
        let prefix = haubert_service::api::PREFIX;
        let redirect = RedirectUrl::new(format!("{public_url}{prefix}/session/providers/{id}/callback")).map_err(address)?;
        Ok(Self {
            name: settings.name.trim().to_owned(),
            organisation: settings.organisation,
            second_factor: settings.second_factor,
            second_factor_values: settings.second_factor_values.clone(),
            client: ClientId::new(settings.client_id.clone()),
            secret: ClientSecret::new(secret),
            known: Mutex::default(),
            id,
            issuer,
            redirect,
            transport,
        })
    }

    /// Whether people of this organisation, or of none, come in by it.
    pub(crate) fn serves(&self, organisation: Option<&str>) -> bool {
        self.organisation.is_none_or(|own| organisation == Some(own.to_string().as_str()))
    }

    /// What is asked of the account's own second factors.
    pub(crate) fn own_factor(&self, proven: &Proven) -> OwnFactor {
        match (self.second_factor, proven.second_factor) {
            (SecondFactorBy::Own, _) => OwnFactor::Ask,
            (SecondFactorBy::Provider, true) => OwnFactor::Spare,
            (SecondFactorBy::Provider, false) => OwnFactor::Demand,
        }
    }

    /// What the provider says of itself. Asked for once in an hour; when a token names a key that is not known, at most twice a minute.
    async fn metadata(&self, now: Timestamp, key_unknown: bool) -> Result<Arc<Metadata>, Refusal> {
        // Whoever comes while it is being asked waits for the same answer.
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &known.metadata {
            let age = now.ms_since(*at);
            let limit = if key_unknown { KEYS_EVERY_MS } else { FRESH_MS };
            if (0..limit).contains(&age) {
                return Ok(Arc::clone(metadata));
            }
        }
        if known.failed_at.is_some_and(|at| (0..REST_MS).contains(&now.ms_since(at))) {
            return Err(Refusal::UNAVAILABLE);
        }
        match Metadata::discover_async(self.issuer.clone(), &self.transport).await {
            Ok(metadata) if self.transport.may_reach(metadata.authorization_endpoint().url()) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((Arc::clone(&metadata), now)), failed_at: None };
                Ok(metadata)
            }
            Ok(_) => {
                known.failed_at = Some(now);
                tracing::warn!(provider = self.id, "people would be sent to an address that is not https");
                Err(Refusal::UNAVAILABLE)
            }
            Err(error) => {
                known.failed_at = Some(now);
                tracing::warn!(provider = self.id, error = chain(&error), "the identity provider cannot be asked");
                Err(Refusal::UNAVAILABLE)
            }
        }
    }

    /// Where to send somebody. `keep` keeps what they are to come back with and gives the state.
    ///
    /// # Errors
    /// `provider_unavailable`, or what `keep` says.
    pub(crate) async fn send(
        &self,
        now: Timestamp,
        keep: impl FnOnce(Nonce, PkceCodeVerifier) -> Result<Token, Problem>,
    ) -> Result<Url, Problem> {
        let metadata = self.metadata(now, false).await.map_err(|_| Problem::new(UNAVAILABLE))?;
        let drawn = || Token::random().map_err(|error| Problem::internal("send somebody to a provider", &error));
        let nonce = Nonce::new(drawn()?.expose().to_owned());
        let verifier = PkceCodeVerifier::new(drawn()?.expose().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let state = keep(nonce.clone(), verifier)?;
        let client = CoreClient::from_provider_metadata((*metadata).clone(), self.client.clone(), None)
            .set_redirect_uri(self.redirect.clone());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request =
            client.authorize_url(flow, move || CsrfToken::new(state.expose().to_owned()), || nonce).set_pkce_challenge(challenge);
        // For what to call the identity in a list.
        let profile = Scope::new("profile".to_owned());
        if metadata.scopes_supported().is_some_and(|scopes| scopes.contains(&profile)) {
            request = request.add_scope(profile);
        }
        Ok(request.url().0)
    }

    /// Whom somebody's coming back proves.
    pub(crate) async fn prove(&self, journey: &Journey, answer: &Answer, now: Timestamp) -> Result<Proven, Refusal> {
        let metadata = self.metadata(now, false).await?;
        let named = answer.iss.as_deref();
        let must_name = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        if named.map_or(must_name, |issuer| issuer != self.issuer.as_str()) {
            tracing::warn!(provider = self.id, "somebody is sent back by another issuer");
            return Err(Refusal::ISSUER);
        }
        if let Some(error) = &answer.error {
            return Err(said(error));
        }
        let code = answer.code.as_deref().filter(|code| !code.is_empty() && code.len() <= MAX_ANSWER).ok_or(Refusal::CODE)?;
        let response = self.exchange(&metadata, code, journey).await?;
        let Some(token) = response.id_token() else { return Err(Refusal::TOKEN) };
        let look = |metadata: &Metadata| {
            let expected = Expected {
                client: &self.client,
                issuer: &self.issuer,
                keys: metadata.jwks().clone(),
                nonce: &journey.nonce,
                second_factor: &self.second_factor_values,
                now: chrono::DateTime::from_timestamp_millis(now.as_millis()).unwrap_or_default(),
            };
            prove(token, response.access_token(), expected)
        };
        let mut proven = look(&metadata);
        if matches!(proven, Err(Unproven::KeyUnknown)) {
            proven = look(&*self.metadata(now, true).await?);
        }
        proven.map_err(|unproven| {
            let (why, text) = match unproven {
                Unproven::KeyUnknown => (Refusal::SIGNATURE, "no key of the provider goes with it".to_owned()),
                Unproven::Refused(why, text) => (why, text),
            };
            tracing::warn!(provider = self.id, reason = why.0, text, "an ID token is refused");
            why
        })
    }

    async fn exchange(&self, metadata: &Metadata, code: &str, journey: &Journey) -> Result<CoreTokenResponse, Refusal> {
        let mut client = CoreClient::from_provider_metadata(metadata.clone(), self.client.clone(), Some(self.secret.clone()))
            .set_redirect_uri(self.redirect.clone());
        // Basic is the default where a provider says nothing.
        let basic = CoreClientAuthMethod::ClientSecretBasic;
        if metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| !methods.contains(&basic)) {
            client = client.set_auth_type(AuthType::RequestBody);
        }
        let asked = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|error| {
            tracing::warn!(provider = self.id, %error, "the identity provider has no token endpoint");
            Refusal::UNAVAILABLE
        })?;
        let verifier = PkceCodeVerifier::new(journey.verifier.secret().clone());
        asked.set_pkce_verifier(verifier).request_async(&self.transport).await.map_err(|error| {
            let why = match &error {
                RequestTokenError::ServerResponse(_) => Refusal::CODE,
                RequestTokenError::Request(TransportError::Http(_)) => Refusal::UNAVAILABLE,
                _ => Refusal::TOKEN,
            };
            // What the answer was is not told: it may hold a token.
            let text = match error {
                RequestTokenError::ServerResponse(said) => format!("{:?}", said.error()),
                RequestTokenError::Request(error) => chain(&error),
                _ => "the answer cannot be read".to_owned(),
            };
            tracing::warn!(provider = self.id, reason = why.0, text, "the identity provider gives no token");
            why
        })
    }
}

/// What a provider says when it sends somebody back without a code, as far as a person can do something about it.
fn said(error: &str) -> Refusal {
    Refusal(match error {
        "access_denied" => "provider_access_denied",
        "login_required" | "interaction_required" | "account_selection_required" | "consent_required" => {
            "provider_login_required"
        }
        "temporarily_unavailable" | "server_error" => "provider_unavailable",
        _ => "provider_refused",
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
