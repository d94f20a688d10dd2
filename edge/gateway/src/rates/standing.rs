//! The standing charge: so much a month, whatever is consumed.

use super::{Amount, Book};
use haubert_historian::rollup::Bounds;
use haubert_model::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What a stretch bears of the standing charges of its months, as far as `until`; `None` where no tariff is in force.
///
/// Of a month it is what had accrued at the stretch's end less what had at its start, each rounded down: so neighbours add up exactly.
pub fn standing(stretch: Bounds, book: &Book, zone: &TimeZone, until: Timestamp) -> Option<Amount> {
    let end = stretch.end.min(until);
    let (mut at, mut sum): (_, Option<Amount>) = (stretch.start, None);
    while at < end {
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        let day = zone.to_datetime(instant).date();
        let first = day.first_of_month();
        let (start, after) = (midnight(first, zone)?, midnight(first.last_of_month().tomorrow().ok()?, zone)?);
        let takes_over = book.tariffs().iter().map(|tariff| tariff.valid_from).filter(|from| *from > day).min();
        let change = takes_over.and_then(|from| midnight(from, zone)).unwrap_or(after);
        let next = end.min(after).min(change);
        if next <= at {
            break;
        }
        if let Some(tariff) = book.tariff(day) {
            let accrued = |at: Timestamp| Amount::part_of(tariff.standing_charge, at.ms_since(start), after.ms_since(start));
            *sum.get_or_insert_default() += accrued(next).minus(accrued(at));
        }
        at = next;
    }
    sum
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(Timestamp(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}
