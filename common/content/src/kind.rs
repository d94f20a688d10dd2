//! How numbers lie in registers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Type of the number that one or more registers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegisterType {
    /// Unsigned, one register.
    U16,
    /// Two's complement, one register.
    S16,
    /// Unsigned, two registers.
    U32,
    /// Two's complement, two registers.
    S32,
    /// Unsigned, four registers.
    U64,
    /// Two's complement, four registers.
    S64,
    /// IEEE 754 single, two registers.
    F32,
    /// IEEE 754 double, four registers.
    F64,
}

impl RegisterType {
    /// Number of registers.
    pub const fn words(self) -> u16 {
        match self {
            Self::U16 | Self::S16 => 1,
            Self::U32 | Self::S32 | Self::F32 => 2,
            Self::U64 | Self::S64 | Self::F64 => 4,
        }
    }

    /// Whether it is a floating-point number.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Smallest and largest integer; floats have none.
    pub const fn integer_range(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::U16 => (0, u16::MAX as i128),
            Self::S16 => (i16::MIN as i128, i16::MAX as i128),
            Self::U32 => (0, u32::MAX as i128),
            Self::S32 => (i32::MIN as i128, i32::MAX as i128),
            Self::U64 => (0, u64::MAX as i128),
            Self::S64 => (i64::MIN as i128, i64::MAX as i128),
            Self::F32 | Self::F64 => return None,
        })
    }

    /// The integer behind a bit pattern, sign extended as the type asks; `None` for floats.
    pub(crate) const fn integer(self, bits: u64) -> Option<i128> {
        Some(match self {
            Self::U16 | Self::U32 | Self::U64 => bits as i128,
            Self::S16 => bits as u16 as i16 as i128,
            Self::S32 => bits as u32 as i32 as i128,
            Self::S64 => bits as i64 as i128,
            Self::F32 | Self::F64 => return None,
        })
    }

    /// The float behind a bit pattern; `None` for integers.
    pub(crate) const fn float(self, bits: u64) -> Option<f64> {
        match self {
            Self::F32 => Some(f32::from_bits(bits as u32) as f64),
            Self::F64 => Some(f64::from_bits(bits)),
            _ => None,
        }
    }
}

/// Which register of a longer number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordOrder {
    /// Most significant register at the lowest address (the usual order).
    #[default]
    HighFirst,
    /// Least significant register at the lowest address.
    LowFirst,
}
