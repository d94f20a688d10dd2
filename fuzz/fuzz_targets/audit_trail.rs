//! An exported audit trail, a list of heads, and a segment as it lies on the disk. Input: the bytes of each.
#![no_main]

use haubert_gateway::audit::{export, segment};
use haubert_trust::audit::{LogId, PublicKey, read_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(line) = read_line(data) {
        assert!(!line.is_signed_by(LogId([1; 16]), &PublicKey([1; 32])), "nobody has this key");
    }
    if let Ok(found) = export::verify(data, Vec::new(), None) {
        assert!(found.verdict.verified_to >= found.verdict.first || found.verdict.records == 0 || found.verdict.fault.is_some());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        for head in export::heads(text) {
            assert!(!head.is_signed_by(&PublicKey([1; 32])));
        }
    }
    let frames = segment::frames(data);
    assert!(frames.at.iter().all(|range| range.end <= data.len()));
    let _ = segment::Header::read(data);
});
