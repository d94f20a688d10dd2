//! The chunk codec against anything: what it writes comes back, and no bytes make it panic or take memory.

use haubert_historian::chunk::{self, ChunkError};
use haubert_historian::{Sample, chunk::MAX_SAMPLES};
use haubert_model::{Reason, Timestamp};
use proptest::prelude::*;

fn any_sample() -> impl Strategy<Value = Sample> {
    (any::<i64>(), any::<i64>(), prop::sample::select(Reason::ALL.to_vec()), any::<bool>())
        .prop_map(|(at, raw, reason, missing)| Sample { at: Timestamp(at), raw: if missing { 0 } else { raw }, reason, missing })
}

/// Like a meter: nearly regular times, values that wander, remarks in runs.
fn meter() -> impl Strategy<Value = Vec<Sample>> {
    let reading = (0i64..20, -50i64..50, 0u8..100);
    (0i64..4_000_000_000_000, -1_000_000i64..1_000_000, prop::collection::vec(reading, 0..1500)).prop_map(
        |(start, level, readings)| {
            let mut raw = level;
            let sample = |(n, (jitter, step, remark)): (i64, (i64, i64, u8))| {
                raw += step;
                let at = Timestamp(start + n * 10_000 + jitter);
                match remark {
                    0 => Sample::missing(at, Reason::NoAnswer),
                    1 => Sample::measured(at, raw, Reason::Implausible),
                    _ => Sample::measured(at, raw, Reason::Measured),
                }
            };
            (0i64..).zip(readings).map(sample).collect()
        },
    )
}

/// Replaces the checksum, so that damage gets past it: what an attacker would do.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..body]).to_le_bytes();
    bytes[body..].copy_from_slice(&crc);
    bytes
}

/// A chunk of one sample count with hand-made columns.
fn forged(count: &[u8], columns: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"HBC\x01".to_vec();
    bytes.extend_from_slice(count);
    for (codec, column) in columns {
        bytes.extend_from_slice(&[*codec, column.len() as u8]);
        bytes.extend_from_slice(column);
    }
    bytes.extend_from_slice(&[0; 4]);
    resealed(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn anything_round_trips(samples in prop::collection::vec(any_sample(), 0..300)) {
        prop_assert_eq!(chunk::decode(&chunk::encode(&samples).unwrap()), Ok(samples));
    }

    #[test]
    fn a_meter_round_trips(samples in meter()) {
        prop_assert_eq!(chunk::decode(&chunk::encode(&samples).unwrap()), Ok(samples));
    }

    #[test]
    fn a_meter_that_counts_in_steps_round_trips(
        first: i64,
        step in prop::sample::select(vec![1i64, 2, 10, 1000, 1 << 40]),
        drift in -300i64..300,
        noise in prop::collection::vec(-9i64..=9, 0..700),
    ) {
        let mut raw = first;
        let samples: Vec<Sample> = (0..).zip(noise).map(|(n, noise)| {
            raw = raw.wrapping_add((drift + noise).wrapping_mul(step));
            Sample::measured(Timestamp(n * n), raw, Reason::Measured)
        }).collect();
        prop_assert_eq!(chunk::decode(&chunk::encode(&samples).unwrap()), Ok(samples));
    }

    #[test]
    fn damage_is_noticed(samples in meter(), at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = chunk::encode(&samples).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(chunk::decode(&bytes).is_err());
    }

    #[test]
    fn a_cut_chunk_is_noticed(samples in meter(), at: prop::sample::Index) {
        let bytes = chunk::encode(&samples).unwrap();
        prop_assert!(chunk::decode(&bytes[..at.index(bytes.len())]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 4..400)) {
        let _ = chunk::decode(&bytes);
        let mut chunk = b"HBC\x01".to_vec();
        chunk.extend_from_slice(&bytes);
        let _ = chunk::decode(&resealed(chunk));
    }

    #[test]
    fn forged_columns_do_not_panic(times in prop::collection::vec(any::<u8>(), 0..100), values in prop::collection::vec(any::<u8>(), 0..100), codecs in (0u8..7, 0u8..7)) {
        let _ = chunk::decode(&forged(&[200, 1], &[(codecs.0, &times), (codecs.1, &values), (0, &[0, 200, 1])]));
        // With pco's own header in front, so that its decoder is reached.
        let times = [&[4, 1], times.as_slice()].concat();
        let _ = chunk::decode(&forged(&[200, 1], &[(2, &times), (codecs.1, &values), (0, &[0, 200, 1])]));
    }

    #[test]
    fn mutations_behind_a_good_checksum_do_not_panic(
        seed in 0i64..8,
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let samples: Vec<Sample> = (0..40 + seed * 97)
            .map(|n| Sample::measured(Timestamp(n * 10_000 + n * n % 13), n * 5 + n * n * n % 31, Reason::Measured))
            .collect();
        let mut bytes = chunk::encode(&samples).unwrap();
        for (at, value) in mutations {
            let at = 4 + at.index(bytes.len() - 8);
            bytes[at] = value;
        }
        let _ = chunk::decode(&resealed(bytes));
    }
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_taken() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(chunk::decode(&forged(&huge, &[(0, &[]), (0, &[]), (0, &[])])), Err(ChunkError::TooLarge));
    // A run longer than the chunk.
    let run = [&[0u8][..], &huge].concat();
    assert_eq!(chunk::decode(&forged(&[1], &[(0, &[0, 0]), (0, &[0, 0]), (0, &run)])), Err(ChunkError::Malformed("reasons")));
    assert_eq!(chunk::decode(&vec![0; chunk::MAX_BYTES + 1]), Err(ChunkError::TooLarge));
    let many = vec![Sample::measured(Timestamp(0), 0, Reason::Measured); MAX_SAMPLES + 1];
    assert_eq!(chunk::encode(&many), Err(ChunkError::TooLarge));
    assert!(chunk::encode(&many[1..]).is_ok());
}

#[test]
fn a_dictionary_in_pco_is_refused() {
    // Mode 4 (dictionary) with 2^24 entries: pco would reserve 128 MiB for it.
    let dictionary = [4, 1, 0x04, 0x00, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let forged = forged(&[1], &[(2, &dictionary), (0, &[0, 0]), (0, &[0, 1])]);
    assert_eq!(chunk::decode(&forged), Err(ChunkError::Malformed("times")));
}

#[test]
fn what_a_later_version_writes_is_named() {
    let mut bytes = chunk::encode(&[]).unwrap();
    bytes[3] = 9;
    assert_eq!(chunk::decode(&bytes), Err(ChunkError::UnknownVersion(9)));
    assert_eq!(
        chunk::decode(&forged(&[1], &[(7, &[]), (0, &[0, 0]), (0, &[0, 1])])),
        Err(ChunkError::UnknownCodec { column: "times", codec: 7 })
    );
    assert_eq!(chunk::decode(&forged(&[1], &[(0, &[0, 0]), (0, &[0, 0]), (0, &[99, 1])])), Err(ChunkError::UnknownReason(99)));
}

/// A repeatable sequence (Lehmer generator).
fn lehmer() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1u64), |state| Some(state * 48_271 % 0x7fff_ffff)).skip(1)
}

