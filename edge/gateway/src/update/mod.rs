//! Updates: what is offered, whether it may be believed, and the way from an offer to a slot that runs.
//!
//! A bundle comes as a file from a person or from the hub; both take the same way: onto the disk within a bound, through every
//! check, and only then it is an *offer*. Nothing is installed unasked. What is asked for is checked again, written into the slot
//! that does not run, proven from there, and started on probation ([`probation`]).

pub mod before;
mod from_hub;
mod incoming;
pub mod probation;
mod supplier;

pub use incoming::Incoming;
pub use supplier::Supplier;

use crate::app::{Shared, record};
use crate::config::{Config, UpdateConfig};
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use from_hub::look_now_and_then;
use haubert_bundle::seal::digest_of;
use haubert_bundle::{Archive, Installed, Known, Refusal, Release, Verified, Version, verify};
use haubert_model::{Clock, Timestamp};
use haubert_service::shutdown::Shutdown;
use haubert_update::{InstallError, Kind, Reason, Slot, Slots, State, Tampered};
use serde::Serialize;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, MutexGuard, watch};
use utoipa::ToSchema;

/// Name of this product in releases.
pub const PRODUCT: &str = "haubert-gateway";

/// Where a bundle came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person.
    File,
    /// The hub.
    Hub,
}

impl Source {
    fn code(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Hub => "hub",
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Working {
    /// A bundle is coming in.
    Receiving,
    /// It is checked.
    Checking,
    /// It is written into its slot.
    Installing,
    /// The gateway starts again.
    Restarting,
}

/// A release that may be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it says of itself.
    pub release: Release,
    /// Bytes of the bundle.
    pub bytes: u64,
    /// Until when it can be installed.
    pub expires: Timestamp,
    /// Where it came from.
    pub source: Source,
    /// When.
    pub at: Timestamp,
}

/// The latest bundle that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
    /// Where it came from.
    pub source: Source,
    /// When.
    pub at: Timestamp,
}

/// What a screen shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// What is being done.
    pub working: Option<Working>,
    /// What may be installed.
    pub offer: Option<Offer>,
    /// What was refused last, until something is accepted.
    pub refused: Option<Refused>,
    /// Milliseconds of health that a release on trial still needs, once it is healthy.
    pub remaining_ms: Option<u64>,
}

/// Why something cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The bundle is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be written into its slot.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The gateway was not started from a slot: something else installs it.
    #[error("this gateway does not run from a slot")]
    NotManaged,
    /// There is no such offer, or nothing to go back to.
    #[error("there is nothing to do")]
    Nothing,
    /// Another update is being worked on, or a release is on trial.
    #[error("another update is under way")]
    Busy,
    /// The slots cannot be read or written.
    #[error("the slots cannot be used: {0}")]
    Disk(#[from] io::Error),
    /// The hub could not be asked.
    #[error("the hub cannot be asked: {0}")]
    Hub(String),
}

/// The updates of this gateway; clones share them.
#[derive(Clone)]
pub struct Updates(Arc<Inner>);

struct Inner {
    supplier: Supplier,
    slots: Option<(Slots, Slot)>,
    dir: PathBuf,
    installed: Installed,
    clock: Arc<dyn Clock>,
    db: Db,
    shutdown: Shutdown,
    one_at_a_time: Mutex<()>,
    shown: watch::Sender<Shown>,
    start_again: AtomicBool,
    probation_seconds: u32,
}

