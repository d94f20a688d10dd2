//! A simulated device: its registers, rendered from the same profile that the gateway reads with.

use crate::clock::PlantClock;
use crate::fault::{Fault, FaultError};
use crate::identity;
use crate::image::Image;
use crate::load::Load;
use crate::logs::{self, Window};
use crate::model::course::Totals;
use crate::model::electrical::Measures;
use crate::model::noise;
use haubert_content::{Addressing, Profile, ResolvedPoint};
use haubert_modbus::{ExceptionCode, Table};
use haubert_model::{Decimal, Fluid, Layout, Nature, Quantity, Timestamp};
use jiff::tz::TimeZone;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// 2000-01-01T00:00:00Z, where a clock that lost its battery begins.
const LOST_CLOCK: Timestamp = Timestamp(946_684_800_000);
/// Seconds of present draw that remain before a roll-over.
const ROLLOVER_AHEAD_S: f64 = 20.0;

/// What has been asked of a device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Requests that reached it.
    pub requests: u64,
    /// Registers that it sent.
    pub registers: u64,
    /// Requests that it refused.
    pub exceptions: u64,
    /// Writes that it obeyed.
    pub writes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) registers: AtomicU64,
    pub(crate) exceptions: AtomicU64,
    pub(crate) writes: AtomicU64,
}

impl Counters {
    pub(crate) fn counts(&self) -> Counts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            requests: load(&self.requests),
            registers: load(&self.registers),
            exceptions: load(&self.exceptions),
            writes: load(&self.writes),
        }
    }
}

/// A fault that is switched on, for so many answers or until cleared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Active {
    pub(crate) fault: Fault,
    pub(crate) remaining: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) unit: u8,
    pub(crate) profile: Arc<Profile>,
    pub(crate) loads: Vec<Arc<Load>>,
    pub(crate) seed: u64,
    pub(crate) counters: Counters,
    zone: TimeZone,
    log_period_s: u16,
    refresh_ms: i64,
    points: Vec<ResolvedPoint>,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    image: Image,
    rendered: Option<i64>,
    /// What the counters of each load showed when its meter began.
    bases: Vec<Base>,
    pub(crate) serial: String,
    exchanges: u64,
    /// How far the device's own clock is from the plant's.
    clock_offset_ms: i64,
    /// It knows that its clock is not set.
    clock_lost: bool,
    /// Window of its log.
    window: Window,
    /// Since when it records.
    recording_since: Timestamp,
    pub(crate) faults: Vec<Active>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    totals: Totals,
    /// What the hour meter would have shown in 1970.
    operating_s: f64,
}

/// A quantity as the physics has it, before any register rounds it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TrueValue {
    /// Load, from 1.
    pub channel: u8,
    /// What.
    pub quantity: Quantity,
    /// In the quantity's unit.
    pub value: f64,
}

