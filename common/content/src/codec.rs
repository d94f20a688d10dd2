//! Raw registers to values and back. Integers stay exact; floats are rounded once, to what the quantity is worth.

use crate::point::ResolvedPoint;
use crate::{RegisterType, WordOrder};
use haubert_model::{Decimal, DecimalError, Nature, Reason};

/// SunSpec's "not implemented" in a scale register.
const SCALE_ABSENT: u16 = 0x8000;
const SCALE_LIMIT: i16 = 10;

impl ResolvedPoint {
    /// The value in the quantity's unit, with a reservation if there is one. `words` gives the registers that were read.
    ///
    /// # Errors
    /// The [`Reason`] why there is no value: `NoAnswer` when a register was not read, `NotAvailable` for the pattern that
    /// means so, `NotANumber`, `OutOfRange`.
    pub fn decode(&self, words: &impl Fn(u16) -> Option<u16>) -> Result<(Decimal, Reason), Reason> {
        let bits = gather(words, self.address, self.kind, self.words)?;
        if self.absent == Some(bits) {
            return Err(Reason::NotAvailable);
        }
        let power = match self.scale_register {
            None => 0,
            Some(register) => scale_power(words(register).ok_or(Reason::NoAnswer)?)?,
        };
        let mut reason = Reason::Measured;
        let value = match (self.kind.integer(bits), self.kind.float(bits)) {
            (Some(raw), _) => {
                if self.rollover.is_some_and(|modulus| raw >= i128::from(modulus)) {
                    reason = Reason::Implausible;
                }
                let main = scaled(raw, self.scale, power)?;
                match self.plus {
                    None => main,
                    Some(part) => {
                        let bits = gather(words, part.address, part.kind, self.words)?;
                        let raw = part.kind.integer(bits).ok_or(Reason::NotANumber)?;
                        sum(main, scaled(raw, part.scale, power)?)?
                    }
                }
            }
            (None, float) => {
                let mut float = float.ok_or(Reason::NotANumber)? * self.scale.to_f64();
                if let Some(part) = self.plus {
                    let bits = gather(words, part.address, part.kind, self.words)?;
                    float += part.kind.float(bits).ok_or(Reason::NotANumber)? * part.scale.to_f64();
                }
                let float = if power == 0 { float } else { float * 10f64.powi(i32::from(power)) };
                Decimal::from_f64(float, self.quantity.resolution_exponent()).map_err(|error| match error {
                    DecimalError::NotFinite => Reason::NotANumber,
                    DecimalError::OutOfRange => Reason::OutOfRange,
                })?
            }
        };
        if let Some((low, high)) = self.plausible
            && !(low..=high).contains(&value.to_f64())
        {
            reason = Reason::Implausible;
        }
        Ok((value, reason))
    }

    /// The registers that hold `value`, for a simulator: each address with its word. Counters roll over as the device's do and
    /// are cut, not rounded; everything else is rounded and kept within the type.
    pub fn encode(&self, value: Decimal) -> Vec<(u16, u16)> {
        let mut registers = Vec::with_capacity(6);
        let power = if self.scale_register.is_some() { self.served_exponent } else { 0 };
        let scale = Decimal::new(self.scale.mantissa, self.scale.exponent.saturating_add(power));
        if self.kind.is_float() {
            let raw = value.to_f64() / scale.to_f64();
            let bits = if self.kind == RegisterType::F32 { u64::from((raw as f32).to_bits()) } else { raw.to_bits() };
            scatter(&mut registers, self.address, self.kind, self.words, bits);
            if let Some(part) = self.plus {
                // A sum of two floats is served by the first; positive zero is all bits zero in either width.
                scatter(&mut registers, part.address, part.kind, self.words, 0);
            }
        } else {
            let (value, scale) = upright(value, scale);
            let counter = self.quantity.nature() == Nature::Counter;
            let (raw, rest) = steps(value, scale, counter || self.plus.is_some());
            scatter(&mut registers, self.address, self.kind, self.words, self.fitted(raw, counter));
            if let Some(part) = self.plus {
                let scale = Decimal::new(part.scale.mantissa, part.scale.exponent.saturating_add(power));
                let (raw, _) = steps(rest, scale, true);
                scatter(&mut registers, part.address, part.kind, self.words, raw as u64);
            }
        }
        if let Some(register) = self.scale_register {
            registers.push((register, i16::from(self.served_exponent) as u16));
        }
        registers
    }

