//! Sends the files of periods that are over.

use super::period::Period;
use super::plan::{self, File};
use super::progress::{self, Reached};
use super::server::{Account, FilesError, Server, Session};
use super::settings::{FileExport, FilesSettings};
use crate::clock_watch::ClockWatch;
use crate::outlets::rounds::{self, Rota, Rounds};
use crate::outlets::standing::{Phase, Standing};
use crate::outlets::switch::Switch;
use crate::store::{Db, StoreError, settings};
use crate::topology::Topology;
use haubert_historian::{Reader, SeriesInfo};
use haubert_model::{Secret, Timestamp};
use haubert_service::shutdown::Shutdown;
use haubert_transfer::{Broken, Content, SshKey};
use jiff::tz::TimeZone;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Name under which the gateway's SSH key is kept.
const KEY: &str = "files_ssh_private";
/// Pieces that wait for a slow server before the reading of history waits too.
const WAITING: usize = 4;
const DAY_MS: i64 = 86_400_000;

/// What files need of the gateway.
pub struct Parts {
    /// Configuration, and how far everything has come.
    pub db: Db,
    /// History, for reading.
    pub history: Reader,
    /// The plant.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What allows it.
    pub switch: Switch,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// What tells this gateway's history from another's.
    pub identity: String,
}

/// What went since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Conversations that a server began with us.
    pub conversations: u64,
    /// Files that a server has.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Periods in which nothing was recorded.
    pub empty: u64,
}

