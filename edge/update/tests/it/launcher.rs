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
    assert_eq!(stage.ran(), [2]);
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
    assert_eq!((state.version.as_str(), state.past[0].reason), ("1.0.0", Reason::DidNotStart));
    end(launcher);
}

#[tokio::test]
async fn a_release_that_hangs_is_ended_in_time() {
    let stage = Stage::new("stay").await;
    stage.update(2, "stay").await;
    let launcher = stage.launch(1);
    until("the fall back", || (stage.ran() == [2, 1]).then_some(()));
    assert_eq!(stage.slots.load().unwrap().past[0].reason, Reason::NotHealthy);
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
