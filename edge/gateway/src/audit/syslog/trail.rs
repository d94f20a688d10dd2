//! The audit trail as a lane: the trail itself is the spool.

use super::lane::{Batch, Lane};
use super::message::{counted, message};
use super::sender::{SendError, SenderState};
use crate::audit::reading::{Filter, oldest_first};
use crate::audit::{Audit, State};
use crate::store::events::{NewEvent, Severity};
use haubert_model::Timestamp;
use haubert_trust::audit::{Actor, Category, Entry, Outcome};
use tokio::sync::watch;

/// Records read at once.
const BATCH: usize = 200;

/// Records, in order.
pub struct Trail {
    audit: Audit,
    name: super::Name,
    states: watch::Receiver<State>,
}

impl Trail {
    /// Of this trail, sent under this name.
    pub fn new(audit: Audit, name: super::Name) -> Self {
        let states = audit.subscribe();
        Self { audit, name, states }
    }
}

impl Lane for Trail {
    const SENT: &'static str = "audit_sent";

    fn board(&self) -> &SenderState {
        self.audit.sender()
    }

    async fn beginning(&self) -> Result<u64, SendError> {
        Ok(0)
    }

    async fn newest(&mut self) -> Result<u64, SendError> {
        Ok(self.states.borrow_and_update().head.map_or(0, |head| head.seq))
    }

    async fn more(&mut self) -> bool {
        self.states.changed().await.is_ok()
    }

    async fn batch(&self, after: u64) -> Result<Option<Batch>, SendError> {
        let reading = self.audit.reading();
        let read = tokio::task::spawn_blocking(move || {
            let mut found = Vec::new();
            oldest_first(&reading, after, &Filter::default(), |(line, bytes)| {
                found.push((line.record, bytes));
                found.len() < BATCH
            })?;
            Ok(found)
        });
        let found = read.await.map_err(|_| SendError::Timeout)?.map_err(SendError::Reading)?;
        let Some((first, last)) = found.first().zip(found.last()).map(|(first, last)| (first.0.seq, last.0.seq)) else {
            return Ok(None);
        };
        let (log, name) = (self.audit.log(), (self.name)());
        let bytes = found.iter().flat_map(|(record, line)| counted(&message(record, line, log, &name))).collect();
        Ok(Some(Batch { first, last, bytes }))
    }

    async fn lost(&self, from: u64, to: u64) {
        let entry = Entry::new(Actor::system(), Category::AuditLog, "not_sent", Outcome::Failure);
        self.audit.record(entry.detail("from", from).detail("to", to)).await;
    }

    fn stuck(&self, error: &SendError, now: Timestamp) {
        self.audit.tell(NewEvent::new(now, Severity::Warning, "audit_not_sent", [("detail", error.to_string())]));
    }
}
