//! Exception codes: how a server says no.

use std::fmt;

/// Clause 7 of the application protocol. Unknown codes are kept, since devices in the field invent their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExceptionCode {
    /// 1: the function is not supported.
    IllegalFunction,
    /// 2: address, or address + quantity, does not exist.
    IllegalDataAddress,
    /// 3: a field of the request is outside its limits.
    IllegalDataValue,
    /// 4: the device failed while it did the work.
    ServerDeviceFailure,
    /// 5: accepted, and it takes time.
    Acknowledge,
    /// 6: busy, ask again later.
    ServerDeviceBusy,
    /// 8: extended memory is inconsistent.
    MemoryParityError,
    /// 10: the gateway has no path to this unit.
    GatewayPathUnavailable,
    /// 11: the device behind the gateway did not answer.
    GatewayTargetFailed,
    /// Any other code.
    Other(u8),
}

impl ExceptionCode {
    /// From the byte on the wire.
    pub const fn from_u8(code: u8) -> Self {
        match code {
            1 => Self::IllegalFunction,
            2 => Self::IllegalDataAddress,
            3 => Self::IllegalDataValue,
            4 => Self::ServerDeviceFailure,
            5 => Self::Acknowledge,
            6 => Self::ServerDeviceBusy,
            8 => Self::MemoryParityError,
            10 => Self::GatewayPathUnavailable,
            11 => Self::GatewayTargetFailed,
            other => Self::Other(other),
        }
    }

    /// The byte on the wire.
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::IllegalFunction => 1,
            Self::IllegalDataAddress => 2,
            Self::IllegalDataValue => 3,
            Self::ServerDeviceFailure => 4,
            Self::Acknowledge => 5,
            Self::ServerDeviceBusy => 6,
            Self::MemoryParityError => 8,
            Self::GatewayPathUnavailable => 10,
            Self::GatewayTargetFailed => 11,
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for ExceptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::IllegalFunction => "illegal function",
            Self::IllegalDataAddress => "illegal data address",
            Self::IllegalDataValue => "illegal data value",
            Self::ServerDeviceFailure => "server device failure",
            Self::Acknowledge => "acknowledge",
            Self::ServerDeviceBusy => "server device busy",
            Self::MemoryParityError => "memory parity error",
            Self::GatewayPathUnavailable => "gateway path unavailable",
            Self::GatewayTargetFailed => "gateway target device failed to respond",
            Self::Other(_) => "unknown exception",
        };
        write!(f, "{name} ({})", self.as_u8())
    }
}

/// The PDU with which a server refuses `function`.
pub fn exception_pdu(function: u8, code: ExceptionCode) -> Vec<u8> {
    vec![function | 0x80, code.as_u8()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_round_trips() {
        for code in 0..=u8::MAX {
            assert_eq!(ExceptionCode::from_u8(code).as_u8(), code);
        }
    }
}
