//! Notifications: what is said without being asked, by SNMPv3 with authentication and encryption only.

use crate::agent::wire;
use crate::credentials::Credentials;
use crate::engine::Engine;
use crate::mib::{Leaf, NOTIFICATIONS, OBJECTS, ROOT, STANDARD_NOTIFICATIONS};
use crate::site::Alarm;
use crate::tree::Tree;
use crate::value::Datum;
use async_snmp::{Client, Error, Oid, Retry, VarBind};
use std::time::Duration;

/// Patience with an acknowledgement, and with a name's address.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    oid: Vec<u32>,
    objects: Vec<(Vec<u32>, Datum)>,
}

impl Notification {
    /// The agent has begun (RFC 3418).
    pub fn cold_start() -> Self {
        Self::standard(1)
    }

    /// Somebody asked whom the agent does not know (RFC 3418).
    pub fn authentication_failure() -> Self {
        Self::standard(5)
    }

    fn standard(number: u32) -> Self {
        Self { oid: [&STANDARD_NOTIFICATIONS[..], &[number]].concat(), objects: Vec::new() }
    }

    fn own(name: &str, objects: Vec<(Vec<u32>, Datum)>) -> Self {
        let number = NOTIFICATIONS.iter().find(|kind| kind.name == name).map_or(0, |kind| kind.number);
        Self { oid: [&ROOT[..], &[0, number]].concat(), objects }
    }

    /// An alarm was raised, or is over.
    pub fn alarm(tree: &Tree, alarm: &Alarm, is_over: bool) -> Self {
        let name = if is_over { "haubertAlarmOver" } else { "haubertAlarmRaised" };
        let leaves = NOTIFICATIONS.iter().find(|kind| kind.name == name).map_or(&[][..], |kind| kind.objects);
        Self::own(name, leaves.iter().filter_map(|leaf| tree.of_alarm(alarm, *leaf)).collect())
    }

    /// A try.
    pub fn test(site: &str) -> Self {
        let name = OBJECTS.iter().find(|object| object.leaf == Leaf::SiteName).map(|object| [object.oid(), vec![0]].concat());
        Self::own("haubertTest", name.into_iter().map(|name| (name, Datum::text(site))).collect())
    }
}

/// Whom to tell.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// DNS name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is to acknowledge each.
    pub inform: bool,
    /// As whom.
    pub credentials: Credentials,
}

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The name has no address, or there is no way there.
    #[error("{0}")]
    Unreachable(String),
    /// No acknowledgement came.
    #[error("no acknowledgement came in time")]
    NoAnswer,
    /// The receiver does not know the user, or another password.
    #[error("the receiver refuses: {0}")]
    Refused(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

impl NotifyError {
    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::NoAnswer => "no_answer",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }
}

impl From<Box<Error>> for NotifyError {
    fn from(error: Box<Error>) -> Self {
        match without_wrapping(&error) {
            Error::Timeout { .. } => Self::NoAnswer,
            Error::Report { status, .. } => Self::Refused(status.to_string()),
            Error::Auth { .. } => Self::Refused("its answer is not authentic".to_owned()),
            Error::Network { .. } | Error::ConstructionTimeout { .. } => Self::Unreachable(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

pub(crate) fn without_wrapping(error: &Error) -> &Error {
    match error {
        Error::Exchange { source, .. } => without_wrapping(source),
        Error::SharedOperation { source } => without_wrapping(source),
        other => other,
    }
}

/// Tells it once; an inform is asked for three times. For a trap, success says that it was sent, and no more.
///
/// # Errors
/// [`NotifyError`].
pub async fn notify(receiver: &Receiver, engine: &Engine, uptime: u32, what: &Notification) -> Result<(), NotifyError> {
    let failed = |error: &dyn std::fmt::Display| NotifyError::Failed(error.to_string());
    let config = receiver.credentials.config().map_err(|error| failed(&error))?;
    let retry = Retry::fixed(2, Duration::from_millis(500)).map_err(|error| failed(&error))?;
    let client = Client::builder((receiver.host.clone(), receiver.port), config)
        .local_authoritative_engine(engine.0.clone())
        .request_timeout(PATIENCE / 3)
        .construction_timeout(PATIENCE)
        .send_timeout(PATIENCE)
        .retry(retry)
        .connect()
        .await?;
    let bind = |(name, value): &(Vec<u32>, Datum)| VarBind::new(Oid::from_slice(name), wire(value.clone()));
    let objects = what.objects.iter().map(bind).collect();
    let oid = Oid::from_slice(&what.oid);
    if receiver.inform {
        client.send_inform(&oid, uptime, objects).await?;
    } else {
        client.send_trap(&oid, uptime, objects).await?;
    }
    Ok(())
}
