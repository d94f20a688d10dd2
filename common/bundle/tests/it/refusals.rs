//! Each way to cheat, and its code.

use crate::stage::{Entries, PRODUCT, Stage, entry};
use haubert_bundle::{Archive, Known, Refusal, Release, Version, verify};
use haubert_model::Timestamp;
use haubert_release::keys;
use haubert_release::supplier::Supplier;
use std::collections::BTreeMap;

const NEW: Version = Version(0, 2, 0);

#[tokio::test]
async fn a_good_bundle_is_accepted_whole() {
    let stage = Stage::new().await;
    let verified = stage.check(&stage.entries(1, NEW).await).await.unwrap();
    assert_eq!(verified.release.version, NEW);
    assert_eq!(verified.release.notes["fr"], "Version d’essai.");
    assert_eq!(verified.files.keys().collect::<Vec<_>>(), [PRODUCT, "page.html", "release.json"]);
    // Seen twice is no replay.
    assert_eq!(stage.code(&stage.entries(1, NEW).await).await, "accepted");
}

#[tokio::test]
async fn signatures_must_be_there_and_be_the_suppliers() {
    let stage = Stage::new().await;
    let mut unsigned = stage.entries(1, NEW).await;
    let bytes = entry(&mut unsigned, "timestamp.json");
    let mut timestamp: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    timestamp["signatures"] = serde_json::json!([]);
    *bytes = serde_json::to_vec(&timestamp).unwrap();
    assert_eq!(stage.code(&unsigned).await, "update_no_signature");

    // The same release by a supplier of somebody else's, whole and consistent.
    let other = Supplier::new(&stage.dir.path().join("other"), PRODUCT, stage.supplier.expires).await.unwrap();
    let theirs = other.entries(1, NEW, &[(PRODUCT, b"program")]).await.unwrap();
    assert_eq!(stage.code(&theirs).await, "update_wrong_key");

    // One key of the supplier's in the wrong place: the timestamp's key signs the list of files.
    let mut misused = stage.supplier.clone();
    std::fs::remove_file(&misused.keys.targets).unwrap();
    keys::make(&misused.keys.targets).unwrap();
    misused.keys.targets = misused.keys.timestamp.clone();
    assert!(misused.entries(1, NEW, &[(PRODUCT, b"program")]).await.is_err(), "the tool itself refuses");
}

#[tokio::test]
async fn every_altered_file_is_found() {
    let stage = Stage::new().await;
    for file in ["timestamp.json", "1.snapshot.json", "1.targets.json", PRODUCT, "page.html", "release.json"] {
        let mut entries = stage.entries(1, NEW).await;
        let bytes = entry(&mut entries, file);
        // In the middle of something that is signed, and still readable.
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = match file {
            "timestamp.json" | "1.snapshot.json" | "1.targets.json" => text.replacen("2027-", "2028-", 1),
            _ => text.replacen(['p', '2'], "q", 1),
        }
        .into_bytes();
        assert_eq!(stage.code(&entries).await, "update_altered", "{file}");
    }
}

#[tokio::test]
async fn a_thousand_flipped_bits_and_every_cut_are_refused_and_nothing_is_learnt() {
    const PLACES: usize = 1_000;
    let stage = Stage::new().await;
    let good = std::fs::read(stage.pack(&stage.entries(1, NEW).await)).unwrap();
    let bad = stage.dir.path().join("bad");
    let refused = |bytes: &[u8]| {
        std::fs::write(&bad, bytes).unwrap();
        Archive::open(&bad).is_err()
    };
    let flipped = (0..PLACES).filter(|place| {
        let mut bytes = good.clone();
        // Places all over the file, and each of the eight bits.
        bytes[place * good.len() / PLACES] ^= 1 << (place % 8);
        refused(&bytes)
    });
    let flipped = flipped.count();
    haubert_score::record("26.bit-flips", flipped == PLACES, format!("{flipped} of {PLACES} refused"));
    assert_eq!(flipped, PLACES);
    for len in (0..good.len()).step_by(512) {
        assert!(refused(&good[..len]), "{len} bytes");
    }
    assert!(!refused(&good), "the control");
    assert!(!stage.dir.path().join("known").exists());
}

