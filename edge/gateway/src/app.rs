//! What every request handler may use.

use crate::alarms::Alarms;
use crate::audit::Audit;
use crate::backfill::Backfill;
use crate::backup::desk::Restores;
use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::field::{Field, Searches};
use crate::firewall::Firewall;
use crate::history_settings::HistorySettings;
use crate::inputs::lorawan;
use crate::integrity::Integrity;
use crate::links;
use crate::live::Live;
use crate::outlets::outbox::Outbox;
use crate::outlets::{bacnet, files, mail, modbus, mqtt, push, snmp};
use crate::overview::Overview;
use crate::policy::listeners::Listeners;
use crate::policy::{Policies, Service};
use crate::posture;
use crate::profiles::Profiles;
use crate::recording::writer::Writer;
use crate::sandbox;
use crate::storage::desk::Desk;
use crate::store::events::{self, NewEvent};
use crate::store::{Db, StoreError, topology};
use crate::time_check;
use crate::topology::Topology;
use crate::update::Updates;
use crate::uplink::Uplink;
use haubert_historian::Reader;
use haubert_model::Clock;
use haubert_service::access_rules::AccessRules;
use haubert_service::lockout::Lockouts;
use haubert_service::permission::Rights;
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Sessions;
use haubert_service::shutdown::Shutdown;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The gateway's parts, shared by its tasks and handlers.
pub struct App {
    /// Configuration.
    pub db: Db,
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Jumps of the clock.
    pub clock_watch: Arc<ClockWatch>,
    /// What NTP servers say of the clock.
    pub time_check: time_check::Desk,
    /// The ways out: interfaces, VPN, modem.
    pub links: links::Desk,
    /// Device profiles.
    pub profiles: Profiles,
    /// The site as now configured; a change sends a new one.
    pub topology: watch::Sender<Arc<Topology>>,
    /// Newest readings.
    pub live: Arc<Live>,
    /// What is kept of the measurements, and how long; a change sends a new one.
    pub history_settings: watch::Sender<Arc<HistorySettings>>,
    /// What the first page shows of the past.
    pub overview: Overview,
    /// History, for reading.
    pub history: Reader,
    /// Looks at every byte of it.
    pub integrity: Integrity,
    /// Folder of configuration and history.
    pub data_dir: PathBuf,
    /// History, for writing.
    pub writer: Arc<Writer>,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// The buses.
    pub field: Field,
    /// LoRaWAN sensors.
    pub lorawan: lorawan::Desk,
    /// Searches for devices.
    pub searches: Searches,
    /// Recovery of what was missed in outages.
    pub backfill: Backfill,
    /// The link to the hub.
    pub uplink: Uplink,
    /// Rules of alarms, and what they raise.
    pub alarms: Alarms,
    /// The Modbus TCP server.
    pub modbus_server: modbus::Desk,
    /// The MQTT client.
    pub mqtt: mqtt::Desk,
    /// What tells this gateway's history from another's.
    pub identity: String,
    /// Files to a server.
    pub files: files::Desk,
    /// Mail.
    pub mail: mail::Desk,
    /// The HTTPS push.
    pub push: push::Desk,
    /// The SNMP agent.
    pub snmp: snmp::Desk,
    /// The BACnet/IP server.
    pub bacnet: bacnet::Desk,
    /// Who the gateway says it is, and whom it believes.
    pub certificates: Certificates,
    /// Sessions, for streams that must end with them.
    pub sessions: Sessions,
    /// The storage key, backups and the end.
    pub storage: Desk,
    /// A restore under way.
    pub restores: Restores,
    /// Who may do what.
    pub rights: Rights,
    /// Rules of passwords, lock-out and sessions; a change sends new ones.
    pub access_rules: watch::Sender<Arc<AccessRules>>,
    /// Counts of wrong tries.
    pub lockouts: Lockouts,
    /// What holds of the sandbox.
    pub walls: sandbox::Report,
    /// What may run.
    pub policy: Policies,
    /// What listens, as whoever opened it says.
    pub listeners: Listeners,
    /// Who did what.
    pub audit: Audit,
    /// What a source may ask for.
    pub firewall: Firewall,
    /// What this program is made of.
    pub boot: Boot,
    /// Releases: installed, offered, tried.
    pub updates: Updates,
    /// How the gateway stood when it was last looked at.
    pub posture: posture::desk::Latest,
    /// Ends streams when the gateway stops.
    pub shutdown: Shutdown,
}

