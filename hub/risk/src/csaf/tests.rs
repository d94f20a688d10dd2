//! Advisories read, and what they mean for assets.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// An advisory of a maker that does not exist, as CSAF 2.0.
pub(super) fn sample() -> Value {
    let version = |category: &str, name: &str, id: &str| json!({"category": category, "name": name, "product": {"name": format!("Grues du Ponant Vigie {name}"), "product_id": id}});
    json!({
        "document": {
            "category": "csaf_security_advisory",
            "csaf_version": "2.0",
            "title": "Vigie: anybody may stop the crane",
            "publisher": {"category": "vendor", "name": "Grues du Ponant", "namespace": "https://grues.example"},
            "tracking": {"id": "GP-2026-01", "version": "2", "status": "final",
                         "initial_release_date": "2026-03-01T10:00:00Z", "current_release_date": "2026-03-02T10:00:00+01:00"},
            "distribution": {"tlp": {"label": "WHITE"}},
            "aggregate_severity": {"text": "High"}
        },
        "product_tree": {
            "branches": [{"category": "vendor", "name": "Grues du Ponant S.A.S.", "branches": [
                {"category": "product_name", "name": "Vigie-200", "branches": [
                    version("product_version", "1.0", "old"),
                    version("product_version_range", "vers:generic/>=2.0|<2.4", "range"),
                    version("product_version_range", "all before the summer", "words"),
                    version("product_version", "V2.4", "fixed")
                ]},
                {"category": "product_name", "name": "Treuil", "product": {"name": "Treuil", "product_id": "any"}}
            ]}],
            "full_product_names": [{"name": "Phare Marine Lampe 3 rev. B", "product_id": "full"}],
            "relationships": [{"category": "installed_on", "product_reference": "old", "relates_to_product_reference": "any",
                               "full_product_name": {"name": "Vigie-200 1.0 on Treuil", "product_id": "both"}}],
            "product_groups": [{"group_id": "g", "product_ids": ["old", "range", "words"]}]
        },
        "vulnerabilities": [{
            "cve": "CVE-2026-0001",
            "title": "No sign-in",
            "product_status": {"known_affected": ["old", "range", "words", "full", "both"], "fixed": ["fixed"], "known_not_affected": ["any"]},
            "scores": [{"cvss_v3": {"baseScore": 8.8, "baseSeverity": "HIGH"}, "products": ["old"]}],
            "remediations": [
                {"category": "vendor_fix", "details": "Install V2.4", "url": "https://grues.example/fix", "group_ids": ["g"]},
                {"category": "mitigation", "details": "Cut the network", "url": "javascript:alert(1)", "product_ids": ["full"]}
            ]
        }]
    })
}

fn parsed(value: &Value) -> Result<Advisory, CsafError> {
    read(value.to_string().as_bytes())
}

fn item(make: &str, model: &str, version: &str) -> Item {
    Item { make: make.to_owned(), model: model.to_owned(), version: version.to_owned() }
}

fn bears(make: &str, model: &str, version: &str) -> Option<(State, Why)> {
    let items = [item(make, model, version)];
    let found = parsed(&sample()).unwrap().bears_on(&Index::new(&items));
    found.get(&0).map(|bearings| (bearings[0].state, bearings[0].why))
}

#[test]
fn what_matters_of_an_advisory_is_kept() {
    let read = parsed(&sample()).unwrap();
    assert_eq!((read.tlp, read.score(), read.products.len()), (Some(Tlp::Clear), Some(8.8), 7));
    assert_eq!(read.released_at - read.first_released_at, 23 * 3_600_000);
    assert_eq!(read.tracking(), "https://grues.example\nGP-2026-01");
    assert_eq!(read.vendor_keys(), ["?", "gruesduponant"]);
    let remediations = &read.vulnerabilities[0].remediations;
    assert_eq!(
        (remediations[0].remediation.url.as_deref(), &remediations[1].remediation.url),
        (Some("https://grues.example/fix"), &None)
    );
    let kept = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Advisory>(&kept).unwrap(), read);
    let mut later = sample();
    later["document"]["csaf_version"] = json!("2.1");
    later["document"]["distribution"]["tlp"]["label"] = json!("AMBER+STRICT");
    later["vulnerabilities"][0]["metrics"] = json!([{"content": {"cvss_v4": {"baseScore": 9.3}}, "products": ["old"]}]);
    let later = parsed(&later).unwrap();
    assert_eq!((later.tlp, later.score()), (Some(Tlp::AmberStrict), Some(9.3)));
    assert!(!Tlp::AmberStrict.may_be_shared() && !Tlp::Red.may_be_shared() && Tlp::Amber.may_be_shared());
}

#[test]
fn an_asset_is_affected_when_maker_product_and_version_are_those_named() {
    for (make, model, version) in [
        ("Grues du Ponant", "Vigie-200", "1.0"),
        ("GRUES DU PONANT SAS", "vigie 200", "V1.0.0"),
        ("Grues du Ponant, S.A.", "Grues du Ponant Vigie 200", "v1"),
    ] {
        assert_eq!(bears(make, model, version), Some((State::Affected, Why::SameVersion)), "{make} {model} {version}");
    }
    assert_eq!(bears("Grues du Ponant", "Vigie-200", "2.3.9"), Some((State::Affected, Why::InRange)));
    assert_eq!(bears("Grues du Ponant", "Vigie-200", "2.4"), Some((State::Fixed, Why::SameVersion)));
}

