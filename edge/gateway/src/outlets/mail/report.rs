//! Reports of a day, a week or a month: what was consumed, what was wrong, and what is.

use super::letters::{Site, Written, foot};
use super::settings::MailReport;
use super::words::{Language, Words};
use crate::export::quoted;
use crate::store::alarms::Alarm;
use haubert_alarms::Criticality;
use haubert_mail::Attachment;
use haubert_model::{Fluid, Timestamp, Unit};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Alarms told one by one.
const MAX_ALARMS: usize = 20;
/// Loads told one by one, of each fluid; all of them are in the file.
const MAX_LOADS: usize = 15;

/// Local days, the last not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// The first.
    pub(super) from: Date,
    /// The one after the last.
    pub(super) to: Date,
}

impl Period {
    /// The last one that is over and due: it is told at `hour` of the day after its last. `None` for who wants none, and at the end
    /// of time.
    pub(super) fn due(report: MailReport, hour: u8, now: Timestamp, zone: &TimeZone) -> Option<Self> {
        let now = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(zone.clone());
        let hour = i8::try_from(hour).ok()?;
        let today = if now.hour() >= hour { now.date() } else { now.date().yesterday().ok()? };
        let to = match report {
            MailReport::Never => return None,
            MailReport::Daily => today,
            MailReport::Weekly => today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?,
            MailReport::Monthly => today.first_of_month(),
        };
        Some(Self { from: Self::before(report, to)?, to })
    }

    fn before(report: MailReport, to: Date) -> Option<Date> {
        match report {
            MailReport::Never => None,
            MailReport::Daily => to.yesterday().ok(),
            MailReport::Weekly => to.checked_sub(7.days()).ok(),
            MailReport::Monthly => to.checked_sub(1.month()).ok(),
        }
    }

    /// The one before it.
    pub(super) fn previous(self, report: MailReport) -> Option<Self> {
        Some(Self { from: Self::before(report, self.from)?, to: self.from })
    }
}

/// What a load consumed.
pub(super) struct Row {
    /// What it is called.
    pub(super) load: String,
    /// Of what.
    pub(super) fluid: Fluid,
    /// In this unit.
    pub(super) unit: Unit,
    /// On each day; `None` where nothing is known.
    pub(super) days: Vec<Option<f64>>,
}

/// What the site consumed of a fluid.
pub(super) struct Total {
    /// Which.
    pub(super) fluid: Fluid,
    /// In this unit.
    pub(super) unit: Unit,
    /// In the period; `None` when nothing is known.
    pub(super) now: Option<f64>,
    /// In the period before.
    pub(super) before: Option<f64>,
}

/// What a report tells.
pub(super) struct Figures {
    /// Of when.
    pub(super) period: Period,
    /// Site.
    pub(super) totals: Vec<Total>,
    /// Loads.
    pub(super) rows: Vec<Row>,
    /// Alarms that began in it, newest first.
    pub(super) alarms: Vec<Alarm>,
    /// Codes of what needs a look now.
    pub(super) notices: Vec<&'static str>,
}

/// The sum of what is known; `None` when nothing is.
pub(super) fn sum(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().reduce(|a, b| a + b)
}

/// A report as a letter.
pub(super) fn written(site: &Site<'_>, language: Language, figures: &Figures) -> (Written, Attachment) {
    let words = Words::of(language);
    let Period { from, to } = figures.period;
    let last = to.yesterday().unwrap_or(to);
    let days = if from == last { words.day(from) } else { format!("{} – {}", words.day(from), words.day(last)) };
    let mut text = format!("{} · {days}\n\n", words.pick("Report", "Rapport"));
    consumption(&mut text, words, figures);
    of_alarms(&mut text, site, words, &figures.alarms);
    heading(&mut text, words.pick("Now", "Maintenant"));
    if figures.notices.is_empty() {
        let _ = writeln!(text, "  {}", words.pick("Nothing needs a look.", "Rien ne demande un regard."));
    }
    for (code, count) in counted(&figures.notices) {
        let many = if count > 1 { format!(" (×{count})") } else { String::new() };
        let _ = writeln!(text, "  - {}{many}", words.notice(code).unwrap_or(code));
    }
    text.push('\n');
    foot(site, language, &mut text, "/consumption");
    let subject = format!("[{}] {} · {days}", site.topology.site.name, words.pick("Report", "Rapport"));
    let name = format!("{}-{from}-{last}.csv", words.pick("consumption", "consommation"));
    let file = Attachment { name, mime: "text/csv; charset=utf-8".to_owned(), bytes: csv(words, figures).into_bytes() };
    ((subject, text), file)
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "{title}\n{}", "-".repeat(title.chars().count()));
}

