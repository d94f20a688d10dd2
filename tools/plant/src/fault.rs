//! Fault switches: what can go wrong with a device, on purpose and at run time.

use haubert_modbus::ExceptionCode;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something wrong with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers nothing.
    Silent,
    /// Answers later by this much.
    Slow(Duration),
    /// Answers with a wrong CRC. Serial framing only.
    WrongCrc,
    /// Refuses everything.
    Exception(ExceptionCode),
    /// Sends the first half of its answer.
    Truncated,
    /// Answers with another transaction id. Modbus TCP only.
    WrongTransaction,
    /// Its own clock goes back to 2000-01-01, once.
    ClockReset,
    /// Its main counter stands just before it rolls over, once.
    Rollover,
    /// Another meter stands in its place: new serial number, counters at zero, once.
    Exchange,
    /// Sends noise of the length of its answer.
    Garbage,
    /// Shows what is no number: NaN in floats, all ones in integers.
    Nan,
    /// Its own clock is ahead by so many seconds (behind when negative), once.
    ClockOff(i32),
    /// Its load-curve log is empty.
    LogEmpty,
    /// Its load-curve log holds so many records only.
    LogShort(u32),
    /// Refuses requests for more than so many registers, as for an illegal address.
    Longest(u16),
    /// Does not answer requests for more than so many registers.
    MuteBeyond(u16),
    /// Every third record of its load-curve log says that its period was not covered whole.
    LogIncomplete,
}

/// A fault that cannot be switched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No device of this name.
    #[error("no device {0:?}; name one as it is named in the scene or as bus/unit")]
    UnknownDevice(String),
    /// The text is no fault.
    #[error(
        "no fault {0:?}; there are silent, slow MS, wrong_crc, exception CODE, truncated, wrong_transaction, clock_reset, rollover, exchange, garbage, nan, clock_off SECONDS, log_empty, log_short RECORDS, log_incomplete, longest REGISTERS, mute_beyond REGISTERS"
    )]
    Unknown(String),
    /// The fault has no meaning on this bus.
    #[error("{fault} has no meaning on a bus of kind {kind}")]
    NotOnThisBus {
        /// The fault.
        fault: String,
        /// Kind of the bus.
        kind: &'static str,
    },
    /// The device has nothing to which the fault could happen.
    #[error("the device has no {0}")]
    NothingToBreak(&'static str),
}

impl Fault {
    /// Whether it happens once and leaves no switch on.
    pub const fn is_event(self) -> bool {
        matches!(self, Self::ClockReset | Self::ClockOff(_) | Self::Rollover | Self::Exchange)
    }

    /// Two faults of one kind replace each other.
    pub(crate) fn same_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("silent"),
            Self::Slow(delay) => write!(f, "slow {}", delay.as_millis()),
            Self::WrongCrc => f.write_str("wrong_crc"),
            Self::Exception(code) => write!(f, "exception {}", code.as_u8()),
            Self::Truncated => f.write_str("truncated"),
            Self::WrongTransaction => f.write_str("wrong_transaction"),
            Self::ClockReset => f.write_str("clock_reset"),
            Self::Rollover => f.write_str("rollover"),
            Self::Exchange => f.write_str("exchange"),
            Self::Garbage => f.write_str("garbage"),
            Self::Nan => f.write_str("nan"),
            Self::ClockOff(seconds) => write!(f, "clock_off {seconds}"),
            Self::LogEmpty => f.write_str("log_empty"),
            Self::LogShort(records) => write!(f, "log_short {records}"),
            Self::LogIncomplete => f.write_str("log_incomplete"),
            Self::Longest(registers) => write!(f, "longest {registers}"),
            Self::MuteBeyond(registers) => write!(f, "mute_beyond {registers}"),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    /// As displayed: `silent`, `slow 250`, `exception 4`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || FaultError::Unknown(text.chars().take(64).collect());
        let mut words = text.split_whitespace();
        let name = words.next().ok_or_else(unknown)?;
        let argument = words.next();
        let fault = match (name, argument) {
            ("slow", Some(ms)) => Self::Slow(Duration::from_millis(ms.parse::<u32>().map_err(|_| unknown())?.into())),
            ("exception", Some(code)) => Self::Exception(ExceptionCode::from_u8(code.parse().map_err(|_| unknown())?)),
            ("silent", None) => Self::Silent,
            ("wrong_crc", None) => Self::WrongCrc,
            ("truncated", None) => Self::Truncated,
            ("wrong_transaction", None) => Self::WrongTransaction,
            ("clock_reset", None) => Self::ClockReset,
            ("rollover", None) => Self::Rollover,
            ("exchange", None) => Self::Exchange,
            ("garbage", None) => Self::Garbage,
            ("nan", None) => Self::Nan,
            ("clock_off", Some(seconds)) => Self::ClockOff(seconds.parse().map_err(|_| unknown())?),
            ("log_empty", None) => Self::LogEmpty,
            ("log_short", Some(records)) => Self::LogShort(records.parse().map_err(|_| unknown())?),
            ("log_incomplete", None) => Self::LogIncomplete,
            ("longest", Some(registers)) => Self::Longest(registers.parse().map_err(|_| unknown())?),
            ("mute_beyond", Some(registers)) => Self::MuteBeyond(registers.parse().map_err(|_| unknown())?),
            _ => return Err(unknown()),
        };
        if words.next().is_some() { Err(unknown()) } else { Ok(fault) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_written_as_they_are_read() {
        for text in [
            "silent",
            "slow 250",
            "wrong_crc",
            "exception 11",
            "truncated",
            "wrong_transaction",
            "clock_reset",
            "rollover",
            "exchange",
            "garbage",
            "nan",
            "clock_off -3600",
            "longest 2",
            "mute_beyond 4",
            "log_empty",
            "log_short 5",
            "log_incomplete",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "slow", "slow x", "exception 300", "silent now", "broken", "slow 1 2"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
