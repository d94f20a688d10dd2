//! The program itself: its walls.

use crate::app::App;
use crate::posture::assess::{Finding, Verdict};
use crate::sandbox::Wall;

pub(super) fn check(app: &App) -> Vec<Finding> {
    vec![walls(app)]
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
