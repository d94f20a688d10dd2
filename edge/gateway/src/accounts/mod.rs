//! Who may come in and what they may do: the parts that the door is made of, and what Cyber security keeps (ADR 16).

pub mod alert;
pub mod permissions;
pub mod recovery;
pub mod rules;
mod telling;

use crate::app::App;
use crate::rights::profile;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_model::Clock;
use haubert_service::access_rules::AccessRules;
use haubert_service::door::{FirstProfile, Parts};
use haubert_service::lockout::Lockouts;
use haubert_service::permission::Rights;
use haubert_service::second_factor::SecondFactors;
use std::sync::Arc;
use tokio::sync::watch;

/// Who guards the gateway must be there from the first minute; who sets it up may come later.
const FIRST_PROFILES: [FirstProfile; 2] = [
    FirstProfile { profile: profile::CYBER_SECURITY, required: true },
    FirstProfile { profile: profile::ADMIN, required: false },
];

/// What is kept of accounts besides themselves.
pub struct Access {
    /// Rules of passwords, lock-out and sessions; a change sends new ones.
    pub rules: watch::Sender<Arc<AccessRules>>,
    /// Counts of wrong tries.
    pub lockouts: Lockouts,
    /// Who may do what.
    pub rights: Rights,
}

impl Access {
    /// As it is stored.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(db: &Db, clock: &Arc<dyn Clock>) -> Result<Self, Box<dyn std::error::Error>> {
        let (rules, table) = db.call(|tx| Ok::<_, StoreError>((rules::stored(tx)?, permissions::stored(tx)?))).await?;
        let rules = watch::Sender::new(Arc::new(rules));
        let lockouts = Lockouts::open(Arc::new(db.clone()), Arc::clone(clock), rules.subscribe()).await?;
        tokio::spawn(lockouts.clone().work());
        Ok(Self { rules, lockouts, rights: Rights::new(table) })
    }
}

/// What the door of this gateway is made of.
pub fn door_parts(product: &'static str, app: &App) -> Parts {
    let topology: watch::Receiver<Arc<Topology>> = app.topology.subscribe();
    let site = app.topology.subscribe();
    Parts {
        product,
        version: env!("CARGO_PKG_VERSION"),
        first_profiles: &FIRST_PROFILES,
        rights: app.rights.clone(),
        accounts: Arc::new(app.db.clone()),
        sessions: app.sessions.clone(),
        lockouts: app.lockouts.clone(),
        rules: app.access_rules.subscribe(),
        clock: Arc::clone(&app.clock),
        time_zone: Arc::new(move || Some(topology.borrow().site.time_zone.clone())),
        names: Arc::new(move || vec!["haubert".to_owned(), site.borrow().site.name.clone()]),
        factors: SecondFactors::new(Arc::new(app.db.clone()), None, Arc::clone(&app.clock), "Haubert gateway"),
        tell: telling::teller(app),
    }
}
