//! The one write.
//!
//! Modbus writes are off in Haubert. To read a log, its window must be moved, and the makers made that a write. So this file,
//! and no other, makes a write request: to the registers that the profile names as the command of its log, with the words that
//! the profile or a record number give, and with a proof that the operator allowed it for this device. A test of the whole
//! system fails when another file of the gateway makes one.

use haubert_content::LogWindow;
use haubert_modbus::Request;

/// Record numbers go from 0 to one less than this; the next one means *the newest*.
const NUMBERS: u16 = u16::MAX;

/// The operator allows the window of this device's log to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Allowed(());

impl Allowed {
    /// As the device's setting says.
    pub const fn by_setting(allowed: bool) -> Option<Self> {
        if allowed { Some(Self(())) } else { None }
    }
}

/// Where the window is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    First,
    Next,
    To { series: u16, number: u16 },
}

/// The request that moves the window; `None` when this log's window does not move in that manner.
pub(super) fn request(window: &LogWindow, order: Move, _allowed: Allowed) -> Option<Request> {
    let values = match (*window, order) {
        (LogWindow::Step { rewind, .. }, Move::First) => vec![rewind],
        (LogWindow::Step { next, .. }, Move::Next) => vec![next],
        (LogWindow::Record { .. }, Move::To { series, number }) => vec![series, number],
        _ => return None,
    };
    let (address, count) = window.written();
    (values.len() == usize::from(count)).then_some(Request::WriteRegisters { address, values })
}

/// The record number before this one.
pub(super) const fn number_before(number: u16) -> u16 {
    match number {
        0 => NUMBERS - 1,
        number => number - 1,
    }
}

/// The number of the record `back` before this one.
pub(super) fn number_back(number: u16, back: u16) -> u16 {
    let number = i32::from(number) - i32::from(back);
    u16::try_from(number.rem_euclid(i32::from(NUMBERS))).unwrap_or(0)
}
