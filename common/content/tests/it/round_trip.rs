//! What the simulator encodes, the gateway decodes to the same; for every point of every profile that ships.

use haubert_content::{RegisterType, ResolvedPoint, embedded};
use haubert_model::{Decimal, Reason};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static POINTS: LazyLock<Vec<(String, ResolvedPoint)>> = LazyLock::new(|| {
    let catalogue = embedded().unwrap();
    catalogue
        .iter()
        .flat_map(|profile| profile.points_for(None, 0).into_iter().map(|point| (profile.id.to_string(), point)))
        .collect()
});

fn decode(point: &ResolvedPoint, words: &BTreeMap<u16, u16>) -> Result<(Decimal, Reason), Reason> {
    point.decode(&|address| words.get(&address).copied())
}

/// Registers of a point holding this raw bit pattern, and the residual and scale a device would have beside it.
fn raw_words(point: &ResolvedPoint, raw: u64, residual: u16) -> BTreeMap<u16, u16> {
    let count = point.kind.words();
    let mut words: BTreeMap<u16, u16> =
        (0..count).map(|at| (point.address + at, (raw >> (16 * (count - 1 - at))) as u16)).collect();
    if let Some(part) = point.plus {
        words.insert(part.address, residual % 10_000);
    }
    if let Some(register) = point.scale_register {
        words.insert(register, i16::from(point.served_exponent) as u16);
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn integers_come_back_word_for_word(raw in any::<u64>(), residual in any::<u16>()) {
        for (name, point) in POINTS.iter().filter(|(_, point)| !point.kind.is_float()) {
            let mut raw = match point.kind {
                RegisterType::U16 | RegisterType::S16 => raw & 0xFFFF,
                RegisterType::U32 | RegisterType::S32 => raw & 0xFFFF_FFFF,
                // A value is kept in 63 bits and a sign; what is beyond is out of range.
                RegisterType::U64 => raw & i64::MAX as u64,
                _ => raw,
            };
            if let Some(modulus) = point.rollover {
                raw %= modulus;
            }
            let lowest = matches!(point.kind, RegisterType::S16 if raw == 0x8000)
                || matches!(point.kind, RegisterType::S32 if raw == 0x8000_0000);
            if point.absent == Some(raw) || lowest {
                continue;
            }
            let words = raw_words(point, raw, residual);
            let (value, _) = decode(point, &words).unwrap();
            let again: BTreeMap<u16, u16> = point.encode(value).into_iter().collect();
            prop_assert_eq!(&again, &words, "{} {}", name, point.quantity);
        }
    }

    #[test]
    fn floats_come_back_within_their_precision(mantissa in -1_000_000i64..1_000_000) {
        for (name, point) in POINTS.iter().filter(|(_, point)| point.kind.is_float()) {
            let value = Decimal::new(mantissa, point.quantity.resolution_exponent());
            let words: BTreeMap<u16, u16> = point.encode(value).into_iter().collect();
            let (decoded, _) = decode(point, &words).unwrap();
            prop_assert_eq!(decoded, value, "{} {}", name, point.quantity);
        }
    }

    #[test]
    fn no_registers_make_the_decoder_fail_badly(words in proptest::collection::vec(any::<u16>(), 8)) {
        for (_, point) in POINTS.iter() {
            let result = point.decode(&|address| words.get(usize::from(address) % 8).copied());
            if let Ok((value, _)) = result {
                prop_assert!(value.to_f64().is_finite());
            }
        }
    }
}

#[test]
fn counters_roll_over_as_the_device_does() {
    let (_, point) = POINTS.iter().find(|(name, point)| name == "socomec/countis-e3x" && point.rollover.is_some()).unwrap();
    assert_eq!(point.rollover_value(), Some(Decimal::new(1_000_000_000, 1)));
    let words: BTreeMap<u16, u16> = point.encode(Decimal::new(10_000_000_030, 0)).into_iter().collect();
    assert_eq!(decode(point, &words), Ok((Decimal::new(3, 1), Reason::Measured)));
}

#[test]
fn a_sum_of_floats_is_the_sum_of_both_registers() {
    let (_, point) = POINTS.iter().find(|(_, point)| point.kind == RegisterType::F64 && point.plus.is_some()).unwrap();
    let part = point.plus.unwrap();
    let mut words: BTreeMap<u16, u16> = point.encode(Decimal::new(186_706_547, 0)).into_iter().collect();
    assert_eq!(decode(point, &words), Ok((Decimal::new(186_706_547, 0), Reason::Measured)));
    let second = 1000f64.to_bits();
    words.extend((0..4u16).map(|at| (part.address + at, (second >> (48 - 16 * at)) as u16)));
    assert_eq!(decode(point, &words), Ok((Decimal::new(186_707_547, 0), Reason::Measured)));
    words.remove(&part.address);
    assert_eq!(decode(point, &words), Err(Reason::NoAnswer));
}

#[test]
fn a_register_that_was_not_read_is_no_answer() {
    for (_, point) in POINTS.iter() {
        assert_eq!(point.decode(&|_| None), Err(Reason::NoAnswer));
    }
}
