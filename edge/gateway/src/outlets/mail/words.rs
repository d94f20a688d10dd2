//! What letters are made of, in the reader's language: words, numbers, times.

use haubert_alarms::Criticality;
use haubert_model::{Fluid, Timestamp, Unit};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Language of letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

/// The words of a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(Language);

/// `1 alarm`, `2 alarms`: French counts none as one.
const fn is_one(language: Language, count: usize) -> bool {
    match language {
        Language::En => count == 1,
        Language::Fr => count < 2,
    }
}

impl Words {
    pub(super) const fn of(language: Language) -> Self {
        Self(language)
    }

    /// The text of this language.
    pub(super) const fn pick(self, en: &'static str, fr: &'static str) -> &'static str {
        match self.0 {
            Language::En => en,
            Language::Fr => fr,
        }
    }

    /// A count with its noun; each noun in one and in many.
    pub(super) fn count(self, count: usize, en: (&'static str, &'static str), fr: (&'static str, &'static str)) -> String {
        let noun = if is_one(self.0, count) { self.pick(en.0, fr.0) } else { self.pick(en.1, fr.1) };
        format!("{count} {noun}")
    }

    pub(super) fn trial(self, site: &str) -> (String, String) {
        let subject = format!("[{site}] {}", self.pick("Test of the mail settings", "Essai des réglages du courrier"));
        let text = self.pick(
            "This letter was sent by the gateway's test button. Whoever reads it can be reached.\n",
            "Ce message vient du bouton d’essai de la passerelle. Qui le lit peut être joint.\n",
        );
        (subject, text.to_owned())
    }

    pub(super) const fn criticality(self, criticality: Criticality) -> &'static str {
        match criticality {
            Criticality::Critical => self.pick("Critical", "Critique"),
            Criticality::NotCritical => self.pick("Not critical", "Non critique"),
            Criticality::Information => self.pick("Information", "Information"),
        }
    }

    pub(super) const fn fluid(self, fluid: Fluid) -> &'static str {
        match fluid {
            Fluid::Electricity => self.pick("Electricity", "Électricité"),
            Fluid::Water => self.pick("Water", "Eau"),
            Fluid::Gas => self.pick("Gas", "Gaz"),
            Fluid::Air => self.pick("Compressed air", "Air comprimé"),
            Fluid::Heat => self.pick("Heat", "Chaleur"),
        }
    }

    /// A time where the site is, with the offset that tells summer's from winter's.
    pub(super) fn time(self, at: Timestamp, zone: &TimeZone) -> String {
        let format = self.pick("%Y-%m-%d %H:%M:%S (UTC%:z)", "%d/%m/%Y %H:%M:%S (UTC%:z)");
        jiff::Timestamp::from_millisecond(at.as_millis())
            .map_or_else(|_| String::from("?"), |at| at.to_zoned(zone.clone()).strftime(format).to_string())
    }

    /// A local day.
    pub(super) fn day(self, day: jiff::civil::Date) -> String {
        day.strftime(self.pick("%Y-%m-%d", "%d/%m/%Y")).to_string()
    }

    /// A value with its unit, to four figures.
    pub(super) fn value(self, value: f64, unit: Unit) -> String {
        let scaled =
            matches!(unit, Unit::Watt | Unit::Var | Unit::VoltAmpere | Unit::WattHour | Unit::VarHour | Unit::VoltAmpereHour);
        let (value, prefix) = match value.abs() {
            size if scaled && size >= 1e9 => (value / 1e9, "G"),
            size if scaled && size >= 1e6 => (value / 1e6, "M"),
            size if scaled && size >= 1e3 => (value / 1e3, "k"),
            _ => (value, ""),
        };
        let places = match value.abs() {
            size if size >= 1000.0 || value.fract() == 0.0 => 0,
            size if size >= 100.0 => 1,
            size if size >= 10.0 => 2,
            _ => 3,
        };
        let mut number = format!("{value:.places$}");
        if number.contains('.') {
            number.truncate(number.trim_end_matches('0').trim_end_matches('.').len());
        }
        if self.0 == Language::Fr {
            number = number.replace('.', ",");
        }
        // A no-break space, as the rules of the SI have it.
        let symbol = unit.symbol();
        if symbol.is_empty() { number } else { format!("{number}\u{a0}{prefix}{symbol}") }
    }

    /// A condition of the gateway, by the code of its notice.
    pub(super) const fn notice(self, code: &str) -> Option<&'static str> {
        Some(match code.as_bytes() {
            b"integrity_failed" => self.pick("The program was changed", "Le programme a été modifié"),
            b"self_test_failed" => self.pick("A self-test failed", "Un autotest a échoué"),
            b"slot_tampered" => self.pick("The other version was changed", "L’autre version a été modifiée"),
            b"audit_tampered" => self.pick("The audit trail was tampered with", "Le journal d’audit a été falsifié"),
            b"audit_unavailable" => self.pick("The audit trail cannot be written", "Le journal d’audit ne peut pas être écrit"),
            b"audit_short" => self.pick("The audit trail is short of room", "Le journal d’audit manque de place"),
            b"audit_not_sent" => self.pick("The syslog server is out of reach", "Le serveur syslog est injoignable"),
            b"disk_full" => self.pick("The disk is full", "Le disque est plein"),
            b"history_failing" => self.pick("The history cannot be written", "L’historique ne peut pas être écrit"),
            b"history_damaged" => self.pick("The history is damaged", "L’historique est abîmé"),
            b"samples_dropped" => self.pick("Values were lost", "Des valeurs ont été perdues"),
            b"clock_not_set" => self.pick("The clock is not set", "L’horloge n’est pas réglée"),
            b"time_off" => self.pick("The clock is off", "L’horloge est décalée"),
            b"time_disputed" => self.pick("The time servers contradict each other", "Les serveurs de temps se contredisent"),
            b"time_unchecked" => self.pick("No time server answers", "Aucun serveur de temps ne répond"),
            b"link_down" => self.pick("A link is down", "Une liaison est coupée"),
            b"link_not_known" => self.pick("A link’s state is not known", "L’état d’une liaison est inconnu"),
            b"bus_down" => self.pick("Nothing answers on a bus", "Rien ne répond sur un bus"),
            b"device_offline" => self.pick("A meter does not answer", "Un compteur ne répond pas"),
            b"bus_held" => self.pick("The policy keeps a bus closed", "La politique garde un bus fermé"),
            b"hub_unreachable" => self.pick("The hub is out of reach", "Le hub est injoignable"),
            b"hub_refused" => self.pick("The hub refuses this gateway", "Le hub refuse cette passerelle"),
            b"hub_link_off" => self.pick("The policy has switched the hub link off", "La politique a coupé le lien au hub"),
            b"outlet_failing" => self.pick("An outlet has not worked for long", "Une sortie ne fonctionne plus depuis longtemps"),
            b"sources_blocked" => self.pick("The firewall blocks somebody", "Le pare-feu bloque quelqu’un"),
            b"unexpected_listener" => self.pick("An unexpected listener is open", "Une écoute inattendue est ouverte"),
            b"certificate_expired" => self.pick("A certificate has expired", "Un certificat a expiré"),
            b"certificate_expiring" => self.pick("A certificate expires soon", "Un certificat expire bientôt"),
            b"authority_expired" => self.pick("An authority has expired", "Une autorité a expiré"),
            b"authority_expiring" => self.pick("An authority expires soon", "Une autorité expire bientôt"),
            b"crl_expired" => self.pick("A revocation list is out of date", "Une liste de révocation est périmée"),
            b"password_overdue" => self.pick("A password is too old", "Un mot de passe est trop ancien"),
            b"password_given" => {
                self.pick("A password given by somebody was not changed", "Un mot de passe donné n’a pas été changé")
            }
            b"policy_on_probation" => self.pick("The policy is on trial", "La politique est à l’essai"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_words() {
        for code in crate::notices::CODES {
            assert!(Words::of(Language::Fr).notice(code).is_some(), "{code}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_reader_does() {
        let (en, fr) = (Words::of(Language::En), Words::of(Language::Fr));
        assert_eq!(en.value(12_345.6, Unit::Watt), "12.35\u{a0}kW");
        assert_eq!(fr.value(12_345.6, Unit::Watt), "12,35\u{a0}kW");
        assert_eq!(fr.value(230.04, Unit::Volt), "230\u{a0}V");
        assert_eq!(en.value(-0.5, Unit::One), "-0.5");
        assert_eq!(en.value(1_234_567.0, Unit::CubicMetre), "1234567\u{a0}m³");
        assert_eq!(fr.count(0, ("alarm", "alarms"), ("alarme", "alarmes")), "0 alarme");
        assert_eq!(en.count(0, ("alarm", "alarms"), ("alarme", "alarmes")), "0 alarms");
    }

    #[test]
    fn times_are_the_sites() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let at = Timestamp::from_secs(1_795_338_000);
        assert_eq!(Words::of(Language::Fr).time(at, &paris), "22/11/2026 10:00:00 (UTC+01:00)");
    }
}
