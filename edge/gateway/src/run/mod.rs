//! Puts the parts together, serves, and takes them apart in the order that loses nothing.

mod assembly;
mod clock;
mod history;

use crate::accounts;
use crate::alarms;
use crate::api;
use crate::app::{Shared, record};
use crate::assets::Webview;
use crate::audit;
use crate::certificates::serving;
use crate::config::Config;
use crate::firewall::HTTPS;
use crate::listening;
use crate::outlets::mail;
use crate::posture;
use crate::profiles::Profiles;
use crate::rounds::Rounds;
use crate::sandbox;
use crate::storage::desk::Desk;
use crate::storage::keyring::Keyring;
use crate::store::events::{NewEvent, Severity};
use crate::store::first_page::FirstPage;
use crate::store::opening::{Opened, Restored};
use crate::store::spare::{self, Spare};
use crate::supervision;
use crate::update;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use haubert_service::door::{self, Door};
use haubert_service::shutdown::Shutdown;
use haubert_service::{api as service_api, assets, https, ready};
use haubert_trust::private_dir;
use serde::Serialize;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the program, for its console and its cookie.
const PRODUCT: &str = "haubert-gateway";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a supervisor reads once the gateway serves.
#[derive(Serialize)]
struct Ready {
    /// Absent when the policy lets nobody in.
    https: Option<String>,
    /// The certificate to trust: the gateway's own.
    ca_file: PathBuf,
}

/// Runs one round of the gateway: until SIGTERM or SIGINT, or until something must be done with all files closed.
///
/// # Errors
/// What keeps it from starting, in words for the operator.
pub async fn run(config: &Config, ready_file: Option<&Path>, walls: sandbox::Report, rounds: &mut Rounds) -> Outcome<()> {
    haubert_trust::install_crypto_provider();
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let files = Files::prepare(&config.data_dir)?;
    let _alone = lock(&config.data_dir)?;
    let ring = Keyring::of_process(&files.key)?;
    let mut done = rounds.between(&config.data_dir, &ring)?;
    let Opened { db, key, restored } = update::before::open(&config.update, &files.config, &ring, &mut done)?;
    let audit = audit::start::beside(&db, &config.data_dir.join("audit"), &key).await?;
    for event in done.into_iter().chain(restored.iter().map(restored_event)) {
        record(&db, event).await;
    }
    let profiles = Profiles::open(config.profiles_dir.as_deref(), &files.profiles, db.clone())?;
    let desk = Desk::open(config.data_dir.clone(), ring, key.clone(), db.clone(), shutdown.clone()).await?;
    let spare = Spare::new(db.clone(), files.config.clone(), key.clone());
    tokio::spawn(spare.clone().work());
    let (app, intake) = assembly::assemble(config, &files, &key, db, profiles, (shutdown.clone(), walls, desk, audit)).await?;
    let first_page = Arc::new(FirstPage::of(files.history.clone(), key)?);
    tokio::spawn(Arc::clone(&first_page).work());
    tokio::spawn(posture::desk::work(Arc::clone(&app)));
    tokio::spawn(alarms::work(Arc::clone(&app)));
    tokio::spawn(mail::tell_news(Arc::clone(&app)));
    serve(config, &files, ready_file, &app, rounds).await?;
    supervision::end();
    // Buses first: then nothing new comes, the intake takes what has come, and the writer makes it durable.
    app.field.stop().await;
    intake.stop().await?;
    let writer = Arc::clone(&app.writer);
    tokio::task::spawn_blocking(move || writer.stop()).await?;
    app.chronicle.flush().await;
    // Copies that lag behind are no reason to end otherwise than well.
    if let Err(error) = tokio::task::spawn_blocking(move || first_page.keep()).await? {
        tracing::error!(error = &error as &dyn Error, "no second copy of the history's first page");
    }
    if let Err(error) = spare.refresh().await {
        tracing::error!(error = &error as &dyn Error, "no second copy of the configuration");
    }
    app.audit.note("stopped").await;
    rounds.follow(app.storage.wanted());
    rounds.leave(app.updates.starts_again());
    tracing::info!("stopped");
    Ok(())
}

