//! From the buses to the alarms, for the few points that rules look at: the task that everything measured passes through must not
//! wait, and does nothing for the other points.

use haubert_fieldbus::Readout;
use haubert_model::{DeviceId, PointRef, Quantity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::mpsc;

/// Turns that may wait.
const WAITING: usize = 4_096;

/// Which points are wanted, by their devices.
type Wanted = BTreeMap<DeviceId, BTreeSet<(u8, Quantity)>>;
/// Values of one turn.
pub(super) type Values = Vec<(PointRef, Option<f64>)>;

/// The way; clones share it.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    wanted: RwLock<Wanted>,
    sender: mpsc::Sender<Values>,
    receiver: Mutex<Option<mpsc::Receiver<Values>>>,
    missed: AtomicBool,
}

impl Default for Feed {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let receiver = Mutex::new(Some(receiver));
        Self(Arc::new(Inner { wanted: RwLock::default(), sender, receiver, missed: AtomicBool::new(false) }))
    }
}

impl Feed {
    pub(super) fn offer(&self, readout: &Readout) {
        let values: Values = {
            let wanted = self.0.wanted.read().unwrap_or_else(PoisonError::into_inner);
            let Some(points) = wanted.get(&readout.device) else { return };
            let wanted = readout.readings().filter(|reading| points.contains(&(reading.point.channel, reading.point.quantity)));
            wanted.map(|reading| (reading.point, reading.value.map(|value| value.to_f64()))).collect()
        };
        if !values.is_empty() && self.0.sender.try_send(values).is_err() {
            self.0.missed.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn want(&self, points: impl Iterator<Item = PointRef>) {
        let mut wanted = Wanted::new();
        for point in points {
            wanted.entry(point.device).or_default().insert((point.channel, point.quantity));
        }
        *self.0.wanted.write().unwrap_or_else(PoisonError::into_inner) = wanted;
    }

    /// What was offered; only once.
    pub(super) fn taken(&self) -> Option<mpsc::Receiver<Values>> {
        self.0.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether something was offered for which there was no room, since this was last asked.
    pub(super) fn has_missed(&self) -> bool {
        self.0.missed.swap(false, Ordering::Relaxed)
    }
}
