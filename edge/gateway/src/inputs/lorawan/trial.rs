//! A try of the settings, step by step: a client of its own goes as far as being subscribed, and tells how far it came.

use super::desk::Desk;
use super::settings::Account;
use crate::outlets::broker::LinkError;
use crate::outlets::trial::{Step, Steps};
use std::time::Duration;

/// Patience with the goodbye.
const PATIENCE: Duration = Duration::from_secs(15);

/// Goes to the broker as the settings say, and asks for the events. Ends with the first step that fails. Steps are `resolve`, `reach`,
/// `tls`, `connect` and `subscribe`.
pub async fn converse(desk: &Desk, account: &Account) -> Vec<Step> {
    let mut steps = Steps::<LinkError>::default();
    // What fails is noted among the steps.
    let _ = try_all(desk, account, &mut steps).await;
    steps.taken()
}

async fn try_all(desk: &Desk, account: &Account, steps: &mut Steps<LinkError>) -> Option<()> {
    // With the client's own name the broker would put the conversation under way out of the door.
    let client_id = format!("{}-test", account.settings.client_id);
    let (session, _inbox) = account.broker().enter(&desk.parts().switch, client_id, steps).await?;
    let filter = account.settings.filter();
    let outcome = session.subscribe(&filter).await;
    session.end(PATIENCE).await;
    steps.note("subscribe", outcome, |()| filter)
}
