//! What ARCHITECTURE.md promises and a program can check.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const MAX_LINES: usize = 600;
const MEDIAN_LINES: usize = 200;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository()).output().expect("the command starts");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Room (`common`, `edge`, …) and shipped dependencies of each crate of ours.
fn crates() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = run(env!("CARGO"), &["metadata", "--no-deps", "--format-version", "1", "--offline", "--locked"]);
    let metadata: Value = serde_json::from_str(&text).expect("JSON");
    let root = repository();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().expect("path"));
            let room = manifest.strip_prefix(&root).expect("inside").components().next().expect("room");
            let dependencies = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().expect("name").to_owned())
                .collect();
            (package["name"].as_str().expect("name").to_owned(), (room.as_os_str().to_string_lossy().into_owned(), dependencies))
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let crates = crates();
    let mut broken = Vec::new();
    for (name, (room, dependencies)) in &crates {
        for (dependency, (theirs, _)) in dependencies.iter().filter_map(|dependency| crates.get_key_value(dependency)) {
            let allowed = match room.as_str() {
                "common" => theirs == "common",
                "edge" | "hub" => theirs == "common" || theirs == room,
                "tools" | "tests" => theirs == "common" || theirs == "tools",
                _ => false,
            };
            if !allowed {
                broken.push(format!("{name} ({room}) → {dependency} ({theirs})"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    let model = &crates["haubert-model"].1;
    assert!(model.iter().all(|dependency| !crates.contains_key(dependency)), "haubert-model depends on {model:?}");
}

#[test]
fn every_crate_inherits_the_lints() {
    let text = run("git", &["ls-files", "--cached", "--others", "--exclude-standard", "*/Cargo.toml"]);
    for manifest in text.lines() {
        let body = std::fs::read_to_string(repository().join(manifest)).expect("manifest");
        assert!(body.contains("[lints]\nworkspace = true"), "{manifest} does not inherit the workspace's lints");
    }
}

#[test]
fn the_programs_carry_one_crypto_provider() {
    for program in ["haubert-gateway", "haubert-hub"] {
        let tree = run(
            env!("CARGO"),
            &["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none", "-f", "{p}", "-p", program],
        );
        for banned in ["ring ", "native-tls ", "openssl "] {
            assert!(!tree.lines().any(|line| line.starts_with(banned)), "{program} carries {banned}");
        }
        assert!(tree.lines().any(|line| line.starts_with("aws-lc-rs ")));
    }
}

#[test]
fn files_are_small() {
    let text = run("git", &["ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*.ts", "*.svelte", "*.css"]);
    let mut sizes: Vec<(usize, &str)> = text
        .lines()
        .filter(|file| !file.ends_with("schema.d.ts"))
        .filter_map(|file| Some((std::fs::read_to_string(repository().join(file)).ok()?.lines().count(), file)))
        .collect();
    sizes.sort_unstable();
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > MAX_LINES).collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines: {long:?}");
    let median = sizes[sizes.len() / 2].0;
    assert!(median <= MEDIAN_LINES, "the median file has {median} lines");
}
