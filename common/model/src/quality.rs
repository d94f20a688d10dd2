//! How far a reading can be trusted, and why.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Trust in a value.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Measured and plausible.
    Good,
    /// There is a value, with a reservation given by the reason.
    Uncertain,
    /// No usable value.
    Bad,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $quality:ident);+ $(;)?) => {
        /// Why a value has the quality it has. The number is stored, so it never changes meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Reason { $($(#[$doc])* $variant = $code),+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored code.
            pub const fn code(self) -> u8 { self as u8 }

            /// The reason with this stored code, if there is one.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The quality that this reason gives to a value.
            pub const fn quality(self) -> Quality {
                match self { $(Self::$variant => Quality::$quality),+ }
            }
        }
    };
}

reasons!(
    /// Nothing to remark.
    Measured = 0, Good;
    /// The gateway's clock was not known to be right.
    ClockNotSet = 1, Uncertain;
    /// The averaging period was not covered whole.
    Incomplete = 2, Uncertain;
    /// Both of the above.
    IncompleteClockNotSet = 3, Uncertain;
    /// Outside what the profile calls plausible.
    Implausible = 4, Uncertain;
    /// First value after the counter rolled over.
    RolledOver = 5, Good;
    /// First value after the counter was set back.
    CounterReset = 6, Uncertain;
    /// First value of another meter in the same place.
    MeterExchanged = 7, Uncertain;
    /// Read back later from the device's own log.
    Recovered = 8, Good;
    /// Read back later; the device says that it did not cover the period whole.
    RecoveredIncomplete = 9, Uncertain;
    /// Read back later; the device's clock was off, so the period may be another one.
    RecoveredClockNotSet = 10, Uncertain;
    /// The device did not answer in time.
    NoAnswer = 16, Bad;
    /// The device refused with an exception.
    Refused = 17, Bad;
    /// The answer was damaged (CRC, length, header).
    DamagedAnswer = 18, Bad;
    /// Not a number or infinite.
    NotANumber = 19, Bad;
    /// The device says that it does not have this value.
    NotAvailable = 20, Bad;
    /// Does not fit the quantity (overflow of the scale).
    OutOfRange = 21, Bad;
    /// The bus is switched off or its port cannot be opened.
    BusDown = 22, Bad;
    /// It was measured, but what was stored of it is damaged.
    StoreDamaged = 23, Bad;
);

impl Reason {
    /// Whether the value was read back later from the device's own log.
    pub const fn is_recovered(self) -> bool {
        matches!(self, Self::Recovered | Self::RecoveredIncomplete | Self::RecoveredClockNotSet)
    }
}

/// The name on the wire, `clock_not_set`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_codes_round_trip() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
        assert_eq!(Reason::from_code(255), None);
        assert_eq!(Reason::ClockNotSet.to_string(), "clock_not_set");
    }
}