impl Device {
    pub(crate) fn new(
        name: String,
        unit: u8,
        serial: Option<String>,
        profile: Arc<Profile>,
        loads: Vec<Arc<Load>>,
        layout: &Layout,
        surroundings: &Surroundings<'_>,
    ) -> Self {
        let seed = noise::named(surroundings.seed, &name);
        let base = if profile.addressing == Addressing::Absolute { 0 } else { identity::sunspec_base() };
        let points: Vec<ResolvedPoint> =
            profile.points_as(None, 0, layout).into_iter().filter_map(|point| point.rebased(base)).collect();
        // Hour meters count from the start of the plant.
        let start_s = surroundings.start.as_millis() as f64 / 1000.0;
        let bases =
            loads.iter().map(|load| Base { totals: load.initial, operating_s: load.initial_operating_s - start_s }).collect();
        let serial = serial.unwrap_or_else(|| serial_number(seed, 0));
        let mut device = Self {
            name,
            unit,
            profile,
            loads,
            seed,
            counters: Counters::default(),
            zone: surroundings.zone.clone(),
            log_period_s: surroundings.log_period_s,
            refresh_ms: surroundings.refresh_ms.max(1),
            points,
            state: Mutex::new(State {
                image: Image::default(),
                rendered: None,
                bases,
                serial,
                exchanges: 0,
                clock_offset_ms: 0,
                clock_lost: false,
                window: Window::default(),
                recording_since: surroundings.start,
                faults: Vec::new(),
            }),
        };
        let image = device.layout();
        device.state.get_mut().unwrap_or_else(PoisonError::into_inner).image = image;
        device
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn layout(&self) -> Image {
        let mut runs: Vec<(Table, u16, u16)> = self
            .points
            .iter()
            .flat_map(|point| point.spans().map(|(start, count)| (point.table, start, count)).collect::<Vec<_>>())
            .collect();
        let holding = Table::HoldingRegisters;
        let length = |words: &[u16]| u16::try_from(words.len()).unwrap_or(u16::MAX);
        runs.extend(
            identity::fixed(&self.profile, "", self.seed, self.unit)
                .iter()
                .map(|(start, words)| (holding, *start, length(words))),
        );
        runs.extend(identity::model_room(&self.profile).map(|(start, count)| (holding, start, count)));
        if let Some(names) = self.profile.names {
            runs.extend(
                (1..=self.profile.channels).filter_map(|channel| Some((holding, names.address_of(channel)?, names.words))),
            );
        }
        runs.extend((1..=self.profile.channels).filter_map(|channel| Some((holding, self.in_use_register(channel)?, 1))));
        if let Some(block) = self.profile.identification.clock {
            let (start, words) = identity::clock(block, LOST_CLOCK, &self.zone);
            runs.push((holding, start, length(&words)));
        }
        let holes = if self.profile.addressing == Addressing::Absolute { self.profile.limits.holes.as_slice() } else { &[] };
        Image::layout(runs, holes)
    }

    fn in_use_register(&self, channel: u8) -> Option<u16> {
        let offset = u16::from(channel).checked_sub(1)?.checked_mul(self.profile.channel_stride)?;
        self.profile.channel_in_use?.checked_add(offset)
    }

    /// Whether it keeps anything in a table.
    pub(crate) fn has(&self, table: Table) -> bool {
        self.points.iter().any(|point| point.table == table)
    }

    /// Registers as they stand now; `None` when one of them does not exist.
    pub(crate) fn read(&self, table: Table, address: u16, count: u16, clock: &PlantClock) -> Option<Vec<u16>> {
        let now = clock.now();
        let tick = now.as_millis().div_euclid(self.refresh_ms);
        let mut state = self.state();
        if table == Table::HoldingRegisters
            && let Some(words) = self.log(&state, now).and_then(|log| log.read(state.window, address, count))
        {
            return Some(words);
        }
        if state.rendered != Some(tick) {
            self.render(&mut state, now);
            state.rendered = Some(tick);
        }
        state.image.read(table, address, count).map(<[u16]>::to_vec)
    }

    /// Obeys a write to the log's command; there is nothing else to write.
    pub(crate) fn move_log(&self, address: u16, values: &[u16], clock: &PlantClock) -> Result<(), ExceptionCode> {
        let mut state = self.state();
        let log = self.log(&state, clock.now()).ok_or(ExceptionCode::IllegalFunction)?;
        state.window = state.window.moved(&log, address, values)?;
        Ok(())
    }

    fn log(&self, state: &State, now: Timestamp) -> Option<logs::Meter<'_>> {
        let has = |fault| state.faults.iter().any(|active| active.fault == fault);
        let short = state.faults.iter().find_map(|active| match active.fault {
            Fault::LogShort(records) => Some(records),
            _ => None,
        });
        Some(logs::Meter {
            block: self.profile.log.as_ref()?,
            loads: &self.loads,
            zone: &self.zone,
            period_s: self.log_period_s,
            now,
            since: state.recording_since,
            clock_ahead_ms: state.clock_offset_ms,
            clock_lost: state.clock_lost,
            capacity: if has(Fault::LogEmpty) { 0 } else { short.unwrap_or(logs::CAPACITY) },
            incomplete: has(Fault::LogIncomplete),
        })
    }

