//! Wires the hub: store, authority, listeners.

use crate::config::{Config, Engine};
use crate::evidence::Files;
use crate::fleet::Fleet;
use crate::frameworks::Frameworks;
use crate::hub::{Hub, Parts};
use crate::identity::{Journeys, ProviderError, Providers};
use crate::rights;
use crate::shelf::Shelf;
use crate::storage::{self, Storage};
use crate::store::{Store, StoreError};
use crate::{api, indicators, link_api, portal};
use haubert_guard::{Guard, News, Settings};
use haubert_model::{Clock, Timestamp};
use haubert_service::access_rules::{AccessRules, RulesInForce};
use haubert_service::api::outermost;
use haubert_service::door::{self, Door, FirstProfile};
use haubert_service::https::{self, Running};
use haubert_service::lockout::Lockouts;
use haubert_service::permission::Rights;
use haubert_service::second_factor::SecondFactors;
use haubert_service::session::Sessions;
use haubert_service::shutdown::Shutdown;
use haubert_trust::{
    Authority, CertificateInfo, Fingerprint, Identity, KeyFile, PasswordPolicy, PkiError, SERVER_DAYS, SetupCode, StatementKey,
    TlsError, server_config, server_config_mtls,
};
use rustls::ServerConfig;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Name of the program, for its console and its cookie.
pub const PRODUCT: &str = "haubert-hub";
/// How often the server certificate's age is looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(3600);
/// Time between two looks for blocks that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why a hub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Accounts cannot be read.
    #[error("cannot read the accounts: {0}")]
    Accounts(#[from] haubert_service::StoreError),
    /// The authority or a certificate cannot be used.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A listener, file or signal handler failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// An identity provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The configuration names no engine.
    #[error("`database_url` names no database that this hub knows")]
    Engine,
    /// The configuration names no time zone.
    #[error("`time_zone` names no time zone")]
    Calendar,
}

/// A hub that runs.
pub struct Started {
    /// Where people and enrolment go.
    pub https: SocketAddr,
    /// Where enrolled gateways go.
    pub link: SocketAddr,
    /// The authority's fingerprint.
    pub fingerprint: Fingerprint,
    /// The authority's certificate.
    pub authority_file: PathBuf,
    /// At the first start: what lets the first account be made. For the console only.
    pub setup_code: Option<SetupCode>,
    store: Store,
    servers: tokio::task::JoinHandle<io::Result<()>>,
}

/// What the ready file says.
#[derive(Debug, Serialize)]
pub struct Ready {
    https: String,
    link: String,
    fingerprint: String,
    ca_file: PathBuf,
}

impl Started {
    /// For the ready file.
    pub fn ready(&self) -> Ready {
        Ready {
            https: format!("https://{}", self.https),
            link: format!("https://{}", self.link),
            fingerprint: self.fingerprint.to_string(),
            ca_file: self.authority_file.clone(),
        }
    }

    /// Returns when the hub has stopped, after the shutdown it was given.
    ///
    /// # Errors
    /// What a listener said.
    pub async fn stopped(self) -> io::Result<()> {
        let result = self.servers.await.map_err(io::Error::other)?;
        self.store.close().await;
        result
    }
}

async fn open_store(config: &Config) -> Result<Store, StartError> {
    match config.engine().ok_or(StartError::Engine)? {
        Engine::Sqlite(path) => Ok(Store::open_sqlite(&path).await?),
        Engine::Postgres(url) => Ok(Store::open_postgres(url.expose()).await?),
    }
}

/// The server's certificate: the one kept, unless its names changed or two thirds of its life are over.
fn server_identity(authority: &Authority, dir: &Path, names: &[String], now: Timestamp) -> Result<Identity, PkiError> {
    if let Some(kept) = Identity::open(dir)? {
        let info = CertificateInfo::from_pem(&kept.chain_pem)?;
        if info.names == names && !info.renewal_due(now) && kept.chain_pem.contains(authority.certificate_pem().trim()) {
            return Ok(kept);
        }
    }
    let made = authority.issue_server(names, now, SERVER_DAYS)?;
    made.save(dir)?;
    Ok(made)
}

fn configs(authority: &Authority, identity: &Identity) -> Result<(ServerConfig, ServerConfig), TlsError> {
    Ok((server_config(identity)?, server_config_mtls(identity, authority.certificate_pem())?))
}

/// The rules of the hub: OWASP's, since people come in from everywhere.
fn rules(config: &Config) -> RulesInForce {
    let rules = AccessRules { second_factor_for: config.second_factor_for(), ..AccessRules::with(PasswordPolicy::asvs()) };
    watch::Sender::new(Arc::new(rules)).subscribe()
}

async fn new_door(
    store: &Store,
    sessions: &Sessions,
    clock: &Arc<dyn Clock>,
    rules: RulesInForce,
    factors: SecondFactors,
) -> Result<Arc<Door>, haubert_service::StoreError> {
    let lockouts = Lockouts::open(Arc::new(store.clone()), Arc::clone(clock), rules.clone()).await?;
    tokio::spawn(lockouts.clone().work());
    Ok(Arc::new(Door::new(door::Parts {
        product: PRODUCT,
        version: env!("CARGO_PKG_VERSION"),
        first_profiles: &[FirstProfile { profile: rights::COORDINATOR, required: true }],
        rights: Rights::new(rights::shipped()),
        accounts: Arc::new(store.clone()),
        sessions: sessions.clone(),
        lockouts,
        rules,
        clock: Arc::clone(clock),
        time_zone: Arc::new(|| None),
        names: Arc::new(|| vec!["haubert".to_owned()]),
        factors,
        tell: Arc::new(|happening, who| tracing::info!(?happening, ?who, "at the door")),
    })))
}

