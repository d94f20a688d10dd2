//! One connection to a broker, over a stream that is open already.
//!
//! The two protocol versions are two crates of one family; a macro writes the same few lines for each. Their reconnecting is not
//! used: a session ends with its stream, and whoever holds it decides what then.

use crate::{Publication, Qos};
use haubert_model::Secret;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Messages that wait to be sent before [`Session::publish`] waits.
const QUEUE: usize = 64;

/// Which protocol is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Version {
    /// MQTT 3.1.1.
    #[serde(rename = "3.1.1")]
    #[schema(rename = "3.1.1")]
    V3_1_1,
    /// MQTT 5.
    #[default]
    #[serde(rename = "5")]
    #[schema(rename = "5")]
    V5,
}

/// What is expected to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expecting {
    /// A few commands: short ones, and a flood of them is dropped rather than that it holds up what goes out.
    #[default]
    Commands,
    /// Data: larger, and none of it is dropped here. A broker that sends faster than it is taken waits.
    Data,
}

impl Expecting {
    /// Largest message that is taken from a broker, in bytes.
    const fn bytes(self) -> u32 {
        match self {
            Self::Commands => 64 * 1024,
            Self::Data => 256 * 1024,
        }
    }

    /// Messages received and not yet asked for.
    const fn waiting(self) -> usize {
        match self {
            Self::Commands => 16,
            Self::Data => 64,
        }
    }
}

/// How to introduce oneself.
#[derive(Debug, Clone)]
pub struct Login {
    /// Which protocol.
    pub version: Version,
    /// Who: unique at the broker.
    pub client_id: String,
    /// User name.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Longest silence, in s; the broker misses the client after one and a half times that.
    pub keep_alive_s: u16,
    /// What the broker says when the client is gone without a word.
    pub will: Option<Publication>,
    /// What is expected to come.
    pub expecting: Expecting,
}

/// Why a broker does not let somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not speak this version.
    Version,
    /// It does not like the client identifier.
    ClientId,
    /// It does not know user and password.
    Credentials,
    /// It knows who it is, and does not let it in.
    NotAuthorized,
    /// It is not available, or has too much to do.
    Unavailable,
    /// Something else.
    Other,
}

/// Why a session could not begin, or came to its end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The broker refused.
    #[error("the broker refused: {0:?}")]
    Refused(Refusal),
    /// The broker did not answer in time.
    #[error("the broker did not answer in time")]
    Timeout,
    /// The stream broke.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The broker closed the connection, or what it said made no sense.
    #[error("the connection ended: {0}")]
    Ended(String),
    /// The broker does not take this message.
    #[error("the broker did not take the message: {0}")]
    NotTaken(String),
}

impl SessionError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(Refusal::Version) => "refused_version",
            Self::Refused(Refusal::ClientId) => "refused_client_id",
            Self::Refused(Refusal::Credentials) => "refused_credentials",
            Self::Refused(Refusal::NotAuthorized) => "refused_not_authorized",
            Self::Refused(Refusal::Unavailable) => "refused_unavailable",
            Self::Refused(Refusal::Other) => "refused_other",
            Self::Timeout => "no_answer",
            Self::Io(_) => "connection_failed",
            Self::Ended(_) => "connection_ended",
            Self::NotTaken(_) => "message_refused",
        }
    }
}

/// A message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Where it was published.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}

/// What comes of a message that was handed over.
#[derive(Debug)]
pub struct Receipt(Notice);

#[derive(Debug)]
enum Notice {
    V4(rumqttc_v4::PublishNotice),
    V5(rumqttc_v5::PublishNotice),
}

impl Receipt {
    /// Waits until the broker has the message; of one at most once, until it is sent.
    ///
    /// # Errors
    /// [`SessionError::NotTaken`] when the broker refused it, else [`SessionError::Ended`].
    pub async fn taken(self) -> Result<(), SessionError> {
        match self.0 {
            Notice::V4(notice) => notice.wait_async().await.map(drop).map_err(|error| SessionError::Ended(error.to_string())),
            Notice::V5(notice) => notice.wait_completion_async().await.map_err(|error| match error {
                rumqttc_v5::PublishNoticeError::V5PubAck(reason) => SessionError::NotTaken(format!("{reason:?}")),
                rumqttc_v5::PublishNoticeError::RetainNotSupported => SessionError::NotTaken(error.to_string()),
                error => SessionError::Ended(error.to_string()),
            }),
        }
    }
}

enum Client {
    V4(rumqttc_v4::AsyncClient),
    V5(rumqttc_v5::AsyncClient),
}

/// What the task of a session reports.
struct Reports {
    connected: oneshot::Sender<()>,
    received: mpsc::Sender<Received>,
    ended: Ended,
}

