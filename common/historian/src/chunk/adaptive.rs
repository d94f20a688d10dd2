//! Columns of numbers that follow each other, as an adaptive range coder has them: short ones are small because nothing is
//! written about their distribution, it is learnt on the way.
//!
//! ```text
//! predictor and middle length(1 byte: bits 6-7 predictor, bit 5 = a step follows, bits 0-4 middle length)
//! [common step of all values(varint)]  origin(signed varint)
//! the values in steps from the origin: distances from what is predicted, range coded
//! ```
//! The predictors are those of orders 0 to 2 of lossless audio (T. Robinson, "SHORTEN", 1994). For orders 1 and 2 the origin
//! is the first value, for order 0 the middle of them all.

use super::model::{MIDDLE_MAX, Model, Survey};
use super::range::{Reader, Writer};
use crate::varint;

/// Bit of the first byte: a common step follows.
const STEPPED: u8 = 0x20;

/// What stands before the coded values of a column.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head {
    /// 0 to 3: how values are predicted.
    pub(super) kind: u8,
    /// Around which length distances mostly are.
    pub(super) middle: usize,
    /// Values are `origin + number * step`.
    pub(super) step: i64,
    pub(super) origin: i64,
}

impl Head {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.kind << 6 | if self.step > 1 { STEPPED } else { 0 } | self.middle.min(MIDDLE_MAX) as u8);
        if self.step > 1 {
            varint::put(out, self.step as u64);
        }
        varint::put_signed(out, self.origin);
    }

    pub(super) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        *bytes = rest;
        let step = if first & STEPPED == 0 { 1 } else { varint::take(bytes)? as i64 };
        let origin = varint::take_signed(bytes)?;
        Some(Self { kind: first >> 6, middle: usize::from(first) & MIDDLE_MAX, step, origin })
    }

    /// The value that stands for a number.
    #[inline(always)]
    pub(super) const fn value(&self, number: i64) -> i64 {
        self.origin.wrapping_add(number.wrapping_mul(self.step))
    }
}

/// Replaces `numbers` by the values in their common step from the first; returns that step.
pub(super) fn in_steps(values: &[i64], numbers: &mut Vec<i64>) -> i64 {
    numbers.clear();
    let Some(&first) = values.first() else { return 1 };
    let step = common_step(first, values);
    let distances = values.iter().map(|value| value.wrapping_sub(first));
    match step {
        1 => numbers.extend(distances),
        step => numbers.extend(distances.map(|distance| distance / step)),
    }
    step
}

/// Foretells the next value, in steps from the origin, from those before it.
trait Predictor: Default {
    const KIND: u8;
    /// How many values the origin gives away: the first, unless it stands for none of them.
    const KNOWN: usize = 1;
    fn guess(&self) -> i64;
    fn learn(&mut self, value: i64);
    /// How far `value` is from what was foretold.
    #[inline(always)]
    fn distance(&mut self, value: i64) -> i64 {
        let distance = value.wrapping_sub(self.guess());
        self.learn(value);
        distance
    }
}

/// The same again.
#[derive(Default)]
struct Last(i64);

impl Predictor for Last {
    const KIND: u8 = 0;
    #[inline(always)]
    fn guess(&self) -> i64 {
        self.0
    }
    #[inline(always)]
    fn learn(&mut self, value: i64) {
        self.0 = value;
    }
}

/// The same step again: counters.
#[derive(Default)]
struct Line {
    last: i64,
    before: i64,
}

impl Predictor for Line {
    const KIND: u8 = 1;
    #[inline(always)]
    fn guess(&self) -> i64 {
        self.last.wrapping_mul(2).wrapping_sub(self.before)
    }
    #[inline(always)]
    fn learn(&mut self, value: i64) {
        self.before = self.last;
        self.last = value;
    }
}

/// The origin again: noise around a level.
#[derive(Default)]
struct Centre;

impl Predictor for Centre {
    const KIND: u8 = 2;
    const KNOWN: usize = 0;
    #[inline(always)]
    fn guess(&self) -> i64 {
        0
    }
    #[inline(always)]
    fn learn(&mut self, _: i64) {}
}

/// Room for coding, used again from column to column.
#[derive(Debug, Default)]
pub(super) struct Room {
    model: Model,
    numbers: Vec<i64>,
}

