//! Looks after the clock while the gateway runs: jumps become events, and what time it is is kept for the next start.

use crate::app::record;
use crate::clock_watch::{ClockWatch, Jump};
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use haubert_model::Timestamp;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks at the clock.
const EVERY: Duration = Duration::from_secs(1);
/// Looks between two notes of the time for the next start.
const KEPT_EVERY: u32 = 60;

pub(super) async fn work(clock: Arc<ClockWatch>, db: Db) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut round = 0u32;
    loop {
        ticks.tick().await;
        let mut jumped = false;
        while let Some(jump) = clock.check() {
            jumped = true;
            record(&db, told(jump)).await;
            // Else a password chosen before the clock was set would be decades old.
            if let Some(since) = jump.guessed_since
                && let Err(error) = db.note(move |tx| crate::store::accounts::shift_guessed(tx, since, jump.by_ms)).await
            {
                tracing::error!(error = &error as &dyn Error, "passwords keep the date that was guessed");
            }
        }
        round = round.wrapping_add(1);
        if jumped || round % KEPT_EVERY == 1 {
            let memory = clock.memory();
            if let Err(error) = db.note(move |tx| memory.save(tx)).await {
                tracing::error!(error = &error as &dyn Error, "the time is not kept for the next start");
            }
        }
    }
}

fn told(jump: Jump) -> NewEvent {
    let by = ("by_ms", jump.by_ms.to_string());
    match jump.guessed_since {
        None => NewEvent::new(jump.at, Severity::Warning, "clock_jump", [by]),
        Some(since) => {
            let rfc3339 = |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
            let span = [by, ("from", rfc3339(since)), ("to", rfc3339(jump.at.plus_ms(-jump.by_ms)))];
            NewEvent::new(jump.at, Severity::Info, "clock_was_set", span)
        }
    }
}
