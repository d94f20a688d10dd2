//! The requirements that the gateway answers: data in `content/requirements`, read once.

use haubert_model::Words;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use utoipa::ToSchema;

const IEC_62443_4_2: &str = include_str!("../../../../content/requirements/iec-62443-4-2.toml");
const TECHNICAL_NOTE: &str = include_str!("../../../../content/requirements/technical-note.toml");

/// How the product answers a requirement, before one looks at how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// By itself.
    Met,
    /// When it is set or placed as the documents say.
    MetByConfiguration,
    /// By another measure, which the note names.
    Compensated,
    /// Not: the note says why.
    NotMet,
    /// It asks about something that the gateway does not have.
    NotApplicable,
}

/// One line of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// As the standard numbers it (`CR 1.1 RE 1`).
    pub id: String,
    /// First security level that asks for it; 0 where the source knows none.
    pub level: u8,
    /// `all`, `network`, `embedded` (kinds of component), `core` (what IIoT gateways are asked besides) or `note`.
    pub part: String,
    /// What it asks, in our own words.
    pub title: Words,
    /// How the product answers.
    pub stance: Stance,
    /// Where in the source it is done.
    #[serde(default)]
    pub place: Option<String>,
    /// Names of the tests that show it.
    pub tests: Vec<String>,
    /// Checks of a running gateway that bear on it.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What a reader must know.
    #[serde(default)]
    pub note: Option<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    line: Vec<Requirement>,
}

/// IEC 62443-4-2 for a network and embedded device at SL-C 2, and the additions for IIoT gateways. Empty when the file of this
/// build cannot be read, which a test excludes.
pub fn iec_62443_4_2() -> &'static [Requirement] {
    static LINES: LazyLock<Vec<Requirement>> =
        LazyLock::new(|| toml::from_str::<File>(IEC_62443_4_2).map(|file| file.line).unwrap_or_default());
    &LINES
}

/// The thirteen settings of the technical note.
pub fn technical_note() -> &'static [Requirement] {
    static LINES: LazyLock<Vec<Requirement>> =
        LazyLock::new(|| toml::from_str::<File>(TECHNICAL_NOTE).map(|file| file.line).unwrap_or_default());
    &LINES
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_that_the_level_asks_for_is_answered_once() {
        let file: File = toml::from_str(IEC_62443_4_2).unwrap();
        let ids: BTreeSet<&str> = file.line.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids.len(), file.line.len(), "no id twice");
        let asked = |part: &str| file.line.iter().filter(|line| line.part == part && line.level <= 2).count();
        // 42 CR and 8 RE; 12 NDR and 5 RE; 8 EDR and 3 RE.
        assert_eq!((asked("all"), asked("network"), asked("embedded")), (50, 17, 11));
        for line in &file.line {
            let told = matches!(line.stance, Stance::Met) || line.note.is_some();
            assert!(told, "{}: anything but `met` needs a note", line.id);
        }
    }

    #[test]
    fn the_note_has_thirteen_settings() {
        let file: File = toml::from_str(TECHNICAL_NOTE).unwrap();
        assert_eq!(file.line.len(), 13);
        assert!(file.line.iter().all(|line| !line.evidence.is_empty()), "each can be seen on a running gateway");
    }
}
