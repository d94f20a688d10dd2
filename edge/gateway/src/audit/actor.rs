//! Who acts: known wherever a request leads, without being handed on.

use haubert_service::session::{SeenSession, Session};
use haubert_trust::audit::{Actor, ActorKind};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of the request being worked on.
#[derive(Debug, Clone, Default)]
pub struct Request(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    source: String,
    session: SeenSession,
    changes: AtomicU64,
}

tokio::task_local! {
    static REQUEST: Request;
}

impl Request {
    /// A request from `source`, whose session is put into `session` once it is looked up.
    pub fn new(source: String, session: SeenSession) -> Self {
        Self(Arc::new(Known { source, session, changes: AtomicU64::new(0) }))
    }

    /// Works on it.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        REQUEST.scope(self, work).await
    }

    /// Whoever sent it.
    pub fn actor(&self) -> Actor {
        let source = self.0.source.clone();
        match self.0.session.get() {
            Some(session) => of(session, source),
            None => Actor { kind: ActorKind::Anonymous, source, ..Actor::system() },
        }
    }

    /// Changes of the configuration that it has caused.
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Relaxed)
    }

    /// Notes that it has caused `count` changes.
    pub fn changed(&self, count: u64) {
        self.0.changes.fetch_add(count, Ordering::Relaxed);
    }
}

/// The request being worked on; `None` when the gateway acts by itself.
pub fn request() -> Option<Request> {
    REQUEST.try_with(Clone::clone).ok()
}

/// Whoever sent the request being worked on; the gateway itself when there is none.
pub fn current() -> Actor {
    request().map_or_else(Actor::system, |request| request.actor())
}

fn of(session: &Session, source: String) -> Actor {
    Actor {
        kind: ActorKind::Person,
        account: session.user_name.clone(),
        profile: session.profile.clone(),
        source,
        session: session.id(),
    }
}
