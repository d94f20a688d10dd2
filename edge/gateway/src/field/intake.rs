//! Takes what the buses say: to the live table, to history, to the events.
//!
//! One task for all buses, so it must never wait for a disk and do little for each value: see [`crate::live`] and
//! [`crate::recording::recorder`].

use crate::alarms::Alarms;
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::history_settings::HistorySettings;
use crate::live::Live;
use crate::recording::recorder::{Recorder, Site};
use crate::recording::sink::Row;
use crate::recording::writer::Writer;
use crate::store::events::{NewEvent, Severity};
use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_fieldbus::{BusEvent, DeviceState, EventCode, Readout};
use haubert_model::{DeviceId, Reason};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Events taken at once.
const BATCH: usize = 256;

/// What decides how readings are taken; whoever changes one of them sends a new one.
#[derive(Clone)]
pub struct Surroundings {
    /// The site as now configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// Device profiles, for the counters' limits.
    pub catalogue: watch::Receiver<Arc<Catalogue>>,
    /// What is kept as trends.
    pub settings: watch::Receiver<Arc<HistorySettings>>,
}

impl Surroundings {
    /// As they are now.
    pub fn site(&mut self) -> Site {
        Site {
            topology: Arc::clone(&self.topology.borrow_and_update()),
            catalogue: Arc::clone(&self.catalogue.borrow_and_update()),
            settings: Arc::clone(&self.settings.borrow_and_update()),
        }
    }

    fn have_changed(&self) -> bool {
        // A sender that is gone changes nothing any more.
        self.topology.has_changed().unwrap_or(false)
            || self.catalogue.has_changed().unwrap_or(false)
            || self.settings.has_changed().unwrap_or(false)
    }
}

/// The one task that everything measured passes through.
pub struct Intake {
    /// What decides how readings are taken.
    pub surroundings: Surroundings,
    /// Newest readings.
    pub live: Arc<Live>,
    /// What becomes history.
    pub recorder: Recorder,
    /// What looks at the newest readings.
    pub alarms: Alarms,
    /// Who writes it.
    pub writer: Arc<Writer>,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// How to date what is measured.
    pub clock: Arc<ClockWatch>,
    /// Devices that may have been exchanged.
    pub suspects: mpsc::Sender<DeviceId>,
    /// Devices that answer again.
    pub returned: mpsc::Sender<DeviceId>,
}

impl Intake {
    /// Takes events until `stop` comes; those that have come by then are still taken.
    pub async fn work(
        mut self,
        mut events: mpsc::Receiver<BusEvent>,
        mut exchanged: mpsc::Receiver<DeviceId>,
        mut stop: oneshot::Receiver<()>,
    ) {
        let mut site = self.surroundings.site();
        let mut batch = Vec::new();
        // Reused, so that nothing is allocated for each turn.
        let mut rows = Vec::new();
        self.recorder.arrange(site.clone(), &mut rows);
        loop {
            let mut stopping = false;
            tokio::select! {
                count = events.recv_many(&mut batch, BATCH) => stopping = count == 0,
                Some(device) = exchanged.recv() => self.recorder.meter_exchanged(device),
                _ = &mut stop => {
                    stopping = true;
                    batch.extend(std::iter::from_fn(|| events.try_recv().ok()));
                }
            }
            if self.surroundings.have_changed() {
                site = self.surroundings.site();
                self.live.retain(|device| site.topology.device(device).is_some());
                self.recorder.arrange(site.clone(), &mut rows);
            }
            for event in batch.drain(..) {
                match event {
                    BusEvent::Readout(readout) => self.readout(&readout, &mut rows),
                    BusEvent::DeviceState { device, state } => {
                        let was_there = self.live.device(device).is_some_and(|entry| is_there(entry.state));
                        self.live.set_state(device, state);
                        if is_there(state) && !was_there {
                            self.suspect(device);
                            // The same: those that find no room are seen at the next sweep.
                            let _full = self.returned.try_send(device);
                        }
                    }
                    BusEvent::Event { .. } => self.event(&site.topology, event),
                }
            }
            if stopping {
                self.recorder.flush(&mut rows);
            }
            if !rows.is_empty() {
                self.writer.keep(&rows);
                rows.clear();
            }
            if stopping {
                return;
            }
        }
    }

    fn readout(&mut self, readout: &Readout, rows: &mut Vec<Row>) {
        self.live.update(readout);
        self.alarms.offer(readout);
        let before = rows.len();
        self.recorder.take(&self.clock.stamp(readout.at), readout, rows);
        if rows.iter().skip(before).any(|row| row.reason == Reason::CounterReset) {
            self.suspect(readout.device);
        }
    }

    fn suspect(&self, device: DeviceId) {
        // Many at once, after an outage of a bus: those that find no room are asked at the next occasion.
        let _full = self.suspects.try_send(device);
    }

    fn event(&self, topology: &Topology, event: BusEvent) {
        let BusEvent::Event { at, bus, device, code, detail } = event else { return };
        let severity = match code {
            EventCode::BusUp | EventCode::DeviceOnline | EventCode::RangeRefused => Severity::Info,
            EventCode::BusDown | EventCode::DeviceOffline | EventCode::ProfileUnknown => Severity::Warning,
        };
        let bus = topology.bus(bus).map(|bus| bus.name.clone()).unwrap_or_default();
        let device = device.and_then(|id: DeviceId| topology.device(id)).map(|device| device.name.clone()).unwrap_or_default();
        self.chronicle.tell(NewEvent::new(at, severity, code.code(), [("bus", bus), ("device", device), ("detail", detail)]));
    }
}

/// Whether a device in this state answers.
pub const fn is_there(state: DeviceState) -> bool {
    matches!(state, DeviceState::Online | DeviceState::Degraded)
}
