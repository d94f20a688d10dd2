//! Command line of the hub: reads the configuration, starts, waits for the end.

use clap::{Parser, Subcommand};
use haubert_hub::config::{Config, Overrides};
use haubert_hub::server;
use haubert_service::clock::SystemClock;
use haubert_service::shutdown::Shutdown;
use haubert_service::{door, hardening, logging, ready};
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The community's platform: fleet and measurements of many sites
#[derive(Parser)]
#[command(name = "haubert-hub", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Write a JSON file with addresses and process id once everything listens
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Check a configuration file and say what is wrong
    CheckConfig {
        /// The file
        file: PathBuf,
    },
    /// Print the JSON Schema of the configuration
    ConfigSchema,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::CheckConfig { file }) => check(&file),
        Some(Command::ConfigSchema) => schema(),
        // Before the first thread: what it gives up, each thread inherits.
        None => hardening::harden().map_err(Into::into).and_then(|()| run(arguments)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _nowhere_else_to_say_it = writeln!(std::io::stderr(), "haubert-hub: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(file: &std::path::Path) -> Result<(), Box<dyn Error>> {
    Config::load(Some(file), Overrides::default())?;
    writeln!(std::io::stdout(), "{}: good", file.display())?;
    Ok(())
}

fn schema() -> Result<(), Box<dyn Error>> {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Config))?;
    writeln!(std::io::stdout(), "{schema}")?;
    Ok(())
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    logging::init();
    haubert_trust::install_crypto_provider();
    let config = Config::load(arguments.config.as_deref(), arguments.overrides)?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let started = server::start(&config, Arc::new(SystemClock::new()), &shutdown).await?;
    if let Some(code) = &started.setup_code {
        door::announce(haubert_hub::server::PRODUCT, code)?;
    }
    if let Some(path) = &arguments.ready_file {
        ready::write_ready(path, &started.ready())?;
    }
    started.stopped().await?;
    Ok(())
}
