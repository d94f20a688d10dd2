//! Asks round after round, and keeps what came of it.

use super::ask::{AskError, ask};
use super::settings::{TimeCheckSettings, TimeServer};
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::outlets::trial::Failure;
use crate::policy::{Policies, Service};
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError};
use haubert_model::{Clock as _, Timestamp};
use haubert_service::shutdown::Shutdown;
use haubert_sntp::{Agreement, Manners, Sample, Trust, Watch, agree};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What the check needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// What may run.
    pub policy: Policies,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// The clock that is checked.
    pub clock: Arc<ClockWatch>,
}

/// One server, as it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerState {
    /// Which.
    pub server: TimeServer,
    /// What it said the last time it was asked; `None` when it said nothing that counts.
    pub sample: Option<Sample>,
    /// When it last told the time.
    pub answered_at: Option<Timestamp>,
    /// Why it said nothing the last time.
    pub failure: Option<Failure>,
    /// It contradicts what most of the servers say.
    pub contradicts: bool,
    /// It is never asked again, because it said so.
    pub denied: bool,
    manners: Manners,
}

impl ServerState {
    fn of(server: TimeServer) -> Self {
        let (sample, answered_at, failure) = (None, None, None);
        Self { server, sample, answered_at, failure, contradicts: false, denied: false, manners: Manners::default() }
    }
}

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the time can be trusted.
    pub trust: Trust,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// What was last agreed on, µs to add to our time.
    pub offset_us: Option<i64>,
    /// When the last round ended.
    pub checked_at: Option<Timestamp>,
    /// The servers, in the order of the settings.
    pub servers: Vec<ServerState>,
    /// Since when somebody must look, told and not yet taken back.
    bad_since: Option<Timestamp>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { trust: Trust::Off, since: None, offset_us: None, checked_at: None, servers: Vec::new(), bad_since: None }
    }
}

