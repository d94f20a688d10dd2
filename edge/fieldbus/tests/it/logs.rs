//! A meter's own log, read back over a real line from the simulated plant, is what the physics integrated.

use crate::support::{Running, all_good, catalogue, device, id, settings};
use haubert_content::{Profile, ProfileId};
use haubert_fieldbus::logs::{Allowed, LogError, LogQuery, LogRecord, read_clock, read_log};
use haubert_fieldbus::{
    AskError, DeviceSettings, DirectLine, Discovery, DiscoverySettings, Gates, Line, Patience, Place, ProgressState, Urgency,
    Writes, settle,
};
use haubert_model::Timestamp;
use haubert_plant::{Fault, Plant, PlantOptions, Scene};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const E34: &str = "socomec/countis-e3x";
const B30: &str = "socomec/diris-b30";
/// 2026-10-24T22:00:00Z, local midnight of the day that has 25 hours.
const START: &str = "2026-10-24T22:00:00Z";
const START_MS: i64 = 1_792_879_200_000;
const EPOCH_2000_S: i64 = 946_684_800;
const PERIOD_MS: i64 = 600_000;

/// A plant whose clock stands still until it is advanced.
async fn plant() -> Plant {
    let text = format!(
        r#"
speed = 1e-9
start = "{START}"
time_zone = "Europe/Paris"
[[bus]]
name = "b"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "{E34}"
name = "one"
usage = "cranes"
nominal_kw = 300
[[bus.device]]
unit = 2
profile = "{B30}"
name = "two"
usage = "reefers"
load = [{{ name = "A", nominal_kw = 60 }}, {{ name = "B", nominal_kw = 40 }}]
"#
    );
    let scene = Scene::parse("logs", &text, Path::new(".")).unwrap();
    Plant::start(scene, PlantOptions::default()).await.unwrap()
}

async fn line(plant: &Plant) -> DirectLine {
    let address = plant.address("b").unwrap();
    let line = Line::Tcp { host: address.ip().to_string(), port: address.port() };
    DirectLine::open(line, &gates(true), Duration::from_secs(20)).await.unwrap()
}

fn gates(writing: bool) -> Gates {
    let gates = Gates::default();
    gates.allow(Writes::Window, writing);
    gates
}

fn profile(name: &str) -> Arc<Profile> {
    haubert_content::embedded().unwrap().get_shared(&ProfileId::new(name)).unwrap()
}

async fn read(plant: &Plant, name: &str, unit: u8, channel: u8) -> (Result<Option<u16>, LogError>, Vec<LogRecord>) {
    let profile = profile(name);
    let query = LogQuery { unit, log: profile.log.as_ref().unwrap(), channel, wanted: i64::MIN..i64::MAX, max_registers: 125 };
    let mut found = Vec::new();
    let allowed = Allowed::by_setting(true, query.log).unwrap();
    let outcome = read_log(&mut line(plant).await, &query, allowed, &mut |block| {
        found.extend(block.records);
        ControlFlow::Continue(())
    })
    .await;
    (outcome, found)
}

/// What the meter's local clock shows at the end of the `n`th period.
fn ended(n: i64) -> i64 {
    shown(n + 1)
}

/// What it shows at its start.
fn shown(n: i64) -> i64 {
    let at = START_MS / 1_000 + n * PERIOD_MS / 1_000 - EPOCH_2000_S;
    // Summer time until 01:00Z, three hours after the start.
    at + if n < 18 { 7_200 } else { 3_600 }
}

#[tokio::test]
async fn both_manners_of_log_show_what_the_physics_integrated_through_a_change_of_the_clock() {
    let plant = plant().await;
    plant.advance(50 * PERIOD_MS + 1_000);
    // The bus is cut meanwhile for one of them: it goes on recording.
    plant.fault("one", Fault::Silent).unwrap();
    plant.advance(30 * PERIOD_MS);
    plant.clear("one").unwrap();
    for (name, unit, device, channel) in [(E34, 1, "one", 1), (B30, 2, "two", 1), (B30, 2, "two", 2)] {
        let (outcome, found) = read(&plant, name, unit, channel).await;
        assert_eq!(outcome.unwrap(), Some(600));
        assert_eq!(found.len(), 80, "{name}");
        if unit == 2 {
            // Read from its newest end; each block has the date of its first record only.
            assert_eq!(
                found.iter().step_by(24).map(|record| record.date_s).collect::<Vec<_>>(),
                [shown(56), shown(32), shown(8), shown(0)]
            );
            for (n, record) in (56..80).chain(32..56).chain(8..32).chain(0..8).zip(&found) {
                let from = Timestamp(START_MS + n * PERIOD_MS);
                let mean = plant.means(device, from, from.plus_ms(PERIOD_MS)).unwrap()[usize::from(channel) - 1];
                assert!((record.value.to_f64() - mean).abs() <= 0.501, "{channel} {n}: {record:?}, in truth {mean} W");
            }
            continue;
        }
        let mut expected: Vec<(i64, f64)> = (0..80)
            .map(|n| {
                let from = Timestamp(START_MS + n * PERIOD_MS);
                let means = plant.means(device, from, from.plus_ms(PERIOD_MS)).unwrap();
                (ended(n), means[usize::from(channel) - 1])
            })
            .collect();
        // Dates that local time shows twice do not order them.
        let order = |pairs: &mut Vec<(i64, f64)>| pairs.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let mut read: Vec<(i64, f64)> = found.iter().map(|record| (record.date_s, record.value.to_f64())).collect();
        order(&mut expected);
        order(&mut read);
        for ((start, value), (truly, mean)) in read.iter().zip(&expected) {
            assert_eq!(start, truly, "{name} {channel}");
            assert!((value - mean).abs() <= 50.001, "{name} {channel} at {start}: {value} W, in truth {mean} W");
        }
        assert!(found.iter().all(|record| !record.incomplete && record.clock_set));
    }
    plant.shutdown().await;
}

