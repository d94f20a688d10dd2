//! A contract's prices, as they are on paper: one price, and others in some seasons, on some days, between some hours.

use super::{Fault, Rate, date_fault, text_fault};
use haubert_model::Fluid;
use jiff::civil::{Date, DateTime};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// Most bands of a tariff.
const MAX_BANDS: usize = 12;
/// Longest name, characters.
const MAX_NAME: usize = 80;
/// Minutes at which prices can change. All clocks differ from UTC by a multiple of it.
pub(super) const GRAIN_MIN: u16 = 15;
const DAY_MIN: u16 = 24 * 60;

/// A time of day on a quarter of an hour: `06:00`, `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "06:00")]
pub struct DayTime(u16);

impl FromStr for DayTime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a time on a quarter of an hour: 06:30";
        let two =
            |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u16>().ok());
        let (hours, minutes) = text.split_once(':').ok_or(WRONG)?;
        let (hours, minutes) = (two(hours).flatten().ok_or(WRONG)?, two(minutes).flatten().ok_or(WRONG)?);
        let all = hours * 60 + minutes;
        if minutes >= 60 || all > DAY_MIN || all % GRAIN_MIN != 0 { Err(WRONG) } else { Ok(Self(all)) }
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for DayTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Three capital letters (ISO 4217): `EUR`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "EUR")]
pub struct Currency(pub String);

/// When another price holds, by the site's clock, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TariffBand)]
pub struct Band {
    /// Shown name: off-peak hours.
    pub name: String,
    /// Per kWh or m³.
    pub price: Rate,
    /// 1 to 12; none is the whole year.
    pub months: Vec<u8>,
    /// 1 (Monday) to 7; none is every day.
    pub weekdays: Vec<u8>,
    /// From this time of each of these days on.
    pub from: DayTime,
    /// Until this time. The same as `from`: the whole day. Before it: the hours before `to` and those from `from` on, of the same day.
    pub to: DayTime,
}

impl Band {
    fn holds(&self, local: DateTime) -> bool {
        let (month, weekday) = (local.month().unsigned_abs(), local.weekday().to_monday_one_offset().unsigned_abs());
        let now = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let (from, to) = (self.from.0, self.to.0);
        let hours = match from.cmp(&to) {
            std::cmp::Ordering::Less => (from..to).contains(&now),
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => now >= from || now < to,
        };
        let among = |all: &[u8], one| all.is_empty() || all.contains(&one);
        hours && among(&self.months, month) && among(&self.weekdays, weekday)
    }

    fn faults(&self, at: usize) -> impl Iterator<Item = Fault> {
        let field = |name: &str| format!("bands.{at}.{name}");
        let within = |all: &[u8], most: u8| all.len() <= usize::from(most) && all.iter().all(|one| (1..=most).contains(one));
        let months = (!within(&self.months, 12)).then(|| Fault::new(field("months"), "out_of_range", "1 to 12"));
        let weekdays = (!within(&self.weekdays, 7)).then(|| Fault::new(field("weekdays"), "out_of_range", "1 to 7"));
        text_fault(&field("name"), &self.name, MAX_NAME).into_iter().chain(months).chain(weekdays)
    }
}

/// Prices of a fluid from a date on, until a later tariff of the same fluid takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// Of what.
    pub fluid: Fluid,
    /// Shown name: the contract's.
    pub name: String,
    /// First local day.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// Of all its prices.
    pub currency: Currency,
    /// Per month, whatever is consumed; of a part of a month, as much of it.
    pub standing_charge: Rate,
    /// Per kWh or m³, whenever no band holds.
    pub price: Rate,
    /// Other prices: the first that holds counts.
    pub bands: Vec<Band>,
}

impl Tariff {
    /// The price at a time of the site's clock. Each time has exactly one.
    pub fn price_at(&self, local: DateTime) -> Rate {
        self.bands.iter().find(|band| band.holds(local)).map_or(self.price, |band| band.price)
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let letters = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let currency =
            (!letters(&self.currency.0)).then(|| Fault::new("currency", "not_valid", "three capital letters, such as EUR"));
        let bands = (self.bands.len() > MAX_BANDS).then(|| Fault::new("bands", "out_of_range", "at most 12"));
        let each = self.bands.iter().enumerate().flat_map(|(at, band)| band.faults(at));
        let own = [text_fault("name", &self.name, MAX_NAME), date_fault(self.valid_from), currency, bands];
        own.into_iter().flatten().chain(each).collect()
    }
}
