//! One connection to a server, over a stream that is open and safe already.

use crate::letter::{Letter, LetterError};
use crate::stream::{AfterStartTls, Bounded};
use haubert_model::Secret;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// Patience with an answer, but the one to a whole message.
const PATIENCE: Duration = Duration::from_secs(30);
/// Patience with the answer to a whole message (RFC 5321, 4.5.3.2.6 asks for ten minutes of it).
const PATIENCE_WITH_MESSAGE: Duration = Duration::from_secs(600);
/// Longest text of a server that is passed on, in characters.
const MAX_SAID: usize = 300;

/// Where in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its greeting, and what it offers.
    Greeting,
    /// TLS.
    StartTls,
    /// Who we are.
    Login,
    /// From whom.
    Sender,
    /// To whom.
    Recipient,
    /// The message.
    Message,
}

/// Why a letter did not go.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The server refuses.
    #[error("{code} {said}")]
    Refused {
        /// What.
        stage: Stage,
        /// Its code: 400 to 599; below 500 it may take it later.
        code: u16,
        /// Its words, shortened.
        said: String,
    },
    /// The connection ended.
    #[error("{0}")]
    Ended(#[source] io::Error),
    /// What it says is not SMTP.
    #[error("{0}")]
    NotUnderstood(String),
    /// It takes too long.
    #[error("no answer in time")]
    Timeout,
    /// It does not offer TLS.
    #[error("the server does not offer STARTTLS")]
    NoTls,
    /// It has no way to log in that is known here.
    #[error("the server offers neither PLAIN nor LOGIN")]
    NoLogin,
    /// Ours.
    #[error(transparent)]
    Letter(#[from] LetterError),
}

impl SessionError {
    pub(crate) fn refused(stage: Stage, code: u16, said: &str) -> Self {
        let words: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.strip_prefix(&code.to_string()).unwrap_or(&words).trim_start();
        Self::Refused { stage, code, said: words.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect() }
    }

    fn of(stage: Stage, error: &lettre::transport::smtp::Error) -> Self {
        use std::error::Error as _;
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        match error.status() {
            Some(code) => Self::refused(stage, u16::from(code), &said),
            None if error.is_response() => Self::NotUnderstood(said.chars().take(MAX_SAID).collect()),
            None => Self::Ended(io::Error::other(said)),
        }
    }

    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { stage: Stage::Greeting, .. } => "greeting_refused",
            Self::Refused { stage: Stage::StartTls, .. } => "starttls_refused",
            Self::Refused { stage: Stage::Login, .. } => "login_refused",
            Self::Refused { stage: Stage::Sender, .. } => "sender_refused",
            Self::Refused { stage: Stage::Recipient, .. } => "recipient_refused",
            Self::Refused { stage: Stage::Message, .. } => "message_refused",
            Self::Ended(_) => "connection_ended",
            Self::NotUnderstood(_) => "answer_not_understood",
            Self::Timeout => "no_answer",
            Self::NoTls => "starttls_missing",
            Self::NoLogin => "login_missing",
            Self::Letter(_) => "letter_not_valid",
        }
    }

    /// Whether this letter can never go, however often it is tried: the server said so of it, for good.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refused { stage: Stage::Sender | Stage::Recipient | Stage::Message, code, .. } => *code >= 500,
            Self::Letter(_) => true,
            _ => false,
        }
    }
}

/// A connection that was greeted.
pub struct Session {
    connection: AsyncSmtpConnection,
}

async fn patiently<T>(
    patience: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, SessionError> {
    match timeout(patience, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(SessionError::of(stage, &error)),
        Err(_) => Err(SessionError::Timeout),
    }
}

impl Session {
    /// Greets over a stream that TLS protects.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn open<S>(stream: S, peer: SocketAddr, hello: IpAddr, after: AfterStartTls) -> Result<Self, SessionError>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
    {
        let hello = match hello {
            IpAddr::V4(ip) => ClientId::Ipv4(ip),
            IpAddr::V6(ip) => ClientId::Ipv6(ip),
        };
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(Bounded::new(stream, peer, after)), &hello);
        Ok(Self { connection: patiently(PATIENCE, Stage::Greeting, greeted).await? })
    }

    /// What the server calls itself.
    pub fn server(&self) -> &str {
        self.connection.server_info().name()
    }

    /// Says who we are, by PLAIN or LOGIN: TLS hides it.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn login(&mut self, user: &str, password: &Secret) -> Result<(), SessionError> {
        if self.connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(SessionError::NoLogin);
        }
        let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
        patiently(PATIENCE, Stage::Login, self.connection.auth(DEFAULT_MECHANISMS, &credentials)).await.map(drop)
    }

    /// Sends a letter. What it returns is the server's receipt: then it has it.
    ///
    /// # Errors
    /// [`SessionError`]; the session is not to be used further.
    pub async fn send(&mut self, letter: &Letter) -> Result<String, SessionError> {
        let (envelope, bytes) = letter.written()?;
        let mut options = Vec::new();
        if !envelope.from().into_iter().chain(envelope.to()).all(|address| address.to_string().is_ascii()) {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SessionError::refused(Stage::Recipient, 553, "the server takes no address beyond ASCII"));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = self.connection.command(Mail::new(envelope.from().cloned(), options));
        patiently(PATIENCE, Stage::Sender, from).await?;
        for to in envelope.to() {
            patiently(PATIENCE, Stage::Recipient, self.connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        }
        // A positive answer to DATA is 354: a server that says anything else takes no message.
        let go = patiently(PATIENCE, Stage::Message, self.connection.command(Data)).await?;
        if !go.has_code(354) {
            return Err(SessionError::NotUnderstood(first_line(&go)));
        }
        let receipt = patiently(PATIENCE_WITH_MESSAGE, Stage::Message, self.connection.message(&bytes)).await?;
        Ok(first_line(&receipt))
    }

    /// Takes leave; a server that does not answer is left all the same.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(5), self.connection.quit()).await;
    }
}

fn first_line(response: &Response) -> String {
    response.first_line().unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_SAID).collect()
}
