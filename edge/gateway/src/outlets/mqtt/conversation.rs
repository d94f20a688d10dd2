//! One connection, from the first word to the last: three things at once, until one of them fails or somebody ends it.

use super::broker::Account;
use super::desk::Parts;
use super::speaker::{self, Moment, Speaker};
use super::standing::Board;
use crate::outlets::broker::{LinkError, Phase};
use crate::outlets::documents::{alarms, site};
use crate::outlets::outbox::Outbox;
use haubert_model::{Clock as _, Timestamp};
use haubert_mqtt::{Inbox, Publication, Qos, Receipt, Session, SessionError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Changes of the site are gathered this long before they are told.
const SETTLE: Duration = Duration::from_secs(1);
/// Time between two looks at what waits.
const LOOK: Duration = Duration::from_secs(2);
/// Patience with the acknowledgement of what was recorded: a broker that takes and never says so is left.
const PATIENCE: Duration = Duration::from_secs(60);
/// Patience with goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// Least time between two rebirths that somebody asked for.
const REBIRTH: Duration = Duration::from_secs(5);

/// A conversation under way.
pub(super) struct Conversation<'a> {
    parts: &'a Parts,
    account: &'a Account,
    board: &'a Board,
    session: Session,
    speaker: Mutex<Speaker>,
}

impl<'a> Conversation<'a> {
    /// Goes to the broker and is let in.
    pub(super) async fn open(parts: &'a Parts, account: &'a Account, board: &'a Board) -> Result<(Self, Inbox), LinkError> {
        let broker = account.broker();
        let stream = broker.target(&parts.switch.certificates, &parts.switch.policy.current())?.dial().await?;
        let speaker = account.speaker(parts.db.note(speaker::next_birth).await?);
        let will = speaker.farewell(parts.clock.now());
        let (session, inbox) = broker.login(stream, account.settings.client_id.clone(), Some(will)).await?;
        let now = parts.clock.now();
        board.phase(Phase::Connected);
        board.change(|standing| {
            standing.connected_since = Some(now);
            standing.counted.connections += 1;
        });
        Ok((Self { parts, account, board, session, speaker: Mutex::new(speaker) }, inbox))
    }

    /// Speaks until something fails.
    pub(super) async fn hold(&self, inbox: &mut Inbox) -> Result<(), LinkError> {
        let commands = self.speaker.lock().await.commands();
        if let Some(commands) = commands {
            self.session.subscribe(&commands).await?;
        }
        self.begin().await?;
        tokio::select! {
            ended = self.listen(inbox) => ended,
            ended = self.tell_news() => ended,
            ended = self.tell_changes() => ended,
            ended = self.tell_alarms() => ended,
            ended = self.send_recorded(), if self.account.settings.history => ended,
        }
    }

    /// Says goodbye: whoever watches hears it from the gateway itself.
    pub(super) async fn end(self) {
        let farewell = self.speaker.lock().await.farewell(self.parts.clock.now());
        let said = async {
            if let Ok(receipt) = self.session.publish(farewell).await {
                // It goes either way; the will says the same.
                let _ = receipt.taken().await;
            }
        };
        let _ = timeout(GOODBYE, said).await;
        self.session.end(GOODBYE).await;
    }

    fn moment(&self) -> Moment {
        (self.parts.clock.now(), self.parts.clock.is_set())
    }

    /// Hands messages over in the order in which they are written; numbers run through them.
    async fn say(&self, write: impl FnOnce(&mut Speaker, Timestamp) -> Vec<Publication>) -> Result<Vec<Receipt>, LinkError> {
        let mut speaker = self.speaker.lock().await;
        let mut receipts = Vec::new();
        for message in write(&mut speaker, self.parts.clock.now()) {
            let (bytes, sure) = (message.payload.len(), message.qos == Qos::AtLeastOnce);
            let receipt = self.session.publish(message).await?;
            self.board.change(|standing| {
                standing.counted.sent += 1;
                standing.counted.sent_bytes += u64::try_from(bytes).unwrap_or_default();
            });
            if sure {
                receipts.push(receipt);
            }
        }
        Ok(receipts)
    }

