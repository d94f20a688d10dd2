//! One value as it comes off a bus.

use crate::{Decimal, DeviceId, Quality, Quantity, Reason, Timestamp};
use serde::{Deserialize, Serialize};

/// A measured point of a device: which of its loads, which quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PointRef {
    /// The device.
    pub device: DeviceId,
    /// Load number within the device, from 1.
    pub channel: u8,
    /// What is measured.
    pub quantity: Quantity,
}

/// A value in the quantity's canonical unit, when it was measured and how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where it comes from.
    pub point: PointRef,
    /// The value; `None` exactly when the quality is [`Quality::Bad`].
    pub value: Option<Decimal>,
    /// When the answer that carried it arrived.
    pub at: Timestamp,
    /// Why it is as good as it is.
    pub reason: Reason,
}

impl Reading {
    /// A usable value; the reason may reserve its quality.
    pub const fn measured(point: PointRef, value: Decimal, at: Timestamp, reason: Reason) -> Self {
        Self { point, value: Some(value), at, reason }
    }

    /// No usable value, because of `reason`.
    pub const fn missing(point: PointRef, at: Timestamp, reason: Reason) -> Self {
        Self { point, value: None, at, reason }
    }

    /// How far to trust it.
    pub const fn quality(&self) -> Quality {
        if self.value.is_none() { Quality::Bad } else { self.reason.quality() }
    }
}
