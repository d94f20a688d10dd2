//! What a master asks.
//!
//! [`Request::decode`] is the server's side and checks in the order of the specification's state diagrams: function (1),
//! quantity and byte count (3), address range (2). Execution (4) is the server's own.

use crate::cursor::{Cursor, bits, pack_bits, registers};
use crate::{ExceptionCode, limits};

/// One of the four primary tables, each read by its own function code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Read by FC 1, writable bits.
    Coils,
    /// Read by FC 2, read-only bits.
    DiscreteInputs,
    /// Read by FC 3, writable 16-bit registers.
    HoldingRegisters,
    /// Read by FC 4, read-only 16-bit registers.
    InputRegisters,
}

impl Table {
    /// The function code that reads it.
    pub const fn read_function(self) -> u8 {
        match self {
            Self::Coils => 1,
            Self::DiscreteInputs => 2,
            Self::HoldingRegisters => 3,
            Self::InputRegisters => 4,
        }
    }

    /// Whether its items are bits.
    pub const fn is_bits(self) -> bool {
        matches!(self, Self::Coils | Self::DiscreteInputs)
    }

    /// Most items that one request may read.
    pub const fn read_limit(self) -> u16 {
        if self.is_bits() { limits::READ_BITS } else { limits::READ_REGISTERS }
    }

    const fn from_function(function: u8) -> Option<Self> {
        match function {
            1 => Some(Self::Coils),
            2 => Some(Self::DiscreteInputs),
            3 => Some(Self::HoldingRegisters),
            4 => Some(Self::InputRegisters),
            _ => None,
        }
    }
}

/// A request PDU. Addresses are as on the wire (zero-based).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// FC 1 to 4.
    Read {
        /// Which table.
        table: Table,
        /// First item.
        address: u16,
        /// How many items.
        count: u16,
    },
    /// FC 5.
    WriteCoil {
        /// The coil.
        address: u16,
        /// On or off.
        value: bool,
    },
    /// FC 6.
    WriteRegister {
        /// The register.
        address: u16,
        /// Its new value.
        value: u16,
    },
    /// FC 8: serial lines only; a TCP server refuses it as an illegal function.
    Diagnostics {
        /// Sub-function.
        sub_function: u16,
        /// Its data field.
        data: u16,
    },
    /// FC 15.
    WriteCoils {
        /// First coil.
        address: u16,
        /// New states.
        values: Vec<bool>,
    },
    /// FC 16.
    WriteRegisters {
        /// First register.
        address: u16,
        /// New values.
        values: Vec<u16>,
    },
    /// FC 22: `(current AND and_mask) OR (or_mask AND NOT and_mask)`.
    MaskWrite {
        /// The register.
        address: u16,
        /// Bits to keep.
        and_mask: u16,
        /// Bits to set among those not kept.
        or_mask: u16,
    },
    /// FC 23: writes first, then reads.
    ReadWrite {
        /// First register read.
        read_address: u16,
        /// How many registers are read.
        read_count: u16,
        /// First register written.
        write_address: u16,
        /// New values.
        values: Vec<u16>,
    },
    /// FC 43 / MEI 14: device identification.
    ReadDeviceId {
        /// 1 basic, 2 regular, 3 extended, 4 one object.
        level: u8,
        /// First (or only) object.
        object: u8,
    },
}

/// MEI type of device identification.
pub(crate) const MEI_DEVICE_ID: u8 = 0x0E;

impl Request {
    /// Its function code.
    pub const fn function(&self) -> u8 {
        match self {
            Self::Read { table, .. } => table.read_function(),
            Self::WriteCoil { .. } => 5,
            Self::WriteRegister { .. } => 6,
            Self::Diagnostics { .. } => 8,
            Self::WriteCoils { .. } => 15,
            Self::WriteRegisters { .. } => 16,
            Self::MaskWrite { .. } => 22,
            Self::ReadWrite { .. } => 23,
            Self::ReadDeviceId { .. } => 43,
        }
    }

    /// Whether it changes anything in the device.
    pub const fn is_write(&self) -> bool {
        !matches!(self, Self::Read { .. } | Self::ReadDeviceId { .. } | Self::Diagnostics { .. })
    }

