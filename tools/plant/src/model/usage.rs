//! How much each usage draws, hour by hour and within the hour. Figures are ours: plausible for a terminal, not measured.

use super::noise;
use haubert_model::{Fluid, Usage};

/// Ten-second steps of an hour.
pub(crate) const SLOTS: usize = 360;

/// A local hour, as work and sun know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalHour {
    /// 0..24.
    pub(crate) hour: u8,
    /// Monday is 0.
    pub(crate) weekday: u8,
    /// Day of the year, 1..=366.
    pub(crate) day: u16,
}

impl LocalHour {
    const fn working_day(self) -> bool {
        self.weekday < 5
    }

    /// 1 in the middle of winter, -1 in the middle of summer.
    fn winter(self) -> f64 {
        (f64::from(self.day) * std::f64::consts::TAU / 365.0).cos()
    }

    /// Sun over the horizon, 0..1: a half sine between sunrise and sunset, higher in summer.
    fn sun(self) -> f64 {
        let half_day = 6.0 - 2.2 * self.winter();
        let from_noon = (f64::from(self.hour) + 0.5 - 13.0).abs();
        if from_noon >= half_day {
            0.0
        } else {
            (from_noon / half_day * std::f64::consts::FRAC_PI_2).cos() * (0.72 - 0.28 * self.winter())
        }
    }

    /// Tariff 1 to 4: peak and off-peak of winter (November to March), peak and off-peak of summer.
    pub(crate) fn tariff(self) -> usize {
        let off_peak = self.hour < 6 || self.hour >= 22;
        let winter = self.day <= 90 || self.day >= 305;
        usize::from(off_peak) + if winter { 0 } else { 2 }
    }
}

fn between(hour: u8, from: u8, to: u8) -> bool {
    (from..to).contains(&hour)
}

/// Mean of the hour as a share of the nominal power or flow.
pub(crate) fn level(usage: Usage, fluid: Fluid, at: LocalHour, seed: u64, hour_index: i64) -> f64 {
    let chance = noise::unit(seed, hour_index);
    let day_chance = noise::unit(seed ^ 0xDA1, hour_index.div_euclid(24));
    let share = match (fluid, usage) {
        (Fluid::Gas | Fluid::Heat, _) => (0.25 + 0.3 * at.winter() + if between(at.hour, 5, 21) { 0.3 } else { 0.05 }).max(0.02),
        (Fluid::Air, _) => {
            if at.working_day() && between(at.hour, 6, 22) {
                0.6
            } else {
                0.12
            }
        }
        (Fluid::Water, _) => match at.hour {
            6..=8 => 0.55,
            9..=17 if at.working_day() => 0.4,
            18..=21 => 0.3,
            _ => 0.05,
        },
        // A ship is worked or not: whole shifts of work, nights on some days.
        (_, Usage::Cranes) => {
            let shift = noise::unit(seed ^ 0x5417, hour_index.div_euclid(8));
            if shift < 0.3 {
                0.06
            } else if at.weekday == 6 {
                0.15
            } else {
                0.22 + 0.16 * shift
            }
        }
        (_, Usage::Reefers) => 0.5 + 0.12 * day_chance - 0.1 * at.winter() + if between(at.hour, 11, 18) { 0.08 } else { 0.0 },
        (_, Usage::ShorePower) => {
            if day_chance < 0.4 {
                0.0
            } else {
                0.5 + 0.2 * day_chance
            }
        }
        (_, Usage::Process) => {
            if between(at.hour, 5, 21) && at.weekday < 6 {
                0.7
            } else {
                0.25
            }
        }
        (_, Usage::Lighting) => {
            if at.sun() > 0.05 {
                0.08
            } else {
                0.92
            }
        }
        (_, Usage::Hvac) => 0.25 + 0.2 * at.winter().abs() + if at.working_day() && between(at.hour, 7, 19) { 0.25 } else { 0.0 },
        (_, Usage::Offices) => {
            if at.working_day() && between(at.hour, 8, 18) {
                0.65
            } else {
                0.14
            }
        }
        (_, Usage::It) => 0.72,
        (_, Usage::Charging) => match at.hour {
            8..=10 if at.working_day() => 0.6,
            18..=22 => 0.45,
            _ => 0.08,
        },
        (_, Usage::Production) => return at.sun() * (0.3 + 0.7 * day_chance) * (0.9 + 0.1 * chance),
        (_, Usage::Supply | Usage::Water | Usage::Other) => {
            if between(at.hour, 6, 22) {
                0.5
            } else {
                0.3
            }
        }
    };
    share * (0.9 + 0.2 * chance)
}

