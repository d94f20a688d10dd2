//! Where the points of a device stand in its tables.
//!
//! A device's values come in the same order each time, or in one of a few orders when groups of quantities are read at their
//! own periods. Each order is learnt once; after that it is known by where its list of points lies in memory, which all
//! devices that are read alike share. So a value finds its place by position, and nothing is kept for it: only points that
//! come in another order than the first need a list of places.

use haubert_fieldbus::Points;
use haubert_model::{PointRef, Quantity};
use std::sync::Arc;

/// Orders remembered of a device: all combinations of its groups. More would mean that nothing is stable.
const ORDERS: usize = 8;

/// The points of one device in the order in which they were first seen, and the orders in which they come.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By place: the points of the first order, until others come.
    points: Option<Points>,
    orders: Vec<Order>,
}

/// One order in which points come.
#[derive(Debug)]
struct Order {
    points: Points,
    /// The place of each; `None` where they stand as they come.
    places: Option<Box<[u16]>>,
}

impl Places {
    /// The number of the order in which these come; points never seen before get new places at the end. `forgotten` is
    /// called when the numbers given so far are no longer valid.
    pub(crate) fn order_of(&mut self, points: &Points, forgotten: impl FnOnce()) -> usize {
        let same = |order: &Order| Arc::ptr_eq(&order.points, points);
        if let Some(known) = self.orders.iter().position(same) {
            return known;
        }
        // After another start of its bus a device has the same order in another place.
        if let Some(known) = self.orders.iter().position(|order| order.points == *points) {
            if let Some(order) = self.orders.get_mut(known) {
                order.points = Arc::clone(points);
            }
            return known;
        }
        if self.orders.len() >= ORDERS {
            self.orders.clear();
            forgotten();
        }
        self.learn(points);
        self.orders.len() - 1
    }

    /// The places of the values of a turn in this order.
    pub(crate) fn of(&self, order: usize) -> impl Iterator<Item = usize> + '_ {
        let order = self.orders.get(order);
        let count = order.map_or(0, |order| order.points.len());
        let places = order.and_then(|order| order.places.as_deref());
        (0..count).map(move |at| places.map_or(at, |places| places.get(at).copied().map_or(usize::MAX, usize::from)))
    }

    /// Whether the values of a turn in this order are those of all points, by place.
    pub(crate) fn is_whole(&self, order: usize) -> bool {
        let order = self.orders.get(order);
        order.is_some_and(|order| order.places.is_none() && order.points.len() == self.points().len())
    }

    /// The points, by place.
    pub(crate) fn points(&self) -> &[(u8, Quantity)] {
        self.points.as_deref().unwrap_or_default()
    }

    /// The place of a point.
    pub(crate) fn find(&self, point: PointRef) -> Option<usize> {
        self.points().iter().position(|known| *known == (point.channel, point.quantity))
    }

    fn learn(&mut self, points: &Points) {
        let mut all = self.points().to_vec();
        let mut place = |point: &(u8, Quantity)| {
            let place = all.iter().position(|known| known == point).unwrap_or_else(|| {
                all.push(*point);
                all.len() - 1
            });
            // A device has at most some thousand points: channels and quantities are bytes, and profiles are bounded.
            u16::try_from(place).unwrap_or(u16::MAX)
        };
        let places: Box<[u16]> = points.iter().map(&mut place).collect();
        let as_they_come = places.iter().zip(0..).all(|(place, at)| *place == at);
        if self.points().len() < all.len() {
            self.points = Some(if *all == **points { Arc::clone(points) } else { all.into() });
        }
        self.orders.push(Order { points: Arc::clone(points), places: (!as_they_come).then_some(places) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(places: &mut Places, points: &[(u8, Quantity)]) -> Vec<usize> {
        let order = places.order_of(&points.into(), || ());
        places.of(order).collect()
    }

    #[test]
    fn a_point_keeps_its_place_whatever_comes_with_it() {
        use Quantity::{Frequency, VoltageL1, Volume};
        let mut all = Places::default();
        assert_eq!(places(&mut all, &[(1, VoltageL1), (1, Frequency)]), [0, 1]);
        assert_eq!(places(&mut all, &[(1, Volume), (1, Frequency), (2, VoltageL1)]), [2, 1, 3]);
        assert_eq!(places(&mut all, &[(1, VoltageL1), (1, Frequency)]), [0, 1]);
        assert_eq!(places(&mut all, &[(1, Frequency), (1, VoltageL1)]), [1, 0], "the same length is not the same order");
        assert_eq!(all.points(), [(1, VoltageL1), (1, Frequency), (1, Volume), (2, VoltageL1)]);
        assert_eq!(all.orders.len(), 3, "the same points elsewhere in memory are no new order");
    }

    #[test]
    fn what_all_devices_share_is_not_copied() {
        let points: Points = [(1, Quantity::Frequency), (1, Quantity::Volume)].into();
        let mut all = Places::default();
        let order = all.order_of(&points, || ());
        assert!(Arc::ptr_eq(all.points.as_ref().unwrap(), &points) && all.orders[order].places.is_none());
    }

    #[test]
    fn orders_without_end_are_not_kept() {
        let (mut all, mut forgotten) = (Places::default(), 0);
        for length in 1..100 {
            let points: Vec<(u8, Quantity)> = (0..length).map(|channel| (channel, Quantity::Frequency)).collect();
            let order = all.order_of(&points.into(), || forgotten += 1);
            assert_eq!(all.of(order).count(), usize::from(length));
            assert!(all.orders.len() <= ORDERS);
        }
        assert_eq!(forgotten, 98 / ORDERS);
    }
}
