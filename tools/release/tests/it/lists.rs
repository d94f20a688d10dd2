//! The lists of components and licences say what the lock files say.

use haubert_release::{licences, sbom};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn the_crates_are_those_that_cargo_links_with_the_checksums_of_the_lock_file() {
    let components = sbom::crates(&workspace(), "haubert-gateway").unwrap();
    let ours: BTreeSet<String> = components.iter().map(|one| format!("{} v{}", one.name, one.version)).collect();
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none", "-f", "{p}", "-p", "haubert-gateway"])
        .args(["--target", &host])
        .current_dir(workspace())
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let linked: BTreeSet<String> = tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert!(linked.len() > 100, "{}", linked.len());
    // `cargo tree` leaves out optional features that `cargo metadata` keeps: nothing that is linked may be missing here.
    let missing: Vec<&String> = linked.difference(&ours).collect();
    let sums = sbom::checksums(&workspace()).unwrap();
    let foreign: Vec<_> = components.iter().filter(|one| !one.own).collect();
    let differ = |one: &&&sbom::Component| {
        let known = sums.get(&(one.name.clone(), one.version.clone()));
        known.is_none() || known != one.sha256.as_ref()
    };
    let differing: Vec<&str> = foreign.iter().filter(differ).map(|one| one.name.as_str()).collect();
    let figure = format!("{} crates, {} missing, {} unlike Cargo.lock", foreign.len(), missing.len(), differing.len());
    haubert_score::record("30.sbom", missing.is_empty() && differing.is_empty(), figure);
    assert_eq!(missing, Vec::<&String>::new());
    assert_eq!(differing, [""; 0], "not what the lock file says");
    // The control: a crate that only tests need is not shipped, although the lock file has it; and a wrong checksum is noticed.
    assert!(sums.keys().any(|(name, _)| name == "proptest") && components.iter().all(|one| one.name != "proptest"));
    let forged = sbom::Component { sha256: Some("0".repeat(64)), ..foreign[0].clone() };
    let noticed = differ(&&&forged);
    haubert_score::record("30.sbom-control", noticed, "a component with another checksum is noticed");
    assert!(noticed);
}

#[test]
fn the_pages_bring_their_packages_and_no_tools() {
    let components = sbom::npm(&workspace().join("web"), "webview").unwrap();
    let named = |name: &str| components.iter().find(|one| one.name == name);
    assert!(named("svelte").is_some() && named("uplot").is_some(), "{components:?}");
    assert!(named("vite").is_none() && named("typescript").is_none());
    let foreign = |name: &str| named(name).map(|one| (one.licence.as_str(), one.own));
    assert_eq!(foreign("uplot"), Some(("MIT", false)));
    assert_eq!(foreign("@haubert/ui"), Some(("Apache-2.0", true)), "{components:?}");
    let document = licences::document(&components);
    let listed = |name: &str| document["components"].as_array().unwrap().iter().any(|one| one["name"] == name);
    assert!(listed("svelte") && listed("@fontsource-variable/ibm-plex-sans") && !listed("@haubert/ui"));
}

#[test]
fn every_licence_is_accepted_and_the_documents_are_well_formed() {
    let mut components = sbom::crates(&workspace(), "haubert-gateway").unwrap();
    components.extend(sbom::npm(&workspace().join("web"), "webview").unwrap());
    let refused: Vec<String> =
        licences::refused(&components).iter().map(|one| format!("{} {}", one.purl(), one.licence)).collect();
    haubert_score::record("30.licences", refused.is_empty(), format!("{} of {} refused", refused.len(), components.len()));
    assert_eq!(refused, [""; 0]);
    let document = sbom::document("haubert-gateway", "0.1.0", &components);
    assert_eq!(document["bomFormat"], "CycloneDX");
    let purls: BTreeSet<&str> =
        document["components"].as_array().unwrap().iter().filter_map(|one| one["purl"].as_str()).collect();
    assert_eq!(purls.len(), components.len(), "each has a name of its own");
}
