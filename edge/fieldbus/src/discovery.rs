//! Looking for devices: every unit of a bus, or of every host of a range, asked who it is.
//!
//! One unit at a time on each line, several hosts side by side. Importing the tree below a gateway is the same search on the
//! gateway's address. What is found appears in the progress as it is found; dropping the handle, or [`Discovery::cancel`],
//! ends the search after at most one time-out.

use crate::ask::{Ask, BusLine, DirectLine};
use crate::identify::{Identified, IdentifiedBy, Presence, identify};
use crate::settings::Line;
use crate::transport::Gates;
use haubert_content::{Catalogue, ProfileId};
use haubert_modbus::ExceptionCode;
use haubert_model::DeviceIdentity;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use utoipa::ToSchema;

/// Hosts searched side by side.
const HOSTS_AT_ONCE: usize = 16;
/// A unit id that no device may have (248 to 255 are reserved): whoever answers for it does not look at unit ids.
const RESERVED_UNIT: u8 = 251;

/// What to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoverySettings {
    /// The line, or the pattern of it when there are hosts.
    pub line: Line,
    /// Hosts to try instead of the line's own; TCP only, ignored on a serial line.
    pub hosts: Vec<String>,
    /// First unit.
    pub first_unit: u8,
    /// Last unit.
    pub last_unit: u8,
    /// Longest wait for an answer and for a connection.
    pub timeout: Duration,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Running or how it ended.
    pub state: ProgressState,
    /// Units done with.
    pub probed: u32,
    /// Units in all.
    pub total: u32,
    /// What kept it from finding anything: the lines that cannot be opened.
    pub error: Option<String>,
    /// Devices found so far.
    pub found: Vec<Found>,
}

/// State of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgressState {
    /// Under way.
    Running,
    /// Every unit was asked.
    Done,
    /// Stopped by the user.
    Cancelled,
    /// No line could be opened.
    Failed,
}

/// A device found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found {
    /// Where.
    pub line: Line,
    /// Its unit id.
    pub unit: u8,
    /// What it says of itself.
    pub identity: DeviceIdentity,
    /// The profile that describes it.
    #[schema(value_type = Option<String>, required)]
    pub profile_id: Option<ProfileId>,
    /// First register of its SunSpec model.
    #[schema(required)]
    pub base: Option<u16>,
    /// Loads that it measures.
    pub channels: u8,
    /// Their names, where it keeps them.
    pub load_names: Vec<String>,
    /// What told.
    pub by: IdentifiedBy,
}

/// A search. Dropping it stops it.
pub struct Discovery {
    progress: watch::Receiver<Progress>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    settings: DiscoverySettings,
    catalogue: Arc<Catalogue>,
    gates: Gates,
    progress: watch::Sender<Progress>,
    unopened: Mutex<Vec<String>>,
}

