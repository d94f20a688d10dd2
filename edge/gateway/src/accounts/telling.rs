//! What happens at the door becomes records of the audit trail and, as far as somebody should look, events.

use crate::app::App;
use crate::store::events::{NewEvent, Severity};
use haubert_service::door::{Happening, Who};
use std::sync::Arc;

/// Tells the chronicle. Locks are events; everybody who comes and goes is the audit trail's.
pub(super) fn teller(app: &App) -> Arc<dyn Fn(Happening, Who) + Send + Sync> {
    let (chronicle, clock, audit) = (app.chronicle.clone(), Arc::clone(&app.clock), app.audit.clone());
    Arc::new(move |happening, who| {
        audit.happened(&happening, &who);
        if let Happening::LockedOut(lock) = &happening {
            let now = clock.now();
            let minutes = lock.until.ms_since(now).max(0).div_euclid(60_000);
            let params = [
                ("kind", lock.key.kind().to_owned()),
                ("user", lock.key.name().and(who.user.clone()).unwrap_or_default()),
                ("source", lock.key.source().unwrap_or_default().to_owned()),
                ("failures", lock.failures.to_string()),
                ("minutes", minutes.to_string()),
            ];
            chronicle.tell(NewEvent::new(now, Severity::Warning, "locked_out", params));
        }
    })
}
