//! What the launcher does with programs that behave in every way.

use crate::stage::{PROGRAM, Stage, until};
use haubert_update::{Reason, Slot};
use std::process::Child;

fn end(mut launcher: Child) {
    let group = i32::try_from(launcher.id()).unwrap();
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL).unwrap();
    launcher.wait().unwrap();
}

#[tokio::test]
async fn a_release_that_is_well_is_committed() {
    let stage = Stage::new("stay").await;
    stage.update(2, "commit").await;
    let launcher = stage.launch(60);
    until("the commit", || stage.slots.load().ok().filter(|state| state.version == "2.0.0"));
    let stayed = stage.ran() == [2];
    haubert_score::record("27.control", stayed, "a release that is well is not taken back");
    assert!(stayed);
    end(launcher);
}

#[tokio::test]
async fn a_release_that_dies_three_times_gives_way() {
    let stage = Stage::new("stay").await;
    stage.update(2, "die").await;
    let launcher = stage.launch(60);
    until("the fall back", || (stage.ran().len() == 4).then_some(()));
    assert_eq!(stage.ran(), [2, 2, 2, 1]);
    let state = stage.slots.load().unwrap();
    let back = (state.version.as_str(), state.past[0].reason) == ("1.0.0", Reason::DidNotStart);
    haubert_score::record("27.dies", back, format!("after {} attempts version {} runs", stage.ran().len() - 1, state.version));
    assert!(back, "{state:?}");
    end(launcher);
}

#[tokio::test]
async fn a_release_that_hangs_is_ended_in_time() {
    let stage = Stage::new("stay").await;
    stage.update(2, "stay").await;
    let launcher = stage.launch(1);
    until("the fall back", || (stage.ran() == [2, 1]).then_some(()));
    let reason = stage.slots.load().unwrap().past[0].reason;
    haubert_score::record("27.hangs", reason == Reason::NotHealthy, "ended, and version 1.0.0 runs");
    assert_eq!(reason, Reason::NotHealthy);
    end(launcher);
}

#[tokio::test]
async fn a_changed_program_does_not_run() {
    let stage = Stage::new("stay").await;
    stage.update(2, "commit").await;
    let launcher = stage.launch(60);
    until("the commit", || stage.slots.load().ok().filter(|state| state.version == "2.0.0"));
    end(launcher);
    let program = stage.slots.folder(Slot::B).join(PROGRAM);
    let text = std::fs::read_to_string(&program).unwrap();
    std::fs::write(&program, text.replace("#!/bin/sh", "#!/bin/sh ")).unwrap();
    let launcher = stage.launch(60);
    until("the fall back", || (stage.ran() == [2, 1]).then_some(()));
    let state = stage.slots.load().unwrap();
    assert_eq!(state.tampered.unwrap().files, ["program: changed"]);
    assert_eq!(state.past.last().unwrap().reason, Reason::FellBack);
    end(launcher);
}

/// One byte changed, at places all over each file: the slot that has it does not run.
#[tokio::test]
async fn a_slot_with_one_changed_byte_anywhere_does_not_run() {
    let stage = Stage::new("stay").await;
    stage.update(2, "commit").await;
    assert_eq!(stage.slots.update(|state| state.commit()).ok(), Some(true));
    let committed = stage.slots.load().unwrap();
    let folder = stage.slots.folder(Slot::B);
    let places = usize::try_from(haubert_score::count(10, 250)).unwrap();
    let runs = || committed.clone().start(|slot| stage.slots.faults(slot, &stage.root));
    let (mut tried, mut ran) = (0, Vec::new());
    for file in [PROGRAM, "release.json", "metadata/targets.json"] {
        let path = folder.join(file);
        let good = std::fs::read(&path).unwrap();
        for place in 0..places {
            let mut bad = good.clone();
            let at = place * good.len() / places;
            bad[at] = bad[at].wrapping_add(1);
            std::fs::write(&path, &bad).unwrap();
            tried += 1;
            // The list of files has a signature whose digits may be written in two ways; nothing else in it may differ.
            if runs() == Slot::B {
                let around = String::from_utf8_lossy(&good[at.saturating_sub(20)..good.len().min(at + 20)]);
                ran.push(format!("byte {at} of {file}: …{around}…"));
            }
        }
        std::fs::write(&path, &good).unwrap();
    }
    let whole = runs() == Slot::B;
    let figure = format!("{} of {tried} changed slots run", ran.len());
    haubert_score::record("28.any-byte", ran.is_empty() && whole, figure);
    assert_eq!(ran, [""; 0]);
    assert!(whole, "the control: as signed it runs");
}
