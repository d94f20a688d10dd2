//! What stands before the SNMP agent looks at: a message's version. Input: a datagram.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(version) = haubert_snmp::version(data) {
        // It is a sequence, and its first element is this integer of one byte, within nine bytes.
        assert_eq!(data.first(), Some(&0x30));
        assert!(data.windows(3).take(9).any(|window| window == [0x02, 0x01, version]));
    }
});
