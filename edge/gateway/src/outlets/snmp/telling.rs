//! Tells receivers: one queue for each, so that one that does not answer keeps nothing from the others.

use super::standing::{Failure, Told};
use crate::clock_watch::ClockWatch;
use haubert_link::Backoff;
use haubert_model::Clock as _;
use haubert_snmp::{Engine, Facts as _, Notification, Receiver, notify};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::plant::Plant;

/// Notifications that wait for a receiver; further ones are lost, and counted.
const WAITING: usize = 256;
/// Times that an inform is tried, each of them three times by the protocol, before it is given up.
const TRIES: u32 = 6;

struct Line {
    queue: mpsc::Sender<Notification>,
    told: Arc<Mutex<Told>>,
    task: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The receivers' queues; they end when dropped.
pub(super) struct Telling(Vec<Line>);

fn locked(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Telling {
    /// With a queue for each.
    pub(super) fn start(receivers: Vec<Receiver>, engine: &Engine, plant: &Arc<Plant>, clock: &Arc<ClockWatch>) -> Self {
        let line = |receiver: Receiver| {
            let (queue, waiting) = mpsc::channel(WAITING);
            let told = Arc::new(Mutex::new(Told::default()));
            let voice = Voice {
                receiver,
                engine: engine.clone(),
                plant: Arc::clone(plant),
                clock: Arc::clone(clock),
                told: Arc::clone(&told),
            };
            Line { queue, told, task: tokio::spawn(voice.work(waiting)) }
        };
        Self(receivers.into_iter().map(line).collect())
    }

    /// Tells all of them. Never waits.
    pub(super) fn tell(&self, what: &Notification) {
        for line in &self.0 {
            let taken = line.queue.try_send(what.clone()).is_ok();
            let mut told = locked(&line.told);
            if taken { told.waiting += 1 } else { told.lost += 1 }
        }
    }

    /// What each was told.
    pub(super) fn told(&self) -> Vec<Told> {
        self.0.iter().map(|line| locked(&line.told).clone()).collect()
    }
}

struct Voice {
    receiver: Receiver,
    engine: Engine,
    plant: Arc<Plant>,
    clock: Arc<ClockWatch>,
    told: Arc<Mutex<Told>>,
}

impl Voice {
    async fn work(self, mut waiting: mpsc::Receiver<Notification>) {
        while let Some(what) = waiting.recv().await {
            let went = self.say(&what).await;
            let mut told = locked(&self.told);
            told.waiting = told.waiting.saturating_sub(1);
            if went { told.sent += 1 } else { told.lost += 1 }
        }
    }

    async fn say(&self, what: &Notification) -> bool {
        for tried in 1..=TRIES {
            let outcome = notify(&self.receiver, &self.engine, self.plant.uptime(), what).await;
            let at = self.clock.now();
            match outcome {
                Ok(()) => {
                    let mut told = locked(&self.told);
                    (told.last_at, told.failure) = (Some(at), None);
                    return true;
                }
                Err(error) => {
                    tracing::warn!(%error, host = %self.receiver.host, "SNMP: a receiver was not told");
                    locked(&self.told).failure = Some(Failure { code: error.code(), detail: error.to_string(), at });
                }
            }
            if tried < TRIES {
                let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
                sleep(Duration::from_millis(Backoff::LINK.wait_ms(tried, random))).await;
            }
        }
        false
    }
}
