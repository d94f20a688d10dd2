//! Values of registers as devices send them, through the profiles that ship. Input: which profile, then registers (the
//! device's address space is these, repeated).
#![no_main]

use haubert_content::{Catalogue, Profile, embedded};
use haubert_model::{Decimal, Quality, Reason};
use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;
use std::sync::LazyLock;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| embedded().expect("the profiles that ship are right"));
static PROFILES: LazyLock<Vec<&Profile>> = LazyLock::new(|| CATALOGUE.iter().collect());

fuzz_target!(|data: &[u8]| {
    let Some((profile, bytes)) = data.split_first() else { return };
    let Some(profile) = PROFILES.get(usize::from(*profile) % PROFILES.len()) else { return };
    let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let read = |address: u16| words.get(usize::from(address) % words.len().max(1)).copied();
    for point in profile.points_for(None, 0) {
        let (value, reason) = match point.decode(&read) {
            Ok(found) => found,
            Err(reason) => {
                assert_eq!(reason.quality(), Quality::Bad);
                continue;
            }
        };
        assert!(reason.quality() != Quality::Bad && value.to_f64().is_finite());
        let _ = value.rescaled(point.quantity.resolution_exponent());
        let simple = point.scale_register.is_none() && point.plus.is_none();
        let Some((low, _)) = point.kind.integer_range().filter(|_| simple && reason == Reason::Measured) else { continue };
        // A simulated device does not send the lowest signed number, which commonly means "not there".
        if low < 0 && i128::from(value.mantissa) == low * i128::from(point.scale.mantissa) {
            continue;
        }
        let served: HashMap<u16, u16> = point.encode(Decimal::new(value.mantissa, value.exponent)).into_iter().collect();
        assert_eq!(point.decode(&|address| served.get(&address).copied()), Ok((value, reason)));
    }
});
