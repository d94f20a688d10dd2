//! Names of files, after a pattern.

use super::period::Period;
use haubert_model::Timestamp;
use jiff::tz::TimeZone;

/// Longest name, without its ending; servers stop at 255 bytes.
const MAX_NAME: usize = 120;
/// What can stand in a pattern.
pub(super) const PARTS: [&str; 5] = ["{site}", "{export}", "{device}", "{from}", "{to}"];

/// What a name tells.
pub(super) struct Told<'a> {
    pub(super) site: &'a str,
    pub(super) export: &'a str,
    pub(super) device: &'a str,
    pub(super) period: Period,
    pub(super) zone: &'a TimeZone,
}

/// Whether a pattern is one: letters, digits, `-`, `_`, `.` and the parts.
pub(super) fn is_valid(pattern: &str) -> bool {
    let plain = PARTS.iter().fold(pattern.to_owned(), |text, part| text.replace(part, ""));
    plain.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !pattern.starts_with('.')
        && pattern.len() <= MAX_NAME
}

/// The name without its ending.
pub(super) fn named(pattern: &str, told: &Told<'_>) -> String {
    let time = |at: Timestamp| {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        // The offset tells the hours apart of which there are two.
        at.to_zoned(told.zone.clone()).strftime("%Y%m%dT%H%M%z").to_string()
    };
    let values = [plain(told.site), plain(told.export), plain(told.device), time(told.period.from), time(told.period.to)];
    let name = PARTS.iter().zip(values).fold(pattern.to_owned(), |text, (part, value)| text.replace(part, &value));
    name.chars().take(MAX_NAME * 2).collect()
}

/// What every file system and server takes.
pub(super) fn plain(text: &str) -> String {
    let letters = text.chars().map(|c| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'É' | 'È' | 'Ê' => 'E',
        'À' | 'Â' => 'A',
        'Ç' => 'C',
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    });
    letters.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::super::period::Every;
    use super::*;

    #[test]
    fn a_name_is_one_everywhere() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let period = Period::holding(Every::Day, Timestamp(1_795_255_200_000), &zone).unwrap();
        let told = Told { site: "Quai n° 4 / é", export: "../jour", device: "", period, zone: &zone };
        assert_eq!(named("{site}_{export}_{from}", &told), "Quai-n--4---e_---jour_20261121T0000+0100");
    }

    #[test]
    fn a_pattern_leads_nowhere_else() {
        assert!(is_valid("{site}_{export}-{from}.{to}"));
        for bad in ["../{from}", "{from}/x", "a b", "{other}", ".{from}", "{from}\r\n"] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
