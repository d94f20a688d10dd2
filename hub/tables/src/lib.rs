//! Tables as people exchange them: CSV as their spreadsheets write it, and XLSX. Pure: bytes in, rows out, and back.
//!
//! What comes in is bounded before a foreign parser sees it: bytes, rows, columns, characters of a cell, and for XLSX all that its
//! archive unpacks to. What goes out runs nothing: a text that a spreadsheet would take for a formula is marked as text, and comes
//! back in as it was.

mod formula;
mod read;
#[cfg(test)]
mod tests;
mod write;
mod xlsx;

pub use read::{Limits, ReadError, Row, read, read_text};
pub use write::{Cell, Column, Language, Table, WriteError};
