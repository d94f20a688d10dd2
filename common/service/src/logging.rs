//! Logs go to stderr, one line each; stdout belongs to what a person must read (the set-up code).

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging with the filter of `HAUBERT_LOG` (default `info`); colours only on a terminal. A second call does nothing.
pub fn init() {
    let filter = EnvFilter::try_from_env("HAUBERT_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm=warn"));
    let _already_started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
