//! Takes what the buses say: to the live table, to history, to the events.

use crate::app::record;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::recording::recorder::Recorder;
use crate::recording::writer::Writer;
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use crate::topology::Topology;
use haubert_content::{Catalogue, ProfileId};
use haubert_fieldbus::{BusEvent, DeviceState, EventCode};
use haubert_model::{Decimal, DeviceId, PointRef, Reading, Reason};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The one task that everything measured passes through.
pub struct Intake {
    /// The site as now configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// Device profiles, for the counters' limits.
    pub catalogue: Arc<Catalogue>,
    /// Newest readings.
    pub live: Arc<Live>,
    /// What becomes history.
    pub recorder: Recorder,
    /// Who writes it.
    pub writer: Arc<Writer>,
    /// Events.
    pub db: Db,
    /// Whether the clock is right.
    pub clock: Arc<ClockWatch>,
    /// Devices that may have been exchanged.
    pub suspects: mpsc::Sender<DeviceId>,
}

impl Intake {
    /// Takes events until the buses are gone.
    pub async fn work(mut self, mut events: mpsc::Receiver<BusEvent>, mut exchanged: mpsc::Receiver<DeviceId>) {
        let mut topology = Arc::clone(&self.topology.borrow_and_update());
        let mut rollovers = rollovers(&topology, &self.catalogue);
        loop {
            let event = tokio::select! {
                event = events.recv() => match event { Some(event) => event, None => return },
                Some(device) = exchanged.recv() => {
                    let loads = topology.loads.iter().filter(|load| load.device_id == device);
                    loads.for_each(|load| self.recorder.meter_exchanged(load.id));
                    continue;
                }
            };
            if self.topology.has_changed().unwrap_or(false) {
                topology = Arc::clone(&self.topology.borrow_and_update());
                rollovers = self::rollovers(&topology, &self.catalogue);
                self.live.retain(|device| topology.device(device).is_some());
                self.recorder.retain(|load| topology.load(load).is_some());
            }
            match event {
                BusEvent::Readings { readings, .. } => self.readings(&topology, &rollovers, &readings),
                BusEvent::DeviceState { device, state } => {
                    let was_there = self.live.device(device).is_some_and(|entry| is_there(entry.state));
                    self.live.set_state(device, state);
                    if is_there(state) && !was_there {
                        self.suspect(device);
                    }
                }
                BusEvent::Event { .. } => self.event(&topology, event).await,
            }
        }
    }

    fn readings(&mut self, topology: &Topology, rollovers: &HashMap<PointRef, Decimal>, readings: &[Reading]) {
        self.live.update(readings);
        let clock_set = self.clock.is_set();
        let mut records = Vec::new();
        for reading in readings {
            let load = topology.load_of(reading.point.device, reading.point.channel).filter(|load| load.enabled);
            if let Some(load) = load {
                records.extend(self.recorder.take(load.id, reading, rollovers.get(&reading.point).copied(), clock_set));
            }
        }
        if records.iter().any(|record| record.reason == Reason::CounterReset)
            && let Some(reading) = readings.first()
        {
            self.suspect(reading.point.device);
        }
        if !records.is_empty() {
            self.writer.keep(records);
        }
    }

    fn suspect(&self, device: DeviceId) {
        // Many at once, after an outage of a bus: those that find no room are asked at the next occasion.
        let _full = self.suspects.try_send(device);
    }

    async fn event(&self, topology: &Topology, event: BusEvent) {
        let BusEvent::Event { at, bus, device, code, detail } = event else { return };
        let severity = match code {
            EventCode::BusUp | EventCode::DeviceOnline | EventCode::RangeRefused => Severity::Info,
            EventCode::BusDown | EventCode::DeviceOffline | EventCode::ProfileUnknown => Severity::Warning,
        };
        let bus = topology.bus(bus).map(|bus| bus.name.clone()).unwrap_or_default();
        let device = device.and_then(|id: DeviceId| topology.device(id)).map(|device| device.name.clone()).unwrap_or_default();
        record(&self.db, NewEvent::new(at, severity, code.code(), [("bus", bus), ("device", device), ("detail", detail)])).await;
    }
}

const fn is_there(state: DeviceState) -> bool {
    matches!(state, DeviceState::Online | DeviceState::Degraded)
}

/// The first value that each counter never shows, from the profiles.
fn rollovers(topology: &Topology, catalogue: &Catalogue) -> HashMap<PointRef, Decimal> {
    let mut found = HashMap::new();
    for device in &topology.devices {
        let Some(profile) = catalogue.get(&ProfileId::new(device.profile_id.as_str())) else { continue };
        for point in profile.points_for(device.identity.table_version, device.channels) {
            if let Some(limit) = point.rollover_value() {
                found.insert(PointRef { device: device.id, channel: point.channel, quantity: point.quantity }, limit);
            }
        }
    }
    found
}