/// As handlers receive it.
pub type Shared = Arc<App>;

impl App {
    /// The site as now configured.
    pub fn topology(&self) -> Arc<Topology> {
        Arc::clone(&self.topology.borrow())
    }

    /// Chunks from this cursor on must be kept, because somebody who is to have them does not yet; `None` when there is nobody.
    pub fn keep_from(&self) -> Option<u64> {
        keep_from(&self.uplink, &[self.mqtt.outbox(), self.push.outbox()])
    }

    /// Refuses what the policy has switched off.
    ///
    /// # Errors
    /// `switched_off`, with the service as field.
    pub fn require(&self, service: Service) -> Result<(), Problem> {
        if self.policy.allows(service) { Ok(()) } else { Err(crate::api::switched_off(service)) }
    }

    /// Refuses to hand out data while the program is not what was signed.
    ///
    /// # Errors
    /// `outlets_closed`.
    pub fn outlets(&self) -> Result<(), Problem> {
        const CLOSED: Code = Code::new("outlets_closed", 503, "The program was changed: nothing is handed out");
        if self.boot.outlets_allowed() { Ok(()) } else { Err(Problem::new(CLOSED)) }
    }

    /// Changes the configuration in one transaction and publishes the result to whoever watches it.
    ///
    /// # Errors
    /// A [`Problem`] when the change is refused; nothing is then changed.
    pub async fn change<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        Ok(change(&self.db, &self.topology, work).await?)
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// A [`Problem`] when the store fails.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        Ok(self.db.call(work).await?)
    }

    /// Reads history off the async threads.
    ///
    /// # Errors
    /// A [`Problem`] when the file cannot be read.
    pub async fn history<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, haubert_historian::StoreError> + Send + 'static,
    {
        let reader = self.history.clone();
        match tokio::task::spawn_blocking(move || work(&reader)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(Problem::internal("read history", &error)),
            Err(_) => Err(Problem::new(codes::UNAVAILABLE)),
        }
    }
}

/// The first cursor that the hub or one of the receivers does not have yet.
pub fn keep_from(uplink: &Uplink, outboxes: &[&Outbox]) -> Option<u64> {
    let receivers = outboxes.iter().filter_map(|outbox| outbox.keep_from());
    uplink.keep_from().into_iter().chain(receivers).min()
}

/// Changes the configuration in one transaction and publishes the result.
///
/// # Errors
/// When the change is refused; nothing is then changed.
pub async fn change<T, F>(db: &Db, topology: &watch::Sender<Arc<Topology>>, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
{
    let (outcome, snapshot) = db.call(|tx| Ok((work(tx)?, topology::load_all(tx)?))).await?;
    topology.send_replace(Arc::new(snapshot));
    Ok(outcome)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Audit(_) => Self::new(codes::AUDIT_UNAVAILABLE),
            StoreError::Conflict(said) => Self::new(codes::CONFLICT).detail(said),
            error => Self::internal("use the configuration store", &error),
        }
    }
}

/// Records an event; a store that cannot take it is logged, never a reason to stop.
pub async fn record(db: &Db, event: NewEvent) {
    tracing::info!(code = event.code, params = ?event.params, "event");
    if let Err(error) = db.note(move |tx| events::add(tx, &event)).await {
        tracing::error!(error = &error as &dyn std::error::Error, "event not recorded");
    }
}
