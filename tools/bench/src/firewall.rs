//! What the firewall costs, what a flood meets, and what an honest request meets beside it.

use crate::attacker::{self, Attack};
use crate::gateway::{Gateway, PASSWORD};
use crate::honest::{Honest, Times};
use crate::process::thread_nanoseconds;
use crate::report::{Claim, Section, number, percentile};
use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_model::{Clock, Timestamp};
use haubert_plant::attack::Kind;
use haubert_testkit::{Api, SECURITY_USER};
use reqwest::Client;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Decisions that are timed together.
const DECISIONS: u32 = 400_000;
/// Such series; the median of them counts.
const SERIES: usize = 9;
/// Sources that they come from.
const SOURCES: u32 = 10_000;
/// Rounds of honest requests without and with a flood.
const ROUNDS: u8 = 4;
/// Honest requests of one round, one every fifteen milliseconds: below the limit.
const REQUESTS: usize = 400;
/// Time between two of them.
const EVERY: Duration = Duration::from_millis(15);
/// Limit of requests per second in the flood.
const LIMIT: u32 = 100;
/// Requests at a time of whoever floods to be blocked.
const AT_ONCE: u32 = 20;
/// Kilobits per second allowed where too many bits are sent.
const KILOBITS: u32 = 1_000;

/// Time that stands still: the clock is not what is measured.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

/// Measures all of it.
pub(crate) async fn measure() -> Result<Section, String> {
    let [connection, datagram] = decisions()?;
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut gateway = Gateway::start(dir.path(), "").await?;
    let keeper = gateway.client()?;
    keeper.sign_in(SECURITY_USER, PASSWORD).await?;
    limit(&keeper, |limits| limits["requests_per_second"] = json!(LIMIT)).await?;
    let honest = Honest::of(&gateway)?;

    let block = blocked(&honest.from(Ipv4Addr::new(127, 0, 2, 1))).await?;
    let told = told(&keeper, "source_blocked_requests", "127.0.2.1").await?;
    let (without, during, answers) = beside_flood(&honest, gateway.address()?).await?;
    limit(&keeper, |limits| {
        limits["kilobits_in_per_second"] = json!(KILOBITS);
        limits["burst_seconds"] = json!(1);
    })
    .await?;
    let bits = too_many_bits(&honest.from(Ipv4Addr::new(127, 0, 2, 2))).await?;
    let told_bits = self::told(&keeper, "source_blocked_bits", "127.0.2.2").await?;
    limit(&keeper, |limits| limits["enabled"] = json!(false)).await?;
    let unlimited = attacker::run(flood(gateway.address()?, "127.0.3.1", 5)).await?;
    gateway.stop().await?;

    let ratio = during.at(0.99) / without.at(0.99).max(1e-9);
    let lasts = (59.0..=61.0).contains(&block.lasted);
    let served = format!("{} requests in 5 s, none refused", unlimited.served());
    let unserved = unlimited.count("refused") == 0 && unlimited.served() > u64::from(LIMIT) * 10;
    let slowest = connection.max(datagram);
    haubert_score::record("13.decision", slowest <= 1_000.0, format!("{} ns", number(slowest)));
    haubert_score::record("13.blocked-within", block.after <= 1.0, format!("{} s", number(block.after)));
    haubert_score::record("13.lasts", lasts, format!("{:.2} s", block.lasted));
    haubert_score::record("13.told-once", told == 1, format!("{told} events"));
    haubert_score::record(
        "13.others",
        ratio <= 2.0 && during.failed() == 0,
        format!(
            "{:.2} times ({} ms, {} ms without), {} of {} without answer",
            ratio,
            number(during.at(0.99)),
            number(without.at(0.99)),
            during.failed(),
            during.count()
        ),
    );
    haubert_score::record("13.bits", bits <= 1.0 && told_bits == 1, format!("{} s, {told_bits} event", number(bits)));
    haubert_score::record("13.no-limits", unserved, served.clone());
    Ok(Section {
        id: "firewall",
        title: "Firewall",
        about: format!(
            "Attackers come from other loopback addresses and share the processors with the gateway, at a lower priority. A flood asks \
             for {} requests per second where {LIMIT} are allowed, with a burst of five seconds' worth. Honest requests are made every \
             {} ms on one connection, in {ROUNDS} rounds by turns without and with a flood. Decisions are timed in processor time of their \
             thread.",
            LIMIT * 10,
            EVERY.as_millis()
        ),
        claims: vec![
            Claim::at_most(format!("a decision on a connection, {SOURCES} sources"), connection, 1_000.0, "ns"),
            Claim::at_most(format!("a decision on a datagram, {SOURCES} sources"), datagram, 1_000.0, "ns"),
            Claim::at_most("a flood of requests is blocked after its first request by", block.after, 1.0, "s"),
            Claim::new("and stays blocked, knocking all the while, for", format!("{:.2} s", block.lasted), "60 s ± 1 s", lasts),
            Claim::new("and is told of in the events", format!("{told} times"), "once", told == 1),
            Claim::at_most(format!("a flood of bits ({KILOBITS} kbit/s are allowed) is blocked after"), bits, 1.0, "s"),
            Claim::at_most("another source's requests during a flood, 99th percentile over that without", ratio, 2.0, "times"),
            Claim::at_most("of which without an answer", during.failed() as f64, 0.0, ""),
            Claim::new("negative control: the same flood with the limits off", served, "served", unserved),
        ],
        tables: Vec::new(),
        notes: vec![format!(
            "Honest requests, median and 99th percentile: {} and {} ms without, {} and {} ms during the floods, which had {answers} \
                 answers.",
            number(without.at(0.5)),
            number(without.at(0.99)),
            number(during.at(0.5)),
            number(during.at(0.99)),
        )],
    })
}

