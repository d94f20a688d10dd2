//! Raw registers as a person pastes them: `address: word word …`, a line for each run, decimal or hexadecimal.

use std::collections::BTreeMap;

/// Largest text read.
pub const MAX_BYTES: usize = 256 * 1024;

/// What is wrong with a pasted text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DumpError {
    /// Line, from 1.
    pub line: usize,
    /// What would be right.
    pub message: &'static str,
}

/// The registers of a text by address. Empty lines and what follows `#` mean nothing.
///
/// # Errors
/// [`DumpError`] with the line.
pub fn parse(text: &str) -> Result<BTreeMap<u16, u16>, DumpError> {
    let mut registers = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()) {
        let wrong = |message| DumpError { line, message };
        let content = content.split('#').next().unwrap_or_default().trim();
        if content.is_empty() {
            continue;
        }
        let (address, words) = content.split_once([':', '=']).ok_or(wrong("write address: word word …"))?;
        let mut at = number(address.trim()).map(Some).ok_or(wrong("the address is 0 to 65535, or 0x0000 to 0xFFFF"))?;
        for word in words.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty()) {
            let address = at.ok_or(wrong("past register 65535"))?;
            registers.insert(address, number(word).ok_or(wrong("a word is 0 to 65535, or 0x0000 to 0xFFFF"))?);
            at = address.checked_add(1);
        }
    }
    Ok(registers)
}

fn number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_words_are_read_in_either_notation() {
        let words = parse("0xC558: 0x0000 23012\n\n# a remark\n10 = 1, 2;3 # more\n").unwrap();
        assert_eq!(words, BTreeMap::from([(0xC558, 0), (0xC559, 23012), (10, 1), (11, 2), (12, 3)]));
        assert_eq!(parse("").unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line) in [("1: 2\nx", 2), ("70000: 1", 1), ("1: 0x10000", 1), ("65535: 1 2", 1), ("1: -1", 1), ("\n\nq: 1", 3)]
        {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
