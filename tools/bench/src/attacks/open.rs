//! Ten thousand half-open and ten thousand idle connections at once, and first packets of connections that nobody goes on with,
//! in a network of their own.

use crate::attacker::{self, Attack};
use crate::firewall::limit;
use crate::gateway::{Gateway, PASSWORD};
use crate::honest::{Honest, Times};
use crate::process::{Process, mib, settle};
use crate::report::{Claim, number};
use haubert_plant::attack::Kind;
use haubert_testkit::{SECURITY_USER, in_own_network};
use serde_json::json;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Connections of each kind.
const MANY: u32 = 10_000;
/// Addresses that they come from.
const SOURCES: u32 = 200;
/// First packets per second, from senders that do not exist.
const PACKETS: u32 = 10_000;
/// Seconds that they come for.
const SECONDS: u64 = 10;
/// Seconds that connections are held for, if the gateway lets them.
const HELD: u64 = 20;
/// Connections with the limits off.
const UNGUARDED: u32 = 2_000;
/// Longest wait for everything to be as it was.
const RECOVERY: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug, Clone)]
pub(super) struct Open {
    during: Times,
    after: Times,
    memory: f64,
    descriptors: (usize, usize, usize),
    half_open: usize,
    unguarded: usize,
}

/// Measures it on a thread whose network has nothing but a loopback.
pub(super) async fn measure() -> Result<Open, String> {
    let (tell, told) = mpsc::channel();
    let inside = move || async move {
        let _heard = tell.send(alone().await);
    };
    tokio::task::spawn_blocking(|| in_own_network(inside))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    told.recv().map_err(|error| error.to_string())?
}

/// What is seen of the gateway while it is attacked.
#[derive(Debug, Clone, Copy, Default)]
struct Most {
    memory: f64,
    descriptors: usize,
    half_open: usize,
}

async fn alone() -> Result<Open, String> {
    // Answers to senders that do not exist must have somewhere to go.
    let routed = Command::new("ip").args(["route", "add", "10.99.0.0/16", "dev", "lo"]).status();
    if !routed.map_err(|error| format!("ip: {error}"))?.success() {
        return Err("no route for senders that do not exist".to_owned());
    }
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut gateway = Gateway::start(dir.path(), "").await?;
    let (honest, target, process) = (Honest::of(&gateway)?, gateway.address()?, Process(gateway.pid()?));
    let keeper = gateway.client()?;
    keeper.sign_in(SECURITY_USER, PASSWORD).await?;
    honest.fresh(20).await?;
    settle(Duration::from_secs(5)).await;
    let (base, descriptors) = (process.resident()?, process.descriptors()?);

    let attacks = [
        Attack {
            kind: Kind::Syn,
            target,
            from: "10.99.0.1",
            sources: 60_000,
            connections: 1,
            seconds: SECONDS,
            rate: Some(PACKETS),
        },
        held(Kind::HalfOpen, target, MANY, "127.0.5.1"),
        held(Kind::Idle, target, MANY, "127.0.6.1"),
    ];
    let watch = tokio::spawn(watch(process, attacks.map(|attack| tokio::spawn(attacker::run(attack)))));
    let during = honest.beside(&watch).await?;
    let most = watch.await.map_err(|error| error.to_string())??;
    let since = Instant::now();
    let mut left = process.descriptors()?;
    while left > descriptors && since.elapsed() < RECOVERY {
        settle(Duration::from_millis(200)).await;
        left = process.descriptors()?;
    }
    let after = honest.fresh(50).await?;

    limit(&keeper, |limits| limits["enabled"] = json!(false)).await?;
    let unguarded = held(Kind::HalfOpen, target, UNGUARDED, "127.0.7.1");
    let seen = watch_one(process, unguarded).await?;
    gateway.stop().await?;
    Ok(Open {
        during,
        after,
        memory: most.memory - base,
        descriptors: (descriptors, most.descriptors, left),
        half_open: most.half_open,
        unguarded: seen.descriptors.saturating_sub(left),
    })
}

fn held(kind: Kind, target: SocketAddr, connections: u32, from: &'static str) -> Attack {
    Attack { kind, target, from, sources: SOURCES, connections, seconds: HELD, rate: None }
}

async fn watch_one(process: Process, attack: Attack) -> Result<Most, String> {
    watch(process, [tokio::spawn(attacker::run(attack))]).await
}

/// Looks until the attacks are over.
async fn watch<const N: usize>(
    process: Process,
    attacks: [JoinHandle<Result<attacker::Met, String>>; N],
) -> Result<Most, String> {
    let mut most = Most::default();
    while attacks.iter().any(|attack| !attack.is_finished()) {
        most.memory = most.memory.max(process.resident()?);
        most.descriptors = most.descriptors.max(process.descriptors()?);
        most.half_open = most.half_open.max(half_open()?);
        settle(Duration::from_millis(200)).await;
    }
    for attack in attacks {
        attack.await.map_err(|error| error.to_string())??;
    }
    Ok(most)
}

/// Connections of this network whose first packet was answered, and no more.
fn half_open() -> Result<usize, String> {
    // This thread's own network: `/proc/net` is that of the process.
    let table = std::fs::read_to_string("/proc/thread-self/net/tcp").map_err(|error| error.to_string())?;
    Ok(table.lines().filter(|line| line.split_ascii_whitespace().nth(3) == Some("03")).count())
}

impl Open {
    /// Records it, and writes it into the section.
    pub(super) fn tell(&self, claims: &mut Vec<Claim>, notes: &mut Vec<String>) {
        let Self { during, after, memory, descriptors: (before, most, left), half_open, unguarded } = self;
        let slowest = during.at(1.0).max(after.at(1.0)) / 1000.0;
        let (failed, requests) = (during.failed() + after.failed(), during.count() + after.count());
        let grown = mib(*memory);
        haubert_score::record(
            "12.honest",
            slowest < 1.0 && failed == 0,
            format!("at most {} s, {failed} of {requests} without answer", number(slowest)),
        );
        haubert_score::record("12.memory", grown < 64.0, format!("{} MiB more", number(grown)));
        haubert_score::record("12.descriptors", left <= before, format!("{before} before, at most {most}, {left} after"));
        let noticed = *unguarded >= UNGUARDED as usize;
        haubert_score::record("12.no-limits", noticed, format!("{unguarded} more for {UNGUARDED} connections"));
        claims.extend([
            Claim::at_most(
                format!("{MANY} half-open and {MANY} idle connections and {PACKETS} forged first packets a second: an honest request, worst"),
                slowest,
                1.0,
                "s",
            ),
            Claim::at_most("of which without an answer", failed as f64, 0.0, ""),
            Claim::at_most("memory meanwhile, above that before", grown, 64.0, "MiB"),
            Claim::new(
                "open files afterwards",
                format!("{left} ({before} before, at most {most} meanwhile)"),
                "as before",
                left <= before,
            ),
            Claim::new(
                format!("negative control: open files for {UNGUARDED} half-open connections with the limits off"),
                format!("{unguarded} more"),
                "one each",
                noticed,
            ),
        ]);
        notes.push(format!(
            "Honest requests beside those connections and packets: median {} ms, 99th percentile {} ms; afterwards {} and {} ms. The \
             system held at most {half_open} half-open connections for the forged packets; beyond its backlog it answers with cookies.",
            number(during.at(0.5)),
            number(during.at(0.99)),
            number(after.at(0.5)),
            number(after.at(0.99))
        ));
        if failed > 0 {
            notes.push(format!("The first of them without an answer: {}.", during.clone().and(after.clone()).said()));
        }
    }
}
