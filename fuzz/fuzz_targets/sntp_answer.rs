//! Answers of NTP servers, from the datagram to what is agreed on: whatever comes is an answer or a fault, and nothing overflows.
#![no_main]

use haubert_model::Timestamp;
use haubert_sntp::{Agreement, Answer, PACKET_BYTES, Sample, Watch, agree};
use libfuzzer_sys::fuzz_target;

/// The first bytes are our time and the time that the answer took; then come datagrams of 48 bytes, the last as long as it is.
fuzz_target!(|data: &[u8]| {
    let Some((ours, rest)) = data.split_first_chunk::<12>() else { return };
    let (at, took) = ours.split_at(8);
    let sent = Timestamp(i64::from_be_bytes(at.try_into().expect("eight bytes")));
    let elapsed_ms = u64::from(u32::from_be_bytes(took.try_into().expect("four bytes")));
    let samples: Vec<Sample> = rest
        .chunks(PACKET_BYTES)
        .take(8)
        .filter_map(|bytes| {
            // As if each had known its question.
            let nonce = bytes.get(24..32).map_or(0, |nonce| u64::from_be_bytes(nonce.try_into().expect("eight bytes")));
            let answer = Answer::read(bytes, nonce).ok()?;
            assert!((1..=15).contains(&answer.stratum));
            assert!(Answer::read(bytes, !nonce).is_err(), "not ours");
            Sample::of(&answer, sent, elapsed_ms).ok()
        })
        .collect();
    let agreement = agree(&samples);
    if let Agreement::Agreed { falsetickers, .. } = &agreement {
        assert!(falsetickers.len() * 2 < samples.len(), "most agree");
    }
    let mut watch = Watch::new(false);
    watch.round(&agreement, 1_000_000);
    watch.round(&Agreement::Silence, 1_000_000);
});