impl Updates {
    /// For a gateway of this configuration.
    pub fn open(config: &Config, db: Db, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Self {
        // A version of ours always is one.
        let version = env!("CARGO_PKG_VERSION").parse().unwrap_or(Version(0, 0, 0));
        let program = File::open("/proc/self/exe").and_then(digest_of).ok().map(|(_, sha256)| sha256);
        let slots = config.update.slots.as_deref().map(Slots::new).zip(config.update.slot);
        // What the slot says it is counts: a program may be released twice under its own number.
        let version = slots.as_ref().and_then(|(slots, slot)| installed_version(slots, *slot)).unwrap_or(version);
        let architecture = std::env::consts::ARCH.to_owned();
        Self(Arc::new(Inner {
            supplier: Supplier::of(&config.update),
            slots,
            dir: config.data_dir.join("update"),
            installed: Installed { product: PRODUCT.to_owned(), version, architecture, program },
            clock,
            db,
            shutdown,
            one_at_a_time: Mutex::new(()),
            shown: watch::Sender::new(Shown::default()),
            start_again: AtomicBool::new(false),
            probation_seconds: config.update.probation_seconds,
        }))
    }

    /// What is installed.
    pub fn installed(&self) -> &Installed {
        &self.0.installed
    }

    /// Whether a supplier's key is known.
    pub fn has_key(&self) -> bool {
        self.0.supplier.root().is_some()
    }

    /// The slots and the one that runs; `None` when something else installs this gateway.
    pub fn slots(&self) -> Option<(&Slots, Slot)> {
        self.0.slots.as_ref().map(|(slots, slot)| (slots, *slot))
    }

    /// The slot that was found changed, when another one runs instead. (Of its own slot the program speaks itself.)
    pub fn tampered_other(&self) -> Option<Tampered> {
        let running = self.slots()?.1;
        self.state()?.tampered.filter(|tampered| tampered.slot != running)
    }

    /// Seconds of health that a release on trial needs.
    pub fn probation_seconds(&self) -> u32 {
        self.0.probation_seconds
    }

    /// The state of the slots, where there are any.
    pub fn state(&self) -> Option<State> {
        self.slots().and_then(|(slots, _)| slots.load().ok())
    }

    /// What a screen shows.
    pub fn shown(&self) -> Shown {
        self.0.shown.borrow().clone()
    }

    /// How long a release on trial still needs.
    fn remains(&self, remaining_ms: Option<u64>) {
        self.0.shown.send_modify(|shown| shown.remaining_ms = remaining_ms);
    }

    /// Whether the program shall end with [`haubert_update::START_AGAIN`].
    pub fn starts_again(&self) -> bool {
        self.0.start_again.load(Ordering::Relaxed)
    }

    fn offer_file(&self) -> PathBuf {
        self.0.dir.join("offer")
    }

    fn begin(&self, working: Working) -> Result<Work<'_>, UpdateError> {
        let guard = self.0.one_at_a_time.try_lock().map_err(|_| UpdateError::Busy)?;
        self.0.shown.send_modify(|shown| shown.working = Some(working));
        Ok(Work { updates: self, _guard: guard })
    }

    /// Room for a bundle that is about to come.
    ///
    /// # Errors
    /// [`UpdateError::Busy`]; what the disk says.
    pub async fn receive(&self) -> Result<(Work<'_>, Incoming), UpdateError> {
        let work = self.begin(Working::Receiving)?;
        Ok((work, Incoming::new(&self.0.dir).await?))
    }

    /// Checks a bundle that has come whole, and makes it the offer.
    ///
    /// # Errors
    /// [`Refusal`], which is recorded; the offer before stays.
    pub async fn consider(&self, work: &Work<'_>, incoming: Incoming, source: Source) -> Result<Offer, UpdateError> {
        work.now(Working::Checking);
        let file = incoming.whole().await?;
        let at = self.0.clock.now();
        let outcome = self.check(file.clone()).await;
        match outcome {
            Ok(verified) => {
                tokio::fs::rename(&file, self.offer_file()).await?;
                let bytes = tokio::fs::metadata(self.offer_file()).await?.len();
                let offer = Offer { release: verified.release, bytes, expires: verified.expires, source, at };
                self.0.shown.send_modify(|shown| (shown.offer, shown.refused) = (Some(offer.clone()), None));
                let params = [("version", offer.release.version.to_string()), ("source", source.code().to_owned())];
                self.tell(NewEvent::new(at, Severity::Info, "update_offered", params)).await;
                Ok(offer)
            }
            Err(refusal) => {
                incoming::discard(&file).await;
                self.refuse(&refusal, source).await;
                Err(refusal.into())
            }
        }
    }

