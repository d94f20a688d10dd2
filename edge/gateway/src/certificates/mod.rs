//! Who the gateway says it is, and whom it believes: identities, requests, trust stores, revocation lists, and their ends.
//!
//! One handle keeps what is in force; whoever serves or connects follows [`Certificates::subscribe`] and takes a change without a
//! restart. Everything lies in the encrypted store, with its second copy and in its backups. Rejected: files for the private key,
//! which would need an encryption, a rotation and a backup of their own.

pub mod expiry;
mod rows;
pub mod serving;
pub mod state;
pub mod uses;

use crate::chronicle::Chronicle;
use crate::storage;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError};
use expiry::{Expiring, Step};
use haubert_model::{Clock, Timestamp};
use haubert_trust::{
    Authorities, Crl, Fingerprint, Identity, Inspection, KeyKind, KeyPem, PkiError, Revocation, SELF_SIGNED_DAYS, Upload, Wanted,
};
use rusqlite::Transaction;
use state::{Alarms, Origin, Pending, State};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use uses::{IdentityUse, TrustUse};

/// Time between two looks at what expires.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// Why a certificate could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFailure {
    /// What it is to say does not fit, or the random source failed.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Handle; clones share what is in force.
#[derive(Clone)]
pub struct Certificates {
    db: Db,
    clock: Arc<dyn Clock>,
    /// Under which browsers reach the gateway, as its start-up file says.
    names: Arc<[String]>,
    state: watch::Sender<Arc<State>>,
    /// One change at a time, so that what is in force is what was committed last.
    turn: Arc<Mutex<()>>,
}

impl Certificates {
    /// What is stored; at the first start with a new self-signed identity for the HTTPS server, or the one that an older version
    /// kept in files under `old_files`.
    ///
    /// # Errors
    /// [`CertificateFailure`].
    pub async fn open(db: Db, clock: Arc<dyn Clock>, names: &[String], old_files: &Path) -> Result<Self, CertificateFailure> {
        let state = db.call(rows::load).await?;
        let opened = Self { db, clock, names: names.into(), state: watch::Sender::new(Arc::new(state)), turn: Arc::default() };
        if opened.now().current(IdentityUse::Https).is_none() {
            let identity = match Identity::open(old_files)? {
                Some(kept) => kept,
                None => Identity::self_signed(names, opened.clock.now())?,
            };
            opened.install(IdentityUse::Https, identity, Origin::FirstStart).await?;
            for file in ["server.key.pem", "server.cert.pem"] {
                storage::destroy(&old_files.join(file)).map_err(StoreError::Io)?;
            }
        }
        Ok(opened)
    }

    /// What is in force.
    pub fn now(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    /// What is in force, and each change of it.
    pub fn subscribe(&self) -> watch::Receiver<Arc<State>> {
        self.state.subscribe()
    }

    /// The identity to show, if there is one.
    pub fn identity(&self, of: IdentityUse) -> Option<Identity> {
        self.now().current(of).map(|kept| kept.identity.clone())
    }

    /// Whom to believe.
    pub fn authorities(&self, of: TrustUse) -> Authorities {
        self.now().authorities(of)
    }

    /// Names under which peers reach the gateway, asked of a server's certificate.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Looks at an upload as it would be used, with the key of the pending request at hand.
    pub fn inspect(&self, of: IdentityUse, upload: Upload) -> Inspection {
        let state = self.now();
        let slots = state.identities.get(&of);
        let pending: Vec<KeyPem> = slots.and_then(|slots| slots.pending.as_ref()).map(|it| it.key.clone()).into_iter().collect();
        let names: &[String] = if of == IdentityUse::Https { &self.names } else { &[] };
        haubert_trust::inspect(upload, &pending, of.purpose(), names, self.clock.now())
    }

    /// Puts an identity to use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn install(&self, of: IdentityUse, identity: Identity, origin: Origin) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.change(move |tx| rows::install(tx, of, &identity, origin, now)).await
    }

    /// Makes a self-signed identity over a new key and puts it to use.
    ///
    /// # Errors
    /// [`CertificateFailure`].
    pub async fn make_self_signed(
        &self,
        of: IdentityUse,
        wanted: Wanted,
        kind: KeyKind,
        days: u32,
    ) -> Result<(), CertificateFailure> {
        let now = self.clock.now();
        let made = blocking(move || wanted.self_signed(KeyPem::generate_of(kind)?, now, days)).await?;
        Ok(self.install(of, made, Origin::SelfSigned).await?)
    }

    /// Makes a new key and a request over it, in place of the one pending.
    ///
    /// # Errors
    /// [`CertificateFailure`].
    pub async fn make_request(&self, of: IdentityUse, wanted: Wanted, kind: KeyKind) -> Result<(), CertificateFailure> {
        let made_at = self.clock.now();
        let pending = blocking(move || {
            let key = KeyPem::generate_of(kind)?;
            Ok(Pending { csr_pem: wanted.request(&key)?, key, made_at })
        })
        .await?;
        Ok(self.change(move |tx| rows::keep_request(tx, of, &pending)).await?)
    }

