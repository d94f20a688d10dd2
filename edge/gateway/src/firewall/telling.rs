//! What the firewall did, as events, which are in the audit trail too: each block once, and many at once in one sentence.

use crate::chronicle::Chronicle;
use crate::store::events::{NewEvent, Severity};
use haubert_guard::{Block, Bucket, Cause, News, Rate};
use haubert_model::Clock;
use std::sync::Arc;

/// News told one by one: twenty at once, then one each second. A flood from many sources must not push everything else
/// out of the list of events.
const TOLD: Rate = Rate { per_second: 1, burst: 20 };

/// Tells.
pub(super) struct Teller {
    clock: Arc<dyn Clock>,
    chronicle: Chronicle,
    told: Bucket,
    untold: u64,
}

const fn code(cause: Cause) -> &'static str {
    match cause {
        Cause::Requests => "requests",
        Cause::Bits => "bits",
        Cause::Hand => "hand",
    }
}

impl Teller {
    pub(super) fn new(clock: Arc<dyn Clock>, chronicle: Chronicle) -> Self {
        let told = Bucket::full(TOLD, clock.monotonic_ms());
        Self { clock, chronicle, told, untold: 0 }
    }

    pub(super) fn tell(&mut self, news: News) {
        let (severity, event, block) = match news {
            News::Blocked(block) => match block.cause {
                Cause::Hand => (Severity::Info, "source_blocked_by_hand", block),
                Cause::Requests => (Severity::Warning, "source_blocked_requests", block),
                Cause::Bits => (Severity::Warning, "source_blocked_bits", block),
            },
            News::Ended(block) => (Severity::Info, "source_block_over", block),
            News::Lifted(block) => (Severity::Info, "source_block_lifted", block),
        };
        if !self.told.take(TOLD, 1, 0, self.clock.monotonic_ms()) {
            self.untold += 1;
            return;
        }
        let Block { source, cause, since, until, .. } = block;
        let seconds = until.saturating_sub(since) / 1000;
        let params = [("source", source.to_string()), ("cause", code(cause).to_owned()), ("seconds", seconds.to_string())];
        self.chronicle.tell(NewEvent::new(self.clock.now(), severity, event, params));
    }

    /// Tells how many were not told, once there is room again.
    pub(super) fn rest(&mut self) {
        if self.untold == 0 || !self.told.take(TOLD, 1, 0, self.clock.monotonic_ms()) {
            return;
        }
        let count = std::mem::take(&mut self.untold);
        let params = [("count", count.to_string())];
        self.chronicle.tell(NewEvent::new(self.clock.now(), Severity::Warning, "sources_blocked", params));
    }
}
