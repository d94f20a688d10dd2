//! Notices that another meter stands in the place of one: it is asked who it is when it comes back or its counter falls.
//!
//! The new identity is kept, the event tells both serial numbers, and the counter starts anew instead of passing for a reset.

use super::Field;
use crate::app::{change, record};
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use crate::store::topology::put_device;
use crate::topology::{Device, Topology};
use haubert_fieldbus::{Presence, Urgency, identify};
use haubert_model::{Clock, DeviceId, DeviceIdentity};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Asks suspects who they are, one at a time.
pub struct Exchanges {
    /// The buses.
    pub field: Field,
    /// Configuration, for the new identity and the event.
    pub db: Db,
    /// The site as now configured.
    pub topology: watch::Sender<Arc<Topology>>,
    /// Time of the event.
    pub clock: Arc<dyn Clock>,
    /// Devices that proved to be others.
    pub exchanged: mpsc::Sender<DeviceId>,
}

impl Exchanges {
    /// Works until nobody suspects any more.
    pub async fn work(self, mut suspects: mpsc::Receiver<DeviceId>) {
        while let Some(id) = suspects.recv().await {
            let device = self.topology.borrow().device(id).cloned();
            let Some(device) = device else { continue };
            let Some(found) = self.ask(&device).await else { continue };
            if is_another(&device.identity, &found) {
                self.replace(device, found).await;
            }
        }
    }

    async fn ask(&self, device: &Device) -> Option<DeviceIdentity> {
        let mut line = self.field.bus_line(device.bus_id()?, Urgency::Probe).await?;
        match identify(&mut line, device.unit()?, &self.field.catalogue()).await {
            Presence::Found(found) => Some(found.identity),
            _ => None,
        }
    }

    async fn replace(&self, device: Device, found: DeviceIdentity) {
        let serial = |identity: &DeviceIdentity| identity.serial.clone().unwrap_or_default();
        let params = [("device", device.name.clone()), ("before", serial(&device.identity)), ("after", serial(&found))];
        let id = device.id;
        // What the one before refused says nothing of this one.
        if let Some(bus) = device.bus_id() {
            self.field.forget_refused(bus, id).await;
        }
        let renewed = Device { identity: found, ..device };
        if let Err(error) = change(&self.db, &self.topology, move |tx| put_device(tx, &renewed)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the new meter's identity is not kept");
        }
        record(&self.db, NewEvent::new(self.clock.now(), Severity::Warning, "meter_exchanged", params)).await;
        // The intake ends only when the gateway stops.
        let _stopping = self.exchanged.send(id).await;
    }
}

/// Both have a serial number and it is not the same.
fn is_another(known: &DeviceIdentity, found: &DeviceIdentity) -> bool {
    matches!((&known.serial, &found.serial), (Some(known), Some(found)) if known != found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_serial_number_makes_another_meter() {
        let with = |serial: Option<&str>| DeviceIdentity { serial: serial.map(str::to_owned), ..DeviceIdentity::default() };
        assert!(is_another(&with(Some("1")), &with(Some("2"))));
        assert!(!is_another(&with(Some("1")), &with(Some("1"))));
        assert!(!is_another(&with(None), &with(Some("2"))));
        assert!(!is_another(&with(Some("1")), &with(None)));
    }
}
