//! The client against servers that are not the hub, or not themselves.

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use haubert_link::message::{Acknowledgement, Chunk, Hello, HelloAck, RefusalCode};
use haubert_link::{Credentials, Link, LinkError, MEDIA_TYPE, encode};
use haubert_model::{Clock, GatewayId, Secret, SeriesId, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_service::https;
use haubert_service::shutdown::Shutdown;
use haubert_trust::{Authority, Identity, KeyPem, csr, server_config, server_config_mtls};

struct Hub {
    url: String,
    authority: Authority,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

/// A TLS server of its own authority that answers everything with `answer`.
fn hub(mutual: bool, answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Hub {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), "test", now()).unwrap();
    let identity = authority.issue_server(&names(), now(), 1).unwrap();
    let config = if mutual { server_config_mtls(&identity, authority.certificate_pem()) } else { server_config(&identity) };
    let router = Router::new().fallback(move || {
        let answer = answer();
        async move { answer }
    });
    let shutdown = Shutdown::new();
    let listener = https::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gate = gate(&listener);
    let running = https::serve(listener, config.unwrap(), router, gate, &shutdown).unwrap();
    Hub { url: format!("https://{}", running.address), authority, shutdown, _dir: dir }
}

/// A firewall with the limits of a hub.
fn gate(listener: &std::net::TcpListener) -> haubert_guard::Gate {
    let settings = haubert_guard::Settings::of_hub();
    https::gate(&haubert_guard::Guard::new(settings, std::sync::Arc::new(SystemClock::new()), |_| ()), "link", listener).unwrap()
}

fn now() -> Timestamp {
    SystemClock::new().now()
}

fn gateway() -> GatewayId {
    "018f3f7e-0000-7000-8000-000000000001".parse().unwrap()
}

fn credentials(url: &str, trusted: &Authority, issuer: &Authority) -> Credentials {
    let key = KeyPem::generate().unwrap();
    let issued = issuer.issue_gateway(&csr(&key, None).unwrap(), gateway(), now(), 90).unwrap();
    Credentials {
        gateway: gateway(),
        link_url: url.to_owned(),
        key,
        certificate_pem: issued.pem,
        authority_pem: trusted.certificate_pem().to_owned(),
        also_trusted: haubert_trust::Authorities::default(),
    }
}

fn hello() -> Hello {
    Hello {
        version: 1,
        product_version: String::new(),
        site_name: String::new(),
        time_zone: "UTC".to_owned(),
        devices: vec![],
        loads: vec![],
        history: "6f1c".to_owned(),
        highest_cursor: 10,
        highest_event: 0,
    }
}

fn cbor(status: StatusCode, bytes: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], Body::from(bytes)).into_response()
}

async fn hello_answered_with(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Result<HelloAck, LinkError> {
    let hub = hub(true, answer);
    Link::new(&credentials(&hub.url, &hub.authority, &hub.authority)).unwrap().hello(&hello()).await
}

#[tokio::test]
async fn garbage_is_called_garbage() {
    for bytes in [vec![], b"<html>hello</html>".to_vec(), vec![0xff; 100], encode(&"text").unwrap(), vec![0; 70_000]] {
        let error = hello_answered_with(move || cbor(StatusCode::OK, bytes.clone())).await.unwrap_err();
        assert!(matches!(error, LinkError::Garbage(_)), "{error:?}");
        let error = hello_answered_with(|| cbor(StatusCode::CONFLICT, vec![1, 2, 3])).await.unwrap_err();
        assert!(matches!(error, LinkError::Garbage(_)), "{error:?}");
    }
    let error = hello_answered_with(|| (StatusCode::OK, "welcome").into_response()).await.unwrap_err();
    assert!(matches!(error, LinkError::Garbage(_)), "{error:?}");
    let error = hello_answered_with(|| StatusCode::BAD_GATEWAY.into_response()).await.unwrap_err();
    assert!(matches!(error, LinkError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_never_sent_is_garbage() {
    let ack = HelloAck { version: 1, acknowledged: 11, events_acknowledged: 0, hub_time: Timestamp(0) };
    let error = hello_answered_with(move || cbor(StatusCode::OK, encode(&ack).unwrap())).await.unwrap_err();
    assert!(matches!(error, LinkError::Garbage(_)), "{error:?}");

    let hub = hub(true, || cbor(StatusCode::OK, encode(&Acknowledgement { acknowledged: u64::MAX }).unwrap()));
    let link = Link::new(&credentials(&hub.url, &hub.authority, &hub.authority)).unwrap();
    let chunk =
        Chunk { cursor: 3, series: SeriesId(1), first: Timestamp(0), last: Timestamp(0), count: 1, bytes: vec![1].into() };
    let error = link.chunks(vec![chunk]).await.unwrap_err();
    assert!(matches!(error, LinkError::Garbage(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_the_hub() {
    let (ours, other) = (hub(true, || StatusCode::OK.into_response()), hub(true, || StatusCode::OK.into_response()));
    let link = Link::new(&credentials(&other.url, &ours.authority, &other.authority)).unwrap();
    let error = link.hello(&hello()).await.unwrap_err();
    assert!(matches!(error, LinkError::Untrusted(_)), "{error:?}");

    let plain = hub(false, || StatusCode::OK.into_response());
    let error = Link::enrol(&plain.url, Secret::new("t".into()), ours.authority.fingerprint()).await.unwrap_err();
    assert!(matches!(error, LinkError::Untrusted(_)), "{error:?}");
    let error = Link::enrol(&plain.url, Secret::new("t".into()), plain.authority.fingerprint()).await.unwrap_err();
    assert!(matches!(error, LinkError::Garbage(_)), "pinned and reached: {error:?}");
}

#[tokio::test]
async fn a_self_signed_impostor_with_the_authority_in_its_chain_is_refused() {
    let real = hub(false, || StatusCode::OK.into_response());
    let mut impostor = Identity::self_signed(&names(), now()).unwrap();
    impostor.chain_pem.push_str(real.authority.certificate_pem());
    let shutdown = Shutdown::new();
    let listener = https::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gate = gate(&listener);
    let running = https::serve(listener, server_config(&impostor).unwrap(), Router::new(), gate, &shutdown).unwrap();
    let url = format!("https://{}", running.address);
    let error = Link::enrol(&url, Secret::new("t".into()), real.authority.fingerprint()).await.unwrap_err();
    assert!(matches!(error, LinkError::Untrusted(_)), "{error:?}");
    shutdown.trigger();
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_by_the_hub() {
    let (ours, other) = (hub(true, || StatusCode::OK.into_response()), hub(true, || StatusCode::OK.into_response()));
    let link = Link::new(&credentials(&ours.url, &ours.authority, &other.authority)).unwrap();
    let error = link.hello(&hello()).await.unwrap_err();
    assert!(matches!(&error, LinkError::Refused(refusal) if refusal.code == RefusalCode::CertificateUnknown), "{error:?}");
    assert!(error.is_exclusion());
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let gone = hub(true, || StatusCode::OK.into_response());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let link = Link::new(&credentials(&format!("https://{free}"), &gone.authority, &gone.authority)).unwrap();
    let error = link.hello(&hello()).await.unwrap_err();
    assert!(matches!(error, LinkError::Unreachable(_)), "{error:?}");
    let error = Link::enrol("http://127.0.0.1:1", Secret::new("t".into()), gone.authority.fingerprint()).await.unwrap_err();
    assert!(matches!(error, LinkError::Local(_)), "plain HTTP is not spoken: {error:?}");
}
