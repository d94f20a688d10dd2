//! The course of one load: power as a function of time, and its exact integral.
//!
//! Each hour has a mean (from usage, calendar and seed) and a shape of ten-second steps with mean 1. The integral up to any
//! instant is the sum of whole hours plus a part of one shape, so energy is the integral of power at any speed of time, and
//! nothing drifts. Only the hour at hand and the sum before it are kept.

use super::{noise, usage};
use crate::model::usage::{LocalHour, SLOTS};
use haubert_model::{Fluid, Timestamp, Usage};
use jiff::tz::TimeZone;

const HOUR_MS: i64 = 3_600_000;
const SLOT_MS: i64 = HOUR_MS / SLOTS as i64;

/// What a load draws at an instant, and what it has drawn since the plant's first hour.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Flow {
    /// W, or m³/h for fluids; never negative.
    pub(crate) rate: f64,
    /// var, when known otherwise than by the power factor.
    pub(crate) reactive: f64,
    /// Voltage between phase and neutral when it is replayed.
    pub(crate) voltage: Option<f64>,
    /// Tariff in progress, 0 to 3.
    pub(crate) tariff: usize,
    /// Sums since the first hour.
    pub(crate) totals: Totals,
}

/// Integrals: Wh, varh, VAh, or m³.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Totals {
    /// Wh or m³.
    pub(crate) active: f64,
    /// varh.
    pub(crate) reactive: f64,
    /// VAh.
    pub(crate) apparent: f64,
    /// Wh by tariff.
    pub(crate) tariffs: [f64; 4],
}

impl Totals {
    /// Adds energy and what goes with it.
    pub(crate) fn add(&mut self, active: f64, tan_phi: f64, tariff: usize) {
        self.active += active;
        self.reactive += active * tan_phi;
        self.apparent += active * (1.0 + tan_phi * tan_phi).sqrt();
        if let Some(sum) = self.tariffs.get_mut(tariff) {
            *sum += active;
        }
    }
}

/// A modelled load.
#[derive(Debug)]
pub(crate) struct Course {
    usage: Usage,
    fluid: Fluid,
    nominal: f64,
    seed: u64,
    zone: TimeZone,
    first_hour: i64,
    hour: Hour,
}

/// The hour at hand.
#[derive(Debug)]
struct Hour {
    index: i64,
    before: Totals,
    mean: f64,
    tan_phi: f64,
    tariff: usize,
    /// Sum of the shape up to each slot; the last one is [`SLOTS`].
    sums: Vec<f64>,
}

impl Course {
    /// A load of this nominal power (W) or flow (m³/h), whose sums begin with the hour of `start`.
    pub(crate) fn new(usage: Usage, fluid: Fluid, nominal: f64, seed: u64, zone: TimeZone, start: Timestamp) -> Self {
        let first_hour = start.as_millis().div_euclid(HOUR_MS);
        let hour = Hour { index: first_hour, before: Totals::default(), mean: 0.0, tan_phi: 0.0, tariff: 0, sums: Vec::new() };
        Self { usage, fluid, nominal, seed, zone, first_hour, hour }
    }

    /// Rate and sums at an instant. Time may go back, at the price of summing again.
    pub(crate) fn at(&mut self, now: Timestamp) -> Flow {
        let index = now.as_millis().div_euclid(HOUR_MS).max(self.first_hour);
        if index != self.hour.index || self.hour.sums.is_empty() {
            self.enter(index);
        }
        let in_hour = now.as_millis().rem_euclid(HOUR_MS);
        let slot = usize::try_from(in_hour / SLOT_MS).unwrap_or(0).min(SLOTS - 1);
        let in_slot = (in_hour % SLOT_MS) as f64 / SLOT_MS as f64;
        let sum = |slot: usize| self.hour.sums.get(slot).copied().unwrap_or(0.0);
        let weight = sum(slot + 1) - sum(slot);
        let part = (sum(slot) + weight * in_slot) / SLOTS as f64;
        let mut totals = self.hour.before;
        totals.add(self.hour.mean * part, self.hour.tan_phi, self.hour.tariff);
        let rate = self.hour.mean * weight;
        Flow { rate, reactive: rate * self.hour.tan_phi, voltage: None, tariff: self.hour.tariff, totals }
    }

