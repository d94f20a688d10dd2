//! What the stretches of an answer cost and emit.

use super::rows::sum_of;
use crate::rates::{Amount, Book, Plan, Rate, standing};
use crate::topology::Load;
use haubert_historian::rollup::{Bounds, Bucket};
use haubert_model::{Timestamp, Usage};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

/// Money, or grams of CO₂ equivalent, of each stretch; decimal text, so that it stays exact.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ConsumptionAmounts)]
pub(in crate::api) struct Amounts {
    /// `null` where nothing is known of it.
    values: Vec<Option<Amount>>,
    #[schema(required)]
    total: Option<Amount>,
    /// Of the period before, aligned by position.
    #[schema(required)]
    previous: Option<Vec<Option<Amount>>>,
    #[schema(required)]
    previous_total: Option<Amount>,
}

impl Amounts {
    /// Of all stretches, of which the first `before` are to compare with.
    pub(super) fn new(all: &[Option<Amount>], before: usize) -> Self {
        let (then, now) = all.split_at_checked(before).unwrap_or_default();
        let previous = (before > 0).then(|| {
            let mut values = then.to_vec();
            values.resize(now.len(), None);
            values
        });
        let previous_total = previous.as_deref().and_then(sum_of);
        Self { values: now.to_vec(), total: sum_of(now), previous, previous_total }
    }

    /// Of one stretch.
    pub(super) fn at(&self, stretch: usize) -> Option<Amount> {
        self.values.get(stretch).copied().flatten()
    }
}

/// What the site pays: loads as in its total, and the standing charge beside them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsumptionCost)]
pub(in crate::api) struct Cost {
    pub(super) currency: String,
    /// False: a part of the time, which may lie in the period before, has no tariff, and costs nothing here.
    pub(super) complete: bool,
    /// Of what was consumed.
    pub(super) consumption: Amounts,
    /// Whatever is consumed.
    pub(super) standing: Amounts,
}

/// What the site emits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsumptionEmissions)]
pub(in crate::api) struct Emissions {
    /// False: a part of the time, which may lie in the period before, has no emission factor, and emits nothing here.
    pub(super) complete: bool,
    /// Where the factors are from, the newest first.
    pub(super) sources: Vec<String>,
    /// Grams.
    pub(super) consumption: Amounts,
}

/// What costs and emissions are reckoned with.
pub(super) struct Valuation {
    pub(super) book: Book,
    pub(super) plan: Plan,
    /// Stretches of the answer, those to compare with included.
    pub(super) stretches: usize,
}

impl Valuation {
    pub(super) fn has_cost(&self) -> bool {
        !self.book.tariffs().is_empty()
    }

    pub(super) fn has_co2(&self) -> bool {
        !self.book.factors().is_empty()
    }

    /// The site's, of all stretches.
    pub(super) fn cost(&self, tally: &Tally, bounds: &[Bounds], zone: &TimeZone, now: Timestamp, before: usize) -> Option<Cost> {
        let newest = self.book.tariffs().first()?;
        let charges: Vec<_> = bounds.iter().map(|stretch| standing(*stretch, &self.book, zone, now)).collect();
        Some(Cost {
            currency: newest.currency.0.clone(),
            complete: !self.plan.lacks_price,
            consumption: Amounts::new(&tally.cost, before),
            standing: Amounts::new(&charges, before),
        })
    }

    /// The site's, of all stretches.
    pub(super) fn emissions(&self, tally: &Tally, before: usize) -> Option<Emissions> {
        let mut sources: Vec<String> = self.book.factors().iter().map(|factor| factor.source.clone()).collect();
        sources.dedup();
        let consumption = Amounts::new(&tally.co2, before);
        self.has_co2().then_some(Emissions { complete: !self.plan.lacks_factor, sources, consumption })
    }
}

/// Costs and emissions, summed up stretch by stretch.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) cost: Vec<Option<Amount>>,
    pub(super) co2: Vec<Option<Amount>>,
}

