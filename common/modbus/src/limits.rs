//! The limits of the specification (clause 6 of the application protocol; clause 4.1 for sizes).

/// Most registers one FC 3 or FC 4 request may read.
pub const READ_REGISTERS: u16 = 125;
/// Most bits one FC 1 or FC 2 request may read.
pub const READ_BITS: u16 = 2000;
/// Most registers one FC 16 request may write.
pub const WRITE_REGISTERS: u16 = 123;
/// Most coils one FC 15 request may write.
pub const WRITE_COILS: u16 = 1968;
/// Most registers one FC 23 request may read.
pub const READ_WRITE_READ: u16 = 125;
/// Most registers one FC 23 request may write.
pub const READ_WRITE_WRITE: u16 = 121;
/// Largest PDU: function code and data.
pub const PDU: usize = 253;
/// Largest serial frame: unit, PDU, CRC.
pub const RTU_FRAME: usize = 256;
/// Largest TCP frame: MBAP header and PDU.
pub const TCP_FRAME: usize = 260;
/// Largest unit id of a device; 0 is broadcast, 248 to 255 are reserved on serial lines.
pub const LAST_UNIT: u8 = 247;
