//! From registers to records. Pure; whatever a device shows, the answer is records or a reason.

use super::window::number_back;
use haubert_content::{ClockLayout, LogBlock, PeriodMark, RegisterType};
use haubert_model::Decimal;
use jiff::civil::{Date, date};

/// The registers hold no log, because of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be read: {0}")]
pub struct Unreadable(pub &'static str);

/// One period of the log, in the device's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRecord {
    /// Its date: seconds since 2000-01-01 by the device's own clock. Which end of the period it names, its block says: to
    /// subtract a period here would be wrong where the clock changes in between.
    pub date_s: i64,
    /// Mean over the period, in the quantity's unit.
    pub value: Decimal,
    /// The device says that it did not cover the period whole.
    pub incomplete: bool,
    /// The device says that its clock was set.
    pub clock_set: bool,
}

/// A window full of records, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Length of a period, seconds.
    pub period_s: u16,
    /// Which end of a period a date names.
    pub dated: PeriodMark,
    /// Only the first record has a date of its own; the others follow it by whole periods, whatever local time did meanwhile.
    pub one_date: bool,
    /// The records.
    pub records: Vec<LogRecord>,
    last_number: Option<u16>,
}

/// What the records have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) count: u16,
    period_s: u16,
    numerator: u16,
    denominator: u16,
    last_number: Option<u16>,
    date_s: Option<i64>,
}

impl Header {
    pub(super) fn parse(log: &LogBlock, words: &[u16]) -> Result<Self, Unreadable> {
        let layout = &log.header;
        let word = |place: u16| words.get(usize::from(place)).copied().ok_or(Unreadable("too few registers"));
        let header = Self {
            count: word(layout.count)?,
            period_s: word(layout.period)?,
            numerator: word(layout.numerator)?,
            denominator: word(layout.denominator)?,
            last_number: layout.record.map(word).transpose()?,
            date_s: layout.date.map(|place| double(words, place).ok_or(Unreadable("too few registers"))).transpose()?,
        };
        if header.count > log.records.most {
            return Err(Unreadable("more records than a window holds"));
        }
        if header.count > 0 && (header.period_s == 0 || header.numerator == 0 || header.denominator == 0) {
            return Err(Unreadable("no period or no scale"));
        }
        Ok(header)
    }
}

impl Block {
    pub(super) fn parse(log: &LogBlock, header: Header, words: &[u16]) -> Result<Self, Unreadable> {
        let layout = &log.records;
        let size = usize::from(layout.words.max(1));
        let period_s = i64::from(header.period_s);
        let mut records = Vec::with_capacity(usize::from(header.count));
        for (index, words) in (0i64..i64::from(header.count)).zip(words.chunks_exact(size)) {
            let stated = match (layout.date, header.date_s) {
                (Some(place), _) => double(words, place).ok_or(Unreadable("too few registers"))?,
                (None, Some(first)) => first + index * period_s,
                (None, None) => return Err(Unreadable("no date")),
            };
            let flag = words.get(usize::from(layout.flag)).copied().ok_or(Unreadable("too few registers"))?;
            let raw = integer(words, layout.value, layout.kind).ok_or(Unreadable("too few registers"))?;
            records.push(LogRecord {
                date_s: stated,
                value: scaled(raw, header.numerator, header.denominator),
                incomplete: flag & 1 != 0,
                clock_set: flag & 2 == 0,
            });
        }
        if records.len() != usize::from(header.count) {
            return Err(Unreadable("too few registers"));
        }
        Ok(Self {
            period_s: header.period_s,
            dated: layout.dated,
            one_date: layout.date.is_none(),
            records,
            last_number: header.last_number,
        })
    }

    /// Records as they might have been read.
    pub const fn new(period_s: u16, dated: PeriodMark, one_date: bool, records: Vec<LogRecord>) -> Self {
        Self { period_s, dated, one_date, records, last_number: None }
    }

    /// Number of the first record.
    pub(super) fn first_number(&self) -> Option<u16> {
        let back = u16::try_from(self.records.len().saturating_sub(1)).unwrap_or(u16::MAX);
        self.last_number.map(|last| number_back(last, back))
    }
}

/// Registers of the device's clock.
pub(super) const fn clock_words(layout: ClockLayout) -> u16 {
    match layout {
        ClockLayout::DayMonthYear => 6,
        ClockLayout::SecondsSince2000 => 2,
    }
}

/// Seconds since 2000-01-01 that the device's clock shows; `None` for a date that cannot be.
pub(super) fn clock(layout: ClockLayout, words: &[u16]) -> Option<i64> {
    match (layout, words) {
        (ClockLayout::SecondsSince2000, _) => double(words, 0),
        (ClockLayout::DayMonthYear, [day, month, year, hour, minute, second]) => {
            // Some devices give the year without its century.
            let year = if *year < 100 { *year + 2000 } else { *year };
            let small = |word: u16| i8::try_from(word).ok();
            let day = Date::new(i16::try_from(year).ok()?, small(*month)?, small(*day)?).ok()?;
            let time = jiff::civil::Time::new(small(*hour)?, small(*minute)?, small(*second)?, 0).ok()?;
            Some(day.to_datetime(time).duration_since(date(2000, 1, 1).at(0, 0, 0, 0)).as_secs())
        }
        _ => None,
    }
}

fn double(words: &[u16], place: u16) -> Option<i64> {
    let high = words.get(usize::from(place))?;
    let low = words.get(usize::from(place) + 1)?;
    Some(i64::from(*high) << 16 | i64::from(*low))
}

fn integer(words: &[u16], place: u16, kind: RegisterType) -> Option<i64> {
    let words = words.get(usize::from(place)..usize::from(place) + usize::from(kind.words()))?;
    let bits = words.iter().fold(0u64, |bits, word| bits << 16 | u64::from(*word));
    Some(match kind {
        RegisterType::S16 => i64::from(bits as u16 as i16),
        RegisterType::S32 => i64::from(bits as u32 as i32),
        RegisterType::U16 | RegisterType::U32 => bits as i64,
        RegisterType::U64 | RegisterType::S64 => bits as i64,
        RegisterType::F32 | RegisterType::F64 => return None,
    })
}

/// `raw × numerator ÷ denominator`, exact where the denominator is a power of ten, else rounded to a thousandth.
fn scaled(raw: i64, numerator: u16, denominator: u16) -> Decimal {
    let product = i128::from(raw) * i128::from(numerator);
    let (value, exponent) = match denominator {
        1 => (product, 0),
        10 => (product, -1),
        100 => (product, -2),
        1_000 => (product, -3),
        10_000 => (product, -4),
        other => {
            let thousandths = product * 1_000;
            let half = i128::from(other / 2) * thousandths.signum();
            ((thousandths + half) / i128::from(other.max(1)), -3)
        }
    };
    Decimal::new(i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }), exponent)
}
