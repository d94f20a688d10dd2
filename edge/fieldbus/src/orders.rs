//! What others want of a running bus, in the order of its urgency.

use crate::question::Question;
use crate::transport::Outcome;
use crate::urgency::{Turns, Urgency};
use haubert_model::DeviceId;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Orders that may be on their way to a bus, and as many that wait there; more wait at their senders.
pub(crate) const WAITING: usize = 32;

/// A request that a bus carries out between two of its own.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) unit: u8,
    pub(crate) question: Question,
    pub(crate) urgency: Urgency,
    pub(crate) timeout: Option<Duration>,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// What a bus is told while it runs.
#[derive(Debug)]
pub(crate) enum Order {
    /// A request to carry out.
    Ask(Job),
    /// Forget what this device refused.
    Forget(DeviceId),
}

impl Order {
    fn urgency(&self) -> Urgency {
        match self {
            Self::Ask(job) => job.urgency,
            Self::Forget(_) => Urgency::Person,
        }
    }

    /// Whether whoever asked has gone.
    fn is_vain(&self) -> bool {
        matches!(self, Self::Ask(job) if job.reply.is_closed())
    }
}

/// The orders of a bus.
pub(crate) struct Orders {
    incoming: mpsc::Receiver<Order>,
    /// Those that have come, in the order of their coming.
    waiting: Vec<Order>,
    turns: Turns,
}

impl Orders {
    pub(crate) fn new(incoming: mpsc::Receiver<Order>) -> Self {
        Self { incoming, waiting: Vec::new(), turns: Turns::default() }
    }

    /// The order whose turn it is; `None` when there is none, or when it is the turn of a due round.
    pub(crate) fn next(&mut self, round_is_due: bool) -> Option<Order> {
        self.waiting.retain(|order| !order.is_vain());
        while self.waiting.len() < WAITING
            && let Ok(order) = self.incoming.try_recv()
        {
            self.waiting.push(order);
        }
        if self.waiting.is_empty() && round_is_due {
            return None;
        }
        let waiting = &self.waiting;
        let waits =
            |urgency| (urgency == Urgency::Poll && round_is_due) || waiting.iter().any(|order| order.urgency() == urgency);
        let turn = self.turns.next(waits)?;
        let at = self.waiting.iter().position(|order| order.urgency() == turn)?;
        Some(self.waiting.remove(at))
    }

    /// Waits for an order while no round is due; `None` when none can come any more.
    pub(crate) async fn recv(&mut self) -> Option<Order> {
        loop {
            if let Some(order) = self.next(false) {
                return Some(order);
            }
            let order = self.incoming.recv().await?;
            self.waiting.push(order);
        }
    }

    /// Notes what a turn took of the line.
    pub(crate) fn taken(&mut self, urgency: Urgency, took: Duration) {
        self.turns.taken(urgency, took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_modbus::Table;

    fn job(unit: u8, urgency: Urgency) -> (Order, oneshot::Receiver<Outcome>) {
        let (reply, outcome) = oneshot::channel();
        let question = Question::read(Table::HoldingRegisters, 0, 1);
        (Order::Ask(Job { unit, question, urgency, timeout: None, reply }), outcome)
    }

    #[test]
    fn orders_come_by_urgency_then_by_age_and_those_of_the_gone_not_at_all() {
        let (sender, incoming) = mpsc::channel(WAITING);
        let mut orders = Orders::new(incoming);
        let mut askers = Vec::new();
        for (unit, urgency) in [
            (1, Urgency::Backfill),
            (2, Urgency::Probe),
            (3, Urgency::Person),
            (4, Urgency::Write),
            (5, Urgency::Person),
            (6, Urgency::Probe),
        ] {
            let (order, asker) = job(unit, urgency);
            sender.try_send(order).unwrap();
            askers.push(asker);
        }
        askers.remove(1);
        let mut served = Vec::new();
        let mut rounds = 0;
        while served.len() < 5 {
            match orders.next(rounds == 0) {
                Some(Order::Ask(job)) => {
                    orders.taken(job.urgency, Duration::ZERO);
                    served.push(job.unit);
                }
                Some(Order::Forget(_)) => unreachable!(),
                None => rounds += 1,
            }
        }
        assert_eq!((served, rounds), (vec![3, 5, 4, 6, 1], 1));
        assert!(orders.next(true).is_none() && orders.next(false).is_none());
    }
}
