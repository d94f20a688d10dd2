//! SFTP: files over SSH. The server is known by the fingerprint of its key, which somebody has looked at; there is no other way in.

use crate::content::Content;
use crate::error::{Stage, TransferError};
use crate::{folders, partial};
use haubert_model::Secret;
use russh::client::{AuthResult, Config, Handle, Handler, connect_stream};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, ssh_key::LineEnding};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error as SftpError;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Patience with an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// By what a server is known: a fingerprint as `ssh-keygen -l` shows it, `SHA256:` and base64. Without one nobody is believed, and the
/// error tells what the server shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostKey(pub Option<String>);

/// How we prove who we are.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A password.
    Password(Secret),
    /// A key.
    Key(SshKey),
}

/// A key pair of ours (Ed25519).
#[derive(Clone)]
pub struct SshKey(Arc<PrivateKey>);

impl std::fmt::Debug for SshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SshKey(…)")
    }
}

impl SshKey {
    /// A new one, from 32 random bytes.
    pub fn new(random: &[u8; 32]) -> Self {
        let pair = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(random);
        Self(Arc::new(PrivateKey::from(pair)))
    }

    /// As [`SshKey::text`] wrote it; `None` when it is something else.
    pub fn from_text(text: &Secret) -> Option<Self> {
        let key = PrivateKey::from_openssh(text.expose()).ok()?;
        (key.algorithm() == Algorithm::Ed25519).then(|| Self(Arc::new(key)))
    }

    /// The private key, to be kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&self) -> Result<Secret, TransferError> {
        let text = self.0.to_openssh(LineEnding::LF).map_err(|error| TransferError::not_understood(&error.to_string()))?;
        Ok(Secret::new(text.to_string()))
    }

    /// The line for the server's `authorized_keys`.
    pub fn public_line(&self, comment: &str) -> String {
        let line = self.0.public_key().to_openssh().unwrap_or_default();
        format!("{line} {comment}")
    }
}

/// Believes one key.
struct Known {
    key: HostKey,
    shown: Arc<Mutex<Option<String>>>,
}

impl Handler for Known {
    type Error = russh::Error;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = offered else { return Ok(false) };
        let shown = key.fingerprint(HashAlg::Sha256).to_string();
        let known = self.key.0.as_ref() == Some(&shown);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(known)
    }
}

/// A connection.
pub struct Sftp {
    handle: Handle<Known>,
    files: Option<SftpSession>,
    folder: String,
}

impl Sftp {
    /// Greets over a connection that is open.
    ///
    /// # Errors
    /// [`TransferError`]; `HostKey` when the server shows another key.
    pub async fn greet(stream: TcpStream, key: &HostKey) -> Result<Self, TransferError> {
        let shown = Arc::new(Mutex::new(None));
        let known = Known { key: key.clone(), shown: Arc::clone(&shown) };
        let config =
            Config { inactivity_timeout: Some(PATIENCE * 2), keepalive_interval: Some(PATIENCE / 2), ..Config::default() };
        match timeout(PATIENCE, connect_stream(Arc::new(config), stream, known)).await {
            Ok(Ok(handle)) => Ok(Self { handle, files: None, folder: String::new() }),
            Ok(Err(russh::Error::UnknownKey)) => {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
                Err(TransferError::HostKey { shown: shown.unwrap_or_default() })
            }
            Ok(Err(error)) => Err(of_ssh(error)),
            Err(_) => Err(TransferError::Timeout),
        }
    }