/// Relative draw in each ten seconds of the hour, before it is brought to a mean of 1.
pub(crate) fn shape(usage: Usage, fluid: Fluid, seed: u64, hour_index: i64, slot: usize) -> f64 {
    let place = hour_index.wrapping_mul(SLOTS as i64).wrapping_add(slot as i64);
    let jitter = noise::signed(seed ^ 0x511, place);
    match (fluid, usage) {
        // Taps open and close.
        (Fluid::Water, _) => {
            if noise::unit(seed, place) > 0.7 {
                2.5 + jitter
            } else {
                0.15
            }
        }
        (Fluid::Gas | Fluid::Heat | Fluid::Air, _) => 1.0 + 0.1 * jitter,
        // Two minutes for a container: hoist, travel, lower, wait.
        (_, Usage::Cranes) => match slot % 12 {
            0..=2 => 3.0 + 0.4 * jitter,
            3..=5 => 1.1 + 0.2 * jitter,
            6..=7 => 0.5,
            _ => 0.2,
        },
        // Compressors run eight minutes in twelve.
        (_, Usage::Reefers | Usage::Hvac) => {
            if (slot as u64 + seed % 72) % 72 < 48 {
                1.35 + 0.05 * jitter
            } else {
                0.3
            }
        }
        // Clouds pass in minutes.
        (_, Usage::Production) => 1.0 + 0.35 * noise::signed(seed ^ 0xC10, place.div_euclid(18)) + 0.02 * jitter,
        (_, Usage::Process | Usage::Other) => 1.0 + 0.15 * noise::signed(seed, place.div_euclid(6)) + 0.03 * jitter,
        (_, Usage::Offices) => 1.0 + 0.1 * noise::signed(seed, place.div_euclid(12)) + 0.02 * jitter,
        _ => 1.0 + 0.015 * jitter,
    }
    .max(0.0)
}

/// Usual size of a load: kW, or m³/h for fluids.
pub(crate) const fn nominal(usage: Usage, fluid: Fluid) -> f64 {
    match (fluid, usage) {
        (Fluid::Electricity, Usage::Cranes) => 350.0,
        (Fluid::Electricity, Usage::Reefers) => 180.0,
        (Fluid::Electricity, Usage::ShorePower) => 900.0,
        (Fluid::Electricity, Usage::Production) => 120.0,
        (Fluid::Electricity, Usage::Lighting | Usage::Offices) => 45.0,
        (Fluid::Electricity, Usage::It) => 25.0,
        (Fluid::Electricity, Usage::Charging) => 66.0,
        (Fluid::Electricity, Usage::Supply) => 1500.0,
        (Fluid::Electricity, _) => 80.0,
        (Fluid::Gas, _) => 35.0,
        _ => 8.0,
    }
}

/// Cosine phi at which a usage works.
pub(crate) const fn power_factor(usage: Usage) -> f64 {
    match usage {
        Usage::Cranes => 0.86,
        Usage::Reefers | Usage::Hvac | Usage::Process => 0.88,
        Usage::Production | Usage::Charging => 0.995,
        Usage::ShorePower => 0.92,
        _ => 0.95,
    }
}