impl Discovery {
    /// Starts a search. With `bus`, the line belongs to a running bus and is asked through it.
    pub fn start(settings: DiscoverySettings, catalogue: Arc<Catalogue>, gates: Gates, bus: Option<BusLine>) -> Self {
        let lines = lines(&settings);
        let units = u32::from(settings.last_unit.saturating_sub(settings.first_unit)) + 1;
        let total = units.saturating_mul(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        let first = Progress { state: ProgressState::Running, probed: 0, total, error: None, found: Vec::new() };
        let (sender, progress) = watch::channel(first);
        let shared = Arc::new(Shared { settings, catalogue, gates, progress: sender, unopened: Mutex::default() });
        let task = tokio::spawn(search(Arc::clone(&shared), lines, bus));
        Self { progress, shared, task }
    }

    /// The progress, to look at or to wait on.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Stops the search; what was found stays.
    pub fn cancel(&self) {
        self.task.abort();
        self.shared.progress.send_if_modified(|progress| {
            let running = progress.state == ProgressState::Running;
            if running {
                progress.state = ProgressState::Cancelled;
            }
            running
        });
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The lines to search, each once.
fn lines(settings: &DiscoverySettings) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for host in &settings.hosts {
        let line = settings.line.on_host(host);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() { vec![settings.line.clone()] } else { lines }
}

async fn search(shared: Arc<Shared>, lines: Vec<Line>, bus: Option<BusLine>) {
    let count = lines.len();
    if let Some(bus) = bus {
        let mut line = bus.with_timeout(shared.settings.timeout);
        shared.search_units(&mut line, &shared.settings.line).await;
    } else {
        let mut waiting: VecDeque<Line> = lines.into();
        let mut running = JoinSet::new();
        loop {
            while running.len() < HOSTS_AT_ONCE
                && let Some(line) = waiting.pop_front()
            {
                let shared = Arc::clone(&shared);
                running.spawn(async move { shared.search_line(line).await });
            }
            if running.join_next().await.is_none() {
                break;
            }
        }
    }
    let unopened = shared.unopened.lock().unwrap_or_else(PoisonError::into_inner).clone();
    shared.progress.send_modify(|progress| {
        progress.probed = progress.total;
        progress.state = if unopened.len() >= count { ProgressState::Failed } else { ProgressState::Done };
        // A range of hosts is mostly empty; that is worth no message unless nobody was there at all.
        progress.error = if progress.state == ProgressState::Failed { unopened.first().cloned() } else { None };
    });
}

impl Shared {
    async fn search_line(&self, line: Line) {
        match DirectLine::open(line.clone(), &self.gates, self.settings.timeout).await {
            Ok(mut direct) => self.search_units(&mut direct, &line).await,
            Err(error) => {
                self.give_up(error.to_string());
                self.probed(self.units());
            }
        }
    }

    fn units(&self) -> u32 {
        u32::from(self.settings.last_unit.saturating_sub(self.settings.first_unit)) + 1
    }

    async fn search_units(&self, line: &mut impl Ask, place: &Line) {
        let habit = if place.wire().is_none() { habit(line, &self.catalogue).await } else { Habit::LooksAtUnits };
        let mut done = 0;
        for unit in self.settings.first_unit..=self.settings.last_unit {
            match identify(line, unit, &self.catalogue).await {
                Presence::Found(found) => self.found(place, unit, *found),
                Presence::OnlyRefuses(code) if habit != Habit::RefusesStrangers(code) => self.found(place, unit, nameless()),
                Presence::OnlyRefuses(_) | Presence::Nobody => {}
                Presence::LineLost(error) => {
                    self.give_up(format!("{place}: {error}"));
                    break;
                }
            }
            done += 1;
            self.probed(1);
            if habit == Habit::IgnoresUnits {
                break;
            }
        }
        self.probed(self.units() - done);
    }

    fn found(&self, line: &Line, unit: u8, device: Identified) {
        let Identified { identity, profile, base, channels, load_names, by } = device;
        let found = Found { line: line.clone(), unit, identity, profile_id: profile, base, channels, load_names, by };
        self.progress.send_modify(|progress| progress.found.push(found));
    }

    fn probed(&self, units: u32) {
        self.progress.send_modify(|progress| progress.probed = progress.probed.saturating_add(units).min(progress.total));
    }

    fn give_up(&self, error: String) {
        self.unopened.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

/// What a TCP host does with unit ids.
#[derive(Debug, PartialEq, Eq)]
enum Habit {
    /// Answers only for the units that it has.
    LooksAtUnits,
    /// Refuses the others with this code.
    RefusesStrangers(ExceptionCode),
    /// Answers for any unit as for itself: one device.
    IgnoresUnits,
}

async fn habit(line: &mut impl Ask, catalogue: &Catalogue) -> Habit {
    match identify(line, RESERVED_UNIT, catalogue).await {
        Presence::Found(_) => Habit::IgnoresUnits,
        Presence::OnlyRefuses(code) => Habit::RefusesStrangers(code),
        Presence::Nobody | Presence::LineLost(_) => Habit::LooksAtUnits,
    }
}

fn nameless() -> Identified {
    Identified {
        identity: DeviceIdentity::default(),
        profile: None,
        base: None,
        channels: 1,
        load_names: Vec::new(),
        by: IdentifiedBy::Answers,
    }
}
