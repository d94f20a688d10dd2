//! Decimal numbers as written in a profile: exact, never through a float.

use haubert_model::Decimal;

/// Parses `10`, `0.01`, `-2.5`, `1e6`, `1e-3`.
pub(crate) fn parse_decimal(text: &str) -> Option<Decimal> {
    let (number, power) = match text.split_once(['e', 'E']) {
        Some((number, power)) => (number, power.parse::<i8>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => (-1i64, rest),
        None => (1, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || (digits.contains('.') && fraction.is_empty()) {
        return None;
    }
    let mantissa = format!("{whole}{fraction}").parse::<i64>().ok()?.checked_mul(sign)?;
    let exponent = power.checked_sub(i8::try_from(fraction.len()).ok()?)?;
    Some(normalised(Decimal::new(mantissa, exponent)))
}

/// A scale: not zero, at most nine significant digits, between 10^-12 and 10^12. A negative one turns the sign.
pub fn parse_scale(text: &str) -> Option<Decimal> {
    let scale = parse_decimal(text)?;
    ((1..=999_999_999).contains(&scale.mantissa.unsigned_abs()) && (-12..=12).contains(&scale.exponent)).then_some(scale)
}

/// The same number without trailing zeros in the mantissa, so that `10` and `1e1` are one scale.
fn normalised(mut number: Decimal) -> Decimal {
    while number.mantissa != 0 && number.mantissa % 10 == 0 && number.exponent < i8::MAX {
        number = Decimal::new(number.mantissa / 10, number.exponent + 1);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(parse_decimal("0.01"), Some(Decimal::new(1, -2)));
        assert_eq!(parse_decimal("10"), Some(Decimal::new(1, 1)));
        assert_eq!(parse_decimal("1e6"), Some(Decimal::new(1, 6)));
        assert_eq!(parse_decimal("-2.50"), Some(Decimal::new(-25, -1)));
        for wrong in ["", ".", "1.", ".5", "1,5", "0x10", "--1", "1e", "NaN", "99999999999999999999"] {
            assert_eq!(parse_decimal(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_scale_is_bounded_and_not_zero() {
        assert_eq!(parse_scale("0.25"), Some(Decimal::new(25, -2)));
        assert_eq!(parse_scale("-1"), Some(Decimal::new(-1, 0)));
        for wrong in ["0", "-0", "1e13", "1e-13", "1234567891"] {
            assert_eq!(parse_scale(wrong), None, "{wrong}");
        }
    }
}
