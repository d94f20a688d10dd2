//! `make demo`: a simulated port terminal, a gateway that discovers it, and a hub that the gateway reports to, all on loopback.
//!
//! Everything is done through the programs' public APIs, as an installer would do it by hand.

// Files read here are the demonstration's own.
#![allow(clippy::disallowed_methods)]

mod attack;
mod community;
mod outlets;
mod serving;
mod summary;
mod treatment;
mod watching;

use clap::Parser;
use haubert_testkit::{Api, Program, SECURITY_USER, commission};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs the demonstration until Ctrl-C.
#[derive(Debug, Parser)]
struct Arguments {
    /// Stop by itself after so many seconds; 0 runs until Ctrl-C.
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// Working folder, emptied first.
    #[arg(long, default_value = "target/demo")]
    dir: PathBuf,
    /// Scene of the simulated plant.
    #[arg(long, default_value = "port-terminal")]
    scene: String,
}

/// Short periods, so that charts have something to show within a minute; load curves as the meters keep them of themselves.
const GATEWAY_CONFIG: &str = "[recording]\nload_curve_minutes = 10\nindex_minutes = 1\ntrend_seconds = 5\nchunk_seconds = 30\n";
/// Hours that the plant has been at work: what its meters remember of them, the gateway reads back.
const PAST_HOURS: &str = "48";

/// An account of the demonstration; the password is new in each run.
pub(crate) struct Account {
    user: &'static str,
    password: String,
}

fn main() -> Result<(), String> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let dir = fresh(&arguments.dir)?;
    say("starting the simulated plant, the gateway and the hub …");
    let plant = start(
        "haubert-plant",
        "plant",
        &dir,
        &[
            "--scene".into(),
            arguments.scene.clone(),
            "--run-dir".into(),
            text(&dir.join("plant")),
            "--past-hours".into(),
            PAST_HOURS.into(),
        ],
    )
    .await?;
    let config = dir.join("gateway.toml");
    std::fs::write(&config, GATEWAY_CONFIG).map_err(|error| format!("write {}: {error}", config.display()))?;
    let gateway_arguments = [
        "--config".into(),
        text(&config),
        "--data-dir".into(),
        text(&dir.join("gateway")),
        "--listen".into(),
        preferred(8443),
        "--snmp-listen".into(),
        "127.0.0.1:0".into(),
        "--bacnet-listen".into(),
        "127.0.0.1:0".into(),
        "--modbus-listen".into(),
        preferred(5020),
        "--modbus-secured-listen".into(),
        preferred(5802),
    ];
    let gateway = start("haubert-gateway", "gateway", &dir, &gateway_arguments).await?;
    let hub_arguments = [
        "--data-dir".into(),
        text(&dir.join("hub")),
        "--listen".into(),
        preferred(8444),
        "--link-listen".into(),
        "127.0.0.1:0".into(),
    ];
    let hub = start("haubert-hub", "hub", &dir, &hub_arguments).await?;

    let ca_file = dir.join("ca.pem");
    summary::write_ca_file(&ca_file, &[&gateway, &hub])?;
    let gateway_account = Account { user: "installer", password: password() };
    let hub_account = Account { user: "coordinator", password: password() };
    let gateway_api = sign_up(&gateway, &ca_file, &gateway_account).await?;
    let hub_api = sign_up(&hub, &ca_file, &hub_account).await?;
    say("commissioning: discovering the devices, naming the loads, enrolling with the hub …");
    for (bus, devices) in commission::gateway(&gateway_api, &plant.ready).await? {
        say(&format!("  {bus}: {devices} devices"));
    }
    let security = Api::new(&gateway.ready_text("https"), &ca_file).map_err(|error| error.to_string())?;
    security.sign_in(SECURITY_USER, &gateway_account.password).await?;
    say(&format!(
        "  {} meters keep a log of themselves: the gateway may read it back",
        commission::allow_logs(&gateway_api, &security).await?
    ));
    commission::enrol(&gateway_api, &hub_api).await?;
    let newcomer = Api::new(&hub.ready_text("https"), &ca_file).map_err(|error| error.to_string())?;
    let auditor = community::invite(&hub_api, newcomer, "auditor", &hub_account.password).await?;
    community::fill(&hub_api, &auditor).await?;

    watching::begin(&gateway_api).await?;
    let _control_room = serving::begin(&gateway_api, &security, &dir).await?;
    let _peers = outlets::begin(&gateway_api, &security, &dir).await?;
    attack::show(&gateway, &dir).await?;

    let mut programs = [plant, gateway, hub];
    summary::write(&dir, &ca_file, &programs, &gateway_account, &hub_account)?;
    wait(arguments.seconds, &mut programs).await?;
    say("stopping …");
    for program in programs.into_iter().rev() {
        program.stop().await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn start(name: &str, label: &str, dir: &Path, arguments: &[String]) -> Result<Program, String> {
    Program::start(name, label, dir, arguments).await.map_err(|error| error.to_string())
}

async fn sign_up(program: &Program, ca_file: &Path, account: &Account) -> Result<Api, String> {
    let api = Api::new(&program.ready_text("https"), ca_file).map_err(|error| error.to_string())?;
    let code = program.setup_code().await.map_err(|error| error.to_string())?;
    api.set_up(&code, account.user, &account.password).await?;
    Ok(api)
}

/// Ends on Ctrl-C, on SIGTERM, after `seconds` when not 0, or when a program ends by itself.
async fn wait(seconds: u64, programs: &mut [Program]) -> Result<(), String> {
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(|error| format!("signals: {error}"))?;
    let limit = if seconds == 0 { Duration::MAX } else { Duration::from_secs(seconds) };
    let mut look = tokio::time::interval(Duration::from_secs(1));
    let watch = async {
        loop {
            look.tick().await;
            if let Some(ended) =
                programs.iter_mut().find_map(|program| (!program.runs()).then(|| program.log_file.display().to_string()))
            {
                return ended;
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminate.recv() => Ok(()),
        () = tokio::time::sleep(limit.min(Duration::from_secs(86_400 * 365))) => Ok(()),
        ended = watch => Err(format!("a program ended by itself; see {ended}")),
    }
}

fn fresh(dir: &Path) -> Result<PathBuf, String> {
    let say_io = |error: std::io::Error| format!("{}: {error}", dir.display());
    if dir.exists() {
        std::fs::remove_dir_all(dir).map_err(say_io)?;
    }
    std::fs::create_dir_all(dir).map_err(say_io)?;
    dir.canonicalize().map_err(say_io)
}

/// The usual port when it is free, so that a bookmark keeps working; else any.
fn preferred(port: u16) -> String {
    let free = std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    format!("127.0.0.1:{}", if free { port } else { 0 })
}

fn password() -> String {
    let token = uuid::Uuid::new_v4().simple().to_string();
    format!("Hb-{}-{}", token.get(..6).unwrap_or_default(), token.get(6..12).unwrap_or_default().to_uppercase()) + "7a"
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

pub(crate) fn say(line: &str) {
    // A closed terminal is no reason to stop the demonstration.
    let _closed = writeln!(std::io::stdout(), "{line}");
}
