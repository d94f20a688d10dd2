//! What the firewall costs, and what an honest request meets beside an attack.

use crate::gateway::{Gateway, PASSWORD};
use crate::process::{Process, mib};
use crate::report::{Claim, Section, Table, number, percentile};
use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_model::{Clock, Timestamp};
use haubert_plant::attack::{self, Kind, Plan};
use haubert_testkit::{Api, SECURITY_USER};
use reqwest::Client;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Decisions that are timed.
const DECISIONS: u32 = 2_000_000;
/// Sources that they come from.
const SOURCES: u32 = 10_000;
/// Honest requests of one sample, one every fifteen milliseconds: below the limit.
const REQUESTS: usize = 1_000;
/// Limit of requests per second in the flood.
const LIMIT: u32 = 100;

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
    let [connection, datagram] = decisions();
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut gateway = Gateway::start(dir.path(), "").await?;
    let keeper = gateway.client()?;
    keeper.sign_in(SECURITY_USER, PASSWORD).await?;
    let target = gateway.address()?;
    let process = Process(gateway.pid()?);

    limit(&keeper, |limits| limits["requests_per_second"] = json!(LIMIT)).await?;
    let honest = Honest::of(&gateway)?;
    let idle = honest.warm(REQUESTS).await?;
    let flood = tokio::spawn(run(Plan { rate: Some(LIMIT * 10), ..plan(Kind::Requests, target, 1, 16, 16) }));
    let beside = honest.warm(REQUESTS).await?;
    let met = flood.await.map_err(|error| error.to_string())??;
    let events = keeper.get("/events").await?;
    let told = events["items"].as_array().map_or(0, |events| {
        events
            .iter()
            .filter(|event| event["code"] == "source_blocked_requests" && event["params"]["source"] == "127.0.1.1")
            .count()
    });

    limit(&keeper, |limits| {
        limits["requests_per_second"] = json!(20_000);
        limits["total_requests_per_second"] = json!(200_000);
    })
    .await?;
    let base = process.resident()?;
    let mut crowds =
        Table::new(&["10,000 connections", "honest, median, ms", "honest, worst, ms", "memory, MiB more", "kept for at most, s"]);
    let (mut worst, mut most) = (0.0_f64, 0.0_f64);
    for kind in [Kind::HalfOpen, Kind::Idle, Kind::SlowHeader, Kind::SlowBody, Kind::SlowRead] {
        let crowd = tokio::spawn(run(plan(kind, target, 200, 10_000, 30)));
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (times, memory) = (honest.fresh(50).await?, process.resident()? - base);
        let met = crowd.await.map_err(|error| error.to_string())??;
        let slowest = percentile(&times, 1.0);
        (worst, most) = (worst.max(slowest), most.max(memory));
        let figures = [percentile(&times, 0.5), slowest, mib(memory), met.longest_ms as f64 / 1000.0].map(number);
        crowds.row([format!("{kind:?}")].into_iter().chain(figures));
    }
    gateway.stop().await?;
    let (before, during) = (percentile(&idle, 0.99), percentile(&beside, 0.99));
    Ok(Section {
        id: "firewall",
        title: "Firewall",
        about: format!(
            "Attackers come from other loopback addresses and share the two processors with the gateway. The flood asks for {} requests \
             per second where {LIMIT} are allowed. A crowd's honest requests each begin with a TLS handshake of their own.",
            LIMIT * 10
        ),
        claims: vec![
            Claim::at_most(format!("a decision on a connection, {SOURCES} sources"), connection, 1_000.0, "ns"),
            Claim::at_most(format!("a decision on a datagram, {SOURCES} sources"), datagram, 1_000.0, "ns"),
            Claim::at_most(
                "another source's requests during a tenfold flood, 99th percentile over that without",
                during / before.max(1e-9),
                2.0,
                "times",
            ),
            Claim::at_most("events of that flood", told as f64, 1.0, ""),
            Claim::at_most("an honest request beside 10,000 connections, slowest of 250", worst / 1000.0, 1.0, "s"),
            Claim::at_most("memory beside 10,000 connections, above that without", mib(most), 64.0, "MiB"),
        ],
        tables: vec![crowds],
        notes: vec![format!(
            "99th percentile of an honest request: {} ms without, {} ms during the flood, which had {} answers.",
            number(before),
            number(during),
            met.answered()
        )],
    })
}

