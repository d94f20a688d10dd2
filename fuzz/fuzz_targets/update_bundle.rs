//! The container of a release: any bytes. What is accepted has only plain names, and bytes that add up.
#![no_main]

use haubert_bundle::archive::{entries_of, is_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(entries) = entries_of(data) else { return };
    let mut bytes = 0;
    for (name, len) in entries {
        let plain = name.strip_prefix("metadata/").or_else(|| name.strip_prefix("targets/")).expect("a folder of ours");
        assert!(is_plain(plain));
        bytes += len;
    }
    assert!(bytes <= data.len() as u64);
});