impl Room {
    /// Appends a column of at least one value.
    pub(super) fn encode(&mut self, values: &[i64], out: &mut Vec<u8>) {
        let Some(&origin) = values.first() else { return };
        let step = in_steps(values, &mut self.numbers);
        let (last, line, (centre, level)) = self.surveys();
        let (last_cost, line_cost, level_cost) = (last.cost(), line.cost(), level.cost());
        if last_cost <= line_cost.min(level_cost) {
            self.write::<Last>(origin, step, last.middle(), out);
        } else if line_cost <= level_cost {
            self.write::<Line>(origin, step, line.middle(), out);
        } else {
            self.numbers.iter_mut().for_each(|number| *number = number.wrapping_sub(centre));
            self.write::<Centre>(origin.wrapping_add(centre.wrapping_mul(step)), step, level.middle(), out);
        }
    }

    /// About how much [`Room::encode`] appends, in 1/256 bit.
    pub(super) fn cost(&mut self, values: &[i64]) -> u64 {
        in_steps(values, &mut self.numbers);
        let (last, line, (_, level)) = self.surveys();
        last.cost().min(line.cost()).min(level.cost())
    }

    /// What each predictor leaves; with the centre.
    fn surveys(&self) -> (Survey, Survey, (i64, Survey)) {
        let numbers = &self.numbers;
        let centre = mean(numbers);
        let level = Survey::of(numbers.iter().map(|number| number.wrapping_sub(centre)));
        (survey::<Last>(numbers), survey::<Line>(numbers), (centre, level))
    }

    fn write<P: Predictor>(&mut self, origin: i64, step: i64, middle: usize, out: &mut Vec<u8>) {
        Head { kind: P::KIND, middle, step, origin }.put(out);
        self.model.reset(middle, self.numbers.len());
        let (mut writer, mut predictor) = (Writer::new(out), P::default());
        for number in self.numbers.iter().skip(P::KNOWN) {
            self.model.code(&mut writer, predictor.distance(*number));
        }
        writer.finish();
    }

    /// Appends the `count` values of a column, at least one; `None` if it is not one that [`Room::encode`] wrote.
    pub(super) fn decode(&mut self, mut bytes: &[u8], count: usize, values: &mut Vec<i64>) -> Option<()> {
        let head = Head::take(&mut bytes)?;
        self.model.reset(head.middle, count);
        values.reserve(count);
        match head.kind {
            Last::KIND => self.read::<Last>(head, count, bytes, values),
            Line::KIND => self.read::<Line>(head, count, bytes, values),
            Centre::KIND => self.read::<Centre>(head, count, bytes, values),
            _ => None,
        }
    }

    fn read<P: Predictor>(&mut self, head: Head, count: usize, bytes: &[u8], values: &mut Vec<i64>) -> Option<()> {
        let (mut reader, mut predictor) = (Reader::new(bytes), P::default());
        values.extend(std::iter::repeat_n(head.origin, P::KNOWN));
        values.extend((0..count.checked_sub(P::KNOWN)?).map(|_| {
            let number = predictor.guess().wrapping_add(self.model.code(&mut reader, 0));
            predictor.learn(number);
            head.value(number)
        }));
        reader.is_at_end().then_some(())
    }
}

/// Surveys what `P` leaves of numbers of which the first is 0.
fn survey<P: Predictor>(numbers: &[i64]) -> Survey {
    let mut predictor = P::default();
    Survey::of(numbers.iter().skip(P::KNOWN).map(|value| predictor.distance(*value)))
}

/// Rounded; 0 for none.
fn mean(numbers: &[i64]) -> i64 {
    let sum: i128 = numbers.iter().map(|number| i128::from(*number)).sum();
    // Between the least and the greatest, so it fits.
    (sum + numbers.len() as i128 / 2).div_euclid(numbers.len().max(1) as i128) as i64
}

/// The largest number of which all values are multiples away from `first` (meters that show steps of 10 W); at least 1.
fn common_step(first: i64, values: &[i64]) -> i64 {
    let mut step = 0u64;
    for value in values {
        let Some(distance) = value.checked_sub(first).map(i64::unsigned_abs) else { return 1 };
        step = match (u32::try_from(distance), u32::try_from(step)) {
            // Dividing 32 bits is much faster, and nearly always enough.
            (Ok(distance), Ok(known)) if known > 0 && distance % known == 0 => continue,
            _ => common_divisor(step, distance),
        };
        if step == 1 {
            break;
        }
    }
    i64::try_from(step).unwrap_or(1).max(1)
}

/// Euclid's.
fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
