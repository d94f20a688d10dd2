//! What the trail needs from time to time: old records given up, the reserve filled, counts written, a disk tried again.

use super::settings::{AuditSettings, MIN_DAYS};
use super::{Audit, State};
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use haubert_model::Timestamp;
use haubert_trust::audit::{Actor, Category, Entry, Outcome, ROTATED};
use std::time::Duration;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// Looks between two counts.
const MINUTE: u32 = 12;
const DAY_MS: i64 = 86_400_000;

impl Audit {
    /// Looks after the trail until the future is dropped.
    pub async fn tend(self, db: Db) {
        let mut ticks = tokio::time::interval(EVERY);
        let mut round = 0u32;
        loop {
            ticks.tick().await;
            round = round.wrapping_add(1);
            let audit = self.clone();
            let minute = round.is_multiple_of(MINUTE);
            if tokio::task::spawn_blocking(move || audit.look_after(minute)).await.is_err() {
                return;
            }
            if let Err(error) = self.take_pending(&db).await {
                tracing::error!(error = &error as &dyn std::error::Error, "what was changed at the machine is not recorded yet");
            }
        }
    }

    /// One look; with `minute` also what is due once a minute. Blocks.
    pub fn look_after(&self, minute: bool) {
        if self.0.state.borrow().trouble.is_some() {
            // The gap itself is the attempt: it is written before anything else.
            let _again = self.append(Vec::new());
        }
        if minute {
            let counted = self.refusals().minute();
            if !counted.is_empty() {
                let _counted = self.append(counted);
            }
            let settings = self.settings();
            self.rotate(&settings);
            self.files().refill();
        }
    }

    /// Gives up what is older than it needs to be, or more than has room: first the record that says so, then the files.
    fn rotate(&self, settings: &AuditSettings) {
        let now = self.now();
        let age_counts = self.0.watch.get().is_none_or(|watch| (watch.is_set)());
        loop {
            let (bytes, oldest) = {
                let files = self.files();
                (files.bytes(), files.oldest())
            };
            let Some((through, newest_at)) = oldest else { return };
            let too_much = bytes > u64::from(settings.max_megabytes) << 20;
            let days = now.ms_since(newest_at) / DAY_MS;
            let too_old = age_counts && newest_at > Timestamp(i64::MIN) && days >= i64::from(settings.keep_days);
            if !too_much && !too_old {
                return;
            }
            let short = too_much && days < i64::from(MIN_DAYS);
            let entry = Entry::new(Actor::system(), Category::AuditLog, ROTATED, Outcome::Success)
                .detail("through", through)
                .detail("days", days)
                .detail("why", if too_much { "room" } else { "age" });
            if self.append(vec![entry]).is_err() {
                return;
            }
            self.files().give_up(through);
            if short && !self.state().short {
                self.0.state.send_modify(|State { short, .. }| *short = true);
                self.tell(NewEvent::new(now, Severity::Warning, "audit_short", [("days", days.to_string())]));
            }
        }
    }
}