    fn render(&self, state: &mut State, now: Timestamp) {
        let holding = Table::HoldingRegisters;
        for (start, words) in identity::fixed(&self.profile, &state.serial, self.seed, self.unit) {
            state.image.put_all(holding, start, &words);
        }
        for (channel, _) in (1u8..).zip(&self.loads) {
            if let Some(register) = self.in_use_register(channel) {
                state.image.put(holding, register, 1);
            }
        }
        if let Some(names) = self.profile.names {
            for (channel, load) in (1u8..).zip(&self.loads) {
                if let Some(address) = names.address_of(channel) {
                    state.image.put_all(holding, address, &names.layout.encode(&load.name, names.words));
                }
            }
        }
        if let Some(block) = self.profile.identification.clock {
            let (start, words) = identity::clock(block, now.plus_ms(state.clock_offset_ms), &self.zone);
            state.image.put_all(holding, start, &words);
        }
        let no_number = state.faults.iter().any(|active| active.fault == Fault::Nan);
        let measures: Vec<Measures> = self.measures(state, now);
        for point in &self.points {
            let value = usize::from(point.channel)
                .checked_sub(1)
                .and_then(|index| measures.get(index))
                .and_then(|all| all.value(point.quantity));
            if no_number {
                let words: &[u16] = if point.kind.is_float() { &[0x7FC0, 0, 0, 0] } else { &[0xFFFF; 4] };
                state.image.put_all(point.table, point.address, words.get(..usize::from(point.kind.words())).unwrap_or_default());
                continue;
            }
            let exponent = point.quantity.resolution_exponent().min(-3);
            let value = Decimal::from_f64(value.unwrap_or(0.0), exponent).unwrap_or(Decimal::new(0, 0));
            for (address, word) in point.encode(value) {
                state.image.put(point.table, address, word);
            }
        }
    }

    fn measures(&self, state: &State, now: Timestamp) -> Vec<Measures> {
        let age_s = |base: &Base| base.operating_s + now.as_millis() as f64 / 1000.0;
        let loads = self.loads.iter().zip(&state.bases);
        loads
            .map(|(load, base)| {
                let flow = load.flow(now);
                Measures::new(&load.wiring, &flow, plus(base.totals, flow.totals), age_s(base), now)
            })
            .collect()
    }

    /// What the physics says, unrounded, for every point of the device.
    pub(crate) fn values(&self, now: Timestamp) -> Vec<TrueValue> {
        let measures = self.measures(&self.state(), now);
        let value = |point: &ResolvedPoint| {
            let all = measures.get(usize::from(point.channel).checked_sub(1)?)?;
            Some(TrueValue { channel: point.channel, quantity: point.quantity, value: all.value(point.quantity)? })
        };
        self.points.iter().filter_map(value).collect()
    }

    /// Mean power or flow of each load over a stretch of the plant's time, as the physics has it.
    pub(crate) fn means(&self, from: Timestamp, to: Timestamp) -> Vec<f64> {
        let hours = (to.ms_since(from).max(1) as f64) / 3_600_000.0;
        self.loads.iter().map(|load| (load.flow(to).totals.active - load.flow(from).totals.active) / hours).collect()
    }

