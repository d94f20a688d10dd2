//! Finds the portal's built files. Without them (no Node on the machine) a page that says so takes their place, so that Rust builds.
#![allow(clippy::print_stdout)] // how a build script speaks to cargo

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Haubert hub</title>\
<h1>Haubert hub</h1><p>The portal was not built into this binary. The API is under <code>/api/v1</code>.</p>\n";

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = manifest.join("../../web/portal/dist");
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is absent counts as changed at each build; its parent is then what to watch.
    let folder = if dist.join("index.html").is_file() {
        println!("cargo::rerun-if-changed={}", dist.display());
        dist
    } else {
        println!("cargo::rerun-if-changed={}", manifest.join("../../web/portal").display());
        fallback(&PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()))?
    };
    println!("cargo::rustc-env=HAUBERT_PORTAL_DIST={}", folder.display());
    Ok(())
}

fn fallback(out: &Path) -> io::Result<PathBuf> {
    let folder = out.join("portal");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), PAGE)?;
    Ok(folder)
}
