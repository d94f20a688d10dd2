//! The link to the hub: enrolment, and one task that keeps both in step while there are credentials.
//!
//! The task is restarted when the site's description changes, so that the hub hears of it with the next hello; dropping it
//! at any point is safe, because progress is durable before the next step.

mod credentials;
mod source;

use crate::app::record;
use crate::audit::Audit;
use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::certificates::uses::TrustUse;
use crate::live::Live;
use crate::policy::{Policies, Service};
use crate::posture::Posture;
use crate::profiles::Profiles;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use credentials::{Progress, Stored};
use haubert_historian::{Backlog, Reader};
use haubert_link::sync::Timing;
use haubert_link::{Link, LinkError, LinkPhase, LinkStatus};
use haubert_model::{Clock, Secret};
use haubert_trust::Fingerprint;
use source::GatewaySource;
pub(crate) use source::declared;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Changes of the site are gathered this long before the hub hears of them.
const SETTLE: Duration = Duration::from_secs(1);

/// What the task is made of.
#[derive(Clone)]
pub struct Parts {
    /// Configuration, for credentials, progress and events.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// History to send.
    pub history: Reader,
    /// Which history file that is.
    pub history_identity: String,
    /// Newest values to send.
    pub live: Arc<Live>,
    /// The site as now configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// Whether the link may run.
    pub policy: Policies,
    /// What the owner adds to the trust in the hub, and takes from it.
    pub certificates: Certificates,
    /// What this program is made of: data leaves only from a program that is what was signed.
    pub boot: Boot,
    /// The audit trail, whose heads go along.
    pub audit: Audit,
    /// How the gateway stands, as last looked at.
    pub posture: watch::Receiver<Option<Arc<Posture>>>,
    /// Whether the clock is known to be right.
    pub clock_set: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// For a configuration that comes back from a backup: what the hub has of the history is asked anew.
///
/// # Errors
/// When the store fails.
pub(crate) fn begin_anew(tx: &rusqlite::Transaction<'_>) -> Result<(), StoreError> {
    match credentials::load(tx)? {
        Some(_) => credentials::advance(tx, Progress::default()),
        None => Ok(()),
    }
}

/// Handle to the link.
#[derive(Clone)]
pub struct Uplink {
    parts: Parts,
    status: watch::Sender<LinkStatus>,
    enrolled: watch::Sender<Option<Enrolled>>,
    progress: watch::Sender<Progress>,
}

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The hub's address, as a person gave it.
    pub hub_url: String,
    /// Where the link goes, as the hub said at enrolment.
    pub link_url: String,
    /// Grows with each enrolment.
    generation: u64,
}

