//! Modbus TCP: 100,000 floats a second in two shapes, and 10,000 a second beside the programs that people use.

use super::Window;
use super::window::COLUMNS;
use crate::gateway::{Gateway, Screen};
use crate::peers::{Loop, Peer, Task};
use crate::plant::{Layout, Plant};
use crate::process::{Process, folder_bytes, mib, settle};
use crate::report::{Claim, Section, Table, number};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Time for a reader to connect and find its pace before its window begins.
const WARM_UP: Duration = Duration::from_secs(4);

/// An offered load.
struct Load {
    layout: Layout,
    period_ms: u32,
    what: &'static str,
}

/// 1,000 devices × 100 values each second, behind ten addresses.
const MANY: Load = Load {
    layout: Layout { buses: 10, devices: 100, loads: 4, floats: 25 },
    period_ms: 1_000,
    what: "1,000 devices × 100 values each second",
};
/// 10,000 values every 100 ms.
const FAST: Load =
    Load { layout: Layout { buses: 4, devices: 1, loads: 50, floats: 50 }, period_ms: 100, what: "10,000 values every 100 ms" };
/// What the slowest rivals can be asked.
const SMALL: Load = Load {
    layout: Layout { buses: 10, devices: 10, loads: 4, floats: 25 },
    period_ms: 1_000,
    what: "100 devices × 100 values each second",
};

/// What was found of a load.
struct Outcome {
    ours: Window,
    without_screen: Window,
    yardstick: Window,
    peers: Vec<(String, Window)>,
    lateness: Vec<Value>,
    /// Turns taken, and turns begun a whole period late or more.
    polls: (f64, f64),
    idle_resident: f64,
    stored: f64,
    stored_bytes: f64,
    dropped: f64,
    screen_bytes_per_s: f64,
}

/// How long and how often to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Length of a window.
    pub(crate) window: Duration,
    /// Turns of each reader.
    pub(crate) turns: usize,
}

/// Measures all three loads.
pub(crate) async fn measure(effort: Effort) -> Result<Section, String> {
    let many = outcome(&MANY, effort, &[]).await?;
    let fast = outcome(&FAST, effort, &[]).await?;
    let small = outcome(&SMALL, effort, &Peer::ALL).await?;
    let mut section = Section { id: "polling-tcp", title: "Polling, Modbus TCP", about: ABOUT.to_owned(), ..Section::default() };
    for (load, outcome) in [(&MANY, &many), (&FAST, &fast)] {
        claims(&mut section.claims, load, outcome);
    }
    section.tables = [(&MANY, &many), (&FAST, &fast), (&SMALL, &small)].map(|(load, outcome)| table(load, outcome)).into();
    section.notes = [(&MANY, &many), (&FAST, &fast), (&SMALL, &small)].map(|(load, outcome)| note(load, outcome)).into();
    section.notes.push(NODE_NOTE.to_owned());
    Ok(section)
}

const ABOUT: &str = "\
Release build; every value decoded, kept in the live table, written to the encrypted history as a trend at every poll, and followed \
by one open WEBVIEW page (the same stream, over TLS). The yardstick is `tools/bench/peers/loop.c`: a loop on libmodbus that reads the \
same registers at the same pace and throws them away. Readers take turns on one `haubert-plant`; requests and registers are counted \
there, CPU time is user and system of `/proc/<pid>/stat`.";

const NODE_NOTE: &str = "Rivals: the ThingsBoard gateway publishes to a local mosquitto (whose CPU is not counted), Node-RED reads blocks \
and drops them, collectd writes nothing. None of them keeps history here; ours does.";

