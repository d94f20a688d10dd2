//! `make bench`: measures what the documents claim and writes it to BENCHMARKS.md.
//!
//! It uses the programs as the demonstration does, in the same build profile, since the claims are about what a newcomer sees.
// Files read are the machine's own descriptions; indexing a JSON value by a name gives null, not a panic.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing)]

mod chain;
mod report;

use clap::Parser;
use std::path::PathBuf;

/// Measures the chain from register to screen.
#[derive(Debug, Parser)]
struct Arguments {
    /// File to write.
    #[arg(long, default_value = "BENCHMARKS.md")]
    out: PathBuf,
}

fn main() -> Result<(), String> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let figures = runtime.block_on(chain::measure())?;
    let text = report::markdown(&figures);
    std::fs::write(&arguments.out, text).map_err(|error| format!("write {}: {error}", arguments.out.display()))
}