/// Why the gateway could not enrol.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There is a hub already.
    #[error("the gateway is enrolled already; end that enrolment first")]
    AlreadyEnrolled,
    /// The exchange failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The credentials could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Uplink {
    /// The link with what is stored of it; [`Uplink::work`] then runs it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(parts: Parts) -> Result<Self, StoreError> {
        let (stored, progress) = parts.db.call(|tx| Ok((credentials::load(tx)?, credentials::progress(tx)?))).await?;
        let enrolled = stored.map(|stored| Enrolled { hub_url: stored.hub_url, link_url: stored.link_url, generation: 0 });
        Ok(Self {
            parts,
            status: watch::Sender::new(LinkStatus::default()),
            enrolled: watch::Sender::new(enrolled),
            progress: watch::Sender::new(progress),
        })
    }

    /// The hub, when there is one.
    pub fn enrolled(&self) -> Option<Enrolled> {
        self.enrolled.borrow().clone()
    }

    /// How the link stands.
    pub fn status(&self) -> LinkStatus {
        self.status.borrow().clone()
    }

    /// Chunks that the hub does not have yet.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn backlog(&self) -> Result<Backlog, haubert_historian::StoreError> {
        self.parts.history.backlog(self.progress.borrow().chunk_cursor)
    }

    /// Chunks from this cursor on must be kept for the hub; `None` when there is no hub.
    pub fn keep_from(&self) -> Option<u64> {
        self.enrolled().map(|_| self.progress.borrow().chunk_cursor.saturating_add(1))
    }

    /// Joins a hub with a one-time token.
    ///
    /// # Errors
    /// [`EnrolError`].
    pub async fn enrol(&self, hub_url: &str, token: Secret, fingerprint: Fingerprint) -> Result<(), EnrolError> {
        if self.enrolled().is_some() {
            return Err(EnrolError::AlreadyEnrolled);
        }
        let credentials = Link::enrol(hub_url, token, fingerprint).await?;
        let stored = Stored::new(hub_url, &credentials);
        self.parts.db.call(move |tx| credentials::save(tx, &stored)).await?;
        self.progress.send_replace(Progress::default());
        self.status.send_replace(LinkStatus::default());
        let generation = self.parts.clock.monotonic_ms();
        self.enrolled.send_replace(Some(Enrolled { hub_url: hub_url.to_owned(), link_url: credentials.link_url, generation }));
        let event = NewEvent::new(self.parts.clock.now(), Severity::Info, "hub_enrolled", [("hub", hub_url.to_owned())]);
        record(&self.parts.db, event).await;
        Ok(())
    }

    /// What was agreed at enrolment, PEM: the gateway's certificate and the hub's authority.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn certificates(&self) -> Result<Option<(String, String)>, StoreError> {
        let stored = self.parts.db.call(credentials::load).await?;
        Ok(stored.map(|stored| (stored.certificate_pem, stored.authority_pem)))
    }

    /// Leaves the hub and forgets the credentials.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.parts.db.call(credentials::forget).await?;
        self.enrolled.send_replace(None);
        self.status.send_replace(LinkStatus::default());
        record(&self.parts.db, NewEvent::new(self.parts.clock.now(), Severity::Info, "hub_left", [])).await;
        Ok(())
    }

    /// Keeps the hub in step until the future is dropped.
    pub async fn work(self) {
        let mut enrolled = self.enrolled.subscribe();
        let mut topology = self.parts.topology.clone();
        let mut policy = self.parts.policy.subscribe();
        let mut certificates = self.parts.certificates.subscribe();
        loop {
            let trusted = certificates.borrow_and_update().authorities(TrustUse::Hub);
            let present = enrolled.borrow_and_update().clone();
            topology.mark_unchanged();
            let allowed = policy.borrow_and_update().allows(Service::HubLink);
            if !allowed {
                self.status.send_replace(LinkStatus::default());
            }
            tokio::select! {
                () = self.run(present.is_some() && allowed) => {}
                changed = async { policy.wait_for(|policy| policy.allows(Service::HubLink) != allowed).await.map(drop) } => if changed.is_err() { return },
                // A connection that is open was believed under the old rules; the next must be under the new.
                changed = async { certificates.wait_for(|now| now.authorities(TrustUse::Hub) != trusted).await.map(drop) } => if changed.is_err() { return },
                changed = enrolled.changed() => if changed.is_err() { return },
                changed = topology.changed() => {
                    if changed.is_err() { return }
                    tokio::time::sleep(SETTLE).await;
                }
            }
        }
    }

    /// Runs the link with the stored credentials; never returns while there is nothing to do.
    async fn run(&self, enrolled: bool) {
        if enrolled && let Err(error) = self.follow().await {
            tracing::error!(error = %error, "the link to the hub cannot run");
            self.status.send_modify(|status| {
                status.phase = LinkPhase::Offline;
                status.error = Some((error.code(), error.to_string()));
            });
        }
        std::future::pending::<()>().await;
    }

    /// A link beside the one that keeps in step, for what is asked rarely; `None` when there is no hub.
    ///
    /// # Errors
    /// When the credentials cannot be used.
    pub async fn aside(&self) -> Result<Option<Link>, LinkError> {
        let stored = self.parts.db.call(credentials::load).await.map_err(|error| LinkError::Local(error.to_string()))?;
        let also_trusted = self.parts.certificates.authorities(TrustUse::Hub);
        stored.map(|stored| Link::new(&stored.credentials(also_trusted))).transpose()
    }

    async fn follow(&self) -> Result<(), LinkError> {
        let stored = self.parts.db.call(credentials::load).await.map_err(|error| LinkError::Local(error.to_string()))?;
        let Some(stored) = stored else { return Ok(()) };
        let hub_url = stored.hub_url.clone();
        let also_trusted = self.parts.certificates.authorities(TrustUse::Hub);
        let source = GatewaySource { parts: self.parts.clone(), progress: self.progress.clone(), hub_url };
        haubert_link::run(&source, &*self.parts.clock, stored.credentials(also_trusted), Timing::LINK, &self.status).await
    }
}
