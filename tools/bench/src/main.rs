//! `make bench`: measures what the documents claim and writes it to BENCHMARKS.md.
//!
//! The programs are the release build's; each section starts its own, in folders of their own, and drives them as users do.
// Files read are the machine's own descriptions; indexing a JSON value by a name gives null, not a panic. What is measured
// is told as it goes.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::print_stderr)]

mod assessments;
mod attacker;
mod attacks;
mod chain;
mod durability;
mod firewall;
mod footprint;
mod gateway;
mod historian;
mod honest;
mod machine;
mod outage;
mod peers;
mod plant;
mod polling;
mod process;
mod report;
mod serving;
mod sign_in;
mod snmp;

use clap::Parser;
use polling::tcp::Effort;
use report::{ORDER, Section};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

/// Measures, and writes what it found into its sections of a document.
#[derive(Debug, Parser)]
struct Arguments {
    /// Sections to measure, or the beginnings of their names: polling, historian, footprint, outage, durability, firewall, attacks, sign-in, pages, assessments,
    /// serving, snmp. All by default.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Length of a window of measurement, seconds.
    #[arg(long, default_value_t = 20)]
    window: u64,
    /// Turns that each reader gets.
    #[arg(long, default_value_t = 2)]
    turns: usize,
    /// Kills of the drill, which takes a quarter of an hour.
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// Decides the drill's moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File to write.
    #[arg(long, default_value = "BENCHMARKS.md")]
    out: PathBuf,
}

fn main() -> Result<(), String> {
    let arguments = Arguments::parse();
    let only: Vec<&str> = arguments.only.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let wanted = chosen(&only)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let effort = Effort { window: Duration::from_secs(arguments.window), turns: arguments.turns.max(1) };
    let circumstances = machine::circumstances(&only);
    let mut failed = Vec::new();
    for id in wanted {
        eprintln!("measuring {id}");
        // Whatever befalls a section, those after it are measured.
        let measured = catch_unwind(AssertUnwindSafe(|| runtime.block_on(section(id, effort, &arguments))));
        match measured.unwrap_or_else(|_| Err("broke off".to_owned())) {
            Ok(section) => {
                let old = std::fs::read_to_string(&arguments.out).unwrap_or_default();
                let text = report::merged(&old, &[section], &circumstances);
                std::fs::write(&arguments.out, text).map_err(|error| format!("write {}: {error}", arguments.out.display()))?;
            }
            Err(error) => failed.push(format!("{id}: {error}")),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The sections whose names begin with one of these; when none is given, all.
fn chosen(only: &[&str]) -> Result<Vec<&'static str>, String> {
    if let Some(unknown) = only.iter().find(|name| !ORDER.iter().any(|id| id.starts_with(**name))) {
        return Err(format!("no section begins with {unknown:?}; there are {}", ORDER.join(", ")));
    }
    let named = |id: &&str| only.iter().any(|name| id.starts_with(name));
    Ok(ORDER.into_iter().filter(|id| only.is_empty() || named(id)).collect())
}

async fn section(id: &'static str, effort: Effort, arguments: &Arguments) -> Result<Section, String> {
    match id {
        "polling-tcp" => polling::tcp::measure(effort).await,
        "polling-rtu" => polling::rtu::measure().await,
        "historian" => historian::measure().await,
        "footprint" => footprint::measure().await,
        "outage" => outage::measure().await,
        "durability" => durability::measure(arguments.kills, arguments.seed).await,
        "firewall" => firewall::measure().await,
        "attacks" => attacks::measure().await,
        "sign-in" => sign_in::measure().await,
        "pages" => chain::measure().await,
        "assessments" => assessments::measure().await,
        "serving" => serving::measure().await,
        "snmp" => snmp::measure().await,
        _ => Err("cannot be measured yet".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_chosen_by_their_beginnings() {
        assert_eq!(chosen(&["polling"]).unwrap(), ["polling-tcp", "polling-rtu"]);
        assert_eq!(chosen(&["dura"]).unwrap(), ["durability"]);
        assert_eq!(chosen(&[]).unwrap(), ORDER);
        assert!(chosen(&["speed"]).is_err());
    }
}