/// Starts a hub: opens the store, binds both listeners, serves until `shutdown`.
///
/// # Errors
/// [`StartError`]; nothing is left running.
pub async fn start(config: &Config, clock: Arc<dyn Clock>, shutdown: &Shutdown) -> Result<Started, StartError> {
    haubert_trust::private_dir(&config.data_dir).map_err(PkiError::from)?;
    let store = open_store(config).await?;
    let authority_dir = config.data_dir.join("authority");
    let authority = Authority::open_or_create(&authority_dir, "Haubert hub", clock.now())?;
    let (server_dir, names) = (config.data_dir.join("server"), config.server_names());
    let identity = server_identity(&authority, &server_dir, &names, clock.now())?;
    let (main_config, link_config) = configs(&authority, &identity)?;

    let (main, link) = (https::bind(config.listen)?, https::bind(config.link_listen)?);
    let rules = rules(config);
    let sessions = Sessions::new(PRODUCT, Arc::new(store.clone()), Arc::clone(&clock), rules.clone());
    // Neither engine is encrypted: what an app or a browser holds is kept under a key of its own.
    let seal = KeyFile::open_or_create(&config.data_dir.join("second-factors.key")).map_err(PkiError::from)?;
    let labels = KeyFile::open_or_create(&config.data_dir.join("labels.key")).map_err(PkiError::from)?;
    let statements = StatementKey::new(&labels).ok_or_else(|| io::Error::other("the key of labels is refused"))?;
    let factors = SecondFactors::new(Arc::new(store.clone()), Some(seal), Arc::clone(&clock), "Haubert hub");
    let door = new_door(&store, &sessions, &clock, rules, factors).await?;
    let setup_code = door.open_setup().await?;
    let public_url = config.public_url(main.local_addr()?);
    let hub = Hub(Arc::new(Parts {
        store: store.clone(),
        authority,
        sessions,
        providers: Providers::open(&config.identity_providers, &public_url)?,
        journeys: Journeys::default(),
        public_url,
        link_url: config.public_link_url(link.local_addr()?),
        fleet: Fleet::new(),
        storage: Storage::default(),
        shelf: Shelf::open(config.data_dir.join("updates"))?,
        frameworks: Frameworks::open(&store).await?,
        evidence: Files::open(config.data_dir.join("evidence"), config.evidence_mib)?,
        statements,
        wrong_tokens: Parts::wrong_tokens(),
        shutdown: shutdown.clone(),
        calendar: config.calendar().ok_or(StartError::Calendar)?,
        clock: Arc::clone(&clock),
    }));
    let router = api::build(hub.clone(), door).merge(link_api::enrolment_router(hub.clone())).fallback_service(portal::router());
    let gates = firewall(&clock);
    let (main_gate, link_gate) = (https::gate(&gates, "https", &main)?, https::gate(&gates, "link", &link)?);
    let main = https::serve(main, main_config, outermost(router), main_gate, shutdown)?;
    let link = https::serve(link, link_config, outermost(link_api::router(hub.clone())), link_gate, shutdown)?;
    tokio::spawn(sweep(gates, shutdown.clone()));
    tokio::spawn(Fleet::run(hub.clone()));
    tokio::spawn(storage::run(hub.clone()));
    tokio::spawn(indicators::run(hub.clone()));
    tracing::info!(https = %main.address, link = %link.address, "hub started");
    Ok(Started {
        https: main.address,
        link: link.address,
        fingerprint: hub.authority.fingerprint(),
        authority_file: authority_dir.join("ca.cert.pem"),
        setup_code,
        store,
        servers: tokio::spawn(watch_over(hub, server_dir, names, main, link)),
    })
}

/// What stands before both listeners, with the limits of a hub. What it does is told in the log.
fn firewall(clock: &Arc<dyn Clock>) -> Guard {
    Guard::new(Settings::of_hub(), Arc::clone(clock), |news| match news {
        News::Blocked(block) => tracing::warn!(source = %block.source, cause = ?block.cause, "source blocked"),
        News::Ended(block) | News::Lifted(block) => tracing::info!(source = %block.source, "source no longer blocked"),
    })
}

/// Ends blocks in the log too, while the hub runs.
async fn sweep(guard: Guard, stop: Shutdown) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            _ = ticks.tick() => guard.sweep(),
        }
    }
}

/// Renews the server certificate while the servers run, then waits for their end.
async fn watch_over(hub: Hub, dir: PathBuf, names: Vec<String>, main: Running, link: Running) -> io::Result<()> {
    let mut ticks = tokio::time::interval(CERTIFICATE_CHECK);
    loop {
        tokio::select! {
            () = hub.shutdown.wait() => break,
            _ = ticks.tick() => {}
        }
        let renewed = server_identity(&hub.authority, &dir, &names, hub.now())
            .map_err(TlsError::from)
            .and_then(|identity| configs(&hub.authority, &identity));
        match renewed {
            Ok((main_config, link_config)) => {
                main.reload(main_config);
                link.reload(link_config);
            }
            Err(error) => tracing::error!(%error, "cannot renew the server certificate"),
        }
    }
    main.stopped().await?;
    link.stopped().await
}
