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
