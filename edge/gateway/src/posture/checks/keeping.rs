//! What is kept: encryption, backups, the audit trail, the history, the time.

use crate::app::App;
use crate::integrity::Outcome;
use crate::policy::services::Service;
use crate::posture::assess::{Finding, Verdict};
use crate::storage::desk::Notes;
use crate::storage::keyring::Place;
use crate::store::StoreError;
use crate::time_check::rounded_ms;
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use haubert_sntp::Trust;

const DAY_MS: i64 = 86_400_000;
/// A backup older than this is due.
const BACKUP_DAYS: i64 = 31;

pub(super) async fn check(app: &App) -> Result<Vec<Finding>, StoreError> {
    let notes = app.storage.notes().await?;
    Ok(vec![
        encryption(app, &notes),
        backup(&notes, app.clock.now()),
        trail(app),
        room(app),
        shipped(app),
        history(app),
        clock(app),
        time(app),
    ])
}

/// A key in a file protects a stolen backup of the disk without that file, not a stolen machine.
fn encryption(app: &App, notes: &Notes) -> Finding {
    let (verdict, state, bound) = match app.storage.place() {
        Place::Sealed(bound) => (Verdict::Holds, "sealed", bound),
        Place::File => (Verdict::Weak, "file", String::new()),
    };
    let proof = [("state", state.to_owned()), ("bound", bound)];
    Finding::new("storage.encrypted", verdict, proof).since(notes.key_since.map(Time))
}

fn backup(notes: &Notes, now: Timestamp) -> Finding {
    let last = notes.last_backup.as_ref().map(|last| last.at);
    let days = last.map(|at| now.ms_since(at) / DAY_MS);
    let verdict = match days {
        None => Verdict::Weak,
        Some(days) if days <= BACKUP_DAYS => Verdict::Holds,
        Some(_) => Verdict::Weak,
    };
    let proof = match days {
        None => [("state", "never".to_owned()), ("days", String::new())],
        Some(days) => [("state", String::new()), ("days", days.to_string())],
    };
    Finding::new("backup.recent", verdict, proof).since(last.map(Time))
}

fn trail(app: &App) -> Finding {
    let state = app.audit.state();
    let records = state.head.as_ref().map_or(0, |head| head.seq);
    let verdict = if state.trouble.is_some() { Verdict::Fails } else { Verdict::Holds };
    Finding::new("audit.chain", verdict, [("records", records.to_string())])
        .since(state.trouble.map(|trouble| Time(trouble.since)))
}

fn room(app: &App) -> Finding {
    let state = app.audit.state();
    let verdict = match (state.trouble, state.short) {
        (Some(_), _) => Verdict::Fails,
        (None, true) => Verdict::Weak,
        (None, false) => Verdict::Holds,
    };
    Finding::new("audit.room", verdict, [("days", app.audit.settings().keep_days.to_string())])
}

/// Off the machine by syslog, or at least the signed head by the hub.
fn shipped(app: &App) -> Finding {
    let (verdict, by) = match (app.policy.allows(Service::Syslog), app.uplink.enrolled()) {
        (true, _) => (Verdict::Holds, "syslog"),
        (false, Some(_)) => (Verdict::Weak, "hub"),
        (false, None) => (Verdict::Fails, "none"),
    };
    Finding::new("audit.shipped", verdict, [("by", by.to_owned())])
}

fn history(app: &App) -> Finding {
    let damaged = app.integrity.damaged_since();
    let (_, finished) = app.integrity.now();
    let (verdict, at) = match (&damaged, &finished) {
        (Some((since, _)), _) => (Verdict::Fails, Some(*since)),
        (None, Some(last)) if matches!(last.outcome, Outcome::Whole) => (Verdict::Holds, Some(last.at)),
        (None, Some(last)) => (Verdict::Unknown, Some(last.at)),
        (None, None) => (Verdict::Unknown, None),
    };
    Finding::new("history.checked", verdict, [("damaged", damaged.map_or(0, |(_, count)| count).to_string())]).since(at.map(Time))
}

/// Whether anybody but this machine says that the clock is right.
fn time(app: &App) -> Finding {
    let standing = app.time_check.standing();
    let verdict = match standing.trust {
        Trust::Trusted => Verdict::Holds,
        Trust::OffBy => Verdict::Fails,
        Trust::Checking => Verdict::Unknown,
        Trust::Off | Trust::Unreachable | Trust::Disputed => Verdict::Weak,
    };
    let by = standing.offset_us.map(rounded_ms).map(|ms| ms.to_string()).unwrap_or_default();
    Finding::new("time.trusted", verdict, [("state", standing.trust.name().to_owned()), ("offset_ms", by)])
        .since(standing.since.map(Time))
}

fn clock(app: &App) -> Finding {
    let verdict = if app.clock_watch.is_set() { Verdict::Holds } else { Verdict::Fails };
    Finding::new("clock.set", verdict, []).since(app.clock_watch.last_jump().map(|jump| Time(jump.at)))
}
