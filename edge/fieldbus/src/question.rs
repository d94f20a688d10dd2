//! What may be asked of a device.
//!
//! Lines carry a [`Question`] and nothing else, and a question is a read or says what a device is. There are two exceptions.
//! One, since the makers made it a write, moves the window of a device's own log: to the registers that the profile names as the
//! command of that log, with the words that the profile or a record number give, and made only by an [`Allowed`], which only the
//! operator's setting gives. The other is what a master wants written through the gateway, made only by an entry of the
//! operator's list ([`crate::Writable`]). So no other part of Haubert can write to a device, whatever it is asked to do: it cannot
//! say it. And the line itself lets such questions through only while [`crate::Gates`] say so.

use haubert_content::{LogBlock, LogWindow};
use haubert_modbus::{Request, Table};

/// A request that changes nothing in a device, save the window of its own log or what an operator's list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    request: Request,
    writes: Option<Writes>,
}

/// What a question changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// The window of the device's own log.
    Window,
    /// What a master says, as far as the operator's list names it.
    Listed,
}

impl Question {
    /// Items of a table.
    pub const fn read(table: Table, address: u16, count: u16) -> Self {
        Self { request: Request::Read { table, address, count }, writes: None }
    }

    /// What the device says of itself at this level (1 basic, 2 regular, 3 extended), from this object on.
    pub const fn device_id(level: u8, object: u8) -> Self {
        Self { request: Request::ReadDeviceId { level, object }, writes: None }
    }

    pub(crate) const fn listed(request: Request) -> Self {
        Self { request, writes: Some(Writes::Listed) }
    }

    /// As it is sent.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// What it changes; `None` when it only reads.
    pub const fn writes(&self) -> Option<Writes> {
        self.writes
    }
}

/// The operator allows the window of this log to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Allowed(LogWindow);

/// Where the window is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    First,
    Next,
    To { series: u16, number: u16 },
}

impl Allowed {
    /// As the setting of the device that has this log says.
    pub const fn by_setting(allowed: bool, log: &LogBlock) -> Option<Self> {
        if allowed { Some(Self(log.window)) } else { None }
    }

    /// The question that moves the window; `None` when this log's window does not move in that manner.
    pub(crate) fn question(self, order: Move) -> Option<Question> {
        let values = match (self.0, order) {
            (LogWindow::Step { rewind, .. }, Move::First) => vec![rewind],
            (LogWindow::Step { next, .. }, Move::Next) => vec![next],
            (LogWindow::Record { .. }, Move::To { series, number }) => vec![series, number],
            _ => return None,
        };
        let (address, count) = self.0.written();
        (values.len() == usize::from(count))
            .then_some(Question { request: Request::WriteRegisters { address, values }, writes: Some(Writes::Window) })
    }
}