fn claims(claims: &mut Vec<Claim>, load: &Load, outcome: &Outcome) {
    let (ours, what) = (&outcome.ours, load.what);
    let offered = load.layout.values() as f64 * 1000.0 / f64::from(load.period_ms);
    let share = ours.values_per_s() / offered;
    // A window begins and ends anywhere within a period, so one round more or less is no fault.
    let round = f64::from(load.period_ms) / 1000.0 / ours.shortest_s;
    claims.push(Claim::new(
        format!("{what}: values read, of those offered"),
        format!("{} %", number(share * 100.0)),
        format!("100 %, give or take a round ({} %)", number(round * 100.0)),
        (share - 1.0).abs() <= round,
    ));
    let (polls, late) = outcome.polls;
    claims.push(Claim::new(
        format!("{what}: every poll on time (none a period late)"),
        format!("{} late of {}{}", number(late), number(polls), slowest(&outcome.lateness)),
        "0",
        polls > 0.0 && late == 0.0,
    ));
    claims.push(Claim::new(
        format!("{what}: stored (samples dropped, from the first poll on)"),
        format!("{} of {}", number(outcome.dropped), number(outcome.stored + outcome.dropped)),
        "0",
        outcome.dropped == 0.0 && outcome.stored > 0.0,
    ));
    claims.push(Claim::at_most(format!("{what}: CPU"), ours.core_percent(), 15.0, "% of a core"));
    let ratio = ours.us_per_value() / outcome.yardstick.us_per_value();
    claims.push(Claim::at_most(format!("{what}: CPU per value, against the libmodbus loop"), ratio, 1.5, "×"));
    let per_tag = (ours.resident - outcome.idle_resident) / load.layout.values() as f64 / 1024.0;
    claims.push(Claim::at_most(format!("{what}: resident memory per tag, beyond that of the idle gateway"), per_tag, 1.0, "KiB"));
    if load.layout.devices == 1 {
        claims.push(Claim::at_most("requests per 10,000 contiguous floats", ours.requests_per_10k(), 165.0, ""));
    }
}

fn table(load: &Load, outcome: &Outcome) -> Table {
    let mut table = Table::new(&[load.what]);
    table.head.extend(COLUMNS.map(str::to_owned));
    let mut row = |name: &str, window: &Window| {
        table.row(std::iter::once(name.to_owned()).chain(window.cells()));
    };
    row("haubert-gateway: decoded, stored, shown", &outcome.ours);
    row("haubert-gateway, no page open", &outcome.without_screen);
    row("libmodbus loop: only read", &outcome.yardstick);
    for (name, window) in &outcome.peers {
        row(name, window);
    }
    table
}

fn note(load: &Load, outcome: &Outcome) -> String {
    let rounds = outcome
        .ours
        .rounds
        .map_or_else(String::new, |(low, high)| format!("; each device got {low} to {high} requests in a window"));
    format!(
        "{}: {} samples stored, {} B each on disk while open; the page took {} KiB/s{rounds}.",
        load.what,
        number(outcome.stored),
        number(outcome.stored_bytes / outcome.stored.max(1.0)),
        number(outcome.screen_bytes_per_s / 1024.0),
    )
}

/// How late turns began, of the bus that was worst, in words; empty when the gateway does not say.
fn slowest(buses: &[Value]) -> String {
    let worst = |key: &str| buses.iter().filter_map(|bus| bus["lateness_ms"][key].as_f64()).reduce(f64::max);
    match (worst("p99"), worst("max")) {
        (Some(p99), Some(most)) => {
            format!("; after their instant: 99 % within {} ms, all within {} ms", number(p99), number(most))
        }
        _ => String::new(),
    }
}

/// Sum over all buses of a count.
fn total(health: &Value, key: &str) -> f64 {
    let buses = health["buses"].as_array().map_or(&[][..], Vec::as_slice);
    buses.iter().filter_map(|bus| bus["totals"][key].as_f64()).sum()
}

