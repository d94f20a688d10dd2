//! A try of the settings, step by step: a small file, written and taken away.

use super::desk::Desk;
use super::server::{Account, FilesError, Server};
use super::settings::FileProtocol;
use crate::dial::Target;
use crate::outlets::trial::{Step, Steps};
use haubert_transfer::{Content, TransferError};

/// Talks with the server as the settings say; what is in force stays as it is. Ends with the first step that fails. Steps are
/// `resolve`, `reach`, `greet`, `login`, `folder`, `write` and `remove`, as far as the protocol has them.
pub async fn converse(desk: &Desk, account: &Account) -> Vec<Step> {
    let mut steps = Steps::<FilesError>::default();
    // What fails is noted among the steps.
    let _ = try_all(desk, account, &mut steps).await;
    steps.taken()
}

async fn try_all(desk: &Desk, account: &Account, steps: &mut Steps<FilesError>) -> Option<()> {
    let server: Server = match desk.server(account) {
        Ok(server) => server,
        Err(error) => return steps.note("greet", Err(error), |()| String::new()),
    };
    let addresses = steps.note("resolve", server.target().resolve().await, |found| {
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    })?;
    let stream = if server.begins_on_tcp() {
        let peer = |stream: &tokio::net::TcpStream| stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
        Some(steps.note("reach", Target::reach(&addresses).await, peer)?)
    } else {
        None
    };
    let is_web = matches!(server.protocol(), FileProtocol::HttpsPut | FileProtocol::HttpsPost);
    let greeted = server.greet(&addresses, stream).await;
    let mut session = if is_web {
        // Nothing is said until there is a file.
        greeted.ok()?
    } else {
        let mut session = steps.note("greet", greeted, |_| account.settings.host_key.clone())?;
        steps.note("login", server.login(&mut session).await, |()| account.settings.user.clone())?;
        steps.note("folder", server.folder(&mut session).await, |()| account.settings.folder.clone())?;
        session
    };
    let name = format!("haubert-test-{}.txt", desk.now().as_millis());
    let written = session.put(&name, "text/plain", Content::whole("A test by the gateway; it may be removed.\n")).await;
    steps.note("write", written, |bytes| format!("{name} · {bytes} B"))?;
    if server.protocol() != FileProtocol::HttpsPost {
        let removed: Result<(), TransferError> = session.remove(&name).await;
        steps.note("remove", removed, |()| name.clone())?;
    }
    session.quit().await;
    Some(())
}
