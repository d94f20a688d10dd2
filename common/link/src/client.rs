//! The gateway's side of each exchange.
//!
//! Every answer is bounded, timed and decoded whole before it means anything. TLS trusts one authority and nothing else; proxies
//! and redirections are not followed, since the hub is pinned.

use crate::codec::{MEDIA_TYPE, decode, encode};
use crate::error::LinkError;
use crate::message::{
    Acknowledgement, Chunk, ChunksRequest, EnrolmentRequest, EnrolmentResponse, EventsRequest, Hello, HelloAck, LinkEvent, Live,
    PostureReport, Received, Refusal, RefusalCode, RenewalRequest, RenewalResponse, SeriesDeclaration, SeriesRequest,
    UpdateAnswer, UpdateOffer, UpdatePiece, UpdatePieceRequest, UpdateRequest, VERSION,
};
use crate::{MAX_RESPONSE, path};
use bytes::Bytes;
use haubert_model::{GatewayId, Secret};
use haubert_trust::{
    Authorities, CertificateInfo, Fingerprint, Identity, KeyPem, PeerFault, PeerTrust, TlsVersions, client_config, csr, http_alpn,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;

const CONNECT_TIME: Duration = Duration::from_secs(10);
const EXCHANGE_TIME: Duration = Duration::from_secs(60);

/// What a gateway keeps of its enrolment. The key is a secret; the rest is not.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who this gateway is for the hub.
    pub gateway: GatewayId,
    /// Base of the hub's mutual TLS listener.
    pub link_url: String,
    /// The private key.
    pub key: KeyPem,
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The hub's authority, PEM.
    pub authority_pem: String,
    /// What the gateway's owner added: authorities beside the hub's own, and revocation lists.
    pub also_trusted: Authorities,
}

impl Credentials {
    /// What the certificate says (life, serial).
    ///
    /// # Errors
    /// [`LinkError::Local`] when it cannot be read.
    pub fn certificate(&self) -> Result<CertificateInfo, LinkError> {
        CertificateInfo::from_pem(&self.certificate_pem).map_err(local)
    }
}

/// A connection to the hub; cheap to clone.
#[derive(Debug, Clone)]
pub struct Link {
    http: Client,
    base: Url,
}

fn local(error: impl ToString) -> LinkError {
    LinkError::Local(error.to_string())
}

fn link(base: &str, trust: &PeerTrust, identity: Option<&Identity>) -> Result<Link, LinkError> {
    let base: Url = base.trim().parse().map_err(|error| local(format!("the hub's address: {error}")))?;
    if base.scheme() != "https" || base.host_str().is_none() {
        return Err(local("the hub's address must begin with https://"));
    }
    // The hub is of our own making: it never needs an older TLS, whatever the gateway allows other peers.
    let mut tls = client_config(trust, identity, TlsVersions::Tls13).map_err(local)?;
    tls.alpn_protocols = http_alpn();
    let http = Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIME)
        .timeout(EXCHANGE_TIME)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(20))
        .build()
        .map_err(local)?;
    Ok(Link { http, base })
}

impl Link {
    /// Exchanges a one-time token for credentials, at the hub whose authority has this fingerprint. The key is made here and
    /// never leaves.
    ///
    /// # Errors
    /// [`LinkError`]: refused token, another server, no connection.
    pub async fn enrol(hub_url: &str, token: Secret, fingerprint: Fingerprint) -> Result<Credentials, LinkError> {
        let link = link(hub_url, &PeerTrust::Fingerprint(fingerprint), None)?;
        let key = KeyPem::generate().map_err(local)?;
        let csr_pem = csr(&key, None).map_err(local)?;
        let answer: EnrolmentResponse =
            link.post(path::ENROLMENT, &EnrolmentRequest { version: VERSION, token, csr_pem }).await?;
        let authority =
            CertificateInfo::from_pem(&answer.authority_pem).map_err(|error| LinkError::Garbage(error.to_string()))?;
        if authority.fingerprint != fingerprint {
            return Err(LinkError::Garbage("the authority is not the one with the given fingerprint".to_owned()));
        }
        let credentials = Credentials {
            gateway: answer.gateway,
            link_url: answer.link_url,
            key,
            certificate_pem: answer.certificate_pem,
            authority_pem: answer.authority_pem,
            also_trusted: Authorities::default(),
        };
        check_certificate(&credentials)?;
        Ok(credentials)
    }

