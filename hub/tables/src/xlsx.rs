//! XLSX: the first sheet, cell by cell.

use crate::read::{Gathered, Limits, ReadError, Row};
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use std::io::{Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// All that an archive may unpack to, in bytes: a sheet of 5,000 rows has some 5 million.
const MAX_UNPACKED: u64 = 16 * 1024 * 1024;
/// Parts of an archive: a workbook has a dozen.
const MAX_PARTS: usize = 1_000;

pub(crate) fn read(bytes: &[u8], limits: Limits) -> Result<Vec<Row>, ReadError> {
    unpacks(bytes)?;
    // A parser that gives up by panicking has met a file that cannot be read.
    catch_unwind(AssertUnwindSafe(|| sheet(bytes, limits))).unwrap_or(Err(ReadError::Unreadable))
}

/// Unpacks everything once and keeps nothing: what the archive says of its sizes may be a lie.
fn unpacks(bytes: &[u8]) -> Result<(), ReadError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::Unreadable)?;
    if archive.len() > MAX_PARTS {
        return Err(ReadError::TooLarge);
    }
    let mut left = MAX_UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| ReadError::Unreadable)?;
        let unpacked = std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink());
        let unpacked = unpacked.map_err(|_| ReadError::Unreadable)?;
        left = left.checked_sub(unpacked).ok_or(ReadError::TooLarge)?;
    }
    Ok(())
}

fn sheet(bytes: &[u8], limits: Limits) -> Result<Vec<Row>, ReadError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| ReadError::Unreadable)?;
    let shown = |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let first = book.sheets_metadata().iter().find(shown).map(|sheet| sheet.name.clone()).ok_or(ReadError::Empty)?;
    // Cell by cell: calamine's ranges are as large as the farthest cell, however few there are.
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| ReadError::Unreadable)?;
    let mut gathered = Gathered::new(limits);
    let (mut at, mut row) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|_| ReadError::Unreadable)? {
        let (line, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= limits.columns {
            return Err(ReadError::TooManyColumns(limits.columns));
        }
        if line != at {
            if line < at {
                return Err(ReadError::Unreadable);
            }
            gathered.put(u64::from(at).saturating_add(1), std::mem::take(&mut row))?;
            at = line;
        }
        if row.len() <= column {
            row.resize(column.saturating_add(1), String::new());
        }
        if let Some(cell) = row.get_mut(column) {
            *cell = text;
        }
    }
    gathered.put(u64::from(at).saturating_add(1), row)?;
    gathered.finish()
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        // Spreadsheets keep whole numbers as floating ones; `1` is not to become `1.0`.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::Error(error) => error.to_string(),
    }
}
