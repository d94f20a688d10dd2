//! From the power of a load to everything that its meter shows, so that no two registers contradict each other.

use super::course::{Flow, Totals};
use super::noise;
use haubert_model::{Quantity, Timestamp};

/// Three phases; single-phase loads use the first.
type Phases = [f64; 3];

/// What does not change about a load.
#[derive(Debug, Clone)]
pub(crate) struct Wiring {
    /// 1, 2 (opposite phases) or 3.
    pub(crate) phases: u8,
    /// Volts between phase and neutral.
    pub(crate) nominal_v: f64,
    /// Nominal power in W, for the voltage drop.
    pub(crate) nominal_w: f64,
    /// Whether it feeds back: powers are negative, energy is exported.
    pub(crate) produces: bool,
    /// Seed of the site: all its meters see one network.
    pub(crate) network_seed: u64,
    /// Seed of the load.
    pub(crate) seed: u64,
    /// m³ of one pulse.
    pub(crate) pulse_volume: f64,
}

/// All quantities of one load at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Measures {
    active: Phases,
    reactive: Phases,
    voltage: Phases,
    current: Phases,
    phases: usize,
    frequency: f64,
    tariff: usize,
    produces: bool,
    rate: f64,
    thd_seed: u64,
    at_ms: i64,
    /// Counters, offsets included.
    totals: Totals,
    operating_s: f64,
    pulse_volume: f64,
    temperature: f64,
}

impl Measures {
    /// The measures that follow from a flow. `totals` are the counters as the meter shows them.
    pub(crate) fn new(wiring: &Wiring, flow: &Flow, totals: Totals, operating_s: f64, now: Timestamp) -> Self {
        let at_ms = now.as_millis();
        let phases = usize::from(wiring.phases.clamp(1, 3));
        let sign = if wiring.produces { -1.0 } else { 1.0 };
        let shares = shares(wiring.seed, phases);
        let drop = 0.008 * (flow.rate / wiring.nominal_w.max(1.0)).min(1.5);
        let mut measures = Self {
            active: [0.0; 3],
            reactive: [0.0; 3],
            voltage: [0.0; 3],
            current: [0.0; 3],
            phases,
            frequency: 50.0 + 0.03 * noise::gliding(wiring.network_seed ^ 0xF0, at_ms, 7000),
            tariff: flow.tariff,
            produces: wiring.produces,
            rate: flow.rate,
            thd_seed: wiring.seed,
            at_ms,
            totals,
            operating_s,
            pulse_volume: wiring.pulse_volume,
            temperature: 12.0 + 6.0 * noise::gliding(wiring.network_seed ^ 0x7E, at_ms, 3_600_000),
        };
        let slots = measures.active.iter_mut().zip(&mut measures.reactive).zip(&mut measures.voltage).zip(&mut measures.current);
        for (phase, ((((active, reactive), voltage), current), share)) in slots.zip(shares).enumerate().take(phases) {
            let seed = wiring.network_seed.wrapping_add(phase as u64);
            let swing = 0.012 * noise::gliding(seed, at_ms, 60_000) + 0.002 * noise::gliding(seed ^ 0x1, at_ms, 1000);
            // Zero has no sign on a meter.
            *active = sign * flow.rate * share + 0.0;
            *reactive = flow.reactive * share;
            *voltage = flow.voltage.unwrap_or(wiring.nominal_v * (1.0 + swing - sign * drop));
            *current = active.hypot(*reactive) / voltage.max(1.0);
        }
        measures
    }

    fn pick(phases: &Phases, phase: usize) -> f64 {
        phases.get(phase).copied().unwrap_or(0.0)
    }

    fn apparent(&self, phase: usize) -> f64 {
        Self::pick(&self.active, phase).hypot(Self::pick(&self.reactive, phase))
    }

    fn power_factor(&self, active: f64, reactive: f64) -> f64 {
        let apparent = active.hypot(reactive);
        if apparent < 1e-9 { 1.0 } else { active / apparent }
    }

    fn line_voltage(&self, from: usize, to: usize) -> f64 {
        let (a, b) = (Self::pick(&self.voltage, from), Self::pick(&self.voltage, to));
        match self.phases {
            // 120 degrees apart, or opposite ones.
            3 => (a * a + b * b + a * b).sqrt(),
            2 if to == 1 => a + b,
            _ => 0.0,
        }
    }

    /// Sum of the phasors of the currents, which all lag by the same angle.
    fn neutral(&self) -> f64 {
        let [a, b, c] = self.current;
        match self.phases {
            3 => (a * a + b * b + c * c - a * b - b * c - c * a).max(0.0).sqrt(),
            2 => (a - b).abs(),
            _ => a,
        }
    }

    fn mean(&self, phases: &Phases) -> f64 {
        phases.iter().take(self.phases).sum::<f64>() / self.phases as f64
    }

    fn thd(&self, voltage: bool, phase: usize) -> f64 {
        let seed = self.thd_seed ^ if voltage { 0x7D0 } else { 0x7D1 } ^ phase as u64;
        let (base, swing) = if voltage { (1.8, 0.4) } else { (6.0, 2.0) };
        base + swing * noise::gliding(seed, self.at_ms, 30_000)
    }

