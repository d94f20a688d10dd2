//! From what the file says to what can be true: the checks that types cannot make.

mod alternatives;

use crate::identity::{ClockBlock, Identification, Identify, ModbusIdentity, ModbusMatch, SocomecIdentity, SunSpecIdentity};
use crate::number::parse_scale;
use crate::point::{ChannelSpec, Part, Point};
use crate::profile::{Addressing, Profile, ProfileId, ReadLimits};
use crate::raw::{RawLimits, RawPart, RawPoint, RawProfile, RawSimulator, TableName};
use crate::{ClockLayout, NameBlock, RegisterType};
use haubert_modbus::{Table, limits::READ_REGISTERS};
use haubert_model::{Decimal, Nature};
use std::ops::Range;
use toml::Spanned;

const MAX_CHANNELS: u8 = 250;
const MAX_POINTS: usize = 2000;

/// What is wrong and where.
pub(crate) struct Fault {
    pub(crate) span: Option<Range<usize>>,
    pub(crate) field: &'static str,
    pub(crate) message: String,
}

pub(crate) fn fault<T>(at: &Spanned<T>, field: &'static str, message: impl Into<String>) -> Fault {
    Fault { span: Some(at.span()), field, message: message.into() }
}

fn whole(field: &'static str, message: impl Into<String>) -> Fault {
    Fault { span: None, field, message: message.into() }
}

pub(crate) fn profile(id: ProfileId, raw: RawProfile) -> Result<Profile, Fault> {
    if raw.source.get_ref().trim().is_empty() {
        return Err(fault(&raw.source, "source", "say where the addresses come from"));
    }
    if raw.fluids.get_ref().is_empty() {
        return Err(fault(&raw.fluids, "fluids", "name at least one fluid"));
    }
    let (channels, channel_stride, channel_in_use) = match &raw.channels {
        None => (1, 0, None),
        Some(given) => {
            let (count, stride) = (*given.count.get_ref(), *given.stride.get_ref());
            if !(1..=MAX_CHANNELS).contains(&count) {
                return Err(fault(&given.count, "count", format!("{count} channels; a device has 1 to {MAX_CHANNELS}")));
            }
            if stride == 0 && count > 1 {
                return Err(fault(&given.stride, "stride", "channels would lie on top of each other"));
            }
            (count, stride, given.in_use.as_ref())
        }
    };
    let limits = read_limits(&raw.limits)?;
    let addressing = match raw.sunspec {
        None => Addressing::Absolute,
        Some(sunspec) => {
            if sunspec.models.get_ref().is_empty() {
                return Err(fault(&sunspec.models, "models", "name at least one model id"));
            }
            Addressing::SunSpec { models: sunspec.models.into_inner(), length: sunspec.length.into_inner() }
        }
    };
    let total = raw.points.len() + raw.channel_points.len();
    if total == 0 || total > MAX_POINTS {
        return Err(whole("points", format!("{total} points; a profile has 1 to {MAX_POINTS}")));
    }
    let context = Context { limits: &limits, addressing: &addressing, channels, channel_stride, simulator: &raw.simulator };
    if let Some(register) = channel_in_use {
        context.place(register, 1, true, "in_use")?;
    }
    let channel_in_use = channel_in_use.map(|register| *register.get_ref());
    let mut points: Vec<Point> = Vec::with_capacity(total);
    let stated =
        raw.points.into_iter().map(|point| (point, false)).chain(raw.channel_points.into_iter().map(|point| (point, true)));
    for (stated, each) in stated {
        let point = context.point(&stated, each)?;
        if let Some(other) = points.iter().find(|other| same_place(other, &point)) {
            let version = if other.tables.is_some() { " for overlapping table versions" } else { "" };
            return Err(fault(&stated.quantity, "quantity", format!("{} is stated twice{version}", point.quantity)));
        }
        points.push(point);
    }
    let alternatives = alternatives::check(raw.alternatives, &points, &context)?;
    let names = match raw.names {
        None => None,
        Some(names) => {
            let block =
                NameBlock { address: *names.address.get_ref(), stride: names.stride, words: names.words, layout: names.layout };
            let last = block.address_of(channels).and_then(|address| address.checked_add(block.words));
            if block.words == 0 || block.words > READ_REGISTERS || last.is_none() {
                return Err(fault(&names.address, "address", "names do not fit the address space or one request"));
            }
            Some(block)
        }
    };
    let used: Vec<(u16, u16)> = points.iter().map(|point| (point.address, point.kind.words())).collect();
    let log = raw.log.map(|log| crate::log::check(log, &addressing, &used)).transpose()?;
    let sunspec = match &addressing {
        Addressing::SunSpec { models, .. } => models.clone(),
        Addressing::Absolute => Vec::new(),
    };
    let identify = identify(raw.identify, sunspec)?;
    Ok(Profile {
        id,
        vendor: raw.vendor,
        model: raw.model,
        family: raw.family,
        source: raw.source.into_inner(),
        verified: raw.verified,
        fluids: raw.fluids.into_inner(),
        usage_hint: raw.usage,
        identify,
        limits,
        channels,
        channel_stride,
        channel_in_use,
        addressing,
        points,
        names,
        log,
        alternatives,
        identification: identification(raw.simulator)?,
    })
}

