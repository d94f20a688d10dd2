//! What every handler shares.

use crate::days::Calendar;
use crate::evidence::Files;
use crate::fleet::Fleet;
use crate::frameworks::Frameworks;
use crate::identity::{Journeys, Providers};
use crate::shelf::Shelf;
use crate::storage::Storage;
use crate::store::Store;
use haubert_model::{Clock, Timestamp};
use haubert_service::problem::Problem;
use haubert_service::session::Sessions;
use haubert_service::shutdown::Shutdown;
use haubert_service::throttle::Throttle;
use haubert_trust::{Authority, StatementKey, random_bytes};
use jiff::civil::Date;
use std::sync::Arc;
use uuid::Uuid;

/// Wrong enrolment tokens of one source before it has to wait.
const WRONG_TOKENS: u32 = 5;
/// How long it then waits.
const WRONG_TOKEN_WAIT_MS: u64 = 60_000;

/// The parts of a running hub.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) calendar: Calendar,
    pub(crate) authority: Authority,
    pub(crate) sessions: Sessions,
    pub(crate) public_url: String,
    pub(crate) link_url: String,
    pub(crate) fleet: Fleet,
    pub(crate) storage: Storage,
    pub(crate) shelf: Shelf,
    pub(crate) frameworks: Frameworks,
    pub(crate) evidence: Files,
    /// Signs labels and closed audits.
    pub(crate) statements: StatementKey,
    pub(crate) wrong_tokens: Throttle,
    /// Who vouches for people besides this hub.
    pub(crate) providers: Providers,
    /// Who is on the way to them and back.
    pub(crate) journeys: Journeys,
    pub(crate) shutdown: Shutdown,
}

impl Parts {
    pub(crate) fn wrong_tokens() -> Throttle {
        Throttle::new(WRONG_TOKENS, WRONG_TOKEN_WAIT_MS)
    }
}

/// State of the routers: cheap to clone.
#[derive(Clone)]
pub(crate) struct Hub(pub(crate) Arc<Parts>);

impl std::ops::Deref for Hub {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Hub {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The day that it is in the community's calendar.
    pub(crate) fn today(&self) -> Date {
        self.calendar.day_of(self.now())
    }

    /// A new id; later ones sort after it, so lists keep the order of creation.
    pub(crate) fn new_id(&self) -> Result<Uuid, Problem> {
        let random = random_bytes::<10>().map_err(|error| Problem::internal("draw an id", &error))?;
        let millis = u64::try_from(self.now().as_millis()).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}