/// The settings and state of the check; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    settings: watch::Sender<Arc<TimeCheckSettings>>,
    standing: Arc<Mutex<Standing>>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let stored = parts.db.call(TimeCheckSettings::stored).await?;
        let settings = watch::Sender::new(Arc::new(stored));
        let desk = Self { parts: Arc::new(parts), settings, standing: Arc::default() };
        tokio::spawn(desk.clone().work(shutdown));
        Ok(desk)
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<TimeCheckSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// What is known.
    pub fn standing(&self) -> Standing {
        self.lock().clone()
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, settings: TimeCheckSettings) -> Result<(), StoreError> {
        let kept = settings.clone();
        self.parts.db.call(move |tx| kept.store(tx)).await?;
        self.settings.send_replace(Arc::new(settings));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(self, shutdown: Shutdown) {
        let (mut changes, mut policy) = (self.settings.subscribe(), self.parts.policy.subscribe());
        let mut watch = Watch::new(true);
        while !shutdown.is_triggered() {
            let settings = Arc::clone(&changes.borrow_and_update());
            let goes = settings.enabled && self.parts.policy.allows(Service::NtpCheck);
            if !goes {
                watch = Watch::new(true);
                self.turn(&watch, |standing| *standing = Standing { trust: standing.trust, ..Standing::default() });
            } else {
                // What others said says nothing of those that are asked now.
                if watch.trust == Trust::Off || !self.asks(&settings.servers) {
                    watch = Watch::new(false);
                }
                self.turn(&watch, |standing| take_over(standing, &settings.servers));
            }
            let due = if goes { self.due(settings.period_seconds) } else { Vec::new() };
            if !due.is_empty() {
                tokio::select! {
                    outcomes = self.ask_all(due) => self.take(&settings, &mut watch, outcomes),
                    // A policy that forbids it forbids the second try, too.
                    changed = policy.changed() => if changed.is_err() { return },
                    () = shutdown.wait() => return,
                }
                continue;
            }
            let wait = self.wait(&settings, goes);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                changed = policy.changed() => if changed.is_err() { return },
                () = async { match wait { Some(wait) => sleep(wait).await, None => std::future::pending().await } } => {}
                () = shutdown.wait() => return,
            }
        }
    }

    /// Whether it is these servers that are asked.
    fn asks(&self, servers: &[TimeServer]) -> bool {
        self.lock().servers.iter().map(|state| &state.server).eq(servers)
    }

    /// How long until somebody is due; `None` when nobody ever is.
    fn wait(&self, settings: &TimeCheckSettings, goes: bool) -> Option<Duration> {
        let now_ms = self.parts.clock.monotonic_ms();
        let standing = self.lock();
        let next = standing.servers.iter().filter_map(|state| state.manners.next_ms(settings.period_seconds)).min();
        next.filter(|_| goes).map(|next| Duration::from_millis(next.saturating_sub(now_ms)))
    }

    /// The servers that may be asked now; from here on they count as asked.
    fn due(&self, period_s: u32) -> Vec<TimeServer> {
        let now_ms = self.parts.clock.monotonic_ms();
        let mut standing = self.lock();
        let due = standing.servers.iter_mut().filter(|state| state.manners.next_ms(period_s).is_some_and(|next| next <= now_ms));
        due.map(|state| {
            state.manners.asked(now_ms);
            state.server.clone()
        })
        .collect()
    }

    async fn ask_all(&self, servers: Vec<TimeServer>) -> Vec<(TimeServer, Result<Sample, AskError>)> {
        let mut asked = JoinSet::new();
        for server in servers {
            let clock = Arc::clone(&self.parts.clock);
            asked.spawn(async move {
                let outcome = ask(&server, clock.as_ref()).await;
                (server, outcome)
            });
        }
        asked.join_all().await
    }

    /// Takes what came of a round.
    fn take(&self, settings: &TimeCheckSettings, watch: &mut Watch, outcomes: Vec<(TimeServer, Result<Sample, AskError>)>) {
        let now = self.parts.clock.now();
        let agreement = {
            let mut standing = self.lock();
            for (server, outcome) in outcomes {
                if let Some(state) = standing.servers.iter_mut().find(|state| state.server == server) {
                    note(state, outcome, now);
                }
            }
            standing.checked_at = Some(now);
            judge(&mut standing)
        };
        watch.round(&agreement, u64::from(settings.limit_ms) * 1_000);
        if self.lock().servers.iter().all(|state| state.denied) {
            // There will be no other round.
            watch.round(&Agreement::Silence, 0);
        }
        self.turn(watch, |_| {});
    }

    /// Shows what is known, and tells when it is something else than before.
    fn turn(&self, watch: &Watch, change: impl FnOnce(&mut Standing)) {
        let now = self.parts.clock.now();
        let mut standing = self.lock();
        change(&mut standing);
        standing.offset_us = watch.offset_us;
        if standing.trust == watch.trust {
            return;
        }
        (standing.trust, standing.since) = (watch.trust, Some(now));
        let event = told(&mut standing.bad_since, watch, now);
        drop(standing);
        if let Some(event) = event {
            self.parts.chronicle.tell(event);
        }
    }
}

/// Keeps what is known of servers that stay, and how they want to be asked.
fn take_over(standing: &mut Standing, servers: &[TimeServer]) {
    let mut before = std::mem::take(&mut standing.servers);
    let mut state = |server: &TimeServer| match before.iter().position(|state| state.server == *server) {
        Some(at) => before.swap_remove(at),
        None => ServerState::of(server.clone()),
    };
    standing.servers = servers.iter().map(&mut state).collect();
}

fn note(state: &mut ServerState, outcome: Result<Sample, AskError>, now: Timestamp) {
    match outcome {
        Ok(sample) => (state.sample, state.answered_at, state.failure) = (Some(sample), Some(now), None),
        Err(error) => {
            if let AskError::Fault(haubert_sntp::Fault::Kiss(kiss)) = &error {
                state.manners.refused(*kiss);
                state.denied = state.manners.next_ms(0).is_none();
            }
            tracing::warn!(%error, server = state.server.host, "a time server told no time");
            (state.sample, state.failure) = (None, Some(Failure::of(&error, now)));
        }
    }
}

