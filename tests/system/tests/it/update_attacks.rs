//! The whole list of attacks on updates, each brought to a running gateway: refused before anything is written, each under a name
//! of its own in the audit trail.

use crate::releases::{Maintained, PRODUCT, trail, tree};
use haubert_bundle::{Release, Version};
use haubert_release::supplier::Supplier;
use haubert_testkit::Api;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

type Entries = Vec<(String, Vec<u8>)>;
const NEW: Version = Version(0, 2, 0);

fn entry<'a>(entries: &'a mut Entries, end: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(name, _)| name.ends_with(end)).unwrap().1
}

/// A bundle with another tar header for one of its entries, whose sum fits.
fn reheaded(bundle: &[u8], name: &str, change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = bundle.to_vec();
    let is_it = |at: &usize| bytes[*at..].starts_with(name.as_bytes()) && bytes[at + name.len()] == 0;
    let at = (0..bytes.len()).step_by(512).find(is_it).unwrap();
    let block = &mut bytes[at..at + 512];
    change(block);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\x00 ").as_bytes());
    bytes
}

fn release(product: &str, architecture: &str) -> Release {
    Release {
        product: product.to_owned(),
        version: NEW,
        architecture: architecture.to_owned(),
        released_on: "2026-11-22".to_owned(),
        notes: BTreeMap::new(),
    }
}

/// Attacks by what the gateway must say of each.
async fn attacks(place: &Maintained) -> Vec<(&'static str, Vec<u8>)> {
    let supplier = &place.supplier;
    let plain = |number, version| async move { supplier.entries(number, version, &[(PRODUCT, b"program")]).await.unwrap() };
    let good = plain(6, NEW).await;
    let whole = place.pack(&good);
    let mut attacks = vec![
        ("update_not_a_bundle", b"#!/bin/sh\nrm -rf /\n".repeat(100)),
        ("update_truncated", whole[..whole.len() / 2].to_vec()),
        (
            "update_unsafe_name",
            reheaded(&whole, "targets/haubert-gateway", |head| {
                head[..100].fill(0);
                head[..21].copy_from_slice(b"targets/../../../etc/");
            }),
        ),
        ("update_unsafe_entry", reheaded(&whole, "targets/haubert-gateway", |head| head[156] = b'2')),
    ];
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    attacks.push(("update_damaged", flipped));

    let mut unsigned = good.clone();
    let timestamp = entry(&mut unsigned, "timestamp.json");
    let mut said: serde_json::Value = serde_json::from_slice(timestamp).unwrap();
    said["signatures"] = serde_json::json!([]);
    *timestamp = serde_json::to_vec(&said).unwrap();
    attacks.push(("update_no_signature", place.pack(&unsigned)));

    let thief = Supplier::new(&place.path("thief"), PRODUCT, supplier.expires).await.unwrap();
    let theirs = thief.entries(6, NEW, &[(PRODUCT, b"program")]).await.unwrap();
    attacks.push(("update_wrong_key", place.pack(&theirs)));

    let mut altered = good.clone();
    *entry(&mut altered, PRODUCT) = b"PROGRAM".to_vec();
    attacks.push(("update_altered", place.pack(&altered)));
    let mut endless = good.clone();
    entry(&mut endless, PRODUCT).resize(1 << 20, 0);
    attacks.push(("update_too_large", place.pack(&endless)));
    let mut without = good.clone();
    without.retain(|(name, _)| !name.ends_with(PRODUCT));
    attacks.push(("update_incomplete", place.pack(&without)));

    let mut mixed = plain(7, Version(0, 3, 0)).await;
    *entry(&mut mixed, "7.targets.json") = entry(&mut good.clone(), "6.targets.json").clone();
    attacks.push(("update_mixed", place.pack(&mixed)));
    attacks.push(("update_older_metadata", place.pack(&plain(4, NEW).await)));
    attacks.push(("update_older", place.pack(&plain(8, Version(0, 0, 9)).await)));
    attacks.push(("update_same_version_differs", place.pack(&plain(8, Version(0, 1, 0)).await)));

    let hub = supplier.entries_of(8, &release("haubert-hub", std::env::consts::ARCH), &[("haubert-hub", b"x")]).await.unwrap();
    attacks.push(("update_wrong_product", place.pack(&hub)));
    let pdp = supplier.entries_of(8, &release(PRODUCT, "pdp11"), &[(PRODUCT, b"x")]).await.unwrap();
    attacks.push(("update_wrong_architecture", place.pack(&pdp)));
    let mut frozen = supplier.clone();
    frozen.expires = "2001-01-01T00:00:00Z".parse().unwrap();
    attacks.push(("update_expired", place.pack(&frozen.entries(9, NEW, &[(PRODUCT, b"program")]).await.unwrap())));
    attacks
}

/// What an update may write: the slots and their state, what is known of the supplier, an offer. The latest time is no secret of
/// the bundle's.
fn written(place: &Maintained) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = tree(&place.path("slots"));
    all.extend(tree(&place.path("data/update")));
    all.retain(|path, _| !path.ends_with("latest-time"));
    all
}

/// What the gateway says of a bundle; and the reason in the newest record of a trail that has grown by it.
async fn bring(api: &Api, bundle: Vec<u8>) -> (String, Option<String>) {
    let so_far = trail(api, "update_refused").await.len();
    let answer = api.upload("/updates/bundle", bundle).await.unwrap();
    let records = trail(api, "update_refused").await;
    let newest = records.first().filter(|_| records.len() > so_far);
    (answer.code().to_owned(), newest.and_then(|record| record["details"]["reason"].as_str()).map(str::to_owned))
}

#[tokio::test]
async fn every_attack_is_refused_unwritten_and_under_its_own_name() {
    let mut place = Maintained::new().await;
    let program = place.set_up(5).await;
    let (api, _) = place.until("the first view", |_| true).await;
    let mut list = attacks(&place).await;
    let mut before = written(&place);
    assert!(before.keys().any(|path| path.ends_with("known/timestamp.json")), "{:?}", before.keys());

    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    let mut count = 0;
    loop {
        for (code, bundle) in std::mem::take(&mut list) {
            let (said, recorded) = bring(&api, bundle).await;
            count += 1;
            if said != code || recorded.as_deref() != Some(code) || !names.insert(code) {
                wrong.push(format!("{code}: said {said:?}, recorded {recorded:?}"));
            }
            if written(&place) != before {
                wrong.push(format!("{code}: something was written"));
            }
        }
        if names.contains("update_root_replayed") {
            break;
        }
        // At the end the supplier replaces its keys, and a genuine release tells the gateway so: what was signed before is worth nothing.
        let replayed = place.bundle(20, NEW, b"program").await;
        place.supplier.rotate().await.unwrap();
        let genuine = place.bundle(1, NEW, b"program").await;
        api.upload("/updates/bundle", genuine).await.unwrap().ok().expect("the control: an honest bundle is an offer");
        assert_ne!(written(&place), before, "what an accepted bundle writes is seen");
        before = written(&place);
        list.push(("update_root_replayed", replayed));
    }
    let figure = format!("{count} attacks, {} codes, {} went wrong", names.len(), wrong.len());
    haubert_score::record("26.attacks", wrong.is_empty() && names.len() == count, figure);
    assert_eq!(wrong, [""; 0]);
    assert_eq!(names.len(), 18);
    program.stop().await.unwrap();
}
