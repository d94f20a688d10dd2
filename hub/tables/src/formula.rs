//! Texts that a spreadsheet would run.

use std::borrow::Cow;

/// Spreadsheets mark a text with this; they take it off when they read.
const MARK: char = '\'';

fn runs(text: &str) -> bool {
    text.trim_start_matches(MARK).starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The text with a mark when a spreadsheet would run it, also when it has marks already, so that [`plain`] gives it back.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if runs(text) { Cow::Owned(format!("{MARK}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`harmless`] was given.
pub(crate) fn plain(text: &str) -> &str {
    text.strip_prefix(MARK).filter(|rest| runs(rest)).unwrap_or(text)
}
