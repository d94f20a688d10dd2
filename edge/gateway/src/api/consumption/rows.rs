//! Rows of an answer, summed up load by load as the history is read.

use super::amounts::{Amounts, Tally, Valuation};
use super::{Ask, By};
use crate::consumption::site_loads;
use crate::topology::{Load, Topology};
use haubert_historian::rollup::{self, Bucket};
use haubert_model::{LoadId, Quality, Usage};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::ops::Add;
use utoipa::ToSchema;

/// The consumption of one load, usage or zone.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Row {
    /// Id of the load or zone, code of the usage, or `none`.
    pub(in crate::api) key: String,
    /// Name of the load or zone; the code for a usage.
    pub(in crate::api) label: String,
    #[schema(required)]
    pub(in crate::api) usage: Option<Usage>,
    pub(in crate::api) values: Vec<Option<f64>>,
    pub(in crate::api) quality: Vec<Quality>,
    /// Part of each stretch that close readings cover, 0 to 1.
    pub(in crate::api) coverage: Vec<f64>,
    #[schema(required)]
    pub(in crate::api) total: Option<f64>,
    #[schema(required)]
    pub(in crate::api) previous: Option<Vec<Option<f64>>>,
    #[schema(required)]
    pub(in crate::api) previous_total: Option<f64>,
    /// What it costs; `null` when there is no tariff of the fluid.
    #[schema(required)]
    pub(in crate::api) cost: Option<Amounts>,
    /// Grams of CO₂ equivalent; `null` when there is no emission factor of the fluid.
    #[schema(required)]
    pub(in crate::api) co2: Option<Amounts>,
}

/// Key, label, usage and loads of each row, in the site's order.
fn grouped(topology: &Topology, ask: &Ask) -> Vec<(String, String, Option<Usage>, Vec<LoadId>)> {
    let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.fluid == ask.fluid && load.enabled).collect();
    let ids = |wanted: &dyn Fn(&Load) -> bool| -> Vec<LoadId> {
        loads.iter().filter(|load| wanted(load)).map(|load| load.id).collect()
    };
    let rows = match ask.by {
        By::Load => loads.iter().map(|load| (load.id.to_string(), load.name.clone(), Some(load.usage), vec![load.id])).collect(),
        By::Usage => Usage::ALL
            .iter()
            .map(|usage| (usage.code().to_owned(), usage.code().to_owned(), Some(*usage), ids(&|load| load.usage == *usage)))
            .collect(),
        By::Zone => topology
            .zones
            .iter()
            .map(|zone| (zone.id.to_string(), zone.name.clone(), None, ids(&|load| load.zone_id == Some(zone.id))))
            .chain([("none".to_owned(), String::new(), None, ids(&|load| load.zone_id.is_none()))])
            .collect::<Vec<_>>(),
    };
    rows.into_iter().filter(|(_, _, _, loads)| !loads.is_empty()).collect()
}

/// Rows, summed up as the loads come.
pub(super) struct Sums {
    pub(super) rows: Vec<Open>,
    /// Number of the row that a load belongs to.
    row_of: HashMap<LoadId, usize>,
    /// Loads that make the site's total.
    of_site: HashSet<LoadId>,
    pub(super) site: Vec<Bucket>,
    /// What it costs and emits.
    pub(super) tally: Tally,
    /// With what that is reckoned.
    pub(super) valuation: Valuation,
    /// Stretches before the first asked for, with which to compare.
    before: usize,
}

/// A row, and what is known of it so far.
pub(super) struct Open {
    pub(super) row: Row,
    /// Loads still to come.
    left: usize,
    sum: Vec<Bucket>,
    tally: Tally,
}

impl Sums {
    pub(super) fn new(topology: &Topology, ask: &Ask, valuation: Valuation, before: usize) -> Self {
        let tally = Tally::new(valuation.stretches);
        let (mut rows, mut row_of) = (Vec::new(), HashMap::new());
        for (key, label, usage, loads) in grouped(topology, ask) {
            row_of.extend(loads.iter().map(|load| (*load, rows.len())));
            rows.push(Open { row: Row::empty(key, label, usage), left: loads.len(), sum: Vec::new(), tally: tally.clone() });
        }
        let of_site = site_loads(topology, ask.fluid).into_iter().map(|load| load.id).collect();
        Self { rows, row_of, of_site, site: Vec::new(), tally, valuation, before }
    }

    /// Takes in what a load consumed in each stretch, and then in each piece of them.
    pub(super) fn add(&mut self, load: &Load, buckets: &[Bucket]) {
        let (buckets, pieces) = buckets.split_at_checked(self.valuation.stretches).unwrap_or_default();
        if self.of_site.contains(&load.id) {
            accumulate(&mut self.site, buckets);
            self.tally.add(load, &self.valuation.plan, pieces);
        }
        let Some(open) = self.row_of.get(&load.id).and_then(|row| self.rows.get_mut(*row)) else { return };
        accumulate(&mut open.sum, buckets);
        open.tally.add(load, &self.valuation.plan, pieces);
        open.left = open.left.saturating_sub(1);
        if open.left == 0 {
            open.row.fill(&std::mem::take(&mut open.sum), self.before);
            open.row.cost = self.valuation.has_cost().then(|| Amounts::new(&open.tally.cost, self.before));
            open.row.co2 = self.valuation.has_co2().then(|| Amounts::new(&open.tally.co2, self.before));
            open.tally = Tally::new(0);
        }
    }
}

/// As [`rollup::accumulate`]; the first load makes the sum.
fn accumulate(sum: &mut Vec<Bucket>, buckets: &[Bucket]) {
    if sum.is_empty() { sum.extend_from_slice(buckets) } else { rollup::accumulate(sum, buckets) }
}

impl Row {
    fn empty(key: String, label: String, usage: Option<Usage>) -> Self {
        let (values, quality, coverage) = Default::default();
        Self {
            key,
            label,
            usage,
            values,
            quality,
            coverage,
            total: None,
            previous: None,
            previous_total: None,
            cost: None,
            co2: None,
        }
    }

    /// Takes in the sum of its loads, of which the first `before` stretches are to compare with.
    fn fill(&mut self, buckets: &[Bucket], before: usize) {
        let (then, now) = buckets.split_at_checked(before).unwrap_or_default();
        self.values = values(now);
        self.total = sum_of(&self.values);
        self.quality = now.iter().map(|bucket| bucket.quality).collect();
        self.coverage = now.iter().map(|bucket| bucket.coverage).collect();
        self.previous = (before > 0).then(|| {
            // A day of 23 or 25 hours beside one of 24: aligned by position, cut or filled to the same length.
            let mut values = values(then);
            values.resize(now.len(), None);
            values
        });
        self.previous_total = self.previous.as_deref().and_then(sum_of);
    }
}

pub(super) fn values(buckets: &[Bucket]) -> Vec<Option<f64>> {
    buckets.iter().map(|bucket| bucket.value.map(|value| value.to_f64())).collect()
}

/// Of what is known; `None` when nothing is.
pub(super) fn sum_of<T: Copy + Add<Output = T>>(values: &[Option<T>]) -> Option<T> {
    values.iter().copied().flatten().reduce(|a, b| a + b)
}