    /// Remembers and records a refusal.
    pub async fn refuse(&self, refusal: &Refusal, source: Source) {
        let at = self.0.clock.now();
        let refused = Refused { code: refusal.code(), detail: refusal.to_string(), source, at };
        let params =
            [("reason", refused.code.to_owned()), ("detail", refused.detail.clone()), ("source", source.code().to_owned())];
        self.0.shown.send_modify(|shown| shown.refused = Some(refused));
        self.tell(NewEvent::new(at, Severity::Warning, "update_refused", params)).await;
    }

    /// As an event for people, which is in the audit trail too.
    async fn tell(&self, event: NewEvent) {
        record(&self.0.db, event).await;
    }

    /// Every check, off the async threads.
    async fn check(&self, file: PathBuf) -> Result<Verified, Refusal> {
        let root = self.0.supplier.root().ok_or(Refusal::NoSupplierKey)?;
        let known = self.slots().map_or_else(|| self.0.dir.join("known"), |(slots, _)| slots.known());
        let (installed, now) = (self.0.installed.clone(), self.0.clock.now());
        let runtime = tokio::runtime::Handle::current();
        let work = move || {
            let archive = Archive::open(&file)?;
            let mut known = Known::open(&known, &root)?;
            runtime.block_on(verify(&archive, &mut known, &installed, now))
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Storage(io::Error::other(error)))?
    }

    /// Takes up the offer of an earlier run, if it still holds.
    pub async fn recall(&self) {
        let file = self.offer_file();
        let Ok(metadata) = tokio::fs::metadata(&file).await else { return };
        match self.check(file.clone()).await {
            Ok(verified) => {
                let (at, bytes) = (self.0.clock.now(), metadata.len());
                let offer = Offer { release: verified.release, bytes, expires: verified.expires, source: Source::File, at };
                self.0.shown.send_modify(|shown| shown.offer = Some(offer));
            }
            Err(_) => incoming::discard(&file).await,
        }
    }

    /// Forgets the offer.
    ///
    /// # Errors
    /// [`UpdateError::Busy`], [`UpdateError::Nothing`].
    pub async fn decline(&self) -> Result<(), UpdateError> {
        let _work = self.begin(Working::Checking)?;
        let offer = self.shown().offer.ok_or(UpdateError::Nothing)?;
        incoming::discard(&self.offer_file()).await;
        self.0.shown.send_modify(|shown| shown.offer = None);
        tracing::info!(version = %offer.release.version, "offer declined");
        Ok(())
    }

    /// Installs the offer of this version and starts it on probation.
    ///
    /// # Errors
    /// [`UpdateError`]; the running slot is as it was.
    pub async fn install(&self, version: Version) -> Result<(), UpdateError> {
        let (slots, _) = self.slots().ok_or(UpdateError::NotManaged)?;
        let work = self.begin(Working::Installing)?;
        if self.state().is_none_or(|state| state.trial.is_some()) {
            return Err(UpdateError::Busy);
        }
        self.shown().offer.filter(|offer| offer.release.version == version).ok_or(UpdateError::Nothing)?;
        let verified = match self.check(self.offer_file()).await {
            Ok(verified) => verified,
            Err(refusal) => {
                self.refuse(&refusal, Source::File).await;
                return Err(refusal.into());
            }
        };
        let root = self.0.supplier.root().ok_or(Refusal::NoSupplierKey)?;
        let slots = slots.clone();
        tokio::task::spawn_blocking(move || slots.install(&verified, &root)).await.map_err(io::Error::other)??;
        self.switch(&work, Kind::Update, version.to_string()).await?;
        // It lies in its slot now; should it fail there, it is not to be offered again by itself.
        incoming::discard(&self.offer_file()).await;
        Ok(())
    }