/// Nanoseconds per decision on a connection and its end, and on a datagram.
fn decisions() -> [f64; 2] {
    let settings =
        Settings { requests_per_second: 100_000, total_requests_per_second: 1_000_000, burst_seconds: 60, ..Settings::default() };
    let guard = Guard::new(settings, Arc::new(Still), |_| ());
    let gate = |name, transport| guard.gate(name, Listener { transport, address: SocketAddr::from(([127, 0, 0, 1], 1)) });
    let peer = |number: u32| SocketAddr::new(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number % SOURCES)), 9);
    let (tcp, udp) = (gate("tcp", Transport::Tcp), gate("udp", Transport::Udp));
    let timed = |decide: &dyn Fn(u32)| {
        (0..SOURCES).for_each(decide);
        let since = Instant::now();
        (0..DECISIONS).for_each(decide);
        since.elapsed().as_nanos() as f64 / f64::from(DECISIONS)
    };
    let datagram = |number| {
        let _passed = udp.datagram(peer(number), 260);
    };
    [timed(&|number| drop(tcp.admit(peer(number)))), timed(&datagram)]
}

fn plan(kind: Kind, target: SocketAddr, sources: u32, connections: u32, seconds: u64) -> Plan {
    Plan { kind, target, from: Ipv4Addr::new(127, 0, 1, 1), sources, connections, seconds, rate: None }
}

async fn run(plan: Plan) -> Result<attack::Report, String> {
    attack::run(&plan).await.map_err(|error| error.to_string())
}

async fn limit(api: &Api, change: impl FnOnce(&mut Value)) -> Result<(), String> {
    let mut settings = api.get("/firewall").await?["settings"].take();
    change(&mut settings["limits"]);
    api.put("/firewall", settings).await.map(|_| ())
}

/// Somebody who asks for what everybody may.
struct Honest {
    url: String,
    ca_file: PathBuf,
}

impl Honest {
    fn of(gateway: &Gateway) -> Result<Self, String> {
        let (url, ca_file) = gateway.place()?;
        Ok(Self { url: format!("{url}/api/v1/setup"), ca_file })
    }

    /// Milliseconds of requests on one connection, sorted.
    async fn warm(&self, count: usize) -> Result<Vec<f64>, String> {
        let client = self.client()?;
        let mut times = Vec::with_capacity(count);
        let mut ticks = tokio::time::interval(Duration::from_millis(15));
        for _ in 0..count {
            ticks.tick().await;
            times.push(self.timed(&client).await?);
        }
        times.sort_by(f64::total_cmp);
        Ok(times)
    }

    /// Milliseconds of requests that each begin a connection, sorted.
    async fn fresh(&self, count: usize) -> Result<Vec<f64>, String> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            times.push(self.timed(&self.client()?).await?);
        }
        times.sort_by(f64::total_cmp);
        Ok(times)
    }

    fn client(&self) -> Result<Client, String> {
        let pem = std::fs::read(&self.ca_file).map_err(|error| error.to_string())?;
        let trusted = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())?;
        Client::builder().tls_certs_only(trusted).timeout(Duration::from_secs(30)).build().map_err(|error| error.to_string())
    }

    async fn timed(&self, client: &Client) -> Result<f64, String> {
        let since = Instant::now();
        let answer = client.get(&self.url).send().await.and_then(reqwest::Response::error_for_status);
        let told = answer.map_err(|error| error.to_string())?.bytes().await.map_err(|error| error.to_string())?;
        if told.is_empty() { Err("an empty answer".to_owned()) } else { Ok(since.elapsed().as_secs_f64() * 1000.0) }
    }
}