fn consumption(text: &mut String, words: Words, figures: &Figures) {
    heading(text, words.pick("Consumption", "Consommation"));
    if figures.totals.is_empty() {
        let _ = writeln!(text, "  {}", words.pick("Nothing is measured.", "Rien n’est mesuré."));
    }
    for total in &figures.totals {
        let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| words.value(value, total.unit));
        let mut line = format!("{:<24} {:>14}", words.fluid(total.fluid), value(total.now));
        if let (Some(now), Some(before)) = (total.now, total.before.filter(|before| *before > 0.0)) {
            let change = (now / before - 1.0) * 100.0;
            let _ = write!(line, "   {} {} ({change:+.0}\u{a0}%)", words.pick("before", "avant"), value(total.before));
        }
        let _ = writeln!(text, "{line}");
        let mut rows: Vec<(&Row, Option<f64>)> =
            figures.rows.iter().filter(|row| row.fluid == total.fluid).map(|row| (row, sum(&row.days))).collect();
        rows.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal));
        for (row, sum) in rows.iter().take(MAX_LOADS) {
            let name: String = row.load.chars().take(22).collect();
            let unknown = row.days.iter().filter(|day| day.is_none()).count();
            let _ = write!(text, "  {name:<22} {:>14}", value(*sum));
            if unknown > 0 {
                let days = words.count(unknown, ("day unknown", "days unknown"), ("jour inconnu", "jours inconnus"));
                let _ = write!(text, "   {days}");
            }
            text.push('\n');
        }
        if rows.len() > MAX_LOADS {
            let _ = writeln!(text, "  {}", words.pick("… all others in the file", "… tous les autres dans le fichier"));
        }
    }
    text.push('\n');
}

fn of_alarms(text: &mut String, site: &Site<'_>, words: Words, alarms: &[Alarm]) {
    heading(text, words.pick("Alarms", "Alarmes"));
    let count = |of: Criticality| alarms.iter().filter(|alarm| alarm.criticality == of).count();
    let _ = writeln!(
        text,
        "  {} {}, {} {}, {} {}",
        count(Criticality::Critical),
        words.pick("critical", "critiques"),
        count(Criticality::NotCritical),
        words.pick("not critical", "non critiques"),
        count(Criticality::Information),
        words.pick("informative", "pour information")
    );
    for alarm in alarms.iter().take(MAX_ALARMS) {
        let over = if alarm.ended_at.is_none() { words.pick(" (still raised)", " (toujours en cours)") } else { "" };
        let began = words.time(alarm.began_at.0, site.zone);
        let _ = writeln!(text, "  {began}  {} · {}{over}", words.criticality(alarm.criticality), alarm.name);
    }
    text.push('\n');
}

/// Each code once, with how often it is there, in the order of their first.
fn counted(codes: &[&'static str]) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for code in codes {
        match found.iter_mut().find(|(known, _)| known == code) {
            Some((_, count)) => *count += 1,
            None => found.push((code, 1)),
        }
    }
    found
}