    fn fitted(&self, raw: i128, counter: bool) -> u64 {
        let Some((low, high)) = self.kind.integer_range() else { return 0 };
        if counter && low == 0 {
            return raw.rem_euclid(self.rollover.map_or(high + 1, i128::from)) as u64;
        }
        // The lowest number of a signed type is commonly the pattern for "not there".
        let low = if low < 0 { low + 1 } else { low };
        raw.clamp(low, high) as u64
    }
}

/// Registers to one bit pattern, the most significant word first.
fn gather(words: &impl Fn(u16) -> Option<u16>, address: u16, kind: RegisterType, order: WordOrder) -> Result<u64, Reason> {
    let count = kind.words();
    (0..count).try_fold(0u64, |bits, at| {
        let offset = match order {
            WordOrder::HighFirst => at,
            WordOrder::LowFirst => count - 1 - at,
        };
        let word = address.checked_add(offset).and_then(words).ok_or(Reason::NoAnswer)?;
        Ok(bits << 16 | u64::from(word))
    })
}

fn scatter(registers: &mut Vec<(u16, u16)>, address: u16, kind: RegisterType, order: WordOrder, bits: u64) {
    let count = kind.words();
    for at in 0..count {
        let shift = 16
            * match order {
                WordOrder::HighFirst => count - 1 - at,
                WordOrder::LowFirst => at,
            };
        registers.push((address.wrapping_add(at), (bits >> shift) as u16));
    }
}

fn scale_power(word: u16) -> Result<i8, Reason> {
    if word == SCALE_ABSENT {
        return Err(Reason::NotAvailable);
    }
    let power = word as i16;
    if power.abs() > SCALE_LIMIT {
        return Err(Reason::OutOfRange);
    }
    i8::try_from(power).map_err(|_| Reason::OutOfRange)
}

pub(crate) fn scaled(raw: i128, scale: Decimal, power: i8) -> Result<Decimal, Reason> {
    let mantissa = raw.checked_mul(i128::from(scale.mantissa)).and_then(|wide| i64::try_from(wide).ok());
    Ok(Decimal::new(mantissa.ok_or(Reason::OutOfRange)?, scale.exponent.saturating_add(power)))
}

fn sum(one: Decimal, other: Decimal) -> Result<Decimal, Reason> {
    let exponent = one.exponent.min(other.exponent);
    let one = one.rescaled(exponent).map_err(|_| Reason::OutOfRange)?;
    let other = other.rescaled(exponent).map_err(|_| Reason::OutOfRange)?;
    Ok(Decimal::new(one.mantissa.checked_add(other.mantissa).ok_or(Reason::OutOfRange)?, exponent))
}

/// Both turned where the scale is negative, so that steps are counted upwards.
fn upright(value: Decimal, scale: Decimal) -> (Decimal, Decimal) {
    if scale.mantissa >= 0 {
        return (value, scale);
    }
    let turned = |number: Decimal| Decimal::new(number.mantissa.saturating_neg(), number.exponent);
    (turned(value), turned(scale))
}

/// How many steps of `scale` are in `value`, cut or rounded, and what remains when cut.
fn steps(value: Decimal, scale: Decimal, cut: bool) -> (i128, Decimal) {
    let exponent = value.exponent.min(scale.exponent);
    let widen = |number: Decimal| {
        let shift = i32::from(number.exponent) - i32::from(exponent);
        let factor = 10i128.checked_pow(shift.unsigned_abs()).unwrap_or(i128::MAX);
        i128::from(number.mantissa).saturating_mul(factor)
    };
    let (value, step) = (widen(value), widen(scale).max(1));
    if cut {
        let rest = i64::try_from(value.rem_euclid(step)).unwrap_or(0);
        return (value.div_euclid(step), Decimal::new(rest, exponent));
    }
    let half = step / 2;
    let rounded = if value < 0 { value.saturating_sub(half) / step } else { value.saturating_add(half) / step };
    (rounded, Decimal::new(0, exponent))
}
