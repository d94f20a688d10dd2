//! What a value costs on its way from a bus's event to the disk, stage by stage. Not a test of time, which machines differ in:
//! `cargo nextest run -p haubert-gateway --run-ignored only hot_path --no-capture` prints the figures.

use haubert_fieldbus::{Points, Readout, Taken};
use haubert_gateway::clock_watch::Stamp;
use haubert_gateway::config::{Config, Recording};
use haubert_gateway::history_settings::{HistorySettings, TrendChoice};
use haubert_gateway::live::Live;
use haubert_gateway::recording::recorder::{Recorder, Site};
use haubert_gateway::recording::sink::Sinks;
use haubert_gateway::recording::writer::{Parts, Writer};
use haubert_gateway::topology::{self, Load, Topology};
use haubert_historian::{Key, Reader, Store};
use haubert_model::{BusId, Clock, Decimal, DeviceId, DeviceIdentity, Fluid, LoadId, Nature, Quantity, Reason, Timestamp, Usage};
use haubert_service::clock::SystemClock;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

const DEVICES: u128 = 1_000;
const CHANNELS: u8 = 4;
const QUANTITIES: usize = 25;
const SECONDS: i64 = 30;

fn site() -> Topology {
    let site = topology::Site { name: "Quay".to_owned(), time_zone: "Europe/Paris".to_owned(), country: "FR".to_owned() };
    let device = |number: u128| topology::Device {
        id: DeviceId(Uuid::from_u128(number)),
        source: topology::Source::Bus { bus_id: BusId(Uuid::from_u128(7)), unit: 1 },
        name: format!("Meter {number}"),
        profile_id: "none".to_owned(),
        base: None,
        identity: DeviceIdentity::default(),
        channels: CHANNELS,
        enabled: true,
        reading: topology::Reading::default(),
    };
    let load = |number: u128, channel: u8| Load {
        id: LoadId(Uuid::from_u128(number << 8 | u128::from(channel))),
        device_id: DeviceId(Uuid::from_u128(number)),
        channel,
        name: format!("Load {number}/{channel}"),
        fluid: Fluid::Electricity,
        usage: Usage::ALL[0],
        zone_id: None,
        enabled: true,
    };
    let loads = (0..DEVICES).flat_map(|number| (1..=CHANNELS).map(move |channel| load(number, channel))).collect();
    Topology::new(site, Vec::new(), Vec::new(), (0..DEVICES).map(device).collect(), loads)
}

fn instants() -> impl Iterator<Item = Quantity> {
    Quantity::ALL.iter().copied().filter(|quantity| quantity.nature() == Nature::Instant).take(QUANTITIES)
}

fn readout(points: &Points, device: u128, at: Timestamp, second: i64) -> Readout {
    let value = |quantity: Quantity| Decimal::new(230_000 + (second * 7 + device as i64) % 50, quantity.resolution_exponent());
    let taken = |(_, quantity): &(u8, Quantity)| Taken::measured(value(*quantity), at.plus_ms(3), Reason::Measured);
    let (points, values) = (Arc::clone(points), points.iter().map(taken).collect());
    Readout { device: DeviceId(Uuid::from_u128(device)), at, points, values }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// CPU time of all threads of this process, milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // User and system time in hundredths of a second.
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

#[test]
#[ignore = "prints figures; see the head of the file"]
fn hot_path() {
    let dir = tempfile::tempdir().unwrap();
    let key = Key::new([7; 32]);
    let store = Store::open(dir.path().join("history.db"), &key).unwrap();
    let mut settings = HistorySettings::initial(&Config::default());
    settings.trends = instants().map(|quantity| TrendChoice { quantity, dead_band: None }).collect();
    let settings = Arc::new(settings);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let sinks = Arc::new(Sinks::default());
    let changes = watch::Sender::new(Arc::clone(&settings));
    let writer = Writer::start(Parts {
        store,
        sinks: Arc::clone(&sinks),
        clock: Arc::clone(&clock),
        settings: changes.subscribe(),
        chunk_seconds: 3600,
        retention_allowed: Box::new(|| false),
        acknowledged: Box::new(|| None),
        tell: Box::new(|event| println!("{event:?}")),
    })
    .unwrap();
    let catalogue = Arc::new(haubert_content::embedded().unwrap());
    let before_kib = resident_kib();
    let site = Site { topology: Arc::new(site()), catalogue, settings };
    let periods = Recording { trend_seconds: 1, ..Recording::default() };
    let mut recorder = Recorder::new(&periods, site, Arc::clone(&sinks));
    let live = Live::default();
    let points: Points = (1..=CHANNELS).flat_map(|channel| instants().map(move |quantity| (channel, quantity))).collect();
    let mut rows = Vec::new();
    let (mut live_ms, mut recorder_ms, mut keep_ms) = (0, 0, 0);
    let started = clock.monotonic_ms();
    let begun_at = clock.now().floor_to(1000);
    let cpu_before = cpu_ms();
    let mut making = 0;
    for second in 0..SECONDS {
        let at = begun_at.plus_ms(second * 1000);
        let t = cpu_ms();
        let events: Vec<Readout> = (0..DEVICES).map(|device| readout(&points, device, at, second)).collect();
        making += cpu_ms() - t;
        let t = clock.monotonic_ms();
        events.iter().for_each(|readout| live.update(readout));
        let u = clock.monotonic_ms();
        let stamp = Stamp { at, shift_ms: 0, doubted: false };
        events.iter().for_each(|readout| recorder.take(&stamp, readout, &mut rows));
        let v = clock.monotonic_ms();
        writer.keep(&rows);
        rows.clear();
        let w = clock.monotonic_ms();
        if second > 0 {
            (live_ms, recorder_ms, keep_ms) = (live_ms + u - t, recorder_ms + v - u, keep_ms + w - v);
        }
        drop(events);
        // In step with real time, as a bus is.
        let due = started + (second as u64 + 1) * 1000;
        std::thread::sleep(std::time::Duration::from_millis(due.saturating_sub(clock.monotonic_ms())));
    }
    let resident = resident_kib();
    writer.stop();
    let cpu = cpu_ms() - cpu_before - making;
    let values = DEVICES as u64 * u64::from(CHANNELS) * QUANTITIES as u64;
    let per_value = |ms: u64| ms as f64 * 1e6 / (values * (SECONDS as u64 - 1)) as f64;
    println!(
        "live {:.0} ns, recorder {:.0} ns, hand-over {:.0} ns per value",
        per_value(live_ms),
        per_value(recorder_ms),
        per_value(keep_ms)
    );
    println!("all threads {:.0} ns of CPU per value", per_value(cpu));
    println!(
        "resident {resident} KiB, of which before {before_kib} KiB: {} bytes per value",
        (resident - before_kib) * 1024 / values
    );
    println!("{:?}", writer.status());
    let stats = Reader::open(dir.path().join("history.db"), &key).unwrap().stats().unwrap();
    println!("{stats:?}");
    assert_eq!(writer.status().dropped, 0);
}
