//! Ordinary events as a lane: alarms, lines and devices that come and go. Every other event is a record of the trail already.

use super::lane::{Batch, Lane};
use super::message::{counted, event};
use super::sender::{SendError, SenderState};
use crate::audit::capture::is_ordinary;
use crate::store::Db;
use crate::store::events;
use haubert_model::Timestamp;
use haubert_trust::audit::LogId;
use std::time::Duration;

/// Events read at once.
const BATCH: u32 = 200;
/// Between two looks at whether there are new ones.
const LOOK: Duration = Duration::from_secs(2);

/// Events, in order.
pub struct Events {
    db: Db,
    log: LogId,
    name: super::Name,
    board: SenderState,
}

impl Events {
    /// Of this store, sent under this name; `log` tells gateways apart, as with records.
    pub fn new(db: Db, log: LogId, name: super::Name, board: SenderState) -> Self {
        Self { db, log, name, board }
    }

    async fn highest(&self) -> Result<u64, SendError> {
        Ok(self.db.note(events::highest).await?)
    }
}

impl Lane for Events {
    const SENT: &'static str = "events_sent";

    fn board(&self) -> &SenderState {
        &self.board
    }

    /// What happened before somebody wanted events is no news.
    async fn beginning(&self) -> Result<u64, SendError> {
        self.highest().await
    }

    async fn newest(&mut self) -> Result<u64, SendError> {
        self.highest().await
    }

    async fn more(&mut self) -> bool {
        tokio::time::sleep(LOOK).await;
        true
    }

    async fn batch(&self, after: u64) -> Result<Option<Batch>, SendError> {
        let from = i64::try_from(after).unwrap_or(i64::MAX);
        let found = self.db.note(move |tx| events::after(tx, from, BATCH)).await?;
        let number = |event: &events::Event| event.id.unsigned_abs();
        let Some((first, last)) = found.first().map(number).zip(found.last().map(number)) else { return Ok(None) };
        let name = (self.name)();
        let told = found.iter().filter(|event| is_ordinary(&event.code));
        let bytes = told.flat_map(|one| counted(&event(one, self.log, &name))).collect();
        Ok(Some(Batch { first, last, bytes }))
    }

    async fn lost(&self, from: u64, to: u64) {
        tracing::warn!(from, to, "events went before the syslog receiver had them");
    }

    /// The trail goes to the same receiver, and says so.
    fn stuck(&self, _error: &SendError, _now: Timestamp) {}
}
