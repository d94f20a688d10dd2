//! Values as they are at the moment they are asked for.

use crate::clock_watch::ClockWatch;
use crate::live::Live;
use haubert_bacnet::Facts;
use haubert_fieldbus::DeviceState;
use haubert_model::{Clock as _, DeviceId, PointRef, Reading, Timestamp};
use std::sync::Arc;

/// What is measured now.
pub(super) struct Plant {
    pub(super) live: Arc<Live>,
    pub(super) clock: Arc<ClockWatch>,
}

impl Facts for Plant {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn answers(&self, meter: DeviceId) -> bool {
        let state = self.live.device(meter).map(|entry| entry.state);
        matches!(state, Some(DeviceState::Online | DeviceState::Degraded))
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        self.live.reading(point)
    }
}
