//! What happens at the door becomes records of the audit trail and, as far as somebody should look, events.

use crate::app::App;
use crate::store::events::{NewEvent, Severity};
use haubert_service::door::{Happening, Who};
use haubert_service::lockout::Key;
use std::sync::Arc;

/// Tells the chronicle. Locks are events; everybody who comes and goes is the audit trail's.
pub(super) fn teller(app: &App) -> Arc<dyn Fn(Happening, Who) + Send + Sync> {
    let (chronicle, clock, audit) = (app.chronicle.clone(), Arc::clone(&app.clock), app.audit.clone());
    Arc::new(move |happening, who| {
        audit.happened(&happening, &who);
        let Happening::LockedOut(lock) = happening else { return };
        // A name that nobody has is not told: it may be a password typed into the wrong field.
        let code = match (&lock.key, &who.user) {
            (Key::Pair(..), Some(_)) => "locked_out",
            (Key::Pair(..), None) => "locked_out_unknown",
            (Key::Account(_), Some(_)) => "locked_out_everywhere",
            (Key::Account(_), None) => return,
            (Key::Source(_), _) => "locked_out_source",
        };
        let now = clock.now();
        let params = [
            ("user", who.user.unwrap_or_default()),
            ("source", lock.key.source().unwrap_or_default().to_owned()),
            ("count", lock.failures.to_string()),
            // Rounded up: an hour that began a moment ago is 60 minutes.
            ("minutes", (lock.until.ms_since(now).max(0) + 59_999).div_euclid(60_000).to_string()),
        ];
        chronicle.tell(NewEvent::new(now, Severity::Warning, code, params));
    })
}
