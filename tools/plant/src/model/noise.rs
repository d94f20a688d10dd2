//! Randomness as a function: the same seed and place always give the same number, whatever was asked before. That is what
//! makes a plant repeatable while it is read in any order.

/// Mixes a seed with a place into 64 well-spread bits (SplitMix64's finaliser).
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let mut bits = seed ^ place.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A number in 0..1.
pub(crate) fn unit(seed: u64, place: i64) -> f64 {
    // 53 bits are what an f64 holds exactly.
    (mix(seed, place as u64) >> 11) as f64 / (1u64 << 53) as f64
}

/// A number in -1..1.
pub(crate) fn signed(seed: u64, place: i64) -> f64 {
    2.0 * unit(seed, place) - 1.0
}

/// A number in -1..1 that glides from one step of `step_ms` to the next.
pub(crate) fn gliding(seed: u64, at_ms: i64, step_ms: i64) -> f64 {
    let step = at_ms.div_euclid(step_ms);
    let part = at_ms.rem_euclid(step_ms) as f64 / step_ms as f64;
    let (from, to) = (signed(seed, step), signed(seed, step + 1));
    from + (to - from) * part
}

/// A seed for a part of the whole, from its name.
pub(crate) fn named(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed, name.len() as u64), |bits, byte| mix(bits, u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_repeat_and_spread() {
        assert_eq!(unit(7, 42).to_bits(), unit(7, 42).to_bits());
        let mean: f64 = (0..10_000).map(|place| unit(7, place)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert_ne!(named(1, "a"), named(1, "b"));
    }

    #[test]
    fn gliding_has_no_jumps() {
        for at in 0..5000 {
            assert!((gliding(3, at, 1000) - gliding(3, at + 1, 1000)).abs() < 0.0021);
        }
    }
}
