//! `haubert-slot`: see `--help`.

use clap::{Parser, Subcommand};
use haubert_bundle::seal::digest;
use haubert_bundle::{Archive, Installed, Known, Version, verify};
use haubert_model::Timestamp;
use haubert_update::launch::{Options, Patience, run};
use haubert_update::{Slot, Slots, supplier};
use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs the release that is due, out of two slots, and falls back to the one before when a new one is not healthy.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Folder of the slots.
    #[arg(long, default_value = "/var/lib/haubert-slots")]
    slots: PathBuf,
    /// The supplier's root: which keys may sign releases. Counts only for a build that carries none.
    #[arg(long, default_value = "/etc/haubert/supplier-root.json")]
    supplier_root: PathBuf,
    /// Name of the program.
    #[arg(long, default_value = "haubert-gateway")]
    program: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs it, with these arguments, until it ends for good.
    Run {
        /// Seconds until a new release must be healthy.
        #[arg(long, default_value_t = 120)]
        healthy_within: u64,
        /// Arguments of the program.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Puts the first release into its slot.
    Found {
        /// The bundle.
        bundle: PathBuf,
        /// Now, in seconds since 1970 (`date +%s`), to judge its date.
        #[arg(long)]
        now: i64,
    },
    /// Prints the state and whether each slot is as it was signed.
    Status,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match act(Cli::parse()).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "haubert-slot: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn act(cli: Cli) -> Result<u8, Box<dyn Error>> {
    let root = supplier::root(&cli.supplier_root)
        .map_err(|error| format!("the supplier's root {}: {error}", cli.supplier_root.display()))?;
    let slots = Slots::new(&cli.slots);
    match cli.command {
        Command::Run { healthy_within, arguments } => {
            let patience = Patience { healthy_within: std::time::Duration::from_secs(healthy_within), ..Patience::default() };
            let Cli { slots, supplier_root, program, .. } = cli;
            let options = Options { slots, supplier_root, program, arguments, patience };
            Ok(u8::try_from(run(&options, &root).await?).unwrap_or(1))
        }
        Command::Found { bundle, now } => {
            if slots.load().is_ok() {
                return Err("there is a release already; updates go through the program".into());
            }
            let architecture = std::env::consts::ARCH.to_owned();
            let installed = Installed { product: cli.program, version: Version(0, 0, 0), architecture, program: None };
            let mut known = Known::open(&slots.known(), &root)?;
            let verified = verify(&Archive::open(&bundle)?, &mut known, &installed, Timestamp::from_secs(now)).await?;
            slots.found(&verified, &root)?;
            writeln!(std::io::stdout(), "{} {} is in slot a", verified.release.product, verified.release.version)?;
            Ok(0)
        }
        Command::Status => {
            let state = slots.load()?;
            let mut out = std::io::stdout();
            writeln!(out, "{}", serde_json::to_string_pretty(&state)?)?;
            for slot in [Slot::A, Slot::B].into_iter().filter(|slot| digest(&slots.folder(*slot).join(&cli.program)).is_ok()) {
                let faults = slots.faults(slot, &root);
                writeln!(
                    out,
                    "slot {}: {}",
                    slot.name(),
                    if faults.is_empty() { "as signed".to_owned() } else { faults.join(", ") }
                )?;
            }
            Ok(u8::from(!slots.faults(state.active, &root).is_empty()))
        }
    }
}
