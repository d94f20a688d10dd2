//! What consumption is compared by: floor area, people, pieces made, degree-days. Entered by people, valid from a date on. Pure.

use crate::rates::{Fault, Rate, date_fault};
use haubert_model::{LoadId, ZoneId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most reference quantities that are kept.
pub const MAX_REFERENCES: usize = 1_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReferenceKind)]
pub enum Kind {
    /// Square metres.
    Area,
    /// People.
    Persons,
    /// Pieces made each day.
    Pieces,
    /// Degree-days of each day, K·d, below (heating) or above (cooling) a base temperature.
    DegreeDays,
}

impl Kind {
    /// Whether its value comes anew each day; else it is there all the time.
    const fn is_daily(self) -> bool {
        matches!(self, Self::Pieces | Self::DegreeDays)
    }
}

/// Of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
#[schema(as = ReferenceSubject)]
pub enum Subject {
    /// The whole site. Its degree-days are those of all zones and loads that have none of their own.
    Site,
    /// One zone.
    Zone(ZoneId),
    /// One load.
    Load(LoadId),
}

/// A reference quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Of what it is.
    pub subject: Subject,
    /// What is counted.
    pub counted: Kind,
    /// How many; above 0 for areas and people.
    pub value: Rate,
    /// Base temperature of degree-days, °C, -30 to 60; absent for everything else.
    #[schema(required)]
    pub base_c: Option<i8>,
    /// First local day. It holds until a later one of the same subject and kind does.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
}

impl Reference {
    /// What is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let zero = (self.value.millionths() == 0 && !self.counted.is_daily())
            .then(|| Fault::new("value", "out_of_range", "more than 0"));
        let base = match (self.counted, self.base_c) {
            (Kind::DegreeDays, Some(-30..=60)) | (Kind::Area | Kind::Persons | Kind::Pieces, None) => None,
            (Kind::DegreeDays, _) => Some(Fault::new("base_c", "required", "a base temperature from -30 to 60 °C")),
            _ => Some(Fault::new("base_c", "not_valid", "for degree-days only")),
        };
        zero.into_iter().chain(base).chain(date_fault(self.valid_from)).collect()
    }
}

/// How much of `counted` a subject had from `from` to before `to`: the mean over the days of what is there all the time, the sum of what
/// comes anew each day. `None` unless it is known of every day, or when it is nothing.
pub fn reckoned(all: &[Reference], subject: Subject, counted: Kind, from: Date, to: Date) -> Option<f64> {
    let own = total(all, subject, counted, from, to);
    let found = if counted == Kind::DegreeDays { own.or_else(|| total(all, Subject::Site, counted, from, to)) } else { own };
    found.filter(|found| *found > 0.0)
}

fn total(all: &[Reference], subject: Subject, counted: Kind, from: Date, to: Date) -> Option<f64> {
    let mut known: Vec<&Reference> =
        all.iter().filter(|one| one.subject == subject && one.counted == counted && one.valid_from < to).collect();
    known.sort_by_key(|one| one.valid_from);
    if known.first().is_none_or(|first| first.valid_from > from) {
        return None;
    }
    let days = |from: Date, to: Date| f64::from(from.until(to).map_or(0, |span| span.get_days()).max(0));
    let ends = known.iter().skip(1).map(|next| next.valid_from).chain([to]);
    let sum: f64 = known
        .iter()
        .zip(ends)
        .map(|(one, end)| one.value.millionths() as f64 / 1e6 * days(one.valid_from.max(from), end.max(from)))
        .sum();
    Some(if counted.is_daily() { sum } else { sum / days(from, to).max(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use uuid::Uuid;

    fn reference(subject: Subject, counted: Kind, value: &str, valid_from: Date) -> Reference {
        let base_c = (counted == Kind::DegreeDays).then_some(18);
        Reference { subject, counted, value: value.parse().unwrap(), base_c, valid_from }
    }

    #[test]
    fn areas_are_averaged_and_pieces_are_added_up() {
        let zone = Subject::Zone(ZoneId(Uuid::new_v4()));
        let all = [
            reference(zone, Kind::Area, "200", date(2026, 6, 16)),
            reference(zone, Kind::Area, "100", date(2026, 1, 1)),
            reference(zone, Kind::Pieces, "10", date(2026, 1, 1)),
            reference(Subject::Site, Kind::DegreeDays, "8.5", date(2026, 1, 1)),
        ];
        let june = |counted| reckoned(&all, zone, counted, date(2026, 6, 1), date(2026, 7, 1));
        assert_eq!(june(Kind::Area), Some(150.0));
        assert_eq!(june(Kind::Pieces), Some(300.0));
        assert_eq!(june(Kind::DegreeDays), Some(255.0), "the site's");
        assert_eq!(june(Kind::Persons), None);
        assert_eq!(reckoned(&all, zone, Kind::Area, date(2025, 12, 31), date(2026, 2, 1)), None, "not known of every day");
        assert_eq!(reckoned(&all, Subject::Site, Kind::Area, date(2026, 6, 1), date(2026, 7, 1)), None);
    }

    #[test]
    fn a_base_temperature_belongs_to_degree_days() {
        let good = reference(Subject::Site, Kind::DegreeDays, "0", date(2026, 1, 1));
        assert_eq!(good.faults(), []);
        let fields = |one: Reference| one.faults().into_iter().map(|fault| fault.field).collect::<Vec<_>>();
        assert_eq!(fields(Reference { base_c: None, ..good.clone() }), ["base_c"]);
        assert_eq!(fields(Reference { counted: Kind::Area, ..good }), ["value", "base_c"]);
    }
}
