//! Names of files as people may see and save them. Pure.

/// Longest name, in characters.
const MAX: usize = 120;
/// What Windows takes for devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Signs that change the direction in which the rest is read: `exe.fdp` would look like `pdf.exe`.
const fn turns(sign: char) -> bool {
    matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A name that holds no folder, no control characters, and nothing that a system takes for something else. With `ending` when it
/// has none of its own.
pub(crate) fn clean_name(given: &str, ending: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|sign| !sign.is_control() && !turns(*sign))
        .map(|sign| if "<>:\"|?*%".contains(sign) { '_' } else { sign })
        .collect();
    let kept = kept.trim_matches(|sign: char| sign == '.' || sign.is_whitespace());
    let (stem, own) = kept.rsplit_once('.').unwrap_or((kept, ending));
    let mut own: String = own.chars().filter(|sign| sign.is_alphanumeric()).take(10).collect();
    if own.is_empty() {
        ending.clone_into(&mut own);
    }
    let stem: String = stem.trim().chars().take(MAX.saturating_sub(own.chars().count() + 1)).collect();
    let mut stem = stem.trim_end().to_owned();
    if stem.is_empty() {
        "evidence".clone_into(&mut stem);
    }
    let first = stem.split('.').next().unwrap_or_default().to_lowercase();
    if DEVICES.contains(&first.trim_end_matches(|sign: char| sign.is_ascii_digit()).trim()) {
        stem.insert(0, '_');
    }
    format!("{stem}.{own}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_keep_what_people_read_and_lose_what_systems_act_upon() {
        let clean = |given| clean_name(given, "pdf");
        assert_eq!(clean("Politique de sécurité.pdf"), "Politique de sécurité.pdf");
        assert_eq!(clean("../../etc/passwd"), "passwd.pdf");
        assert_eq!(clean("C:\\Users\\Léa\\plan.pdf"), "plan.pdf");
        assert_eq!(clean("exe.\u{202e}fdp.pdf"), "exe.fdp.pdf");
        assert_eq!(clean("a\r\nSet-Cookie: b.pdf"), "aSet-Cookie_ b.pdf");
        assert_eq!(clean("nul.pdf"), "_nul.pdf");
        assert_eq!(clean("COM1"), "_COM1.pdf");
        assert_eq!(clean(" ... "), "evidence.pdf");
    }

    proptest! {
        #[test]
        fn every_name_can_be_saved(given in ".{0,300}") {
            let name = clean_name(&given, "txt");
            prop_assert!((1..=MAX).contains(&name.chars().count()), "{name}");
            prop_assert!(!name.contains(['/', '\\', '\0', '\n']) && !name.starts_with('.') && name.contains('.'));
            prop_assert_eq!(clean_name(&name, "txt").len(), name.len());
        }
    }
}
