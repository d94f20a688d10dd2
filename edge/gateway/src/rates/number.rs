//! Exact rates and amounts, written as decimal text so that no reader makes a float of them by accident.

use super::is_per_kwh;
use haubert_model::{Decimal, Fluid};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;
use utoipa::ToSchema;

/// Decimals of a rate.
const DECIMALS: u32 = 6;
const MILLION: u64 = 1_000_000;
/// Digits before the point.
const MAX_WHOLE: usize = 9;
/// Decimals of an amount: a rate times a milliwatt-hour or a millilitre is still whole.
const AMOUNT_DECIMALS: i32 = 12;
/// What is told of an amount.
const TOLD: i128 = 1_000_000;

/// A price or factor per unit, at least 0: `0.1740`. At most nine digits before the point and six behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(value_type = String, example = "0.174")]
pub struct Rate(u64);

/// Why a text is no [`Rate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number from 0 on with a point, at most nine digits before it and six behind it: 0.174")]
pub struct NotARate;

impl Rate {
    /// From millionths.
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// In millionths.
    pub const fn millionths(self) -> u64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let behind = u32::try_from(part.len()).map_err(|_| NotARate)?;
        if whole.is_empty() || whole.len() > MAX_WHOLE || behind > DECIMALS || !digits(whole) || !digits(part) {
            return Err(NotARate);
        }
        let whole: u64 = whole.parse().map_err(|_| NotARate)?;
        let part: u64 = if part.is_empty() { 0 } else { part.parse().map_err(|_| NotARate)? };
        Ok(Self(whole * MILLION + part * 10u64.pow(DECIMALS - behind)))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(i128::from(self.0)))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Money, or grams: rates times consumption. Sums are exact; told to the millionth, rounded half away from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(value_type = String, example = "12.34")]
pub struct Amount(i128);

impl Amount {
    /// What so much of a fluid makes at a rate; `quantity` is in watt-hours or cubic metres. `None` beyond all bounds.
    pub fn of(rate: Rate, quantity: Decimal, fluid: Fluid) -> Option<Self> {
        let per_unit = if is_per_kwh(fluid) { 3 } else { 0 };
        let shift = i32::from(quantity.exponent) - per_unit + AMOUNT_DECIMALS - DECIMALS.cast_signed();
        let product = i128::from(quantity.mantissa).checked_mul(i128::from(rate.0))?;
        let factor = 10i128.checked_pow(shift.unsigned_abs())?;
        if shift >= 0 { product.checked_mul(factor).map(Self) } else { Some(Self(rounded(product, factor))) }
    }

    /// Of a rate as it is, `part` of `whole` of it, rounded down.
    pub(super) fn part_of(rate: Rate, part: i64, whole: i64) -> Self {
        let all = i128::from(rate.0) * TOLD;
        Self(all * i128::from(part) / i128::from(whole.max(1)))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(rounded(self.0, TOLD)))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Half away from zero. `by` is at least 1.
fn rounded(value: i128, by: i128) -> i128 {
    let half = if value < 0 { -by / 2 } else { by / 2 };
    value.saturating_add(half) / by
}

/// Millionths as text, without zeros at the end.
fn told(millionths: i128) -> String {
    let (whole, part) = (millionths.unsigned_abs() / u128::from(MILLION), millionths.unsigned_abs() % u128::from(MILLION));
    let sign = if millionths < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_read_exactly_or_not_at_all() {
        for (text, millionths) in [("0", 0), ("0.1", 100_000), (" 12.000001 ", 12_000_001), ("999999999", 999_999_999_000_000)] {
            assert_eq!(text.parse(), Ok(Rate(millionths)), "{text}");
        }
        for text in ["", ".5", "-1", "+1", "1,5", "1e3", "0.1234567", "1000000000", "1.2.3", "½", "0.٣"] {
            assert_eq!(text.parse::<Rate>(), Err(NotARate), "{text}");
        }
    }

    #[test]
    fn a_kilowatt_hour_and_a_cubic_metre_cost_their_price() {
        let price: Rate = "0.174".parse().unwrap();
        let cost = |quantity, fluid| Amount::of(price, quantity, fluid).unwrap().to_string();
        assert_eq!(cost(Decimal::new(1_000, 0), Fluid::Electricity), "0.174");
        assert_eq!(cost(Decimal::new(1, 3), Fluid::Heat), "0.174");
        assert_eq!(cost(Decimal::new(25, -1), Fluid::Water), "0.435");
        assert_eq!(cost(Decimal::new(1, 0), Fluid::Electricity), "0.000174");
        assert_eq!(Amount::of(price, Decimal::new(i64::MAX, 22), Fluid::Gas), None);
    }

    proptest! {
        #[test]
        fn text_and_number_are_the_same(millionths in 0u64..999_999_999_999_999) {
            prop_assert_eq!(Rate(millionths).to_string().parse(), Ok(Rate(millionths)));
        }

        /// However a consumption is shared out, its shares cost what it costs.
        #[test]
        fn shares_cost_what_the_whole_costs(
            shares in prop::collection::vec(0i64..1_000_000_000, 1..20), exponent in -3i8..4, rate in 0u64..10_000_000,
        ) {
            let cost = |mantissa| Amount::of(Rate(rate), Decimal::new(mantissa, exponent), Fluid::Electricity).unwrap();
            prop_assert_eq!(shares.iter().map(|share| cost(*share)).sum::<Amount>(), cost(shares.iter().sum()));
        }
    }
}
