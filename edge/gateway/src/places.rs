//! Where the points of a device stand in its tables.
//!
//! A device's readings come in the same order each time, or in one of a few orders when groups of quantities are read at
//! their own periods. Each order is learnt once, as a list of places; after that a reading finds its place by position, and
//! a comparison of two bytes proves that the order still holds.

use haubert_model::{PointRef, Quantity, Reading};

/// Orders remembered of a device: all combinations of its groups. More would mean that nothing is stable.
const ORDERS: usize = 8;

/// The points of one device in the order in which they were first seen, and the orders in which they come.
#[derive(Debug, Default)]
pub(crate) struct Places {
    points: Vec<(u8, Quantity)>,
    orders: Vec<Box<[u16]>>,
}

impl Places {
    /// The place of each of these readings; points never seen before get new places at the end.
    pub(crate) fn of(&mut self, readings: &[Reading]) -> &[u16] {
        let known = self.orders.iter().position(|order| self.is_order_of(order, readings));
        let at = known.unwrap_or_else(|| self.learn(readings));
        self.orders.get(at).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The points, by place.
    pub(crate) fn points(&self) -> &[(u8, Quantity)] {
        &self.points
    }

    /// The place of a point.
    pub(crate) fn find(&self, point: PointRef) -> Option<usize> {
        self.points.iter().position(|known| *known == (point.channel, point.quantity))
    }

    fn is_order_of(&self, order: &[u16], readings: &[Reading]) -> bool {
        order.len() == readings.len()
            && order.iter().zip(readings).all(|(place, reading)| {
                self.points.get(usize::from(*place)) == Some(&(reading.point.channel, reading.point.quantity))
            })
    }

    fn learn(&mut self, readings: &[Reading]) -> usize {
        if self.points.is_empty() {
            self.points.reserve_exact(readings.len());
        }
        let order = readings.iter().map(|reading| self.place(reading.point)).collect();
        if self.orders.len() >= ORDERS {
            self.orders.clear();
        }
        self.orders.push(order);
        self.orders.len() - 1
    }

    fn place(&mut self, point: PointRef) -> u16 {
        let place = self.find(point).unwrap_or_else(|| {
            self.points.push((point.channel, point.quantity));
            self.points.len() - 1
        });
        // A device has at most some thousand points: channels and quantities are bytes, and profiles are bounded.
        u16::try_from(place).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{DeviceId, Reason, Timestamp};
    use uuid::Uuid;

    fn readings(points: &[(u8, Quantity)]) -> Vec<Reading> {
        let device = DeviceId(Uuid::from_u128(1));
        let point = |(channel, quantity): &(u8, Quantity)| PointRef { device, channel: *channel, quantity: *quantity };
        points.iter().map(|at| Reading::missing(point(at), Timestamp(0), Reason::NoAnswer)).collect()
    }

    #[test]
    fn a_point_keeps_its_place_whatever_comes_with_it() {
        use Quantity::{Frequency, VoltageL1, Volume};
        let mut places = Places::default();
        assert_eq!(places.of(&readings(&[(1, VoltageL1), (1, Frequency)])), [0, 1]);
        assert_eq!(places.of(&readings(&[(1, Volume), (1, Frequency), (2, VoltageL1)])), [2, 1, 3]);
        assert_eq!(places.of(&readings(&[(1, VoltageL1), (1, Frequency)])), [0, 1]);
        assert_eq!(places.of(&readings(&[(1, Frequency), (1, VoltageL1)])), [1, 0], "the same length is not the same order");
    }

    #[test]
    fn orders_without_end_are_not_kept() {
        let mut places = Places::default();
        for length in 1..100 {
            let points: Vec<(u8, Quantity)> = (0..length).map(|channel| (channel, Quantity::Frequency)).collect();
            assert_eq!(places.of(&readings(&points)).len(), usize::from(length));
            assert!(places.orders.len() <= ORDERS);
        }
    }
}
