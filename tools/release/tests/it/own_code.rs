//! `unsafe` in our own code: forbidden by a lint that each crate inherits; and counted, because a crate could forget to.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Places with the word as code: not in a comment or a string, not as part of another word.
fn places(text: &str) -> usize {
    let code = |line: &str| line.split("//").next().unwrap_or_default().split('"').step_by(2).collect::<String>();
    let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let in_line = |line: &str| {
        let line = code(line);
        let alone = |(at, word): &(usize, &str)| {
            let bytes = line.as_bytes();
            !is_word(at.checked_sub(1).map(|at| bytes[at])) && !is_word(bytes.get(at + word.len()).copied())
        };
        line.match_indices("unsafe").filter(alone).count()
    };
    text.lines().map(in_line).sum()
}

#[test]
fn our_own_code_has_no_unsafe_and_every_crate_forbids_it() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let listed = |pattern: &str| -> Vec<PathBuf> {
        let list = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", pattern])
            .current_dir(&workspace)
            .output()
            .unwrap();
        let names = String::from_utf8(list.stdout).unwrap();
        names.lines().map(|name| workspace.join(name)).filter(|path| path.exists()).collect()
    };
    let sources = listed("*.rs");
    let found: Vec<String> = sources
        .iter()
        .map(|path| (path, places(&std::fs::read_to_string(path).unwrap())))
        .filter(|(_, count)| *count > 0)
        .map(|(path, count)| format!("{}: {count}", path.display()))
        .collect();
    let noticed =
        places("pub unsafe fn f() {}\nlet x = unsafe { g() };") == 2 && places("// unsafe\n\"unsafe\"; unsafe_code") == 0;
    haubert_score::record("30.unsafe", found.is_empty(), format!("{} in {} files", found.len(), sources.len()));
    haubert_score::record("30.unsafe-control", noticed, "the count finds the word where it is code");
    assert_eq!(found, [""; 0]);
    assert!(noticed && sources.len() > 300, "{}", sources.len());
    for manifest in listed("*/*/Cargo.toml") {
        let text = std::fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{} does not inherit the lints", manifest.display());
    }
}