fn size_of(values: impl Iterator<Item = i64>) -> usize {
    let samples = (0i64..).zip(values).map(|(n, value)| Sample::measured(Timestamp(n * 10_000), value, Reason::Measured));
    chunk::encode(&samples.collect::<Vec<_>>()).unwrap().len()
}

/// Sizes in bits, next to the entropy of what was put in and what pco at level 8 made of it.
#[test]
fn columns_take_little_more_than_their_noise() {
    const REST: usize = 8 * 28;
    // A voltage, ±2 steps around a level: 2.32 bits each. pco: 740 bytes.
    let voltage = size_of(lehmer().take(2048).map(|noise| 23_000 + (noise % 5) as i64));
    assert!(voltage * 8 < 2048 * 242 / 100 + REST, "{voltage} bytes");
    // The same for ten minutes. pco: 82 bytes.
    let short = size_of(lehmer().take(60).map(|noise| 23_000 + (noise % 5) as i64));
    assert!(short * 8 < 60 * 300 / 100 + REST, "{short} bytes");
    // A power that wanders in steps of 10: 2.81 bits each.
    let power = size_of(lehmer().take(2048).scan(0, |power, noise| {
        *power += (noise % 7) as i64 * 10 - 30;
        Some(*power)
    }));
    assert!(power * 8 < 2048 * 292 / 100 + REST, "{power} bytes");
    // An index whose steps wander: 1.58 bits each.
    let index = size_of(lehmer().take(2048).scan((0, 1000), |(index, step), noise| {
        *step += (noise % 3) as i64 - 1;
        *index += *step;
        Some(*index)
    }));
    assert!(index * 8 < 2048 * 170 / 100 + REST, "{index} bytes");
    // Nothing to learn: never more than the numbers themselves.
    let random = size_of(lehmer().zip(lehmer().skip(7)).take(2048).map(|(a, b)| (a << 33 ^ b << 2) as i64));
    assert!(random < 2048 * 82 / 10 + REST / 8, "{random} bytes");
}

#[test]
fn zeros_after_a_column_are_refused() {
    let samples: Vec<Sample> = lehmer()
        .take(60)
        .zip(0..)
        .map(|(noise, n)| Sample::measured(Timestamp(n), (noise % 50) as i64, Reason::Measured))
        .collect();
    let bytes = chunk::encode(&samples).unwrap();
    // Behind magic, version and count: a regular column of times, then the values.
    let values = 5 + 2 + bytes[6] as usize;
    assert_eq!(bytes[values], 5);
    let end = values + 2 + bytes[values + 1] as usize;
    let mut longer = [&bytes[..end], &[0], &bytes[end..]].concat();
    longer[values + 1] += 1;
    assert_eq!(chunk::decode(&resealed(longer)), Err(ChunkError::Malformed("values")));
}
