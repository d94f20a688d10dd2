//! The program itself: its walls, what it is made of, and whether that is what was signed.

use crate::app::App;
use crate::boot::Integrity;
use crate::posture::assess::{Finding, Verdict};
use crate::sandbox::Wall;
use haubert_service::wire::Time;

pub(super) fn check(app: &App) -> Vec<Finding> {
    let boot = app.boot.findings();
    let tested = &boot.self_test;
    vec![
        walls(app),
        Finding::new(
            "boot.manifest",
            match boot.integrity {
                Integrity::Ok => Verdict::Holds,
                Integrity::Unsigned => Verdict::Weak,
                Integrity::Tampered => Verdict::Fails,
            },
            [("files", boot.files.to_string()), ("faults", boot.faults.len().to_string())],
        )
        .since(Some(Time(boot.at))),
        Finding::new(
            "boot.selftest",
            if tested.passed() { Verdict::Holds } else { Verdict::Fails },
            [("tests", tested.tests.len().to_string()), ("failed", tested.failed().join(" "))],
        )
        .since(Some(Time(tested.at))),
        Finding::new("update.signed", if app.updates.has_key() { Verdict::Holds } else { Verdict::Weak }, []),
        Finding::new(
            "inventory.sbom",
            if boot.components.is_some() { Verdict::Holds } else { Verdict::Weak },
            [("components", boot.components.unwrap_or_default().to_string())],
        )
        .since(Some(Time(boot.at))),
    ]
}

fn walls(app: &App) -> Finding {
    let walls = app.walls;
    let verdict = match [walls.files, walls.calls, walls.process] {
        [Wall::Whole, Wall::Whole, Wall::Whole] => Verdict::Holds,
        [Wall::None, Wall::None, _] => Verdict::Fails,
        _ => Verdict::Weak,
    };
    let word = |wall: Wall| match wall {
        Wall::Whole => "whole",
        Wall::Partial => "partial",
        Wall::None => "none",
    };
    let proof = [("files", walls.files), ("calls", walls.calls), ("process", walls.process)];
    Finding::new("sandbox.walls", verdict, proof.map(|(name, wall)| (name, word(wall).to_owned())))
}
