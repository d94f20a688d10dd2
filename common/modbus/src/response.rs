//! What a server answers, always checked against the request: an answer that could belong to another question is not one.

use crate::cursor::{Cursor, bits, pack_bits, registers};
use crate::request::{MEI_DEVICE_ID, saturate8};
use crate::{ExceptionCode, Request, limits};

/// A response PDU.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Response {
    /// To FC 1 and 2: exactly as many as asked for.
    Bits(Vec<bool>),
    /// To FC 3, 4 and 23: exactly as many as asked for.
    Registers(Vec<u16>),
    /// To FC 5, 6, 15, 16 and 22: done; on the wire it repeats the request.
    Written,
    /// To FC 8.
    Diagnostics {
        /// Data field; sub-function 0 returns the request's.
        data: u16,
    },
    /// To FC 43 / 14.
    DeviceId {
        /// Conformity level: 1 to 3, plus 0x80 when single objects can be asked for.
        conformity: u8,
        /// Whether objects remain, to be asked for from `next`.
        more: bool,
        /// Object to continue with.
        next: u8,
        /// Object id and bytes (usually ASCII).
        objects: Vec<(u8, Vec<u8>)>,
    },
}

/// How an answer fails to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Malformed {
    /// No byte at all.
    #[error("empty answer")]
    Empty,
    /// The function code belongs to another request.
    #[error("answer to function {found}, not to {expected}")]
    Function {
        /// Asked.
        expected: u8,
        /// Answered.
        found: u8,
    },
    /// Too short, or bytes left over.
    #[error("answer of the wrong length")]
    Length,
    /// Byte count not that of the quantity asked for.
    #[error("byte count {found}, not {expected}")]
    ByteCount {
        /// From the quantity asked for.
        expected: usize,
        /// Stated in the answer.
        found: usize,
    },
    /// A write answered with another address, value or count.
    #[error("answer does not repeat the request")]
    Echo,
    /// A field has a value that the specification does not know.
    #[error("answer with an impossible field")]
    Field,
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ResponseError {
    /// The server refused.
    #[error("exception: {0}")]
    Exception(ExceptionCode),
    /// The bytes do not answer the request.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Room for identification objects in one PDU: function, MEI, level, conformity, more, next, count come first.
const DEVICE_ID_ROOM: usize = limits::PDU - 7;

impl Response {
    /// The PDU that answers `request`. Device identification that does not fit is cut at an object's border, with `more` set.
    pub fn encode(&self, request: &Request) -> Vec<u8> {
        let mut pdu = Vec::new();
        self.append(request, &mut pdu);
        pdu
    }

    /// As [`Self::encode`], behind what `out` holds.
    pub fn append(&self, request: &Request, out: &mut Vec<u8>) {
        let function = request.function();
        match self {
            Self::Bits(values) => {
                let values = values.get(..usize::from(limits::READ_BITS)).unwrap_or(values);
                out.extend([function, saturate8(values.len().div_ceil(8))]);
                out.extend(pack_bits(values));
            }
            Self::Registers(values) => {
                let values = values.get(..usize::from(limits::READ_REGISTERS)).unwrap_or(values);
                out.extend([function, saturate8(values.len() * 2)]);
                out.extend(values.iter().flat_map(|word| word.to_be_bytes()));
            }
            // Address and value, or address and quantity: the first five bytes of the request, all of it for FC 22.
            Self::Written => {
                let mut pdu = request.encode();
                pdu.truncate(if function == 22 { 7 } else { 5 });
                out.extend(pdu);
            }
            Self::Diagnostics { data } => {
                let mut pdu = request.encode();
                pdu.truncate(3);
                pdu.extend(data.to_be_bytes());
                out.extend(pdu);
            }
            Self::DeviceId { conformity, more, next, objects } => {
                let level = if let Request::ReadDeviceId { level, .. } = request { *level } else { 1 };
                out.extend(encode_device_id(level, *conformity, (*more, *next), objects));
            }
        }
    }

    /// Parses the answer to `request`.
    ///
    /// # Errors
    /// [`ResponseError::Exception`] when the server refused, [`ResponseError::Malformed`] when this does not answer `request`.
    pub fn decode(pdu: &[u8], request: &Request) -> Result<Self, ResponseError> {
        let expected = request.function();
        let mut cursor = Cursor::new(pdu);
        let found = cursor.u8().ok_or(Malformed::Empty)?;
        if found == expected | 0x80 {
            let code = cursor.u8().ok_or(Malformed::Length)?;
            return Err(if cursor.at_end() {
                ResponseError::Exception(ExceptionCode::from_u8(code))
            } else {
                Malformed::Length.into()
            });
        }
        if found != expected {
            return Err(Malformed::Function { expected, found }.into());
        }
        match request {
            Request::Read { table, count, .. } if table.is_bits() => {
                let bytes = take_counted(cursor, usize::from(*count).div_ceil(8))?;
                Ok(Self::Bits(bits(bytes, usize::from(*count))))
            }
            Request::Read { count, .. } | Request::ReadWrite { read_count: count, .. } => {
                Ok(Self::Registers(registers(take_counted(cursor, usize::from(*count) * 2)?)))
            }
            Request::Diagnostics { sub_function, .. } => {
                let (Some(found), Some(data), true) = (cursor.u16(), cursor.u16(), cursor.at_end()) else {
                    return Err(Malformed::Length.into());
                };
                if found == *sub_function { Ok(Self::Diagnostics { data }) } else { Err(Malformed::Echo.into()) }
            }
            Request::ReadDeviceId { level, .. } => Ok(decode_device_id(cursor, *level)?),
            _ => {
                let echo = Self::Written.encode(request);
                match (pdu.len() == echo.len(), pdu == echo) {
                    (true, true) => Ok(Self::Written),
                    (true, false) => Err(Malformed::Echo.into()),
                    (false, _) => Err(Malformed::Length.into()),
                }
            }
        }
    }
}

fn take_counted<'a>(mut cursor: Cursor<'a>, expected: usize) -> Result<&'a [u8], Malformed> {
    let found = usize::from(cursor.u8().ok_or(Malformed::Length)?);
    if found != expected {
        return Err(Malformed::ByteCount { expected, found });
    }
    let bytes = cursor.take(expected).ok_or(Malformed::Length)?;
    if cursor.at_end() { Ok(bytes) } else { Err(Malformed::Length) }
}

