//! What the lines ask, what the sources record and what the document says are one.

// It reads only the repository's own files.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use haubert_score::{By, Figure, board, kept, lines};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn figures() -> Vec<Figure> {
    lines(&repository().join("tools/score/lines")).unwrap().into_iter().flat_map(|line| line.figures).collect()
}

/// Every source that may record, as one text.
fn sources() -> String {
    let list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*.ts", "*.sh", "*.mjs", ":!tools/score"])
        .current_dir(repository())
        .output()
        .unwrap();
    let names = String::from_utf8(list.stdout).unwrap();
    names.lines().filter_map(|name| std::fs::read_to_string(repository().join(name)).ok()).collect()
}

#[test]
fn every_figure_is_recorded_and_every_record_is_asked_for() {
    let (sources, figures) = (sources(), figures());
    let asked: BTreeSet<&str> = figures.iter().map(|figure| figure.id.as_str()).collect();
    assert_eq!(asked.len(), figures.len(), "an id stands twice");
    // scripts/fuzz.sh records each target by its name.
    let is_target =
        |id: &str| id.strip_prefix("15.").is_some_and(|name| repository().join(format!("fuzz/fuzz_targets/{name}.rs")).exists());
    let silent: Vec<&&str> = asked.iter().filter(|id| !is_target(id) && !sources.contains(&format!("\"{id}\""))).collect();
    assert!(silent.is_empty(), "no source records {silent:?}");
    let recorded =
        sources.split("haubert_score::record(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    let unasked: Vec<&str> = recorded.filter(|id| !asked.contains(id)).collect();
    assert!(unasked.is_empty(), "no line asks for {unasked:?}");
}

#[test]
fn what_measures_a_figure_exists() {
    let sources = sources();
    for figure in figures() {
        let found = match &figure.by {
            By::Test(name) => sources.contains(&format!("fn {}(", name.rsplit("::").next().unwrap())),
            By::Bench(section) => sources.contains(&format!("\"{section}\"")),
            By::Browser(file) => repository().join("web/e2e/tests").join(file).exists(),
            By::Script(file) => repository().join("scripts").join(file).exists(),
        };
        assert!(found, "{}: {:?} does not exist", figure.id, figure.by);
    }
}

#[test]
fn each_line_has_its_number_its_control_and_a_place() {
    for line in lines(&repository().join("tools/score/lines")).unwrap() {
        let prefix = format!("{:02}.", line.number);
        assert!(
            line.figures.iter().all(|figure| figure.id.starts_with(&prefix)),
            "line {}: ids begin with {prefix}",
            line.number
        );
        assert!(line.figures.iter().any(|figure| figure.control), "line {} has no negative control", line.number);
    }
}

#[test]
fn the_document_is_the_one_that_the_records_make() {
    let here = repository().join("tools/score");
    let text = board(&lines(&here.join("lines")).unwrap(), &kept(&here.join("records")).unwrap());
    let found = std::fs::read_to_string(repository().join("SCOREBOARD.md")).unwrap();
    assert!(found == text, "SCOREBOARD.md is not of today's records: target/debug/haubert-score board writes it");
}