fn same_place(one: &Point, other: &Point) -> bool {
    let same_channel = match (one.channel, other.channel) {
        (ChannelSpec::One(a), ChannelSpec::One(b)) => a == b,
        _ => true,
    };
    let same_tables = match (one.tables, other.tables) {
        (Some((a, b)), Some((c, d))) => a <= d && c <= b,
        _ => true,
    };
    one.quantity == other.quantity && same_channel && same_tables
}

fn identify(raw: crate::raw::RawIdentify, sunspec: Vec<u16>) -> Result<Identify, Fault> {
    let socomec = match raw.socomec {
        None => Vec::new(),
        Some(names) => {
            if names.get_ref().iter().any(|name| name.trim().is_empty() || *name != name.to_lowercase()) {
                return Err(fault(&names, "socomec", "beginnings of names are lower case and not empty"));
            }
            names.into_inner()
        }
    };
    if let Some(versions) = &raw.table_versions
        && versions.get_ref().0 > versions.get_ref().1
    {
        return Err(fault(versions, "table_versions", "the first version comes after the last"));
    }
    let modbus = raw
        .modbus
        .into_iter()
        .map(|entry| ModbusMatch { vendor: entry.vendor.to_lowercase(), product: entry.product.to_lowercase() })
        .collect();
    Ok(Identify { socomec, table_versions: raw.table_versions.map(Spanned::into_inner), modbus, sunspec })
}

fn identification(raw: RawSimulator) -> Result<Identification, Fault> {
    let clock = match raw.clock {
        None => None,
        Some(clock) => {
            let words = match clock.layout {
                ClockLayout::DayMonthYear => 6u16,
                ClockLayout::SecondsSince2000 => 2,
            };
            if clock.address.get_ref().checked_add(words - 1).is_none() {
                return Err(fault(&clock.address, "address", "the clock ends past register 65535"));
            }
            Some(ClockBlock { address: clock.address.into_inner(), layout: clock.layout })
        }
    };
    Ok(Identification {
        socomec: raw.socomec.map(|block| SocomecIdentity {
            order: block.order,
            product: block.product,
            table_version: block.table_version,
            software_version: block.software_version,
            name: block.name,
            extended_name: block.extended_name,
        }),
        modbus: raw.modbus.map(|id| ModbusIdentity { vendor: id.vendor, product: id.product, revision: id.revision }),
        sunspec: raw.common.map(|common| SunSpecIdentity {
            manufacturer: common.manufacturer,
            model: common.model,
            version: common.version,
        }),
        clock,
    })
}

