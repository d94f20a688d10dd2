//! What devices refused, kept beyond the end of a bus and of the program.
//!
//! Buses learn and recall; whoever owns the memory keeps it somewhere ([`Memory::changes`]). What was learnt holds for the layout
//! that it was learnt with: with another profile, or other loads, other registers are asked for.

use crate::map::spans;
use crate::plan::{RefusedRange, Span};
use crate::settings::DeviceSettings;
use haubert_content::Profile;
use haubert_model::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What one device refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// What it was asked for then.
    pub layout: LayoutMark,
    /// The ranges, in the order of their refusal.
    pub ranges: Vec<RefusedRange>,
    /// It takes requests for one value at a time only.
    pub one_request_per_value: bool,
    /// When it is asked for all of it again.
    pub believed_until: Timestamp,
}

/// Tells one set of registers to ask for from another. Another build may reckon it otherwise: then devices are asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayoutMark(u64);

impl LayoutMark {
    /// Of all that is read of a device.
    pub(crate) fn of(profile: &Profile, device: &DeviceSettings) -> Self {
        let mut hasher = DefaultHasher::new();
        (&profile.id, device.base).hash(&mut hasher);
        for point in profile.points_as(device.table_version, device.channels, &device.layout) {
            (point.channel, point.quantity.code()).hash(&mut hasher);
            spans(&point).hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}

impl RefusedRange {
    pub(crate) const fn span(&self) -> Option<Span> {
        use haubert_modbus::Table::{Coils, DiscreteInputs, HoldingRegisters, InputRegisters};
        let table = match self.function {
            1 => Coils,
            2 => DiscreteInputs,
            3 => HoldingRegisters,
            4 => InputRegisters,
            _ => return None,
        };
        Some(Span { table, start: self.start, count: self.count })
    }
}

/// A device whose refusals are others than before; `None` when there are none any more.
pub type Change = (DeviceId, Option<Refusals>);

/// The memory that the buses of one gateway share; clones are the same.
#[derive(Clone, Default)]
pub struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Default)]
struct State {
    known: HashMap<DeviceId, Refusals>,
    changed: BTreeSet<DeviceId>,
}

impl Memory {
    /// With what was kept.
    pub fn new(kept: impl IntoIterator<Item = (DeviceId, Refusals)>) -> Self {
        let memory = Self::default();
        memory.state().known.extend(kept);
        memory
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a device refused; what it refused with another layout is forgotten.
    pub(crate) fn recall(&self, device: DeviceId, layout: impl FnOnce() -> LayoutMark) -> Option<Refusals> {
        let known = self.state().known.get(&device).cloned()?;
        if known.layout != layout() {
            self.learn(device, None);
            return None;
        }
        Some(known)
    }

    /// Replaces what is known of a device.
    pub(crate) fn learn(&self, device: DeviceId, refusals: Option<Refusals>) {
        let mut state = self.state();
        let before = match refusals.clone() {
            Some(refusals) => state.known.insert(device, refusals),
            None => state.known.remove(&device),
        };
        if before != refusals {
            state.changed.insert(device);
            self.0.bell.notify_one();
        }
    }

    /// Forgets devices that are no more; whoever keeps the memory knows of that.
    pub fn retain(&self, is_there: impl Fn(DeviceId) -> bool) {
        let mut state = self.state();
        state.known.retain(|device, _| is_there(*device));
        state.changed.retain(|device| is_there(*device));
    }

    /// What changed since this was asked last.
    pub fn take_changes(&self) -> Vec<Change> {
        let mut state = self.state();
        let changed = std::mem::take(&mut state.changed);
        changed.into_iter().map(|device| (device, state.known.get(&device).cloned())).collect()
    }

    /// Waits for a change.
    pub async fn changed(&self) {
        self.0.bell.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Layout;

    fn refusals(layout: LayoutMark) -> Refusals {
        let range = RefusedRange { function: 3, start: 10, count: 2, since: Timestamp(5) };
        Refusals { layout, ranges: vec![range], one_request_per_value: false, believed_until: Timestamp(9) }
    }

    #[test]
    fn what_is_learnt_is_recalled_and_told_once() {
        let (memory, id) = (Memory::default(), DeviceId(uuid::Uuid::from_u128(1)));
        let known = refusals(LayoutMark(7));
        memory.learn(id, Some(known.clone()));
        memory.learn(id, Some(known.clone()));
        assert_eq!(memory.recall(id, || LayoutMark(7)), Some(known.clone()));
        assert_eq!(memory.take_changes(), [(id, Some(known.clone()))]);
        assert_eq!(memory.take_changes(), []);
        memory.learn(id, Some(known));
        assert_eq!(memory.take_changes(), [], "nothing new");
        assert_eq!(memory.recall(id, || LayoutMark(8)), None, "another layout");
        assert_eq!(memory.take_changes(), [(id, None)]);
    }

    #[test]
    fn the_mark_follows_what_is_asked_for() {
        let catalogue = haubert_content::embedded().unwrap();
        let profile = |name: &str| catalogue.get(&haubert_content::ProfileId::new(name)).unwrap();
        let device = DeviceSettings {
            id: DeviceId(uuid::Uuid::from_u128(1)),
            name: "one".to_owned(),
            unit: 1,
            profile: haubert_content::ProfileId::new("socomec/diris-b30"),
            base: None,
            table_version: None,
            layout: Layout::default(),
            channels: 2,
            enabled: true,
            options: crate::DeviceOptions::default(),
        };
        let mark = |profile, device: &DeviceSettings| LayoutMark::of(profile, device);
        let first = mark(profile("socomec/diris-b30"), &device);
        let renamed = DeviceSettings { name: "two".to_owned(), ..device.clone() };
        assert_eq!(mark(profile("socomec/diris-b30"), &renamed), first);
        assert_ne!(mark(profile("socomec/diris-b30"), &DeviceSettings { channels: 3, ..device.clone() }), first);
        assert_ne!(mark(profile("socomec/countis-e3x"), &device), first);
    }
}
