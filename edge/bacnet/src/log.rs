//! Which records of a log are meant (clause 15.8), and how they are told. Pure.
//!
//! Record *k* of a log is that of the moment *k* periods after the epoch. So a record keeps its number for ever, over restarts too,
//! and no list of records has to be kept.

use crate::moment;
use crate::properties::{RECORDS, logs_exactly, newest};
use crate::site::{Excerpt, Record, Trend};
use crate::units::rounded;
use crate::wire::apdu::Takes;
use crate::wire::code::{Abort, Failed};
use crate::wire::service::{Asked, Span};
use crate::wire::tag::Writer;
use haubert_model::{DeviceId, Timestamp};
use jiff::tz::TimeZone;

/// Longest head of an answer, and longest record, in bytes.
const HEAD: usize = 40;
const RECORD: usize = 30;

/// Records that are to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) excerpt: Excerpt,
    /// Whether the oldest and the newest of all are among them, and whether there are more of those that were asked for.
    flags: [bool; 3],
    /// Whether the first one's number is told.
    numbered: bool,
}

/// The records of `trend` that `span` means at `now`.
///
/// # Errors
/// When the answer has room for none.
pub(crate) fn choose(
    (meter, trend): (DeviceId, Trend),
    span: Span,
    takes: Takes,
    (now, zone): (Timestamp, &TimeZone),
) -> Result<Chosen, Failed> {
    let room = takes.apdu.saturating_sub(HEAD) / RECORD;
    if room == 0 {
        return Err(Abort::BufferOverflow.into());
    }
    let newest = i64::from(newest(&trend, now));
    let oldest = newest - i64::from(RECORDS.min(u32::try_from(newest).unwrap_or(0))) + 1;
    let period_ms = i64::from(trend.period_s.max(1)) * 1000;
    // First and last, whether or not there are such.
    let around = |at: i64, count: i16| match i64::from(count) {
        count if count > 0 => (at, at + count - 1),
        count => (at + count + 1, at),
    };
    let is_known = |at: i64| (oldest..=newest).contains(&at);
    let wanted = match span {
        Span::All => Some((oldest, newest)),
        Span::Position(at, count) => Some(oldest + i64::from(at) - 1).filter(|at| is_known(*at)).map(|at| around(at, count)),
        Span::Sequence(at, count) => Some(i64::from(at)).filter(|at| is_known(*at)).map(|at| around(at, count)),
        Span::Time(moment, count) => moment::instant(moment, zone).map(|at| {
            let before = at.as_millis().div_euclid(period_ms);
            if count > 0 {
                around((before + 1).max(oldest), count)
            } else {
                // Those before that moment, not at it.
                around((at.as_millis() - 1).div_euclid(period_ms).min(newest), count)
            }
        }),
    };
    let (first, last) = wanted.map_or((1, 0), |(first, last)| (first.max(oldest), last.min(newest)));
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    let told = count.min(room) as i64;
    // Of records before a place, those next to it.
    let is_backward = matches!(span, Span::Position(_, count) | Span::Sequence(_, count) | Span::Time(_, count) if count < 0);
    let first = if is_backward { last - told + 1 } else { first };
    let has = |record: i64| told > 0 && (first..first + told).contains(&record);
    Ok(Chosen {
        excerpt: Excerpt { meter, trend, first: u32::try_from(first).unwrap_or(0), count: u32::try_from(told).unwrap_or(0) },
        flags: [has(oldest), has(newest), count > room],
        numbered: told > 0 && matches!(span, Span::Sequence(..) | Span::Time(..)),
    })
}

