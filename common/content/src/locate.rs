//! From a byte range of a file to the line and the key that a person can find.

use crate::ProfileError;
use std::ops::Range;

/// Longest message kept: the list of all quantities in an "expected one of" would bury the fault.
const MAX_MESSAGE_CHARS: usize = 240;

/// Line, from 1, of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The key that a span stands for: the key itself when the span is one, else the key left of the value.
fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let before = text.get(..span.start)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let left = before.get(line_start..)?.trim_end();
    let is_key = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if let Some(left) = left.strip_suffix('=') {
        let key: String = left.trim_end().chars().rev().take_while(|c| is_key(*c)).collect();
        return (!key.is_empty()).then(|| key.chars().rev().collect());
    }
    let own = text.get(span.clone())?.trim();
    (!own.is_empty() && own.chars().all(is_key) && own.chars().any(|c| c.is_ascii_alphabetic())).then(|| own.to_owned())
}

/// A fault of syntax or type, as found by the TOML reader.
pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> ProfileError {
    let message = error.message();
    let span = error.span();
    let named = message.split_once("field `").and_then(|(_, rest)| rest.split_once('`')).map(|(name, _)| name.to_owned());
    let field = named.or_else(|| span.as_ref().and_then(|span| key_at(text, span)));
    let mut short: String = message.lines().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = short.char_indices().nth(MAX_MESSAGE_CHARS) {
        short.truncate(cut);
        short.push('…');
    }
    ProfileError { file: file.to_owned(), line: span.map(|span| line_of(text, span.start)), field, message: short }
}
