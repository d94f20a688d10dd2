//! A try of the settings, step by step: a client of its own goes the whole way, and tells how far it came.

use super::broker::Account;
use super::desk::{Desk, Parts};
use crate::outlets::broker::LinkError;
use crate::outlets::trial::{Step, Steps};
use haubert_model::Clock as _;
use haubert_mqtt::{Publication, Session, SessionError, Topics};
use haubert_service::wire::Time;
use std::time::Duration;
use tokio::time::timeout;

/// Patience with the acknowledgement.
const PATIENCE: Duration = Duration::from_secs(15);

/// Goes to the broker as the settings say, and publishes one message on `<prefix>/test`. Ends with the first step that fails. Steps
/// are `resolve`, `reach`, `tls`, `connect` and `publish`.
pub async fn converse(desk: &Desk, account: &Account) -> Vec<Step> {
    let mut steps = Steps::<LinkError>::default();
    // What fails is noted among the steps.
    let _ = try_all(desk.parts(), account, &mut steps).await;
    steps.taken()
}

async fn try_all(parts: &Parts, account: &Account, steps: &mut Steps<LinkError>) -> Option<()> {
    // With the client's own name the broker would put the conversation under way out of the door.
    let client_id = format!("{}-test", account.settings.client_id);
    let (session, _inbox) = account.broker().enter(&parts.switch, client_id, steps).await?;
    let topic = Topics(&account.settings.prefix).test();
    let text = format!("test {}", Time(parts.clock.now()));
    let outcome = published(&session, Publication::sure(topic.clone(), text.into_bytes())).await;
    session.end(PATIENCE).await;
    steps.note("publish", outcome, |()| topic)
}

async fn published(session: &Session, message: Publication) -> Result<(), SessionError> {
    let receipt = session.publish(message).await?;
    timeout(PATIENCE, receipt.taken()).await.map_err(|_| SessionError::Timeout)?
}
