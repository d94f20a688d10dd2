//! Exact scaled numbers: what a register holds once its scale is known.

use serde::{Deserialize, Serialize};

/// `mantissa × 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decimal {
    /// The integer as measured.
    pub mantissa: i64,
    /// Power of ten. Profiles and scale registers keep it within ±22: a scale has at most 10^±12, a scale register 10^±10.
    pub exponent: i8,
}

/// Why a number cannot be a [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not a number, or infinite.
    #[error("not a finite number")]
    NotFinite,
    /// The integer does not fit in 64 bits at the wanted exponent.
    #[error("number out of range")]
    OutOfRange,
}

impl Decimal {
    /// `mantissa × 10^exponent`.
    pub const fn new(mantissa: i64, exponent: i8) -> Self {
        Self { mantissa, exponent }
    }

    /// The nearest decimal at `exponent`.
    ///
    /// # Errors
    /// [`DecimalError::NotFinite`] for NaN and infinities, [`DecimalError::OutOfRange`] when 64 bits do not hold it.
    pub fn from_f64(value: f64, exponent: i8) -> Result<Self, DecimalError> {
        if !value.is_finite() {
            return Err(DecimalError::NotFinite);
        }
        let scaled = if exponent < 0 { value * pow10_f64(-exponent) } else { value / pow10_f64(exponent) };
        // 2^63 is exactly representable as f64; the cast below is exact within these bounds.
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&scaled) {
            return Err(DecimalError::OutOfRange);
        }
        // Rounded half away from zero by hand: what is called `round` is a function of the system's library, and slow. A number
        // with a fraction is far from the ends of the range.
        let whole = scaled as i64;
        let rest = scaled - whole as f64;
        let mantissa = whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5);
        Ok(Self { mantissa, exponent })
    }

    /// The same value at another exponent, rounded half away from zero when digits are lost.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] when 64 bits do not hold the result.
    pub fn rescaled(self, exponent: i8) -> Result<Self, DecimalError> {
        let shift = i32::from(self.exponent) - i32::from(exponent);
        let mantissa = if shift >= 0 {
            10i64
                .checked_pow(shift.unsigned_abs())
                .and_then(|factor| self.mantissa.checked_mul(factor))
                .ok_or(DecimalError::OutOfRange)?
        } else {
            match 10i128.checked_pow(shift.unsigned_abs()) {
                None => 0,
                Some(divisor) => {
                    let wide = i128::from(self.mantissa);
                    let half = if wide < 0 { -divisor / 2 } else { divisor / 2 };
                    i64::try_from((wide + half) / divisor).map_err(|_| DecimalError::OutOfRange)?
                }
            }
        };
        Ok(Self { mantissa, exponent })
    }

    /// The nearest float, for screens and arithmetic that tolerates rounding.
    pub fn to_f64(self) -> f64 {
        // Dividing by an exact power of ten rounds once; multiplying by 0.001 would round twice.
        let value = self.mantissa as f64;
        if self.exponent < 0 { value / pow10_f64(-self.exponent) } else { value * pow10_f64(self.exponent) }
    }
}

fn pow10_f64(exponent: i8) -> f64 {
    // The powers that occur, so that the hot path looks them up; all of them are exact.
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let known = usize::try_from(exponent).ok().and_then(|exponent| POWERS.get(exponent));
    known.copied().unwrap_or_else(|| 10f64.powi(i32::from(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_not_a_number() {
        assert_eq!(Decimal::from_f64(f64::NAN, 0), Err(DecimalError::NotFinite));
        assert_eq!(Decimal::from_f64(f64::INFINITY, 0), Err(DecimalError::NotFinite));
        assert_eq!(Decimal::from_f64(1e30, 0), Err(DecimalError::OutOfRange));
    }

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(Decimal::new(15, -1).rescaled(0), Ok(Decimal::new(2, 0)));
        assert_eq!(Decimal::new(-15, -1).rescaled(0), Ok(Decimal::new(-2, 0)));
        assert_eq!(Decimal::new(7, 1).rescaled(-1), Ok(Decimal::new(700, -1)));
        let rounded = |value: f64| Decimal::from_f64(value, 0).map(|decimal| decimal.mantissa);
        // The last but one is the largest number below a half: adding a half to it would make one.
        let values = [2.5, -2.5, 2.4, -2.6, 0.499_999_999_999_999_94, -9_223_372_036_854_775_808.0];
        assert_eq!(values.map(rounded), [3, -3, 2, -3, 0, i64::MIN].map(Ok));
    }

    proptest! {
        #[test]
        fn a_decimal_survives_the_float(mantissa in -1_000_000_000_000i64..1_000_000_000_000, exponent in -6i8..3) {
            let decimal = Decimal::new(mantissa, exponent);
            prop_assert_eq!(Decimal::from_f64(decimal.to_f64(), exponent), Ok(decimal));
        }
    }
}
