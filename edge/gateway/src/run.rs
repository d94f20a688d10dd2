//! Puts the parts together, serves, and takes them apart in the order that loses nothing.

use crate::accounts;
use crate::api;
use crate::app::{App, Shared, record};
use crate::assets::Webview;
use crate::audit::{self, Audit};
use crate::backfill::{self, Backfill};
use crate::backup::desk::Restores;
use crate::boot::Boot;
use crate::certificates::{Certificates, serving};
use crate::chronicle::Chronicle;
use crate::clock_watch::{ClockWatch, Jump, Memory};
use crate::config::Config;
use crate::field::{Exchanges, Field, Intake, Keeper, Layouts, OwnThread, Searches, Surroundings};
use crate::firewall::{self, Firewall, HTTPS};
use crate::history_settings::HistorySettings;
use crate::integrity::{Integrity, Night};
use crate::listening;
use crate::live::Live;
use crate::overview::Overview;
use crate::policy::Policies;
use crate::policy::listeners::Listeners;
use crate::posture;
use crate::profiles::Profiles;
use crate::recording::recorder::Recorder;
use crate::recording::sink::Sinks;
use crate::recording::writer::{self, Writer};
use crate::rounds::Rounds;
use crate::sandbox;
use crate::storage::desk::Desk;
use crate::storage::keyring::Keyring;
use crate::store::events::{NewEvent, Severity};
use crate::store::first_page::{self, FirstPage};
use crate::store::opening::{Opened, Restored};
use crate::store::spare::{self, Spare};
use crate::store::{Db, topology};
use crate::supervision;
use crate::update::{self, Updates};
use crate::uplink::{self, Uplink};
use haubert_historian::{Reader, Store};
use haubert_model::{Clock, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_service::door::{self, Door};
use haubert_service::session::Sessions;
use haubert_service::shutdown::Shutdown;
use haubert_service::{api as service_api, assets, https, ready};
use haubert_trust::{Key, private_dir};
use serde::Serialize;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

/// Name of the program, for its console and its cookie.
const PRODUCT: &str = "haubert-gateway";
/// Time between two looks at the clock.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two notes of the time for the next start.
const CLOCK_KEPT_EVERY: u32 = 60;

/// Devices that may wait to be asked who they are.
const SUSPECTS: usize = 256;

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
    let (app, intake) = assemble(config, &files, &key, db, profiles, (shutdown.clone(), walls, desk, audit)).await?;
    let first_page = Arc::new(FirstPage::of(files.history.clone(), key)?);
    tokio::spawn(Arc::clone(&first_page).work());
    tokio::spawn(posture::desk::work(Arc::clone(&app)));
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

async fn assemble(
    config: &Config,
    files: &Files,
    key: &Key,
    db: Db,
    profiles: Profiles,
    (shutdown, walls, storage, audit): (Shutdown, sandbox::Report, Desk, Audit),
) -> Outcome<(Shared, Ending)> {
    let snapshot = db.call(topology::load_all).await?;
    let topology = watch::Sender::new(Arc::new(snapshot));
    let first = HistorySettings::initial(config);
    let history_settings = watch::Sender::new(Arc::new(db.call(move |tx| HistorySettings::stored(tx, &first)).await?));
    let store = open_history(&files.history, key, &db).await?;
    let history_key = haubert_historian::Key::new(*key.expose());
    let history = Reader::open(&files.history, &history_key)?;
    let memory = db.call(Memory::load).await?.with_newest_sample(store.stats()?.newest);
    let clock_watch = Arc::new(ClockWatch::new(Arc::new(SystemClock::new()), memory));
    let clock: Arc<dyn Clock> = Arc::<ClockWatch>::clone(&clock_watch);
    let boot = Boot::at_start(config, clock.now());
    let updates = Updates::open(config, db.clone(), audit.clone(), Arc::clone(&clock), shutdown.clone());
    let policy = Policies::open(db.clone(), Arc::clone(&clock)).await?;
    tokio::spawn(policy.clone().work());
    let certificates = Certificates::open(db.clone(), Arc::clone(&clock), &config.names, &files.https).await?;
    let live = Arc::new(Live::default());
    let is_set = {
        let clock_watch = Arc::clone(&clock_watch);
        move || clock_watch.is_set()
    };
    let posture = posture::desk::Latest::default();
    let uplink = Uplink::open(uplink::Parts {
        db: db.clone(),
        clock: Arc::clone(&clock),
        history: history.clone(),
        history_identity: store.identity()?,
        live: Arc::clone(&live),
        topology: topology.subscribe(),
        policy: policy.clone(),
        certificates: certificates.clone(),
        boot: boot.clone(),
        audit: audit.clone(),
        posture: posture.subscribe(),
        clock_set: Arc::new(is_set.clone()),
    })
    .await?;
    let keep_from = {
        let uplink = uplink.clone();
        move || uplink.keep_from()
    };
    let chronicle = Chronicle::start(db.clone());
    audit::wiring::begin(
        &audit,
        audit::wiring::Parts {
            db: db.clone(),
            clock: Arc::clone(&clock_watch),
            chronicle: chronicle.clone(),
            policy: policy.clone(),
            certificates: certificates.clone(),
            topology: topology.subscribe(),
        },
    );
    let sinks = Arc::new(Sinks::default());
    let writer = Arc::new(Writer::start(writer::Parts {
        store,
        sinks: Arc::clone(&sinks),
        clock: Arc::clone(&clock),
        settings: history_settings.subscribe(),
        chunk_seconds: config.recording.chunk_seconds,
        retention_allowed: {
            let clock_watch = Arc::clone(&clock_watch);
            Box::new(move || clock_watch.retention_allowed())
        },
        acknowledged: Box::new(keep_from),
        tell: {
            let chronicle = chronicle.clone();
            Box::new(move |event| chronicle.tell(event))
        },
    })?);
    let (field, events) = Field::new(Arc::clone(&clock), profiles.subscribe(), Keeper::load(db.clone()).await?, policy.clone());
    tokio::spawn(field.clone().keep_refusals());
    let (suspects, suspected) = mpsc::channel(SUSPECTS);
    let (exchanged_here, exchanged) = mpsc::channel(SUSPECTS);
    let (returned_here, returned) = mpsc::channel(SUSPECTS);
    let mut surroundings =
        Surroundings { topology: topology.subscribe(), catalogue: profiles.subscribe(), settings: history_settings.subscribe() };
    let intake = Intake {
        recorder: Recorder::new(&config.recording, surroundings.site(), sinks),
        surroundings,
        live: Arc::clone(&live),
        writer: Arc::clone(&writer),
        chronicle: chronicle.clone(),
        clock: Arc::clone(&clock_watch),
        suspects,
        returned: returned_here,
    };
    let exchanges = Exchanges {
        field: field.clone(),
        db: db.clone(),
        topology: topology.clone(),
        clock: Arc::clone(&clock),
        exchanged: exchanged_here,
    };
    let layouts = Layouts { field: field.clone(), db: db.clone(), topology: topology.clone(), clock: Arc::clone(&clock) };
    tokio::spawn(exchanges.work(suspected));
    tokio::spawn(layouts.work());
    let (stop, stopped) = oneshot::channel();
    let thread = OwnThread::start("field")?;
    let task = thread.spawn(intake.work(events, exchanged, stopped));
    thread.spawn(field.clone().follow(topology.subscribe()));
    let ending = Ending { stop, task, _thread: thread };
    tokio::spawn(uplink.clone().work());
    tokio::spawn(watch_clock(Arc::clone(&clock_watch), db.clone()));
    {
        let (uplink, clock_watch) = (uplink.clone(), Arc::clone(&clock_watch));
        let hub = move || uplink.status().certificate_expires_at;
        tokio::spawn(certificates.clone().work(chronicle.clone(), hub, move || clock_watch.is_set()));
    }
    let searches = Searches::default();
    tokio::spawn(searches.clone().heed(policy.clone()));
    let backfill = Backfill::default();
    let recovery = backfill::Parts {
        field: field.clone(),
        live: Arc::clone(&live),
        topology: topology.subscribe(),
        profiles: profiles.subscribe(),
        policy: policy.clone(),
        history: history.clone(),
        writer: Arc::clone(&writer),
        chronicle: chronicle.clone(),
        clock: Arc::clone(&clock_watch),
        period_min: config.recording.load_curve_minutes,
    };
    tokio::spawn(backfill.clone().work(recovery, returned));
    let integrity = Integrity::open(db.clone(), Arc::clone(&clock)).await?;
    tokio::spawn(integrity.clone().work(Night {
        reader: history.clone(),
        writer: Arc::clone(&writer),
        clock: Arc::clone(&clock_watch),
        topology: topology.subscribe(),
    }));
    let access = accounts::Access::open(&db, &clock).await?;
    let sessions = Sessions::new(PRODUCT, Arc::new(db.clone()), Arc::clone(&clock), access.rules.subscribe());
    let firewall = Firewall::open(
        firewall::Parts {
            db: db.clone(),
            clock: Arc::clone(&clock),
            chronicle: chronicle.clone(),
            audit: audit.clone(),
            policy: policy.clone(),
            rules_file: firewall::rules_file(&config.data_dir),
        },
        shutdown.clone(),
    )
    .await?;
    let restores = Restores::open(storage.clone(), Arc::clone(&clock))?;
    let app = App {
        db,
        clock,
        clock_watch,
        profiles,
        topology,
        live,
        history_settings,
        overview: Overview::default(),
        history,
        integrity,
        data_dir: config.data_dir.clone(),
        writer,
        chronicle,
        field,
        searches,
        policy,
        certificates,
        boot,
        updates,
        listeners: Listeners::default(),
        backfill,
        uplink,
        sessions,
        restores,
        storage,
        rights: access.rights,
        audit,
        access_rules: access.rules,
        lockouts: access.lockouts,
        walls,
        posture,
        firewall,
        shutdown,
    };
    Ok((Arc::new(app), ending))
}

/// How the intake is brought to an end.
struct Ending {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _thread: OwnThread,
}

impl Ending {
    async fn stop(self) -> Result<(), JoinError> {
        drop(self.stop);
        self.task.await
    }
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

/// Opens the history. The configuration has just opened with the same key, so a key that does not fit means a damaged first
/// page: what the copy of that page makes readable is saved. A file of which nothing can be read is put aside and a new one
/// begun, since measuring on matters more than stopping.
async fn open_history(path: &Path, key: &Key, db: &Db) -> Outcome<Store> {
    use haubert_historian::StoreError as Failed;
    // Before the clock is watched, for what history knows of time belongs to that.
    let clock = SystemClock::new();
    let history_key = haubert_historian::Key::new(*key.expose());
    // An overview touches pages that opening does not, and is needed in a moment.
    let opened = Store::open(path, &history_key).and_then(|store| store.stats().map(|_| store));
    let error = match opened {
        Err(error @ (Failed::WrongKey | Failed::Damaged(_) | Failed::DamagedRow { .. })) => error,
        opened => return Ok(opened?),
    };
    let mended = match error {
        Failed::WrongKey => first_page::mend(path, key),
        _ => haubert_historian::repair(path, &history_key).map(Some).map_err(Into::into),
    };
    match mended {
        Ok(Some(report)) => {
            let (code, detail) = match report.lost.is_empty() {
                true => ("history_restored", String::new()),
                false => ("history_salvaged", report.lost.join("; ")),
            };
            let params = [("file", report.kept.display().to_string()), ("detail", detail)];
            record(db, NewEvent::new(clock.now(), Severity::Critical, code, params)).await;
            return Ok(Store::open(path, &history_key)?);
        }
        Ok(None) => {}
        Err(error) => tracing::error!(error = &*error, "the history cannot be mended"),
    }
    let aside = path.with_extension(format!("db.damaged-{}", clock.now().as_millis()));
    std::fs::rename(path, &aside)?;
    for extension in ["db-wal", "db-shm"] {
        let part = path.with_extension(extension);
        if part.exists() {
            std::fs::rename(&part, aside.with_extension(format!("{}-{extension}", clock.now().as_millis())))?;
        }
    }
    let params = [("file", aside.display().to_string()), ("detail", error.to_string())];
    record(db, NewEvent::new(clock.now(), Severity::Critical, "history_damaged", params)).await;
    Ok(Store::open(path, &history_key)?)
}

async fn watch_clock(clock: Arc<ClockWatch>, db: Db) {
    let mut ticks = tokio::time::interval(CLOCK_EVERY);
    let mut round = 0u32;
    loop {
        ticks.tick().await;
        let mut jumped = false;
        while let Some(jump) = clock.check() {
            jumped = true;
            record(&db, clock_event(jump)).await;
            // Else a password chosen before the clock was set would be decades old.
            if let Some(since) = jump.guessed_since
                && let Err(error) = db.note(move |tx| crate::store::accounts::shift_guessed(tx, since, jump.by_ms)).await
            {
                tracing::error!(error = &error as &dyn Error, "passwords keep the date that was guessed");
            }
        }
        round = round.wrapping_add(1);
        if jumped || round % CLOCK_KEPT_EVERY == 1 {
            let memory = clock.memory();
            if let Err(error) = db.note(move |tx| memory.save(tx)).await {
                tracing::error!(error = &error as &dyn Error, "the time is not kept for the next start");
            }
        }
    }
}

fn clock_event(jump: Jump) -> NewEvent {
    let by = ("by_ms", jump.by_ms.to_string());
    match jump.guessed_since {
        None => NewEvent::new(jump.at, Severity::Warning, "clock_jump", [by]),
        Some(since) => {
            let rfc3339 = |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
            let span = [by, ("from", rfc3339(since)), ("to", rfc3339(jump.at.plus_ms(-jump.by_ms)))];
            NewEvent::new(jump.at, Severity::Info, "clock_was_set", span)
        }
    }
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
    listening::serve(app, listener, |listener, policy, stop| {
        let gate = https::gate(app.firewall.guard(), HTTPS, &listener)?;
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