    fn tariff_total(&self, tariff: usize) -> f64 {
        self.totals.tariffs.get(tariff).copied().unwrap_or(0.0)
    }

    /// The value of a quantity, in its canonical unit; `None` for what this model does not know.
    pub(crate) fn value(&self, quantity: Quantity) -> Option<f64> {
        use Quantity as Q;
        let (active, reactive): (f64, f64) = (self.active.iter().sum(), self.reactive.iter().sum());
        let per_phase = |phase: usize, value: f64| if phase < self.phases { value } else { 0.0 };
        Some(match quantity {
            Q::ActivePowerTotal => active,
            Q::ActivePowerL1 => Self::pick(&self.active, 0),
            Q::ActivePowerL2 => Self::pick(&self.active, 1),
            Q::ActivePowerL3 => Self::pick(&self.active, 2),
            Q::ReactivePowerTotal => reactive,
            Q::ReactivePowerL1 => Self::pick(&self.reactive, 0),
            Q::ReactivePowerL2 => Self::pick(&self.reactive, 1),
            Q::ReactivePowerL3 => Self::pick(&self.reactive, 2),
            Q::ApparentPowerTotal => active.hypot(reactive),
            Q::ApparentPowerL1 => self.apparent(0),
            Q::ApparentPowerL2 => self.apparent(1),
            Q::ApparentPowerL3 => self.apparent(2),
            Q::PowerFactorTotal => self.power_factor(active, reactive),
            Q::PowerFactorL1 => self.power_factor(Self::pick(&self.active, 0), Self::pick(&self.reactive, 0)),
            Q::PowerFactorL2 => self.power_factor(Self::pick(&self.active, 1), Self::pick(&self.reactive, 1)),
            Q::PowerFactorL3 => self.power_factor(Self::pick(&self.active, 2), Self::pick(&self.reactive, 2)),
            Q::VoltageL1 => Self::pick(&self.voltage, 0),
            Q::VoltageL2 => Self::pick(&self.voltage, 1),
            Q::VoltageL3 => Self::pick(&self.voltage, 2),
            Q::VoltageL1L2 => self.line_voltage(0, 1),
            Q::VoltageL2L3 => self.line_voltage(1, 2),
            Q::VoltageL3L1 => self.line_voltage(2, 0),
            Q::VoltageSystem => self.mean(&self.voltage),
            Q::CurrentL1 => Self::pick(&self.current, 0),
            Q::CurrentL2 => Self::pick(&self.current, 1),
            Q::CurrentL3 => Self::pick(&self.current, 2),
            Q::CurrentNeutral => self.neutral(),
            Q::CurrentSystem => self.mean(&self.current),
            Q::Frequency => self.frequency,
            Q::ThdVoltageL1 => per_phase(0, self.thd(true, 0)),
            Q::ThdVoltageL2 => per_phase(1, self.thd(true, 1)),
            Q::ThdVoltageL3 => per_phase(2, self.thd(true, 2)),
            Q::ThdCurrentL1 => per_phase(0, self.thd(false, 0)),
            Q::ThdCurrentL2 => per_phase(1, self.thd(false, 1)),
            Q::ThdCurrentL3 => per_phase(2, self.thd(false, 2)),
            Q::ActiveEnergyImport => {
                if self.produces {
                    0.0
                } else {
                    self.totals.active
                }
            }
            Q::ActiveEnergyExport => {
                if self.produces {
                    self.totals.active
                } else {
                    0.0
                }
            }
            Q::ReactiveEnergyImport => self.totals.reactive,
            Q::ReactiveEnergyExport => 0.0,
            Q::ApparentEnergy => self.totals.apparent,
            Q::ActiveEnergyImportT1 => self.tariff_total(0),
            Q::ActiveEnergyImportT2 => self.tariff_total(1),
            Q::ActiveEnergyImportT3 => self.tariff_total(2),
            Q::ActiveEnergyImportT4 => self.tariff_total(3),
            Q::TariffInProgress => (self.tariff + 1) as f64,
            Q::OperatingTime => self.operating_s,
            Q::Volume => self.totals.active,
            Q::VolumeFlow => self.rate,
            Q::PulseCount => (self.totals.active / self.pulse_volume).floor(),
            Q::Temperature => self.temperature,
            // As the weather has it: dry when it is warm; an input of 4 to 20 mA that follows it.
            Q::RelativeHumidity => 90.0 - 2.0 * self.temperature,
            Q::AnalogInput => 4.0 + 0.5 * self.temperature,
            Q::DigitalInput => return None,
        })
    }
}

/// How a load leans on the phases: a few per cent off a third each, for good.
fn shares(seed: u64, phases: usize) -> Phases {
    if phases == 1 {
        return [1.0, 0.0, 0.0];
    }
    let weights = [0, 1, 2].map(|phase| if phase < phases as i64 { 1.0 + 0.06 * noise::signed(seed ^ 0xA5, phase) } else { 0.0 });
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}