/// What those agree on that told the time when they were last asked; the others are named.
fn judge(standing: &mut Standing) -> Agreement {
    let heard: Vec<usize> =
        standing.servers.iter().enumerate().filter(|(_, state)| state.sample.is_some()).map(|(at, _)| at).collect();
    let samples: Vec<Sample> = standing.servers.iter().filter_map(|state| state.sample).collect();
    let agreement = agree(&samples);
    let named: Vec<usize> = match &agreement {
        Agreement::Agreed { falsetickers, .. } => falsetickers.iter().filter_map(|at| heard.get(*at).copied()).collect(),
        _ => Vec::new(),
    };
    for (at, state) in standing.servers.iter_mut().enumerate() {
        state.contradicts = named.contains(&at);
    }
    agreement
}

/// The offset as people read it, ms.
pub const fn rounded_ms(us: i64) -> i64 {
    us.saturating_add(if us < 0 { -500 } else { 500 }) / 1_000
}

/// What is to be told of a turn. Servers that are asked anew in between do not end what was told before.
fn told(bad_since: &mut Option<Timestamp>, watch: &Watch, now: Timestamp) -> Option<NewEvent> {
    if watch.trust.is_bad() {
        bad_since.get_or_insert(now);
    }
    match watch.trust {
        Trust::Trusted => {
            let lasted_ms = now.ms_since(bad_since.take()?).max(0);
            Some(NewEvent::new(now, Severity::Info, "time_trusted", [("lasted_ms", lasted_ms.to_string())]))
        }
        Trust::OffBy => {
            let by = watch.offset_us.map(rounded_ms).unwrap_or_default();
            Some(NewEvent::new(now, Severity::Warning, "time_off", [("by_ms", by.to_string())]))
        }
        Trust::Unreachable => Some(NewEvent::new(now, Severity::Warning, "time_unchecked", [])),
        Trust::Disputed => Some(NewEvent::new(now, Severity::Warning, "time_disputed", [])),
        Trust::Off | Trust::Checking => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(offset_us: i64) -> Agreement {
        Agreement::Agreed { offset_us, falsetickers: Vec::new() }
    }

    #[test]
    fn a_turn_to_the_worse_is_told_and_the_turn_back_says_how_long_it_was() {
        let (mut bad_since, mut watch) = (None, Watch::new(false));
        let mut turn =
            |watch: &Watch, s: i64| told(&mut bad_since, watch, Timestamp::from_secs(s)).map(|event| (event.code, event.params));
        assert_eq!(turn(&watch, 0), None);
        watch.round(&agreed(10), 1_000_000);
        assert_eq!(turn(&watch, 1), None, "right from the start is no news");
        watch.round(&agreed(-90_000_400), 1_000_000);
        let (code, params) = turn(&watch, 10).unwrap();
        assert_eq!((code, params["by_ms"].as_str()), ("time_off", "-90000"));
        watch.round(&Agreement::Disputed, 1_000_000);
        assert_eq!(turn(&watch, 20).unwrap().0, "time_disputed");
        assert_eq!(turn(&Watch::new(false), 25), None, "others are asked");
        watch.round(&agreed(10), 1_000_000);
        let (code, params) = turn(&watch, 40).unwrap();
        assert_eq!((code, params["lasted_ms"].as_str()), ("time_trusted", "30000"));
    }

    #[test]
    fn servers_that_stay_keep_their_manners() {
        let server = |port| TimeServer { host: "ntp.example".to_owned(), port };
        let mut standing =
            Standing { servers: vec![ServerState::of(server(1)), ServerState::of(server(2))], ..Standing::default() };
        let denied = AskError::Fault(haubert_sntp::Fault::Kiss(haubert_sntp::Kiss::Denied));
        note(&mut standing.servers[1], Err(denied), Timestamp(5));
        take_over(&mut standing, &[server(2), server(3)]);
        assert_eq!(
            standing.servers.iter().map(|state| (state.server.port, state.denied)).collect::<Vec<_>>(),
            [(2, true), (3, false)]
        );
        take_over(&mut standing, &[server(3)]);
        take_over(&mut standing, &[server(3), server(2)]);
        assert!(!standing.servers[1].denied, "taken out and named again");
    }
}