    /// The items that it writes: first and last address; `None` for one that only reads.
    pub fn written(&self) -> Option<(u16, u16)> {
        let (first, count) = match self {
            Self::Read { .. } | Self::ReadDeviceId { .. } | Self::Diagnostics { .. } => return None,
            Self::WriteCoil { address, .. } | Self::WriteRegister { address, .. } | Self::MaskWrite { address, .. } => {
                (*address, 1)
            }
            Self::WriteCoils { address, values } => (*address, values.len()),
            Self::WriteRegisters { address, values } | Self::ReadWrite { write_address: address, values, .. } => {
                (*address, values.len())
            }
        };
        Some((first, first.saturating_add(saturate16(count.saturating_sub(1)))))
    }

    /// What it writes, as people read it: registers in hexadecimal, coils as a row of bits; nothing for one that only reads.
    pub fn values_text(&self) -> String {
        let registers = |values: &[u16]| values.iter().map(|word| format!("0x{word:04X}")).collect::<Vec<_>>().join(" ");
        match self {
            Self::WriteCoil { value, .. } => u8::from(*value).to_string(),
            Self::WriteCoils { values, .. } => values.iter().map(|value| if *value { '1' } else { '0' }).collect(),
            Self::WriteRegister { value, .. } => registers(&[*value]),
            Self::WriteRegisters { values, .. } | Self::ReadWrite { values, .. } => registers(values),
            Self::MaskWrite { and_mask, or_mask, .. } => format!("and 0x{and_mask:04X} or 0x{or_mask:04X}"),
            Self::Read { .. } | Self::ReadDeviceId { .. } | Self::Diagnostics { .. } => String::new(),
        }
    }

    /// The PDU. Quantities are taken as they are: a value list beyond the limits of the specification makes a PDU that a
    /// server refuses, and its byte count saturates.
    pub fn encode(&self) -> Vec<u8> {
        let mut pdu = vec![self.function()];
        let mut word = |value: u16| pdu.extend(value.to_be_bytes());
        match self {
            Self::Read { address, count, .. } => {
                word(*address);
                word(*count);
            }
            Self::WriteCoil { address, value } => {
                word(*address);
                word(if *value { 0xFF00 } else { 0 });
            }
            Self::WriteRegister { address, value } => {
                word(*address);
                word(*value);
            }
            Self::Diagnostics { sub_function, data } => {
                word(*sub_function);
                word(*data);
            }
            Self::WriteCoils { address, values } => {
                word(*address);
                word(saturate16(values.len()));
                pdu.push(saturate8(values.len().div_ceil(8)));
                pdu.extend(pack_bits(values));
            }
            Self::WriteRegisters { address, values } => {
                word(*address);
                word(saturate16(values.len()));
                put_registers(&mut pdu, values);
            }
            Self::MaskWrite { address, and_mask, or_mask } => {
                word(*address);
                word(*and_mask);
                word(*or_mask);
            }
            Self::ReadWrite { read_address, read_count, write_address, values } => {
                word(*read_address);
                word(*read_count);
                word(*write_address);
                word(saturate16(values.len()));
                put_registers(&mut pdu, values);
            }
            Self::ReadDeviceId { level, object } => pdu.extend([MEI_DEVICE_ID, *level, *object]),
        }
        pdu
    }

    /// Parses a PDU as a server does.
    ///
    /// # Errors
    /// The function code and the exception to answer with.
    pub fn decode(pdu: &[u8]) -> Result<Self, (u8, ExceptionCode)> {
        let mut cursor = Cursor::new(pdu);
        let Some(function) = cursor.u8() else { return Err((0, ExceptionCode::IllegalFunction)) };
        let request = match function {
            1..=4 => decode_read(function, &mut cursor),
            5 => decode_write_coil(&mut cursor),
            6 => two_words(&mut cursor).map(|(address, value)| Self::WriteRegister { address, value }),
            8 => two_words(&mut cursor).map(|(sub_function, data)| Self::Diagnostics { sub_function, data }),
            15 => decode_write_coils(&mut cursor),
            16 => decode_write_registers(&mut cursor),
            22 => decode_mask_write(&mut cursor),
            23 => decode_read_write(&mut cursor),
            43 => decode_device_id(&mut cursor),
            _ => Err(ExceptionCode::IllegalFunction),
        };
        match request {
            Ok(_) if !cursor.at_end() => Err((function, ExceptionCode::IllegalDataValue)),
            Ok(request) => request.check_addresses().map(|()| request).map_err(|code| (function, code)),
            Err(code) => Err((function, code)),
        }
    }

