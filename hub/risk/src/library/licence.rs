//! What a library says of its licence, as far as a program can tell.
//!
//! It is a help for whoever imports, and no legal advice: only what names a licence that lets anybody use it is taken without asking.

use serde::{Deserialize, Serialize};

/// How a library may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Licence {
    /// It names a licence, or a status, that lets anybody use it.
    Open,
    /// It says nothing, or nothing that this program knows.
    Unclear,
    /// It says that one has to buy or ask.
    Restricted,
}

/// What says that one has to buy or ask. Looked for first: whoever mixes both is asked.
const RESTRICTED: [&str; 8] = [
    "purchase",
    "all rights reserved",
    "tous droits réservés",
    "alle rechte vorbehalten",
    "iso.org",
    "iso/iec",
    "non-commercial",
    "noncommercial",
];
const OPEN: [&str; 12] = [
    "public domain",
    "domaine public",
    "creative commons",
    "cc by",
    "cc-by",
    "cc0",
    "licence ouverte",
    "open licence",
    "etalab",
    "apache-2.0",
    "apache license",
    "mit license",
];

impl Licence {
    /// What `copyright` says, as it was written; nothing when it is empty.
    pub fn of(copyright: &str) -> Self {
        let said = copyright.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        // The licences that allow no commercial use end in -NC, with or without more.
        if says(&RESTRICTED) || says(&["by-nc", "by nc"]) {
            Self::Restricted
        } else if says(&OPEN) {
            Self::Open
        } else {
            Self::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libraries_say_of_themselves_is_understood() {
        for open in
            ["public domain", "Licence ouverte / Open Licence v2.0 (Etalab)", "SCF - CC BY-ND 4.0", "CC BY-SA 3.0 - OWASP"]
        {
            assert_eq!(Licence::of(open), Licence::Open, "{open}");
        }
        for closed in
            ["IEC - Purchase the standard for the full normative text.", "CC BY-NC-ND 4.0", "© Someone. All rights reserved"]
        {
            assert_eq!(Licence::of(closed), Licence::Restricted, "{closed}");
        }
        for unclear in ["", "Cisco", "European Union law"] {
            assert_eq!(Licence::of(unclear), Licence::Unclear, "{unclear}");
        }
    }
}
