//! CRC-16/MODBUS: polynomial 0xA001 (reflected), start 0xFFFF.

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut byte = 0u16;
    while byte < 256 {
        let mut value = byte;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xA001 } else { value >> 1 };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)] // constant evaluation: a wrong index fails the build
        {
            table[byte as usize] = value;
        }
        byte += 1;
    }
    table
}

/// The CRC of `bytes`; it travels low byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        let [low, high] = crc.to_le_bytes();
        u16::from(high) ^ TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The check value of CRC-16/MODBUS.
        assert_eq!(crc16(b"123456789"), 0x4B37);
        // Modbus over Serial Line V1.02, appendix B: message 02 07 gives 41 12 on the wire.
        assert_eq!(crc16(&[0x02, 0x07]).to_le_bytes(), [0x41, 0x12]);
        assert_eq!(crc16(&[]), 0xFFFF);
    }
}