#[tokio::test]
async fn a_log_can_be_empty_short_full_of_holes_or_by_a_wrong_clock() {
    let plant = plant().await;
    plant.advance(40 * PERIOD_MS);
    plant.fault("one", Fault::LogEmpty).unwrap();
    assert_eq!(read(&plant, E34, 1, 1).await, (Ok(None), Vec::new()));
    plant.clear("one").unwrap();
    plant.fault("two", Fault::LogShort(7)).unwrap();
    let (_, found) = read(&plant, B30, 2, 1).await;
    assert_eq!(found.iter().map(|record| record.date_s).collect::<Vec<_>>(), (33..40).map(shown).collect::<Vec<_>>());
    plant.fault("one", Fault::LogIncomplete).unwrap();
    let (_, found) = read(&plant, E34, 1, 1).await;
    assert_eq!(found.iter().filter(|record| record.incomplete).count(), 40 / 3 + 1);
    // An hour behind: clock and dates agree with each other, not with the plant.
    let clock = profile(E34).identification.clock.unwrap();
    let before = read_clock(&mut line(&plant).await, 1, clock).await.unwrap();
    plant.fault("one", Fault::ClockOff(-3_600)).unwrap();
    let after = read_clock(&mut line(&plant).await, 1, clock).await.unwrap();
    assert_eq!(before - after, 3_600);
    let (_, found) = read(&plant, E34, 1, 1).await;
    assert_eq!(found.last().unwrap().date_s, ended(39) - 3_600);
    // The battery was empty, and the meter knows.
    plant.fault("one", Fault::ClockReset).unwrap();
    assert!(read_clock(&mut line(&plant).await, 1, clock).await.unwrap() < 86_400);
    assert!(read(&plant, E34, 1, 1).await.1.iter().all(|record| !record.clock_set));
    // Another meter stands in its place: it knows nothing of what was.
    plant.fault("one", Fault::Exchange).unwrap();
    assert_eq!(read(&plant, E34, 1, 1).await.0, Ok(None));
    plant.shutdown().await;
}

/// Lines carry nothing that could write (see `Question`); seen from the other end, whatever a bus is made to do writes nothing,
/// until a person allows the window of one device's log to be moved.
#[tokio::test]
async fn nothing_is_ever_written_but_the_window_of_an_allowed_log() {
    let plant = plant().await;
    plant.advance(50 * PERIOD_MS);
    let writes = || plant.stats().iter().map(|one| (one.name.clone(), one.counts.writes)).collect::<Vec<_>>();
    let none = [("one".to_owned(), 0), ("two".to_owned(), 0)];
    let address = plant.address("b").unwrap();
    let place = Line::Tcp { host: address.ip().to_string(), port: address.port() };
    let devices = vec![device(1, E34), DeviceSettings { channels: 2, ..device(2, B30) }];
    let mut running = Running::start(settings(place.clone(), 20_000, 10), devices, catalogue());
    for unit in [1, 2] {
        running.round_with(unit, all_good).await;
    }
    let events = async { while running.events.recv().await.is_some() {} };
    let everything = async {
        for unit in [1, 2] {
            assert!(running.bus.test(id(unit)).await.unwrap().ok);
            assert!(running.bus.forget_refused(id(unit)).await);
        }
        let timeout = Duration::from_secs(20);
        let search = DiscoverySettings { line: place, hosts: Vec::new(), first_unit: 1, last_unit: 2, timeout };
        let bus = running.bus.line(Urgency::Probe);
        let discovery = Discovery::start(search, catalogue(), Gates::default(), Some(bus));
        discovery.progress().wait_for(|progress| progress.state == ProgressState::Done).await.unwrap();
        let mut line = running.bus.line(Urgency::Backfill);
        for (unit, name, channels) in [(1, E34, 1), (2, B30, 2)] {
            let patience = Patience { at_least: Duration::ZERO, at_most: Duration::ZERO, every: Duration::ZERO };
            settle(&mut line, Place { unit, base: None, table_version: None, channels }, &profile(name), patience).await;
            read_clock(&mut line, unit, profile(name).identification.clock.unwrap()).await.unwrap();
        }
    };
    tokio::select! {
        () = everything => {}
        () = events => panic!("the bus stopped"),
    }
    assert_eq!(writes(), none);
    assert!(Allowed::by_setting(false, profile(E34).log.as_ref().unwrap()).is_none());
    // Allowed for the device, and not at all for the gateway: the line itself refuses.
    let e34 = profile(E34);
    let log = e34.log.as_ref().unwrap();
    let query = LogQuery { unit: 1, log, channel: 1, wanted: i64::MIN..i64::MAX, max_registers: 125 };
    let gates = gates(false);
    let address = plant.address("b").unwrap();
    let place = Line::Tcp { host: address.ip().to_string(), port: address.port() };
    let mut line = DirectLine::open(place, &gates, Duration::from_secs(20)).await.unwrap();
    let mut read_once = async || {
        let allowed = Allowed::by_setting(true, log).unwrap();
        read_log(&mut line, &query, allowed, &mut |_| ControlFlow::Break(())).await
    };
    assert_eq!(read_once().await, Err(LogError::Ask(AskError::WritingOff)));
    assert_eq!(writes(), none);
    // A line that is open follows the switch.
    gates.allow(Writes::Window, true);
    assert!(read_once().await.is_ok());
    read(&plant, E34, 1, 1).await.0.unwrap();
    let after = writes();
    assert!(after[0].1 > 0 && after[1] == none[1], "{after:?}");
    plant.shutdown().await;
}