    /// A link with these credentials. Connects at the first exchange.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the credentials cannot be used.
    pub fn new(credentials: &Credentials) -> Result<Self, LinkError> {
        let identity = Identity { key: credentials.key.clone(), chain_pem: credentials.certificate_pem.clone() };
        let mut trust = Authorities::from_pem(&credentials.authority_pem).map_err(local)?;
        let also = &credentials.also_trusted;
        trust.certificates.extend(also.certificates.iter().cloned());
        trust.crls.clone_from(&also.crls);
        trust.revocation = also.revocation;
        link(&credentials.link_url, &PeerTrust::Authorities(trust), Some(&identity))
    }

    /// Says who we are; answers what the hub has already. More than we ever made is [`LinkError::Garbage`].
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn hello(&self, hello: &Hello) -> Result<HelloAck, LinkError> {
        let answer: HelloAck = self.post(path::HELLO, hello).await?;
        if answer.acknowledged > hello.highest_cursor || answer.events_acknowledged > hello.highest_event {
            // Believing it would silently leave out everything up to there (a gateway restored from an old copy, a wrong hub).
            return Err(LinkError::Garbage("the hub acknowledges more than this gateway ever made; enrol it anew".to_owned()));
        }
        Ok(answer)
    }

    /// Declares series.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn series(&self, series: Vec<SeriesDeclaration>) -> Result<Received, LinkError> {
        self.post(path::SERIES, &SeriesRequest { version: VERSION, series }).await
    }

    /// Sends chunks in cursor order; answers up to where they are durable. An acknowledgement beyond what was sent is
    /// [`LinkError::Garbage`].
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn chunks(&self, chunks: Vec<Chunk>) -> Result<Acknowledgement, LinkError> {
        let request = ChunksRequest { version: VERSION, chunks };
        let sent = |cursor: u64| request.chunks.iter().any(|chunk| chunk.cursor == cursor);
        match self.post(path::CHUNKS, &request).await {
            Ok(answer) => bounded_by(answer, request.chunks.last().map_or(0, |chunk| chunk.cursor)),
            // Passing over a chunk on the hub's word needs the word to be about one that was sent.
            Err(LinkError::Refused(Refusal { cursor: Some(cursor), .. })) if !sent(cursor) => {
                Err(LinkError::Garbage(format!("refused chunk {cursor}, which was not sent")))
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the snapshot of live values.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn live(&self, live: &Live) -> Result<Received, LinkError> {
        self.post(path::LIVE, live).await
    }

    /// Replaces what the hub knows of how the gateway stands.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn posture(&self, report: &PostureReport) -> Result<Received, LinkError> {
        self.post(path::POSTURE, report).await
    }

    /// Sends events in id order; answers up to where they are durable.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn events(&self, events: Vec<LinkEvent>) -> Result<Acknowledgement, LinkError> {
        let last = events.last().map_or(0, |event| event.id);
        let answer: Acknowledgement = self.post(path::EVENTS, &EventsRequest { version: VERSION, events }).await?;
        bounded_by(answer, last)
    }

    /// Exchanges the present certificate for another one, over a new key.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn renew(&self, present: &Credentials) -> Result<Credentials, LinkError> {
        let key = KeyPem::generate().map_err(local)?;
        let csr_pem = csr(&key, Some(present.gateway)).map_err(local)?;
        let answer: RenewalResponse = self.post(path::RENEWAL, &RenewalRequest { version: VERSION, csr_pem }).await?;
        if answer.authority_pem.trim() != present.authority_pem.trim() {
            return Err(LinkError::Garbage("the hub changed its authority".to_owned()));
        }
        let renewed = Credentials { key, certificate_pem: answer.certificate_pem, ..present.clone() };
        check_certificate(&renewed)?;
        Ok(renewed)
    }

    /// Asks for the newest release of a product.
    ///
    /// # Errors
    /// [`LinkError`]; a hub of before this question existed refuses it.
    pub async fn update_offer(&self, product: &str, architecture: &str) -> Result<Option<UpdateOffer>, LinkError> {
        let ask = UpdateRequest { version: VERSION, product: product.to_owned(), architecture: architecture.to_owned() };
        let answer: UpdateAnswer = self.post(path::UPDATE, &ask).await?;
        Ok(answer.offer)
    }

    /// Asks for the next piece of an offered release; empty behind its end.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn update_piece(&self, bundle: &str, offset: u64) -> Result<Bytes, LinkError> {
        let ask = UpdatePieceRequest { version: VERSION, bundle: bundle.to_owned(), offset };
        let answer: UpdatePiece = self.post(path::UPDATE_PIECE, &ask).await?;
        Ok(answer.bytes)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, LinkError> {
        let url = self.base.join(path).map_err(local)?;
        let body = encode(body).map_err(local)?;
        let request = self.http.post(url).header(CONTENT_TYPE, MEDIA_TYPE).header(ACCEPT, MEDIA_TYPE).body(body);
        let response = request.send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        let ours = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
        let bytes = read_bounded(response).await?;
        if !ours {
            // A proxy or another server answered; in the 500s it is a passing trouble.
            let what = format!("status {status} without a message of the link");
            return Err(if status.is_server_error() { LinkError::Unreachable(what) } else { LinkError::Garbage(what) });
        }
        if status.is_success() {
            return decode(&bytes).map_err(|error| LinkError::Garbage(error.to_string()));
        }
        let refusal = decode::<Refusal>(&bytes).map_err(|error| LinkError::Garbage(format!("status {status}: {error}")))?;
        Err(LinkError::Refused(refusal))
    }
}

