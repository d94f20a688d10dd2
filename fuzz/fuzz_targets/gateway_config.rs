//! The gateway's start-up file: what passes its check is within the ranges that the rest counts on.
#![no_main]

use haubert_gateway::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(config) = toml::from_str::<Config>(text) else { return };
    match config.check() {
        Ok(()) => {
            let recording = config.recording;
            assert!(60 % recording.load_curve_minutes == 0 && 60 % recording.index_minutes == 0);
            assert!((1..=3600).contains(&recording.trend_seconds) && (10..=86_400).contains(&recording.chunk_seconds));
            assert!(!config.names.is_empty());
        }
        Err((field, reason)) => assert!(!field.is_empty() && !reason.is_empty()),
    }
});