#[test]
fn less_than_that_is_possibly_and_nothing_is_called_safe_by_guessing() {
    assert_eq!(bears("Grues du Ponant", "Vigie-200", "3.0"), Some((State::Possibly, Why::RangeInWords)));
    assert_eq!(bears("Grues du Ponant", "Vigie-200", ""), Some((State::Possibly, Why::VersionUnknown)));
    assert_eq!(bears("Phare Marine", "Lampe 3", "B"), Some((State::Possibly, Why::FullName)));
    // Not affected, but no version is said; affected only with something else on it.
    assert_eq!(bears("Grues du Ponant", "Treuil", "5"), Some((State::Possibly, Why::OnlyWithMore)));
    for (make, model) in
        [("Grues du Levant", "Vigie-200"), ("Grues du Ponant", "Vigie-20"), ("", "Vigie-200"), ("Grues du Ponant", "")]
    {
        assert_eq!(bears(make, model, "1.0"), None, "{make} {model}");
    }
}

#[test]
fn what_can_be_done_is_that_of_the_product() {
    let items = [item("Grues du Ponant", "Vigie-200", "1.0"), item("Phare Marine", "Lampe 3", "")];
    let found = parsed(&sample()).unwrap().bears_on(&Index::new(&items));
    assert_eq!(found[&0][0].remediations[0].details, "Install V2.4");
    assert_eq!((found[&1][0].remediations[0].category.as_str(), found[&0][0].severity), ("mitigation", Some(Severity::High)));
    assert_eq!((found[&0][0].product.as_str(), found[&0].len()), ("Grues du Ponant Vigie 1.0", 1));
}

#[test]
fn what_does_not_hang_together_is_refused() {
    let refused = |change: fn(&mut Value)| {
        let mut value = sample();
        change(&mut value);
        parsed(&value).unwrap_err()
    };
    let inconsistent = |error: CsafError| match error {
        CsafError::Inconsistent { at, .. } => at,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(|v| v["document"]["csaf_version"] = json!("1.2")), CsafError::VersionUnsupported);
    assert_eq!(inconsistent(refused(|v| v["vulnerabilities"][0]["product_status"]["fixed"] = json!(["nobody"]))), "product_id");
    assert_eq!(inconsistent(refused(|v| v["vulnerabilities"][0]["remediations"][0]["group_ids"] = json!(["x"]))), "group_id");
    assert_eq!(
        inconsistent(refused(|v| v["product_tree"]["full_product_names"][0]["product_id"] = json!("old"))),
        "product_tree"
    );
    assert_eq!(inconsistent(refused(|v| v["vulnerabilities"][0]["cve"] = json!("CVE-<script>"))), "vulnerabilities.cve");
    let label = refused(|v| v["document"]["distribution"]["tlp"]["label"] = json!("PURPLE"));
    assert_eq!(inconsistent(label), "document.distribution.tlp.label");
    assert!(matches!(refused(|v| v["document"]["title"] = json!(1)), CsafError::Unreadable(_)));
    let many = refused(|v| v["vulnerabilities"] = json!(vec![json!({}); MAX_VULNERABILITIES + 1]));
    assert_eq!(many, CsafError::TooMany { what: "vulnerabilities", most: MAX_VULNERABILITIES });
    assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(CsafError::TooLarge));
    let deep = format!("{}{}", r#"{"product_tree":"#, r#"{"branches":["#.repeat(5_000));
    assert!(matches!(read(deep.as_bytes()), Err(CsafError::Unreadable(_))));
}

#[test]
fn products_made_of_each_other_in_a_circle_end() {
    let mut value = sample();
    let relation = |id: &str, first: &str, second: &str| {
        json!({"category": "installed_on", "product_reference": first, "relates_to_product_reference": second,
               "full_product_name": {"name": id, "product_id": id}})
    };
    value["product_tree"]["relationships"] =
        json!([relation("a", "b", "old"), relation("b", "a", "any"), relation("both", "a", "b")]);
    let read = parsed(&value).unwrap();
    assert_eq!(read.products.iter().find(|product| product.name == "a").unwrap().parts.len(), 2);
}

proptest! {
    /// Whatever the version of an asset: never affected unless its range or version was met, and a wrong maker meets nothing.
    #[test]
    fn never_more_is_claimed_than_what_was_matched(version in "[v ]{0,2}[0-3](\\.[0-9]){0,2}[a-z]{0,1}", maker in "[A-Za-z]{1,8}") {
        match bears("Grues du Ponant", "Vigie-200", &version) {
            Some((State::Affected, Why::SameVersion | Why::InRange) | (State::Fixed, Why::SameVersion) | (State::Possibly, _)) => {}
            other => prop_assert!(false, "{version}: {other:?}"),
        }
        let numbers: Vec<u64> = version.trim_matches(|c| c == 'v' || c == ' ').split('.').filter_map(|part| part.parse().ok()).collect();
        let is_plain = version.ends_with(|c: char| c.is_ascii_digit());
        if is_plain && numbers.as_slice() > &[2, 4][..] {
            prop_assert_ne!(bears("Grues du Ponant", "Vigie-200", &version).map(|found| found.0), Some(State::Affected));
        }
        prop_assert_eq!(bears(&maker, "Vigie-200", &version), None);
    }

    #[test]
    fn any_bytes_are_an_advisory_or_refused(at in 0usize..4_000, byte in any::<u8>()) {
        let mut bytes = sample().to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(advisory) = read(&bytes) {
            let items = [item("Grues du Ponant", "Vigie-200", "1.0")];
            let _ = advisory.bears_on(&Index::new(&items));
            for (_, places) in advisory.vulnerabilities.iter().flat_map(|one| &one.products) {
                prop_assert!(places.iter().all(|place| usize::try_from(*place).unwrap() < advisory.products.len()));
            }
        }
    }
}
