//! Device profiles, which operators add from a folder: what is accepted lies in the address space, what is not is said briefly.
#![no_main]

use haubert_content::{MAX_PROFILE_BYTES, parse};
use haubert_model::Decimal;
use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;

fuzz_target!(|text: &str| {
    let profile = match parse("vendor/model.toml", text) {
        Ok(profile) => profile,
        Err(error) => {
            assert!(error.line.is_none_or(|line| line <= text.lines().count() + 1));
            // A value may be quoted with escapes.
            assert!(error.to_string().len() <= 1024 + 10 * text.len().min(MAX_PROFILE_BYTES));
            return;
        }
    };
    assert!(text.len() <= MAX_PROFILE_BYTES && !profile.points.is_empty() && profile.channels >= 1);
    for channels in [0, 1, u8::MAX] {
        let points = profile.points_for(None, channels);
        assert!(points.len() <= profile.points.len() * usize::from(profile.channels));
        for point in points {
            assert!((1..=profile.channels).contains(&point.channel));
            for (first, count) in point.spans() {
                assert!(u32::from(first) + u32::from(count) <= 65_536);
            }
            for value in [Decimal::new(0, 0), Decimal::new(i64::MAX, 18), Decimal::new(i64::MIN, -18), Decimal::new(12_345, -1)] {
                let served: HashMap<u16, u16> = point.encode(value).into_iter().collect();
                assert!(served.len() <= 9);
                let _ = point.decode(&|address| served.get(&address).copied());
            }
            for word in [0, 0x7FFF, 0x8000, 0xFFFF] {
                let _ = point.decode(&|_| Some(word));
            }
            let _ = (point.rebased(u16::MAX), point.rollover_value());
        }
    }
});