/// The answer: `records` by number, without value where there is none.
pub(crate) fn told(asked: &Asked, chosen: &Chosen, records: &[Option<Record>], zone: &TimeZone) -> Vec<u8> {
    let Excerpt { trend, first, count, .. } = chosen.excerpt;
    let mut to = Writer::default();
    to.context_object(0, asked.object).context_unsigned(1, asked.property.into());
    to.context_bits(3, &chosen.flags).context_unsigned(4, count.into()).open(5);
    for (number, record) in (first..).take(count as usize).zip(records.iter().chain(std::iter::repeat(&None))) {
        let at = Timestamp::from_secs(i64::from(number) * i64::from(trend.period_s));
        let Some(moment) = moment::local(at, zone) else { continue };
        to.open(0).date(moment).time(moment).close(0).open(1);
        match record {
            None => to.context_null(7),
            Some(record) if logs_exactly(trend.quantity) => to.open(10).double(record.value).close(10),
            Some(record) => to.context_real(2, (record.value / rounded(trend.quantity).divisor) as f32),
        };
        to.close(1).context_bits(2, &[false, record.is_none_or(|record| !record.good), false, false]);
    }
    to.close(5);
    if chosen.numbered {
        to.context_unsigned(6, first.into());
    }
    to.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{ENERGY, POWER};
    use crate::wire::code::{ObjectId, ObjectType};
    use crate::wire::tag::Moment;
    use proptest::prelude::*;

    const TAKES: Takes = Takes { apdu: 1476, segments: 0 };
    /// 20,000 periods of ten minutes, and what makes the newest record settle.
    const NOW: Timestamp = Timestamp(20_000 * 600_000 + 60_000);

    fn chosen(span: Span) -> (u32, u32, [bool; 3]) {
        let chosen = choose((DeviceId(uuid::Uuid::nil()), POWER), span, TAKES, (NOW, &TimeZone::UTC)).unwrap();
        (chosen.excerpt.first, chosen.excerpt.count, chosen.flags)
    }

    #[test]
    fn records_are_chosen_by_place_number_and_time() {
        assert_eq!(chosen(Span::All), (16_001, 47, [true, false, true]));
        assert_eq!(chosen(Span::Position(4_000, -2)), (19_999, 2, [false, true, false]));
        assert_eq!(chosen(Span::Position(4_001, 1)), (1, 0, [false; 3]));
        assert_eq!(chosen(Span::Position(0, 1)).1, 0);
        assert_eq!(chosen(Span::Sequence(20_000, 5)), (20_000, 1, [false, true, false]));
        assert_eq!(chosen(Span::Sequence(16_001, -9)), (16_001, 1, [true, false, false]));
        assert_eq!(chosen(Span::Sequence(19_000, -100)), (18_954, 47, [false, false, true]), "next to the place");
        let at = |record: i64| moment::local(Timestamp(record * 600_000), &TimeZone::UTC).unwrap();
        assert_eq!(chosen(Span::Time(at(19_990), 3)), (19_991, 3, [false; 3]));
        assert_eq!(chosen(Span::Time(at(19_990), -3)), (19_987, 3, [false; 3]));
        assert_eq!(chosen(Span::Time(at(1), 1)), (16_001, 1, [true, false, false]));
        assert_eq!(chosen(Span::Time(at(1), -1)).1, 0, "nothing is older");
    }

    #[test]
    fn a_record_is_told_with_its_time() {
        let asked = Asked { object: ObjectId::new(ObjectType::TREND_LOG, 1036), property: 131, index: None };
        let span = Span::Sequence(20_000, 1);
        let chosen = choose((DeviceId(uuid::Uuid::nil()), ENERGY), span, TAKES, (NOW, &TimeZone::UTC)).unwrap();
        let bytes = told(&asked, &chosen, &[Some(Record { value: 72.0, good: true })], &TimeZone::UTC);
        let head = [0x0C, 5, 0, 4, 12, 0x19, 131, 0x3A, 5, 0x40, 0x49, 1, 0x5E];
        let time = [0x0E, 0xA4, 70, 5, 19, 2, 0xB4, 21, 20, 0, 0, 0x0F];
        let value = [0x1E, 0xAE, 0x55, 8, 0x40, 0x52, 0, 0, 0, 0, 0, 0, 0xAF, 0x1F, 0x2A, 4, 0, 0x5F];
        assert_eq!(bytes, [&head[..], &time, &value, &[0x6A, 0x4E, 0x20]].concat());
    }

    proptest! {
        /// Nobody gets more than there is room for, nor what is not there.
        #[test]
        fn what_is_chosen_is_there_and_fits(at: u32, count in prop::num::i16::ANY, kind in 0..3, apdu in prop::sample::select(vec![128usize, 206, 480, 1024, 1476])) {
            prop_assume!(count != 0);
            let span = match kind {
                0 => Span::Position(at, count),
                1 => Span::Sequence(at % 40_000, count),
                _ => Span::Time(Moment { date: [(at % 200) as u8, 2, 3, 255], time: [4, 5, 6, 7] }, count),
            };
            let takes = Takes { apdu, segments: 0 };
            let chosen = choose((DeviceId(uuid::Uuid::nil()), ENERGY), span, takes, (NOW, &TimeZone::UTC)).unwrap();
            let Excerpt { first, count, .. } = chosen.excerpt;
            prop_assert!(count == 0 || (first >= 16_001 && first + count <= 20_001));
            let records = vec![Some(Record { value: 1.0, good: false }); count as usize];
            let asked = Asked { object: ObjectId::new(ObjectType::TREND_LOG, 1036), property: 131, index: None };
            prop_assert!(told(&asked, &chosen, &records, &TimeZone::UTC).len() + 3 <= apdu);
        }
    }
}
