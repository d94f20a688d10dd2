//! The negative control of the refusals: each attack gets through where its guard, and nothing else, is taken away.

use crate::stage::{Entries, PRODUCT, Stage};
use haubert_bundle::{Archive, Installed, Known, Release, Version, verify};
use haubert_model::Timestamp;
use haubert_release::supplier::Supplier;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What decides on a bundle.
#[derive(Clone)]
struct Guards {
    root: Vec<u8>,
    known: PathBuf,
    installed: Installed,
    now: Timestamp,
}

impl Guards {
    async fn code(&self, stage: &Stage, entries: &Entries) -> &'static str {
        let archive = Archive::open(&stage.pack(entries)).unwrap();
        let mut known = Known::open(&self.known, &self.root).unwrap();
        verify(&archive, &mut known, &self.installed, self.now).await.map_or_else(|refusal| refusal.code(), |_| "accepted")
    }
}

fn release(product: &str, architecture: &str) -> Release {
    Release {
        product: product.to_owned(),
        version: Version(0, 2, 0),
        architecture: architecture.to_owned(),
        released_on: "2026-11-22".to_owned(),
        notes: BTreeMap::new(),
    }
}

#[tokio::test]
async fn each_attack_gets_through_where_its_guard_is_taken_away() {
    let mut stage = Stage::new().await;
    let folder = |name: &str| stage.dir.path().join(name);
    let guards = Guards {
        root: std::fs::read(stage.supplier.root(1)).unwrap(),
        known: folder("known"),
        installed: stage.installed.clone(),
        now: stage.now,
    };
    let blank = |name: &str| Guards { known: folder(name), ..guards.clone() };
    let arch = std::env::consts::ARCH;
    // The attack, what refuses it, the same without its guard.
    let mut attacks: Vec<(&str, Entries, Guards, Guards)> = Vec::new();

    let other = Supplier::new(&folder("other"), PRODUCT, stage.supplier.expires).await.unwrap();
    let theirs = other.entries(1, Version(0, 2, 0), &[(PRODUCT, b"x")]).await.unwrap();
    let their_root = std::fs::read(other.root(1)).unwrap();
    attacks.push(("update_wrong_key", theirs, blank("1"), Guards { root: their_root, ..blank("1-open") }));

    let good = stage.entries(7, Version(0, 4, 0)).await;
    let late = Timestamp::from_secs(stage.supplier.expires.as_second());
    attacks.push(("update_expired", good.clone(), Guards { now: late, ..blank("2") }, blank("2-open")));

    let installed = |version| Installed { version, ..guards.installed.clone() };
    attacks.push((
        "update_older",
        good.clone(),
        Guards { installed: installed(Version(0, 5, 0)), ..blank("3") },
        blank("3-open"),
    ));
    let same = Guards { installed: installed(Version(0, 4, 0)), ..blank("4") };
    attacks.push(("update_same_version_differs", good.clone(), same, blank("4-open")));

    let hub = stage.supplier.entries_of(7, &release("haubert-hub", arch), &[("haubert-hub", b"x")]).await.unwrap();
    let open =
        Guards { installed: Installed { product: "haubert-hub".to_owned(), ..guards.installed.clone() }, ..blank("5-open") };
    attacks.push(("update_wrong_product", hub, blank("5"), open));
    let pdp = stage.supplier.entries_of(7, &release(PRODUCT, "pdp11"), &[(PRODUCT, b"x")]).await.unwrap();
    let open =
        Guards { installed: Installed { architecture: "pdp11".to_owned(), ..guards.installed.clone() }, ..blank("6-open") };
    attacks.push(("update_wrong_architecture", pdp, blank("6"), open));

    // What was learnt of publication 7 refuses the ones before it, and a twin of it.
    let learnt = blank("7");
    assert_eq!(learnt.code(&stage, &good).await, "accepted");
    attacks.push(("update_older_metadata", stage.entries(6, Version(0, 3, 0)).await, learnt.clone(), blank("7-open")));
    let twin = stage.supplier.entries(7, Version(0, 4, 0), &[(PRODUCT, b"another")]).await.unwrap();
    attacks.push(("update_mixed", twin, learnt, blank("8-open")));

    let rotated = blank("9");
    let open = blank("9-open");
    stage.supplier.rotate().await.unwrap();
    assert_eq!(rotated.code(&stage, &stage.entries(8, Version(0, 6, 0)).await).await, "accepted");
    attacks.push(("update_root_replayed", good, rotated, open));

    let mut through = 0;
    for (code, entries, guarded, open) in &attacks {
        assert_eq!(guarded.code(&stage, entries).await, *code);
        through += usize::from(open.code(&stage, entries).await == "accepted");
    }
    let figure = format!("{through} of {} attacks get through without their guard", attacks.len());
    haubert_score::record("26.control", through == attacks.len(), figure);
    assert_eq!(through, attacks.len());
}
