//! `haubert-gateway`: see `--help`.

use clap::Parser;
use haubert_gateway::args::{Cli, Command, History};
use haubert_gateway::config::Config;
use haubert_gateway::history_cli::{self, Range};
use haubert_gateway::run::{check_profiles, run};
use haubert_model::{SeriesId, Timestamp};
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    haubert_service::logging::init();
    match act(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The reader is a person at a terminal or in a journal: one line, the causes after colons.
            let _closed = writeln!(std::io::stderr(), "haubert-gateway: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn act(cli: Cli) -> Result<(), Box<dyn Error>> {
    match cli.command {
        None => {
            let config = cli.run.configuration()?;
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?
                .block_on(run(&config, cli.run.ready_file.as_deref()))
        }
        Some(Command::CheckConfig { file }) => {
            Config::read(&file)?;
            Ok(writeln!(std::io::stdout(), "{}: good", file.display())?)
        }
        Some(Command::ConfigSchema) => {
            let schema = schemars::schema_for!(Config);
            Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&schema)?)?)
        }
        Some(Command::CheckProfiles { paths }) => check_profiles(&paths),
        Some(Command::History { act }) => {
            let (config, mut out) = (cli.run.configuration()?, std::io::stdout());
            match act {
                History::Check => history_cli::check(&config, &mut out),
                History::Repair => history_cli::repair(&config, &mut out),
                History::Export { from, to, series } => {
                    let from = from.unwrap_or(Timestamp(i64::MIN));
                    let to = to.unwrap_or(Timestamp(i64::MAX));
                    history_cli::export(&config, Range { from, to, series: series.map(SeriesId) }, &mut out)
                }
            }
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = inner.source();
    }
    text
}
