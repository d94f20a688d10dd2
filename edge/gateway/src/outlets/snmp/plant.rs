//! What managers read: rows that are made when the site changes, alarms as they are noted, values as they are at that moment.

use super::site::{Numbers, site};
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_model::{Clock as _, DeviceId, PointRef, Reading, Timestamp};
use haubert_snmp::{Alarm, DeviceState, Facts, Rows, Tree};
use std::sync::{Arc, PoisonError, RwLock};

/// What is answered.
pub(super) struct Plant {
    tree: RwLock<Tree>,
    live: Arc<Live>,
    clock: Arc<ClockWatch>,
    started_ms: u64,
}

impl Plant {
    /// With nothing in it yet.
    pub(super) fn new(live: Arc<Live>, clock: Arc<ClockWatch>) -> Self {
        let started_ms = clock.monotonic_ms();
        Self { tree: RwLock::default(), live, clock, started_ms }
    }

    /// Works the rows out anew.
    pub(super) fn arrange(&self, topology: &Topology, catalogue: &Catalogue, numbers: &Numbers, texts: (&str, &str)) {
        let site = site(topology, catalogue, numbers, texts);
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let rows = Rows::new(site, self.uptime());
        // What a restart of the agent alone brings is no change.
        if rows.site() != tree.rows.site() {
            tree.rows = Arc::new(rows);
        }
    }

    /// Puts other alarms in place of those known, and gives those.
    pub(super) fn alarms(&self, alarms: Vec<Alarm>) -> Arc<Vec<Alarm>> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let after = Tree::new(Arc::clone(&tree.rows), alarms);
        std::mem::replace(&mut *tree, after).alarms
    }
}

impl haubert_snmp::Plant for Plant {
    fn tree(&self) -> Tree {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn facts(&self) -> &dyn Facts {
        self
    }
}

impl Facts for Plant {
    fn uptime(&self) -> u32 {
        // It begins anew after 497 days, as RFC 3418 has it.
        let hundredths = self.clock.monotonic_ms().saturating_sub(self.started_ms) / 10;
        (hundredths & u64::from(u32::MAX)) as u32
    }

    fn clock_set(&self) -> bool {
        self.clock.is_set()
    }

    fn device(&self, device: DeviceId) -> (DeviceState, Option<Timestamp>) {
        use haubert_fieldbus::DeviceState as Field;
        let Some(entry) = self.live.device(device) else { return (DeviceState::NeverSeen, None) };
        let state = match entry.state {
            Field::Online => DeviceState::Online,
            Field::Degraded => DeviceState::Degraded,
            Field::Offline => DeviceState::Offline,
            Field::NeverSeen => DeviceState::NeverSeen,
            Field::Disabled => DeviceState::Disabled,
        };
        (state, entry.last_ok_at)
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        self.live.reading(point)
    }
}