fn encode_device_id(level: u8, conformity: u8, (more, next): (bool, u8), objects: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let (mut body, mut count, mut cut) = (Vec::new(), 0u8, None);
    for (id, value) in objects {
        let value = value.get(..DEVICE_ID_ROOM - 2).unwrap_or(value);
        if body.len() + 2 + value.len() > DEVICE_ID_ROOM {
            cut = Some(*id);
            break;
        }
        body.extend([*id, saturate8(value.len())]);
        body.extend_from_slice(value);
        count += 1;
    }
    let (more, next) = cut.map_or((more, next), |id| (true, id));
    let mut pdu = vec![43, MEI_DEVICE_ID, level, conformity, if more { 0xFF } else { 0 }, next, count];
    pdu.extend(body);
    pdu
}

fn decode_device_id(mut cursor: Cursor<'_>, asked: u8) -> Result<Response, Malformed> {
    let mut byte = || cursor.u8().ok_or(Malformed::Length);
    let (mei, level, conformity, more, next, count) = (byte()?, byte()?, byte()?, byte()?, byte()?, byte()?);
    if mei != MEI_DEVICE_ID || level != asked {
        return Err(Malformed::Echo);
    }
    let mut objects = Vec::new();
    for _ in 0..count {
        let (id, length) = (cursor.u8().ok_or(Malformed::Length)?, cursor.u8().ok_or(Malformed::Length)?);
        objects.push((id, cursor.take(usize::from(length)).ok_or(Malformed::Length)?.to_vec()));
    }
    match (more, cursor.at_end()) {
        (0 | 0xFF, true) => Ok(Response::DeviceId { conformity, more: more == 0xFF, next, objects }),
        (_, true) => Err(Malformed::Field),
        (_, false) => Err(Malformed::Length),
    }
}