    /// Forgets the pending request and its key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn drop_request(&self, of: IdentityUse) -> Result<(), StoreError> {
        self.change(move |tx| rows::drop_request(tx, of)).await
    }

    /// Takes back the identity that was in use before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none, or it has expired.
    pub async fn undo(&self, of: IdentityUse) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.change(move |tx| rows::undo(tx, of, now)).await
    }

    /// Forgets an identity that nothing needs.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for the HTTPS server's; [`StoreError::NotFound`].
    pub async fn remove(&self, of: IdentityUse) -> Result<(), StoreError> {
        if of == IdentityUse::Https {
            return Err(StoreError::Conflict("the HTTPS server cannot be without a certificate"));
        }
        self.change(move |tx| rows::remove(tx, of)).await
    }

    /// Believes these certificates on a link.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there would be too many.
    pub async fn believe(&self, of: TrustUse, pems: Vec<String>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.change(move |tx| {
            pems.iter().try_for_each(|pem| rows::add_anchor(tx, of, pem, now))?;
            match rows::load(tx)?.trust.get(&of).is_some_and(|store| store.anchors.len() > state::MAX_ANCHORS) {
                true => Err(StoreError::Conflict("there are too many authorities for this link")),
                false => Ok(()),
            }
        })
        .await
    }

    /// Believes it no longer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn disbelieve(&self, of: TrustUse, fingerprint: Fingerprint) -> Result<(), StoreError> {
        self.change(move |tx| rows::drop_anchor(tx, of, fingerprint)).await
    }

    /// Keeps a revocation list in place of the issuer's last.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is older than that, or there would be too many.
    pub async fn keep_list(&self, of: TrustUse, crl: Crl) -> Result<(), StoreError> {
        self.change(move |tx| {
            rows::keep_list(tx, of, &crl)?;
            match rows::load(tx)?.trust.get(&of).is_some_and(|store| store.lists.len() > state::MAX_LISTS) {
                true => Err(StoreError::Conflict("there are too many revocation lists for this link")),
                false => Ok(()),
            }
        })
        .await
    }

    /// Forgets a revocation list.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn drop_list(&self, of: TrustUse, id: Fingerprint) -> Result<(), StoreError> {
        self.change(move |tx| rows::drop_list(tx, of, id)).await
    }

    /// Demands revocation lists on a link, or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_revocation(&self, of: TrustUse, revocation: Revocation) -> Result<(), StoreError> {
        self.change(move |tx| rows::set_revocation(tx, of, revocation == Revocation::Required)).await
    }

    /// Chooses when to speak of an expiry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_alarms(&self, alarms: Alarms) -> Result<(), StoreError> {
        self.change(move |tx| rows::set_alarms(tx, alarms)).await
    }

    /// What ends soon or is over; `hub` is the end of the gateway's certificate at the hub.
    pub fn expiring(&self, hub: Option<Timestamp>) -> Vec<Expiring> {
        expiry::expiring(&self.now(), hub, self.clock.now())
    }

    /// Watches over expiries until the future is dropped. While the clock is not set nothing is known of them.
    pub async fn work(
        self,
        chronicle: Chronicle,
        hub: impl Fn() -> Option<Timestamp> + Send + Sync,
        clock_set: impl Fn() -> bool + Send + Sync,
    ) {
        let mut changes = self.subscribe();
        loop {
            if clock_set()
                && let Err(error) = self.look(&chronicle, hub()).await
            {
                tracing::error!(error = &error as &dyn std::error::Error, "expiries are not watched");
            }
            let _timed_out = tokio::time::timeout(LOOK_EVERY, changes.changed()).await;
        }
    }

    async fn look(&self, chronicle: &Chronicle, hub: Option<Timestamp>) -> Result<(), CertificateFailure> {
        let now = self.clock.now();
        let expired = |kept: &state::Kept| kept.origin == Origin::FirstStart && kept.info.not_after <= now;
        if self.now().current(IdentityUse::Https).is_some_and(expired) {
            // Nobody chose it and nobody is asked: an expired certificate would teach people to pass over warnings.
            let names = self.names.to_vec();
            let made = blocking(move || Wanted::server(&names).self_signed(KeyPem::generate()?, now, SELF_SIGNED_DAYS)).await?;
            self.install(IdentityUse::Https, made, Origin::FirstStart).await?;
            chronicle.tell(NewEvent::new(now, Severity::Warning, "certificate_renewed", [("use", "https".to_owned())]));
        }
        let found = self.expiring(hub);
        let news = self
            .db
            .note(move |tx| {
                let before = rows::told(tx)?;
                let mut told = before.clone();
                let news = expiry::news(&found, &mut told);
                if told != before {
                    rows::set_told(tx, &told)?;
                }
                Ok(news)
            })
            .await?;
        for expiring in news {
            let severity = if expiring.step == Step::Over { Severity::Critical } else { Severity::Warning };
            chronicle.tell(NewEvent::new(now, severity, expiring.code(), expiring.params()));
        }
        Ok(())
    }

    async fn change<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: FnOnce(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static,
    {
        let _turn = self.turn.lock().await;
        let state = self
            .db
            .call(|tx| {
                work(tx)?;
                rows::load(tx)
            })
            .await?;
        self.state.send_replace(Arc::new(state));
        Ok(())
    }
}

/// Makes keys off the async threads: RSA takes a second.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PkiError> + Send + 'static,
) -> Result<T, CertificateFailure> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Stopping)??)
}

#[cfg(test)]
mod tests;
