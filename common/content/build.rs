//! The embedded content changes when a file is added or removed, which the compiler alone does not see.

use std::io::Write;

fn main() -> std::io::Result<()> {
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=../../content/device-profiles")?;
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=../../content/payload-decoders")
}
