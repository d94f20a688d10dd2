//! The site as a building management system sees it.

use super::history::Periods;
use super::instances::Instances;
use super::settings::BacnetSettings;
use crate::topology::Topology;
use crate::uplink::declared;
use haubert_bacnet::{Load, Meter, Site};
use haubert_content::{Catalogue, ProfileId};
use jiff::tz::TimeZone;

/// The site of this topology. Meters without an instance, or that are switched off, are left out.
pub(super) fn site(
    topology: &Topology,
    catalogue: &Catalogue,
    instances: &Instances,
    (settings, periods): (&BacnetSettings, Periods),
) -> Site {
    let meter = |device: &crate::topology::Device| {
        let said = declared(device, catalogue);
        let profile = catalogue.get(&ProfileId::new(device.profile_id.as_str()))?;
        let loads = topology.loads.iter().filter(|load| load.device_id == device.id && load.enabled);
        let points = profile.points_for(None, device.channels);
        let points: Vec<_> = points.iter().map(|point| (point.channel, point.quantity)).collect();
        Some(Meter {
            id: device.id,
            instance: instances.of(device.id, settings.instance)?,
            name: device.name.clone(),
            make: said.make.unwrap_or_default(),
            model: said.model.unwrap_or_default(),
            serial: said.serial.unwrap_or_default(),
            loads: loads.map(|load| Load { channel: load.channel, name: load.name.clone() }).collect(),
            trends: points.iter().filter_map(|(channel, quantity)| periods.trend(*channel, *quantity)).collect(),
            points,
        })
    };
    Site {
        name: topology.site.name.clone(),
        instance: settings.instance,
        network: settings.network,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        zone: TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC),
        meters: topology.devices.iter().filter(|device| device.enabled).filter_map(meter).collect(),
    }
}