impl Tally {
    pub(super) fn new(stretches: usize) -> Self {
        Self { cost: vec![None; stretches], co2: vec![None; stretches] }
    }

    /// Takes in what a load consumed in each piece. What it gave costs nothing.
    pub(super) fn add(&mut self, load: &Load, plan: &Plan, consumed: &[Bucket]) {
        if load.usage == Usage::Production {
            return;
        }
        for (piece, bucket) in plan.pieces.iter().zip(consumed) {
            let of = |rate: Option<Rate>| Amount::of(rate?, bucket.value?, load.fluid);
            for (sums, amount) in [(&mut self.cost, of(piece.price)), (&mut self.co2, of(piece.grams))] {
                if let (Some(sum), Some(amount)) = (sums.get_mut(piece.stretch), amount) {
                    *sum.get_or_insert_default() += amount;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::{Band, Currency, Tariff, pieces};
    use haubert_historian::rollup::{Step, bucket_bounds};
    use haubert_model::{Decimal, DeviceId, Fluid, LoadId, Quality};
    use jiff::civil::date;
    use uuid::Uuid;

    fn load(usage: Usage) -> Load {
        Load {
            id: LoadId(Uuid::new_v4()),
            device_id: DeviceId(Uuid::new_v4()),
            channel: 1,
            name: String::new(),
            fluid: Fluid::Electricity,
            usage,
            zone_id: None,
            enabled: true,
        }
    }

    fn night() -> Band {
        Band {
            name: "Nuit".into(),
            price: "0.1".parse().unwrap(),
            months: Vec::new(),
            weekdays: Vec::new(),
            from: "00:00".parse().unwrap(),
            to: "06:00".parse().unwrap(),
        }
    }

    #[test]
    fn each_piece_costs_its_own_price_in_its_own_stretch_and_production_costs_nothing() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let days = bucket_bounds(Step::Day, date(2026, 3, 28), date(2026, 3, 30), &zone).unwrap();
        let tariff = Tariff {
            fluid: Fluid::Electricity,
            name: String::new(),
            valid_from: date(2026, 1, 1),
            currency: Currency("EUR".into()),
            standing_charge: "31".parse().unwrap(),
            price: "1".parse().unwrap(),
            bands: vec![night()],
        };
        let book = Book::of(Fluid::Electricity, [tariff], []);
        let plan = pieces(&days, &book, &zone, Timestamp(i64::MAX));
        // 1 kWh an hour.
        let consumed: Vec<Bucket> = plan
            .pieces
            .iter()
            .map(|piece| Bucket {
                start: piece.bounds.start,
                end: piece.bounds.end,
                value: Some(Decimal::new(piece.bounds.end.ms_since(piece.bounds.start) / 3_600, 0)),
                quality: Quality::Good,
                coverage: 1.0,
            })
            .collect();
        let mut tally = Tally::new(2);
        tally.add(&load(Usage::Hvac), &plan, &consumed);
        tally.add(&load(Usage::Production), &plan, &consumed);
        let told: Vec<String> = tally.cost.iter().map(|cost| cost.unwrap().to_string()).collect();
        assert_eq!(told, ["18.6", "18.5"], "six hours of the night, and five when one is left out");
        assert_eq!(tally.co2, [None, None], "no factor, no emissions");

        let valuation = Valuation { book, plan, stretches: 2 };
        let cost = valuation.cost(&tally, &days, &zone, Timestamp(i64::MAX), 1).unwrap();
        assert_eq!(cost.consumption.previous_total.unwrap().to_string(), "18.6");
        assert_eq!(cost.consumption.total.unwrap().to_string(), "18.5");
        // Of a month of 743 hours, a day of 23.
        assert_eq!(cost.standing.total.unwrap().to_string(), "0.959623");
        assert!(cost.complete && valuation.emissions(&tally, 1).is_none());
    }
}
