//! Where samples go, by number: the recorder opens a sink for each series-to-be, the writer finds or declares its series once.
//!
//! A row names its sink, not its load and quantity, so that nothing is looked up by name for each value.

use haubert_model::{Decimal, LoadId, Quantity, Reason, RecordKind, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a sink takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkSpec {
    /// Whose.
    pub load: LoadId,
    /// What.
    pub quantity: Quantity,
    /// In which manner.
    pub kind: RecordKind,
    /// Nominal period, milliseconds; `None` when every reading is kept, or when it comes as it comes.
    pub period_ms: Option<i64>,
    /// First value that the counter never shows.
    pub rollover: Option<Decimal>,
}

/// Number of a sink, in the order of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkId(u32);

impl SinkId {
    /// As a place in a list.
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// One value to keep, or the remark that there was none. 24 bytes: a large site makes a hundred thousand each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// When.
    pub at: Timestamp,
    mantissa: i64,
    /// Where to.
    pub sink: SinkId,
    exponent: i8,
    /// Why it is as good as it is.
    pub reason: Reason,
    missing: bool,
}

impl Row {
    /// A value, or with `None` the mark of a gap.
    pub fn new(sink: SinkId, at: Timestamp, value: Option<Decimal>, reason: Reason) -> Self {
        let Decimal { mantissa, exponent } = value.unwrap_or(Decimal::new(0, 0));
        Self { at, mantissa, sink, exponent, reason, missing: value.is_none() }
    }

    /// The value; `None` marks a gap.
    pub fn value(&self) -> Option<Decimal> {
        (!self.missing).then(|| Decimal::new(self.mantissa, self.exponent))
    }
}

/// A value to keep under its names, for what comes late and seldom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Whose, what, and in which manner.
    pub sink: SinkSpec,
    /// When.
    pub at: Timestamp,
    /// The value; `None` marks a gap.
    pub value: Option<Decimal>,
    /// Why it is as good as it is.
    pub reason: Reason,
}

/// The list of sinks, which only grows. A sink that nobody feeds any more costs its line here; after a restart it is gone.
#[derive(Debug, Default)]
pub struct Sinks(Mutex<List>);

/// Packed, since it has a line for each of a hundred thousand points: few of them are counters that roll over.
#[derive(Debug, Default)]
struct List {
    lines: Vec<Line>,
    rollovers: HashMap<SinkId, Decimal>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    load: LoadId,
    quantity: Quantity,
    kind: RecordKind,
    /// 0: none.
    period_ms: u32,
}

impl List {
    fn spec(&self, sink: SinkId) -> Option<SinkSpec> {
        let Line { load, quantity, kind, period_ms } = *self.lines.get(sink.place())?;
        let period_ms = (period_ms > 0).then_some(i64::from(period_ms));
        Some(SinkSpec { load, quantity, kind, period_ms, rollover: self.rollovers.get(&sink).copied() })
    }
}

impl Sinks {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a sink.
    pub fn open(&self, spec: SinkSpec) -> SinkId {
        let SinkSpec { load, quantity, kind, period_ms, rollover } = spec;
        let mut list = self.list();
        let sink = SinkId(u32::try_from(list.lines.len()).unwrap_or(u32::MAX));
        // Periods are at most an hour.
        let period_ms = period_ms.and_then(|ms| u32::try_from(ms).ok()).unwrap_or(0);
        list.lines.push(Line { load, quantity, kind, period_ms });
        list.rollovers.extend(rollover.map(|rollover| (sink, rollover)));
        sink
    }

    /// What a sink takes.
    pub fn spec(&self, sink: SinkId) -> Option<SinkSpec> {
        self.list().spec(sink)
    }

    /// What those opened after the first `known` take, in order.
    pub fn after(&self, known: usize) -> Vec<SinkSpec> {
        let list = self.list();
        (known..list.lines.len()).filter_map(|place| list.spec(SinkId(u32::try_from(place).ok()?))).collect()
    }
}
