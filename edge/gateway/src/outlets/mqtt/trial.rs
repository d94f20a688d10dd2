//! A try of the settings, step by step: a client of its own goes the whole way, and tells how far it came.

use super::broker::{Account, LinkError, target};
use super::desk::{Desk, Parts};
use crate::dial::Target;
use haubert_model::Clock as _;
use haubert_mqtt::{Publication, Session, SessionError, Topics};
use haubert_service::wire::Time;
use haubert_trust::CertificateInfo;
use std::time::Duration;
use tokio::time::timeout;

/// Patience with the acknowledgement.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is tried, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepName {
    /// To find the addresses of the name.
    Resolve,
    /// To reach one of them.
    Reach,
    /// To agree on TLS, and to verify the broker.
    Tls,
    /// To be let in.
    Connect,
    /// To have a message acknowledged.
    Publish,
}

/// What came of a step.
#[derive(Debug)]
pub struct Step {
    /// What was tried.
    pub name: StepName,
    /// What came back, or code and words of why nothing did.
    pub outcome: Result<String, (&'static str, String)>,
}

/// The steps so far.
#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    /// Notes what came of a step; there is a next one only when it went well.
    fn note<T>(
        &mut self,
        name: StepName,
        outcome: Result<T, impl Into<LinkError>>,
        words: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let outcome = outcome.map_err(Into::into);
        let told = outcome.as_ref().map(words).map_err(|error| (error.code(), error.to_string()));
        self.0.push(Step { name, outcome: told });
        outcome.ok()
    }
}

/// Goes to the broker as the settings say, and publishes one message on `<prefix>/test`. Ends with the first step that fails.
pub async fn converse(desk: &Desk, account: &Account) -> Vec<Step> {
    let mut steps = Steps::default();
    // What fails is noted among the steps.
    let _ = try_all(desk.parts(), account, &mut steps).await;
    steps.0
}

async fn try_all(parts: &Parts, account: &Account, steps: &mut Steps) -> Option<()> {
    let target = match target(&parts.certificates, &parts.policy.current(), &account.settings) {
        Ok(target) => target,
        Err(error) => return steps.note(StepName::Tls, Err(error), |()| String::new()),
    };
    let addresses = steps.note(StepName::Resolve, target.resolve().await, |found| {
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    })?;
    let stream = steps.note(StepName::Reach, Target::reach(&addresses).await, |stream| {
        stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default()
    })?;
    let stream = steps.note(StepName::Tls, target.secure(stream).await, |stream| shown(stream.get_ref().1))?;
    // With the client's own name the broker would put the conversation under way out of the door.
    let client_id = format!("{}-test", account.settings.client_id);
    let entered = account.login(stream, client_id.clone(), None).await;
    let (session, _inbox) = steps.note(StepName::Connect, entered, |_| client_id)?;
    let topic = Topics(&account.settings.prefix).test();
    let text = format!("test {}", Time(parts.clock.now()));
    let outcome = published(&session, Publication::sure(topic.clone(), text.into_bytes())).await;
    session.end(PATIENCE).await;
    steps.note(StepName::Publish, outcome, |()| topic)
}

async fn published(session: &Session, message: Publication) -> Result<(), SessionError> {
    let receipt = session.publish(message).await?;
    timeout(PATIENCE, receipt.taken()).await.map_err(|_| SessionError::Timeout)?
}

/// The version agreed on, and whose certificate the broker showed.
fn shown(connection: &rustls::ClientConnection) -> String {
    let version = connection.protocol_version().and_then(|version| version.as_str()).unwrap_or_default();
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    let subject = leaf.and_then(|leaf| CertificateInfo::from_der(leaf).ok()).map(|info| info.subject).unwrap_or_default();
    format!("{version} · {subject}")
}