/// A connection at work; dropped, it closes without a word, and the broker speaks the will.
pub struct Session {
    client: Client,
    ended: Ended,
    task: JoinHandle<()>,
}

/// What comes over a session, and its end.
pub struct Inbox {
    received: mpsc::Receiver<Received>,
    ended: Ended,
}

/// Why a session came to its end, once it has.
#[derive(Clone, Default)]
struct Ended(Arc<Mutex<Option<SessionError>>>);

impl Ended {
    fn set(&self, why: SessionError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// The reason, told once; whoever comes later hears `else`.
    fn why(&self, otherwise: &str) -> SessionError {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        told.unwrap_or_else(|| SessionError::Ended(otherwise.to_owned()))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Writes, for one of the two crates, how a session begins and is kept going.
macro_rules! spoken_by {
    ($name:ident, $library:ident, $limit:expr, $will:expr, { $($code:ident => $refusal:ident),* $(,)? }) => {
        fn $name<S>(stream: S, login: Login, reports: Reports) -> ($library::AsyncClient, JoinHandle<()>)
        where
            S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
        {
            use $library::{AsyncClient, ConnectReturnCode, ConnectionError, Event, Incoming, MqttOptions, QoS};
            let qos = |qos: Qos| match qos {
                Qos::AtMostOnce => QoS::AtMostOnce,
                Qos::AtLeastOnce => QoS::AtLeastOnce,
            };
            let mut options = MqttOptions::new(login.client_id, ("broker", 0));
            options.set_keep_alive(login.keep_alive_s);
            // Nothing is kept for us at the broker: what is not acknowledged is sent again from our own store.
            options.set_session_mode($library::SessionMode::Clean);
            let limit: fn(&mut MqttOptions, u32) = $limit;
            limit(&mut options, login.expecting.bytes());
            match (login.user, login.password) {
                (Some(user), Some(password)) => {
                    options.set_credentials(user, password.expose().to_owned());
                }
                (Some(user), None) => {
                    options.set_username(user);
                }
                (None, _) => {}
            }
            if let Some(will) = login.will {
                let of: fn(Publication, QoS) -> $library::LastWill = $will;
                let qos = qos(will.qos);
                options.set_last_will(of(will, qos));
            }
            let stream = Arc::new(Mutex::new(Some(stream)));
            options.set_socket_connector(move |_, _| {
                let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                async move { stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)) }
            });
            let (client, mut event_loop) = AsyncClient::builder(options).capacity(QUEUE).build();
            let task = tokio::spawn(async move {
                let Reports { connected, received, ended } = reports;
                let mut connected = Some(connected);
                let why = loop {
                    match event_loop.poll().await {
                        Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                            if let Some(connected) = connected.take() {
                                // Whoever gave up waiting has dropped the session.
                                let _ = connected.send(());
                            }
                        }
                        Ok(Event::Incoming(Incoming::Publish(message))) => {
                            let topic = String::from_utf8_lossy(&message.topic).into_owned();
                            let message = Received { topic, payload: message.payload.to_vec() };
                            match login.expecting {
                                // A flood of commands must not hold up what goes out.
                                Expecting::Commands => drop(received.try_send(message)),
                                // Nobody asks any more when the session is being dropped.
                                Expecting::Data => drop(received.send(message).await),
                            }
                        }
                        Ok(_) => {}
                        Err(ConnectionError::ConnectionRefused(code)) => {
                            break SessionError::Refused(match code {
                                $(ConnectReturnCode::$code => Refusal::$refusal,)*
                                _ => Refusal::Other,
                            });
                        }
                        Err(ConnectionError::Io(error)) => break SessionError::Io(error),
                        Err(error) => break SessionError::Ended(error.to_string()),
                    }
                };
                ended.set(why);
                // Only now does the inbox hear of its end.
                drop(received);
            });
            (client, task)
        }
    };
}

spoken_by!(
    begin_v4,
    rumqttc_v4,
    |options, bytes| {
        options.set_max_packet_size(usize::try_from(bytes).unwrap_or(usize::MAX), usize::MAX);
    },
    |will, qos| rumqttc_v4::LastWill::new(will.topic, will.payload, qos, will.retain),
    {
        RefusedProtocolVersion => Version,
        BadClientId => ClientId,
        BadUserNamePassword => Credentials,
        NotAuthorized => NotAuthorized,
        ServiceUnavailable => Unavailable,
    }
);

