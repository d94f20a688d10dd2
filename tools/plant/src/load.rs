//! A load: where its flow comes from, and where its counters began.

use crate::model::course::{Course, Flow, Totals};
use crate::model::electrical::Wiring;
use crate::model::replay::Replay;
use crate::model::{noise, usage};
use crate::scene::{LoadSpec, Scene, SceneError};
use haubert_model::{Fluid, Timestamp, Usage};
use jiff::tz::TimeZone;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const HOURS_PER_YEAR: f64 = 8760.0;
/// m³ of one pulse.
const PULSE_VOLUME: f64 = 0.01;

/// One load of a device.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) name: String,
    pub(crate) fluid: Fluid,
    pub(crate) usage: Usage,
    pub(crate) wiring: Wiring,
    /// What its counters showed when the plant began.
    pub(crate) initial: Totals,
    /// Its hour meter then.
    pub(crate) initial_operating_s: f64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Course(Mutex<Course>),
    Replay(Replay),
    Sum(OnceLock<Vec<Arc<Load>>>),
}

impl Load {
    pub(crate) fn new(spec: &LoadSpec, context: &LoadContext<'_>) -> Result<Self, SceneError> {
        let usage = spec.usage.unwrap_or(Usage::Other);
        let fluid = spec.fluid.unwrap_or(context.fluid);
        let seed = noise::named(context.scene.seed, context.name);
        let nominal = match fluid {
            Fluid::Electricity => 1000.0 * spec.nominal_kw.unwrap_or(usage::nominal(usage, fluid)),
            _ => spec.nominal_m3h.unwrap_or(usage::nominal(usage, fluid)),
        };
        let cosine = usage::power_factor(usage);
        let source = match &spec.replay {
            Some(replay) => Source::Replay(Replay::load(
                replay,
                &context.scene.folder,
                (1.0 / (cosine * cosine) - 1.0).sqrt(),
                context.start,
            )?),
            None if spec.sum => Source::Sum(OnceLock::new()),
            None => Source::Course(Mutex::new(Course::new(usage, fluid, nominal, seed, context.zone.clone(), context.start))),
        };
        let years = 1.0 + 7.0 * noise::unit(seed, 0xA6E);
        let active = match (spec.index, fluid) {
            (Some(index), Fluid::Electricity) => index * 1000.0,
            (Some(index), _) => index,
            (None, _) => (nominal * 0.3 * HOURS_PER_YEAR * years).round(),
        };
        let reactive = if fluid == Fluid::Electricity { active * 0.4 } else { 0.0 };
        Ok(Self {
            name: spec.name.clone(),
            fluid,
            usage,
            wiring: Wiring {
                phases: spec.phases.unwrap_or(3).min(context.phases),
                nominal_v: context.scene.nominal_v,
                nominal_w: nominal,
                produces: usage == Usage::Production,
                network_seed: noise::mix(context.scene.seed, 0x4E7),
                seed,
                pulse_volume: PULSE_VOLUME,
            },
            initial: Totals {
                active,
                reactive,
                apparent: active.hypot(reactive),
                tariffs: [0.3, 0.12, 0.4, 0.18].map(|share| active * share),
            },
            initial_operating_s: (years * HOURS_PER_YEAR * 3600.0).round(),
            source,
        })
    }

    /// Whether it sums the others.
    pub(crate) const fn is_sum(&self) -> bool {
        matches!(self.source, Source::Sum(_))
    }

    /// Tells a summing load what to sum.
    pub(crate) fn sum_of(&self, others: Vec<Arc<Self>>) {
        if let Source::Sum(place) = &self.source {
            // Set once, when the plant is built.
            let _ = place.set(others);
        }
    }

    /// What flows at an instant.
    pub(crate) fn flow(&self, now: Timestamp) -> Flow {
        match &self.source {
            Source::Course(course) => course.lock().unwrap_or_else(PoisonError::into_inner).at(now),
            Source::Replay(replay) => replay.at(now),
            Source::Sum(others) => others.get().map(|others| sum(others, now)).unwrap_or_default(),
        }
    }
}

/// What a load must know of its surroundings.
pub(crate) struct LoadContext<'a> {
    pub(crate) scene: &'a Scene,
    /// Unique in the plant; the load's randomness follows from it.
    pub(crate) name: &'a str,
    pub(crate) fluid: Fluid,
    pub(crate) zone: &'a TimeZone,
    pub(crate) start: Timestamp,
    /// Phases that the device can show.
    pub(crate) phases: u8,
}

/// Consumption less production.
fn sum(loads: &[Arc<Load>], now: Timestamp) -> Flow {
    let mut whole = Flow::default();
    for load in loads {
        let flow = load.flow(now);
        let sign = if load.wiring.produces { -1.0 } else { 1.0 };
        whole.rate += sign * flow.rate;
        whole.reactive += flow.reactive;
        whole.tariff = flow.tariff;
        whole.totals.active += sign * flow.totals.active;
        whole.totals.reactive += flow.totals.reactive;
        for (tariff, part) in whole.totals.tariffs.iter_mut().zip(flow.totals.tariffs) {
            *tariff += sign * part;
        }
    }
    whole.rate = whole.rate.max(0.0);
    whole.totals.apparent = whole.totals.active.hypot(whole.totals.reactive);
    whole
}
