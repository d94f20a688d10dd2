//! Points: one quantity and the registers that hold it.

use crate::{RegisterType, WordOrder};
use haubert_modbus::Table;
use haubert_model::{Decimal, Quantity};

/// Which loads have the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelSpec {
    /// One load, from 1.
    One(u8),
    /// Every load: address + stride × (n − 1).
    Each,
}

/// A further number that is scaled and added, such as a residual in 0.1 Wh or the counter of a second tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// First register.
    pub address: u16,
    /// A float where the point is one, else an integer.
    pub kind: RegisterType,
    /// Value of one raw step, in the quantity's unit.
    pub scale: Decimal,
}

/// One quantity as the profile states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What is measured.
    pub quantity: Quantity,
    /// Which loads have it.
    pub channel: ChannelSpec,
    /// Register table.
    pub table: Table,
    /// First register (of channel 1).
    pub address: u16,
    /// Type of the number.
    pub kind: RegisterType,
    /// Order of its registers.
    pub words: WordOrder,
    /// Value of one raw step, in the quantity's unit: value = raw × scale, exactly.
    pub scale: Decimal,
    /// Register with a signed power of ten that multiplies the value (SunSpec `sunssf`).
    pub scale_register: Option<u16>,
    /// Power of ten that a simulator puts in the scale register.
    pub served_exponent: i8,
    /// A further number to add.
    pub plus: Option<Part>,
    /// Bit pattern that means "not there".
    pub absent: Option<u64>,
    /// Values, in the quantity's unit, that are believed.
    pub plausible: Option<(f64, f64)>,
    /// Raw value at which a counter starts again from zero.
    pub rollover: Option<u64>,
    /// First and last table version in which the point exists.
    pub tables: Option<(u16, u16)>,
}

/// A point of one load: addresses are final, or relative to the model's first register for SunSpec.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResolvedPoint {
    /// Load, from 1.
    pub channel: u8,
    /// What is measured.
    pub quantity: Quantity,
    /// Register table.
    pub table: Table,
    /// First register.
    pub address: u16,
    /// Type of the number.
    pub kind: RegisterType,
    /// Order of its registers.
    pub words: WordOrder,
    /// Value of one raw step, in the quantity's unit.
    pub scale: Decimal,
    /// Register with a power of ten that multiplies the value.
    pub scale_register: Option<u16>,
    /// Power of ten that a simulator puts there.
    pub served_exponent: i8,
    /// A further number to add.
    pub plus: Option<Part>,
    /// Bit pattern that means "not there".
    pub absent: Option<u64>,
    /// Values that are believed.
    pub plausible: Option<(f64, f64)>,
    /// Raw value at which a counter starts again from zero.
    pub rollover: Option<u64>,
}

impl Point {
    /// The point on one load. A scale register belongs to the device and does not move with the load.
    pub(crate) fn resolved(&self, channel: u8, stride: u16) -> Option<ResolvedPoint> {
        let offset = match self.channel {
            ChannelSpec::One(_) => 0,
            ChannelSpec::Each => u16::from(channel).checked_sub(1)?.checked_mul(stride)?,
        };
        let plus = match self.plus {
            Some(part) => Some(Part { address: part.address.checked_add(offset)?, ..part }),
            None => None,
        };
        Some(ResolvedPoint {
            channel,
            quantity: self.quantity,
            table: self.table,
            address: self.address.checked_add(offset)?,
            kind: self.kind,
            words: self.words,
            scale: self.scale,
            scale_register: self.scale_register,
            served_exponent: self.served_exponent,
            plus,
            absent: self.absent,
            plausible: self.plausible,
            rollover: self.rollover,
        })
    }
}

impl ResolvedPoint {
    /// The same point some registers further or nearer. `None` outside the address space.
    pub(crate) fn shifted(mut self, by: i16) -> Option<Self> {
        self.address = self.address.checked_add_signed(by)?;
        self.address.checked_add(self.kind.words() - 1)?;
        if let Some(part) = &mut self.plus {
            part.address = part.address.checked_add_signed(by)?;
        }
        Some(self)
    }

    /// Value of its smallest step, in the quantity's unit: of the part that is added where that is finer.
    pub fn step(&self) -> f64 {
        let main = self.scale.to_f64().abs();
        self.plus.map_or(main, |part| part.scale.to_f64().abs().min(main))
    }

    /// The same point `base` registers further: from model-relative to absolute. `None` past the address space.
    pub fn rebased(mut self, base: u16) -> Option<Self> {
        self.address = self.address.checked_add(base)?;
        self.address.checked_add(self.kind.words() - 1)?;
        if let Some(register) = &mut self.scale_register {
            *register = register.checked_add(base)?;
        }
        if let Some(part) = &mut self.plus {
            part.address = part.address.checked_add(base)?;
        }
        Some(self)
    }

    /// The registers that must be read for it: first register and count of each run.
    pub fn spans(&self) -> impl Iterator<Item = (u16, u16)> {
        let main = Some((self.address, self.kind.words()));
        let plus = self.plus.map(|part| (part.address, part.kind.words()));
        let scale = self.scale_register.map(|register| (register, 1));
        [main, plus, scale].into_iter().flatten()
    }

    /// The value at which a counter starts again, in the quantity's unit; unknown when the scale is in a register.
    pub fn rollover_value(&self) -> Option<Decimal> {
        let modulus = i64::try_from(self.rollover?).ok()?;
        if self.scale_register.is_some() {
            return None;
        }
        Some(Decimal::new(modulus.checked_mul(self.scale.mantissa)?, self.scale.exponent))
    }
}
