//! Sends what waits.

use super::queue::{self, Due, Queue};
use super::server::{Account, MailError};
use super::settings::MailSettings;
use super::standing::Counted;
use crate::clock_watch::ClockWatch;
use crate::outlets::rounds::{self, Rota, Rounds};
use crate::outlets::standing::{Phase, Standing};
use crate::outlets::switch::Switch;
use crate::outlets::trial::Coded as _;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_link::Backoff;
use haubert_mail::{Letter, Session, SessionError};
use haubert_model::Timestamp;
use haubert_service::shutdown::Shutdown;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// A letter so old is news no more.
const MAX_AGE_MS: i64 = 3 * 86_400_000;
/// Between two tries of a letter that a server does not take now; many greet the first with "later" on purpose.
const LETTER: Backoff = Backoff { first_ms: 60_000, max_ms: 3_600_000 };

/// What mail needs of the gateway.
pub struct Parts {
    /// Configuration, and letters.
    pub db: Db,
    /// The site's name.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What allows it.
    pub switch: Switch,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// What the history is called; tells this gateway's letters from another's.
    pub identity: String,
}

impl Parts {
    /// An identity for a letter, at the sender's domain.
    pub(super) fn letter_id(&self, number: &str, from: &str) -> String {
        let domain = from.rsplit('@').next().unwrap_or_default();
        format!("{number}.{}@{domain}", self.identity)
    }

    /// A time, for a letter.
    pub(super) fn written_at(&self, at: Timestamp) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(at.as_millis().max(0).unsigned_abs())
    }
}

/// The settings and state of mail; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    rota: Rota<MailSettings, Counted>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let account = parts.db.call(|tx| Account::stored(tx, MailSettings::default)).await?;
        let rota = Rota::new(account, parts.switch.clone(), Arc::clone(&parts.clock));
        let desk = Self { parts: Arc::new(parts), rota };
        tokio::spawn(rounds::work(desk.clone(), shutdown));
        Ok(desk)
    }

    /// The settings in force, with their password.
    pub fn account(&self) -> Arc<Account> {
        self.rota.account()
    }

    /// Tells when other settings are in force.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Account>> {
        self.rota.subscribe()
    }

    /// How mail stands.
    pub fn standing(&self) -> Standing<Counted> {
        self.rota.standing()
    }

    /// What waits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue(&self) -> Result<Queue, StoreError> {
        self.parts.db.note(queue::waiting).await
    }

    /// There may be something to send.
    pub(super) fn wake(&self) {
        self.rota.wake();
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        self.rota.store(&self.parts.db, &account).await?;
        self.rota.put_in_force(account);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.rota.now()
    }

    /// Sends what is due, in one conversation; when the next is.
    async fn send_all(&self, account: &Account) -> Result<Option<Timestamp>, MailError> {
        let mut session = None;
        loop {
            let now = self.now();
            let Some(due) = self.parts.db.note(move |tx| queue::due(tx, now)).await? else { break };
            if now.ms_since(due.made_at) > MAX_AGE_MS {
                self.give_up(due.id, ("too_old", String::new())).await?;
                continue;
            }
            let open = match session.take() {
                Some(open) => open,
                None => {
                    self.rota.board.phase(Phase::Sending);
                    self.begin(account, &due).await?
                }
            };
            session = self.send(open, account, due).await?;
        }
        if let Some(session) = session {
            session.quit().await;
        }
        Ok(self.parts.db.note(queue::next_at).await?)
    }

    /// Begins a conversation. A letter that waits for it says why it still does.
    async fn begin(&self, account: &Account, due: &Due) -> Result<Session, MailError> {
        match account.open(&self.parts.switch.certificates, &self.parts.switch.policy.current()).await {
            Ok(session) => {
                self.rota.board.change(|standing| standing.counted.conversations += 1);
                Ok(session)
            }
            Err(error) => {
                let (id, now, why) = (due.id, self.now(), (error.code(), error.to_string()));
                self.parts.db.note(move |tx| queue::again(tx, id, (why.0, &why.1), now)).await?;
                Err(error)
            }
        }
    }

    /// Sends one letter. The session comes back while it can be used.
    async fn send(&self, mut session: Session, account: &Account, due: Due) -> Result<Option<Session>, MailError> {
        let site = self.parts.topology.borrow().site.name.clone();
        let settings = &account.settings;
        let letter = Letter {
            from: settings.from.clone(),
            sender: if settings.sender.is_empty() { site } else { settings.sender.clone() },
            to: due.letter.to,
            subject: due.letter.subject,
            text: due.letter.text,
            attachments: due.letter.file.into_iter().collect(),
            id: self.parts.letter_id(&format!("{}-{}", due.id, due.made_at.as_millis()), &settings.from),
            at: self.parts.written_at(due.made_at),
        };
        let outcome = session.send(&letter).await;
        let (id, now) = (due.id, self.now());
        match outcome {
            Ok(receipt) => {
                self.parts.db.note(move |tx| queue::sent(tx, id, &receipt, now)).await?;
                self.rota.board.sent(now, |counted| counted.sent += 1);
                Ok(Some(session))
            }
            Err(error) if error.is_final() => {
                self.give_up(id, (error.code(), error.to_string())).await?;
                Ok(None)
            }
            Err(error) => {
                let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
                let wait = LETTER.wait_ms(due.tries.saturating_add(1), random);
                let next = now.plus_ms(i64::try_from(wait).unwrap_or(i64::MAX));
                let (code, said) = (error.code(), error.to_string());
                self.parts.db.note(move |tx| queue::again(tx, id, (code, &said), next)).await?;
                // "Later" concerns this letter; anything else the server.
                if matches!(error, SessionError::Refused { .. }) { Ok(None) } else { Err(error.into()) }
            }
        }
    }

    async fn give_up(&self, id: i64, (code, said): (&'static str, String)) -> Result<(), MailError> {
        tracing::warn!(code, said, "a letter will never go");
        let now = self.now();
        self.parts.db.note(move |tx| queue::given_up(tx, id, (code, &said), now)).await?;
        self.rota.board.change(|standing| standing.counted.given_up += 1);
        Ok(())
    }
}

impl Rounds for Desk {
    type Settings = MailSettings;
    type Counted = Counted;
    type Error = MailError;

    fn rota(&self) -> &Rota<MailSettings, Counted> {
        &self.rota
    }

    async fn round(&self, account: &Account) -> Result<Option<Timestamp>, MailError> {
        self.send_all(account).await
    }
}
