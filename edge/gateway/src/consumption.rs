//! What loads consumed in stretches of time, from their counters.
//!
//! The newest live reading is taken as a last sample, so that today's figure does not lag a whole index period behind.

mod bridge;
mod pass;
#[cfg(test)]
mod tests;

use crate::live::Live;
use crate::topology::{Load, Topology};
use haubert_historian::counter::CounterRules;
use haubert_historian::rollup::{self, Bounds, Bucket};
use haubert_historian::{Reader, Sample, SeriesInfo, SeriesSpec, StoreError};
use haubert_model::{Fluid, LoadId, PointRef, Quality, Quantity, Reason, RecordKind, SeriesId, Timestamp, Unit, Usage};
use pass::Pass;
use std::collections::HashMap;

/// Index periods that may be missed before a consumption counts as estimated.
const MISSED_PERIODS: i64 = 3;
/// The same where the period is not known, milliseconds.
const GAP_MS: i64 = 3_600_000;

/// Where samples come from: the history itself, or what was read of it in one pass.
pub trait Samples {
    /// The samples with `from <= at < to` in order of time, each time once.
    ///
    /// # Errors
    /// When history cannot be read.
    fn range(&self, series: SeriesId, from: Timestamp, to: Timestamp) -> Result<Vec<Sample>, StoreError>;
}

impl Samples for Reader {
    fn range(&self, series: SeriesId, from: Timestamp, to: Timestamp) -> Result<Vec<Sample>, StoreError> {
        Self::range(self, series, from, to)
    }
}

/// Series by the load that they are of.
pub type SeriesByLoad = HashMap<LoadId, Vec<SeriesInfo>>;

/// The series that are `wanted`, without how far they reach.
///
/// # Errors
/// When history cannot be read.
pub fn by_load(reader: &Reader, wanted: impl Fn(&SeriesSpec) -> bool) -> Result<SeriesByLoad, StoreError> {
    let mut found = SeriesByLoad::new();
    for (id, spec) in reader.specs()?.into_iter().filter(|(_, spec)| wanted(spec)) {
        found.entry(spec.load).or_default().push(SeriesInfo { id, spec, first: None, last: None });
    }
    Ok(found)
}

/// Load curves, and the counters that tell a consumption.
pub fn is_needed(spec: &SeriesSpec) -> bool {
    use Quantity::{ActiveEnergyExport, ActiveEnergyImport, Volume};
    match spec.kind {
        RecordKind::LoadCurve => true,
        RecordKind::Index => matches!(spec.quantity, ActiveEnergyImport | ActiveEnergyExport | Volume),
        RecordKind::Trend | RecordKind::State => false,
    }
}

/// Everything needed to reckon, as of one moment.
pub struct Reckoner<'a> {
    /// History.
    pub reader: &'a dyn Samples,
    /// Its series that are needed.
    pub series: &'a SeriesByLoad,
    /// Newest readings.
    pub live: &'a Live,
    /// Now.
    pub now: Timestamp,
}

/// The unit in which a fluid's consumption is given.
pub const fn unit_of(fluid: Fluid) -> Unit {
    match fluid {
        Fluid::Electricity | Fluid::Heat => Unit::WattHour,
        Fluid::Water | Fluid::Gas | Fluid::Air => Unit::CubicMetre,
    }
}

/// The counters that say what a load consumed (or, for production, gave), best first.
const fn counters(load: &Load) -> &'static [Quantity] {
    match (load.fluid, load.usage) {
        (Fluid::Electricity | Fluid::Heat, Usage::Production) => &[Quantity::ActiveEnergyExport, Quantity::ActiveEnergyImport],
        (Fluid::Electricity | Fluid::Heat, _) => &[Quantity::ActiveEnergyImport],
        (Fluid::Water | Fluid::Gas | Fluid::Air, _) => &[Quantity::Volume],
    }
}

