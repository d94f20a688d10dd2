//! Words, numbers and dates of a report, in its language and its reader's time zone.

use haubert_model::{Timestamp, Words};
use haubert_report::Lang;
use haubert_risk::content::{Effort, Spend};
use haubert_risk::grid::Level;
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];
/// Between thousands, and before a unit: what no line is broken at.
const NARROW_SPACE: char = '\u{202f}';

/// French signs that keep what stands before them on their line, and the space that does so.
const HIGH: [(&str, &str); 6] =
    [(" :", "\u{a0}:"), (" »", "\u{a0}»"), ("« ", "«\u{a0}"), (" ;", "\u{202f};"), (" ?", "\u{202f}?"), (" !", "\u{202f}!")];

/// Who says a report.
pub(super) struct Speaker {
    pub(super) lang: Lang,
    pub(super) zone: TimeZone,
}

impl Speaker {
    const fn pick<'a>(&self, en: &'a str, fr: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Fr => fr,
        }
    }

    /// A text.
    pub(super) fn t(&self, en: &str, fr: &str) -> String {
        match self.lang {
            Lang::En => en.to_owned(),
            Lang::Fr => HIGH.iter().fold(fr.to_owned(), |text, (plain, kept)| text.replace(plain, kept)),
        }
    }

    /// A text with something in the place of each `{name}`.
    pub(super) fn fill(&self, en: &str, fr: &str, values: &[(&str, &str)]) -> String {
        // In one pass: what is filled in may have brackets of its own.
        let said = self.t(en, fr);
        let (mut text, mut rest) = (String::new(), said.as_str());
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            text.push_str(before);
            text.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = after;
        }
        text + rest
    }

    /// A text of content.
    pub(super) fn say<'a>(&self, words: &'a Words) -> &'a str {
        self.pick(&words.en, &words.fr)
    }

    /// The code of the language.
    pub(super) const fn code(&self) -> &'static str {
        match self.lang {
            Lang::En => "en",
            Lang::Fr => "fr",
        }
    }

    /// A number with so many decimals.
    pub(super) fn number(&self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        match self.lang {
            Lang::En => text,
            Lang::Fr => text.replace('.', ","),
        }
    }

    /// A sum.
    pub(super) fn euros(&self, amount: i64) -> String {
        let digits = amount.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(if self.lang == Lang::En { ',' } else { NARROW_SPACE });
            }
            text.push(digit);
        }
        match self.lang {
            Lang::En => format!("€{text}"),
            Lang::Fr => format!("{text}{NARROW_SPACE}€"),
        }
    }

    /// A day, such as 31 March 2027.
    pub(super) fn day(&self, day: Date) -> String {
        let at = usize::try_from(day.month()).unwrap_or(1).saturating_sub(1);
        let (en, fr) = MONTHS.get(at).copied().unwrap_or_default();
        let number = if day.day() == 1 { self.pick("1", "1er").to_owned() } else { day.day().to_string() };
        format!("{number} {} {}", self.pick(en, fr), day.year())
    }

    /// A day as it is written, `2027-03-31`.
    pub(super) fn written_day(&self, day: &str) -> String {
        day.parse().map_or_else(|_| day.to_owned(), |day| self.day(day))
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_zoned(self.zone.clone())
    }

    /// The day of a time.
    pub(super) fn day_of(&self, at: Timestamp) -> String {
        self.day(self.zoned(at).date())
    }

    /// A time, to the minute.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let zoned = self.zoned(at);
        let time = zoned.strftime("%H:%M").to_string();
        let zone = zoned.strftime("%Z").to_string();
        format!("{}, {time} ({zone})", self.day(zoned.date()))
    }

    /// From the least to the most, of 100.
    pub(super) fn between(&self, least: f64, most: f64) -> String {
        let (low, high) = (self.number(least, 0), self.number(most, 0));
        if low == high {
            return self.fill("{n} of 100", "{n} sur 100", &[("n", &low)]);
        }
        let values = [("low", low.as_str()), ("high", &high)];
        self.fill("between {low} and {high} of 100", "entre {low} et {high} sur 100", &values)
    }

    pub(super) fn effort(&self, effort: Effort) -> &'static str {
        let (en, fr) = match effort {
            Effort::S => ("Small effort", "Petit effort"),
            Effort::M => ("Some effort", "Effort moyen"),
            Effort::L => ("Much effort", "Gros effort"),
            Effort::Xl => ("A project", "Un projet"),
        };
        self.pick(en, fr)
    }

    pub(super) fn cost(&self, cost: Spend) -> &'static str {
        let (en, fr) = match cost {
            Spend::None => ("no cost", "sans coût"),
            Spend::Low => ("low cost", "coût faible"),
            Spend::Medium => ("medium cost", "coût moyen"),
            Spend::High => ("high cost", "coût élevé"),
        };
        self.pick(en, fr)
    }

    pub(super) fn level(&self, level: Level) -> &'static str {
        let (en, fr) = match level {
            Level::Low => ("low", "faible"),
            Level::Medium => ("medium", "moyen"),
            Level::High => ("high", "élevé"),
        };
        self.pick(en, fr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker(lang: Lang) -> Speaker {
        Speaker { lang, zone: TimeZone::get("Europe/Paris").unwrap() }
    }

    #[test]
    fn each_language_has_its_own_numbers_and_days() {
        let (en, fr) = (speaker(Lang::En), speaker(Lang::Fr));
        assert_eq!((en.euros(1_234_567), fr.euros(1_234)), ("€1,234,567".to_owned(), "1\u{202f}234\u{202f}€".to_owned()));
        assert_eq!(
            (en.euros(100), en.number(1.25, 1), fr.number(7.56, 1)),
            ("€100".to_owned(), "1.2".to_owned(), "7,6".to_owned())
        );
        assert_eq!(
            (en.written_day("2027-08-01"), fr.written_day("2027-08-01")),
            ("1 August 2027".to_owned(), "1er août 2027".to_owned())
        );
        assert_eq!(fr.written_day("soon"), "soon");
        let at = Timestamp("2026-12-31T23:30:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond());
        assert_eq!(en.moment(at), "1 January 2027, 00:30 (CET)");
        assert_eq!(
            (en.between(10.2, 10.4), fr.between(10.0, 20.0)),
            ("10 of 100".to_owned(), "entre 10 et 20 sur 100".to_owned())
        );
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_itself() {
        let en = speaker(Lang::En);
        assert_eq!(en.fill("{a} and {b}", "", &[("a", "{b}"), ("b", "x")]), "{b} and x");
        assert_eq!(en.fill("{a", "", &[("a", "x")]), "{a");
        let fr = speaker(Lang::Fr);
        assert_eq!(fr.fill("", "« {a} » : oui ; non", &[("a", "b : c")]), "«\u{a0}b : c\u{a0}»\u{a0}: oui\u{202f}; non");
    }
}
