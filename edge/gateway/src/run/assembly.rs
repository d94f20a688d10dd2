//! Makes the parts, gives each what it needs of the others, and starts what works beside the requests.

use super::{Files, Outcome, PRODUCT};
use crate::accounts;
use crate::alarms::Alarms;
use crate::app::{self, App, Shared};
use crate::audit::{self, Audit};
use crate::backfill::{self, Backfill};
use crate::backup::desk::Restores;
use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::chronicle::Chronicle;
use crate::clock_watch::{ClockWatch, Memory};
use crate::config::Config;
use crate::field::{Exchanges, Field, Intake, Keeper, Layouts, Searches, Surroundings};
use crate::firewall::{self, Firewall};
use crate::history_settings::HistorySettings;
use crate::inputs::lorawan;
use crate::integrity::{Integrity, Night};
use crate::links;
use crate::live::Live;
use crate::outlets::outbox::Outbox;
use crate::outlets::switch::Switch;
use crate::outlets::{bacnet, files, mail, modbus, mqtt, push, snmp};
use crate::overview::Overview;
use crate::own_thread::OwnThread;
use crate::policy::listeners::Listeners;
use crate::policy::{Policies, Service};
use crate::posture;
use crate::profiles::Profiles;
use crate::recording::recorder::Recorder;
use crate::recording::sink::Sinks;
use crate::recording::writer::{self, Writer};
use crate::sandbox;
use crate::storage::desk::Desk;
use crate::store::{Db, topology};
use crate::time_check;
use crate::update::Updates;
use crate::uplink::{self, Uplink};
use haubert_historian::Reader;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use haubert_service::session::Sessions;
use haubert_service::shutdown::Shutdown;
use haubert_trust::Key;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

/// Devices that may wait to be asked who they are.
const SUSPECTS: usize = 256;