async fn outcome(load: &Load, effort: Effort, peers: &[Peer]) -> Result<Outcome, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &load.layout, load.period_ms).await?;
    let mut gateway = Gateway::start(dir.path(), &config(dir.path(), &load.layout)).await?;
    settle(WARM_UP).await;
    let process = Process(gateway.pid()?);
    let idle_resident = process.resident()?;
    gateway.add(&plant, &load.layout, load.period_ms).await?;
    settle(WARM_UP * 2).await;
    let mut found = Outcome {
        ours: Window::default(),
        without_screen: Window::default(),
        yardstick: Window::default(),
        peers: Vec::new(),
        lateness: Vec::new(),
        polls: (0.0, 0.0),
        idle_resident,
        stored: 0.0,
        stored_bytes: 0.0,
        dropped: 0.0,
        screen_bytes_per_s: 0.0,
    };
    for turn in 0..effort.turns {
        if turn > 0 {
            gateway.switch(true).await?;
            settle(WARM_UP).await;
        }
        let screen = Screen::open(&gateway.api).await?;
        settle(WARM_UP).await;
        let (bytes, before) = (screen.bytes(), gateway.api.get("/diagnostics").await?);
        let window = Window::measure(&plant, &[process], effort.window).await?;
        found.screen_bytes_per_s = (screen.bytes() - bytes) as f64 / window.seconds;
        found.ours = found.ours.and(window);
        drop(screen);
        let health = gateway.api.get("/diagnostics").await?;
        let count = |key: &str| total(&health, key) - total(&before, key);
        found.polls = (found.polls.0 + count("polls"), found.polls.1 + count("late_polls"));
        found.lateness.extend(health["buses"].as_array().cloned().unwrap_or_default());
        settle(Duration::from_secs(1)).await;
        found.without_screen = found.without_screen.and(Window::measure(&plant, &[process], effort.window / 2).await?);
        gateway.switch(false).await?;
        let yardstick = Loop::start(load.period_ms, &load.layout, &plant.ports()).await?;
        settle(WARM_UP / 2).await;
        found.yardstick = found.yardstick.and(Window::measure(&plant, &[yardstick.process()?], effort.window).await?);
        drop(yardstick);
        for peer in peers {
            match peer_window(*peer, load, &plant, effort.window).await {
                Ok(window) => match found.peers.iter_mut().find(|(name, _)| name == peer.name()) {
                    Some((_, sum)) => *sum = std::mem::take(sum).and(window),
                    None => found.peers.push((peer.name().to_owned(), window)),
                },
                Err(error) => return Err(format!("{}: {error}", peer.name())),
            }
        }
    }
    let health = gateway.api.get("/diagnostics").await?;
    let figure = |key: &str| health["historian"][key].as_f64().unwrap_or_default();
    (found.stored, found.dropped) = (figure("samples"), figure("dropped"));
    found.stored_bytes = folder_bytes(&dir.path().join("data")) as f64;
    gateway.stop().await?;
    eprintln!(
        "  {}: ours {:.3} µs per value, {:.1} % of a core, {:.0} values/s, {:.1} MiB; loop {:.3} µs, simulator {:.0} %",
        load.what,
        found.ours.us_per_value(),
        found.ours.core_percent(),
        found.ours.values_per_s(),
        mib(found.ours.resident),
        found.yardstick.us_per_value(),
        100.0 * found.ours.plant_cpu_s / found.ours.seconds,
    );
    Ok(found)
}

async fn peer_window(peer: Peer, load: &Load, plant: &Plant, time: Duration) -> Result<Window, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let ports = plant.ports();
    let task = Task { dir: dir.path(), period_ms: load.period_ms, layout: &load.layout, ports: &ports };
    let running = peer.start(&task)?;
    let asked = plant.asked().await?.registers;
    haubert_testkit::until("it reads", Duration::from_secs(90), || async {
        plant.asked().await.ok().filter(|now| now.registers > asked + 1_000).map(|_| ())
    })
    .await
    .map_err(|error| format!("{error}; {}", running.last_words()))?;
    settle(WARM_UP * 2).await;
    Window::measure(plant, &running.processes()?, time).await
}

/// Every value of every poll becomes history.
fn config(dir: &Path, layout: &Layout) -> String {
    let profiles = dir.join("profiles");
    let trends = layout.momentary();
    format!("profiles_dir = {profiles:?}\n[recording]\ntrend_seconds = {TREND_SECONDS}\nmore_trends = {trends:?}\n")
}

/// 0 keeps the readings of every poll.
const TREND_SECONDS: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_worst_bus_counts() {
        let bus = |p99: f64, max: f64| json!({"lateness_ms": {"p99": p99, "max": max}, "totals": {"polls": 5}});
        let said = slowest(&[bus(1.0, 9.0), bus(2.0, 3.0)]);
        assert!(said.contains("99 % within 2.00 ms, all within 9.00 ms"), "{said}");
        assert_eq!(slowest(&[json!({"lateness_ms": null})]), "");
        assert_eq!(total(&json!({"buses": [bus(0.0, 0.0), bus(0.0, 0.0)]}), "polls"), 10.0);
    }

    #[test]
    fn the_loads_are_what_they_say() {
        assert_eq!(MANY.layout.values(), 100_000);
        assert_eq!((FAST.layout.values(), SMALL.layout.values()), (10_000, 10_000));
    }
}
