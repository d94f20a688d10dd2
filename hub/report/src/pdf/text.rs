//! Words as they can stand on paper.
//!
//! A document for screen readers must be able to say every character that it shows: what the fonts lack is replaced by a mark that is
//! seen, and what has no shape of its own is left out, marks that turn the direction of reading among them.

use super::world::can_show;
use crate::Lang;
use std::iter::once;

/// Characters of one text. What is beyond is cut, and `CUT` says so.
const MOST: usize = 10_000;
const CUT: &str = "\u{a0}[…]";
/// Stands for a character that the fonts do not have.
const LACKING: char = '\u{fffd}';
/// Where the template may end a line inside a word. It sets no character there.
pub(super) const BREAK: char = '\u{200b}';
/// Letters without a place to break, beyond which any place will do. The longest word of French law is shorter.
const LONG_WORD: usize = 24;
/// What is not a word of a language (a name of a file, an address) breaks after its marks from here on.
const LONG_NAME: usize = 12;
/// Marks above or below one letter; more would run into the lines around it.
const MOST_MARKS: usize = 2;

/// One text, ready to be set: ends of lines kept, at most one empty line together, no other blanks than between words.
pub(super) fn printable(text: &str, lang: Lang) -> String {
    let mut lines = Vec::new();
    let mut is_empty = true;
    let cut = text.chars().nth(MOST).is_some();
    for line in
        text.chars().take(MOST).collect::<String>().replace("\r\n", "\n").split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
    {
        let line = words(line, lang);
        if !(line.is_empty() && is_empty) {
            is_empty = line.is_empty();
            lines.push(line);
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let mut whole = lines.join("\n");
    if cut {
        whole.push_str(CUT);
    }
    whole
}

fn words(line: &str, lang: Lang) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut marks = 0;
    for one in line.chars().filter_map(shape) {
        marks = if is_mark(one) { marks + 1 } else { 0 };
        if marks <= MOST_MARKS {
            shown.push(one);
        }
    }
    let mut set = String::with_capacity(shown.len());
    let mut is_bound = true;
    for word in shown.split([' ', '\t']).filter(|word| !word.is_empty()) {
        if !is_bound {
            set.push(if lang == Lang::Fr { french_blank(&set, word) } else { ' ' });
        }
        push_breakable(&mut set, word);
        is_bound = false;
    }
    if lang == Lang::Fr { set.replace("« ", "«\u{a0}") } else { set }
}

/// The blank before a word, as French printers set it: no line ends before these marks, nor inside a number.
fn french_blank(before: &str, word: &str) -> char {
    let is_thousands =
        || before.ends_with(|one: char| one.is_ascii_digit()) && word.bytes().take_while(u8::is_ascii_digit).count() == 3;
    match word.chars().next() {
        Some(':' | '»' | '%' | '€') => '\u{a0}',
        Some(';' | '!' | '?') => '\u{202f}',
        _ if is_thousands() => '\u{202f}',
        _ => ' ',
    }
}

fn is_mark(one: char) -> bool {
    matches!(one, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// The character as it is shown; `None` where it has no shape.
fn shape(one: char) -> Option<char> {
    match one {
        '\t' => Some(' '),
        // Soft hyphens, joiners, our own sign for a break, marks of direction, marks of byte order.
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{e000}'..='\u{f8ff}' => Some(LACKING),
        _ if one.is_control() || !can_show(one) => Some(LACKING),
        _ => Some(one),
    }
}

/// A word with a sign wherever its line may end.
fn push_breakable(set: &mut String, word: &str) {
    let length = word.chars().count();
    let is_name = length > LONG_NAME && word.chars().any(|one| !one.is_alphabetic());
    if length <= LONG_WORD && !is_name {
        set.push_str(word);
        return;
    }
    let mut since = 0;
    for (one, next) in word.chars().zip(word.chars().skip(1).map(Some).chain(once(None))) {
        set.push(one);
        since += 1;
        let Some(next) = next else { continue };
        let after_mark = since > 1
            && matches!(one, '/' | '\\' | '_' | '.' | '@' | ':' | ',' | ';' | '=' | '&' | '?' | '#')
            && next.is_alphanumeric();
        if after_mark || (length > LONG_WORD && since >= LONG_NAME && !is_mark(next) && next != '\u{a0}' && next != '\u{202f}') {
            set.push(BREAK);
            since = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BREAK, printable};
    use crate::Lang::{En, Fr};

    #[test]
    fn words_of_a_language_stay_whole() {
        for text in
            ["Sécurité de la chaîne d’approvisionnement", "anticonstitutionnellement".get(..24).unwrap(), "« oui »", "12,5 %"]
        {
            assert_eq!(printable(text, En), text);
        }
    }

    #[test]
    fn french_marks_stay_with_their_words() {
        assert_eq!(printable("« Quai 7 » : ouvert ?", Fr), "«\u{a0}Quai 7\u{a0}»\u{a0}: ouvert\u{202f}?");
        assert_eq!(printable("20 000 € en 2026 ; 12 %", Fr), "20\u{202f}000\u{a0}€ en 2026\u{202f}; 12\u{a0}%");
    }

    #[test]
    fn names_break_after_their_marks_and_long_words_anywhere() {
        assert_eq!(printable("rapport_audit_2026.pdf", En).replace(BREAK, "|"), "rapport_|audit_|2026.|pdf");
        let long = printable(&"x".repeat(10_000), En);
        assert!(long.split(BREAK).all(|part| part.len() <= 12));
        assert_eq!(long.replace(BREAK, ""), "x".repeat(10_000));
    }

    #[test]
    fn what_cannot_be_shown_is_seen_to_be_missing() {
        assert_eq!(
            printable("a\u{7}b\u{0}c שלום \u{202e}abc\u{e001}", En),
            "a\u{fffd}b\u{fffd}c \u{fffd}\u{fffd}\u{fffd}\u{fffd} abc\u{fffd}"
        );
    }

    #[test]
    fn lines_are_kept_and_emptiness_is_not() {
        assert_eq!(printable("\n\n a  b\r\nc\n\n\n\nd\t e \n\n", En), "a b\nc\n\nd e");
        assert_eq!(printable(" \u{200b} ", En), "");
    }

    #[test]
    fn a_text_without_end_is_cut_and_says_so() {
        let text = printable(&"mot ".repeat(5_000), Fr);
        assert!(text.ends_with("[…]") && text.chars().count() < 10_010);
        assert_eq!(printable(&format!("e{}", "\u{301}".repeat(50)), Fr), "e\u{301}\u{301}");
    }
}
