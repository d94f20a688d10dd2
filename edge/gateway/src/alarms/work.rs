//! Holds the rules against what is read and said, and writes down what comes of it.

use super::{Rules, world};
use crate::app::{App, Shared};
use crate::store::alarms;
use crate::store::events::{NewEvent, Severity};
use haubert_alarms::{AlarmRuleId, Change, Condition, Criticality, Engine, Moment, Rule, Subject};
use haubert_model::{DeviceId, PointRef};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks at delays: their step.
const TURN: Duration = Duration::from_millis(500);
/// Turns between two looks at what nobody tells of.
const LOOK: u32 = 4;
/// Turns between two reckonings of energies.
const RECKON: u32 = 60;
/// Turns between two notes of how far what is raised went.
const NOTE: u32 = 60;
/// Changes that may wait for a disk that refuses.
const WAITING: usize = 10_000;
/// Turns taken at once.
const BATCH: usize = 256;

/// A change, with what must be known of it when its rule is gone.
#[derive(Clone)]
struct Told {
    change: Change,
    rule: Option<Rule>,
    device: Option<String>,
}

/// Works until the gateway stops.
pub async fn work(app: Shared) {
    let Some(mut values) = app.alarms.feed.taken() else { return };
    let mut worker = loop {
        match Worker::start(&app).await {
            Ok(worker) => break worker,
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "alarms are not known yet"),
        }
        tokio::select! {
            () = app.shutdown.wait() => return,
            () = tokio::time::sleep(TURN) => {}
        }
    };
    let mut rules = app.alarms.rules.subscribe();
    rules.mark_changed();
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut batch = Vec::new();
    let mut number = 0u32;
    loop {
        tokio::select! {
            () = app.shutdown.wait() => break,
            _ = turns.tick() => {
                worker.turn(&app, number).await;
                number = number.wrapping_add(1);
            }
            Ok(()) = rules.changed() => {
                let rules = Arc::clone(&rules.borrow_and_update());
                worker.arrange(&app, rules).await;
            }
            _ = values.recv_many(&mut batch, BATCH) => {
                let now = moment(&app);
                for (point, value) in batch.drain(..).flatten() {
                    let changes = worker.engine.take(point, value, now);
                    worker.tell(&app, changes);
                }
            }
        }
        worker.write(&app).await;
    }
    worker.write(&app).await;
}

fn moment(app: &App) -> Moment {
    Moment { at: app.clock.now(), ms: app.clock.monotonic_ms() }
}

struct Worker {
    engine: Engine,
    rules: Arc<Rules>,
    waiting: Vec<Told>,
    reached: HashMap<(AlarmRuleId, Subject), f64>,
    /// Since when devices that never answered are known.
    first: HashMap<DeviceId, u64>,
}

impl Worker {
    async fn start(app: &App) -> Result<Self, crate::store::StoreError> {
        let (rules, now) = (app.alarms.rules(), app.clock.now());
        let of = Arc::clone(&rules);
        let open = app
            .db
            .note(move |tx| {
                alarms::end_orphans(tx, &of, now)?;
                alarms::open(tx)
            })
            .await?;
        let engine = Engine::new(&rules, &open);
        Ok(Self { engine, rules, waiting: Vec::new(), reached: HashMap::new(), first: HashMap::new() })
    }

    /// Other rules: what they look at is taken as it is now.
    async fn arrange(&mut self, app: &App, rules: Arc<Rules>) {
        let changes = self.engine.replace(&rules, moment(app));
        self.tell(app, changes);
        self.rules = rules;
        app.alarms.feed.want(self.engine.points());
        self.read_all(app);
        self.look(app).await;
        self.reckon(app).await;
    }

    fn read_all(&mut self, app: &App) {
        let points: Vec<PointRef> = self.engine.points().collect();
        for point in points {
            if let Some(reading) = app.live.reading(point) {
                let changes = self.engine.take(point, reading.value.map(|value| value.to_f64()), moment(app));
                self.tell(app, changes);
            }
        }
    }

    async fn look(&mut self, app: &App) {
        let of_world = |rule: &Rule| matches!(rule.condition, Condition::Communication { .. } | Condition::System { .. });
        if self.rules.values().any(|rule| rule.enabled && of_world(rule)) {
            self.engine.tell(world::look(app, &mut self.first).await);
        }
    }

    async fn reckon(&mut self, app: &App) {
        for (rule, value) in world::reckoned(app, &self.engine).await {
            let changes = self.engine.reckon(rule, value, moment(app));
            self.tell(app, changes);
        }
    }

    async fn turn(&mut self, app: &App, number: u32) {
        if app.alarms.feed.has_missed() {
            self.read_all(app);
        }
        if number.is_multiple_of(LOOK) {
            self.look(app).await;
        }
        if number.is_multiple_of(RECKON) {
            self.reckon(app).await;
        }
        let changes = self.engine.turn(moment(app));
        self.tell(app, changes);
        if number.is_multiple_of(NOTE) {
            self.note_reached(app).await;
        }
    }

    fn tell(&mut self, app: &App, changes: Vec<Change>) {
        for change in changes {
            let (Change::Began { rule, subject, .. } | Change::Ended { rule, subject, .. }) = &change;
            let device = subject.and_then(|id| app.topology().device(id).map(|device| device.name.clone()));
            let told = Told { rule: self.rules.get(rule).cloned(), device, change };
            app.chronicle.tell(event(&told));
            self.waiting.push(told);
        }
        if self.waiting.len() > WAITING {
            let over = self.waiting.len() - WAITING;
            self.waiting.drain(..over);
            tracing::error!(over, "too many alarms wait for the disk: the oldest are only in the log");
        }
    }

    /// Writes what waits; what the disk refuses waits on.
    async fn write(&mut self, app: &App) {
        if self.waiting.is_empty() {
            return;
        }
        let waiting = self.waiting.clone();
        let noted = app.db.note(move |tx| {
            waiting.iter().try_for_each(|told| alarms::note(tx, &told.change, told.rule.as_ref(), told.device.as_deref()))
        });
        match noted.await {
            Ok(()) => {
                self.waiting.clear();
                app.alarms.changed();
            }
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "alarms not written"),
        }
    }

    async fn note_reached(&mut self, app: &App) {
        let reached: HashMap<_, _> = self.engine.raised().filter_map(|of| Some((of, self.engine.reached(of.0, of.1)?))).collect();
        let news: Vec<_> =
            reached.iter().filter(|(of, value)| self.reached.get(of) != Some(value)).map(|(of, value)| (*of, *value)).collect();
        if news.is_empty() {
            self.reached = reached;
            return;
        }
        let noted = app.db.note(move |tx| {
            news.into_iter().try_for_each(|((rule, subject), value)| alarms::note_reached(tx, rule, subject, value))
        });
        match noted.await {
            Ok(()) => self.reached = reached,
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "how far alarms went is not written"),
        }
    }
}

fn event(told: &Told) -> NewEvent {
    let name = told.rule.as_ref().map(|rule| rule.name.clone()).unwrap_or_default();
    let params = [("alarm", name), ("device", told.device.clone().unwrap_or_default())];
    match &told.change {
        Change::Began { at, .. } => {
            let severity = match told.rule.as_ref().map(|rule| rule.criticality) {
                Some(Criticality::Critical) => Severity::Critical,
                Some(Criticality::NotCritical) => Severity::Warning,
                Some(Criticality::Information) | None => Severity::Info,
            };
            NewEvent::new(*at, severity, "alarm_raised", params)
        }
        Change::Ended { at, .. } => NewEvent::new(*at, Severity::Info, "alarm_over", params),
    }
}
