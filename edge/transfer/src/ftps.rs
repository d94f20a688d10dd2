//! FTP over TLS (RFC 4217). Data goes over TLS too, always, and only to the server's own address, whatever it answers.

use crate::content::Content;
use crate::error::{Stage, TransferError};
use crate::tls::Connector;
use crate::{folders, partial};
use haubert_model::Secret;
use rustls::ClientConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use suppaftp::tokio::{AsyncRustlsStream, ImplAsyncFtpStream};
use suppaftp::types::{FileType, Mode};
use suppaftp::{FtpError, FtpResult, Status};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Patience with an answer, and with a server that takes no more.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
pub struct Ftps {
    control: ImplAsyncFtpStream<AsyncRustlsStream>,
    tls: Connector,
}

impl Ftps {
    /// TLS after a word in clear, over a connection that is open (usually to port 21). `tls` must allow sessions to be resumed.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn explicit(stream: TcpStream, host: &str, tls: Arc<ClientConfig>) -> Result<Self, TransferError> {
        let tls = Connector::new(tls);
        let greeted = patiently(Stage::Greeting, &tls, ImplAsyncFtpStream::connect_with_stream(stream)).await?;
        let control = patiently(Stage::Tls, &tls, greeted.into_secure(tls.clone(), host)).await?;
        Self::ready(control, tls)
    }

    /// TLS from the first byte (usually on port 990).
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn implicit(addresses: &[SocketAddr], host: &str, tls: Arc<ClientConfig>) -> Result<Self, TransferError> {
        let tls = Connector::new(tls);
        // The name says that RFC 4217 has left this way out; servers have not.
        let connecting = ImplAsyncFtpStream::connect_secure_implicit(addresses, tls.clone(), host);
        let mut control = patiently(Stage::Greeting, &tls, connecting).await?;
        // Protected or not is asked for data even here, and the library does not.
        for command in ["PBSZ 0", "PROT P"] {
            let asked = control.custom_command(command, &[Status::CommandOk]);
            let _answer = patiently(Stage::Tls, &tls, asked).await?;
        }
        Self::ready(control, tls)
    }

    fn ready(mut control: ImplAsyncFtpStream<AsyncRustlsStream>, tls: Connector) -> Result<Self, TransferError> {
        control = control.passive_stream_builder(|address| Box::pin(reach(address)));
        // The address in the answer to PASV is whatever the server likes, another's machine for one.
        control.set_passive_nat_workaround(true);
        Ok(Self { control, tls })
    }

    /// Says who we are.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn login(&mut self, user: &str, password: &Secret) -> Result<(), TransferError> {
        patiently(Stage::Login, &self.tls, self.control.login(user, password.expose())).await?;
        patiently(Stage::Login, &self.tls, self.control.transfer_type(FileType::Binary)).await?;
        let peer = self.control.get_ref().await.peer_addr().map_err(TransferError::Ended)?;
        if peer.is_ipv6() {
            self.control.set_mode(Mode::ExtendedPassive);
        }
        Ok(())
    }

    /// Goes to a folder, and makes those that are missing on the way.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn folder(&mut self, path: &str) -> Result<(), TransferError> {
        let (from_root, folders) = folders(path);
        if from_root {
            patiently(Stage::Folder, &self.tls, self.control.cwd("/")).await?;
        }
        for folder in folders {
            match patiently(Stage::Folder, &self.tls, self.control.cwd(folder)).await {
                Err(TransferError::Refused { .. }) => {
                    patiently(Stage::Folder, &self.tls, self.control.mkdir(folder)).await?;
                    patiently(Stage::Folder, &self.tls, self.control.cwd(folder)).await?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// Writes a file in the folder, in place of one of the same name; its length, in bytes.
    ///
    /// # Errors
    /// [`TransferError`]; then nothing new stands under this name.
    pub async fn put(&mut self, name: &str, mut content: Content) -> Result<u64, TransferError> {
        let part = partial(name);
        let mut upload = patiently(Stage::File, &self.tls, self.control.put_with_stream(&part)).await?;
        let mut sent = 0;
        while let Some(piece) = content.next().await {
            // Breaking off without a farewell tells the server that the file is not whole.
            let piece = piece?;
            timeout(PATIENCE, upload.write_all(&piece))
                .await
                .map_err(|_| TransferError::Timeout)?
                .map_err(TransferError::Ended)?;
            sent += piece.len() as u64;
        }
        patiently(Stage::File, &self.tls, upload.finish()).await?;
        match patiently(Stage::File, &self.tls, self.control.size(&part)).await {
            Ok(kept) if kept as u64 != sent => return Err(TransferError::Short { sent, kept: kept as u64 }),
            // Some do not know SIZE; they have said that the file is there.
            Ok(_) | Err(TransferError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        match patiently(Stage::File, &self.tls, self.control.rename(part.as_str(), name)).await {
            // Some rename nothing onto what is there.
            Err(TransferError::Refused { .. }) => {
                let _missing = patiently(Stage::File, &self.tls, self.control.rm(name)).await;
                patiently(Stage::File, &self.tls, self.control.rename(part.as_str(), name)).await?;
            }
            other => other?,
        }
        Ok(sent)
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn remove(&mut self, name: &str) -> Result<(), TransferError> {
        patiently(Stage::File, &self.tls, self.control.rm(name)).await
    }

    /// Says goodbye; the server may have gone already.
    pub async fn quit(mut self) {
        let _gone = timeout(PATIENCE, self.control.quit()).await;
    }
}

async fn reach(address: SocketAddr) -> FtpResult<TcpStream> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
    let connecting = timeout(PATIENCE, TcpStream::connect(address)).await;
    connecting.unwrap_or_else(|_| Err(late())).map_err(FtpError::ConnectionError)
}

async fn patiently<T>(stage: Stage, tls: &Connector, step: impl Future<Output = FtpResult<T>>) -> Result<T, TransferError> {
    let error = match timeout(PATIENCE, step).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        Err(_) => return Err(TransferError::Timeout),
    };
    Err(match error {
        FtpError::ConnectionError(error) => TransferError::Ended(error),
        FtpError::SecureError(said) => TransferError::tls(tls.fault(), &said),
        FtpError::UnexpectedResponse(answer) => TransferError::refused(stage, &String::from_utf8_lossy(&answer.body)),
        other => TransferError::not_understood(&other.to_string()),
    })
}
