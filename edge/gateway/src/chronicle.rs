//! Writes events down without making anybody wait.
//!
//! Buses and the historian must not stand still while an event reaches the disk, and a network that fails takes hundreds of
//! devices down at once: events wait here, and all that wait are written in one transaction. While the disk refuses, they go
//! on waiting, so that the alarm about a full disk is itself recorded once there is room.

use crate::store::Db;
use crate::store::events::{self, NewEvent};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Events that may wait; beyond it they are only logged.
const WAITING: usize = 4_096;
/// Time between two attempts at a disk that refuses.
const AGAIN: Duration = Duration::from_secs(5);

enum Order {
    Record(NewEvent),
    Flush(oneshot::Sender<()>),
}

/// Where to tell events; clones share it.
#[derive(Clone)]
pub struct Chronicle(mpsc::Sender<Order>);

impl Chronicle {
    /// Starts the task that writes into `db`. It ends when nobody can tell it anything any more.
    pub fn start(db: Db) -> Self {
        let (orders, queue) = mpsc::channel(WAITING);
        tokio::spawn(write(db, queue));
        Self(orders)
    }

    /// Takes an event. Never waits; from any thread.
    pub fn tell(&self, event: NewEvent) {
        tracing::info!(code = event.code, params = ?event.params, "event");
        if self.0.try_send(Order::Record(event)).is_err() {
            tracing::error!("too many events wait: one is lost");
        }
    }

    /// Waits until what was told before has been written, or the first attempt at it has failed.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.0.send(Order::Flush(done)).await.is_ok() {
            // The task may have ended: then nothing waits either.
            let _ended = written.await;
        }
    }
}

async fn write(db: Db, mut queue: mpsc::Receiver<Order>) {
    let mut orders = Vec::new();
    let mut waiting: Vec<NewEvent> = Vec::new();
    loop {
        if waiting.is_empty() {
            if queue.recv_many(&mut orders, WAITING).await == 0 {
                return;
            }
        } else {
            // Nothing new is taken up meanwhile, so what waits stays bounded; new events wait in the queue.
            tokio::time::sleep(AGAIN).await;
        }
        let mut askers = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Record(event) => waiting.push(event),
                Order::Flush(done) => askers.push(done),
            }
        }
        if !waiting.is_empty() {
            let batch = waiting.clone();
            let outcome = db.note(move |tx| batch.iter().try_for_each(|event| events::add(tx, event).map(|_| ()))).await;
            match outcome {
                Ok(()) => waiting.clear(),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "events not recorded"),
            }
        }
        for asker in askers {
            // Whoever asked may have gone.
            let _gone = asker.send(());
        }
    }
}
