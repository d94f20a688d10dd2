//! The vocabulary that every part of Haubert speaks: quantities, units, readings, quality, time and identity.
//!
//! Nothing here performs IO or reads a clock. Values are *decimals* (an integer and a power of ten) and not floats:
//! meters send scaled integers, and keeping them so makes history exact and small (see `docs/adr/0002-scaled-integers.md`).

mod decimal;
mod device;
mod ids;
mod layout;
mod number;
mod quality;
mod quantity;
mod reading;
mod secret;
mod time;
mod topology;
mod unit;
mod words;

pub use decimal::{Decimal, DecimalError};
pub use device::DeviceIdentity;
pub use ids::{BusId, DeviceId, DiscoveryId, GatewayId, LoadId, OrganisationId, SeriesId, SiteId, UserId, ZoneId};
pub use layout::{Candidate, Choice, Layout, Verdict};
pub use quality::{Quality, Reason};
pub use quantity::{Nature, Quantity, UnknownQuantity};
pub use reading::{PointRef, Reading};
pub use secret::Secret;
pub use time::{Clock, Timestamp};
pub use topology::{Fluid, RecordKind, Usage};
pub use unit::Unit;
pub use words::Words;
