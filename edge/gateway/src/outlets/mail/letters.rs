//! Letters about what began and what is over.

use super::words::{Language, Words};
use crate::store::alarms::{Alarm, AlarmState};
use crate::store::events::Event;
use crate::topology::Topology;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Alarms told one by one; of more, only their number.
const MAX_TOLD: usize = 50;

/// The site that letters are from.
pub(super) struct Site<'a> {
    /// Names of loads.
    pub(super) topology: &'a Topology,
    /// Its time.
    pub(super) zone: &'a TimeZone,
    /// Where its pages are; may be empty.
    pub(super) link: &'a str,
}

/// Subject and text of a letter.
pub(super) type Written = (String, String);

impl Site<'_> {
    fn foot(&self, text: &mut String, words: Words, path: &str) {
        if !self.link.is_empty() {
            let _ = writeln!(text, "{}{path}", self.link.trim_end_matches('/'));
        }
        let _ = writeln!(text, "\n-- \n{} · Haubert", self.topology.site.name);
        let _ = writeln!(
            text,
            "{}",
            words.pick(
                "Sent by the gateway itself; nobody reads answers.",
                "Envoyé par la passerelle elle-même ; personne ne lit les réponses."
            )
        );
    }

    /// The load at which an alarm's value was read.
    fn place(&self, alarm: &Alarm) -> Option<String> {
        let at = alarm.cause.map(|cause| cause.point);
        let load =
            at.and_then(|at| self.topology.loads.iter().find(|load| load.device_id == at.device && load.channel == at.channel));
        load.map(|load| load.name.clone()).or_else(|| alarm.device.clone())
    }
}

/// A letter about alarms that began or ended, in the order given.
pub(super) fn of_alarms(site: &Site<'_>, language: Language, alarms: &[&Alarm]) -> Written {
    let words = Words::of(language);
    let (over, began): (Vec<&Alarm>, Vec<&Alarm>) = alarms.iter().partition(|alarm| alarm.ended_at.is_some());
    let subject = match (began.as_slice(), over.as_slice()) {
        ([one], []) => format!("{}{}{}", words.criticality(one.criticality), words.pick(": ", "\u{a0}: "), one.name),
        ([], [one]) => format!("{}{}{}", words.pick("Over", "Terminée"), words.pick(": ", "\u{a0}: "), one.name),
        _ => {
            let began = (!began.is_empty()).then(|| words.count(began.len(), ("alarm", "alarms"), ("alarme", "alarmes")));
            let over = (!over.is_empty()).then(|| words.count(over.len(), ("over", "over"), ("terminée", "terminées")));
            [began, over].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    };
    let mut text = String::new();
    for alarm in began.iter().chain(&over).take(MAX_TOLD) {
        tell(&mut text, site, words, alarm);
    }
    let more = alarms.len().saturating_sub(MAX_TOLD);
    if more > 0 {
        let _ = writeln!(text, "… {}\n", words.count(more, ("more", "more"), ("autre", "autres")));
    }
    site.foot(&mut text, words, "/alarms");
    (format!("[{}] {subject}", site.topology.site.name), text)
}

fn tell(text: &mut String, site: &Site<'_>, words: Words, alarm: &Alarm) {
    let state = match alarm.state {
        AlarmState::Active => words.criticality(alarm.criticality),
        AlarmState::Finished | AlarmState::Over => words.pick("Over", "Terminée"),
    };
    let _ = writeln!(text, "{} · {}", state.to_uppercase(), alarm.name);
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<10} {value}");
    };
    if let Some(place) = site.place(alarm) {
        line(words.pick("Where", "Où"), &place);
    }
    if let Some(notice) = alarm.notice.as_deref().and_then(|code| words.notice(code)) {
        line(words.pick("What", "Quoi"), notice);
    }
    if let (Some(cause), Some(unit)) = (alarm.cause, alarm.unit) {
        let mut value = words.value(cause.value, unit);
        if let Some(threshold) = cause.threshold {
            let _ = write!(value, " ({} {})", words.pick("threshold", "seuil"), words.value(threshold, unit));
        }
        line(words.pick("Value", "Valeur"), &value);
        if let Some(reached) = alarm.reached.filter(|_| alarm.ended_at.is_some()) {
            line(words.pick("Furthest", "Extrême"), &words.value(reached, unit));
        }
    }
    line(words.pick("Since", "Depuis"), &words.time(alarm.began_at.0, site.zone));
    if let Some(ended) = alarm.ended_at {
        line(words.pick("Until", "Jusqu’à"), &words.time(ended.0, site.zone));
    }
    if alarm.needs_acknowledgement && alarm.acknowledged_at.is_none() {
        line("", words.pick("Waits to be acknowledged.", "Attend un acquittement."));
    }
    text.push('\n');
}