spoken_by!(
    begin_v5,
    rumqttc_v5,
    |options, bytes| {
        options.set_incoming_packet_size_limit(rumqttc_v5::IncomingPacketSizeLimit::Bytes(bytes));
    },
    |will, qos| rumqttc_v5::LastWill::new(will.topic, will.payload, qos, will.retain, None),
    {
        RefusedProtocolVersion => Version,
        UnsupportedProtocolVersion => Version,
        BadClientId => ClientId,
        ClientIdentifierNotValid => ClientId,
        BadUserNamePassword => Credentials,
        BadAuthenticationMethod => Credentials,
        NotAuthorized => NotAuthorized,
        Banned => NotAuthorized,
        ServiceUnavailable => Unavailable,
        ServerUnavailable => Unavailable,
        ServerBusy => Unavailable,
        ConnectionRateExceeded => Unavailable,
        QuotaExceeded => Unavailable,
    }
);

impl Session {
    /// Introduces itself over `stream`, and waits at most `patience` to be let in.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn begin<S>(stream: S, login: Login, patience: Duration) -> Result<(Self, Inbox), SessionError>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
    {
        let (connected, admitted) = oneshot::channel();
        let (sender, received) = mpsc::channel(login.expecting.waiting());
        let ended = Ended::default();
        let reports = Reports { connected, received: sender, ended: ended.clone() };
        let (client, task) = match login.version {
            Version::V3_1_1 => {
                let (client, task) = begin_v4(stream, login, reports);
                (Client::V4(client), task)
            }
            Version::V5 => {
                let (client, task) = begin_v5(stream, login, reports);
                (Client::V5(client), task)
            }
        };
        let session = Self { client, ended: ended.clone(), task };
        let mut inbox = Inbox { received, ended };
        match timeout(patience, admitted).await {
            Ok(Ok(())) => Ok((session, inbox)),
            Ok(Err(_)) => Err(inbox.next().await.err().unwrap_or(SessionError::Timeout)),
            Err(_) => Err(SessionError::Timeout),
        }
    }

    /// Hands a message over; waits only while too many are on their way.
    ///
    /// # Errors
    /// [`SessionError`] when the session is over, or the topic is none.
    pub async fn publish(&self, message: Publication) -> Result<Receipt, SessionError> {
        let Publication { topic, payload, qos, retain } = message;
        let payload = bytes::Bytes::from(payload);
        match &self.client {
            Client::V4(client) => {
                let qos = match qos {
                    Qos::AtMostOnce => rumqttc_v4::QoS::AtMostOnce,
                    Qos::AtLeastOnce => rumqttc_v4::QoS::AtLeastOnce,
                };
                let options = rumqttc_v4::PublishOptions::new(qos).retain(retain);
                let notice = client.publish_tracked(topic, payload, options).await;
                notice.map(|notice| Receipt(Notice::V4(notice))).map_err(|error| self.ended.why(&error.to_string()))
            }
            Client::V5(client) => {
                let qos = match qos {
                    Qos::AtMostOnce => rumqttc_v5::QoS::AtMostOnce,
                    Qos::AtLeastOnce => rumqttc_v5::QoS::AtLeastOnce,
                };
                let options = rumqttc_v5::PublishOptions::new(qos).retain(retain);
                let notice = client.publish_tracked(topic, payload, options).await;
                notice.map(|notice| Receipt(Notice::V5(notice))).map_err(|error| self.ended.why(&error.to_string()))
            }
        }
    }

    /// Asks for the messages of a topic, and waits until the broker has agreed.
    ///
    /// # Errors
    /// [`SessionError::NotTaken`] when it does not.
    pub async fn subscribe(&self, topic: &str) -> Result<(), SessionError> {
        let refused = |error: &dyn std::error::Error| SessionError::NotTaken(error.to_string());
        match &self.client {
            Client::V4(client) => {
                let notice = client.subscribe_tracked(topic, rumqttc_v4::QoS::AtLeastOnce).await;
                let notice = notice.map_err(|error| self.ended.why(&error.to_string()))?;
                notice.wait_completion_async().await.map_err(|error| refused(&error))
            }
            Client::V5(client) => {
                let notice = client.subscribe_tracked(topic, rumqttc_v5::QoS::AtLeastOnce).await;
                let notice = notice.map_err(|error| self.ended.why(&error.to_string()))?;
                notice.wait_completion_async().await.map_err(|error| refused(&error))
            }
        }
    }

    /// Says goodbye after what was handed over before, and waits at most `patience` for that: then the broker keeps the will to itself.
    pub async fn end(mut self, patience: Duration) {
        let said = match &self.client {
            Client::V4(client) => client.disconnect().await.is_ok(),
            Client::V5(client) => client.disconnect().await.is_ok(),
        };
        if said {
            // A broker that does not let go is left.
            let _ = timeout(patience, &mut self.task).await;
        }
    }
}

impl Inbox {
    /// The next message that comes.
    ///
    /// # Errors
    /// Why the session is over.
    pub async fn next(&mut self) -> Result<Received, SessionError> {
        match self.received.recv().await {
            Some(received) => Ok(received),
            None => Err(self.ended.why("by the broker")),
        }
    }
}