impl Reckoner<'_> {
    /// The load's consumption in each stretch; unknown where it has no counter.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn load(&self, load: &Load, bounds: &[Bounds]) -> Result<Vec<Bucket>, StoreError> {
        self.best(load, bounds, |info| {
            let (from, to) = window(info, bounds);
            self.buckets(load, info, self.reader.range(info.id, from, to)?, bounds)
        })
    }

    /// Gives each load's consumption to `sink`, in one pass over the history.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn each(
        &self,
        history: &Reader,
        loads: &[&Load],
        bounds: &[Bounds],
        sink: &mut dyn FnMut(&Load, Vec<Bucket>),
    ) -> Result<(), StoreError> {
        Pass::new(self, loads, bounds, sink).run(history)
    }

    /// What the best counter that has something to say tells.
    fn best(
        &self,
        load: &Load,
        bounds: &[Bounds],
        mut buckets: impl FnMut(&SeriesInfo) -> Result<Vec<Bucket>, StoreError>,
    ) -> Result<Vec<Bucket>, StoreError> {
        let mut known: Option<Vec<Bucket>> = None;
        for quantity in counters(load) {
            for info in self.indexes(load, *quantity) {
                let more = buckets(info)?;
                match &mut known {
                    Some(known) => rollup::accumulate(known, &more),
                    None => known = Some(more),
                }
            }
            if known.iter().flatten().any(|bucket| bucket.value.is_some_and(|value| value.mantissa > 0)) {
                break;
            }
        }
        Ok(known.unwrap_or_else(|| bounds.iter().map(unknown).collect()))
    }

    fn of(&self, load: &Load) -> &[SeriesInfo] {
        self.series.get(&load.id).map_or(&[], Vec::as_slice)
    }

    /// The counters that may tell of a load.
    fn counters(&self, load: &Load) -> impl Iterator<Item = &SeriesInfo> {
        counters(load).iter().flat_map(|quantity| self.indexes(load, *quantity))
    }

    fn indexes(&self, load: &Load, quantity: Quantity) -> impl Iterator<Item = &SeriesInfo> {
        self.of(load).iter().filter(move |info| info.spec.quantity == quantity && info.spec.kind == RecordKind::Index)
    }

    /// What a counter tells; `samples` are those of its [`window`].
    fn buckets(
        &self,
        load: &Load,
        info: &SeriesInfo,
        mut samples: Vec<Sample>,
        bounds: &[Bounds],
    ) -> Result<Vec<Bucket>, StoreError> {
        let gap_ms = gap_ms(&info.spec);
        if window(info, bounds).1 > self.now {
            samples.extend(self.newest(load, info, samples.last().map(|sample| sample.at)));
        }
        samples = self.bridged(load, info, samples, gap_ms)?;
        Ok(rollup::from_index(&samples, info.spec.exponent, &CounterRules::of(&info.spec), bounds, gap_ms))
    }

    /// The samples, with what the load curve knows of outages.
    fn bridged(&self, load: &Load, info: &SeriesInfo, samples: Vec<Sample>, gap_ms: i64) -> Result<Vec<Sample>, StoreError> {
        if info.spec.quantity != Quantity::ActiveEnergyImport || load.fluid != Fluid::Electricity {
            return Ok(samples);
        }
        let Some((from, to)) = bridge::gaps(&samples, gap_ms) else { return Ok(samples) };
        let curve = self.of(load).iter().find(|other| {
            let spec = &other.spec;
            spec.quantity == Quantity::ActivePowerTotal && spec.kind == RecordKind::LoadCurve
        });
        let Some((curve, period_ms)) = curve.and_then(|curve| Some((curve, curve.spec.period_ms?))) else { return Ok(samples) };
        let known = self.reader.range(curve.id, from.plus_ms(-period_ms), to)?;
        let curve = bridge::Curve { samples: &known, exponent: curve.spec.exponent, period_ms };
        Ok(bridge::bridged(&samples, info.spec.exponent, curve, gap_ms))
    }

    /// The live reading as a sample after `after`.
    fn newest(&self, load: &Load, info: &SeriesInfo, after: Option<Timestamp>) -> Option<Sample> {
        let point = PointRef { device: load.device_id, channel: load.channel, quantity: info.spec.quantity };
        let reading = self.live.reading(point)?;
        let value = reading.value?.rescaled(info.spec.exponent).ok()?;
        (after.is_none_or(|after| reading.at > after)).then(|| Sample::measured(reading.at, value.mantissa, Reason::Measured))
    }
}

/// How far apart two readings of a counter may be before consumption counts as estimated, milliseconds.
fn gap_ms(spec: &SeriesSpec) -> i64 {
    spec.period_ms.map_or(GAP_MS, |period| period.saturating_mul(MISSED_PERIODS))
}

/// From when until when the samples of a counter tell of `bounds`.
fn window(info: &SeriesInfo, bounds: &[Bounds]) -> (Timestamp, Timestamp) {
    let gap_ms = gap_ms(&info.spec);
    // Stretches may be followed by pieces of them.
    match (bounds.iter().map(|one| one.start).min(), bounds.iter().map(|one| one.end).max()) {
        (Some(first), Some(last)) => (first.plus_ms(-gap_ms), last.plus_ms(gap_ms)),
        _ => (Timestamp(0), Timestamp(0)),
    }
}

const fn unknown(bounds: &Bounds) -> Bucket {
    Bucket { start: bounds.start, end: bounds.end, value: None, quality: Quality::Bad, coverage: 0.0 }
}

/// Loads whose sum is the site's consumption of a fluid: the supply meters when there are any, else all but production.
pub fn site_loads(topology: &Topology, fluid: Fluid) -> Vec<&Load> {
    let of_fluid = || topology.loads.iter().filter(move |load| load.fluid == fluid && load.enabled);
    let supply: Vec<&Load> = of_fluid().filter(|load| load.usage == Usage::Supply).collect();
    if supply.is_empty() { of_fluid().filter(|load| load.usage != Usage::Production).collect() } else { supply }
}