/// Nanoseconds of processor time per decision on a connection and its end, and on a datagram.
fn decisions() -> Result<[f64; 2], String> {
    let settings =
        Settings { requests_per_second: 100_000, total_requests_per_second: 1_000_000, burst_seconds: 60, ..Settings::default() };
    let guard = Guard::new(settings, Arc::new(Still), |_| ());
    let gate = |name, transport| guard.gate(name, Listener { transport, address: SocketAddr::from(([127, 0, 0, 1], 1)) });
    let peer = |number: u32| SocketAddr::new(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number % SOURCES)), 9);
    let (tcp, udp) = (gate("tcp", Transport::Tcp), gate("udp", Transport::Udp));
    let timed = |decide: &dyn Fn(u32)| -> Result<f64, String> {
        (0..SOURCES).for_each(decide);
        let mut series = Vec::with_capacity(SERIES);
        for _ in 0..SERIES {
            let before = thread_nanoseconds()?;
            (0..DECISIONS).for_each(decide);
            series.push((thread_nanoseconds()? - before) / f64::from(DECISIONS));
        }
        series.sort_by(f64::total_cmp);
        Ok(percentile(&series, 0.5))
    };
    let datagram = |number| {
        let _passed = udp.datagram(peer(number), 260);
    };
    Ok([timed(&|number| drop(tcp.admit(peer(number))))?, timed(&datagram)?])
}

/// A block as whoever is blocked sees it, seconds.
struct Blocked {
    after: f64,
    lasted: f64,
}

/// Asks for ten times the limit until there are no answers any more, then knocks until there are.
async fn blocked(flooder: &Honest) -> Result<Blocked, String> {
    let client = flooder.client()?;
    flooder.timed(&client).await?;
    let (begun, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..AT_ONCE {
        let (flooder, client) = (flooder.clone(), client.clone());
        tasks.spawn(async move { until_refused(&flooder, &client, begun).await });
    }
    let ended =
        tasks.join_next().await.ok_or("nobody floods")?.map_err(|error| error.to_string())?.ok_or("the flood goes on and on")?;
    tasks.shutdown().await;
    let mut knocks = tokio::time::interval(Duration::from_millis(100));
    while ended.elapsed() < Duration::from_secs(90) {
        knocks.tick().await;
        if flooder.timed(&flooder.client()?).await.is_ok() {
            return Ok(Blocked { after: (ended - begun).as_secs_f64(), lasted: ended.elapsed().as_secs_f64() });
        }
    }
    Err("still blocked after a minute and a half".to_owned())
}

/// One of those who flood together; when its first request had no answer.
async fn until_refused(flooder: &Honest, client: &Client, begun: Instant) -> Option<Instant> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) * AT_ONCE / (LIMIT * 10));
    while begun.elapsed() < Duration::from_secs(20) {
        ticks.tick().await;
        if flooder.timed(client).await.is_err() {
            return Some(Instant::now());
        }
    }
    None
}

/// Seconds until a source that sends far too much is blocked: what it sends breaks off, and it gets no answer any more.
async fn too_many_bits(flooder: &Honest) -> Result<f64, String> {
    let client = flooder.client()?;
    flooder.timed(&client).await?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        let broken = flooder.send(&client, 200_000).await.is_err();
        if broken && flooder.timed(&flooder.client()?).await.is_err() {
            return Ok(begun.elapsed().as_secs_f64());
        }
    }
    Err("bits are never too many".to_owned())
}

fn flood(target: SocketAddr, from: &'static str, seconds: u64) -> Attack {
    Attack { kind: Kind::Requests, target, from, sources: 1, connections: 16, seconds, rate: Some(LIMIT * 10) }
}

/// Honest requests without and with floods, by turns; and the answers that the floods had.
async fn beside_flood(honest: &Honest, target: SocketAddr) -> Result<(Times, Times, u64), String> {
    let (mut without, mut during, mut answers) = (Times::default(), Times::default(), 0);
    let seconds = (REQUESTS as u64 * EVERY.as_millis() as u64).div_ceil(1_000) + 1;
    // Whoever floods once is blocked for longer than a round.
    for from in ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"].into_iter().take(usize::from(ROUNDS)) {
        without = without.and(honest.warm(REQUESTS, EVERY).await?);
        let flooding = tokio::spawn(attacker::run(flood(target, from, seconds)));
        during = during.and(honest.warm(REQUESTS, EVERY).await?);
        answers += flooding.await.map_err(|error| error.to_string())??.served();
    }
    Ok((without, during, answers))
}

async fn told(keeper: &Api, code: &str, source: &str) -> Result<usize, String> {
    let events = keeper.get("/events").await?;
    let is_it = |event: &&Value| event["code"] == code && event["params"]["source"] == source;
    Ok(events["items"].as_array().map_or(0, |events| events.iter().filter(is_it).count()))
}

/// Puts limits in force: `change` gets `settings.limits`.
pub(crate) async fn limit(api: &Api, change: impl FnOnce(&mut Value)) -> Result<(), String> {
    let mut settings = api.get("/firewall").await?["settings"].take();
    change(&mut settings["limits"]);
    api.put("/firewall", settings).await.map(|_| ())
}
