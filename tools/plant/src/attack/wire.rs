//! Sockets of an attacker: from a chosen address, trusting any certificate.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use socket2::SockRef;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Of all connections.
static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
/// What whoever reads slowly has room for, in bytes; the system doubles it.
const WINDOW: u32 = 2_048;
/// Largest segment that it takes, in bytes.
const SEGMENT: u32 = 536;

/// As many descriptors as the system lets us have; too few show as refused connections.
pub(super) fn raise_descriptors() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _as_before = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

fn open(from: IpAddr, to: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if to.is_ipv4() {
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from, 0))?;
    }
    Ok(socket)
}

pub(super) async fn tcp(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    open(from, to)?.connect(to).await
}

/// A connection that speaks HTTP/1.1 over TLS.
pub(super) async fn tls(from: IpAddr, to: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    shake(tcp(from, to).await?, to).await
}

/// The same, of a peer that can take little at a time: the window of a link like a modem's, with its small segments.
pub(super) async fn narrow(from: IpAddr, to: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    let socket = open(from, to)?;
    SockRef::from(&socket).set_tcp_mss(SEGMENT)?;
    socket.set_recv_buffer_size(WINDOW)?;
    shake(socket.connect(to).await?, to).await
}

async fn shake(stream: TcpStream, to: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    let config = match CONFIG.get() {
        Some(config) => Arc::clone(config),
        None => {
            let new = Arc::new(config()?);
            Arc::clone(CONFIG.get_or_init(|| new))
        }
    };
    TlsConnector::from(config).connect(ServerName::from(to.ip()), stream).await
}

fn config() -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(Credulous(Arc::clone(&provider)));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Whoever attacks makes each handshake cost as much as it can.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// An attacker does not mind who it attacks.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
