//! A report as one document: blocks that the portal shows and that a PDF is set from, so that screen and paper never differ.
//!
//! The PDF is set by Typst as a library, from one template. Rejected: the print window of a browser, because a hub has none and each
//! one sets differently; and writing PDF by hand, because breaking lines and tables over pages well is a craft of its own.

mod model;
mod pdf;

pub use model::{Bar, Block, Cell, Column, Figure, Lang, Report, State};
pub use pdf::{MOST_BYTES, MOST_CELLS, MOST_COLUMNS, ReportError, pdf};
