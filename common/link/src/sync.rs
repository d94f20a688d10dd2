//! What to send next: a pure state machine.
//!
//! One thing is under way at a time. After a failure everything starts again with *hello*, which tells what the hub has, so no
//! state of a broken connection survives. Live values go every few seconds *between* batches of chunks: a backlog of days
//! drains at full speed and the screen stays alive. A hub without our series (replaced, restored) asks for them by refusing.

use crate::backoff::Backoff;
use crate::error::LinkError;
use crate::message::{HelloAck, Refusal, RefusalCode};

/// Times of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between live snapshots, in ms.
    pub live_ms: u64,
    /// Between looks at how the gateway stands, in ms.
    pub posture_ms: u64,
    /// Between looks at the backlog when it is empty, in ms.
    pub idle_ms: u64,
    /// After failures.
    pub backoff: Backoff,
}

impl Timing {
    /// Live values every 5 s, the backlog looked at every second.
    pub const LINK: Self = Self { live_ms: 5000, posture_ms: 30_000, idle_ms: 1000, backoff: Backoff::LINK };
}

/// What the state machine cannot know by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct View {
    /// There are series that were not declared on this connection.
    pub undeclared: bool,
    /// The certificate should be renewed.
    pub renewal_due: bool,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing until this time (monotonic ms).
    Wait(u64),
    /// Say hello.
    Hello,
    /// Renew the certificate.
    Renew,
    /// Declare series.
    Series,
    /// Send the live snapshot.
    Live,
    /// Tell how the gateway stands.
    Posture,
    /// Send chunks with these cursors.
    Chunks {
        /// Above this one.
        after: u64,
        /// Below this one: it was refused, and what comes before it goes first.
        below: u64,
    },
    /// Send events above this id.
    Events(u64),
}

/// What became of a step.
#[derive(Debug)]
pub enum Outcome {
    /// Hello was answered.
    Greeted(HelloAck),
    /// The certificate was renewed: connect anew with it.
    Renewed,
    /// The series, or the live values, were received.
    Done,
    /// Chunks (or events) are durable up to here.
    Acknowledged(u64),
    /// There was nothing to send.
    Nothing,
    /// There is something, but not yet (its series is to be declared first).
    Later,
    /// It failed.
    Failed(LinkError),
}

/// What the gateway must record after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Chunks up to here are at the hub.
    ChunksAcknowledged(u64),
    /// Events up to here are at the hub.
    EventsAcknowledged(u64),
    /// The hub will never take this chunk; it is passed over.
    ChunkRejected {
        /// Its cursor.
        cursor: u64,
        /// What the hub said.
        detail: String,
    },
    /// Declare all series again.
    ForgetDeclared,
}

/// The state of one link.
#[derive(Debug, Clone)]
pub struct Sync {
    timing: Timing,
    greeted: bool,
    chunks: u64,
    refused: Option<(u64, String)>,
    events: u64,
    live_due: u64,
    posture_due: u64,
    chunks_due: u64,
    events_due: u64,
    renew_due: u64,
    failures: u32,
    not_before: u64,
}

impl Sync {
    /// A link that has not connected yet.
    pub const fn new(timing: Timing) -> Self {
        Self {
            timing,
            greeted: false,
            chunks: 0,
            refused: None,
            events: 0,
            live_due: 0,
            posture_due: 0,
            chunks_due: 0,
            events_due: 0,
            renew_due: 0,
            failures: 0,
            not_before: 0,
        }
    }

    /// Whether hello was answered on this connection.
    pub const fn is_online(&self) -> bool {
        self.greeted
    }

    /// What to do at `now` (monotonic ms).
    pub fn next(&self, now: u64, view: View) -> Step {
        if now < self.not_before {
            return Step::Wait(self.not_before);
        }
        if !self.greeted {
            return Step::Hello;
        }
        if view.renewal_due && now >= self.renew_due {
            return Step::Renew;
        }
        if view.undeclared {
            return Step::Series;
        }
        if now >= self.live_due {
            return Step::Live;
        }
        if now >= self.posture_due {
            return Step::Posture;
        }
        if now >= self.events_due {
            return Step::Events(self.events);
        }
        if now >= self.chunks_due {
            let below = self.refused.as_ref().map_or(u64::MAX, |(cursor, _)| *cursor);
            return Step::Chunks { after: self.chunks, below };
        }
        Step::Wait(self.live_due.min(self.posture_due).min(self.events_due).min(self.chunks_due))
    }

