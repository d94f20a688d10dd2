//! Chunks written by version 1 stay readable for ever. The files were written once by the encoder of their time; a later
//! encoder may choose other bytes, but must read these.

use haubert_historian::{Sample, chunk};
use haubert_model::{Reason, Timestamp};
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

/// A repeatable sequence (Lehmer generator), independent of any library.
fn noise(n: usize) -> Vec<i64> {
    std::iter::successors(Some(1u64), |state| Some(state * 48_271 % 0x7fff_ffff))
        .skip(1)
        .take(n)
        .map(|state| state as i64)
        .collect()
}

fn contents() -> Vec<(&'static str, Vec<Sample>)> {
    let start = 1_780_000_000_000i64;
    let regular = (0..600i64).map(|n| Sample::measured(Timestamp(start + n * 10_000), 23_000, Reason::Measured)).collect();
    let noisy = (0i64..)
        .zip(noise(1500))
        .map(|(n, noise)| {
            let at = Timestamp(start + n * 1000 + noise % 7);
            match n % 500 {
                100..110 => Sample::missing(at, Reason::NoAnswer),
                110 => Sample::measured(at, n * 3 + noise % 20, Reason::Incomplete),
                _ => Sample::measured(at, n * 3 + noise % 20, Reason::Measured),
            }
        })
        .collect();
    let few = vec![
        Sample::measured(Timestamp(start), i64::MIN, Reason::CounterReset),
        Sample::measured(Timestamp(start + 5), i64::MAX, Reason::MeterExchanged),
        Sample::missing(Timestamp(start - 86_400_000), Reason::BusDown),
        Sample::measured(Timestamp(-1), -1, Reason::ClockNotSet),
    ];
    // One column per predictor of the adaptive coder: the same again in steps of ten, the same step again, around a level.
    let wander = (0i64..).zip(noise(400)).scan(5_000, |power, (n, noise)| {
        *power += noise % 7 * 10;
        Some(Sample::measured(Timestamp(start + n * 60_000 + noise % 3), *power, Reason::Measured))
    });
    let counter = (0i64..).zip(noise(400)).scan(i64::from(u32::MAX), |index, (n, noise)| {
        *index += 100 + n / 4 + noise % 3;
        Some(Sample::measured(Timestamp(start + n * 60_000), *index, Reason::Measured))
    });
    let level = (0i64..)
        .zip(noise(60))
        .map(|(n, noise)| Sample::measured(Timestamp(start + n * 60_000), 23_000 + noise % 40, Reason::Measured));
    vec![
        ("chunk-v1-regular", regular),
        ("chunk-v1-noisy", noisy),
        ("chunk-v1-few", few),
        ("chunk-v1-empty", Vec::new()),
        ("chunk-v1-wander", wander.collect()),
        ("chunk-v1-counter", counter.collect()),
        ("chunk-v1-level", level.collect()),
    ]
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.bin"))
}

#[test]
fn version_1_is_read() {
    for (name, expected) in contents() {
        let mut bytes = Vec::new();
        File::open(path(name)).unwrap().take(1 << 20).read_to_end(&mut bytes).unwrap();
        assert_eq!(chunk::decode(&bytes).as_ref(), Ok(&expected), "{name}");
        let again = chunk::encode(&expected).unwrap();
        assert!(again.len() <= bytes.len(), "{name}: {} bytes became {}", bytes.len(), again.len());
    }
}

#[test]
#[ignore = "writes the files of a new version; never replaces one"]
fn write_new_golden_files() {
    for (name, samples) in contents() {
        if let Ok(mut file) = File::create_new(path(name)) {
            file.write_all(&chunk::encode(&samples).unwrap()).unwrap();
        }
    }
}
