//! The supplier's root can be built in: `HAUBERT_SUPPLIER_ROOT` names its file while a release is built (scripts/release.sh).
//! Without it the program has none, and takes the one that is configured.

// It reads what the one who builds names.
#![allow(clippy::disallowed_methods)]

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=HAUBERT_SUPPLIER_ROOT");
    let root = match env::var_os("HAUBERT_SUPPLIER_ROOT").filter(|name| !name.is_empty()) {
        Some(name) => {
            let file = Path::new(&name);
            println!("cargo::rerun-if-changed={}", file.display());
            fs::read(file).map_err(|error| format!("the supplier's root {}: {error}", file.display()))?
        }
        None => Vec::new(),
    };
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("supplier-root.json"), root)?)
}
