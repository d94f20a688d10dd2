//! What outlets speak of: the site, its newest values and its alarms, in the words of the documents.

use crate::live::Live;
use crate::profiles::Profiles;
use crate::store::StoreError;
use crate::store::alarms::{self, AlarmState, Filter, Which};
use crate::topology::{self, Topology};
use crate::uplink::declared;
use haubert_alarms::Criticality;
use haubert_model::{DeviceId, Reading};
use haubert_mqtt::alarms::{Alarm, MAX_ALARMS};
use haubert_mqtt::{Device, Load, Site};
use rusqlite::Transaction;
use std::ops::Bound;

/// Everything that is spoken of: devices and loads that are switched on.
pub(super) fn site(topology: &Topology, profiles: &Profiles) -> Site {
    let catalogue = profiles.catalogue();
    let device = |device: &topology::Device| {
        let said = declared(device, &catalogue);
        let loads = topology.loads.iter().filter(|load| load.device_id == device.id && load.enabled);
        let load =
            |load: &topology::Load| Load { id: load.id, channel: load.channel, name: load.name.clone(), level: String::new() };
        Device {
            id: device.id,
            name: device.name.clone(),
            level: String::new(),
            make: said.make,
            model: said.model,
            loads: loads.map(load).collect(),
        }
    };
    let devices = topology.devices.iter().filter(|device| device.enabled).map(device).collect();
    Site::new(topology.site.name.clone(), devices)
}

/// Everything that is known of a device.
pub(super) fn all_of(live: &Live, device: DeviceId) -> Vec<Reading> {
    let mut all = Vec::new();
    live.visit_since(0, (Bound::Included(device), Bound::Included(device)), |_, readings| {
        all.extend_from_slice(readings);
        true
    });
    all
}

/// The newest alarms that need somebody, and how many there are.
pub(super) fn alarms(tx: &Transaction<'_>) -> Result<(Vec<Alarm>, u32), StoreError> {
    let limit = u32::try_from(MAX_ALARMS).unwrap_or(u32::MAX);
    let filter = Filter { which: Which::Current, limit, ..Filter::default() };
    let found = alarms::list(tx, &filter)?.into_iter().map(alarm).collect();
    Ok((found, alarms::count(tx)?.current))
}

fn alarm(found: alarms::Alarm) -> Alarm {
    let criticality = match found.criticality {
        Criticality::Critical => "critical",
        Criticality::NotCritical => "not_critical",
        Criticality::Information => "information",
    };
    let state = match found.state {
        AlarmState::Active => "active",
        AlarmState::Finished => "finished",
        AlarmState::Over => "over",
    };
    Alarm {
        id: found.id,
        name: found.name,
        criticality: criticality.to_owned(),
        state: state.to_owned(),
        device_id: found.device_id,
        device: found.device,
        began_at: found.began_at.0,
        ended_at: found.ended_at.map(|at| at.0),
        needs_acknowledgement: found.needs_acknowledgement,
    }
}
