//! The server loop over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod defence;

use axum::extract::{ConnectInfo, Request};
use axum::{Extension, Router};
use haubert_guard::{Guard, Settings};
use haubert_model::Clock as _;
use haubert_service::clock::SystemClock;
use haubert_service::https::{self, PeerCertificate, Running};
use haubert_service::shutdown::Shutdown;
use haubert_trust::{
    Authority, CertificateInfo, Identity, PeerTrust, TlsVersions, client_config, csr, http_alpn, server_config,
    server_config_mtls,
};
use reqwest::Client;
use rustls::ClientConfig;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

fn guard(settings: Settings) -> Guard {
    Guard::new(settings, Arc::new(SystemClock::new()), |_| ())
}

struct Setting {
    authority: Authority,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(dir.path(), "test", SystemClock::new().now()).unwrap();
        Self { authority, shutdown: Shutdown::new(), _dir: dir }
    }

    fn identity(&self) -> Identity {
        self.authority.issue_server(&names(), SystemClock::new().now(), 1).unwrap()
    }

    fn serve(&self, mutual: bool, router: Router) -> Running {
        self.serve_behind(&guard(Settings::default()), mutual, router)
    }

    fn serve_behind(&self, guard: &Guard, mutual: bool, router: Router) -> Running {
        let identity = self.identity();
        let pem = self.authority.certificate_pem();
        let config = if mutual { server_config_mtls(&identity, pem) } else { server_config(&identity) };
        let listener = https::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let gate = https::gate(guard, "test", &listener).unwrap();
        https::serve(listener, config.unwrap(), router, gate, &self.shutdown).unwrap()
    }

    fn tls(&self, identity: Option<&Identity>) -> ClientConfig {
        let trust = PeerTrust::from_pem(self.authority.certificate_pem()).unwrap();
        client_config(&trust, identity, TlsVersions::Tls13).unwrap()
    }

    fn client(&self, identity: Option<&Identity>) -> Client {
        let mut tls = self.tls(identity);
        tls.alpn_protocols = http_alpn();
        Client::builder().tls_backend_preconfigured(tls).tls_info(true).no_proxy().build().unwrap()
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

#[tokio::test]
async fn peers_that_connect_and_say_nothing_hold_up_nobody() {
    let setting = Setting::new();
    let running = setting.serve(false, Router::new().fallback(|| async { "here" }));
    let silent: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(running.address).unwrap()).collect();
    let answer = setting.client(None).get(format!("https://{}", running.address)).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), "here");
    drop(silent);
}

#[tokio::test]
async fn a_handler_sees_who_calls() {
    let setting = Setting::new();
    let handler = async |Extension(shown): Extension<Option<PeerCertificate>>, ConnectInfo(from): ConnectInfo<SocketAddr>| {
        format!("{} {}", CertificateInfo::from_der(&shown.unwrap().0).unwrap().gateway.unwrap(), from.ip())
    };
    let running = setting.serve(true, Router::new().fallback(handler));
    let gateway = "018f3f7e-0000-7000-8000-000000000001".parse().unwrap();
    let key = haubert_trust::KeyPem::generate().unwrap();
    let issued = setting.authority.issue_gateway(&csr(&key, None).unwrap(), gateway, SystemClock::new().now(), 1).unwrap();
    let identity = Identity { key, chain_pem: issued.pem };
    let url = format!("https://{}", running.address);
    let said = setting.client(Some(&identity)).get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(said, format!("{gateway} 127.0.0.1"));
    assert!(setting.client(None).get(&url).send().await.is_err(), "no certificate, no answer");
}

#[tokio::test]
async fn a_reloaded_certificate_serves_new_connections() {
    let setting = Setting::new();
    let running = setting.serve(false, Router::new().fallback(|_: Request| async { "here" }));
    let url = format!("https://{}", running.address);
    let shown = async || {
        let answer = setting.client(None).get(&url).send().await.unwrap();
        answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
    };
    let before = shown().await;
    running.reload(server_config(&setting.identity()).unwrap());
    assert_ne!(shown().await, before);
}

#[tokio::test]
async fn shutdown_ends_the_server_and_frees_the_port() {
    let setting = Setting::new();
    let running = setting.serve(false, Router::new().fallback(|| async { "here" }));
    let address = running.address;
    setting.client(None).get(format!("https://{address}")).send().await.unwrap();
    setting.shutdown.trigger();
    running.stopped().await.unwrap();
    https::bind(address).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = https::bind(taken.local_addr().unwrap()).unwrap_err();
    assert!(error.to_string().contains(&taken.local_addr().unwrap().to_string()));
}
