//! A report on paper: A4, tagged for screen readers (PDF/UA-1), the same bytes for the same report.
//!
//! What people wrote reaches the template as JSON, so that none of it is ever read as markup. PDF/A is not claimed: it asks for the
//! date as a date, and a report has it in words.

mod sheet;
#[cfg(test)]
mod tests;
mod text;
mod widths;
mod world;

use crate::{Block, Report};
use sheet::Sheet;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use world::Paper;

/// Blocks, figures, bars and cells of tables together.
pub const MOST_CELLS: usize = 20_000;
/// Columns of one table: more are not to be read on A4.
pub const MOST_COLUMNS: usize = 12;
/// The report as JSON.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// More than anybody reads.
    #[error("the report has {0} parts, {MOST_CELLS} are the most")]
    TooManyCells(usize),
    /// A table wider than the page.
    #[error("a table of the report has {0} columns, {MOST_COLUMNS} are the most")]
    TooManyColumns(usize),
    /// More text than anybody reads.
    #[error("the report has {0} bytes, {MOST_BYTES} are the most")]
    TooLarge(usize),
    /// The report could not be handed to the template.
    #[error("handing over a report: {0}")]
    HandOver(#[from] serde_json::Error),
    /// The template or the engine is wrong.
    #[error("setting a report: {0}")]
    Set(String),
}

/// Sets a report. Takes the processor for a while (see the tests), so async callers give it a thread of its own.
///
/// # Errors
/// When the report is too large, or a fault of ours keeps it from being set.
pub fn pdf(report: &Report) -> Result<Vec<u8>, ReportError> {
    bounded(report)?;
    let paper = Paper::new(serde_json::to_vec(&Sheet::new(report))?)?;
    // What the engine remembers would outlive the reader's right to it.
    let _forget = Forget;
    let compiled = typst::compile::<PagedDocument>(&paper);
    #[cfg(test)]
    assert!(compiled.warnings.is_empty(), "{:?}", compiled.warnings);
    let document = compiled.output.map_err(faults)?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{}\n{}\n{}", report.organisation, report.title, report.made)),
        creator: Smart::Custom(Some("Haubert".to_owned())),
        standards: PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|error| ReportError::Set(error.message().to_string()))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(faults)
}

/// Empties the engine's memory, however setting ended.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        typst::comemo::evict(0);
    }
}

/// What the engine found wrong. It names places of the template, and may quote words of the report: for tests, not for logs.
fn faults(found: typst::ecow::EcoVec<typst::diag::SourceDiagnostic>) -> ReportError {
    ReportError::Set(found.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))
}

fn bounded(report: &Report) -> Result<(), ReportError> {
    let mut cells = report.blocks.len();
    for block in &report.blocks {
        cells += match block {
            Block::Heading { .. } | Block::Text { .. } | Block::Notice { .. } => 0,
            Block::Figures { items } => items.len(),
            Block::Bars { items } => items.len(),
            Block::Table { columns, rows, .. } => {
                if columns.len() > MOST_COLUMNS {
                    return Err(ReportError::TooManyColumns(columns.len()));
                }
                // As many as are set, whether given or not.
                (rows.len() + 1) * columns.len().max(1)
            }
        };
    }
    if cells > MOST_CELLS {
        return Err(ReportError::TooManyCells(cells));
    }
    let bytes = serde_json::to_vec(report)?.len();
    if bytes > MOST_BYTES { Err(ReportError::TooLarge(bytes)) } else { Ok(()) }
}
