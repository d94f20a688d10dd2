//! The buses: kept as the topology says, listened to, and searched.

mod exchange;
mod intake;
mod layouts;
mod searches;
mod settings;
mod trials;

pub use searches::{Search, Searches};

use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_fieldbus::{Bus, BusEvent, BusHandle, BusStatus, Line, TestReport};
use haubert_model::{BusId, Clock, DeviceId};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, watch};

pub use exchange::Exchanges;
pub use intake::{Intake, Surroundings, is_there};
pub use layouts::Layouts;
pub use trials::{Trial, TrialReport};

/// Events that may wait; a bus whose events nobody takes waits too.
const EVENTS: usize = 4_096;

struct Shared {
    buses: Mutex<HashMap<BusId, BusHandle>>,
    clock: Arc<dyn Clock>,
    profiles: watch::Receiver<Arc<Catalogue>>,
    events: mpsc::Sender<BusEvent>,
}

/// Handle to the buses; clones share them.
#[derive(Clone)]
pub struct Field(Arc<Shared>);

impl Field {
    /// No bus yet, and the end at which what buses say comes out.
    pub fn new(clock: Arc<dyn Clock>, profiles: watch::Receiver<Arc<Catalogue>>) -> (Self, mpsc::Receiver<BusEvent>) {
        let (events, received) = mpsc::channel(EVENTS);
        (Self(Arc::new(Shared { buses: Mutex::default(), clock, profiles, events })), received)
    }

    /// The device profiles as they now are.
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.profiles.borrow())
    }

    /// Keeps the buses as topology and profiles say until the future is dropped or nobody changes them any more.
    pub async fn follow(self, mut topology: watch::Receiver<Arc<Topology>>) {
        let mut profiles = self.0.profiles.clone();
        loop {
            let wanted = Arc::clone(&topology.borrow_and_update());
            profiles.mark_unchanged();
            self.arrange(&wanted).await;
            let changed = tokio::select! {
                changed = topology.changed() => changed,
                changed = profiles.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Stops what is not wanted, starts what is missing, tells the others of their devices.
    async fn arrange(&self, wanted: &Topology) {
        let mut buses = self.0.buses.lock().await;
        let gone: Vec<BusId> = buses
            .iter()
            .filter(|(id, handle)| wanted.bus(**id).is_none_or(|bus| !bus.enabled || settings::bus(bus) != *handle.settings()))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(handle) = buses.remove(&id) {
                handle.shutdown().await;
            }
        }
        for bus in wanted.buses.iter().filter(|bus| bus.enabled) {
            let devices = wanted.devices_on(bus.id).map(settings::device).collect();
            match buses.get(&bus.id) {
                Some(handle) => handle.update(devices, self.catalogue()),
                None => {
                    let (clock, catalogue) = (Arc::clone(&self.0.clock), self.catalogue());
                    buses.insert(bus.id, Bus::spawn(settings::bus(bus), devices, catalogue, clock, self.0.events.clone()));
                }
            }
        }
    }

    /// Tries a device now; `None` when its bus does not run.
    pub async fn test(&self, bus: BusId, device: DeviceId) -> Option<TestReport> {
        self.0.buses.lock().await.get(&bus)?.test(device).await
    }

    /// Forgets which ranges a device refused; `false` when its bus does not run.
    pub async fn forget_refused(&self, bus: BusId, device: DeviceId) -> bool {
        match self.0.buses.lock().await.get(&bus) {
            Some(handle) => handle.forget_refused(device).await,
            None => false,
        }
    }

    /// The buses at this moment.
    pub async fn status(&self) -> HashMap<BusId, BusStatus> {
        self.0.buses.lock().await.iter().map(|(id, handle)| (*id, handle.status())).collect()
    }

    /// The line of a running bus, for requests between its own.
    pub async fn bus_line(&self, bus: BusId) -> Option<haubert_fieldbus::BusLine> {
        self.0.buses.lock().await.get(&bus).map(BusHandle::line)
    }

    /// The running bus on this line, through which probes must go so that they do not disturb it.
    async fn line(&self, line: &Line) -> Option<haubert_fieldbus::BusLine> {
        self.0.buses.lock().await.values().find(|handle| handle.settings().line == *line).map(BusHandle::line)
    }

    /// Stops every bus and waits until the lines are closed.
    pub async fn stop(&self) {
        let buses: Vec<BusHandle> = self.0.buses.lock().await.drain().map(|(_, handle)| handle).collect();
        for handle in buses {
            handle.shutdown().await;
        }
    }
}
