//! Alarms: rules, what they raise, and who has seen it.

mod feed;
mod work;
mod world;

pub use feed::Feed;
pub use work::work;
pub use world::{energy_now, look};

use crate::app::App;
use crate::store::{Db, StoreError, alarm_rules, alarms};
use haubert_alarms::{AlarmRuleId, Rule};
use haubert_fieldbus::Readout;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;

/// The rules by their ids.
pub type Rules = BTreeMap<AlarmRuleId, Rule>;

/// Rules of which something is raised.
///
/// # Errors
/// When the store fails.
pub async fn raised(app: &App) -> Result<BTreeSet<AlarmRuleId>, StoreError> {
    Ok(app.db.note(alarms::open).await?.into_iter().map(|open| open.rule).collect())
}

/// The rules in force, and the way in for what is read; clones share them.
#[derive(Clone)]
pub struct Alarms {
    rules: watch::Sender<Arc<Rules>>,
    /// Counts what began, ended or was acknowledged, for whoever passes it on.
    changes: watch::Sender<u64>,
    feed: Feed,
}

impl Alarms {
    /// With the rules as stored.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open(db: &Db) -> Result<Self, StoreError> {
        let stored = db.call(alarm_rules::rules).await?;
        Ok(Self { rules: watch::Sender::new(Arc::new(stored)), changes: watch::Sender::new(0), feed: Feed::default() })
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Passes a turn of a device on, as far as rules look at it. Never waits.
    pub fn offer(&self, readout: &Readout) {
        self.feed.offer(readout);
    }

    /// Stores a rule, or takes it away, and puts what is left in force.
    ///
    /// # Errors
    /// When it cannot be stored; then the old ones hold.
    pub async fn change(&self, db: &Db, id: AlarmRuleId, rule: Option<Rule>) -> Result<(), StoreError> {
        let rules = db
            .call(move |tx| {
                match &rule {
                    Some(rule) => alarm_rules::put(tx, id, rule)?,
                    None => alarm_rules::remove(tx, id)?,
                }
                alarm_rules::rules(tx)
            })
            .await?;
        self.rules.send_replace(Arc::new(rules));
        Ok(())
    }

    /// Something began, ended or was acknowledged.
    pub fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Tells when something began, ended or was acknowledged.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
