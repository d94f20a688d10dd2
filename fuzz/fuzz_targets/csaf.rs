//! Advisories: what is taken hangs together, and no asset is said to be affected, or safe, unless its version was met.
#![no_main]

use haubert_risk::csaf::{Index, Item, State, Versions, Why, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let advisory = match read(data) {
        Ok(advisory) => advisory,
        Err(error) => {
            // Nothing of the document is repeated.
            assert!(error.to_string().len() <= 200);
            return;
        }
    };
    let known = |place: &u32| (*place as usize) < advisory.products.len();
    assert!(advisory.groups.iter().flatten().all(known));
    assert!(advisory.products.iter().all(|product| product.parts.len() <= 16 && product.parts.iter().all(known)));
    for vulnerability in &advisory.vulnerabilities {
        assert!(vulnerability.products.iter().all(|(_, places)| places.iter().all(known)));
        assert!(vulnerability.score.is_none_or(|score| (0.0..=10.0).contains(&score)));
    }
    // Its own products as assets, each with and without its version.
    let mut items = Vec::new();
    for product in advisory.products.iter().take(20) {
        let version = match &product.versions {
            Versions::One(version) => version.clone(),
            Versions::Unsaid | Versions::Range(_) => "1.5".to_owned(),
        };
        let (make, model) = (product.vendor.clone().unwrap_or_default(), product.product.clone().unwrap_or_default());
        items.push(Item { make: make.clone(), model: model.clone(), version });
        items.push(Item { make, model, version: String::new() });
    }
    for (at, bearings) in advisory.bears_on(&Index::new(&items)) {
        for bearing in bearings {
            let is_certain = matches!(bearing.why, Why::SameVersion | Why::InRange);
            assert_eq!(is_certain, bearing.state != State::Possibly);
            assert!(!is_certain || !items[at].version.trim().is_empty());
        }
    }
});
