//! Reading back the load-curve log that a device keeps of itself, after an outage.
//!
//! The log is read through a window of registers that a command moves, as the profile's [`LogBlock`] says. That command is the
//! only write that Haubert ever sends to a device, and only with an [`Allowed`], which only the operator's setting gives (see
//! [`crate::question`]). Reading has the lowest priority: after each exchange the line is left alone for four times as long, so that
//! a backfill takes at most a fifth of it and polls go on as ever. What was read is handed over block by block; whoever reads
//! keeps it at once and, after an interruption, asks only for what is still missing.

pub mod parse;
#[cfg(test)]
mod tests;
mod window;

use crate::ask::{Ask, ask_twice};
pub use crate::question::Allowed;
use crate::question::{Move, Question};
use crate::transport::AskError;
use haubert_content::{ClockBlock, LogBlock, LogWindow};
use haubert_modbus::{Malformed, Response, Table};
use parse::{Block, Header};
pub use parse::{LogRecord, Unreadable};
use std::ops::{ControlFlow, Range};
use std::time::Duration;
use tokio::time::Instant;

/// Rest after an exchange, in exchanges.
const REST: u32 = 4;
/// Shortest and longest rest.
const REST_WITHIN: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(2));
/// Most blocks of one reading: a device whose log never ends is left after that many.
const MOST_BLOCKS: usize = 2_000;

/// Why a log could not be read (further).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The device did not give an answer.
    #[error("{0}")]
    Ask(#[from] AskError),
    /// What stands in the registers is no log.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
}

/// What to read of which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery<'a> {
    /// Unit id.
    pub unit: u8,
    /// Where the log is and how its window is moved.
    pub log: &'a LogBlock,
    /// The load, from 1: the series of a log that has several.
    pub channel: u8,
    /// Dates that are wanted: seconds since 2000-01-01 by the device's own clock.
    pub wanted: Range<i64>,
    /// Most registers of one request.
    pub max_registers: u16,
}

/// Reads the log and hands over its blocks, each with records in order of time, until there is nothing more of what is wanted
/// or `take` has enough. Returns the seconds of a period, or `None` when the log is empty.
///
/// # Errors
/// [`LogError`]; what was handed over before is good.
pub async fn read_log(
    line: &mut impl Ask,
    query: &LogQuery<'_>,
    allowed: Allowed,
    take: &mut (dyn FnMut(Block) -> ControlFlow<()> + Send),
) -> Result<Option<u16>, LogError> {
    let mut reader = LogReader { line, query, allowed };
    let mut order = match query.log.window {
        LogWindow::Step { .. } => Move::First,
        LogWindow::Record { newest, .. } => Move::To { series: u16::from(query.channel), number: newest },
    };
    let mut period_s = None;
    let mut before: Option<Block> = None;
    for _ in 0..MOST_BLOCKS {
        reader.go(order).await?;
        let block = reader.block().await?;
        // A log that stays where it is has no more to show.
        if block.records.is_empty() || before.as_ref() == Some(&block) {
            break;
        }
        period_s = Some(block.period_s);
        let past_wanted = is_past(before.as_ref(), &block, &query.wanted);
        order = match (query.log.window, block.first_number()) {
            (LogWindow::Step { .. }, _) => Move::Next,
            (LogWindow::Record { .. }, Some(first)) => {
                Move::To { series: u16::from(query.channel), number: window::number_before(first) }
            }
            (LogWindow::Record { .. }, None) => return Err(Unreadable("no record number").into()),
        };
        before = Some(block.clone());
        if take(block).is_break() || past_wanted {
            break;
        }
    }
    Ok(period_s)
}

/// Whether what follows lies outside of what is wanted, whichever way the log runs.
fn is_past(before: Option<&Block>, block: &Block, wanted: &Range<i64>) -> bool {
    let (Some(first), Some(last)) = (block.records.first(), block.records.last()) else { return true };
    // The direction is known from the second block on.
    match before.and_then(|before| before.records.first()) {
        Some(earlier) if earlier.date_s > first.date_s => first.date_s <= wanted.start,
        Some(_) => last.date_s >= wanted.end,
        None => false,
    }
}

/// The device's own clock: seconds since 2000-01-01, as it shows them.
///
/// # Errors
/// [`LogError`], also for a date that cannot be.
pub async fn read_clock(line: &mut impl Ask, unit: u8, block: ClockBlock) -> Result<i64, LogError> {
    let words = read(line, unit, block.address, parse::clock_words(block.layout)).await?;
    parse::clock(block.layout, &words).ok_or_else(|| Unreadable("no date").into())
}

struct LogReader<'a, A> {
    line: &'a mut A,
    query: &'a LogQuery<'a>,
    allowed: Allowed,
}

impl<A: Ask> LogReader<'_, A> {
    async fn go(&mut self, order: Move) -> Result<(), LogError> {
        let question = self.allowed.question(order).ok_or(Unreadable("another window"))?;
        match polite(self.line, self.query.unit, &question).await? {
            Response::Written => Ok(()),
            _ => Err(AskError::Malformed(Malformed::Field).into()),
        }
    }

    async fn block(&mut self) -> Result<Block, LogError> {
        let log = self.query.log;
        let unit = self.query.unit;
        let words = self.words(log.header.address, log.header.words).await?;
        let header = Header::parse(log, &words)?;
        let mut records = Vec::new();
        // Whole records per request, as many as the device allows.
        let per_request = (self.query.max_registers / log.records.words.max(1)).max(1);
        let mut at = 0;
        while at < header.count {
            let count = per_request.min(header.count - at);
            let address = log.records.address.saturating_add(log.records.words_of(at));
            records.extend(read(self.line, unit, address, log.records.words_of(count)).await?);
            at += count;
        }
        Ok(Block::parse(log, header, &records)?)
    }

    async fn words(&mut self, address: u16, count: u16) -> Result<Vec<u16>, LogError> {
        let most = self.query.max_registers.max(1);
        let mut words = Vec::with_capacity(usize::from(count));
        let mut at = 0;
        while at < count {
            let part = most.min(count - at);
            words.extend(read(self.line, self.query.unit, address.saturating_add(at), part).await?);
            at += part;
        }
        Ok(words)
    }
}

async fn read(line: &mut impl Ask, unit: u8, address: u16, count: u16) -> Result<Vec<u16>, LogError> {
    match polite(line, unit, &Question::read(Table::HoldingRegisters, address, count)).await? {
        Response::Registers(words) => Ok(words),
        _ => Err(AskError::Malformed(Malformed::Field).into()),
    }
}

/// Asks, and leaves the line alone for a while.
async fn polite(line: &mut impl Ask, unit: u8, question: &Question) -> Result<Response, AskError> {
    let begun = Instant::now();
    let answer = ask_twice(line, unit, question).await;
    let (least, most) = REST_WITHIN;
    tokio::time::sleep((begun.elapsed() * REST).clamp(least, most)).await;
    answer
}