/// A letter about certificates and trust that end.
pub(super) fn of_expiries(site: &Site<'_>, language: Language, events: &[&Event]) -> Written {
    let words = Words::of(language);
    let mut text = String::new();
    for event in events {
        let what = words.notice(&event.code).unwrap_or_default();
        let of = |name: &str| event.params.get(name).map(String::as_str).unwrap_or_default();
        let _ = writeln!(text, "{what}\n  {} ({})\n  {}\n", of("name"), of("use"), of("until"));
    }
    site.foot(&mut text, words, "/security/certificates");
    let subject = match events {
        [one] => words.notice(&one.code).unwrap_or_default().to_owned(),
        _ => words.pick("Certificates need a look", "Des certificats demandent un regard").to_owned(),
    };
    (format!("[{}] {subject}", site.topology.site.name), text)
}

/// Ends a letter that another module began.
pub(super) fn foot(site: &Site<'_>, language: Language, text: &mut String, path: &str) {
    site.foot(text, Words::of(language), path);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::topology::Site as Place;
    use haubert_alarms::{AlarmRuleId, Cause, Criticality, Side};
    use haubert_model::{DeviceId, PointRef, Quantity, Timestamp, Unit};
    use haubert_service::wire::Time;

    pub(in super::super) fn quay() -> Topology {
        let place = Place { name: "Quai 4".to_owned(), time_zone: "Europe/Paris".to_owned(), country: "FR".to_owned() };
        Topology::new(place, Vec::new(), Vec::new(), Vec::new(), Vec::new())
    }

    fn alarm(name: &str) -> Alarm {
        let point = PointRef { device: DeviceId(uuid::Uuid::nil()), channel: 1, quantity: Quantity::ActivePowerTotal };
        Alarm {
            id: 1,
            rule_id: AlarmRuleId(uuid::Uuid::nil()),
            name: name.to_owned(),
            device_id: None,
            device: None,
            criticality: Criticality::Critical,
            kind: "analogue".to_owned(),
            notice: None,
            state: AlarmState::Active,
            needs_acknowledgement: true,
            cause: Some(Cause { point, value: 12_300.0, threshold: Some(10_000.0), side: Some(Side::High) }),
            unit: Some(Unit::Watt),
            began_at: Time(Timestamp::from_secs(1_795_338_000)),
            ended_at: None,
            ended_by: None,
            reached: None,
            acknowledged_at: None,
            acknowledged_by: None,
            note: String::new(),
        }
    }

    #[test]
    fn a_letter_says_what_where_and_since_when() {
        let topology = quay();
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let site = Site { topology: &topology, zone: &zone, link: "https://gw.example/" };
        let (subject, text) = of_alarms(&site, Language::Fr, &[&alarm("Puissance haute")]);
        assert_eq!(subject, "[Quai 4] Critique\u{a0}: Puissance haute");
        for part in [
            "CRITIQUE · Puissance haute",
            "12,3\u{a0}kW (seuil 10\u{a0}kW)",
            "22/11/2026 10:00:00 (UTC+01:00)",
            "Attend un acquittement.",
            "https://gw.example/alarms\n",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let over = Alarm {
            state: AlarmState::Over,
            ended_at: Some(Time(Timestamp::from_secs(1_795_338_060))),
            reached: Some(13_000.0),
            ..alarm("B")
        };
        let (subject, text) = of_alarms(&site, Language::En, &[&over, &alarm("A")]);
        assert_eq!(subject, "[Quai 4] 1 alarm, 1 over");
        assert_eq!(of_alarms(&site, Language::Fr, &[&alarm("A"), &alarm("B")]).0, "[Quai 4] 2 alarmes");
        assert!(text.find("CRITICAL · A") < text.find("OVER · B") && text.contains("Furthest   13\u{a0}kW"), "{text}");
    }

    #[test]
    fn a_storm_is_one_letter_of_bounded_length() {
        let topology = quay();
        let zone = TimeZone::UTC;
        let site = Site { topology: &topology, zone: &zone, link: "" };
        let alarm = alarm("A");
        let many: Vec<&Alarm> = vec![&alarm; 1000];
        let (_, text) = of_alarms(&site, Language::En, &many);
        assert!(text.contains("… 950 more") && text.len() < 20_000);
    }
}
