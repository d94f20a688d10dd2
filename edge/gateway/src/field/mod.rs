//! The buses: kept as the topology says, listened to, and searched.

mod exchange;
mod intake;
mod layouts;
mod refusals;
mod searches;
mod settings;
mod trials;

pub use searches::{Search, Searches};

use crate::policy::lines::held_by;
use crate::policy::{Policies, Service};
use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_fieldbus::{Bus, BusEvent, BusHandle, BusStatus, Commons, Gates, Images, Line, TestReport, Urgency, Writes};
use haubert_model::{BusId, Clock, DeviceId};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, watch};

pub use exchange::Exchanges;
pub use intake::{Intake, Surroundings, is_there};
pub use layouts::Layouts;
pub use refusals::Keeper;
pub use trials::{Trial, TrialReport};

/// Events that may wait; a bus whose events nobody takes waits too.
const EVENTS: usize = 4_096;

struct Shared {
    buses: Mutex<HashMap<BusId, BusHandle>>,
    commons: Commons,
    keeper: Keeper,
    profiles: watch::Receiver<Arc<Catalogue>>,
    policy: Policies,
}

/// Handle to the buses; clones share them.
#[derive(Clone)]
pub struct Field(Arc<Shared>);

impl Field {
    /// No bus yet, and the end at which what buses say comes out.
    pub fn new(
        clock: Arc<dyn Clock>,
        profiles: watch::Receiver<Arc<Catalogue>>,
        keeper: Keeper,
        policy: Policies,
    ) -> (Self, mpsc::Receiver<BusEvent>) {
        let (events, received) = mpsc::channel(EVENTS);
        let commons = Commons { clock, gates: Gates::default(), memory: keeper.memory(), images: Images::default(), events };
        (Self(Arc::new(Shared { buses: Mutex::default(), commons, keeper, profiles, policy })), received)
    }

    /// The device profiles as they now are.
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.profiles.borrow())
    }

    /// Keeps the buses as topology, profiles and policy say until the future is dropped or nobody changes them any more.
    pub async fn follow(self, mut topology: watch::Receiver<Arc<Topology>>) {
        let mut profiles = self.0.profiles.clone();
        let mut policy = self.0.policy.subscribe();
        loop {
            let wanted = Arc::clone(&topology.borrow_and_update());
            profiles.mark_unchanged();
            let rules = Arc::clone(&policy.borrow_and_update());
            self.0.commons.gates.allow(Writes::Window, rules.allows(Service::ModbusWriting));
            self.0.commons.gates.allow(Writes::Listed, rules.allows(Service::ModbusServerWriting));
            self.arrange(&wanted).await;
            let changed = tokio::select! {
                changed = topology.changed() => changed,
                changed = profiles.changed() => changed,
                changed = policy.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Keeps what devices refuse, until the future is dropped.
    pub async fn keep_refusals(self) {
        self.0.keeper.work().await;
    }

    /// Stops what is not wanted, starts what is missing, tells the others of their devices.
    async fn arrange(&self, wanted: &Topology) {
        self.0.commons.memory.retain(|device| wanted.device(device).is_some());
        self.0.commons.images.retain(|device| wanted.device(device).is_some());
        let policy = self.0.policy.current();
        let runs = |bus: &crate::topology::Bus| bus.enabled && held_by(&policy, &bus.line).is_none();
        let mut buses = self.0.buses.lock().await;
        let gone: Vec<BusId> = buses
            .iter()
            .filter(|(id, handle)| wanted.bus(**id).is_none_or(|bus| !runs(bus) || settings::bus(bus) != *handle.settings()))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(handle) = buses.remove(&id) {
                handle.shutdown().await;
            }
        }
        for bus in wanted.buses.iter().filter(|bus| runs(bus)) {
            let devices = wanted.devices_on(bus.id).filter_map(settings::device).collect();
            match buses.get(&bus.id) {
                Some(handle) => handle.update(devices, self.catalogue()),
                None => {
                    let handle = Bus::spawn(settings::bus(bus), devices, self.catalogue(), &self.0.commons);
                    buses.insert(bus.id, handle);
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

    /// Where buses say what they read, for inputs that are none.
    pub fn events(&self) -> mpsc::Sender<BusEvent> {
        self.0.commons.events.clone()
    }

    /// What was last read of each device.
    pub fn images(&self) -> &Images {
        &self.0.commons.images
    }

    /// The buses at this moment.
    pub async fn status(&self) -> HashMap<BusId, BusStatus> {
        self.0.buses.lock().await.iter().map(|(id, handle)| (*id, handle.status())).collect()
    }

    /// The line of a running bus, for requests between its own.
    pub async fn bus_line(&self, bus: BusId, urgency: Urgency) -> Option<haubert_fieldbus::BusLine> {
        self.0.buses.lock().await.get(&bus).map(|handle| handle.line(urgency))
    }

    /// The running bus on this line, through which probes must go so that they do not disturb it.
    async fn line(&self, line: &Line) -> Option<haubert_fieldbus::BusLine> {
        self.0
            .buses
            .lock()
            .await
            .values()
            .find(|handle| handle.settings().line == *line)
            .map(|handle| handle.line(Urgency::Probe))
    }

    /// Stops every bus, waits until the lines are closed, and keeps what was learnt last.
    pub async fn stop(&self) {
        let buses: Vec<BusHandle> = self.0.buses.lock().await.drain().map(|(_, handle)| handle).collect();
        for handle in buses {
            handle.shutdown().await;
        }
        self.0.keeper.flush().await;
    }
}
