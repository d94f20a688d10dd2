//! Names of exported files: which site, which range.

use haubert_model::Timestamp;
use jiff::tz::TimeZone;

/// `haubert_<site>_<what>_<from>_<to>.<extension>`, in the site's time.
pub fn of_range(site: &str, what: &str, from: Timestamp, to: Timestamp, zone: &TimeZone, extension: &str) -> String {
    let local = |at: Timestamp| {
        jiff::Timestamp::from_millisecond(at.as_millis())
            .map(|at| at.to_zoned(zone.clone()).strftime("%Y%m%dT%H%M").to_string())
            .unwrap_or_default()
    };
    let site: String =
        site.chars().take(60).map(|letter| if letter.is_alphanumeric() || letter == '-' { letter } else { '-' }).collect();
    format!("haubert_{site}_{what}_{}_{}.{extension}", local(from), local(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_site_and_range() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let (from, to) = (Timestamp(1_795_255_200_000), Timestamp(1_795_341_600_000));
        let name = of_range("Quai \"é\"\r\n/1", "samples", from, to, &paris, "csv");
        assert_eq!(name, "haubert_Quai--é----1_samples_20261121T1100_20261122T1100.csv");
    }
}