    fn enter(&mut self, index: i64) {
        let (mut at, mut before) = if index >= self.hour.index && !self.hour.sums.is_empty() {
            (self.hour.index, self.hour.before)
        } else {
            (self.first_hour, Totals::default())
        };
        while at < index {
            before.add(self.mean(at), self.tan_phi(at), self.local(at).tariff());
            at += 1;
        }
        self.hour = Hour {
            index,
            before,
            mean: self.mean(index),
            tan_phi: self.tan_phi(index),
            tariff: self.local(index).tariff(),
            sums: self.sums(index),
        };
    }

    fn local(&self, hour_index: i64) -> LocalHour {
        let instant = jiff::Timestamp::from_second(hour_index.saturating_mul(3600)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = self.zone.to_datetime(instant);
        LocalHour {
            hour: u8::try_from(local.hour()).unwrap_or(0),
            weekday: u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0),
            day: u16::try_from(local.day_of_year()).unwrap_or(1),
        }
    }

    fn mean(&self, hour_index: i64) -> f64 {
        self.nominal * usage::level(self.usage, self.fluid, self.local(hour_index), self.seed, hour_index).max(0.0)
    }

    fn tan_phi(&self, hour_index: i64) -> f64 {
        if self.fluid != Fluid::Electricity {
            return 0.0;
        }
        let cosine = (usage::power_factor(self.usage) + 0.01 * noise::signed(self.seed ^ 0xF1, hour_index)).clamp(0.5, 0.999);
        (1.0 / (cosine * cosine) - 1.0).sqrt()
    }

    /// The shape leans from the hour before to the hour after, so that hours do not show as steps.
    fn sums(&self, index: i64) -> Vec<f64> {
        let (before, own, after) = (self.mean(index - 1), self.mean(index), self.mean(index + 1));
        let lean = |part: f64| match own {
            own if own <= 0.0 => 1.0,
            own if part < 0.5 => ((before + own) / 2.0 * (0.5 - part) + own * part) * 2.0 / own,
            own => (own * (1.0 - part) + (after + own) / 2.0 * (part - 0.5)) * 2.0 / own,
        };
        let mut sums = Vec::with_capacity(SLOTS + 1);
        let mut sum = 0.0;
        sums.push(sum);
        for slot in 0..SLOTS {
            // A floor keeps a mean to divide by, whatever the shape.
            sum +=
                usage::shape(self.usage, self.fluid, self.seed, index, slot).max(1e-6) * lean((slot as f64 + 0.5) / SLOTS as f64);
            sums.push(sum);
        }
        let to_mean = SLOTS as f64 / sum;
        sums.iter_mut().for_each(|value| *value *= to_mean);
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(usage: Usage) -> Course {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        Course::new(usage, Fluid::Electricity, 100_000.0, 9, zone, Timestamp(1_772_431_200_000))
    }

    #[test]
    fn energy_is_the_integral_of_power() {
        for usage in Usage::ALL {
            let mut course = course(*usage);
            let start = 1_772_431_200_000;
            let mut integral = 0.0;
            // Steps of one second lie within the ten-second steps of constant power.
            for second in 0..3 * 3600 {
                let flow = course.at(Timestamp(start + second * 1000));
                assert!((flow.totals.active - integral).abs() <= 1e-6 * integral.max(1.0), "{usage:?} at {second}");
                integral += flow.rate / 3600.0;
            }
        }
    }

    #[test]
    fn order_of_asking_does_not_matter() {
        let start = 1_772_431_200_000;
        let instants = [0, 86_400_000 * 3, 5000, 86_400_000, 5000, 86_400_000 * 30];
        let mut one = course(Usage::Cranes);
        for at in instants {
            assert_eq!(one.at(Timestamp(start + at)), course(Usage::Cranes).at(Timestamp(start + at)));
        }
    }

    #[test]
    fn tariffs_share_the_energy() {
        let totals = course(Usage::Offices).at(Timestamp(1_772_431_200_000 + 86_400_000 * 45)).totals;
        assert!((totals.tariffs.iter().sum::<f64>() - totals.active).abs() < 1.0);
        assert!(totals.tariffs.iter().all(|tariff| *tariff > 0.0), "{:?}", totals.tariffs);
    }
}
