//! Moves the bytes: asks [`crate::sync`] what to do, does it, reports.

use crate::client::{Credentials, Link};
use crate::error::LinkError;
use crate::message::{PostureReport, SeriesDeclaration};
use crate::source::{Source, SourceError};
use crate::sync::{Effect, Outcome, Step, Sync, Timing, View};
use crate::{CHUNK_BATCH, CHUNK_COUNT, EVENT_BATCH, SERIES_BATCH};
use haubert_model::{Clock, SeriesId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// How the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkPhase {
    /// Not yet, or about to try.
    #[default]
    Connecting,
    /// The hub answers.
    Online,
    /// The hub does not answer, or not sensibly; trying again.
    Offline,
    /// The hub does not want this gateway.
    Refused,
}

/// What a screen shows of the link.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkStatus {
    /// How it stands.
    pub phase: LinkPhase,
    /// When the hub last acknowledged anything.
    pub last_ack_at: Option<Timestamp>,
    /// End of the certificate's life.
    pub certificate_expires_at: Option<Timestamp>,
    /// Stable code and words of the last failure, until the next success.
    pub error: Option<(&'static str, String)>,
}

struct Runner<'a> {
    source: &'a dyn Source,
    clock: &'a dyn Clock,
    link: Link,
    credentials: Credentials,
    renew_at: Timestamp,
    declared: HashMap<SeriesId, SeriesDeclaration>,
    undeclared: Vec<SeriesDeclaration>,
    looked_at_series: Option<u64>,
    /// The last report of how the gateway stands.
    told: Option<PostureReport>,
}

/// Keeps a gateway and its hub in step until the future is dropped; every acknowledgement is durable before the next step, so
/// dropping is safe at any time. Reports through `status`.
///
/// # Errors
/// [`LinkError::Local`] when the credentials cannot be used at all.
pub async fn run(
    source: &dyn Source,
    clock: &dyn Clock,
    credentials: Credentials,
    timing: Timing,
    status: &watch::Sender<LinkStatus>,
) -> Result<(), LinkError> {
    let mut sync = Sync::new(timing);
    let mut runner = Runner::new(source, clock, credentials)?;
    runner.report_certificate(status)?;
    loop {
        let now = clock.monotonic_ms();
        let view = runner.view(&sync, now, timing.live_ms).await;
        let step = sync.next(now, view);
        if let Step::Wait(until) = step {
            tokio::time::sleep(Duration::from_millis(until.saturating_sub(now).max(1))).await;
            continue;
        }
        let outcome = match runner.perform(step).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        };
        report(status, clock.now(), &step, &outcome);
        let renewed = matches!(outcome, Outcome::Renewed);
        let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
        let effect = sync.done(step, outcome, clock.monotonic_ms(), random);
        if let Err(error) = runner.record(effect).await {
            tracing::error!(%error, "the link cannot record its progress");
        }
        if renewed {
            runner.report_certificate(status)?;
        }
    }
}

fn report(status: &watch::Sender<LinkStatus>, now: Timestamp, step: &Step, outcome: &Outcome) {
    status.send_if_modified(|status| {
        let before = status.clone();
        match outcome {
            Outcome::Failed(error) => {
                // A chunk refused, or a renewal that must wait, does not take the link down; a silent hub does.
                let connected = matches!(error, LinkError::Refused(_)) && !matches!(step, Step::Hello) && !error.is_exclusion();
                if !connected {
                    status.phase = if error.is_exclusion() { LinkPhase::Refused } else { LinkPhase::Offline };
                }
                status.error = Some((error.code(), error.to_string()));
            }
            Outcome::Nothing | Outcome::Later => {}
            Outcome::Greeted(_) | Outcome::Renewed | Outcome::Done => {
                status.phase = LinkPhase::Online;
                status.error = None;
            }
            Outcome::Acknowledged(_) => status.last_ack_at = Some(now),
        }
        if before.error != status.error
            && let Some((code, detail)) = &status.error
        {
            tracing::warn!(code, detail, "link to the hub");
        }
        before != *status
    });
}

impl<'a> Runner<'a> {
    fn new(source: &'a dyn Source, clock: &'a dyn Clock, credentials: Credentials) -> Result<Self, LinkError> {
        let link = Link::new(&credentials)?;
        let renew_at = credentials.certificate()?.renew_at();
        let declared = HashMap::new();
        Ok(Self {
            source,
            clock,
            link,
            credentials,
            renew_at,
            declared,
            undeclared: Vec::new(),
            looked_at_series: None,
            told: None,
        })
    }

