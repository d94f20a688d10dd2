//! Looks at the links now and then, and tells when one goes or comes.

use super::look::{self, Helper, Seen};
use super::settings::LinkSettings;
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError};
use haubert_links::{Evidence, Expected, Finding, LinkState, Reason, judge};
use haubert_model::{Clock as _, Timestamp};
use haubert_service::shutdown::Shutdown;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// What the look-out needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// Where the helper writes.
    pub status_dir: Option<PathBuf>,
}

/// A link that should be up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStanding {
    /// Which.
    pub link: Expected,
    /// What holds of it.
    pub found: Finding,
    /// Since when it is in that state; since the start at the earliest.
    pub since: Timestamp,
}

/// How the links stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When they were looked at.
    pub at: Timestamp,
    /// What there was to see.
    pub seen: Seen,
    /// The links that should be up, in the order of the settings.
    pub links: Vec<LinkStanding>,
}

/// The settings and state of the links; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    settings: watch::Sender<Arc<LinkSettings>>,
    standing: Arc<Mutex<Standing>>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let stored = parts.db.call(LinkSettings::stored).await?;
        let nothing = Seen {
            interfaces: Vec::new(),
            way_out_v4: None,
            way_out_v6: None,
            signals: std::collections::BTreeMap::new(),
            helper: Helper::Silent(Reason::StatusMissing),
        };
        let standing = Standing { at: parts.clock.now(), seen: nothing, links: Vec::new() };
        let settings = watch::Sender::new(Arc::new(stored));
        let desk = Self { parts: Arc::new(parts), settings, standing: Arc::new(Mutex::new(standing)) };
        desk.look().await;
        tokio::spawn(desk.clone().work(shutdown));
        Ok(desk)
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<LinkSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// How the links stand.
    pub fn standing(&self) -> Standing {
        self.lock().clone()
    }

    /// Stores other settings, puts them in force and looks.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, settings: LinkSettings) -> Result<(), StoreError> {
        let kept = settings.clone();
        self.parts.db.call(move |tx| kept.store(tx)).await?;
        self.settings.send_replace(Arc::new(settings));
        self.look().await;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(self, shutdown: Shutdown) {
        while !shutdown.is_triggered() {
            tokio::select! {
                () = sleep(EVERY) => self.look().await,
                () = shutdown.wait() => return,
            }
        }
    }

    async fn look(&self) {
        let folder = self.parts.status_dir.clone();
        let Ok(seen) = tokio::task::spawn_blocking(move || look::look(folder.as_deref())).await else { return };
        let (now, settings) = (self.parts.clock.now(), self.settings());
        let events = {
            let mut standing = self.lock();
            let (links, events) = turned(&standing.links, &settings, &seen, now);
            *standing = Standing { at: now, seen, links };
            events
        };
        events.into_iter().for_each(|event| self.parts.chronicle.tell(event));
    }
}

/// How the links stand after `seen`, and what is to be told of it.
fn turned(before: &[LinkStanding], settings: &LinkSettings, seen: &Seen, now: Timestamp) -> (Vec<LinkStanding>, Vec<NewEvent>) {
    let now_s = now.0.div_euclid(1_000);
    let evidence = Evidence { now_s, interfaces: &seen.interfaces, status: seen.helper.status() };
    let mut events = Vec::new();
    let links = settings.links.iter().map(|link| {
        let found = judge(link, &evidence, settings.handshake_lost_seconds);
        let known = before.iter().find(|known| known.link == *link);
        let since = known.filter(|known| known.found.state == found.state).map_or(now, |known| known.since);
        if known.map_or(LinkState::Up, |known| known.found.state) != found.state {
            let lasted_ms = known.map_or(0, |known| now.ms_since(known.since).max(0));
            events.push(told(link, &found, lasted_ms, now));
        }
        LinkStanding { link: link.clone(), found, since }
    });
    let links = links.collect();
    (links, events)
}

fn told(link: &Expected, found: &Finding, lasted_ms: i64, now: Timestamp) -> NewEvent {
    let name = ("link", link.name.clone());
    let reason = ("reason", found.reason.map(Reason::code).unwrap_or_default().to_owned());
    let kind = ("kind", link.kind.name().to_owned());
    match found.state {
        LinkState::Up => NewEvent::new(now, Severity::Info, "link_up", [name, kind, ("lasted_ms", lasted_ms.to_string())]),
        LinkState::Down => NewEvent::new(now, Severity::Warning, "link_down", [name, kind, reason]),
        LinkState::Unknown => NewEvent::new(now, Severity::Warning, "link_not_known", [name, kind, reason]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_links::Kind;
    use haubert_links::kernel::{Files, Interface};
    use std::collections::BTreeMap;

    fn seen(operstate: &str) -> Seen {
        let files = Files { flags: "0x1003", kind: "1", operstate, ..Files::default() };
        Seen {
            interfaces: vec![Interface::read("eth0", &files)],
            way_out_v4: None,
            way_out_v6: None,
            signals: BTreeMap::new(),
            helper: Helper::Silent(Reason::StatusMissing),
        }
    }

    #[test]
    fn an_outage_is_told_twice_and_says_how_long_it_was() {
        let link = |name: &str, kind| Expected { name: name.to_owned(), kind };
        let links = vec![link("eth0", Kind::Ethernet), link("port", Kind::Ipsec)];
        let settings = LinkSettings { links, ..LinkSettings::default() };
        let at = |s: i64| Timestamp(1_795_000_000_000 + s * 1_000);
        let codes = |events: &[NewEvent]| events.iter().map(|event| event.code).collect::<Vec<_>>();
        let (standing, events) = turned(&[], &settings, &seen("up"), at(0));
        assert_eq!(codes(&events), ["link_not_known"], "a link that is up from the start is no news");
        let (standing, events) = turned(&standing, &settings, &seen("up"), at(5));
        assert!(events.is_empty() && standing.iter().all(|link| link.since == at(0)));
        let (standing, events) = turned(&standing, &settings, &seen("down"), at(10));
        assert_eq!((codes(&events), events[0].params["reason"].as_str()), (vec!["link_down"], "no_carrier"));
        let (standing, events) = turned(&standing, &settings, &seen("up"), at(75));
        assert_eq!((codes(&events), events[0].params["lasted_ms"].as_str()), (vec!["link_up"], "65000"));
        assert_eq!(standing[0].since, at(75));
    }
}
