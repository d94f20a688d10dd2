//! Asking a device something, whoever owns the line.
//!
//! Identification, discovery and tests are written once against [`Ask`]. On a line of their own they use [`DirectLine`]; on
//! a line that a running bus owns, [`BusLine`] queues their requests with the bus, so that the line stays strictly serial.

use crate::settings::Line;
use crate::transport::{AskError, OpenError, Outcome, Transport};
use haubert_modbus::{Request, Response};
use std::future::Future;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Somebody who can put a request to a unit.
pub trait Ask: Send {
    /// One request, one outcome.
    fn ask(&mut self, unit: u8, request: &Request) -> impl Future<Output = Outcome> + Send;
}

/// A line of one's own.
pub struct DirectLine {
    transport: Transport,
    timeout: Duration,
}

impl DirectLine {
    /// Opens a line, within `timeout` as each request later.
    ///
    /// # Errors
    /// [`OpenError`] naming the line.
    pub async fn open(line: Line, timeout: Duration) -> Result<Self, OpenError> {
        let mut transport = Transport::new(line);
        transport.open(timeout).await?;
        Ok(Self { transport, timeout })
    }
}

impl Ask for DirectLine {
    async fn ask(&mut self, unit: u8, request: &Request) -> Outcome {
        // A connection that had to be closed is made anew: that belongs to the request before.
        if self.transport.open(self.timeout).await.is_err() {
            return not_open();
        }
        self.transport.exchange(unit, request, self.timeout).await
    }
}

/// A request that a bus carries out between two of its own.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) unit: u8,
    pub(crate) request: Request,
    pub(crate) timeout: Option<Duration>,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// What a bus is told while it runs.
#[derive(Debug)]
pub(crate) enum Order {
    /// A request to carry out.
    Ask(Job),
    /// Forget what this device refused.
    Forget(haubert_model::DeviceId),
}

/// The line of a running bus.
#[derive(Debug, Clone)]
pub struct BusLine {
    orders: mpsc::Sender<Order>,
    timeout: Option<Duration>,
}

impl BusLine {
    pub(crate) const fn new(orders: mpsc::Sender<Order>) -> Self {
        Self { orders, timeout: None }
    }

    /// With another time-out than the bus's own.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Ask for BusLine {
    async fn ask(&mut self, unit: u8, request: &Request) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        let job = Job { unit, request: request.clone(), timeout: self.timeout, reply };
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
    let request = Request::Read { table: haubert_modbus::Table::HoldingRegisters, address, count };
    match ask_twice(line, unit, &request).await? {
        Response::Registers(words) => Ok(words),
        _ => Err(AskError::Malformed(haubert_modbus::Malformed::Field)),
    }
}

/// Asks, and asks once more when the answer was damaged (not when there was none).
pub(crate) async fn ask_twice(line: &mut impl Ask, unit: u8, request: &Request) -> Result<Response, AskError> {
    let first = line.ask(unit, request).await.result;
    match &first {
        Err(error) if error.is_damage() && !error.is_silence() => line.ask(unit, request).await.result,
        _ => first,
    }
}