    fn report_certificate(&self, status: &watch::Sender<LinkStatus>) -> Result<(), LinkError> {
        let expires = self.credentials.certificate()?.not_after;
        status.send_modify(|status| status.certificate_expires_at = Some(expires));
        Ok(())
    }

    async fn view(&mut self, sync: &Sync, now: u64, every_ms: u64) -> View {
        let due = self.looked_at_series.is_none_or(|at| now.saturating_sub(at) >= every_ms);
        if sync.is_online() && self.undeclared.is_empty() && due {
            match self.source.series().await {
                Ok(all) => {
                    self.looked_at_series = Some(now);
                    self.undeclared = all.into_iter().filter(|one| self.declared.get(&one.id) != Some(one)).collect();
                }
                Err(error) => tracing::error!(%error, "the link cannot list the series"),
            }
        }
        View { undeclared: !self.undeclared.is_empty(), renewal_due: self.clock.now() >= self.renew_at }
    }

    async fn perform(&mut self, step: Step) -> Result<Outcome, LinkError> {
        match step {
            Step::Wait(_) => Ok(Outcome::Nothing),
            Step::Hello => {
                let hello = self.source.hello().await.map_err(local)?;
                self.link.hello(&hello).await.map(Outcome::Greeted)
            }
            Step::Renew => {
                let renewed = self.link.renew(&self.credentials).await?;
                self.source.renewed(&renewed).await.map_err(local)?;
                self.link = Link::new(&renewed)?;
                self.renew_at = renewed.certificate()?.renew_at();
                self.credentials = renewed;
                Ok(Outcome::Renewed)
            }
            Step::Series => {
                let batch: Vec<SeriesDeclaration> = self.undeclared.iter().take(SERIES_BATCH).cloned().collect();
                self.link.series(batch.clone()).await?;
                self.undeclared.drain(..batch.len().min(self.undeclared.len()));
                self.declared.extend(batch.into_iter().map(|one| (one.id, one)));
                Ok(Outcome::Done)
            }
            Step::Live => {
                let live = self.source.live().await.map_err(local)?;
                self.link.live(&live).await.map(|_| Outcome::Done)
            }
            Step::Posture => {
                let report = self.source.posture().await.map_err(local)?;
                // A hub that has it needs it no second time; a new connection may be to another one.
                let Some(report) = report.filter(|report| self.told.as_ref() != Some(report)) else {
                    return Ok(Outcome::Nothing);
                };
                self.link.posture(&report).await?;
                self.told = Some(report);
                Ok(Outcome::Done)
            }
            Step::Chunks { after, below } => {
                let mut chunks = self.source.chunks_after(after, CHUNK_BATCH).await.map_err(local)?;
                chunks.retain(|chunk| chunk.cursor < below);
                chunks.truncate(CHUNK_COUNT);
                // A chunk of a series made since the last look waits for its declaration.
                let known = chunks.iter().take_while(|chunk| self.declared.contains_key(&chunk.series)).count();
                if known < chunks.len() {
                    self.looked_at_series = None;
                }
                let undeclared = known == 0 && !chunks.is_empty();
                chunks.truncate(known);
                if chunks.is_empty() {
                    return Ok(if undeclared { Outcome::Later } else { Outcome::Nothing });
                }
                self.link.chunks(chunks).await.map(|ack| Outcome::Acknowledged(ack.acknowledged))
            }
            Step::Events(id) => {
                let events = self.source.events_after(id, EVENT_BATCH).await.map_err(local)?;
                if events.is_empty() {
                    return Ok(Outcome::Nothing);
                }
                self.link.events(events).await.map(|ack| Outcome::Acknowledged(ack.acknowledged))
            }
        }
    }

    async fn record(&mut self, effect: Effect) -> Result<(), SourceError> {
        match effect {
            Effect::None => Ok(()),
            Effect::ChunksAcknowledged(cursor) => self.source.chunks_acknowledged(cursor).await,
            Effect::EventsAcknowledged(id) => self.source.events_acknowledged(id).await,
            Effect::ChunkRejected { cursor, detail } => self.source.chunk_rejected(cursor, &detail).await,
            Effect::ForgetDeclared => {
                self.told = None;
                self.declared.clear();
                self.undeclared.clear();
                self.looked_at_series = None;
                Ok(())
            }
        }
    }
}

fn local(error: SourceError) -> LinkError {
    LinkError::Local(error.to_string())
}
