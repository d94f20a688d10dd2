//! What serving Modbus TCP costs, beside a server on libmodbus that gives the same registers.

use crate::gateway::{Gateway, PASSWORD};
use crate::plant::{Layout, Plant};
use crate::process::Process;
use crate::report::{Claim, Section, Table, number, percentile};
use haubert_testkit::{LibmodbusServer, SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Masters at once, each with one request under way, as SCADAs are.
const MASTERS: usize = 4;
/// Registers of each request.
const REGISTERS: u16 = 100;
/// Turns that each server gets, one after the other.
const TURNS: usize = 3;
/// Length of a turn.
const TURN: Duration = Duration::from_secs(8);
/// How many times the requests of libmodbus for the same processor time.
const BAR: f64 = 1.5;

/// What a turn gave.
#[derive(Default)]
struct Turn {
    requests: usize,
    cpu_s: f64,
    times_ms: Vec<f64>,
}

/// Measures both.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let layout = Layout { buses: 1, devices: 1, loads: 1, floats: 50 };
    let plant = Plant::start(dir.path(), &layout, 1_000).await?;
    let config = format!(
        "profiles_dir = {:?}\nmodbus_listen = \"127.0.0.1:0\"\nsnmp_listen = \"127.0.0.1:0\"\n",
        dir.path().join("profiles")
    );
    let mut gateway = Gateway::start(dir.path(), &config).await?;
    gateway.add(&plant, &layout, 1_000).await?;
    let port = serving(&gateway).await?;
    let rival = LibmodbusServer::start(&[(0, 1)]).await.map_err(|error| error.to_string())?;
    let rival_pid = rival.pid().ok_or("the rival has ended")?;
    let (mut ours, mut theirs) = (Turn::default(), Turn::default());
    for _ in 0..TURNS {
        turn(&mut ours, port, gateway.pid()?).await?;
        turn(&mut theirs, rival.port, rival_pid).await?;
    }
    gateway.stop().await?;
    let rate = |turn: &Turn| turn.requests as f64 / turn.cpu_s.max(1e-9);
    let ratio = rate(&ours) / rate(&theirs);
    let mut table = Table::new(&["server", "requests per CPU second", "requests per second", "median, ms", "99 %, ms"]);
    for (name, turn) in [("haubert-gateway, firewall on", &mut ours), ("libmodbus, select loop", &mut theirs)] {
        turn.times_ms.sort_by(f64::total_cmp);
        let seconds = TURN.as_secs_f64() * TURNS as f64;
        let figures =
            [rate(turn), turn.requests as f64 / seconds, percentile(&turn.times_ms, 0.5), percentile(&turn.times_ms, 0.99)];
        table.row(std::iter::once(name.to_owned()).chain(figures.map(number)));
    }
    Ok(Section {
        id: "serving",
        title: "Serving Modbus TCP",
        about: format!(
            "{MASTERS} masters, each with one request of {REGISTERS} registers under way, {TURNS} turns of {} s each, the two servers one \
             after the other. The gateway's processor time is that of the whole program: it reads the device each second, keeps its \
             history and judges every request by its firewall meanwhile. Over loopback; the masters take the other processor.",
            TURN.as_secs()
        ),
        claims: vec![Claim::at_least("requests per CPU second against libmodbus", ratio, BAR, "×")],
        tables: vec![table],
        notes: Vec::new(),
    })
}

/// Switches the server on, and lifts the firewall's limits without switching it off; gives the port.
async fn serving(gateway: &Gateway) -> Result<u16, String> {
    let security = gateway.client()?;
    security.sign_in(SECURITY_USER, PASSWORD).await?;
    policy::switch(&security, "modbus_server", true).await?;
    let mut settings = security.get("/firewall").await?["settings"].take();
    for (limit, most) in [
        ("requests_per_second", 100_000),
        ("total_requests_per_second", 1_000_000),
        ("kilobits_in_per_second", 10_000_000),
        ("kilobits_out_per_second", 10_000_000),
        ("burst_seconds", 60),
    ] {
        settings["limits"][limit] = most.into();
    }
    security.put("/firewall", settings).await?;
    gateway.api.put("/outlets/modbus", json!({"enabled": true, "route": false, "units": []})).await?;
    let open = || async {
        let server: Value = gateway.api.get("/outlets/modbus").await.ok()?;
        let port: u16 = server["address"].as_str()?.rsplit(':').next()?.parse().ok()?;
        // The device must have been read, too.
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        ask(&mut stream).await.ok().map(|()| port)
    };
    until("the registers are served", Duration::from_secs(60), open).await.map_err(|error| error.to_string())
}

async fn turn(sum: &mut Turn, port: u16, pid: u32) -> Result<(), String> {
    let mut streams = Vec::new();
    for _ in 0..MASTERS {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        streams.push(stream);
    }
    let before = Process(pid).used()?;
    let end = Instant::now() + TURN;
    let masters: Vec<_> = streams.into_iter().map(|stream| tokio::spawn(master(stream, end))).collect();
    for master in masters {
        let times = master.await.map_err(|error| error.to_string())??;
        sum.requests += times.len();
        sum.times_ms.extend(times);
    }
    sum.cpu_s += Process(pid).used()?.since(&before).0;
    Ok(())
}

async fn master(mut stream: TcpStream, end: Instant) -> Result<Vec<f64>, String> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        ask(&mut stream).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(times)
}

/// One request of the first registers of unit 1, answered whole.
async fn ask(stream: &mut TcpStream) -> Result<(), String> {
    let [high, low] = REGISTERS.to_be_bytes();
    let mut answer = [0; 9 + 2 * REGISTERS as usize];
    let exchange = async {
        stream.write_all(&[0, 1, 0, 0, 0, 6, 1, 3, 0, 0, high, low]).await?;
        stream.read_exact(&mut answer).await
    };
    tokio::time::timeout(Duration::from_secs(5), exchange).await.map_err(|_| "no answer")?.map_err(|error| error.to_string())?;
    if answer[7] == 3 { Ok(()) } else { Err(format!("answered {:?}", &answer[7..9])) }
}
