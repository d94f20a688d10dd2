//! Outgoing links against servers made and run by openssl: the good one is believed, each bad one is refused with its own code.

use haubert_link::message::Hello;
use haubert_link::{Credentials, Link};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_trust::{Authorities, Identity, PeerFault, PeerTrust, Revocation, TlsVersions, client_config};
use rustls::ClientConnection;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateRevocationListDer, ServerName};
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

struct Stage {
    forge: Forge,
    _dir: tempfile::TempDir,
}

fn stage() -> Stage {
    let dir = tempfile::tempdir().unwrap();
    Stage { forge: Forge::new(dir.path()).unwrap(), _dir: dir }
}

impl Stage {
    fn trust(&self, crl_pem: Option<&str>, revocation: Revocation) -> Authorities {
        let authorities = Authorities::from_pem(&self.forge.authority_pem().unwrap()).unwrap();
        let crls = crl_pem.iter().map(|pem| CertificateRevocationListDer::from_pem_slice(pem.as_bytes()).unwrap()).collect();
        Authorities { crls, revocation, ..authorities }
    }
}

/// Shakes hands as syslog and every other outlet does.
fn connect(port: u16, trust: Authorities, versions: TlsVersions) -> Result<(), Option<PeerFault>> {
    let config = client_config(&PeerTrust::Authorities(trust), None, versions).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    stream.write_all(b"x").and_then(|()| stream.flush()).map_err(|error| PeerFault::within(&error))
}

/// Says hello as the link to the hub does; what came back, in its code.
async fn hello(port: u16, stage: &Stage, also_trusted: Authorities) -> &'static str {
    let identity = Identity::self_signed(&["gateway".to_owned()], haubert_model::Timestamp(1_795_000_000_000)).unwrap();
    let credentials = Credentials {
        gateway: "018f3f7e-0000-7000-8000-000000000001".parse().unwrap(),
        link_url: format!("https://127.0.0.1:{port}"),
        key: identity.key.clone(),
        certificate_pem: identity.chain_pem,
        authority_pem: stage.forge.authority_pem().unwrap(),
        also_trusted,
    };
    let said = Hello {
        version: 1,
        product_version: String::new(),
        site_name: String::new(),
        time_zone: "UTC".to_owned(),
        devices: vec![],
        loads: vec![],
        history: "6f1c".to_owned(),
        highest_cursor: 0,
        highest_event: 0,
    };
    Link::new(&credentials).unwrap().hello(&said).await.unwrap_err().code()
}

const fn expected(flaw: Flaw) -> Option<(PeerFault, &'static str)> {
    Some(match flaw {
        Flaw::None => return None,
        Flaw::Expired => (PeerFault::Expired, "clock_disagrees"),
        Flaw::NotYetValid => (PeerFault::NotYetValid, "clock_disagrees"),
        Flaw::WrongName => (PeerFault::WrongName, "peer_wrong_name"),
        Flaw::UnknownAuthority | Flaw::SelfSigned => (PeerFault::UnknownAuthority, "hub_untrusted"),
        Flaw::Revoked => (PeerFault::Revoked, "peer_revoked"),
        Flaw::WeakKey => (PeerFault::WeakKey, "peer_weak_key"),
        Flaw::WeakSignature => (PeerFault::WeakSignature, "peer_weak_signature"),
        Flaw::WrongUse => (PeerFault::WrongUse, "peer_wrong_use"),
        Flaw::OldTls | Flaw::OldCipher => (PeerFault::TlsTooOld, "peer_tls_too_old"),
    })
}

#[tokio::test]
async fn every_outgoing_client_refuses_what_must_not_be_believed() {
    let stage = stage();
    let servers: Vec<_> = Flaw::ALL.into_iter().map(|flaw| (flaw, stage.forge.serve(flaw).unwrap())).collect();
    let crl = stage.forge.crl_pem(30).unwrap();
    let trust = || stage.trust(Some(&crl), Revocation::WhereGiven);
    for (flaw, server) in &servers {
        let expected = expected(*flaw);
        let found = connect(server.port, trust(), TlsVersions::Tls13);
        assert_eq!(found, expected.map_or(Ok(()), |(fault, _)| Err(Some(fault))), "{flaw:?}");
        // The good one is no hub: its answer would be waited for in vain.
        if let Some((_, code)) = expected {
            assert_eq!(hello(server.port, &stage, trust()).await, code, "{flaw:?}");
        }
    }
    let port = |flaw: Flaw| servers.iter().find(|(of, _)| *of == flaw).unwrap().1.port;
    // Where the policy allows the older version, its good suites and no others.
    assert_eq!(connect(port(Flaw::OldTls), trust(), TlsVersions::Tls12AndLater), Ok(()));
    assert_eq!(connect(port(Flaw::OldCipher), trust(), TlsVersions::Tls12AndLater), Err(Some(PeerFault::TlsTooOld)));
    // The control of the list: without it nobody knows of the revocation.
    assert_eq!(connect(port(Flaw::Revoked), stage.trust(None, Revocation::WhereGiven), TlsVersions::Tls13), Ok(()));
    // Whoever trusts nobody believes nobody.
    let nobody = connect(port(Flaw::None), Authorities::default(), TlsVersions::Tls13);
    assert_eq!(nobody, Err(Some(PeerFault::UnknownAuthority)));
}

#[tokio::test]
async fn where_lists_are_demanded_none_or_an_old_one_is_a_refusal() {
    let stage = stage();
    let (good, revoked) = (stage.forge.serve(Flaw::None).unwrap(), stage.forge.serve(Flaw::Revoked).unwrap());
    let fresh = stage.forge.crl_pem(30).unwrap();
    let dates = "ca -batch -config ca.cnf -gencrl -crl_lastupdate 200101000000Z -crl_nextupdate 200201000000Z -out old.crl";
    stage.forge.openssl(dates, &[]).unwrap();
    let old = stage.forge.read("old.crl").unwrap();
    let tried = |port, crl: Option<&str>, revocation| connect(port, stage.trust(crl, revocation), TlsVersions::Tls13);
    assert_eq!(tried(good.port, Some(&fresh), Revocation::Required), Ok(()));
    assert_eq!(tried(good.port, None, Revocation::Required), Err(Some(PeerFault::RevocationUnknown)));
    assert_eq!(tried(good.port, Some(&old), Revocation::Required), Err(Some(PeerFault::RevocationOutdated)));
    assert_eq!(tried(good.port, Some(&old), Revocation::WhereGiven), Ok(()));
    // What an old list revoked stays revoked.
    assert_eq!(tried(revoked.port, Some(&old), Revocation::WhereGiven), Err(Some(PeerFault::Revoked)));
}