    /// Switches a fault on, or lets an event happen.
    pub(crate) fn apply(&self, fault: Fault, times: Option<u32>, now: Timestamp) -> Result<(), FaultError> {
        let mut state = self.state();
        match fault {
            Fault::ClockReset | Fault::ClockOff(_) => {
                if self.profile.identification.clock.is_none() {
                    return Err(FaultError::NothingToBreak("clock"));
                }
                state.clock_lost = fault == Fault::ClockReset;
                state.clock_offset_ms = match fault {
                    Fault::ClockOff(seconds) => i64::from(seconds) * 1_000,
                    _ => LOST_CLOCK.ms_since(now),
                };
            }
            Fault::LogEmpty | Fault::LogShort(_) | Fault::LogIncomplete if self.profile.log.is_none() => {
                return Err(FaultError::NothingToBreak("load-curve log"));
            }
            Fault::Exchange => {
                state.exchanges += 1;
                state.recording_since = now;
                state.window = Window::default();
                state.serial = serial_number(self.seed, state.exchanges);
                for (load, base) in self.loads.iter().zip(&mut state.bases) {
                    *base = Base {
                        totals: minus(Totals::default(), load.flow(now).totals),
                        operating_s: -(now.as_millis() as f64) / 1000.0,
                    };
                }
            }
            Fault::Rollover => self.roll_over(&mut state, now)?,
            _ => {
                state.faults.retain(|active| !active.fault.same_kind(fault));
                state.faults.push(Active { fault, remaining: times });
            }
        }
        state.rendered = None;
        Ok(())
    }

    /// Switches every fault off. What has happened (exchange, roll-over, lost clock) stays.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.rendered = None;
    }

    fn roll_over(&self, state: &mut State, now: Timestamp) -> Result<(), FaultError> {
        let mut any = false;
        for ((load, base), channel) in self.loads.iter().zip(&mut state.bases).zip(1u8..) {
            let main = main_counter(load);
            let Some(point) = self.points.iter().find(|point| point.channel == channel && point.quantity == main) else {
                continue;
            };
            let Some(modulus) = modulus(point) else { continue };
            let flow = load.flow(now);
            let step = point.scale.to_f64();
            let ahead = (flow.rate * ROLLOVER_AHEAD_S / 3600.0).max(step);
            base.totals.active = modulus - ahead - flow.totals.active;
            any = true;
        }
        if any { Ok(()) } else { Err(FaultError::NothingToBreak("counter that rolls over")) }
    }
}

/// What every device of a plant shares.
pub(crate) struct Surroundings<'a> {
    pub(crate) seed: u64,
    pub(crate) zone: &'a TimeZone,
    pub(crate) refresh_ms: i64,
    pub(crate) log_period_s: u16,
    pub(crate) start: Timestamp,
}

/// The counter that a person reads on the front of the meter.
fn main_counter(load: &Load) -> Quantity {
    match load.fluid {
        Fluid::Electricity if load.wiring.produces => Quantity::ActiveEnergyExport,
        Fluid::Electricity => Quantity::ActiveEnergyImport,
        _ => Quantity::Volume,
    }
}

/// Value at which a counter starts again: as the profile says, else where its type ends.
fn modulus(point: &ResolvedPoint) -> Option<f64> {
    if point.quantity.nature() != Nature::Counter || point.kind.words() > 2 {
        return None;
    }
    let (_, high) = point.kind.integer_range()?;
    let steps = point.rollover.map_or((high + 1) as f64, |modulus| modulus as f64);
    let power = if point.scale_register.is_some() { point.served_exponent } else { 0 };
    Some(steps * point.scale.to_f64() * 10f64.powi(i32::from(power)))
}

fn plus(one: Totals, other: Totals) -> Totals {
    let mut tariffs = one.tariffs;
    tariffs.iter_mut().zip(other.tariffs).for_each(|(sum, part)| *sum += part);
    Totals {
        active: one.active + other.active,
        reactive: one.reactive + other.reactive,
        apparent: one.apparent + other.apparent,
        tariffs,
    }
}

fn minus(one: Totals, other: Totals) -> Totals {
    let negative = Totals {
        active: -other.active,
        reactive: -other.reactive,
        apparent: -other.apparent,
        tariffs: other.tariffs.map(|part| -part),
    };
    plus(one, negative)
}

fn serial_number(seed: u64, exchanges: u64) -> String {
    format!("{:010}", noise::mix(seed, 0x5E + exchanges) % 10_000_000_000)
}