/// Why there is no new key.
#[derive(Debug, thiserror::Error)]
pub enum NewKeyError {
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] haubert_trust::RandomError),
    /// It cannot be written.
    #[error(transparent)]
    Key(#[from] haubert_transfer::TransferError),
    /// It cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The settings and state of files; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    rota: Rota<FilesSettings, Counted>,
    key: watch::Sender<Option<SshKey>>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let (account, key) = parts
            .db
            .call(|tx| Ok::<_, StoreError>((Account::stored(tx, FilesSettings::default)?, settings::get::<String>(tx, KEY)?)))
            .await?;
        let desk = Self {
            rota: Rota::new(account, parts.switch.clone(), Arc::clone(&parts.clock)),
            parts: Arc::new(parts),
            key: watch::Sender::new(key.and_then(|text| SshKey::from_text(&Secret::new(text)))),
        };
        tokio::spawn(rounds::work(desk.clone(), shutdown));
        Ok(desk)
    }

    /// The settings in force, with their password.
    pub fn account(&self) -> Arc<Account> {
        self.rota.account()
    }

    /// How files stand.
    pub fn standing(&self) -> Standing<Counted> {
        self.rota.standing()
    }

    /// How far each export has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reached(&self) -> Result<Vec<Reached>, StoreError> {
        self.parts.db.note(progress::reached).await
    }

    /// The line for the server's `authorized_keys`; none until a key was made.
    pub fn key_line(&self) -> Option<String> {
        let site = super::names::plain(&self.parts.topology.borrow().site.name);
        self.key.borrow().as_ref().map(|key| key.public_line(&format!("haubert-{site}")))
    }

    /// Makes a new SSH key in place of the one there may be.
    ///
    /// # Errors
    /// When it cannot be made or stored.
    pub async fn new_key(&self) -> Result<(), NewKeyError> {
        let key = SshKey::new(&haubert_trust::random_bytes::<32>()?);
        let text = key.text()?;
        self.parts.db.call(move |tx| settings::set(tx, KEY, &text.expose())).await?;
        self.key.send_replace(Some(key));
        self.rota.wake();
        Ok(())
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

    /// Sends everything of an export again from a time on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn again(&self, export: FileExport, from: Timestamp) -> Result<(), StoreError> {
        let from = Period::holding(export.every, from, &self.zone()).map_or(from, |period| period.from);
        self.parts.db.note(move |tx| progress::reach(tx, &export.name, from)).await?;
        self.rota.wake();
        Ok(())
    }

    pub(super) fn server(&self, account: &Account) -> Result<Server, FilesError> {
        let switch = &self.parts.switch;
        Server::new(account, self.key.borrow().clone(), &switch.certificates, &switch.policy.current())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.rota.now()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.parts.topology.borrow().site.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Sends what is due, in as few conversations as can be; when the next is.
    async fn send_all(&self, account: &Account) -> Result<Option<Timestamp>, FilesError> {
        let mut talk = Talk { server: self.server(account)?, session: None, files: 0 };
        let mut next = None;
        for export in &account.settings.exports {
            let due = self.send(export, account.settings.catch_up_days, &mut talk).await?;
            next = [next, due].into_iter().flatten().min();
        }
        if let Some(session) = talk.session {
            session.quit().await;
        }
        Ok(next)
    }

    /// Sends the periods of an export that are over; when the next is.
    async fn send(&self, export: &FileExport, back_days: u16, talk: &mut Talk) -> Result<Option<Timestamp>, FilesError> {
        let zone = self.zone();
        loop {
            let now = self.now();
            let known = self.reached().await?.into_iter().find(|reached| reached.export == export.name);
            let oldest = now.plus_ms(-i64::from(back_days) * DAY_MS);
            // What is older than that is given up.
            let at = known.as_ref().map_or(now, |known| known.at.max(oldest));
            let Some(period) = Period::holding(export.every, at, &zone) else { return Ok(None) };
            if known.is_none() {
                let (name, from) = (export.name.clone(), period.from);
                self.parts.db.note(move |tx| progress::reach(tx, &name, from)).await?;
            }
            let due = period.to.plus_ms(i64::from(export.wait_minutes) * 60_000);
            if due > now {
                return Ok(Some(due));
            }
            self.send_period(export, period, talk).await?;
            let name = export.name.clone();
            self.parts.db.note(move |tx| progress::done(tx, &name, period)).await?;
        }
    }

    async fn send_period(&self, export: &FileExport, period: Period, talk: &mut Talk) -> Result<(), FilesError> {
        let series = self.series().await?;
        let topology = Arc::clone(&self.parts.topology.borrow());
        let mut anything = false;
        for file in plan::files(export, period, &series, &topology, &self.parts.identity) {
            let (name, of) = (file.name.clone(), export.name.clone());
            if self.parts.db.note(move |tx| progress::is_sent(tx, &of, period, &name)).await? {
                anything = true;
                continue;
            }
            let Some(file) = self.with_samples(file).await? else { continue };
            anything = true;
            let (name, media_type) = (file.name.clone(), export.format.content_type());
            let session = talk.session(self).await?;
            let outcome = session.put(&name, media_type, self.content(file)).await;
            talk.files += 1;
            let bytes = match outcome {
                Ok(bytes) => bytes,
                Err(error) => {
                    // Whatever it was in the middle of.
                    talk.session = None;
                    return Err(error.into());
                }
            };
            let (of, now) = (export.name.clone(), self.now());
            self.parts.db.note(move |tx| progress::sent(tx, &of, period, (&name, bytes), now)).await?;
            self.rota.board.sent(now, |counted| {
                counted.files += 1;
                counted.bytes += bytes;
            });
        }
        if !anything {
            self.rota.board.change(|standing| standing.counted.empty += 1);
        }
        Ok(())
    }

    async fn series(&self) -> Result<Vec<SeriesInfo>, FilesError> {
        let reader = self.parts.history.clone();
        Ok(blocking(move || reader.series()).await?)
    }

    /// The file, unless nothing was recorded in its time.
    async fn with_samples(&self, file: File) -> Result<Option<File>, FilesError> {
        let reader = self.parts.history.clone();
        Ok(blocking(move || file.export.is_empty(&reader).map(|empty| (!empty).then_some(file))).await?)
    }

    /// Reads a file's content as fast as it goes.
    fn content(&self, file: File) -> Content {
        let (pieces, received) = mpsc::channel(WAITING);
        let reader = self.parts.history.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = file.export.write(&reader, &mut |piece| match pieces.blocking_send(Ok(piece.into())) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            });
            if let Err(error) = outcome {
                let _gone = pieces.blocking_send(Err(Broken(error.to_string())));
            }
        });
        Content::new(received)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, haubert_historian::StoreError> + Send + 'static,
) -> Result<T, haubert_historian::StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A conversation that begins when there is something to say.
struct Talk {
    server: Server,
    session: Option<Session>,
    files: u32,
}

impl Talk {
    async fn session(&mut self, desk: &Desk) -> Result<&mut Session, FilesError> {
        if self.files >= self.server.most_files()
            && let Some(session) = self.session.take()
        {
            session.quit().await;
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                desk.rota.board.phase(Phase::Sending);
                let session = self.server.open().await?;
                desk.rota.board.change(|standing| standing.counted.conversations += 1);
                self.files = 0;
                session
            }
        };
        Ok(self.session.insert(session))
    }
}

impl Rounds for Desk {
    type Settings = FilesSettings;
    type Counted = Counted;
    type Error = FilesError;

    fn rota(&self) -> &Rota<FilesSettings, Counted> {
        &self.rota
    }

    async fn round(&self, account: &Account) -> Result<Option<Timestamp>, FilesError> {
        self.send_all(account).await
    }
}
