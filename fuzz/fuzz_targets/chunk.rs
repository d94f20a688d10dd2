//! Chunks of history, which a hub takes from gateways. The bytes are tried as they are, and as the body of a chunk with a right
//! head and checksum, which chance would not find.
#![no_main]

use haubert_historian::chunk::{self, MAX_BYTES, MAX_SAMPLES, VERSION};
use libfuzzer_sys::fuzz_target;

/// More samples take too long to compress again for each input.
const AGAIN: usize = 256;

fn check(bytes: &[u8]) {
    let Ok(samples) = chunk::decode(bytes) else { return };
    assert!(samples.len() <= MAX_SAMPLES);
    if samples.len() <= AGAIN {
        let written = chunk::encode(&samples).expect("no more samples than a chunk has");
        assert!(written.len() <= MAX_BYTES);
        assert_eq!(chunk::decode(&written), Ok(samples));
    }
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut bytes = [b"HBC".as_slice(), &[VERSION], data].concat();
    let crc = crc32fast::hash(&bytes);
    bytes.extend(crc.to_le_bytes());
    check(&bytes);
});
