//! A datagram for the SNMP agent: its version, which what stands before the agent looks at, and the whole message as the agent reads it.
#![no_main]

use async_snmp::DecodeConfig;
use async_snmp::message::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(version) = haubert_snmp::version(data) {
        // It is a sequence, and its first element is this integer of one byte, within nine bytes.
        assert_eq!(data.first(), Some(&0x30));
        assert!(data.windows(3).take(9).any(|window| window == [0x02, 0x01, version]));
    }
    let _read = Message::decode(data.to_vec().into(), DecodeConfig::DEFAULT);
});
