//! The container of a release: any bytes, and the same bytes with sums that fit, so that what stands behind them is reached.
//! What is accepted has only plain names, and bytes that add up.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use haubert_bundle::archive::{entries_of, is_plain};
use libfuzzer_sys::fuzz_target;

const BLOCK: usize = 512;

fuzz_target!(|data: &[u8]| {
    look(data);
    look(&with_right_sums(data));
});

fn look(data: &[u8]) {
    let Ok(entries) = entries_of(data) else { return };
    let mut bytes = 0;
    for (name, len) in entries {
        let plain = name.strip_prefix("metadata/").or_else(|| name.strip_prefix("targets/")).expect("a folder of ours");
        assert!(is_plain(plain));
        bytes += len;
    }
    assert!(bytes <= data.len() as u64);
}

/// Each block that could be a header gets the sum that fits it, and the checksum that of all before it.
fn with_right_sums(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for at in (0..bytes.len() / BLOCK).map(|number| number * BLOCK) {
        let (before, block) = bytes.split_at_mut(at);
        if block[257..262] != *b"ustar" {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u64 = block[..BLOCK].iter().map(|byte| u64::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        if block.starts_with(b"checksum\0") && block.len() >= BLOCK + 64 {
            let hex: String = digest(&SHA256, before).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            block[BLOCK..BLOCK + 64].copy_from_slice(hex.as_bytes());
        }
    }
    bytes
}
