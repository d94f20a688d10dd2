//! What loads are for, and how their history is kept.

use serde::{Deserialize, Serialize};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $code)] #[schema(rename = $code)] $variant),+ }

        impl $name {
            /// Every variant, in display order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The variant with this name.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

coded!(
    /// What flows through a meter.
    Fluid {
        /// Electricity.
        Electricity = "electricity",
        /// Water.
        Water = "water",
        /// Natural gas.
        Gas = "gas",
        /// Compressed air.
        Air = "air",
        /// Heat.
        Heat = "heat",
    }
);

coded!(
    /// What a load is used for; consumption is compared by usage.
    Usage {
        /// Whole site or incomer: not added to its own parts.
        Supply = "supply",
        /// Quay and yard cranes.
        Cranes = "cranes",
        /// Refrigerated containers.
        Reefers = "reefers",
        /// Power for ships at berth.
        ShorePower = "shore_power",
        /// Industrial process.
        Process = "process",
        /// Lighting.
        Lighting = "lighting",
        /// Heating, ventilation and cooling.
        Hvac = "hvac",
        /// Offices and sockets.
        Offices = "offices",
        /// Computing and telecommunications.
        It = "it",
        /// Vehicle charging.
        Charging = "charging",
        /// Photovoltaic or other local production.
        Production = "production",
        /// Domestic water.
        Water = "water",
        /// Anything else.
        Other = "other",
    }
);

coded!(
    /// How a series is recorded.
    RecordKind {
        /// A cumulative counter, as read.
        Index = "index",
        /// Mean power over fixed periods.
        LoadCurve = "load_curve",
        /// A quantity sampled in time.
        Trend = "trend",
        /// A state, recorded when it changes.
        State = "state",
    }
);
