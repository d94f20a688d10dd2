//! The load-curve log that a simulated meter keeps of itself.
//!
//! Nothing is stored: a record is the energy that the model integrates over its period, divided by the period. So the log is
//! true by construction, goes on while the bus is cut, and costs nothing until it is read. Where it stands and how its window
//! is moved comes from the profile, as for the gateway that reads it.

mod window;

use crate::load::Load;
use haubert_content::{LogBlock, PeriodMark, RegisterType};
use haubert_model::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::sync::Arc;
pub(crate) use window::Window;

/// Records that a meter keeps when no fault makes them fewer: two months of ten minutes.
pub(crate) const CAPACITY: u32 = 8_640;

/// What the log must know of its meter at the moment of a reading.
pub(crate) struct Meter<'a> {
    pub(crate) block: &'a LogBlock,
    pub(crate) loads: &'a [Arc<Load>],
    pub(crate) zone: &'a TimeZone,
    pub(crate) period_s: u16,
    /// The plant's time.
    pub(crate) now: Timestamp,
    /// Nothing was recorded before.
    pub(crate) since: Timestamp,
    /// How far the meter's clock is ahead.
    pub(crate) clock_ahead_ms: i64,
    /// The meter knows that its clock is not set.
    pub(crate) clock_lost: bool,
    /// Records kept, the newest.
    pub(crate) capacity: u32,
    /// Every third record says that its period was not covered whole.
    pub(crate) incomplete: bool,
}

impl Meter<'_> {
    /// The whole window as registers, from the header's first on; `None` for registers that are not part of it.
    pub(crate) fn read(&self, window: Window, address: u16, count: u16) -> Option<Vec<u16>> {
        let within = |first: u16, words: u16| {
            let from = usize::from(address.checked_sub(first)?);
            let to = from + usize::from(count);
            (to <= usize::from(words)).then_some(from..to)
        };
        let (header, records) = (&self.block.header, &self.block.records);
        let room = records.words_of(records.most);
        if header.address.checked_add(header.words) == Some(records.address)
            && let Some(range) = within(header.address, header.words.saturating_add(room))
        {
            let mut words = self.header(window);
            words.extend(self.records(window));
            return words.get(range).map(<[u16]>::to_vec);
        }
        if let Some(range) = within(header.address, header.words) {
            return self.header(window).get(range).map(<[u16]>::to_vec);
        }
        self.records(window).get(within(records.address, room)?).map(<[u16]>::to_vec)
    }

    /// First and last period that is kept, counted from the epoch by the meter's clock; the last comes before the first when
    /// there is none.
    pub(crate) fn kept(&self) -> (i64, i64) {
        let period_ms = self.period_ms();
        let last = self.now.plus_ms(self.clock_ahead_ms).0.div_euclid(period_ms) - 1;
        let first = -(-self.since.plus_ms(self.clock_ahead_ms).0).div_euclid(period_ms);
        (first.max(last + 1 - i64::from(self.capacity)), last)
    }

    fn period_ms(&self) -> i64 {
        i64::from(self.period_s.max(1)) * 1_000
    }

    fn header(&self, window: Window) -> Vec<u16> {
        let header = &self.block.header;
        let mut words = vec![0; usize::from(header.words)];
        let mut put = |place: u16, word: u16| {
            if let Some(slot) = words.get_mut(usize::from(place)) {
                *slot = word;
            }
        };
        let (first, count) = window.block(self);
        put(header.count, count);
        put(header.period, self.period_s);
        put(header.numerator, self.step_w());
        put(header.denominator, 1);
        if let Some(place) = header.record.filter(|_| count > 0) {
            put(place, Window::number_of(first + i64::from(count) - 1));
        }
        if let Some(place) = header.date.filter(|_| count > 0) {
            let [high, low] = self.date(first);
            put(place, high);
            put(place + 1, low);
        }
        words
    }

    fn records(&self, window: Window) -> Vec<u16> {
        let records = &self.block.records;
        let (first, count) = window.block(self);
        let mut all = Vec::with_capacity(usize::from(records.words_of(records.most)));
        for period in (first..).take(usize::from(count)) {
            let mut words = vec![0; usize::from(records.words)];
            let mut put = |place: u16, word: u16| {
                if let Some(slot) = words.get_mut(usize::from(place)) {
                    *slot = word;
                }
            };
            if let Some(place) = records.date {
                let [high, low] = self.date(period);
                put(place, high);
                put(place + 1, low);
            }
            let incomplete = self.incomplete && period.rem_euclid(3) == 0;
            put(records.flag, u16::from(incomplete) | if self.clock_lost { 2 } else { 0 });
            let steps = (self.mean_w(window.series(), period) / f64::from(self.step_w())).round();
            match records.kind {
                RegisterType::U16 => put(records.value, steps.clamp(0.0, 65_535.0) as u16),
                RegisterType::S16 => put(records.value, steps.clamp(-32_768.0, 32_767.0) as i16 as u16),
                _ => {
                    let bits = steps as i32 as u32;
                    put(records.value, (bits >> 16) as u16);
                    put(records.value + 1, bits as u16);
                }
            }
            all.extend(words);
        }
        all.resize(usize::from(records.words_of(records.most)), 0);
        all
    }

    /// Mean power of a load over a period of the meter's clock, W.
    fn mean_w(&self, series: u16, period: i64) -> f64 {
        let Some(load) = usize::from(series).checked_sub(1).and_then(|index| self.loads.get(index)) else { return 0.0 };
        let start = Timestamp(period.saturating_mul(self.period_ms())).plus_ms(-self.clock_ahead_ms);
        let before = load.flow(start).totals.active;
        let after = load.flow(start.plus_ms(self.period_ms())).totals.active;
        (after - before) * 3_600_000.0 / self.period_ms() as f64
    }

    /// Watts of one step of a value: the smallest power of ten at which twice the nominal power fits.
    fn step_w(&self) -> u16 {
        let nominal = self.loads.iter().map(|load| load.wiring.nominal_w).fold(0.0, f64::max);
        match self.block.records.kind {
            RegisterType::U16 | RegisterType::S16 => {
                [1, 10, 100, 1_000, 10_000].into_iter().find(|step| 2.0 * nominal / f64::from(*step) < 32_000.0).unwrap_or(10_000)
            }
            _ => 1,
        }
    }

    /// Seconds since 2000 on the meter's own clock, which shows local time.
    fn date(&self, period: i64) -> [u16; 2] {
        let start = Timestamp(period.saturating_mul(self.period_ms()));
        let at = match self.block.records.dated {
            PeriodMark::Start => start,
            PeriodMark::End => start.plus_ms(self.period_ms()),
        };
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let since = self.zone.to_datetime(instant).duration_since(date(2000, 1, 1).at(0, 0, 0, 0)).as_secs();
        let seconds = u32::try_from(since).unwrap_or(0);
        [(seconds >> 16) as u16, seconds as u16]
    }
}
