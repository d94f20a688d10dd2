//! Stretches of time, cut where a rate changes.
//!
//! The site's clock is looked at each quarter of an hour of absolute time: the hour that comes twice is told apart, the one that is left
//! out has no quarter, and nothing about either has to be known here.

use super::tariff::GRAIN_MIN;
use super::{EmissionFactor, Rate, Tariff};
use haubert_historian::rollup::Bounds;
use haubert_model::{Fluid, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const GRAIN_MS: i64 = GRAIN_MIN as i64 * 60_000;

/// Tariffs and emission factors of one fluid, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Book {
    tariffs: Vec<Tariff>,
    factors: Vec<EmissionFactor>,
}

impl Book {
    /// Those of `fluid` among all.
    pub fn of(
        fluid: Fluid,
        tariffs: impl IntoIterator<Item = Tariff>,
        factors: impl IntoIterator<Item = EmissionFactor>,
    ) -> Self {
        let mut tariffs: Vec<Tariff> = tariffs.into_iter().filter(|tariff| tariff.fluid == fluid).collect();
        let mut factors: Vec<EmissionFactor> = factors.into_iter().filter(|factor| factor.fluid == fluid).collect();
        tariffs.sort_by_key(|tariff| std::cmp::Reverse(tariff.valid_from));
        factors.sort_by_key(|factor| std::cmp::Reverse(factor.valid_from));
        Self { tariffs, factors }
    }

    /// The tariffs, the newest first.
    pub fn tariffs(&self) -> &[Tariff] {
        &self.tariffs
    }

    /// The emission factors, the newest first.
    pub fn factors(&self) -> &[EmissionFactor] {
        &self.factors
    }

    pub(super) fn tariff(&self, day: Date) -> Option<&Tariff> {
        self.tariffs.iter().find(|tariff| tariff.valid_from <= day)
    }

    fn rates(&self, local: DateTime) -> (Option<Rate>, Option<Rate>) {
        let factor = self.factors.iter().find(|factor| factor.valid_from <= local.date());
        (self.tariff(local.date()).map(|tariff| tariff.price_at(local)), factor.map(|factor| factor.grams))
    }

    /// The first day of which anything is known.
    fn earliest(&self) -> Option<Date> {
        let tariff = self.tariffs.last().map(|tariff| tariff.valid_from);
        let factor = self.factors.last().map(|factor| factor.valid_from);
        tariff.into_iter().chain(factor).min()
    }
}

/// Part of a stretch in which no rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// When.
    pub bounds: Bounds,
    /// Number of the stretch that it is of.
    pub stretch: usize,
    /// Price per unit.
    pub price: Option<Rate>,
    /// Grams of CO₂ equivalent per unit.
    pub grams: Option<Rate>,
}

/// Pieces of stretches.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order of the stretches; none where neither rate is known.
    pub pieces: Vec<Piece>,
    /// Whether some time that has passed has no price.
    pub lacks_price: bool,
    /// Whether some time that has passed has no emission factor.
    pub lacks_factor: bool,
}

/// Cuts `stretches` where a rate changes, as far as `until`: nothing has been consumed after it.
pub fn pieces(stretches: &[Bounds], book: &Book, zone: &TimeZone, until: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let Some(earliest) = book.earliest() else { return plan };
    for (stretch, bounds) in stretches.iter().enumerate() {
        let end = bounds.end.min(until);
        let mut at = bounds.start;
        while at < end {
            let Ok(instant) = jiff::Timestamp::from_millisecond(at.as_millis()) else { break };
            let local = zone.to_datetime(instant);
            let next = next_look(book, earliest, local, at, zone).min(end);
            let (price, grams) = book.rates(local);
            plan.lacks_price |= price.is_none();
            plan.lacks_factor |= grams.is_none();
            if price.is_some() || grams.is_some() {
                plan.push(Piece { bounds: Bounds { start: at, end: next }, stretch, price, grams });
            }
            at = next;
        }
    }
    plan
}

impl Plan {
    /// Adds a piece to the one before it, where that goes on.
    fn push(&mut self, piece: Piece) {
        match self.pieces.last_mut() {
            Some(last)
                if (last.stretch, last.price, last.grams, last.bounds.end)
                    == (piece.stretch, piece.price, piece.grams, piece.bounds.start) =>
            {
                last.bounds.end = piece.bounds.end;
            }
            _ => self.pieces.push(piece),
        }
    }
}

/// When a rate may be another: with bands each quarter of an hour, else at midnight, and never before the first day of all.
fn next_look(book: &Book, earliest: Date, local: DateTime, at: Timestamp, zone: &TimeZone) -> Timestamp {
    let quarter = at.floor_to(GRAIN_MS).plus_ms(GRAIN_MS);
    if book.tariff(local.date()).is_some_and(|tariff| !tariff.bands.is_empty()) {
        return quarter;
    }
    let day = if local.date() < earliest { Ok(earliest) } else { local.date().tomorrow() };
    let midnight = day.and_then(|day| day.to_zoned(zone.clone())).map(|zoned| Timestamp(zoned.timestamp().as_millisecond()));
    midnight.ok().filter(|midnight| *midnight > at).unwrap_or(quarter)
}
