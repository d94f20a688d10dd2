//! Server-sent events that end when they should: at shutdown, and when the session that opened them is over.

use crate::session::{Session, Sessions};
use crate::shutdown::Shutdown;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use std::convert::Infallible;
use std::time::Duration;

/// How often the session behind an open stream is looked at when nobody ended one.
const CHECK: Duration = Duration::from_secs(15);

/// Answers with the events of `events` until `shutdown` or the end of `session`.
pub fn respond<E>(
    events: E,
    sessions: Sessions,
    session: Session,
    shutdown: Shutdown,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send>
where
    E: Stream<Item = Event> + Send + 'static,
{
    let over = Box::pin(async move {
        tokio::select! {
            () = shutdown.wait() => (),
            () = ended(sessions, session) => (),
        }
    });
    let events = stream::StreamExt::take_until(events.map(Ok), over);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("keep-alive"))
}

async fn ended(sessions: Sessions, session: Session) {
    let mut endings = sessions.endings();
    loop {
        // Whichever comes first: a session was ended, or this one may have died of age.
        let _either = tokio::time::timeout(CHECK, endings.changed()).await;
        if !sessions.is_alive(&session).await.unwrap_or(false) {
            return;
        }
    }
}
