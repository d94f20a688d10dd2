//! A table, and the forms that it is given out in.

use crate::formula::harmless;
use haubert_model::{Timestamp, Words};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use std::borrow::Cow;

/// Longest text of a cell that a spreadsheet takes, in characters.
const MAX_CELL: usize = 32_767;
/// Width of a column, in characters.
const WIDTH: f64 = 22.0;

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English: comma between cells, point in numbers.
    En,
    /// French: semicolon between cells, comma in numbers, as spreadsheets in French expect.
    Fr,
}

impl Language {
    /// The words in this language.
    pub fn of(self, words: &Words) -> &str {
        match self {
            Self::En => &words.en,
            Self::Fr => &words.fr,
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As programs name it.
    pub key: Cow<'static, str>,
    /// Its heading.
    pub title: Words,
}

impl Column {
    /// A column.
    pub fn new(key: impl Into<Cow<'static, str>>, en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self { key: key.into(), title: Words { en: en.into(), fr: fr.into() } }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text; never run as a formula.
    Text(String),
    /// A number; none when it is not finite.
    Number(f64),
    /// A time, written in UTC.
    Time(Timestamp),
}

impl Cell {
    /// A text, or nothing when it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

/// A table: columns, and rows of as many cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name of the sheet.
    pub title: Words,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// As CSV.
    #[error("cannot write CSV: {0}")]
    Csv(String),
    /// As XLSX.
    #[error("cannot write XLSX: {0}")]
    Xlsx(#[from] XlsxError),
}

fn time(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.0}")
}

impl Table {
    /// As CSV: UTF-8 with its mark, which makes spreadsheets read accents.
    ///
    /// # Errors
    /// [`WriteError::Csv`].
    pub fn csv(&self, language: Language) -> Result<Vec<u8>, WriteError> {
        let separator = match language {
            Language::En => b',',
            Language::Fr => b';',
        };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(b"\xEF\xBB\xBF".to_vec());
        let cell = |cell: &Cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => harmless(text).into_owned(),
            Cell::Number(number) if !number.is_finite() => String::new(),
            Cell::Number(number) if language == Language::Fr => number.to_string().replace('.', ","),
            Cell::Number(number) => number.to_string(),
            Cell::Time(at) => time(*at),
        };
        let failed = |error: csv::Error| WriteError::Csv(error.to_string());
        writer.write_record(self.columns.iter().map(|column| language.of(&column.title))).map_err(failed)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(cell)).map_err(failed)?;
        }
        writer.into_inner().map_err(|error| WriteError::Csv(error.to_string()))
    }

    /// As XLSX, made at `made_at`.
    ///
    /// # Errors
    /// [`WriteError::Xlsx`].
    pub fn xlsx(&self, language: Language, made_at: Timestamp) -> Result<Vec<u8>, WriteError> {
        let mut book = Workbook::new();
        let made_at = ExcelDateTime::from_timestamp(made_at.as_millis() / 1000)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
        let sheet = book.add_worksheet();
        sheet.set_name(language.of(&self.title))?;
        let bold = Format::new().set_bold();
        for (column, at) in self.columns.iter().zip(0u16..) {
            sheet.write_string_with_format(0, at, language.of(&column.title), &bold)?;
            sheet.set_column_width(at, WIDTH)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (row, line) in self.rows.iter().zip(1u32..) {
            for (cell, at) in row.iter().zip(0u16..) {
                match cell {
                    Cell::Empty => {}
                    Cell::Text(text) => {
                        let text: Cow<'_, str> = match text.char_indices().nth(MAX_CELL) {
                            Some(_) => text.chars().take(MAX_CELL).collect::<String>().into(),
                            None => text.into(),
                        };
                        sheet.write_string(line, at, text)?;
                    }
                    Cell::Number(number) if !number.is_finite() => {}
                    Cell::Number(number) => {
                        sheet.write_number(line, at, *number)?;
                    }
                    Cell::Time(at_time) => {
                        sheet.write_string(line, at, time(*at_time))?;
                    }
                }
            }
        }
        Ok(book.save_to_buffer()?)
    }

    /// As JSON: columns with their headings in `language`, and rows by the columns' keys.
    pub fn json(&self, language: Language) -> serde_json::Value {
        let columns =
            self.columns.iter().map(|column| serde_json::json!({"key": column.key, "title": language.of(&column.title)}));
        let value = |cell: &Cell| match cell {
            Cell::Empty => serde_json::Value::Null,
            Cell::Text(text) => text.as_str().into(),
            Cell::Number(number) => (*number).into(),
            Cell::Time(at) => time(*at).into(),
        };
        let row = |row: &Vec<Cell>| -> serde_json::Value {
            self.columns
                .iter()
                .zip(row)
                .map(|(column, cell)| (column.key.to_string(), value(cell)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        serde_json::json!({"columns": columns.collect::<Vec<_>>(), "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }
}
