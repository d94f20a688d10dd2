//! `haubert-score`: plans what a full run measures, keeps what it reached, writes SCOREBOARD.md.

// A command line tool: what it finds it prints.
#![allow(clippy::print_stdout)]

use clap::{Parser, Subcommand, ValueEnum};
use haubert_score::{By, Circumstances, Record, board, kept, lines, take, write};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "The scoreboard of what the product reaches")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what makes the figures, one a line.
    Plan { kind: Kind },
    /// Records one figure in the folder that HAUBERT_SCORES names.
    Record {
        id: String,
        #[arg(value_enum)]
        outcome: Outcome,
        figure: String,
    },
    /// Keeps the records of a run and writes SCOREBOARD.md.
    Keep {
        /// The run's folder.
        folder: PathBuf,
        /// Part of the name of what was to be measured; everything without it.
        #[arg(long, default_value = "")]
        only: String,
        /// Day, UTC.
        #[arg(long)]
        date: String,
        /// What was measured.
        #[arg(long)]
        commit: String,
        /// Where.
        #[arg(long)]
        machine: String,
    },
    /// Writes SCOREBOARD.md from what is kept.
    Board,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Tests,
    Benches,
    Browser,
    Scripts,
}

#[derive(Clone, Copy, ValueEnum)]
enum Outcome {
    Held,
    Missed,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("haubert-score: {words}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let records = here.join("records");
    let asked = lines(&here.join("lines"))?;
    match command {
        Command::Plan { kind } => {
            let plan: BTreeSet<&str> =
                asked.iter().flat_map(|line| &line.figures).filter_map(|figure| planned(&figure.by, kind)).collect();
            plan.iter().for_each(|name| println!("{name}"));
            return Ok(());
        }
        Command::Record { id, outcome, figure } => {
            let Some(folder) = std::env::var_os(haubert_score::FOLDER) else { return Ok(()) };
            let record = Record { id, held: matches!(outcome, Outcome::Held), figure };
            return write(Path::new(&folder), &record).map_err(|error| error.to_string());
        }
        Command::Keep { folder, only, date, commit, machine } => {
            let figures = asked.iter().flat_map(|line| &line.figures);
            let meant: Vec<&str> =
                figures.filter(|figure| figure.by.name().contains(&only)).map(|figure| figure.id.as_str()).collect();
            let count = take(&folder, &records, &meant, &Circumstances { date, commit, machine })?;
            println!("{count} figures kept");
        }
        Command::Board => {}
    }
    let text = board(&asked, &kept(&records)?);
    std::fs::write(here.join("../../SCOREBOARD.md"), text).map_err(|error| format!("SCOREBOARD.md: {error}"))
}

fn planned(by: &By, kind: Kind) -> Option<&str> {
    let wanted = match by {
        By::Test(_) => matches!(kind, Kind::Tests),
        By::Bench(_) => matches!(kind, Kind::Benches),
        By::Browser(_) => matches!(kind, Kind::Browser),
        By::Script(_) => matches!(kind, Kind::Scripts),
    };
    wanted.then(|| by.name())
}
