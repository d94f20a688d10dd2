//! A report as one document: blocks that the portal shows and that a PDF is set from, so that screen and paper never differ.

mod model;

pub use model::{Bar, Block, Cell, Column, Figure, Lang, Report, State};