/// Whoever changes a bundle can mend its checksum. The same bits again, behind one that fits: what is accepted is what was signed.
#[tokio::test]
async fn flipped_bits_behind_a_mended_checksum_change_nothing_that_is_installed() {
    let places = usize::try_from(haubert_score::count(30, 1_000)).unwrap();
    let stage = Stage::new().await;
    let entries = stage.entries(1, NEW).await;
    let good = stage.check(&entries).await.unwrap();
    // The first root is known, so its copy in the bundle is not read.
    let is_read = |name: &str| name != "metadata/1.root.json";
    let total: usize = entries.iter().filter(|(name, _)| is_read(name)).map(|(_, bytes)| bytes.len()).sum();
    let (mut refused, mut changed) = (0, Vec::new());
    for place in 0..places {
        let mut at = place * total / places;
        let mut bad = entries.clone();
        let mut read = bad.iter_mut().filter(|(name, _)| is_read(name));
        let (name, bytes) = loop {
            let (name, bytes) = read.next().unwrap();
            if at < bytes.len() {
                break (name.clone(), bytes);
            }
            at -= bytes.len();
        };
        bytes[at] ^= 1 << (place % 8);
        match stage.check(&bad).await {
            // Metadata have more than one spelling: the case of a digit in a signature.
            Ok(found) if found.release == good.release && found.files == good.files && !name.starts_with("targets/") => {}
            Ok(_) => changed.push(format!("byte {at} of {name}")),
            Err(_) => refused += 1,
        }
    }
    let same = places - refused - changed.len();
    let figure = format!("{refused} of {places} refused, {same} without effect, {} installed", changed.len());
    haubert_score::record("26.bit-flips-mended", changed.is_empty() && refused > 0, figure);
    assert_eq!(changed, [""; 0]);
    assert!(refused > same, "{refused} of {places}");
}

#[tokio::test]
async fn a_bundle_cut_at_each_64_kib_is_refused_as_cut_off() {
    const STEP: u64 = 64 * 1024;
    let stage = Stage::new().await;
    let program = vec![7; usize::try_from(haubert_score::count(1, 16)).unwrap() << 20];
    let entries = stage.supplier.entries(1, NEW, &[(PRODUCT, &program)]).await.unwrap();
    let path = stage.pack(&entries);
    let whole = std::fs::metadata(&path).unwrap().len();
    Archive::open(&path).expect("the control: whole it is sound");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let cuts: Vec<u64> = (0..whole.div_ceil(STEP)).rev().map(|step| step * STEP).collect();
    let cut_off = cuts.iter().filter(|len| {
        file.set_len(**len).unwrap();
        matches!(Archive::open(&path), Err(Refusal::Truncated))
    });
    let cut_off = cut_off.count();
    haubert_score::record("26.cuts", cut_off == cuts.len(), format!("{cut_off} of {} refused", cuts.len()));
    assert_eq!(cut_off, cuts.len());
    assert!(cuts.len() > 15);
}

#[tokio::test]
async fn a_file_without_an_end_is_refused_before_it_is_read() {
    let stage = Stage::new().await;
    let endless = stage.dir.path().join("endless");
    std::fs::File::create(&endless).unwrap().set_len(haubert_bundle::archive::MAX_BUNDLE + 1).unwrap();
    assert_eq!(Archive::open(&endless).unwrap_err().code(), "update_too_large");
}

#[tokio::test]
async fn time_does_not_come_back() {
    let mut stage = Stage::new().await;
    let entries = stage.entries(1, NEW).await;
    let in_time = stage.now;
    stage.now = Timestamp::from_secs(stage.supplier.expires.as_second());
    assert_eq!(stage.code(&entries).await, "update_expired");
    // A clock set back does not make it new again.
    stage.now = in_time;
    assert_eq!(stage.code(&entries).await, "update_expired");
    // The control: the same bundle at a gateway that has not seen that time.
    std::fs::remove_dir_all(stage.dir.path().join("known")).unwrap();
    assert_eq!(stage.code(&entries).await, "accepted");
}

