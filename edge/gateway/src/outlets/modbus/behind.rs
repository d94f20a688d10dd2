//! What stands behind each unit id, worked out anew when something of it changes: a request must not search a thousand devices.

use super::units::Given;
use crate::policy::Policy;
use crate::policy::lines::held_by;
use crate::topology::Topology;
use haubert_model::{BusId, DeviceId, DeviceIdentity};

/// A device behind a unit id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) device: DeviceId,
    /// Its name; empty when it is gone.
    pub(super) name: String,
    /// Its bus and its unit there; `None` when it is gone, or its bus does not run.
    pub(super) place: Option<(BusId, u8)>,
    pub(super) enabled: bool,
    pub(super) identity: DeviceIdentity,
}

/// By unit id.
pub(super) type Table = Vec<Option<Behind>>;

/// The table of these numbers.
pub(super) fn table(given: &[Given], topology: &Topology, policy: &Policy) -> Table {
    let mut table = vec![None; usize::from(u8::MAX) + 1];
    for one in given {
        let device = topology.device(one.device_id);
        let runs = |bus: BusId| topology.bus(bus).is_some_and(|bus| bus.enabled && held_by(policy, &bus.line).is_none());
        if let Some(place) = table.get_mut(usize::from(one.unit)) {
            *place = Some(Behind {
                device: one.device_id,
                name: device.map(|device| device.name.clone()).unwrap_or_default(),
                place: device.and_then(|device| Some((device.bus_id().filter(|bus| runs(*bus))?, device.unit()?))),
                enabled: device.is_some_and(|device| device.enabled),
                identity: device.map(|device| device.identity.clone()).unwrap_or_default(),
            });
        }
    }
    table
}