    /// Waits until the broker has them all.
    async fn taken(&self, receipts: Vec<Receipt>) -> Result<(), LinkError> {
        let all = async {
            for receipt in receipts {
                let taken = receipt.taken().await;
                let now = self.parts.clock.now();
                self.board.change(|standing| match &taken {
                    Ok(()) => {
                        standing.counted.acknowledged += 1;
                        (standing.acknowledged_at, standing.failure) = (Some(now), None);
                    }
                    Err(SessionError::NotTaken(_)) => standing.counted.refused += 1,
                    Err(_) => {}
                });
                taken?;
            }
            Ok(())
        };
        timeout(PATIENCE, all).await.map_err(|_| SessionError::Timeout)?
    }

    /// Says what there is, takes away what is no longer.
    async fn begin(&self) -> Result<(), LinkError> {
        let kept = self.parts.db.call(speaker::retained).await?;
        let site = site(&self.parts.topology.borrow().clone(), &self.parts.profiles);
        let receipts = self.say(|speaker, now| speaker.begin(site, &kept, now)).await?;
        self.taken(receipts).await?;
        self.keep_retained().await
    }

    async fn keep_retained(&self) -> Result<(), LinkError> {
        let retained = self.speaker.lock().await.retained();
        if self.parts.db.call(speaker::retained).await? != retained {
            self.parts.db.note(move |tx| speaker::keep_retained(tx, &retained)).await?;
        }
        Ok(())
    }

    async fn tell_news(&self) -> Result<(), LinkError> {
        let mut ticks = interval(Duration::from_secs(self.account.settings.live_seconds.into()));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let moment = self.moment();
            let receipts = self.say(|speaker, _| speaker.news(&self.parts.live, moment)).await?;
            self.taken(receipts).await?;
            // New topics are kept at the broker: noted, so that they can be taken away.
            self.keep_retained().await?;
        }
    }

    async fn tell_changes(&self) -> Result<(), LinkError> {
        let mut topology = self.parts.topology.clone();
        topology.mark_unchanged();
        while topology.changed().await.is_ok() {
            sleep(SETTLE).await;
            topology.mark_unchanged();
            self.begin().await?;
        }
        std::future::pending().await
    }

    /// All that is wrong, at the beginning and with each change.
    async fn tell_alarms(&self) -> Result<(), LinkError> {
        let mut changes = self.parts.alarms.changes();
        loop {
            changes.mark_unchanged();
            let found = self.parts.db.note(alarms).await?;
            let receipts = self.say(|speaker, now| vec![speaker.alarms(found, now)]).await?;
            self.taken(receipts).await?;
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
            sleep(SETTLE).await;
        }
    }

    async fn send_recorded(&self) -> Result<(), LinkError> {
        let outbox: &Outbox = &self.parts.outbox;
        loop {
            let batch = outbox.next().await.map_err(|error| LinkError::History(error.to_string()))?;
            let Some(batch) = batch else {
                sleep(LOOK).await;
                continue;
            };
            let samples: usize = batch.recorded.iter().map(|one| one.samples.len()).sum();
            let receipts = self.say(|speaker, now| speaker.history(&batch.recorded, &self.parts.live, now)).await?;
            self.taken(receipts).await?;
            outbox.acknowledged(batch.upto).await?;
            self.board.change(|standing| standing.counted.samples += u64::try_from(samples).unwrap_or_default());
        }
    }

    /// Hears commands: one is obeyed, and not too often; all others are counted.
    async fn listen(&self, inbox: &mut Inbox) -> Result<(), LinkError> {
        loop {
            let received = inbox.next().await?;
            if Speaker::asks_rebirth(&received.payload) {
                self.board.change(|standing| standing.counted.commands += 1);
                self.begin().await?;
                sleep(REBIRTH).await;
            } else {
                self.board.change(|standing| standing.counted.commands_refused += 1);
            }
        }
    }
}
