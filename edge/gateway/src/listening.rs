//! The HTTPS listener: opened when the policy lets anybody in, and begun anew when a change could cut somebody off.
//!
//! A connection that was made before such a change would go on under the old rules, and a confirmation sent on it would prove
//! nothing. So the server is begun anew on the same listening socket: whoever comes meanwhile waits a moment in its queue.

use crate::app::Shared;
use crate::policy::listeners::{Open, Protocol};
use crate::policy::{Policy, risk};
use crate::rounds::Rounds;
use haubert_service::https::Running;
use haubert_service::shutdown::Shutdown;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Binds the listener, or takes the one of the round before; `None`, and none kept, when the policy lets nobody in.
///
/// # Errors
/// What the system said, with the address.
pub fn bind(rounds: &mut Rounds, address: SocketAddr, policy: &Policy) -> std::io::Result<Option<TcpListener>> {
    if risk::closes_every_way_in(policy) {
        rounds.close();
        return Ok(None);
    }
    rounds.listener(address).map(Some)
}

/// Serves until the gateway stops. `start` begins a server on a handle of the listening socket, under a policy.
///
/// # Errors
/// When the listener cannot be used, or what `start` says.
pub async fn serve<F>(app: &Shared, listener: Option<TcpListener>, start: F) -> Result<(), Box<dyn Error>>
where
    F: Fn(TcpListener, &Policy, &Shutdown) -> Result<Running, Box<dyn Error>>,
{
    let Some(listener) = listener else {
        tracing::warn!("the policy lets nobody in: HTTPS is closed");
        app.shutdown.wait().await;
        return Ok(());
    };
    let address = listener.local_addr()?;
    let _opened = app.listeners.opened(Open { services: &risk::WAYS_IN, protocol: Protocol::Tcp, address, opened_by: "https" });
    let mut policies = app.policy.subscribe();
    loop {
        let policy = Arc::clone(&policies.borrow_and_update());
        let stop = Shutdown::new();
        let running = start(listener.try_clone()?, &policy, &stop)?;
        let mut stopped = Box::pin(running.stopped());
        let anew = tokio::select! {
            // By itself it ends only when it fails.
            ended = &mut stopped => return Ok(ended?),
            () = app.shutdown.wait() => false,
            // Fewer may come, or a newer TLS is asked for, or the old ways are open again.
            changed = policies.wait_for(|now| now.tls != policy.tls || !risk::of(&policy, now).is_empty()) => changed.is_ok(),
        };
        stop.trigger();
        if !anew {
            return Ok(stopped.await?);
        }
        // What is left of the old server ends its answers beside the new one, within its own bound.
        tokio::spawn(stopped);
    }
}