fn csv(words: Words, figures: &Figures) -> String {
    let separator = words.pick(",", ";");
    let head = words.pick("day,load,fluid,value,unit", "jour;charge;fluide;valeur;unité");
    let mut text = format!("\u{feff}{head}\r\n");
    for row in &figures.rows {
        let mut day = figures.period.from;
        for value in &row.days {
            let number = value.map_or_else(String::new, |value| value.to_string().replace('.', words.pick(".", ",")));
            let fields =
                [day.to_string(), quoted(&row.load), quoted(words.fluid(row.fluid)), number, row.unit.symbol().to_owned()];
            let _ = write!(text, "{}\r\n", fields.join(separator));
            day = day.tomorrow().unwrap_or(day);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::letters::tests::quay;
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn periods_end_where_the_calendar_says() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let due =
            |report, now: &str| Period::due(report, 6, at(now), &paris).map(|period| format!("{}/{}", period.from, period.to));
        // 06:00 in Paris is 05:00 UTC in winter.
        assert_eq!(due(MailReport::Daily, "2026-11-22T04:59:59Z").unwrap(), "2026-11-20/2026-11-21");
        assert_eq!(due(MailReport::Daily, "2026-11-22T05:00:00Z").unwrap(), "2026-11-21/2026-11-22");
        assert_eq!(due(MailReport::Weekly, "2026-11-22T12:00:00Z").unwrap(), "2026-11-09/2026-11-16");
        assert_eq!(due(MailReport::Weekly, "2026-11-23T05:00:00Z").unwrap(), "2026-11-16/2026-11-23");
        assert_eq!(due(MailReport::Monthly, "2026-03-01T04:00:00Z").unwrap(), "2026-01-01/2026-02-01");
        assert_eq!(due(MailReport::Monthly, "2026-03-01T05:00:00Z").unwrap(), "2026-02-01/2026-03-01");
        assert_eq!(due(MailReport::Never, "2026-03-01T05:00:00Z"), None);
    }

    proptest! {
        #[test]
        fn later_never_tells_of_an_earlier_period(a in 0i64..4_000_000_000, more in 0i64..40_000_000, hour in 0u8..24) {
            let paris = TimeZone::get("Europe/Paris").unwrap();
            for report in [MailReport::Daily, MailReport::Weekly, MailReport::Monthly] {
                let first = Period::due(report, hour, Timestamp::from_secs(a), &paris).unwrap();
                let then = Period::due(report, hour, Timestamp::from_secs(a + more), &paris).unwrap();
                prop_assert!(then.to >= first.to);
                prop_assert_eq!(first.previous(report).unwrap().to, first.from);
                // Each follows on the one before.
                let next = Period::due(report, hour, Timestamp::from_secs(a + 32 * 86_400), &paris).unwrap();
                prop_assert!(next.to > first.to);
            }
        }
    }

    #[test]
    fn a_report_says_what_is_known_and_what_is_not() {
        let topology = quay();
        let zone = TimeZone::UTC;
        let site = Site { topology: &topology, zone: &zone, link: "" };
        let row = |load: &str, days| Row { load: load.to_owned(), fluid: Fluid::Electricity, unit: Unit::WattHour, days };
        let figures = Figures {
            period: Period { from: "2026-11-16".parse().unwrap(), to: "2026-11-18".parse().unwrap() },
            totals: vec![Total { fluid: Fluid::Electricity, unit: Unit::WattHour, now: Some(3_000.0), before: Some(2_000.0) }],
            rows: vec![row("=Grue", vec![Some(1_500.5), None]), row("Froid", vec![Some(1_000.0), Some(800.0)])],
            alarms: Vec::new(),
            notices: vec!["device_offline", "clock_not_set", "device_offline"],
        };
        let ((subject, text), file) = written(&site, Language::Fr, &figures);
        assert_eq!(subject, "[Quai 4] Rapport · 16/11/2026 – 17/11/2026");
        for part in ["3\u{a0}kWh", "avant 2\u{a0}kWh (+50\u{a0}%)", "1 jour inconnu", "Un compteur ne répond pas (×2)"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(text.find("Froid") < text.find("=Grue"), "the largest first:\n{text}");
        assert_eq!(file.name, "consommation-2026-11-16-2026-11-17.csv");
        let csv = String::from_utf8(file.bytes).unwrap();
        assert!(
            csv.contains("2026-11-16;\"'=Grue\";\"Électricité\";1500,5;Wh\r\n2026-11-17;\"'=Grue\";\"Électricité\";;Wh\r\n"),
            "{csv}"
        );
    }
}
