//! What systemd is told: that the gateway serves, and every few seconds that it still turns.
//!
//! The sign of life comes from the same runtime that serves requests and from the store's thread, so a gateway that hangs in either
//! is started again (`WatchdogSec=`). Without systemd nothing happens.

use crate::store::Db;
use sd_notify::NotifyState;
use std::time::Duration;

/// Says that the gateway serves, and starts the signs of life that the unit asks for.
pub(crate) fn begin(db: Db) {
    tell(&[NotifyState::Ready]);
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tokio::spawn(keep_telling(db, limit / 3));
    }
}

/// Says that the gateway is about to end.
pub(crate) fn end() {
    tell(&[NotifyState::Stopping]);
}

async fn keep_telling(db: Db, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        if db.note(|_| Ok(())).await.is_ok() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = &error as &dyn std::error::Error, "systemd cannot be told");
    }
}
