//! What a thousand devices cost that a supervision reads by SNMP, and whether the buses feel it.

use crate::gateway::{Gateway, PASSWORD};
use crate::plant::{Layout, Plant};
use crate::process::{Process, mib, settle};
use crate::report::{Claim, Section, Table, number};
use haubert_testkit::snmp::{Manager, USER};
use haubert_testkit::{SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// 1,000 devices of 50 values each, behind ten addresses.
const LAYOUT: Layout = Layout { buses: 10, devices: 100, loads: 1, floats: 50 };
/// Each is read once a second.
const POLL_MS: u32 = 1_000;
/// `haubertMeasureText`: a value of each row.
const VALUES: &str = "1.3.6.1.4.1.32473.1.1.3.1.6";
/// Time for all devices to have been read, and for a window.
const WINDOW: Duration = Duration::from_secs(15);
/// What the rows may take.
const MOST_MIB: f64 = 32.0;

/// Turns of the buses, and those begun a whole period late.
async fn polls(gateway: &Gateway) -> Result<(f64, f64), String> {
    let health = gateway.api.get("/diagnostics").await?;
    let total = |key: &str| -> f64 {
        health["buses"].as_array().into_iter().flatten().filter_map(|bus| bus["totals"][key].as_f64()).sum()
    };
    Ok((total("polls"), total("late_polls")))
}

/// Measures it.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &LAYOUT, POLL_MS).await?;
    let config = format!("profiles_dir = {:?}\nsnmp_listen = \"127.0.0.1:0\"\n", dir.path().join("profiles"));
    let mut gateway = Gateway::start(dir.path(), &config).await?;
    gateway.add(&plant, &LAYOUT, POLL_MS).await?;
    settle(WINDOW).await;
    let process = Process(gateway.pid()?);
    let without = process.resident()?;
    let began = (process.used()?, polls(&gateway).await?);
    settle(WINDOW).await;
    let alone = (process.used()?.since(&began.0).0, polls(&gateway).await?);
    let port = serving(&gateway).await?;
    settle(Duration::from_secs(2)).await;
    let with = process.resident()?;
    let manager = Manager::new(port).map_err(|error| error.to_string())?;
    let (begun, clock) = ((process.used()?, polls(&gateway).await?), Instant::now());
    let (mut values, mut walks) = (0usize, 0usize);
    while clock.elapsed() < WINDOW {
        let walked = manager.run("snmpbulkwalk", &USER, "authPriv", &["-Cr40", "-Oqn", VALUES]).await?;
        values += walked.lines().count();
        walks += 1;
    }
    let (seconds, used) = (clock.elapsed().as_secs_f64(), process.used()?.since(&begun.0).0);
    let after = polls(&gateway).await?;
    gateway.stop().await?;
    // What polling alone takes is not what answering takes.
    let answering = (used - alone.0 / WINDOW.as_secs_f64() * seconds).max(0.0);
    let late = (alone.1.1 - began.1.1, after.1 - begun.1.1);
    let mut table = Table::new(&["", "alone", "while a supervision walks"]);
    let row = |what: &str, figures: [f64; 2]| std::iter::once(what.to_owned()).chain(figures.map(number)).collect::<Vec<_>>();
    for (what, figures) in [
        ("resident memory, MiB", [mib(without), mib(with)]),
        ("CPU of the program, % of one core", [alone.0 / WINDOW.as_secs_f64() * 100.0, used / seconds * 100.0]),
        ("turns of the buses per second", [(alone.1.0 - began.1.0) / WINDOW.as_secs_f64(), (after.0 - begun.1.0) / seconds]),
        ("turns a whole period late", [late.0, late.1]),
        ("values read by SNMP per second", [0.0, values as f64 / seconds]),
    ] {
        table.row(row(what, figures));
    }
    Ok(Section {
        id: "snmp",
        title: "Answering by SNMP",
        about: format!(
            "{} devices of {} values, each read once a second; net-snmp's `snmpbulkwalk -Cr40` walks the newest values by SNMPv3 \
             (SHA-256, AES-128), one walk after the other for {} s, on the same machine. The firewall is on, its limits lifted.",
            LAYOUT.buses * LAYOUT.devices,
            LAYOUT.values_per_device(),
            WINDOW.as_secs()
        ),
        claims: vec![
            Claim::at_most("memory that 1,000 devices take when SNMP is switched on", mib(with - without), MOST_MIB, "MiB"),
            Claim::at_most("turns of the buses a whole period late for it", (late.1 - late.0).max(0.0), 0.0, ""),
            Claim::at_least("a walk meets every value", values as f64 / walks.max(1) as f64, LAYOUT.values() as f64, "values"),
        ],
        tables: vec![table],
        notes: vec![format!(
            "Answering takes {} ms of processor time for 1,000 values.",
            number(answering * 1e6 / values.max(1) as f64)
        )],
    })
}

/// Switches the agent on, and lifts the firewall's limits without switching it off; gives the port.
async fn serving(gateway: &Gateway) -> Result<u16, String> {
    let security = gateway.client()?;
    security.sign_in(SECURITY_USER, PASSWORD).await?;
    policy::switch(&security, "snmp", true).await?;
    let mut settings = security.get("/firewall").await?["settings"].take();
    for (limit, most) in [("requests_per_second", 100_000), ("total_requests_per_second", 1_000_000), ("burst_seconds", 60)] {
        settings["limits"][limit] = most.into();
    }
    security.put("/firewall", settings).await?;
    let user = json!({"name": USER.name, "authentication": "sha256", "privacy": "aes128"});
    let passwords = json!({"user": USER.name, "authentication": USER.authentication_password, "privacy": USER.privacy_password});
    let settings = json!({
        "enabled": true, "contact": "", "location": "", "users": [user], "v2c": false, "receivers": [], "tell_alarms": true,
        "tell_failures": true,
    });
    gateway.api.put("/outlets/snmp", json!({"settings": settings, "passwords": {"users": [passwords]}})).await?;
    let open = || async {
        let agent: Value = gateway.api.get("/outlets/snmp").await.ok()?;
        let port = agent["address"].as_str()?.rsplit(':').next()?.parse().ok();
        port.filter(|_| agent["state"] == "open")
    };
    until("the agent answers", Duration::from_secs(60), open).await.map_err(|error| error.to_string())
}
