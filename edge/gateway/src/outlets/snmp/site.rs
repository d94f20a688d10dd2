//! The site as managers see it, with a number for each device that stays its own.

use crate::store::{StoreError, settings};
use crate::topology::Topology;
use crate::uplink::declared;
use haubert_content::{Catalogue, ProfileId};
use haubert_model::DeviceId;
use haubert_snmp::{Device, Load, Site};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the setting.
const NAME: &str = "snmp_numbers";

/// Which number each device has. One that is gone keeps its own, so that no other gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Numbers {
    highest: u32,
    given: BTreeMap<DeviceId, u32>,
}

impl Numbers {
    /// As stored.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn stored(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        Ok(settings::get(tx, NAME)?.unwrap_or_default())
    }

    /// Stores them.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn store(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        settings::set(tx, NAME, self)
    }

    /// Gives a number to each device that has none; true when there was one.
    pub(super) fn complete(&mut self, topology: &Topology) -> bool {
        let before = self.highest;
        for device in &topology.devices {
            let highest = &mut self.highest;
            self.given.entry(device.id).or_insert_with(|| {
                *highest = highest.saturating_add(1);
                *highest
            });
        }
        self.highest != before
    }
}

/// The site of this topology. Devices without a number are left out.
pub(super) fn site(topology: &Topology, catalogue: &Catalogue, numbers: &Numbers, (contact, location): (&str, &str)) -> Site {
    let device = |device: &crate::topology::Device| {
        let said = declared(device, catalogue);
        let profile = catalogue.get(&ProfileId::new(device.profile_id.as_str())).filter(|_| device.enabled);
        let loads = topology.loads.iter().filter(|load| load.device_id == device.id && load.enabled);
        let points = profile.map(|profile| profile.points_for(None, device.channels)).unwrap_or_default();
        Some(Device {
            id: device.id,
            index: *numbers.given.get(&device.id)?,
            name: device.name.clone(),
            make: said.make.unwrap_or_default(),
            model: said.model.unwrap_or_default(),
            serial: said.serial.unwrap_or_default(),
            bus: device.bus_id().and_then(|bus| topology.bus(bus)).map(|bus| bus.name.clone()).unwrap_or_default(),
            unit: device.unit().unwrap_or(0),
            loads: loads.map(|load| Load { channel: load.channel, name: load.name.clone() }).collect(),
            points: points.iter().map(|point| (point.channel, point.quantity)).collect(),
        })
    };
    Site {
        name: topology.site.name.clone(),
        contact: contact.to_owned(),
        location: location.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        devices: topology.devices.iter().filter_map(device).collect(),
    }
}
