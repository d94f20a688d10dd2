//! What was unpacked is still what was signed.

use crate::stage::{PRODUCT, Stage};
use haubert_bundle::seal::{self, Broken};
use haubert_bundle::{Verified, Version};
use std::path::{Path, PathBuf};

fn unpack(verified: &Verified, slot: &Path) {
    std::fs::create_dir_all(slot.join(seal::METADATA)).unwrap();
    for name in verified.files.keys() {
        let mut file = std::fs::File::create(slot.join(name)).unwrap();
        verified.archive().copy(&format!("targets/{name}"), &mut file).unwrap();
    }
    for (name, bytes) in &verified.evidence {
        std::fs::write(slot.join(seal::METADATA).join(name), bytes).unwrap();
    }
}

async fn sealed(stage: &Stage) -> (PathBuf, Vec<u8>) {
    let verified = stage.check(&stage.entries(1, Version(0, 2, 0)).await).await.unwrap();
    let slot = stage.dir.path().join("slot");
    unpack(&verified, &slot);
    (slot, std::fs::read(stage.supplier.root(1)).unwrap())
}

#[tokio::test]
async fn one_changed_byte_anywhere_breaks_the_seal() {
    let stage = Stage::new().await;
    let (slot, pinned) = sealed(&stage).await;
    assert_eq!(seal::check(&slot, &pinned).unwrap().release.version, Version(0, 2, 0));
    for file in [PRODUCT, "page.html", "release.json", "metadata/targets.json"] {
        let path = slot.join(file);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 3] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        let Err(Broken::Tampered(files)) = seal::check(&slot, &pinned) else { panic!("{file} may be changed") };
        assert!(files[0].starts_with(file), "{files:?}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(seal::check(&slot, &pinned), Err(Broken::Tampered(_))), "{file} may be missing");
        std::fs::write(&path, &good).unwrap();
    }
    seal::check(&slot, &pinned).unwrap();
}

#[tokio::test]
async fn nothing_may_be_added_and_links_are_no_files() {
    let stage = Stage::new().await;
    let (slot, pinned) = sealed(&stage).await;
    std::fs::write(slot.join("libc.so.6"), b"x").unwrap();
    let broken = seal::check(&slot, &pinned).unwrap_err();
    assert_eq!(broken, Broken::Tampered(vec!["libc.so.6: does not belong here".to_owned()]));
    std::fs::remove_file(slot.join("libc.so.6")).unwrap();
    let elsewhere = stage.dir.path().join("elsewhere");
    std::fs::rename(slot.join(PRODUCT), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, slot.join(PRODUCT)).unwrap();
    assert!(matches!(seal::check(&slot, &pinned), Err(Broken::Tampered(_))));
}

#[tokio::test]
async fn anothers_keys_seal_nothing_and_replaced_keys_still_do() {
    let mut stage = Stage::new().await;
    let (slot, pinned) = sealed(&stage).await;
    let other = Stage::new().await;
    let theirs = std::fs::read(other.supplier.root(1)).unwrap();
    assert!(matches!(seal::check(&slot, &theirs), Err(Broken::Tampered(_))));
    assert!(matches!(seal::check(&slot, b"{}"), Err(Broken::Tampered(_))));
    // A release under new keys is proven from the first root, through the chain that came with it.
    stage.supplier.rotate().await.unwrap();
    let verified = stage.check(&stage.entries(2, Version(0, 3, 0)).await).await.unwrap();
    let slot = stage.dir.path().join("slot-b");
    unpack(&verified, &slot);
    assert_eq!(seal::check(&slot, &pinned).unwrap().release.version, Version(0, 3, 0));
    // Without a list there is no seal to break.
    std::fs::remove_dir_all(slot.join(seal::METADATA)).unwrap();
    assert_eq!(seal::check(&slot, &pinned).unwrap_err(), Broken::Unsigned);
}