struct Files {
    key: PathBuf,
    config: PathBuf,
    history: PathBuf,
    https: PathBuf,
    certificate: PathBuf,
    profiles: PathBuf,
}

impl Files {
    fn prepare(dir: &Path) -> Outcome<Self> {
        private_dir(dir)?;
        let files = Self {
            key: dir.join("storage.key"),
            config: dir.join("config.db"),
            history: dir.join("history.db"),
            https: dir.join("https"),
            certificate: dir.join("certificate.pem"),
            profiles: dir.join("profiles"),
        };
        private_dir(&files.https)?;
        Ok(files)
    }
}

/// Nobody else may mend what another gateway is using. The system lets go when the program ends, however it ends.
///
/// # Errors
/// When a gateway runs on this data folder, or there is none.
pub fn lock(data_dir: &Path) -> Outcome<File> {
    let path = spare::beside(&data_dir.join("config.db"), ".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    file.try_lock().map_err(|error| format!("{}: another gateway uses this folder ({error})", path.display()))?;
    Ok(file)
}

fn restored_event(what: &Restored) -> NewEvent {
    // Before the clock is watched, for what is known of time lies in the configuration.
    let at = SystemClock::new().now();
    let (code, kept) = match what {
        Restored::Configuration(kept) => ("config_restored", kept),
        Restored::Key(kept) => ("key_restored", kept),
    };
    let file = kept.as_ref().map(|kept| kept.display().to_string()).unwrap_or_default();
    NewEvent::new(at, Severity::Critical, code, [("file", file)])
}

async fn serve(config: &Config, files: &Files, ready_file: Option<&Path>, app: &Shared, rounds: &mut Rounds) -> Outcome<()> {
    serving::publish(&app.certificates, &files.certificate)?;
    let door = Arc::new(Door::new(accounts::door_parts(PRODUCT, app)));
    if let Some(code) = door.open_setup().await? {
        door::announce(PRODUCT, &code)?;
    }
    let api = api::build(Arc::clone(app), app.sessions.clone(), door);
    let router = api::behind_policy(app, api.fallback_service(assets::router::<Webview>()));
    let router = service_api::outermost(router);
    let listener = listening::bind(rounds, config.listen, &app.policy.current())?;
    let address = listener.as_ref().map(std::net::TcpListener::local_addr).transpose()?;
    let url = address.map(|address| format!("https://{address}"));
    tracing::info!(url, "serving");
    supervision::begin(app.db.clone());
    if let Some(path) = ready_file {
        ready::write_ready(path, &Ready { https: url, ca_file: files.certificate.clone() })?;
    }
    record(
        &app.db,
        NewEvent::new(app.clock.now(), Severity::Info, "started", [("version", env!("CARGO_PKG_VERSION").to_owned())]),
    )
    .await;
    tokio::spawn(update::begin(Arc::clone(app), config.update.clone()));
    if listener.is_none() {
        app.firewall.settle();
    }
    listening::serve(app, listener, |listener, policy, stop| {
        let gate = https::gate(app.firewall.guard(), HTTPS, &listener)?;
        app.firewall.settle();
        let running = https::serve(listener, serving::config(&app.certificates, policy)?, router.clone(), gate, stop)?;
        let (certificates, public) = (app.certificates.clone(), files.certificate.clone());
        tokio::spawn(serving::follow(certificates, policy.clone(), running.reloader(), stop.clone(), public));
        Ok(running)
    })
    .await
}

/// Loads device profiles and says what is wrong with the first bad one.
///
/// # Errors
/// File, line and field of what is wrong.
pub fn check_profiles(paths: &[PathBuf]) -> Outcome<()> {
    for path in paths {
        if path.is_dir() {
            haubert_content::load_dir(path)?;
        } else {
            let limit = u64::try_from(haubert_content::MAX_PROFILE_BYTES).unwrap_or(u64::MAX);
            let text =
                haubert_service::files::read_text_bounded(path, limit).map_err(|error| format!("{}: {error}", path.display()))?;
            haubert_content::parse(&path.to_string_lossy(), &text)?;
        }
    }
    Ok(())
}