fn read_limits(raw: &RawLimits) -> Result<ReadLimits, Fault> {
    let max_registers = match &raw.max_registers {
        None => READ_REGISTERS,
        Some(given) if (1..=READ_REGISTERS).contains(given.get_ref()) => *given.get_ref(),
        Some(given) => {
            return Err(fault(
                given,
                "max_registers",
                format!("{} registers; a request has 1 to {READ_REGISTERS}", given.get_ref()),
            ));
        }
    };
    let mut holes: Vec<&Spanned<(u16, u16)>> = raw.holes.iter().collect();
    if let Some(wrong) = holes.iter().find(|hole| hole.get_ref().0 > hole.get_ref().1) {
        return Err(fault(wrong, "holes", "the first register of a hole comes after its last"));
    }
    holes.sort_by_key(|hole| hole.get_ref().0);
    for (one, next) in holes.iter().zip(holes.iter().skip(1)) {
        if next.get_ref().0 <= one.get_ref().1 {
            return Err(fault(next, "holes", "overlaps another hole"));
        }
    }
    let holes = holes.into_iter().map(|hole| *hole.get_ref()).collect();
    Ok(ReadLimits { max_registers, holes, function: table(raw.table) })
}

const fn table(name: TableName) -> Table {
    match name {
        TableName::HoldingRegisters => Table::HoldingRegisters,
        TableName::InputRegisters => Table::InputRegisters,
        TableName::Coils => Table::Coils,
        TableName::DiscreteInputs => Table::DiscreteInputs,
    }
}

struct Context<'a> {
    limits: &'a ReadLimits,
    addressing: &'a Addressing,
    channels: u8,
    channel_stride: u16,
    simulator: &'a RawSimulator,
}

