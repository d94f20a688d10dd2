//! One newtype per identity, so that a load's id cannot be passed where a device's is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(with = "String")]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

uuid_id!(
    /// A field bus of a gateway: one serial line or one TCP endpoint.
    BusId,
    /// A meter, sensor or concentrator on a bus.
    DeviceId,
    /// A search for devices that runs or ran.
    DiscoveryId,
    /// What a device measures: one feeder, one fluid, one input.
    LoadId,
    /// A place in the site: building, quay, room.
    ZoneId,
    /// A physical site of an organisation.
    SiteId,
    /// A Haubert gateway.
    GatewayId,
    /// A company, authority or service of the community.
    OrganisationId,
    /// A person's account.
    UserId,
);

/// A series of the historian, unique within one gateway and never reused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct SeriesId(pub u32);

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