    /// Takes in what became of `step` at `now`; `random` spreads the waiting.
    pub fn done(&mut self, step: Step, outcome: Outcome, now: u64, random: u64) -> Effect {
        if !matches!(outcome, Outcome::Failed(_)) {
            self.failures = 0;
        }
        match (step, outcome) {
            (_, Outcome::Failed(error)) => self.failed(step, &error, now, random),
            (Step::Hello, Outcome::Greeted(ack)) => {
                self.greeted = true;
                // The hub's word counts: what it lost in a restore is sent again, if the gateway still has it.
                (self.chunks, self.events) = (ack.acknowledged, ack.events_acknowledged);
                (self.live_due, self.posture_due, self.chunks_due, self.events_due) = (now, now, now, now);
                Effect::ChunksAcknowledged(ack.acknowledged)
            }
            (Step::Renew, Outcome::Renewed) => {
                self.greeted = false;
                Effect::None
            }
            (Step::Live, Outcome::Done | Outcome::Nothing) => {
                self.live_due = now.saturating_add(self.timing.live_ms);
                Effect::None
            }
            (Step::Posture, Outcome::Done | Outcome::Nothing) => {
                self.posture_due = now.saturating_add(self.timing.posture_ms);
                Effect::None
            }
            (Step::Chunks { .. }, Outcome::Acknowledged(cursor)) => {
                if cursor <= self.chunks {
                    // No progress: do not spin.
                    self.back_off(now, random);
                }
                self.chunks = self.chunks.max(cursor);
                Effect::ChunksAcknowledged(self.chunks)
            }
            (Step::Chunks { .. }, Outcome::Nothing) => match self.refused.take() {
                // Everything before the refused chunk is at the hub: pass over it.
                Some((cursor, detail)) => {
                    self.chunks = self.chunks.max(cursor);
                    Effect::ChunkRejected { cursor, detail }
                }
                None => {
                    self.chunks_due = now.saturating_add(self.timing.idle_ms);
                    Effect::None
                }
            },
            (Step::Chunks { .. }, Outcome::Later) => {
                self.chunks_due = now.saturating_add(self.timing.idle_ms);
                Effect::None
            }
            (Step::Events(_), Outcome::Acknowledged(id)) => {
                if id <= self.events {
                    self.back_off(now, random);
                }
                self.events = self.events.max(id);
                Effect::EventsAcknowledged(self.events)
            }
            (Step::Events(_), Outcome::Nothing) => {
                self.events_due = now.saturating_add(self.timing.idle_ms);
                Effect::None
            }
            _ => Effect::None,
        }
    }

    fn failed(&mut self, step: Step, error: &LinkError, now: u64, random: u64) -> Effect {
        if let (Step::Chunks { .. }, LinkError::Refused(Refusal { code, detail, cursor })) = (step, error) {
            match (code, cursor) {
                (RefusalCode::BadChunk | RefusalCode::CursorConflict, Some(cursor)) if *cursor > self.chunks => {
                    // Sending it again would fail for ever and hold back everything behind it. The request was refused whole, so
                    // first goes what came before it.
                    self.refused = Some((*cursor, detail.clone()));
                    return Effect::None;
                }
                (RefusalCode::SeriesUnknown, _) => {
                    self.back_off(now, random);
                    return Effect::ForgetDeclared;
                }
                _ => {}
            }
        }
        if matches!((step, error), (Step::Posture, LinkError::Refused(Refusal { code: RefusalCode::VersionUnsupported, .. }))) {
            // A hub from before such reports: everything else it understands.
            self.posture_due = u64::MAX;
            return Effect::None;
        }
        if matches!(step, Step::Renew) && !error.is_exclusion() {
            // The present certificate still serves; ask again in an hour, within the last third of its life.
            self.renew_due = now.saturating_add(3_600_000);
            return Effect::None;
        }
        self.greeted = false;
        self.refused = None;
        self.back_off(now, random);
        Effect::ForgetDeclared
    }

    fn back_off(&mut self, now: u64, random: u64) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.saturating_add(self.timing.backoff.wait_ms(self.failures, random));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Timestamp;

    const ONLINE: View = View { undeclared: false, renewal_due: false };

    fn greeted(acknowledged: u64) -> Sync {
        let mut sync = Sync::new(Timing::LINK);
        assert_eq!(sync.next(0, View::default()), Step::Hello);
        let ack = HelloAck { version: 1, acknowledged, events_acknowledged: 0, hub_time: Timestamp(0) };
        assert_eq!(sync.done(Step::Hello, Outcome::Greeted(ack), 0, 0), Effect::ChunksAcknowledged(acknowledged));
        sync
    }

    const fn chunks(after: u64) -> Step {
        Step::Chunks { after, below: u64::MAX }
    }

    fn refused(code: RefusalCode, cursor: Option<u64>) -> Outcome {
        Outcome::Failed(LinkError::Refused(Refusal { code, detail: "no".to_owned(), cursor }))
    }