#[tokio::test]
async fn parts_of_two_releases_do_not_mix() {
    let stage = Stage::new().await;
    let old = stage.entries(1, NEW).await;
    let new = stage.entries(2, Version(0, 3, 0)).await;
    let mut mixed = new.clone();
    // The older list of files under the newer's name: each part is genuine.
    *entry(&mut mixed, "2.targets.json") = entry(&mut old.clone(), "1.targets.json").clone();
    assert_eq!(stage.code(&mixed).await, "update_mixed");
    let mut mixed = new.clone();
    *entry(&mut mixed, "2.snapshot.json") = entry(&mut old.clone(), "1.snapshot.json").clone();
    assert_eq!(stage.code(&mixed).await, "update_mixed");
    let mut mixed = new.clone();
    *entry(&mut mixed, "timestamp.json") = entry(&mut old.clone(), "timestamp.json").clone();
    assert_eq!(stage.code(&mixed).await, "update_mixed");
    let mut mixed = new;
    *entry(&mut mixed, PRODUCT) = entry(&mut old.clone(), PRODUCT).clone();
    assert_eq!(stage.code(&mixed).await, "update_altered");
    // Two publications with one number.
    assert_eq!(stage.code(&old).await, "accepted");
    let twin = stage.supplier.entries(1, NEW, &[(PRODUCT, b"another program")]).await.unwrap();
    assert_eq!(stage.code(&twin).await, "update_mixed");
}

#[tokio::test]
async fn older_metadata_and_older_versions_are_refused() {
    let mut stage = Stage::new().await;
    let old = stage.entries(1, NEW).await;
    assert_eq!(stage.code(&stage.entries(2, Version(0, 3, 0)).await).await, "accepted");
    assert_eq!(stage.code(&old).await, "update_older_metadata");
    // A supplier that publishes an old version anew does not get it in either.
    stage.installed.version = Version(0, 5, 0);
    assert_eq!(stage.code(&stage.entries(3, Version(0, 4, 9)).await).await, "update_older");
    // The installed version's number on another program.
    let same = stage.entries(4, Version(0, 5, 0)).await;
    assert_eq!(stage.code(&same).await, "update_same_version_differs");
    stage.installed.program = None;
    assert_eq!(stage.code(&same).await, "update_already_installed");
}

#[tokio::test]
async fn other_products_and_processors_are_refused() {
    let stage = Stage::new().await;
    let mut release = Release {
        product: "haubert-hub".to_owned(),
        version: NEW,
        architecture: std::env::consts::ARCH.to_owned(),
        released_on: "2026-11-22".to_owned(),
        notes: BTreeMap::new(),
    };
    let hub = stage.supplier.entries_of(9, &release, &[("haubert-hub", b"x")]).await.unwrap();
    assert_eq!(stage.code(&hub).await, "update_wrong_product");
    release.product = PRODUCT.to_owned();
    release.architecture = "pdp11".to_owned();
    let pdp = stage.supplier.entries_of(9, &release, &[(PRODUCT, b"x")]).await.unwrap();
    assert_eq!(stage.code(&pdp).await, "update_wrong_architecture");
    // Neither has blocked the way for those that are meant for us.
    assert_eq!(stage.code(&stage.entries(1, NEW).await).await, "accepted");
}

#[tokio::test]
async fn missing_and_endless_files_are_refused() {
    let stage = Stage::new().await;
    for file in ["timestamp.json", PRODUCT, "release.json"] {
        let mut entries = stage.entries(1, NEW).await;
        entries.retain(|(name, _)| !name.ends_with(file));
        assert_eq!(stage.code(&entries).await, "update_incomplete", "{file}");
    }
    let mut endless = stage.entries(1, NEW).await;
    entry(&mut endless, PRODUCT).resize(1 << 20, 0);
    assert_eq!(stage.code(&endless).await, "update_too_large");
    let mut endless: Entries = stage.entries(1, NEW).await;
    entry(&mut endless, "timestamp.json").resize(600 * 1024, b' ');
    assert_eq!(stage.code(&endless).await, "update_too_large");
}

