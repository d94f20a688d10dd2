//! How long things take on a serial line (Modbus over Serial Line V1.02, clause 2.5.1.1).

use std::time::Duration;

/// The parity bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even, the specification's default.
    Even,
    /// Odd.
    Odd,
}

/// Settings of a line; eight data bits always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineSettings {
    /// Bits per second.
    pub baud: u32,
    /// Parity bit.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
}

/// Above this rate the silences are fixed.
const FIXED_ABOVE_BAUD: u32 = 19_200;

impl LineSettings {
    /// Bits of one character: start, eight data, parity, stop.
    pub const fn bits_per_char(&self) -> u32 {
        let parity = match self.parity {
            Parity::None => 0,
            Parity::Even | Parity::Odd => 1,
        };
        9 + parity + self.stop_bits as u32
    }

    /// Time of one character.
    pub fn char_time(&self) -> Duration {
        self.wire_time(1)
    }

    /// Time that `bytes` take on the wire, back to back.
    pub fn wire_time(&self, bytes: usize) -> Duration {
        let bits = u64::from(self.bits_per_char()).saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX));
        Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(self.baud.max(1)))
    }

    /// Longest gap within a frame: 1.5 characters, 750 µs above 19200 baud.
    pub fn t15(&self) -> Duration {
        if self.baud > FIXED_ABOVE_BAUD { Duration::from_micros(750) } else { self.wire_time(3) / 2 }
    }

    /// Shortest silence between frames: 3.5 characters, 1.75 ms above 19200 baud.
    pub fn t35(&self) -> Duration {
        if self.baud > FIXED_ABOVE_BAUD { Duration::from_micros(1750) } else { self.wire_time(7) / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_specification() {
        let line = LineSettings { baud: 9600, parity: Parity::Even, stop_bits: 1 };
        assert_eq!(line.bits_per_char(), 11);
        assert_eq!(line.char_time(), Duration::from_nanos(1_145_833));
        assert_eq!(line.t35(), line.wire_time(7) / 2);
        assert_eq!(line.t35().as_micros(), 4010);
        let fast = LineSettings { baud: 38_400, ..line };
        assert_eq!((fast.t15(), fast.t35()), (Duration::from_micros(750), Duration::from_micros(1750)));
        let plain = LineSettings { parity: Parity::None, ..line };
        assert_eq!(plain.bits_per_char(), 10);
    }

    #[test]
    fn absurd_settings_do_not_overflow() {
        let line = LineSettings { baud: 0, parity: Parity::Odd, stop_bits: 255 };
        assert!(line.wire_time(usize::MAX) > Duration::ZERO);
    }
}
