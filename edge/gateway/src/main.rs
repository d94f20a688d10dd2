//! `haubert-gateway`: see `--help`.

use clap::Parser;
use haubert_gateway::accounts::recovery::recover_access;
use haubert_gateway::args::{AuditAct, Cli, Command, History};
use haubert_gateway::audit_cli;
use haubert_gateway::config::Config;
use haubert_gateway::history_cli::{self, Range};
use haubert_gateway::rounds::run_all;
use haubert_gateway::run::check_profiles;
use haubert_gateway::sandbox::{self, Reach};
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
            let ready_file = cli.run.ready_file.as_deref();
            // Before the first thread: walls are inherited, not imposed.
            let walls = sandbox::shut_in(&config, &Reach::of(&config, cli.run.config.as_deref(), ready_file))?;
            if run_all(&config, ready_file, walls)? {
                // Everything is closed; the launcher reads this as "start what is due now".
                std::process::exit(haubert_update::START_AGAIN);
            }
            Ok(())
        }
        Some(Command::SandboxProbe { foreign, port }) => {
            let config = cli.run.configuration()?;
            sandbox::shut_in(&config, &Reach::of(&config, cli.run.config.as_deref(), None))?;
            for finding in sandbox::probe(&config.data_dir, &foreign, port) {
                writeln!(std::io::stdout(), "{}", serde_json::to_string(&finding)?)?;
            }
            Ok(())
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
        Some(Command::RecoverAccess) => recover_access(&cli.run.configuration()?, &mut std::io::stdout()),
        Some(Command::Policy { act }) => {
            haubert_gateway::policy::cli::act(&cli.run.configuration()?, act, &mut std::io::stdout())
        }
        Some(Command::Storage { act }) => {
            haubert_gateway::storage::cli::run(&cli.run.configuration()?, act, &mut std::io::stdout())
        }
        Some(Command::Backup { act }) => {
            haubert_gateway::backup::cli::run(&cli.run.configuration()?, act, &mut std::io::stdout())
        }
        Some(Command::Audit { act }) => {
            let (config, mut out) = (cli.run.configuration()?, std::io::stdout());
            match act {
                AuditAct::Verify { file, against, key } => {
                    audit_cli::verify(&config, file.as_deref(), against.as_deref(), key, &mut out)
                }
                AuditAct::Export { format } => audit_cli::export(&config, format, &mut out),
                AuditAct::Head => audit_cli::head(&config, &mut out),
            }
        }
        Some(Command::Firewall { act }) => {
            haubert_gateway::firewall_cli::run(&cli.run.configuration()?, &act, &mut std::io::stdout())
        }
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
