//! What devices refused, kept over the end of the gateway: after a restart nothing is asked that is known to be refused.

use crate::store::{Db, StoreError, refusals};
use haubert_fieldbus::Memory;
use std::time::Duration;

/// What is learnt within this time is kept at once: a device that refuses much is found out in one round.
const TOGETHER: Duration = Duration::from_secs(1);

/// Keeps the memory of the buses in the store.
pub struct Keeper {
    memory: Memory,
    db: Db,
}

impl Keeper {
    /// With what was kept before.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub async fn load(db: Db) -> Result<Self, StoreError> {
        let memory = Memory::new(db.call(refusals::load_all).await?);
        Ok(Self { memory, db })
    }

    /// The memory to give to the buses.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// Keeps every change, until the future is dropped.
    pub(super) async fn work(&self) {
        loop {
            self.memory.changed().await;
            tokio::time::sleep(TOGETHER).await;
            self.flush().await;
        }
    }

    /// Keeps what has changed.
    pub(super) async fn flush(&self) {
        let changes = self.memory.take_changes();
        if changes.is_empty() {
            return;
        }
        let keep =
            self.db.call(move |tx| changes.iter().try_for_each(|(device, change)| refusals::put(tx, *device, change.as_ref())));
        if let Err(error) = keep.await {
            // It is asked again after a restart, no more.
            tracing::error!(error = &error as &dyn std::error::Error, "what devices refused is not kept");
        }
    }
}
