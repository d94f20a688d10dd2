//! What honest requests and the polling of devices meet while thousands of connections do their worst.

mod open;
mod polls;

use crate::attacker::{self, Attack, Met};
use crate::firewall::limit;
use crate::gateway::{Gateway, PASSWORD};
use crate::honest::{Honest, Times};
use crate::plant::{Layout, Plant};
use crate::report::{Claim, Section, Table, number};
use haubert_plant::attack::Kind;
use haubert_testkit::SECURITY_USER;
use polls::Polls;
use serde_json::json;
use std::net::SocketAddr;

/// Devices that are polled each second meanwhile.
const LAYOUT: Layout = Layout { buses: 2, devices: 8, loads: 1, floats: 25 };
/// Addresses that a crowd comes from.
const SOURCES: u32 = 200;
/// Sizes of crowds.
const SIZES: [u32; 2] = [1_000, 10_000];
/// Slow connections with the limits off.
const UNGUARDED: u32 = 200;
/// Seconds that an attack lasts; it ends before when the gateway has ended all of it.
const SECONDS: u64 = 60;
/// Seconds that it lasts with the limits off.
const LONG_ENOUGH: u64 = 20;

fn crowd(kind: Kind, target: SocketAddr, connections: u32, seconds: u64) -> Attack {
    Attack { kind, target, from: "127.0.4.1", sources: SOURCES, connections, seconds, rate: None }
}

/// The worst of all crowds of slow connections.
#[derive(Default)]
struct Slow {
    times: Times,
    longest: f64,
    left_open: u64,
    jitter: f64,
}

/// Measures all of it.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &LAYOUT, 1_000).await?;
    let config = format!("profiles_dir = {:?}\n", dir.path().join("profiles"));
    let mut gateway = Gateway::start(dir.path(), &config).await?;
    gateway.add(&plant, &LAYOUT, 1_000).await?;
    let (honest, target) = (Honest::of(&gateway)?, gateway.address()?);
    let without = honest.fresh(100).await?;
    let mut table = Table::new(&[
        "attack",
        "honest: median, ms",
        "99th percentile, ms",
        "worst, ms",
        "without answer",
        "attackers let in",
        "kept for at most, s",
        "polling late by at most, s",
    ]);
    let mut slow = Slow::default();
    for kind in [Kind::SlowHeader, Kind::SlowBody, Kind::SlowRead] {
        for size in SIZES {
            let polls = Polls::watch(&plant);
            let attack = tokio::spawn(attacker::run(crowd(kind, target, size, SECONDS)));
            let times = honest.beside(&attack).await?;
            let met = attack.await.map_err(|error| error.to_string())??;
            let jitter = polls.late_by().await?;
            table.row(row(&format!("{size} × {kind:?}"), &times, &met, jitter));
            slow.longest = slow.longest.max(met.longest());
            slow.left_open += met.count("open_at_the_end");
            slow.jitter = slow.jitter.max(jitter);
            slow.times = slow.times.and(times);
        }
    }
    let keeper = gateway.client()?;
    keeper.sign_in(SECURITY_USER, PASSWORD).await?;
    limit(&keeper, |limits| limits["enabled"] = json!(false)).await?;
    let unguarded = attacker::run(crowd(Kind::SlowHeader, target, UNGUARDED, LONG_ENOUGH)).await?;
    gateway.stop().await?;
    drop(plant);

    let open = open::measure().await?;
    let (p99, patient) = (slow.times.at(0.99), unguarded.count("open_at_the_end"));
    let all_ended = slow.left_open == 0 && slow.longest <= 15.0;
    let kept = format!("{patient} of {UNGUARDED} still open after {LONG_ENOUGH} s");
    haubert_score::record("11.closed", all_ended, format!("at most {} s, {} left open", number(slow.longest), slow.left_open));
    haubert_score::record(
        "11.honest",
        p99 < 250.0 && slow.times.failed() == 0,
        format!("{} ms, {} of {} without answer", number(p99), slow.times.failed(), slow.times.count()),
    );
    haubert_score::record("11.polling", slow.jitter < 1.0, format!("at most {} s late", number(slow.jitter)));
    haubert_score::record("11.no-limits", patient == u64::from(UNGUARDED), kept.clone());
    let mut claims = vec![
        Claim::new(
            "slow headers, bodies and readers are all ended within",
            format!("{} s, {} left open", number(slow.longest), slow.left_open),
            "≤ 15 s, none left open",
            all_ended,
        ),
        Claim::at_most("an honest request beside them, 99th percentile", p99, 250.0, "ms"),
        Claim::at_most("of which without an answer", slow.times.failed() as f64, 0.0, ""),
        Claim::at_most("devices polled each second are late by", slow.jitter, 1.0, "s"),
        Claim::new("negative control: slow headers with the limits off", kept, "stay open", patient == u64::from(UNGUARDED)),
    ];
    let mut notes = vec![
        format!(
            "An honest request beside nobody: median {} ms, 99th percentile {} ms, worst {} ms.",
            number(without.at(0.5)),
            number(without.at(0.99)),
            number(without.at(1.0))
        ),
        format!("The first honest request without an answer: {}.", slow.times.said()),
    ];
    open.tell(&mut claims, &mut notes);
    Ok(Section {
        id: "attacks",
        title: "Crowds of bad connections",
        about: format!(
            "The limits are those that the gateway ships with. Attackers come from {SOURCES} loopback addresses, all at once, and share \
             the processors with the gateway, at a lower priority; what they try and is refused they do not try again. Each honest \
             request begins a connection and its TLS handshake; they are made one after the other from before the attack's first \
             connection to after its last. Slow readers ask for the page's program over a window of 2 KiB and read nothing.",
        ),
        claims,
        tables: vec![table],
        notes,
    })
}

fn row(name: &str, times: &Times, met: &Met, jitter: f64) -> Vec<String> {
    let figures =
        [times.at(0.5), times.at(0.99), times.at(1.0), times.failed() as f64, met.count("opened") as f64, met.longest(), jitter];
    [name.to_owned()].into_iter().chain(figures.map(number)).collect()
}
