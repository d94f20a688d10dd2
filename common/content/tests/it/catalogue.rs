//! What ships, and how a device finds its profile.

use haubert_content::{ProfileId, embedded};
use haubert_model::DeviceIdentity;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_shipped_profile_has_a_source_and_can_be_simulated() {
    let catalogue = embedded().unwrap();
    assert!(catalogue.len() >= 55, "{}", catalogue.len());
    let vendors: BTreeSet<&str> = catalogue.iter().map(|profile| profile.vendor.as_str()).collect();
    assert!(vendors.len() >= 8, "{vendors:?}");
    for profile in catalogue.iter() {
        assert!(!profile.source.trim().is_empty(), "{}", profile.id);
        let known =
            !profile.identify.sunspec.is_empty() || !profile.identify.modbus.is_empty() || !profile.identify.socomec.is_empty();
        let served = &profile.identification;
        let serves = served.socomec.is_some() || served.modbus.is_some() || served.sunspec.is_some();
        assert_eq!(known, serves, "{}: a device that is recognised is also simulated so", profile.id);
    }
}

#[test]
fn a_simulated_device_is_recognised_as_what_it_is() {
    let catalogue = embedded().unwrap();
    for profile in catalogue.iter() {
        if let Some(block) = &profile.identification.socomec {
            let found = catalogue.identify_socomec(&block.extended_name, block.table_version);
            assert_eq!(found.map(|found| &found.id), Some(&profile.id));
        }
        if let Some(identity) = &profile.identification.modbus {
            let identity = DeviceIdentity {
                vendor: Some(identity.vendor.clone()),
                product: Some(identity.product.clone()),
                ..DeviceIdentity::default()
            };
            assert_eq!(catalogue.identify_modbus(&identity).map(|found| &found.id), Some(&profile.id));
        }
        if let Some(model) = profile.identify.sunspec.first() {
            assert_eq!(catalogue.identify_sunspec(&[1, *model]).map(|found| &found.id), Some(&profile.id));
        }
    }
}

#[test]
fn names_are_matched_as_devices_write_them() {
    let catalogue = embedded().unwrap();
    let socomec = |name: &str| catalogue.identify_socomec(name, 200).map(|profile| profile.id.as_str().to_owned());
    assert_eq!(socomec("COUNTIS E44 "), Some("socomec/countis-e3x".to_owned()));
    assert_eq!(socomec("Countis E24 MID"), Some("socomec/countis-e2x".to_owned()));
    assert_eq!(socomec("Digiware I-35"), Some("socomec/digiware-i35".to_owned()));
    assert_eq!(socomec("ATyS p M"), None);
    let modbus = |vendor: &str, product: &str| {
        let (vendor, product) = (Some(vendor.to_owned()), Some(product.to_owned()));
        let identity = DeviceIdentity { vendor, product, ..DeviceIdentity::default() };
        catalogue.identify_modbus(&identity).map(|profile| profile.id.as_str().to_owned())
    };
    assert_eq!(modbus("Schneider Electric", "A9MEM3255"), Some("schneider/iem3155".to_owned()));
    assert_eq!(modbus("Schneider Electric ", "METSEPM5320"), Some("schneider/pm5100".to_owned()));
    assert_eq!(modbus("Schneider Electric", "METSEPM8240"), None);
    assert_eq!(modbus("SIEMENS AG", "SENTRON PAC3200"), Some("siemens/pac3200".to_owned()));
    assert_eq!(catalogue.identify_modbus(&DeviceIdentity::default()), None);
    let sunspec = |models: &[u16]| catalogue.identify_sunspec(models).map(|profile| profile.id.as_str().to_owned());
    assert_eq!(sunspec(&[1, 103, 203]), Some("sunspec/inverter-103".to_owned()));
    assert_eq!(sunspec(&[1, 120]), None);
    assert!(catalogue.get(&ProfileId::new("eastron/sdm630")).is_some());
    assert!(catalogue.get(&ProfileId::new("eastron/none")).is_none());
}

#[test]
fn the_table_of_models_says_what_ships() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/device-profiles/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| ") && line.contains('`')).collect();
    let catalogue = embedded().unwrap();
    for profile in catalogue.iter() {
        let verified = if profile.verified { "yes" } else { "no" };
        let begins = format!("| {} | {} | `{}` | {verified} | ", profile.vendor, profile.model, profile.id);
        assert!(rows.iter().any(|row| row.starts_with(&begins)), "README.md has no row that begins {begins:?}");
    }
    assert_eq!(rows.len(), catalogue.len(), "rows without a profile");
}
