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

/// `HAUBERT_KILLS` kills, 20 unless told.
#[tokio::test]
async fn a_whole_release_runs_at_every_start() {
    let kills: u64 = std::env::var("HAUBERT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let seed: u64 = std::env::var("HAUBERT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let stage = Stage::new("next").await;
    for number in 2..=u32::try_from(kills).unwrap() * 2 + 2 {
        stage.bundle(number, "next").await;
    }
    let mut random = seed;
    for kill in 0..kills {
        let before = stage.ran().len();
        let mut launcher = stage.launch(60);
        until("a start", || (stage.ran().len() > before).then_some(()));
        // Any moment of installing, switching, starting anew and committing.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % 120_000));
        killpg(Pid::from_raw(i32::try_from(launcher.id()).unwrap()), Signal::SIGKILL).unwrap();
        launcher.wait().unwrap();
        let state = stage.slots.load().unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        assert_eq!(stage.slots.faults(state.active, &stage.root), [""; 0], "kill {kill}, seed {seed}");
    }
    let ran = stage.ran();
    assert!(ran.iter().max() > Some(&2), "updates went on between the kills: {ran:?}");
    assert!(ran.windows(2).all(|pair| pair[1] + 1 >= pair[0]), "never further back than one release: {ran:?}");
    assert!(stage.slots.folder(haubert_update::Slot::A).join(PROGRAM).exists());
}
