//! `haubert-plant`: serves a scene until it is told to stop.

use clap::{Parser, Subcommand};
use haubert_content::{Catalogue, ContentError};
use haubert_model::Timestamp;
use haubert_plant::attack::{self, Plan};
use haubert_plant::control_room::{self, Screens};
use haubert_plant::{Plant, PlantOptions, Scene};
use std::error::Error;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// A simulated plant: meters on Modbus TCP, RTU over TCP and serial lines.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Something else than a plant.
    #[command(subcommand)]
    command: Option<Command>,
    /// Scene: a file, or `port-terminal` or `large`.
    #[arg(long, default_value = "port-terminal")]
    scene: String,
    /// Seed, in place of the scene's.
    #[arg(long)]
    seed: Option<u64>,
    /// Hours that the plant has been at work when it opens: its meters' logs reach back so far.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_440))]
    past_hours: u64,
    /// Address on which TCP buses listen.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Folder for pseudo-terminals and the control socket.
    #[arg(long)]
    run_dir: Option<PathBuf>,
    /// Folder with more device profiles, beside those that ship.
    #[arg(long)]
    profiles: Option<PathBuf>,
    /// File to which is written, once everything is open, where it is.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

/// What else this program does.
#[derive(Debug, Subcommand)]
enum Command {
    /// Attacks a gateway of this machine, and says in JSON what it met.
    Attack(Plan),
    /// Reads a gateway's Modbus TCP server as a control room does, until it is stopped.
    ControlRoom(Screens),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .init();
    let arguments = Arguments::parse();
    if let Some(Command::Attack(plan)) = &arguments.command {
        let report = attack::run(plan).await?;
        return Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?);
    }
    if let Some(Command::ControlRoom(screens)) = &arguments.command {
        control_room::watch(screens).await;
        return Ok(());
    }
    let scene = match Path::new(&arguments.scene) {
        path if path.extension().is_some() => Scene::load(path)?,
        _ => Scene::named(&arguments.scene)?,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let options = PlantOptions {
        listen: arguments.listen,
        run_dir: arguments.run_dir,
        seed: arguments.seed,
        start: Some(wall_clock()),
        past: Duration::from_secs(arguments.past_hours * 3_600),
        control: true,
        catalogue: arguments.profiles.as_deref().map(catalogue).transpose()?,
    };
    let plant = Plant::start(scene, options).await?;
    let ready = serde_json::to_string(plant.ready())?;
    writeln!(std::io::stdout(), "{ready}")?;
    if let Some(path) = &arguments.ready_file {
        write_whole(path, &ready)?;
    }
    tracing::info!(scene = plant.ready().scene, buses = plant.ready().buses.len(), "serving");
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    plant.shutdown().await;
    if let Some(path) = &arguments.ready_file {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// The profiles that ship, and those of a folder.
fn catalogue(folder: &Path) -> Result<Catalogue, ContentError> {
    let mut all = haubert_content::embedded()?;
    all.extend(haubert_content::load_dir(folder)?);
    Ok(all)
}

/// A simulated plant begins now, unless its scene says otherwise.
#[expect(clippy::disallowed_methods, reason = "the rim of a tool: the only reading of the clock in this crate")]
fn wall_clock() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(0))
}

/// Whole or not at all: who waits for the file must not read half of it.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, text)?;
    std::fs::rename(part, path)
}
