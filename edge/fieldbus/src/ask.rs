//! Asking a device something, whoever owns the line.
//!
//! Identification, discovery and tests are written once against [`Ask`]. On a line of their own they use [`DirectLine`]; on
//! a line that a running bus owns, [`BusLine`] queues their requests with the bus, so that the line stays strictly serial.

use crate::orders::{Job, Order};
use crate::question::Question;
use crate::settings::Line;
use crate::transport::{AskError, Gates, OpenError, Outcome, Transport};
use crate::urgency::Urgency;
use haubert_modbus::{Response, Table};
use std::future::Future;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Somebody who can put a question to a unit.
pub trait Ask: Send {
    /// One question, one outcome.
    fn ask(&mut self, unit: u8, question: &Question) -> impl Future<Output = Outcome> + Send;
}

/// A line of one's own.
pub struct DirectLine {
    transport: Transport,
    timeout: Duration,
}

impl DirectLine {
    /// Opens a line, within `timeout` as each request later; with the same `gates`, others at its endpoint take turns with it.
    ///
    /// # Errors
    /// [`OpenError`] naming the line.
    pub async fn open(line: Line, gates: &Gates, timeout: Duration) -> Result<Self, OpenError> {
        let mut transport = Transport::new(line, gates);
        transport.open(timeout).await?;
        Ok(Self { transport, timeout })
    }
}

impl Ask for DirectLine {
    async fn ask(&mut self, unit: u8, question: &Question) -> Outcome {
        // A connection that had to be closed is made anew: that belongs to the request before.
        if self.transport.open(self.timeout).await.is_err() {
            return not_open();
        }
        self.transport.exchange(unit, question, self.timeout).await
    }
}

/// The line of a running bus.
#[derive(Debug, Clone)]
pub struct BusLine {
    orders: mpsc::Sender<Order>,
    urgency: Urgency,
    timeout: Option<Duration>,
}

impl BusLine {
    pub(crate) const fn new(orders: mpsc::Sender<Order>, urgency: Urgency) -> Self {
        Self { orders, urgency, timeout: None }
    }

    /// With another time-out than the bus's own.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Ask for BusLine {
    async fn ask(&mut self, unit: u8, question: &Question) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        // Whatever follows a moved window waits for it; whoever writes waits for it too.
        let urgency = if question.writes().is_some() { Urgency::Write } else { self.urgency };
        let job = Job { unit, question: question.clone(), urgency, timeout: self.timeout, reply };
        if self.orders.send(Order::Ask(job)).await.is_err() {
            return not_open();
        }
        outcome.await.unwrap_or_else(|_| not_open())
    }
}

pub(crate) const fn not_open() -> Outcome {
    Outcome::nothing(AskError::NotOpen)
}

/// Reads registers, and asks once more when the answer was damaged.
pub(crate) async fn read_registers(line: &mut impl Ask, unit: u8, address: u16, count: u16) -> Result<Vec<u16>, AskError> {
    match ask_twice(line, unit, &Question::read(Table::HoldingRegisters, address, count)).await? {
        Response::Registers(words) => Ok(words),
        _ => Err(AskError::Malformed(haubert_modbus::Malformed::Field)),
    }
}

/// Asks, and asks once more when the answer was damaged (not when there was none).
pub(crate) async fn ask_twice(line: &mut impl Ask, unit: u8, question: &Question) -> Result<Response, AskError> {
    let first = line.ask(unit, question).await.result;
    match &first {
        Err(error) if error.is_damage() && !error.is_silence() => line.ask(unit, question).await.result,
        _ => first,
    }
}