    /// Goes back to the release in the other slot.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub async fn roll_back(&self) -> Result<(), UpdateError> {
        self.slots().ok_or(UpdateError::NotManaged)?;
        let work = self.begin(Working::Installing)?;
        let state = self.state().ok_or(UpdateError::NotManaged)?;
        if state.trial.is_some() {
            return self.give_up(Reason::NotHealthy).await;
        }
        let version = state.other.ok_or(UpdateError::Nothing)?;
        self.switch(&work, Kind::RollBack, version).await
    }

    async fn switch(&self, work: &Work<'_>, kind: Kind, version: String) -> Result<(), UpdateError> {
        let (slots, _) = self.slots().ok_or(UpdateError::NotManaged)?;
        if !slots.update(|state| state.switch(kind))? {
            return Err(UpdateError::Nothing);
        }
        work.now(Working::Restarting);
        let code = if kind == Kind::Update { "update_installing" } else { "update_going_back" };
        let params = [("from", self.0.installed.version.to_string()), ("to", version)];
        self.tell(NewEvent::new(self.0.clock.now(), Severity::Info, code, params)).await;
        self.start_again();
        Ok(())
    }

    /// The release on trial goes.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn give_up(&self, reason: Reason) -> Result<(), UpdateError> {
        let (slots, _) = self.slots().ok_or(UpdateError::NotManaged)?;
        slots.update(|state| state.give_up(reason))?;
        self.start_again();
        Ok(())
    }

    fn start_again(&self) {
        self.0.start_again.store(true, Ordering::Relaxed);
        self.0.shown.send_modify(|shown| shown.working = Some(Working::Restarting));
        self.0.shutdown.trigger();
    }

    /// Records what has happened to the slots since the last run.
    pub async fn tell_past(&self) {
        let Some((slots, _)) = self.slots() else { return };
        let now = self.0.clock.now();
        let mut past = Vec::new();
        let stamped = slots.update(|state| {
            past = state.stamp(now);
            !past.is_empty()
        });
        if let Err(error) = stamped {
            tracing::error!(error = &error as &dyn std::error::Error, "the state of the slots cannot be kept");
        }
        for one in past {
            let (severity, code) = match one.reason {
                Reason::Committed => (Severity::Info, "update_committed"),
                Reason::FellBack => (Severity::Critical, "update_fell_back"),
                Reason::DidNotStart | Reason::NotHealthy | Reason::Tampered => (Severity::Critical, "update_rolled_back"),
            };
            let reason = serde_json::to_value(one.reason).ok().and_then(|value| value.as_str().map(str::to_owned));
            let params = [("from", one.from), ("to", one.to), ("reason", reason.unwrap_or_default())];
            self.tell(NewEvent::new(now, severity, code, params)).await;
        }
        if let Some(tampered) = self.tampered_other() {
            let params = [("slot", tampered.slot.name().to_owned()), ("files", tampered.files.join(", "))];
            self.tell(NewEvent::new(now, Severity::Critical, "slot_tampered", params)).await;
        }
    }
}

/// What is done about updates while the gateway runs: tells what has happened, watches a release on trial, and asks the hub now
/// and then.
pub async fn begin(app: Shared, config: UpdateConfig) {
    for event in app.boot.events() {
        app.updates.tell(event).await;
    }
    app.updates.tell_past().await;
    app.updates.recall().await;
    tokio::spawn(look_now_and_then(Arc::clone(&app)));
    probation::watch(app, config).await;
}

/// The version that a slot's state gives it.
fn installed_version(slots: &Slots, slot: Slot) -> Option<Version> {
    let state = slots.load().ok()?;
    let text = match &state.trial {
        Some(trial) if slot != state.active => trial.version.clone(),
        _ => state.version,
    };
    text.parse().ok()
}

/// Something that is being done; over when it is dropped.
pub struct Work<'a> {
    updates: &'a Updates,
    _guard: MutexGuard<'a, ()>,
}

impl Work<'_> {
    fn now(&self, working: Working) {
        self.updates.0.shown.send_modify(|shown| shown.working = Some(working));
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let stays = self.updates.starts_again();
        self.updates.0.shown.send_modify(|shown| shown.working = stays.then_some(Working::Restarting));
    }
}
