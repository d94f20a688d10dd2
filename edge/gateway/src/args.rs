//! The command line.

use crate::config::Config;
use clap::{Args, Parser, Subcommand};
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
