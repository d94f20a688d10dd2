//! What the scenes have in common.

use haubert_model::Secret;
use haubert_testkit::file_servers::{Brand, FileServer, PASSWORD};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_transfer::{Broken, Content, Ftps, TransferError};
use haubert_trust::{PeerTrust, TlsVersions, client_config};
use rustls::ClientConfig;
use rustls::client::Resumption;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// An authority, and a server with a certificate of it.
pub(crate) struct Stage {
    _dir: TempDir,
    pub(crate) forge: Forge,
    pub(crate) server: FileServer,
}

pub(crate) fn password() -> Secret {
    Secret::new(PASSWORD.to_owned())
}

impl Stage {
    pub(crate) async fn set(brand: Brand, flaw: Flaw, authorized: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let forge = Forge::new(dir.path()).unwrap();
        let server = FileServer::start(brand, dir.path(), &forge, flaw, authorized).await.unwrap();
        Self { _dir: dir, forge, server }
    }

    pub(crate) fn tls(&self, versions: TlsVersions) -> Arc<ClientConfig> {
        let trust = PeerTrust::from_pem(&self.forge.authority_pem().unwrap()).unwrap();
        let mut config = client_config(&trust, None, versions).unwrap();
        config.resumption = Resumption::in_memory_sessions(8);
        Arc::new(config)
    }

    pub(crate) async fn reach(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.server.port)).await.unwrap()
    }

    /// A connection that is greeted, and nothing more.
    pub(crate) async fn greet(&self, brand: Brand, versions: TlsVersions) -> Result<Ftps, TransferError> {
        match brand {
            Brand::VsftpdImplicit => {
                Ftps::implicit(&[([127, 0, 0, 1], self.server.port).into()], "127.0.0.1", self.tls(versions)).await
            }
            _ => Ftps::explicit(self.reach().await, "127.0.0.1", self.tls(versions)).await,
        }
    }

    pub(crate) async fn open(&self, brand: Brand) -> Result<Ftps, TransferError> {
        let mut session = self.greet(brand, TlsVersions::Tls12).await?;
        session.login(&self.server.user, &password()).await?;
        Ok(session)
    }
}

/// Many pieces, each of which says where it is.
pub(crate) fn long(pieces: u32) -> (Content, Vec<u8>) {
    let all: Vec<Vec<u8>> = (0..pieces).map(|piece| piece.to_be_bytes().repeat(5000)).collect();
    let whole = all.concat();
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        for piece in all {
            let _gone = sender.send(Ok(piece.into())).await;
        }
    });
    (Content::new(receiver), whole)
}

/// A file whose end cannot be read.
pub(crate) fn broken() -> Content {
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let _taken = sender.send(Ok(vec![7; 50_000].into())).await;
        let _taken = sender.send(Err(Broken("the history is damaged".to_owned()))).await;
    });
    Content::new(receiver)
}
