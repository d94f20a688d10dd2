//! The load-curve log that a device keeps of itself, as data: how its window is moved, and what stands in it.
//!
//! A device records mean power per period whether or not anybody asks, and shows it through a *window* of registers. To move
//! the window, one register must be written: the only one that Haubert ever writes, and only where the operator allows it
//! (`docs/adr/0010-reading-a-meters-log.md`). What to write and where is said here and nowhere in code.
//!
//! Two manners exist. *Sequential*: go to the first block, then to the next (Socomec JBUS). *Numbered*: ask for the block that
//! ends at a record number (Socomec PMD).

use crate::check::{Fault, fault};
use crate::{Addressing, RegisterType};
use haubert_modbus::limits::READ_REGISTERS;
use haubert_model::{Nature, Quantity};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// The log, once checked: every register exists, and header and records are each read in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBlock {
    /// What is recorded: the mean of this quantity over each period.
    pub quantity: Quantity,
    /// How the window is moved.
    pub window: LogWindow,
    /// What the records of a block have in common.
    pub header: LogHeader,
    /// The records.
    pub records: LogRecords,
}

/// How the window is moved: by writing this and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum LogWindow {
    /// One word written to `command` goes to the first block or to the next.
    Step {
        /// The register.
        command: u16,
        /// Word that goes to the first block.
        rewind: u16,
        /// Word that goes to the next block.
        next: u16,
    },
    /// Two words written from `command` on, series and record number, go to the block that ends with that record. The series
    /// is the number of the load.
    Record {
        /// The first register.
        command: u16,
        /// Record number that means the newest.
        newest: u16,
    },
}

/// What the records of a block have in common: offsets from `address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogHeader {
    /// First register.
    pub address: u16,
    /// Registers of the header.
    pub words: u16,
    /// Where the number of records in the window stands.
    pub count: u16,
    /// Where the period stands, seconds.
    pub period: u16,
    /// Where the numerator of the value of one step stands, in the quantity's unit.
    pub numerator: u16,
    /// Where its denominator stands.
    pub denominator: u16,
    /// Where the number of the last record in the window stands (numbered logs).
    #[serde(default)]
    pub record: Option<u16>,
    /// Where the date of the first record stands (two registers), when records have none of their own.
    #[serde(default)]
    pub date: Option<u16>,
}

/// The records: offsets from the beginning of each, oldest record first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogRecords {
    /// First register of the first record.
    pub address: u16,
    /// Registers of a record.
    pub words: u16,
    /// Most records in a window.
    pub most: u16,
    /// Where the date of its period stands: two registers, seconds since 2000-01-01 by the device's own clock.
    #[serde(default)]
    pub date: Option<u16>,
    /// Whether dates are those of the beginning or of the end of a period.
    pub dated: PeriodMark,
    /// Where the flag stands: 0 whole and clock set, 1 incomplete, 2 clock not set, 3 both.
    pub flag: u16,
    /// Where the value stands.
    pub value: u16,
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: RegisterType,
}

/// Which end of a period a date names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodMark {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// The load-curve log that the device keeps of itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLog {
    /// What is recorded.
    #[schemars(with = "Quantity")]
    pub(crate) quantity: Spanned<Quantity>,
    /// How the window is moved.
    #[schemars(with = "LogWindow")]
    pub(crate) window: Spanned<LogWindow>,
    /// What the records of a block have in common.
    #[schemars(with = "LogHeader")]
    pub(crate) header: Spanned<LogHeader>,
    /// The records.
    #[schemars(with = "LogRecords")]
    pub(crate) records: Spanned<LogRecords>,
}

impl LogWindow {
    /// The registers that moving the window writes: first and count. No other register is ever written.
    pub const fn written(&self) -> (u16, u16) {
        match self {
            Self::Step { command, .. } => (*command, 1),
            Self::Record { command, .. } => (*command, 2),
        }
    }
}

impl LogRecords {
    /// Registers of `count` records.
    pub const fn words_of(&self, count: u16) -> u16 {
        self.words.saturating_mul(count)
    }
}

/// Checks what types cannot say. `used` are the registers (first, count) that points of the profile lie in: what is written
/// must not be among what is measured.
pub(crate) fn check(raw: RawLog, addressing: &Addressing, used: &[(u16, u16)]) -> Result<LogBlock, Fault> {
    if *addressing != Addressing::Absolute {
        return Err(fault(&raw.quantity, "quantity", "a log needs absolute addresses"));
    }
    if raw.quantity.get_ref().nature() != Nature::Instant {
        return Err(fault(&raw.quantity, "quantity", "a load curve is the mean of an instantaneous quantity"));
    }
    let (header, records) = (*raw.header.get_ref(), *raw.records.get_ref());
    let inside = |offset: u16, words: u16, room: u16| offset.checked_add(words).is_some_and(|end| end <= room);
    let fits = |address: u16, words: u16| words > 0 && words <= READ_REGISTERS && address.checked_add(words - 1).is_some();
    if !fits(header.address, header.words) {
        return Err(fault(&raw.header, "header", format!("{} registers do not fit one request", header.words)));
    }
    let places = [Some(header.count), Some(header.period), Some(header.numerator), Some(header.denominator), header.record];
    if places.into_iter().flatten().any(|place| !inside(place, 1, header.words))
        || header.date.is_some_and(|date| !inside(date, 2, header.words))
    {
        return Err(fault(&raw.header, "header", format!("a place lies past the {} registers of the header", header.words)));
    }
    if records.most == 0 || !fits(records.address, records.words.checked_mul(records.most).unwrap_or(0)) {
        return Err(fault(&raw.records, "records", "the records of a window do not fit one request"));
    }
    if !inside(records.flag, 1, records.words)
        || !inside(records.value, records.kind.words(), records.words)
        || records.date.is_some_and(|date| !inside(date, 2, records.words))
    {
        return Err(fault(&raw.records, "records", format!("a place lies past the {} registers of a record", records.words)));
    }
    if records.kind.is_float() {
        return Err(fault(&raw.records, "type", "values of a log are integers"));
    }
    if header.date.is_some() == records.date.is_some() {
        return Err(fault(&raw.records, "date", "either the header or each record has a date"));
    }
    if matches!(raw.window.get_ref(), LogWindow::Record { .. }) && header.record.is_none() {
        return Err(fault(&raw.header, "record", "a numbered log says which record its window ends with"));
    }
    let (command, count) = raw.window.get_ref().written();
    let Some(last) = command.checked_add(count - 1) else {
        return Err(fault(&raw.window, "command", "ends past register 65535"));
    };
    let touches = |first: u16, words: u16| first <= last && u32::from(command) < u32::from(first) + u32::from(words);
    if touches(header.address, header.words)
        || touches(records.address, records.words_of(records.most))
        || used.iter().any(|(first, words)| touches(*first, *words))
    {
        return Err(fault(&raw.window, "command", "what is written to move the window must not be read for anything else"));
    }
    Ok(LogBlock { quantity: *raw.quantity.get_ref(), window: *raw.window.get_ref(), header, records })
}
