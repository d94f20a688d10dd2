//! A parser with a fault that only four right bytes reach: the control that the fuzzing would find one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let [b'H', b'B', b'0', length, rest @ ..] = bytes {
        assert!(usize::from(*length) != rest.len() || rest.len() < 3, "the planted fault was found");
    }
});
