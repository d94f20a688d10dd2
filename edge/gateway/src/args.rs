//! The command line.

use crate::config::Config;
use clap::{Args, Parser, Subcommand};
use haubert_model::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Reads meters, keeps their history, shows it, and hands it on.
#[derive(Debug, Parser)]
#[command(name = "haubert-gateway", version)]
pub struct Cli {
    /// What to do; runs the gateway when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub run: Run,
}

/// Other things that the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks a configuration file and says what is wrong with it.
    CheckConfig {
        /// The file.
        file: PathBuf,
    },
    /// Prints the configuration file's JSON Schema.
    ConfigSchema,
    /// Checks device profiles: files, or folders of them.
    CheckProfiles {
        /// Files or folders.
        paths: Vec<PathBuf>,
    },
    /// Looks at, mends or takes out the history of a data folder (give `--data-dir` or `--config` before this word).
    History {
        /// What to do.
        #[command(subcommand)]
        act: History,
    },
}

/// What can be done with a history.
#[derive(Debug, Subcommand)]
pub enum History {
    /// Looks at every byte and lists what is damaged. The gateway may run meanwhile.
    Check,
    /// Saves what can be read into a new file and keeps the old one beside it. The gateway must not run.
    Repair,
    /// Writes samples as CSV to the standard output. The gateway may run meanwhile.
    Export {
        /// From this time on, such as 2026-11-21T10:00:00Z; from the first sample when absent.
        #[arg(long, value_parser = time)]
        from: Option<Timestamp>,
        /// Up to this time, exclusive; to the last sample when absent.
        #[arg(long, value_parser = time)]
        to: Option<Timestamp>,
        /// Only the series of this number.
        #[arg(long)]
        series: Option<u32>,
    },
}

fn time(text: &str) -> Result<Timestamp, String> {
    let time: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Ok(Timestamp(time.as_millisecond()))
}

/// Options of a run; each overrides the file.
#[derive(Debug, Args)]
pub struct Run {
    /// Configuration file.
    #[arg(long, env = "HAUBERT_GATEWAY_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of keys, configuration and history.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Address of the HTTPS listener; port 0 takes a free one.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Written as JSON once the gateway serves: process id and URL.
    #[arg(long)]
    pub ready_file: Option<PathBuf>,
}

impl Run {
    /// The configuration that file and options make together.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn configuration(&self) -> Result<Config, crate::config::ConfigError> {
        let mut config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        Ok(config)
    }
}
