//! A try: a manager of our own asks the agent by the network as any other, and each receiver is told of the try.

use super::desk::Desk;
use haubert_snmp::{Notification, Probed, Receiver, notify, probe};
use std::net::SocketAddr;

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepName {
    /// Something of the agent.
    Agent(Probed),
    /// To tell a receiver, which is to acknowledge or not.
    Tell {
        /// Who.
        receiver: String,
        /// Whether it is to acknowledge.
        inform: bool,
    },
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub name: StepName,
    /// What came back, or code and words of why nothing did.
    pub outcome: Result<String, (&'static str, String)>,
}

/// Asks the agent at `address` as its first user, and tells each receiver.
pub async fn converse(desk: &Desk, address: SocketAddr) -> Vec<Step> {
    let Some(voice) = desk.voice() else { return Vec::new() };
    let mut steps = Vec::new();
    if let Some(user) = voice.users.first() {
        let probed = probe(address, user).await;
        steps.extend(probed.into_iter().map(|step| Step { name: StepName::Agent(step.tried), outcome: step.outcome }));
    }
    let what = Notification::test(&desk.site_name());
    for receiver in &voice.receivers {
        let Receiver { host, port, inform, credentials } = receiver;
        let outcome = notify(receiver, &voice.engine, desk.uptime(), &what).await;
        steps.push(Step {
            name: StepName::Tell { receiver: format!("{host}:{port}"), inform: *inform },
            outcome: outcome.map(|()| credentials.user().to_owned()).map_err(|error| (error.code(), error.to_string())),
        });
    }
    steps
}