#[tokio::test]
async fn target_names_cannot_leave_their_folder() {
    let stage = Stage::new().await;
    for name in ["../haubert-gateway", "a/b", ".profile", "metadata"] {
        let files: [(&str, &[u8]); 2] = [(PRODUCT, b"x"), (name, b"x")];
        let mut entries = stage.supplier.entries(1, NEW, &files).await.unwrap();
        // The container would refuse the name by itself; here the signed list has it.
        entries.retain(|(entry, _)| *entry != format!("targets/{name}"));
        assert_eq!(stage.code(&entries).await, "update_unsafe_name", "{name}");
    }
}

#[tokio::test]
async fn replaced_keys_are_worth_nothing_any_more() {
    let mut stage = Stage::new().await;
    let before = stage.entries(5, Version(0, 9, 0)).await;
    let stolen = stage.supplier.clone();
    stage.supplier.rotate().await.unwrap();
    let after = stage.entries(2, NEW).await;
    // An old gateway and a fresh one follow the chain, although the numbers of the publications went down.
    assert_eq!(stage.code(&after).await, "accepted");
    assert_eq!(stage.code(&before).await, "update_root_replayed");
    // The thief knows the new root too, but signs with the stolen keys.
    let mut forged = stolen.entries(6, Version(0, 9, 0), &[(PRODUCT, b"x")]).await;
    assert!(forged.is_err(), "the tool signs only with keys of the newest root");
    let mut by_hand = before.clone();
    by_hand.insert(1, after.iter().find(|(name, _)| name == "metadata/2.root.json").unwrap().clone());
    forged = Ok(by_hand);
    assert_eq!(stage.code(&forged.unwrap()).await, "update_wrong_key");
}

#[tokio::test]
async fn a_new_root_is_kept_even_from_a_bundle_that_is_refused() {
    let mut stage = Stage::new().await;
    let before = stage.entries(1, NEW).await;
    stage.supplier.rotate().await.unwrap();
    let mut after = stage.entries(2, NEW).await;
    entry(&mut after, PRODUCT).push(b'x');
    assert_eq!(stage.code(&after).await, "update_too_large");
    assert_eq!(stage.code(&before).await, "update_root_replayed");
}

#[tokio::test]
async fn a_root_that_its_predecessor_did_not_sign_is_refused() {
    let mut stage = Stage::new().await;
    let other = Supplier::new(&stage.dir.path().join("other"), PRODUCT, stage.supplier.expires).await.unwrap();
    let mut thief = other.clone();
    thief.rotate().await.unwrap();
    let mut entries = thief.entries(1, NEW, &[(PRODUCT, b"x")]).await.unwrap();
    assert_eq!(stage.code(&entries).await, "update_wrong_key");
    stage.supplier.rotate().await.unwrap();
    // One root key of two: below the threshold.
    *entry(&mut entries, "2.root.json") = one_signature(&std::fs::read(stage.supplier.root(2)).unwrap());
    assert_eq!(stage.code(&entries).await, "update_altered");
}

fn one_signature(root: &[u8]) -> Vec<u8> {
    let mut root: serde_json::Value = serde_json::from_slice(root).unwrap();
    let ids = root["signed"]["roles"]["root"]["keyids"].clone();
    let signatures = root["signatures"].as_array_mut().unwrap();
    // The old keys' signatures, but for one.
    let mut old = 0;
    signatures.retain(|signature| {
        let new = ids.as_array().unwrap().contains(&signature["keyid"]);
        old += u32::from(!new);
        new || old == 1
    });
    serde_json::to_vec(&root).unwrap()
}

#[tokio::test]
async fn without_a_suppliers_key_nothing_is_believed() {
    let stage = Stage::new().await;
    let dir = stage.dir.path().join("none");
    for pinned in [&b""[..], b"{}", b"\xff"] {
        assert!(matches!(Known::open(&dir, pinned), Err(Refusal::NoSupplierKey)));
    }
    // A root that was changed is none.
    let text = std::fs::read_to_string(stage.supplier.root(1)).unwrap().replace("2027-", "2037-");
    assert!(matches!(Known::open(&dir, text.as_bytes()), Err(Refusal::NoSupplierKey)));
    let archive = Archive::open(&stage.pack(&stage.entries(1, NEW).await)).unwrap();
    verify(&archive, &mut stage.known(), &stage.installed, stage.now).await.expect("the control");
}
