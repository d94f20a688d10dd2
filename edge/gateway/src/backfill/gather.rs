//! From the records of a device's log to the periods of our load curve. Pure.

use super::dating::{Beside, Dating};
use haubert_content::PeriodMark;
use haubert_fieldbus::logs::LogRecord;
use haubert_fieldbus::logs::parse::Block;
use haubert_model::{Decimal, Reason, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Most records kept while reading: a month of minutes.
const MOST_RECORDS: usize = 50_000;

/// How far a device's clock may be ahead when it dates its newest record, milliseconds.
const MARGIN_MS: i64 = 60_000;

/// Collects records and gives the wanted periods that they make whole.
#[derive(Debug)]
pub struct Gather {
    dating: Dating,
    /// Our period, milliseconds.
    period_ms: i64,
    /// Starts of our periods that are still wanted.
    wanted: BTreeSet<Timestamp>,
    /// The device's period, milliseconds, once known.
    theirs_ms: Option<i64>,
    records: BTreeMap<Timestamp, LogRecord>,
    /// First and last instant of the block before.
    before: Option<(i64, Timestamp, Timestamp)>,
    /// No record is younger.
    now: Timestamp,
}

/// A recovered period: its start, its mean and how far to trust it.
pub type Recovered = (Timestamp, Decimal, Reason);

/// The device's period does not make up ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherPeriod;

impl Gather {
    /// For these periods of `period_ms`; no record is younger than `now`.
    pub fn new(dating: Dating, period_ms: i64, wanted: BTreeSet<Timestamp>, now: Timestamp) -> Self {
        Self { dating, period_ms, wanted, theirs_ms: None, records: BTreeMap::new(), before: None, now }
    }

    /// Periods still wanted.
    pub fn wanted(&self) -> &BTreeSet<Timestamp> {
        &self.wanted
    }

    /// Takes a block; gives the periods that are now whole.
    ///
    /// # Errors
    /// [`OtherPeriod`].
    pub fn take(&mut self, block: &Block) -> Result<Vec<Recovered>, OtherPeriod> {
        let theirs_ms = i64::from(block.period_s) * 1_000;
        if theirs_ms <= 0 || self.period_ms % theirs_ms != 0 || self.theirs_ms.is_some_and(|known| known != theirs_ms) {
            return Err(OtherPeriod);
        }
        self.theirs_ms = Some(theirs_ms);
        for (at, record) in self.dated(block) {
            // The nearest period: their clock is off by a little, or known to be wrong.
            let at = at.plus_ms(theirs_ms / 2).floor_to(theirs_ms);
            if self.records.len() < MOST_RECORDS && self.wanted.contains(&at.floor_to(self.period_ms)) {
                self.records.entry(at).or_insert(record);
            }
        }
        let parts = self.period_ms / theirs_ms;
        Ok(self.give(|known| known == parts))
    }

    /// There is no more: gives the wanted periods that are known in part.
    pub fn rest(&mut self) -> Vec<Recovered> {
        self.give(|known| known > 0)
    }

    fn give(&mut self, enough: impl Fn(i64) -> bool) -> Vec<Recovered> {
        let Some(theirs_ms) = self.theirs_ms else { return Vec::new() };
        let parts = self.period_ms / theirs_ms;
        let mut given = Vec::new();
        for start in &self.wanted {
            let records: Vec<LogRecord> =
                self.records.range(*start..start.plus_ms(self.period_ms)).map(|(_, one)| *one).collect();
            let known = i64::try_from(records.len()).unwrap_or(0);
            if !enough(known) {
                continue;
            }
            let whole = known == parts && !records.iter().any(|record| record.incomplete);
            let dated = self.dating.is_believed() && records.iter().all(|record| record.clock_set);
            let reason = match (whole, dated) {
                (true, true) => Reason::Recovered,
                (true, false) => Reason::RecoveredClockNotSet,
                (false, _) => Reason::RecoveredIncomplete,
            };
            if let Some(mean) = mean(&records) {
                given.push((*start, mean, reason));
            }
        }
        for (start, ..) in &given {
            self.wanted.remove(start);
            while let Some((at, _)) = self.records.range(*start..start.plus_ms(self.period_ms)).next() {
                let at = *at;
                self.records.remove(&at);
            }
        }
        given
    }

    /// The block's records with the starts of their periods. Where local time shows an hour twice, the neighbours tell which is meant.
    fn dated(&mut self, block: &Block) -> Vec<(Timestamp, LogRecord)> {
        let records = &block.records;
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Vec::new() };
        if block.one_date {
            return self.following(block, first.date_s);
        }
        let sure = records.iter().position(|record| !self.dating.is_ambiguous(record.date_s)).unwrap_or(0);
        // What a block that lies wholly in such an hour leaves open, the block before tells.
        let hint = match self.before {
            Some((date_s, _, before)) if date_s <= first.date_s => Beside::After(before),
            Some((date_s, after, _)) if date_s > last.date_s => Beside::Before(after),
            _ => Beside::Nothing,
        };
        let mut dated: Vec<Option<Timestamp>> = vec![None; records.len()];
        let mut beside = hint;
        for (slot, record) in dated.iter_mut().zip(records).skip(sure) {
            *slot = self.dating.instant(record.date_s, beside);
            beside = slot.map_or(beside, Beside::After);
        }
        let mut beside = dated.get(sure).copied().flatten().map_or(hint, Beside::Before);
        for (slot, record) in dated.iter_mut().zip(records).take(sure).rev() {
            *slot = self.dating.instant(record.date_s, beside);
            beside = slot.map_or(beside, Beside::Before);
        }
        let found: Vec<(Timestamp, LogRecord)> =
            dated.into_iter().zip(records).filter_map(|(at, record)| Some((at?, *record))).collect();
        if let (Some((from, _)), Some((to, _))) = (found.first(), found.last()) {
            self.before = Some((first.date_s, *from, *to));
        }
        // Only the instants know how long ago the period began: local time may have changed in it.
        let back_ms = if block.dated == PeriodMark::End { i64::from(block.period_s) * 1_000 } else { 0 };
        found.into_iter().map(|(at, record)| (at.plus_ms(-back_ms), record)).collect()
    }
}

