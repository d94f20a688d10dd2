//! How one organisation stands beside the others, without showing any of them.

use serde::Serialize;

/// Fewer than so many are not shown: one could be told from the others.
pub const LEAST: usize = 5;

/// How a figure is spread over organisations, to whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Spread {
    /// How many organisations.
    pub count: u32,
    /// A quarter of them has less.
    pub lower: u32,
    /// A half of them has less.
    pub median: u32,
    /// A quarter of them has more.
    pub upper: u32,
}

/// The spread of `values`, each from 0 to 100; nothing for fewer than [`LEAST`]. Neither the least nor the most is told, since each
/// is some organisation's own.
pub fn spread(values: &[f64]) -> Option<Spread> {
    if values.len() < LEAST {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    // Between two values, as far as the place lies between their places.
    let at = |quarters: usize| {
        let (place, rest) = (last * quarters / 4, last * quarters % 4);
        let low = sorted.get(place).copied().unwrap_or_default();
        let high = sorted.get(place + 1).copied().unwrap_or(low);
        let share = f64::from(u32::try_from(rest).unwrap_or(0)) / 4.0;
        whole(low + (high - low) * share)
    };
    Some(Spread { count: u32::try_from(values.len()).unwrap_or(u32::MAX), lower: at(1), median: at(2), upper: at(3) })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
fn whole(value: f64) -> u32 {
    value.clamp(0.0, 100.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_are_not_shown_and_five_are() {
        assert_eq!(spread(&[10.0, 20.0, 30.0, 40.0]), None);
        let five = spread(&[50.0, 10.0, 20.0, 40.0, 30.0]).unwrap();
        assert_eq!((five.count, five.lower, five.median, five.upper), (5, 20, 30, 40));
        let six = spread(&[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]).unwrap();
        assert_eq!((six.lower, six.median, six.upper), (13, 25, 38), "12.5, 25 and 37.5, rounded");
    }

    proptest! {
        #[test]
        fn what_is_told_lies_in_order_and_does_not_depend_on_it(mut values in prop::collection::vec(0.0f64..=100.0, 5..60)) {
            let told = spread(&values).unwrap();
            prop_assert!(told.lower <= told.median && told.median <= told.upper && told.upper <= 100);
            values.reverse();
            prop_assert_eq!(spread(&values), Some(told));
        }
    }
}