pub(super) async fn assemble(
    config: &Config,
    files: &Files,
    key: &Key,
    db: Db,
    profiles: Profiles,
    (shutdown, walls, storage, audit): (Shutdown, sandbox::Report, Desk, Audit),
) -> Outcome<(Shared, Ending)> {
    let snapshot = db.call(topology::load_all).await?;
    let topology = watch::Sender::new(Arc::new(snapshot));
    let first = HistorySettings::initial(config);
    let history_settings = watch::Sender::new(Arc::new(db.call(move |tx| HistorySettings::stored(tx, &first)).await?));
    let store = super::history::open(&files.history, key, &db).await?;
    let history_key = haubert_historian::Key::new(*key.expose());
    let history = Reader::open(&files.history, &history_key)?;
    let memory = db.call(Memory::load).await?.with_newest_sample(store.stats()?.newest);
    let clock_watch = Arc::new(ClockWatch::new(Arc::new(SystemClock::new()), memory));
    let clock: Arc<dyn Clock> = Arc::<ClockWatch>::clone(&clock_watch);
    let boot = Boot::at_start(config, clock.now());
    let updates = Updates::open(config, db.clone(), Arc::clone(&clock), shutdown.clone());
    let policy = Policies::open(db.clone(), Arc::clone(&clock)).await?;
    tokio::spawn(policy.clone().work());
    let certificates = Certificates::open(db.clone(), Arc::clone(&clock), &config.names, &files.https).await?;
    let live = Arc::new(Live::default());
    let is_set = {
        let clock_watch = Arc::clone(&clock_watch);
        move || clock_watch.is_set()
    };
    let posture = posture::desk::Latest::default();
    let history_identity = store.identity()?;
    let uplink = Uplink::open(uplink::Parts {
        db: db.clone(),
        clock: Arc::clone(&clock),
        history: history.clone(),
        history_identity: history_identity.clone(),
        live: Arc::clone(&live),
        topology: topology.subscribe(),
        profiles: profiles.clone(),
        policy: policy.clone(),
        certificates: certificates.clone(),
        boot: boot.clone(),
        audit: audit.clone(),
        posture: posture.subscribe(),
        clock_set: Arc::new(is_set.clone()),
    })
    .await?;
    let outbox = |name| Outbox::open(name, db.clone(), history.clone(), &history_identity);
    let (mqtt_outbox, push_outbox) = (outbox("mqtt_progress").await?, outbox("push_progress").await?);
    let keep_from = {
        let uplink = uplink.clone();
        let outboxes = [mqtt_outbox.clone(), push_outbox.clone()];
        move || app::keep_from(&uplink, &outboxes.each_ref())
    };
    let chronicle = Chronicle::start(db.clone());
    audit::wiring::begin(
        &audit,
        audit::wiring::Parts {
            db: db.clone(),
            clock: Arc::clone(&clock_watch),
            chronicle: chronicle.clone(),
            policy: policy.clone(),
            certificates: certificates.clone(),
            topology: topology.subscribe(),
        },
    );
    let sinks = Arc::new(Sinks::default());
    let writer = Arc::new(Writer::start(writer::Parts {
        store,
        sinks: Arc::clone(&sinks),
        clock: Arc::clone(&clock),
        settings: history_settings.subscribe(),
        chunk_seconds: config.recording.chunk_seconds,
        retention_allowed: {
            let clock_watch = Arc::clone(&clock_watch);
            Box::new(move || clock_watch.retention_allowed())
        },
        acknowledged: Box::new(keep_from),
        tell: {
            let chronicle = chronicle.clone();
            Box::new(move |event| chronicle.tell(event))
        },
    })?);
    let (field, events) = Field::new(Arc::clone(&clock), profiles.subscribe(), Keeper::load(db.clone()).await?, policy.clone());
    tokio::spawn(field.clone().keep_refusals());
    let alarms = Alarms::open(&db).await?;
    let (suspects, suspected) = mpsc::channel(SUSPECTS);
    let (exchanged_here, exchanged) = mpsc::channel(SUSPECTS);
    let (returned_here, returned) = mpsc::channel(SUSPECTS);
    let mut surroundings =
        Surroundings { topology: topology.subscribe(), catalogue: profiles.subscribe(), settings: history_settings.subscribe() };
    let intake = Intake {
        recorder: Recorder::new(&config.recording, surroundings.site(), sinks),
        surroundings,
        live: Arc::clone(&live),
        alarms: alarms.clone(),
        writer: Arc::clone(&writer),
        chronicle: chronicle.clone(),
        clock: Arc::clone(&clock_watch),
        suspects,
        returned: returned_here,
    };
    let exchanges = Exchanges {
        field: field.clone(),
        db: db.clone(),
        topology: topology.clone(),
        clock: Arc::clone(&clock),
        exchanged: exchanged_here,
    };
    let layouts = Layouts { field: field.clone(), db: db.clone(), topology: topology.clone(), clock: Arc::clone(&clock) };
    tokio::spawn(exchanges.work(suspected));
    tokio::spawn(layouts.work());
    let (stop, stopped) = oneshot::channel();
    let thread = OwnThread::start("field")?;
    let task = thread.spawn(intake.work(events, exchanged, stopped));
    thread.spawn(field.clone().follow(topology.subscribe()));
    let ending = Ending { stop, task, _thread: thread };
    tokio::spawn(uplink.clone().work());
    tokio::spawn(super::clock::work(Arc::clone(&clock_watch), db.clone()));
    {
        let (uplink, clock_watch) = (uplink.clone(), Arc::clone(&clock_watch));
        let hub = move || uplink.status().certificate_expires_at;
        tokio::spawn(certificates.clone().work(chronicle.clone(), hub, move || clock_watch.is_set()));
    }
    let searches = Searches::default();
    tokio::spawn(searches.clone().heed(policy.clone()));
    let backfill = Backfill::default();
    let recovery = backfill::Parts {
        field: field.clone(),
        live: Arc::clone(&live),
        topology: topology.subscribe(),
        profiles: profiles.subscribe(),
        policy: policy.clone(),
        history: history.clone(),
        writer: Arc::clone(&writer),
        chronicle: chronicle.clone(),
        clock: Arc::clone(&clock_watch),
        period_min: config.recording.load_curve_minutes,
    };
    tokio::spawn(backfill.clone().work(recovery, returned));
    let integrity = Integrity::open(db.clone(), Arc::clone(&clock)).await?;
    tokio::spawn(integrity.clone().work(Night {
        reader: history.clone(),
        writer: Arc::clone(&writer),
        clock: Arc::clone(&clock_watch),
        topology: topology.subscribe(),
    }));
    let access = accounts::Access::open(&db, &clock).await?;
    let sessions = Sessions::new(PRODUCT, Arc::new(db.clone()), Arc::clone(&clock), access.rules.subscribe());
    let firewall = Firewall::open(
        firewall::Parts {
            db: db.clone(),
            clock: Arc::clone(&clock),
            chronicle: chronicle.clone(),
            policy: policy.clone(),
            rules_file: firewall::rules_file(&config.data_dir),
        },
        shutdown.clone(),
    )
    .await?;
    let listeners = Listeners::default();
    let modbus_server = modbus::Desk::open(
        modbus::Parts {
            listen: config.modbus_listen,
            secured_listen: config.modbus_secured_listen,
            db: db.clone(),
            topology: topology.subscribe(),
            policy: policy.clone(),
            firewall: firewall.clone(),
            certificates: certificates.clone(),
            audit: audit.clone(),
            listeners: listeners.clone(),
            boot: boot.clone(),
            live: Arc::clone(&live),
            field: field.clone(),
            clock: Arc::clone(&clock_watch),
        },
        shutdown.clone(),
    )
    .await?;
    let switch = |service| Switch { service, policy: policy.clone(), boot: boot.clone(), certificates: certificates.clone() };
    let mqtt = mqtt::Desk::open(
        mqtt::Parts {
            db: db.clone(),
            outbox: mqtt_outbox,
            alarms: alarms.clone(),
            live: Arc::clone(&live),
            topology: topology.subscribe(),
            profiles: profiles.clone(),
            switch: switch(Service::Mqtt),
            clock: Arc::clone(&clock_watch),
            identity: history_identity.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let push = push::Desk::open(
        push::Parts {
            db: db.clone(),
            outbox: push_outbox,
            alarms: alarms.clone(),
            live: Arc::clone(&live),
            topology: topology.subscribe(),
            profiles: profiles.clone(),
            switch: switch(Service::Push),
            clock: Arc::clone(&clock_watch),
            identity: history_identity.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let lorawan = lorawan::Desk::open(
        lorawan::Parts {
            db: db.clone(),
            topology: topology.subscribe(),
            decoders: haubert_content::embedded_decoders()?,
            events: field.events(),
            chronicle: chronicle.clone(),
            switch: switch(Service::Lorawan),
            clock: Arc::clone(&clock_watch),
            identity: history_identity.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let mail = mail::Desk::open(
        mail::Parts {
            db: db.clone(),
            topology: topology.subscribe(),
            switch: switch(Service::Mail),
            clock: Arc::clone(&clock_watch),
            identity: history_identity.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let files = files::Desk::open(
        files::Parts {
            db: db.clone(),
            history: history.clone(),
            topology: topology.subscribe(),
            switch: switch(Service::FileExport),
            clock: Arc::clone(&clock_watch),
            identity: history_identity.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let snmp = snmp::Desk::open(
        snmp::Parts {
            listen: config.snmp_listen,
            db: db.clone(),
            topology: topology.subscribe(),
            profiles: profiles.clone(),
            policy: policy.clone(),
            firewall: firewall.clone(),
            listeners: listeners.clone(),
            boot: boot.clone(),
            live: Arc::clone(&live),
            alarms: alarms.clone(),
            clock: Arc::clone(&clock_watch),
        },
        shutdown.clone(),
    )
    .await?;
    let bacnet = bacnet::Desk::open(
        bacnet::Parts {
            listen: config.bacnet_listen,
            db: db.clone(),
            topology: topology.subscribe(),
            profiles: profiles.clone(),
            switch: switch(Service::Bacnet),
            firewall: firewall.clone(),
            listeners: listeners.clone(),
            live: Arc::clone(&live),
            history: history.clone(),
            periods: bacnet::Periods::new(&config.recording),
            clock: Arc::clone(&clock_watch),
        },
        shutdown.clone(),
    )
    .await?;
    let time_check = time_check::Desk::open(
        time_check::Parts {
            db: db.clone(),
            policy: policy.clone(),
            chronicle: chronicle.clone(),
            clock: Arc::clone(&clock_watch),
        },
        shutdown.clone(),
    )
    .await?;
    let links = links::Desk::open(
        links::Parts {
            db: db.clone(),
            chronicle: chronicle.clone(),
            clock: Arc::clone(&clock_watch),
            status_dir: config.wan_status_dir.clone(),
        },
        shutdown.clone(),
    )
    .await?;
    let restores = Restores::open(storage.clone(), Arc::clone(&clock))?;
    let app = App {
        db,
        clock,
        clock_watch,
        time_check,
        links,
        profiles,
        topology,
        live,
        history_settings,
        overview: Overview::default(),
        history,
        integrity,
        data_dir: config.data_dir.clone(),
        writer,
        chronicle,
        field,
        lorawan,
        searches,
        policy,
        certificates,
        boot,
        updates,
        listeners,
        backfill,
        uplink,
        alarms,
        modbus_server,
        mqtt,
        identity: history_identity,
        files,
        mail,
        push,
        snmp,
        bacnet,
        sessions,
        restores,
        storage,
        rights: access.rights,
        audit,
        access_rules: access.rules,
        lockouts: access.lockouts,
        walls,
        posture,
        firewall,
        shutdown,
    };
    Ok((Arc::new(app), ending))
}

/// How the intake is brought to an end.
pub(super) struct Ending {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _thread: OwnThread,
}

impl Ending {
    pub(super) async fn stop(self) -> Result<(), JoinError> {
        drop(self.stop);
        self.task.await
    }
}