impl Gather {
    /// A block of which only the first record has a date: all of it lies before the block after it, or before now.
    fn following(&mut self, block: &Block, date_s: i64) -> Vec<(Timestamp, LogRecord)> {
        let period_ms = i64::from(block.period_s) * 1_000;
        let (mark_ms, count) = (if block.dated == PeriodMark::End { period_ms } else { 0 }, block.records.len() as i64);
        let after = match self.before {
            Some((known_s, after, _)) if known_s > date_s => after,
            _ => self.now.plus_ms(mark_ms + MARGIN_MS),
        };
        // The date of the last record, at the latest, lies a period before the next block's first.
        let latest = after.plus_ms(-period_ms * (count - 1));
        let Some(first) = self.dating.instant(date_s, Beside::Before(latest)) else { return Vec::new() };
        self.before = Some((date_s, first, first.plus_ms(period_ms * (count - 1))));
        let start = first.plus_ms(-mark_ms);
        (0..).zip(&block.records).map(|(n, record)| (start.plus_ms(n * period_ms), *record)).collect()
    }
}

fn mean(records: &[LogRecord]) -> Option<Decimal> {
    let exponent = records.iter().map(|record| record.value.exponent).min()?.min(-3);
    let mut sum = 0i128;
    for record in records {
        sum += i128::from(record.value.rescaled(exponent).ok()?.mantissa);
    }
    let count = i128::try_from(records.len()).ok()?;
    let half = count / 2 * sum.signum();
    Some(Decimal::new(i64::try_from((sum + half) / count).ok()?, exponent))
}