    /// The last step of the specification's order that needs no device: first address + quantity within 65536.
    fn check_addresses(&self) -> Result<(), ExceptionCode> {
        let fits = |address: u16, count: usize| usize::from(address) + count <= 65536;
        let ok = match self {
            Self::Read { address, count, .. } => fits(*address, usize::from(*count)),
            Self::WriteCoils { address, values } => fits(*address, values.len()),
            Self::WriteRegisters { address, values } => fits(*address, values.len()),
            Self::ReadWrite { read_address, read_count, write_address, values } => {
                fits(*read_address, usize::from(*read_count)) && fits(*write_address, values.len())
            }
            _ => true,
        };
        if ok { Ok(()) } else { Err(ExceptionCode::IllegalDataAddress) }
    }
}

fn saturate16(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

pub(crate) fn saturate8(value: usize) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn put_registers(pdu: &mut Vec<u8>, values: &[u16]) {
    pdu.push(saturate8(values.len() * 2));
    pdu.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

type Decoded<T = Request> = Result<T, ExceptionCode>;

fn word(cursor: &mut Cursor<'_>) -> Decoded<u16> {
    cursor.u16().ok_or(ExceptionCode::IllegalDataValue)
}

fn two_words(cursor: &mut Cursor<'_>) -> Decoded<(u16, u16)> {
    Ok((word(cursor)?, word(cursor)?))
}

fn quantity(count: u16, limit: u16) -> Decoded<u16> {
    if (1..=limit).contains(&count) { Ok(count) } else { Err(ExceptionCode::IllegalDataValue) }
}

/// The counted bytes of a write, whose count must be exactly `expected` and all of them present.
fn counted<'a>(cursor: &mut Cursor<'a>, expected: usize) -> Decoded<&'a [u8]> {
    let stated = cursor.u8().ok_or(ExceptionCode::IllegalDataValue)?;
    if usize::from(stated) != expected {
        return Err(ExceptionCode::IllegalDataValue);
    }
    cursor.take(expected).ok_or(ExceptionCode::IllegalDataValue)
}

fn decode_read(function: u8, cursor: &mut Cursor<'_>) -> Decoded {
    let table = Table::from_function(function).ok_or(ExceptionCode::IllegalFunction)?;
    let (address, count) = two_words(cursor)?;
    Ok(Request::Read { table, address, count: quantity(count, table.read_limit())? })
}

fn decode_write_coil(cursor: &mut Cursor<'_>) -> Decoded {
    match two_words(cursor)? {
        (address, 0) => Ok(Request::WriteCoil { address, value: false }),
        (address, 0xFF00) => Ok(Request::WriteCoil { address, value: true }),
        _ => Err(ExceptionCode::IllegalDataValue),
    }
}

fn decode_write_coils(cursor: &mut Cursor<'_>) -> Decoded {
    let (address, count) = two_words(cursor)?;
    let count = usize::from(quantity(count, limits::WRITE_COILS)?);
    Ok(Request::WriteCoils { address, values: bits(counted(cursor, count.div_ceil(8))?, count) })
}

fn decode_write_registers(cursor: &mut Cursor<'_>) -> Decoded {
    let (address, count) = two_words(cursor)?;
    let count = usize::from(quantity(count, limits::WRITE_REGISTERS)?);
    Ok(Request::WriteRegisters { address, values: registers(counted(cursor, count * 2)?) })
}

fn decode_mask_write(cursor: &mut Cursor<'_>) -> Decoded {
    let (address, and_mask) = two_words(cursor)?;
    Ok(Request::MaskWrite { address, and_mask, or_mask: word(cursor)? })
}

fn decode_read_write(cursor: &mut Cursor<'_>) -> Decoded {
    let (read_address, read_count) = two_words(cursor)?;
    let (write_address, write_count) = two_words(cursor)?;
    let read_count = quantity(read_count, limits::READ_WRITE_READ)?;
    let write_count = usize::from(quantity(write_count, limits::READ_WRITE_WRITE)?);
    Ok(Request::ReadWrite { read_address, read_count, write_address, values: registers(counted(cursor, write_count * 2)?) })
}

fn decode_device_id(cursor: &mut Cursor<'_>) -> Decoded {
    if cursor.u8().ok_or(ExceptionCode::IllegalDataValue)? != MEI_DEVICE_ID {
        return Err(ExceptionCode::IllegalFunction);
    }
    let (Some(level @ 1..=4), Some(object)) = (cursor.u8(), cursor.u8()) else { return Err(ExceptionCode::IllegalDataValue) };
    Ok(Request::ReadDeviceId { level, object })
}