fn bounded_by(answer: Acknowledgement, last: u64) -> Result<Acknowledgement, LinkError> {
    if answer.acknowledged <= last {
        return Ok(answer);
    }
    Err(LinkError::Garbage(format!("acknowledged {} but only {last} was sent", answer.acknowledged)))
}

/// The certificate must be readable, ours, and go with the key.
fn check_certificate(credentials: &Credentials) -> Result<(), LinkError> {
    let garbage = |error: &dyn ToString| LinkError::Garbage(error.to_string());
    let info = CertificateInfo::from_pem(&credentials.certificate_pem).map_err(|error| garbage(&error))?;
    if info.gateway != Some(credentials.gateway) {
        return Err(garbage(&"the certificate is for another gateway"));
    }
    Link::new(credentials).map(|_| ()).map_err(|error| garbage(&error))
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, LinkError> {
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| failed(&error))? {
        if bytes.len() + part.len() > MAX_RESPONSE {
            return Err(LinkError::Garbage(format!("the answer is longer than {MAX_RESPONSE} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// Sorts out what reqwest says: TLS refusals mean something else than a cut cable.
fn failed(error: &reqwest::Error) -> LinkError {
    match PeerFault::within(error) {
        // A gateway without a clock of its own thinks that it is 1970, and every certificate is of the future.
        Some(fault @ (PeerFault::Expired | PeerFault::NotYetValid)) => return LinkError::Clock(fault.to_string()),
        Some(fault) => return LinkError::Untrusted(fault),
        None => {}
    }
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    let mut last = error.to_string();
    while let Some(inner) = source {
        if let Some(rustls::Error::AlertReceived(alert)) = tls_error(inner)
            && CERTIFICATE_ALERTS.contains(alert)
        {
            return refused_by_tls(inner);
        }
        last = inner.to_string();
        source = inner.source();
    }
    // HTTP/2 keeps only the text of what broke the connection.
    if CERTIFICATE_ALERTS.iter().any(|alert| last.ends_with(&format!("received fatal alert: {alert:?}"))) {
        return refused_by_tls(&last);
    }
    if !error.is_connect() && !error.is_timeout() && !error.is_request() && !error.is_body() {
        return LinkError::Garbage(last);
    }
    LinkError::Unreachable(if error.is_timeout() { "no answer in time".to_owned() } else { last })
}

/// TLS libraries wrap rustls' error in an `io::Error`, and that in another; `source` skips what they hold.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    match error.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().and_then(|inner| tls_error(inner)),
        None => error.downcast_ref(),
    }
}

fn refused_by_tls(detail: &(impl ToString + ?Sized)) -> LinkError {
    LinkError::Refused(Refusal { code: RefusalCode::CertificateUnknown, detail: detail.to_string(), cursor: None })
}

/// TLS alerts (RFC 8446, 6.2) with which a server says that it does not like the client's certificate.
const CERTIFICATE_ALERTS: &[rustls::AlertDescription] = {
    use rustls::AlertDescription as Alert;
    &[
        Alert::BadCertificate,
        Alert::UnsupportedCertificate,
        Alert::CertificateRevoked,
        Alert::CertificateExpired,
        Alert::CertificateUnknown,
        Alert::UnknownCA,
        Alert::AccessDenied,
        Alert::DecryptError,
        Alert::CertificateRequired,
    ]
};
