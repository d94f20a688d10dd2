//! The fleet as it changes: one task reads it while somebody watches, everybody who watches gets what changed.
//!
//! Reading the store at intervals, rather than passing messages between handlers, also sees silence (a gateway that goes
//! offline changes nothing) and what other nodes on the same database wrote.

use crate::api::gateways::GatewayView;
use crate::hub::Hub;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the fleet is read while somebody watches.
const EVERY: Duration = Duration::from_secs(1);
/// Gateways watched at most.
const MOST: u64 = 10_000;

/// The last reading.
pub(crate) type Reading = Arc<Vec<GatewayView>>;

/// Where readings are published.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    readings: watch::Sender<Reading>,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self { readings: watch::Sender::new(Reading::default()) }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Reading> {
        self.readings.subscribe()
    }

    /// Reads the fleet until shutdown.
    pub(crate) async fn run(hub: Hub) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = hub.shutdown.wait() => return,
                _ = ticks.tick() => {}
            }
            if hub.fleet.readings.receiver_count() == 0 {
                continue;
            }
            match hub.store.gateways(None, None, "", MOST).await {
                Ok(rows) => {
                    let now = hub.now();
                    let reading: Vec<GatewayView> = rows.into_iter().map(|row| GatewayView::of(row, now)).collect();
                    hub.fleet.readings.send_if_modified(|last| {
                        let changed = **last != reading;
                        if changed {
                            *last = Arc::new(reading);
                        }
                        changed
                    });
                }
                Err(error) => tracing::error!(%error, "cannot read the fleet"),
            }
        }
    }
}

/// What of `now` is not in `before`.
pub(crate) fn changed(before: &[GatewayView], now: &[GatewayView]) -> Vec<GatewayView> {
    let known: std::collections::HashMap<_, _> = before.iter().map(|one| (one.id, one)).collect();
    now.iter().filter(|one| known.get(&one.id) != Some(one)).cloned().collect()
}
