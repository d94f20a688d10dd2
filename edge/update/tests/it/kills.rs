//! `kill -9` of everything at any moment of an update: a whole release runs at every start.
//!
//! Each program installs the next release while it runs, switches and asks to be started again; the next one commits and goes on
//! in the same way. Launcher and program are killed together at random moments, and everything starts anew.

use crate::stage::{PROGRAM, Stage, accept, until};
use haubert_bundle::Version;
use haubert_update::{Kind, START_AGAIN, Slots};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The program in the slots; run by their scripts only.
#[test]
#[ignore = "run by the launcher"]
fn fake_program() {
    let Some(dir) = std::env::var_os("FAKE_DIR").map(PathBuf::from) else { return };
    let version: u32 = std::env::var("FAKE_VERSION").unwrap().parse().unwrap();
    let slots = Slots::new(&dir.join("slots"));
    let mut runs = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("runs")).unwrap();
    writeln!(runs, "{version}").unwrap();
    match std::env::var("FAKE_ACT").unwrap().as_str() {
        "die" => std::process::exit(1),
        "commit" => {
            slots.update(|state| state.healthy()).unwrap();
            slots.update(|state| state.commit()).unwrap();
        }
        "next" => {
            if slots.load().unwrap().trial.is_some() {
                slots.update(|state| state.healthy()).unwrap();
                slots.update(|state| state.commit()).unwrap();
            }
            let bundle = dir.join(format!("bundle-{}", version + 1));
            if bundle.exists() {
                let root = std::fs::read(dir.join("supplier/roots/1.root.json")).unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let verified = runtime.block_on(accept(&slots, &root, &bundle, Version(version, 0, 0)));
                slots.install(&verified, &root).unwrap();
                slots.update(|state| state.switch(Kind::Update)).unwrap();
                std::process::exit(START_AGAIN);
            }
        }
        _ => {}
    }
    std::thread::sleep(Duration::from_secs(600));
}

/// 10 kills, 100 in full.
#[tokio::test]
async fn a_whole_release_runs_at_every_start() {
    let kills = haubert_score::count(10, 100);
    let seed: u64 = std::env::var("HAUBERT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let stage = Stage::new("next").await;
    for number in 2..=u32::try_from(kills).unwrap() * 2 + 2 {
        stage.bundle(number, "next").await;
    }
    let mut random = seed;
    let mut broken = Vec::new();
    let (mut window, mut newest) = (120_000, 0);
    for kill in 0..kills {
        let before = stage.ran().len();
        let mut launcher = stage.launch(60);
        until("a start", || (stage.ran().len() > before).then_some(()));
        // Any moment of installing, switching, starting anew and committing.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % window));
        killpg(Pid::from_raw(i32::try_from(launcher.id()).unwrap()), Signal::SIGKILL).unwrap();
        launcher.wait().unwrap();
        // A busy machine gets longer, or no update would ever come to its end.
        let now = stage.ran().iter().max().copied().unwrap_or_default();
        window = if now > newest { (window / 2).max(120_000) } else { (window * 2).min(8_000_000) };
        newest = now;
        let faults = stage.slots.load().map(|state| stage.slots.faults(state.active, &stage.root));
        if !faults.as_ref().is_ok_and(Vec::is_empty) {
            broken.push(format!("kill {kill}: {faults:?}"));
        }
    }
    let ran = stage.ran();
    let never_far_back = ran.windows(2).all(|pair| pair[1] + 1 >= pair[0]);
    let figure = format!("{} of {kills} left no whole slot; {newest} releases went in between; seed {seed}", broken.len());
    haubert_score::record("27.kills", broken.is_empty() && never_far_back && newest > 1, figure);
    assert_eq!(broken, [""; 0], "seed {seed}");
    assert!(newest > 1, "updates went on between the kills: {ran:?}");
    assert!(never_far_back, "never further back than one release: {ran:?}");
    // Only of the active slot: the last kill may have met the other one in the middle of an installation.
    let active = stage.slots.load().unwrap().active;
    assert!(stage.slots.folder(active).join(PROGRAM).exists());
}