    #[test]
    fn a_backlog_drains_in_order_between_live_snapshots() {
        let mut sync = greeted(10);
        let (mut now, mut lives, mut cursors) = (0, 0, vec![]);
        while cursors.len() < 100 {
            let step = sync.next(now, ONLINE);
            let outcome = match step {
                Step::Live => {
                    lives += 1;
                    Outcome::Done
                }
                Step::Events(_) | Step::Posture => Outcome::Nothing,
                Step::Chunks { after, .. } => {
                    cursors.push(after);
                    Outcome::Acknowledged(after + 3)
                }
                other => panic!("{other:?}"),
            };
            sync.done(step, outcome, now, 0);
            now += 250;
        }
        assert!(cursors.windows(2).all(|pair| pair[1] == pair[0] + 3) && cursors[0] == 10);
        assert!(lives >= 5, "{lives} snapshots in {now} ms");
    }

    #[test]
    fn series_come_before_chunks_and_waiting_ends_with_the_first_thing_due() {
        let mut sync = greeted(0);
        assert_eq!(sync.next(0, View { undeclared: true, renewal_due: false }), Step::Series);
        sync.done(Step::Live, Outcome::Done, 0, 0);
        sync.done(Step::Posture, Outcome::Nothing, 0, 0);
        sync.done(Step::Events(0), Outcome::Nothing, 0, 0);
        sync.done(chunks(0), Outcome::Nothing, 0, 0);
        assert_eq!(sync.next(1, ONLINE), Step::Wait(1000));
        assert_eq!(sync.next(5000, ONLINE), Step::Live);
    }

    #[test]
    fn a_hub_that_knows_no_posture_gets_everything_else() {
        let mut sync = greeted(0);
        sync.done(Step::Live, Outcome::Done, 0, 0);
        assert_eq!(sync.next(0, ONLINE), Step::Posture);
        sync.done(Step::Posture, refused(RefusalCode::VersionUnsupported, None), 0, 0);
        assert!(sync.is_online());
        assert_eq!(sync.next(0, ONLINE), Step::Events(0));
    }

    #[test]
    fn after_a_failure_it_waits_longer_and_says_hello_again() {
        let mut sync = greeted(4);
        assert_eq!(sync.done(chunks(4), Outcome::Failed(LinkError::Garbage(String::new())), 100, 0), Effect::ForgetDeclared);
        assert!(!sync.is_online());
        let Step::Wait(first) = sync.next(100, ONLINE) else { panic!() };
        assert_eq!(sync.next(first, ONLINE), Step::Hello);
        sync.done(Step::Hello, Outcome::Failed(LinkError::Unreachable(String::new())), first, 0);
        let Step::Wait(second) = sync.next(first, ONLINE) else { panic!() };
        assert!(second - first > first - 100);
    }

    #[test]
    fn a_chunk_that_the_hub_cannot_take_holds_back_nothing_and_loses_nothing() {
        let mut sync = greeted(4);
        sync.done(Step::Live, Outcome::Done, 0, 0);
        sync.done(Step::Posture, Outcome::Nothing, 0, 0);
        sync.done(Step::Events(0), Outcome::Nothing, 0, 0);
        assert_eq!(sync.done(chunks(4), refused(RefusalCode::BadChunk, Some(7)), 0, 0), Effect::None);
        let before = Step::Chunks { after: 4, below: 7 };
        assert_eq!(sync.next(0, ONLINE), before);
        assert_eq!(sync.done(before, Outcome::Acknowledged(6), 0, 0), Effect::ChunksAcknowledged(6));
        let none_left = Step::Chunks { after: 6, below: 7 };
        assert_eq!(sync.next(0, ONLINE), none_left);
        let effect = sync.done(none_left, Outcome::Nothing, 0, 0);
        assert_eq!(effect, Effect::ChunkRejected { cursor: 7, detail: "no".to_owned() });
        assert_eq!(sync.next(0, ONLINE), chunks(7));
    }

    #[test]
    fn a_hub_that_forgot_our_series_gets_them_again() {
        let mut sync = greeted(4);
        assert_eq!(sync.done(chunks(4), refused(RefusalCode::SeriesUnknown, None), 0, 0), Effect::ForgetDeclared);
        assert!(sync.is_online());
    }

    #[test]
    fn an_acknowledgement_without_progress_does_not_spin() {
        let mut sync = greeted(4);
        sync.done(Step::Live, Outcome::Done, 0, 0);
        sync.done(Step::Events(0), Outcome::Nothing, 0, 0);
        sync.done(chunks(4), Outcome::Acknowledged(4), 0, 0);
        assert!(matches!(sync.next(0, ONLINE), Step::Wait(_)));
    }

    #[test]
    fn a_renewal_that_fails_leaves_the_link_up() {
        let mut sync = greeted(4);
        let due = View { undeclared: false, renewal_due: true };
        assert_eq!(sync.next(0, due), Step::Renew);
        sync.done(Step::Renew, refused(RefusalCode::HubFailed, None), 0, 0);
        assert!(sync.is_online());
        assert_eq!(sync.next(0, due), Step::Live);
        assert_eq!(sync.next(3_600_000, due), Step::Renew);
        sync.done(Step::Renew, Outcome::Renewed, 3_600_000, 0);
        assert_eq!(sync.next(3_600_000, ONLINE), Step::Hello);
    }
}
