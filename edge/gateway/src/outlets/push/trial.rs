//! A try of the settings, step by step.

use super::desk::Desk;
use super::document::{Content, Message};
use super::server::{Account, PushError};
use crate::dial::Target;
use crate::outlets::trial::{Step, Steps, shown};

/// Talks with the server as the settings say, and hands over a message of the type `gateway.test`; what is in force stays as it is.
/// Ends with the first step that fails. Steps are `resolve`, `reach`, `tls` and `tell`.
pub async fn converse(desk: &Desk, account: &Account) -> Vec<Step> {
    let mut steps = Steps::<PushError>::default();
    // What fails is noted among the steps.
    let _ = try_all(desk, account, &mut steps).await;
    steps.taken()
}

async fn try_all(desk: &Desk, account: &Account, steps: &mut Steps<PushError>) -> Option<()> {
    let server = match desk.server(account) {
        Ok(server) => server,
        Err(error) => return steps.note("tls", Err(error), |()| String::new()),
    };
    let target = server.target();
    let words = |found: &Vec<std::net::SocketAddr>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let addresses = steps.note("resolve", target.resolve().await, words)?;
    let peer = |stream: &tokio::net::TcpStream| stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
    let stream = steps.note("reach", Target::reach(&addresses).await, peer)?;
    // Only to be shown: the request has a connection of its own.
    steps.note("tls", target.secure(stream).await, |stream| shown(stream.get_ref().1))?;
    let now = desk.now();
    let message = Message::new(desk.identity(), now, Content::Test {});
    steps.note("tell", server.tell(&message).await, |(_, said)| said.clone())?;
    Some(())
}
