//! Keys, roots, bundles, a rotation: the way of a supplier's first years.

use haubert_bundle::{Archive, Installed, Known, Version, verify};
use haubert_model::Timestamp;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn tool(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_haubert-release")).args(arguments).current_dir(dir).output().unwrap()
}

fn good(dir: &Path, arguments: &[&str]) {
    let said = tool(dir, arguments);
    assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
}

fn bundle(dir: &Path, keys: &str, version: &str, number: &str) -> PathBuf {
    let out = format!("{version}.haubert");
    let arguments = [
        "bundle",
        "--roots",
        "roots",
        "--keys",
        keys,
        "--files",
        "files",
        "--release",
        version,
        "--number",
        number,
        "--out",
        &out,
    ];
    good(dir, &arguments);
    dir.join(out)
}

#[tokio::test]
async fn a_gateway_believes_what_the_tool_signs_before_and_after_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    std::fs::create_dir(at.join("files")).unwrap();
    std::fs::write(at.join("files/haubert-gateway"), "program").unwrap();
    good(at, &["keys", "keys", "--roots", "3"]);
    let mode = std::fs::metadata(at.join("keys/root-1.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!tool(at, &["keys", "keys"]).status.success(), "keys are never overwritten");
    good(at, &["root", "--roots", "roots", "--keys", "keys"]);

    let root = std::fs::read(at.join("roots/1.root.json")).unwrap();
    let installed = Installed {
        product: "haubert-gateway".to_owned(),
        version: Version(0, 1, 0),
        architecture: std::env::consts::ARCH.to_owned(),
        program: None,
    };
    // Today, in the tool's own sense: it signs by the clock of its machine.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = Timestamp(i64::try_from(now.as_millis()).unwrap());
    let check = async |file: &Path| {
        let mut known = Known::open(&at.join("known"), &root).unwrap();
        verify(&Archive::open(file).unwrap(), &mut known, &installed, now).await.map(|verified| verified.release.version)
    };
    let first = bundle(at, "keys", "0.2.0", "1");
    assert_eq!(check(&first).await.unwrap(), Version(0, 2, 0));

    // Other keys; the old root keys sign the change.
    good(at, &["keys", "next", "--roots", "3"]);
    let rotate = ["root", "--roots", "roots", "--keys", "next", "--old-key", "keys/root-1.key"];
    assert!(!tool(at, &rotate).status.success(), "one old key of two is not enough");
    good(at, &[&rotate[..], &["--old-key", "keys/root-3.key"]].concat());
    let stale =
        ["bundle", "--roots", "roots", "--keys", "keys", "--files", "files", "--release", "0.3.0", "--number", "2", "--out", "x"];
    assert!(!tool(at, &stale).status.success(), "replaced keys sign nothing");
    let second = bundle(at, "next", "0.3.0", "2");
    assert_eq!(check(&second).await.unwrap(), Version(0, 3, 0));
    assert_eq!(check(&first).await.unwrap_err().code(), "update_root_replayed");
}
