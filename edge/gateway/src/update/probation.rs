//! A release on trial watches itself: it serves, its buses run, its stores take what comes. Then it stays.
//!
//! The launcher watches from outside, for a release that cannot even do this.

use super::Updates;
use crate::app::Shared;
use crate::config::UpdateConfig;
use haubert_update::Reason;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Until a release must have been healthy once; the launcher's own patience is a little longer.
const HEALTHY_WITHIN_MS: u64 = 100_000;
/// How long it may be ill in between.
const ILL_AT_MOST_MS: u64 = 30_000;
/// Longest wait for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What to do after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look again.
    Wait,
    /// It is healthy for the first time.
    SayHealthy,
    /// It stays.
    Commit,
    /// It goes.
    GiveUp,
}

/// The rule, on a clock that it is given.
#[derive(Debug, Clone, Copy)]
pub struct Probation {
    began_ms: u64,
    healthy_since_ms: Option<u64>,
    well_at_ms: u64,
    length_ms: u64,
}

impl Probation {
    /// Begins, at a monotonic time, for so many milliseconds of health.
    pub fn new(now_ms: u64, length_ms: u64) -> Self {
        Self { began_ms: now_ms, healthy_since_ms: None, well_at_ms: now_ms, length_ms }
    }

    /// After a look.
    pub fn look(&mut self, now_ms: u64, healthy: bool) -> Step {
        if healthy {
            self.well_at_ms = now_ms;
        }
        match self.healthy_since_ms {
            None if healthy => {
                self.healthy_since_ms = Some(now_ms);
                Step::SayHealthy
            }
            None if now_ms.saturating_sub(self.began_ms) >= HEALTHY_WITHIN_MS => Step::GiveUp,
            Some(_) if !healthy && now_ms.saturating_sub(self.well_at_ms) >= ILL_AT_MOST_MS => Step::GiveUp,
            Some(since) if healthy && now_ms.saturating_sub(since) >= self.length_ms => Step::Commit,
            _ => Step::Wait,
        }
    }

    /// Milliseconds until it commits when it stays healthy; `None` before it is.
    pub fn remaining_ms(&self, now_ms: u64) -> Option<u64> {
        self.healthy_since_ms.map(|since| since.saturating_add(self.length_ms).saturating_sub(now_ms))
    }
}

/// Watches, if this release is on trial; ends when that is decided.
pub async fn watch(app: Shared, config: UpdateConfig) {
    let on_trial = |updates: &Updates| updates.state().is_some_and(|state| state.trial.is_some());
    let Some((slots, _)) = app.updates.slots() else { return };
    if !on_trial(&app.updates) {
        return;
    }
    let mut probation = Probation::new(app.clock.monotonic_ms(), u64::from(config.probation_seconds) * 1000);
    loop {
        tokio::time::sleep(EVERY).await;
        let ill = illness(&app).await;
        if let Some(ill) = ill {
            tracing::warn!(ill, "the release on trial is not well");
        }
        let now = app.clock.monotonic_ms();
        let step = probation.look(now, ill.is_none());
        app.updates.remains(probation.remaining_ms(now));
        let outcome = match step {
            Step::Wait => Ok(true),
            Step::SayHealthy => slots.update(|state| state.healthy()),
            Step::Commit => slots.update(|state| state.commit()).map(|_| false),
            Step::GiveUp => {
                if let Err(error) = app.updates.give_up(Reason::NotHealthy).await {
                    tracing::error!(error = &error as &dyn std::error::Error, "the release on trial cannot be given up");
                }
                return;
            }
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the state of the slots cannot be kept"),
        }
    }
    app.updates.tell_past().await;
}

/// What does not work; `None` when all does.
async fn illness(app: &Shared) -> Option<&'static str> {
    if app.db.note(|_| Ok(())).await.is_err() {
        return Some("configuration");
    }
    if app.writer.status().trouble.is_some() {
        return Some("history");
    }
    if tokio::time::timeout(ANSWER_WITHIN, app.field.status()).await.is_err() {
        return Some("field");
    }
    if !app.boot.outlets_allowed() {
        return Some("integrity");
    }
    // Where the policy lets nobody in, nobody need be served.
    let address = app.listeners.open().into_iter().find(|open| open.opened_by == "https").map(|open| open.address);
    match address {
        Some(address) if !serves(address).await => Some("https"),
        _ => None,
    }
}

/// Whether HTTPS is answered at our own address. Who answers is not in question, only whether; so no certificate is compared.
async fn serves(address: SocketAddr) -> bool {
    let host = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().timeout(ANSWER_WITHIN).build();
    let Ok(client) = client else { return false };
    let url = format!("https://{}/api/v1/about", SocketAddr::new(host, address.port()));
    client.get(url).send().await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_that_lasts_commits() {
        let mut probation = Probation::new(0, 300_000);
        assert_eq!(probation.look(1_000, false), Step::Wait);
        assert_eq!(probation.remaining_ms(1_000), None);
        assert_eq!(probation.look(20_000, true), Step::SayHealthy);
        assert_eq!(probation.remaining_ms(30_000), Some(290_000));
        assert_eq!(probation.look(99_000, true), Step::Wait);
        assert_eq!(probation.look(100_000, false), Step::Wait, "a moment of illness is forgiven");
        assert_eq!(probation.look(319_999, true), Step::Wait);
        assert_eq!(probation.look(320_000, true), Step::Commit);
    }

    #[test]
    fn no_health_within_two_minutes_or_lasting_illness_gives_up() {
        let mut probation = Probation::new(0, 300_000);
        assert_eq!(probation.look(99_999, false), Step::Wait);
        assert_eq!(probation.look(100_000, false), Step::GiveUp);
        let mut probation = Probation::new(0, 300_000);
        probation.look(10_000, true);
        assert_eq!(probation.look(39_999, false), Step::Wait);
        assert_eq!(probation.look(40_000, false), Step::GiveUp);
    }
}