impl Context<'_> {
    fn point(&self, raw: &RawPoint, each: bool) -> Result<Point, Fault> {
        let quantity = *raw.quantity.get_ref();
        let channel = self.channel(raw, each)?;
        if *raw.unit.get_ref() != quantity.unit() {
            return Err(fault(
                &raw.unit,
                "unit",
                format!(
                    "{quantity} is kept in {:?}, not {:?}: let the scale convert",
                    quantity.unit().symbol(),
                    raw.unit.get_ref().symbol()
                ),
            ));
        }
        self.place(&raw.address, raw.kind.words(), each, "address")?;
        let table = raw.table.map_or(self.limits.function, self::table);
        if table.is_bits() && (raw.kind != RegisterType::U16 || raw.scale_register.is_some() || raw.plus.is_some()) {
            return Err(fault(&raw.address, "table", "a coil or discrete input is a single bit: type u16, and nothing to add"));
        }
        if let Some(register) = &raw.scale_register {
            self.place(register, 1, false, "scale_register")?;
        }
        let plus = raw.plus.as_ref().map(|part| self.part(part, raw, each)).transpose()?;
        if let Some(range) = &raw.plausible {
            let (low, high) = *range.get_ref();
            if !low.is_finite() || !high.is_finite() || low >= high {
                return Err(fault(range, "plausible", "give a smallest and a larger, finite value"));
            }
        }
        if let Some(modulus) = &raw.rollover {
            let largest = raw.kind.integer_range().map_or(0, |(_, high)| high);
            if quantity.nature() != Nature::Counter || *modulus.get_ref() == 0 || i128::from(*modulus.get_ref()) > largest + 1 {
                return Err(fault(modulus, "rollover", "only an integer counter rolls over, within its type"));
            }
        }
        if let Some(versions) = &raw.tables
            && versions.get_ref().0 > versions.get_ref().1
        {
            return Err(fault(versions, "tables", "the first version comes after the last"));
        }
        Ok(Point {
            quantity,
            channel,
            table,
            address: *raw.address.get_ref(),
            kind: raw.kind,
            words: raw.words,
            scale: self.scale(raw)?,
            scale_register: raw.scale_register.as_ref().map(|register| *register.get_ref()),
            served_exponent: self.served_exponent(raw)?,
            plus,
            absent: absent(raw)?,
            plausible: raw.plausible.as_ref().map(|range| *range.get_ref()),
            rollover: raw.rollover.as_ref().map(|modulus| *modulus.get_ref()),
            tables: raw.tables.as_ref().map(|versions| *versions.get_ref()),
        })
    }

    fn channel(&self, raw: &RawPoint, each: bool) -> Result<ChannelSpec, Fault> {
        match &raw.channel {
            Some(given) if each => Err(fault(given, "channel", "a point of each channel names none")),
            Some(given) if !(1..=self.channels).contains(given.get_ref()) => {
                Err(fault(given, "channel", format!("channel {}; the device has 1 to {}", given.get_ref(), self.channels)))
            }
            Some(given) => Ok(ChannelSpec::One(*given.get_ref())),
            None if each => Ok(ChannelSpec::Each),
            None => Ok(ChannelSpec::One(1)),
        }
    }

    fn part(&self, part: &RawPart, raw: &RawPoint, each: bool) -> Result<Part, Fault> {
        if part.kind.is_float() != raw.kind.is_float() {
            return Err(fault(&part.address, "plus", "an integer is added to an integer, a float to a float"));
        }
        self.place(&part.address, part.kind.words(), each, "address")?;
        let part_scale = scale(Some(&part.scale))?;
        if part_scale.mantissa < 0 {
            return Err(fault(&part.scale, "scale", "a part is added, not taken away"));
        }
        Ok(Part { address: *part.address.get_ref(), kind: part.kind, scale: part_scale })
    }

    /// The registers exist, on every channel, and no hole is among them.
    fn place(&self, address: &Spanned<u16>, words: u16, each: bool, field: &'static str) -> Result<(), Fault> {
        let channels = if each { self.channels } else { 1 };
        for channel in 0..channels {
            let offset = u32::from(channel) * u32::from(self.channel_stride);
            let first = u32::from(*address.get_ref()) + offset;
            let last = first + u32::from(words) - 1;
            if last > u32::from(u16::MAX) {
                return Err(fault(address, field, format!("ends past register 65535 on channel {}", channel + 1)));
            }
            if let Addressing::SunSpec { length, .. } = self.addressing
                && last > u32::from(*length) + 1
            {
                return Err(fault(address, field, format!("ends past the {length} registers of the model")));
            }
            let hit = self.limits.holes.iter().find(|(from, to)| first <= u32::from(*to) && u32::from(*from) <= last);
            if let Some((from, to)) = hit {
                return Err(fault(address, field, format!("lies in the hole {from:#06X} to {to:#06X}")));
            }
        }
        Ok(())
    }

    fn scale(&self, raw: &RawPoint) -> Result<Decimal, Fault> {
        let scale = scale(raw.scale.as_ref())?;
        let signed = raw.kind.integer_range().is_none_or(|(low, _)| low < 0);
        let turns = signed && raw.quantity.get_ref().nature() == Nature::Instant && raw.plus.is_none();
        match &raw.scale {
            Some(text) if scale.mantissa < 0 && !turns => {
                Err(fault(text, "scale", "only a signed instantaneous value without a second part can be turned"))
            }
            _ => Ok(scale),
        }
    }

    fn served_exponent(&self, raw: &RawPoint) -> Result<i8, Fault> {
        let Some(register) = &raw.scale_register else { return Ok(0) };
        let served = self.simulator.exponents.iter().find(|pair| pair.get_ref().0 == *register.get_ref());
        match served {
            None => Ok(0),
            Some(pair) if (-10..=10).contains(&pair.get_ref().1) => Ok(pair.get_ref().1),
            Some(pair) => Err(fault(pair, "exponents", "a power of ten is between -10 and 10")),
        }
    }
}

fn scale(text: Option<&Spanned<String>>) -> Result<Decimal, Fault> {
    let Some(text) = text else { return Ok(Decimal::new(1, 0)) };
    parse_scale(text.get_ref())
        .ok_or_else(|| fault(text, "scale", format!("{:?} is not a decimal such as \"0.01\", \"10\" or \"1e6\"", text.get_ref())))
}

fn absent(raw: &RawPoint) -> Result<Option<u64>, Fault> {
    let Some(text) = &raw.absent else { return Ok(None) };
    let digits = usize::from(raw.kind.words()) * 4;
    let hexadecimal = text.get_ref().strip_prefix("0x").filter(|rest| rest.len() == digits);
    match hexadecimal.and_then(|rest| u64::from_str_radix(rest, 16).ok()) {
        Some(bits) => Ok(Some(bits)),
        None => Err(fault(text, "absent", format!("a bit pattern of this type is \"0x\" and {digits} hexadecimal digits"))),
    }
}