    /// Says who we are, and begins with files.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn login(&mut self, user: &str, proof: &Proof) -> Result<(), TransferError> {
        let proven = async {
            match proof {
                Proof::Password(password) => self.handle.authenticate_password(user, password.expose()).await,
                Proof::Key(SshKey(key)) => {
                    self.handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::clone(key), None)).await
                }
            }
        };
        match timeout(PATIENCE, proven).await.map_err(|_| TransferError::Timeout)?.map_err(of_ssh)? {
            AuthResult::Success => {}
            AuthResult::Failure { remaining_methods, .. } => {
                let methods: Vec<&str> = remaining_methods.iter().map(Into::into).collect();
                let said = format!("the server does not let {user} in; it would take: {}", methods.join(", "));
                return Err(TransferError::refused(Stage::Login, &said));
            }
        }
        let begun = async {
            let channel = self.handle.channel_open_session().await.map_err(of_ssh)?;
            channel.request_subsystem(true, "sftp").await.map_err(of_ssh)?;
            SftpSession::new(channel.into_stream()).await.map_err(|error| of_sftp(Stage::Login, error))
        };
        let files = timeout(PATIENCE, begun).await.map_err(|_| TransferError::Timeout)??;
        files.set_timeout(PATIENCE.as_secs());
        self.files = Some(files);
        Ok(())
    }

    fn files(&self) -> Result<&SftpSession, TransferError> {
        self.files.as_ref().ok_or_else(|| TransferError::refused(Stage::Login, "nobody is logged in"))
    }

    /// Goes to a folder, and makes those that are missing on the way.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn folder(&mut self, path: &str) -> Result<(), TransferError> {
        let files = self.files()?;
        let (from_root, folders) = folders(path);
        let mut at = if from_root { "/".to_owned() } else { String::new() };
        for folder in folders {
            at.push_str(folder);
            let there = files.try_exists(&at).await.map_err(|error| of_sftp(Stage::Folder, error))?;
            if !there {
                files.create_dir(&at).await.map_err(|error| of_sftp(Stage::Folder, error))?;
            }
            at.push('/');
        }
        self.folder = at;
        Ok(())
    }

    /// Writes a file in the folder, in place of one of the same name; its length, in bytes.
    ///
    /// # Errors
    /// [`TransferError`]; then nothing new stands under this name.
    pub async fn put(&mut self, name: &str, mut content: Content) -> Result<u64, TransferError> {
        let files = self.files()?;
        let refused = |error| of_sftp(Stage::File, error);
        let (part, whole) = (format!("{}{}", self.folder, partial(name)), format!("{}{name}", self.folder));
        let mut file = files.create(&part).await.map_err(refused)?;
        let mut sent = 0;
        while let Some(piece) = content.next().await {
            let piece = piece?;
            timeout(PATIENCE, file.write_all(&piece)).await.map_err(|_| TransferError::Timeout)?.map_err(of_io)?;
            sent += piece.len() as u64;
        }
        timeout(PATIENCE, file.close()).await.map_err(|_| TransferError::Timeout)?.map_err(of_io)?;
        let kept = files.metadata(&part).await.map_err(refused)?.size.unwrap_or(sent);
        if kept != sent {
            return Err(TransferError::Short { sent, kept });
        }
        // Version 3 of the protocol renames nothing onto what is there.
        if files.rename(&part, &whole).await.is_err() {
            let _missing = files.remove_file(&whole).await;
            files.rename(&part, &whole).await.map_err(refused)?;
        }
        Ok(sent)
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn remove(&mut self, name: &str) -> Result<(), TransferError> {
        let path = format!("{}{name}", self.folder);
        self.files()?.remove_file(path).await.map_err(|error| of_sftp(Stage::File, error))
    }

    /// Says goodbye; the server may have gone already.
    pub async fn quit(self) {
        if let Some(files) = self.files {
            let _gone = files.close().await;
        }
        let _gone = timeout(PATIENCE, self.handle.disconnect(russh::Disconnect::ByApplication, "", "")).await;
    }
}

fn of_ssh(error: russh::Error) -> TransferError {
    match error {
        russh::Error::IO(error) => TransferError::Ended(error),
        russh::Error::ConnectionTimeout | russh::Error::InactivityTimeout | russh::Error::KeepaliveTimeout => {
            TransferError::Timeout
        }
        russh::Error::Disconnect | russh::Error::HUP => TransferError::Ended(io::ErrorKind::ConnectionReset.into()),
        other => TransferError::not_understood(&other.to_string()),
    }
}

fn of_sftp(stage: Stage, error: SftpError) -> TransferError {
    match error {
        SftpError::Status(status) => TransferError::refused(stage, &format!("{}: {}", status.status_code, status.error_message)),
        SftpError::Timeout => TransferError::Timeout,
        SftpError::IO(said) => TransferError::Ended(io::Error::other(said)),
        other => TransferError::not_understood(&other.to_string()),
    }
}

/// What writing a file fails with is the protocol's error in that of the system.
fn of_io(error: io::Error) -> TransferError {
    if error.kind() == io::ErrorKind::TimedOut {
        return TransferError::Timeout;
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<SftpError>()) {
        Some(SftpError::Status(status)) => {
            TransferError::refused(Stage::File, &format!("{}: {}", status.status_code, status.error_message))
        }
        _ => TransferError::Ended(error),
    }
}
