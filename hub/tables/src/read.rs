//! Rows of a file that somebody sends.

use crate::{formula, xlsx};

/// How much of a table is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the file.
    pub bytes: usize,
    /// Rows, with the heading.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Characters of a cell.
    pub cell: usize,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it begins in the file, from 1.
    pub line: u64,
    /// Its cells, from the first column on.
    pub cells: Vec<String>,
}

/// Why a file is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More bytes than are taken, packed or unpacked.
    #[error("the file is too large, or unpacks to too much")]
    TooLarge,
    /// More rows than are taken.
    #[error("at most {0} rows")]
    TooManyRows(usize),
    /// More columns than are taken.
    #[error("at most {0} columns")]
    TooManyColumns(usize),
    /// A cell has more characters than are taken.
    #[error("line {line}: a cell has more than {most} characters")]
    CellTooLong {
        /// Where.
        line: u64,
        /// The limit.
        most: usize,
    },
    /// Neither text nor XLSX, or a damaged one.
    #[error("this is neither CSV nor XLSX, or it is damaged")]
    Unreadable,
    /// There is nothing in it.
    #[error("the table is empty")]
    Empty,
}

impl ReadError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "table_too_large",
            Self::TooManyRows(_) => "too_many_rows",
            Self::TooManyColumns(_) => "too_many_columns",
            Self::CellTooLong { .. } => "cell_too_long",
            Self::Unreadable => "table_unreadable",
            Self::Empty => "table_empty",
        }
    }
}

/// Reads CSV or XLSX, whichever it is. Rows without any text are left out.
///
/// # Errors
/// [`ReadError`].
pub fn read(bytes: &[u8], limits: Limits) -> Result<Vec<Row>, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge);
    }
    if bytes.starts_with(b"PK\x03\x04") { xlsx::read(bytes, limits) } else { read_text(bytes, limits) }
}

/// Rows as they come, held against the limits.
pub(crate) struct Gathered {
    limits: Limits,
    rows: Vec<Row>,
}

impl Gathered {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, rows: Vec::new() }
    }

    pub(crate) fn put(&mut self, line: u64, mut cells: Vec<String>) -> Result<(), ReadError> {
        while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > self.limits.columns {
            return Err(ReadError::TooManyColumns(self.limits.columns));
        }
        if cells.iter().any(|cell| cell.chars().nth(self.limits.cell).is_some()) {
            return Err(ReadError::CellTooLong { line, most: self.limits.cell });
        }
        if self.rows.len() >= self.limits.rows {
            return Err(ReadError::TooManyRows(self.limits.rows));
        }
        self.rows.push(Row { line, cells });
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Vec<Row>, ReadError> {
        if self.rows.is_empty() { Err(ReadError::Empty) } else { Ok(self.rows) }
    }
}

/// Reads CSV: UTF-8 with or without its mark, else Windows-1252; comma, semicolon or tab, whichever the first line has most of.
///
/// # Errors
/// [`ReadError`].
pub fn read_text(bytes: &[u8], limits: Limits) -> Result<Vec<Row>, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // Nothing that people type has a zero byte; UTF-16 and programs do.
    if bytes.contains(&0) {
        return Err(ReadError::Unreadable);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    let (separator, begun, text) = separator(&text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut gathered = Gathered::new(limits);
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: begun.saturating_add(1) };
    for record in reader.records() {
        let record = record.map_err(|_| ReadError::Unreadable)?;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        // Before they become rows of their own: a line of separators alone is cheap to send.
        if record.len() > limits.columns && record.iter().skip(limits.columns).any(|cell| !cell.trim().is_empty()) {
            return Err(ReadError::TooManyColumns(limits.columns));
        }
        gathered.put(line, record.iter().take(limits.columns).map(|cell| formula::plain(cell).to_owned()).collect())?;
    }
    gathered.finish()
}

/// Lines by bytes. The parser's own count lags by the line ends that it has not looked at yet.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of what begins at `byte` or at the first sign behind it that ends no line. Bytes only grow.
    fn of(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(sign) = self.text.get(self.at).filter(|sign| self.at < byte || matches!(sign, b'\r' | b'\n')) {
            self.at = self.at.saturating_add(1);
            let ends = *sign == b'\n' || *sign == b'\r' && self.text.get(self.at) != Some(&b'\n');
            self.line = self.line.saturating_add(u64::from(ends));
        }
        self.line
    }
}

/// What separates cells, how many lines come before the text, and the text. Excel may say the separator in a line of its own.
fn separator(text: &str) -> (u8, u64, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(said) = first.trim_end_matches('\r').strip_prefix("sep=")
        && let [separator @ (b',' | b';' | b'\t')] = said.as_bytes()
    {
        return (*separator, 1, rest);
    }
    let mut quoted = false;
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // The first of several that are as many.
    let most = counts.into_iter().reduce(|best, other| if other.1 > best.1 { other } else { best });
    (most.map_or(b',', |(sign, _)| sign), 0, text)
}
