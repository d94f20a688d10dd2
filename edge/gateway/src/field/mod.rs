//! The buses: kept as the topology says, listened to, and searched.

mod exchange;
mod intake;
mod searches;
mod settings;

pub use searches::{Search, Searches};

use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_fieldbus::{Bus, BusEvent, BusHandle, BusStatus, Line, TestReport};
use haubert_model::{BusId, Clock, DeviceId};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, watch};

pub use exchange::Exchanges;
pub use intake::Intake;

/// Events that may wait; a bus whose events nobody takes waits too.
const EVENTS: usize = 4_096;

struct Shared {
    buses: Mutex<HashMap<BusId, BusHandle>>,
    clock: Arc<dyn Clock>,
    catalogue: Arc<Catalogue>,
    events: mpsc::Sender<BusEvent>,
}

/// Handle to the buses; clones share them.
#[derive(Clone)]
pub struct Field(Arc<Shared>);

impl Field {
    /// No bus yet, and the end at which what buses say comes out.
    pub fn new(clock: Arc<dyn Clock>, catalogue: Arc<Catalogue>) -> (Self, mpsc::Receiver<BusEvent>) {
        let (events, received) = mpsc::channel(EVENTS);
        (Self(Arc::new(Shared { buses: Mutex::default(), clock, catalogue, events })), received)
    }

    /// Keeps the buses as the topology says until the future is dropped or nobody changes the topology any more.
    pub async fn follow(self, mut topology: watch::Receiver<Arc<Topology>>) {
        loop {
            let wanted = Arc::clone(&topology.borrow_and_update());
            self.arrange(&wanted).await;
            if topology.changed().await.is_err() {
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
                Some(handle) => handle.update(devices, Arc::clone(&self.0.catalogue)),
                None => {
                    let (clock, catalogue) = (Arc::clone(&self.0.clock), Arc::clone(&self.0.catalogue));
                    buses.insert(bus.id, Bus::spawn(settings::bus(bus), devices, catalogue, clock, self.0.events.clone()));
                }
            }
        }
    }

    /// Tries a device now; `None` when its bus does not run.
    pub async fn test(&self, bus: BusId, device: DeviceId) -> Option<TestReport> {
        self.0.buses.lock().await.get(&bus)?.test(device).await
    }

    /// The buses at this moment.
    pub async fn status(&self) -> HashMap<BusId, BusStatus> {
        self.0.buses.lock().await.iter().map(|(id, handle)| (*id, handle.status())).collect()
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
