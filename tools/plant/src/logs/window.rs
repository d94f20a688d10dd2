//! Which records the window shows, and how a write moves it.

use super::Meter;
use haubert_content::LogWindow;
use haubert_modbus::ExceptionCode;

/// Record numbers go from 0 to one less than this, and start again.
const NUMBERS: i64 = 65_535;

/// The window of one meter, as the last command left it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Window {
    /// Nobody asked for anything yet.
    #[default]
    Closed,
    /// A block of a sequential log, by its first period.
    Block(i64),
    /// A block of a numbered log, by series and last period.
    Ending(u16, i64),
}

impl Window {
    /// The load that the window shows, from 1.
    pub(super) const fn series(self) -> u16 {
        match self {
            Self::Closed | Self::Block(_) => 1,
            Self::Ending(series, _) => series,
        }
    }

    pub(super) const fn number_of(period: i64) -> u16 {
        period.rem_euclid(NUMBERS) as u16
    }

    /// First period and number of records shown.
    pub(super) fn block(self, meter: &Meter<'_>) -> (i64, u16) {
        let (first, last) = meter.kept();
        let most = i64::from(meter.block.records.most);
        let (from, to) = match self {
            Self::Closed => return (0, 0),
            Self::Block(begin) => (begin.max(first), (begin + most - 1).min(last)),
            Self::Ending(_, end) => ((end - most + 1).max(first), end.min(last)),
        };
        (from, u16::try_from(to - from + 1).unwrap_or(0))
    }

    /// Obeys a write, which must be exactly a command of the log.
    pub(crate) fn moved(self, meter: &Meter<'_>, address: u16, values: &[u16]) -> Result<Self, ExceptionCode> {
        let (command, count) = meter.block.window.written();
        if address != command || values.len() != usize::from(count) {
            return Err(ExceptionCode::IllegalDataAddress);
        }
        let (first, last) = meter.kept();
        match (meter.block.window, values) {
            (LogWindow::Step { rewind, .. }, [word]) if *word == rewind => Ok(Self::Block(first)),
            (LogWindow::Step { next, .. }, [word]) if *word == next => match self {
                Self::Block(begin) => Ok(Self::Block(begin.max(first) + i64::from(meter.block.records.most))),
                _ => Ok(Self::Block(first)),
            },
            (LogWindow::Record { newest, .. }, [series, number]) if (1..=meter.loads.len()).contains(&usize::from(*series)) => {
                let back = if *number == newest { 0 } else { (last - i64::from(*number)).rem_euclid(NUMBERS) };
                Ok(Self::Ending(*series, last - back))
            }
            _ => Err(ExceptionCode::IllegalDataValue),
        }
    }
}
