//! Families of quantities, each of which may be read at a period of its own.

use haubert_model::{Nature, Quantity};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A family of quantities: what changes at the same pace and is wanted at the same pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Instant electrical values and states.
    Power,
    /// Counters.
    Energy,
    /// Distortion, climate, and whatever else changes slowly.
    Quality,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Power, Self::Energy, Self::Quality];

    /// The group of a quantity.
    pub const fn of(quantity: Quantity) -> Self {
        match quantity.nature() {
            Nature::Counter => Self::Energy,
            Nature::State => Self::Power,
            Nature::Instant => match quantity {
                Quantity::ThdVoltageL1
                | Quantity::ThdVoltageL2
                | Quantity::ThdVoltageL3
                | Quantity::ThdCurrentL1
                | Quantity::ThdCurrentL2
                | Quantity::ThdCurrentL3
                | Quantity::Temperature
                | Quantity::RelativeHumidity => Self::Quality,
                _ => Self::Power,
            },
        }
    }
}

/// A period for each group; `None` where the next wider setting decides: of a device, its bus; of a bus, its `poll`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Periods {
    /// Of [`Group::Power`].
    pub power: Option<Duration>,
    /// Of [`Group::Energy`].
    pub energy: Option<Duration>,
    /// Of [`Group::Quality`].
    pub quality: Option<Duration>,
}

impl Periods {
    /// What is set for a group.
    pub const fn of(&self, group: Group) -> Option<Duration> {
        match group {
            Group::Power => self.power,
            Group::Energy => self.energy,
            Group::Quality => self.quality,
        }
    }
}
