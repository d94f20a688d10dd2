//! Modbus RTU: how much of a line's time carries useful answers, and what a dead meter takes of it.
//!
//! Utilisation is the time that the useful registers need on the wire at the very least (request, answer and two silences of
//! 3.5 characters each, no thinking), over the elapsed time; it is computed from what the simulator sent, at the pace of a real line.

use crate::gateway::Gateway;
use crate::plant::{Asked, Layout, Plant};
use crate::process::{Process, settle};
use crate::report::{Claim, Section, Table, number};
use haubert_testkit::until;
use std::time::Duration;
use tokio::time::Instant;

/// Speeds of the lines, bits per second.
const BAUDS: [u32; 3] = [9_600, 38_400, 115_200];
/// 32 meters with 60 floats: 120 registers, one request.
const METERS: usize = 32;
const LAYOUT: Layout = Layout { buses: BAUDS.len(), devices: METERS, loads: 2, floats: 30 };
const REGISTERS: u64 = 120;
/// Bits of a character: start, eight, parity, stop.
const BITS: f64 = 11.0;
/// Shorter than any cycle: the line is never idle by choice.
const POLL_MS: u32 = 100;
const TIMEOUT_S: f64 = 1.0;
/// Looks at whether identification is over.
const IDENTIFYING: u32 = 24;
/// Length of a window: four cycles of the slowest line.
const WINDOW: Duration = Duration::from_secs(40);

/// Requests and registers of some devices.
fn sum(devices: &[(u64, u64)]) -> (u64, u64) {
    devices.iter().fold((0, 0), |sum, device| (sum.0 + device.0, sum.1 + device.1))
}

/// Seconds that so many requests and registers take on the wire, with devices that think no time.
fn wire_s(baud: u32, requests: u64, registers: u64) -> f64 {
    let character = BITS / f64::from(baud);
    let silence = if baud <= 19_200 { 3.5 * character } else { 0.001_75 };
    requests as f64 * (13.0 * character + 2.0 * silence) + registers as f64 * 2.0 * character
}

/// The part of a plant's counts that belongs to bus `at`.
fn of_bus(asked: &Asked, at: usize) -> &[(u64, u64)] {
    asked.by_device.get(at * METERS..(at + 1) * METERS).unwrap_or_default()
}

/// Measures all lines at once, each on its own pseudo-terminal.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let lines = BAUDS.map(|baud| format!("kind = \"serial\"\nbaud = {baud}"));
    let plant = Plant::start_with(dir.path(), &LAYOUT, &lines.each_ref().map(String::as_str), 1_000).await?;
    let mut gateway = Gateway::start(dir.path(), &format!("profiles_dir = {:?}\n", dir.path().join("profiles"))).await?;
    gateway.add(&plant, &LAYOUT, POLL_MS).await?;
    // The slowest line needs ten seconds for its first round.
    until("every meter has been read", Duration::from_secs(60), || async {
        plant
            .asked()
            .await
            .ok()
            .filter(|asked| asked.by_device.iter().all(|(_, registers)| *registers >= 2 * REGISTERS))
            .map(|_| ())
    })
    .await?;
    identified(&plant).await?;
    let process = Process(gateway.pid()?);
    let used = process.used()?;
    let healthy = window(&plant, &gateway).await?;
    let (cpu_s, seconds) = process.used()?.since(&used);
    for bus in plant.buses() {
        plant.tell(&format!("fault {}/{} silent", bus["name"].as_str().unwrap_or_default(), METERS)).await?;
    }
    settle(Duration::from_secs(5)).await;
    let wounded = window(&plant, &gateway).await?;
    plant.tell("clear").await?;
    let cleared = Instant::now();
    let before = plant.asked().await?;
    let returned = until("the dead meters are read again", Duration::from_secs(600), || async {
        let asked = plant.asked().await.ok()?.since(&before);
        (0..BAUDS.len())
            .all(|at| of_bus(&asked, at).last().is_some_and(|(_, registers)| *registers > 0))
            .then(|| cleared.elapsed())
    })
    .await?;
    gateway.stop().await?;
    Ok(section(&healthy, &wounded, returned, 100.0 * cpu_s / seconds))
}

/// Waits until no meter is asked any more who it is, which each is when it first answers: what it refuses of that takes the line
/// and is of no use.
async fn identified(plant: &Plant) -> Result<(), String> {
    let mut refused = plant.asked().await?.exceptions;
    for _ in 0..IDENTIFYING {
        settle(Duration::from_secs(5)).await;
        let now = plant.asked().await?.exceptions;
        if now == refused {
            return Ok(());
        }
        refused = now;
    }
    Err("the meters are asked without end who they are".to_owned())
}

/// What went over the lines in a window.
struct Traffic {
    seconds: f64,
    asked: Asked,
    /// As the gateway reckons it, for each line: useful time, microseconds.
    reckoned_us: Vec<Option<f64>>,
}

async fn window(plant: &Plant, gateway: &Gateway) -> Result<Traffic, String> {
    let (before, reckoned_before) = (plant.asked().await?, reckoned(gateway).await?);
    let begun = Instant::now();
    settle(WINDOW).await;
    let seconds = begun.elapsed().as_secs_f64();
    let (asked, after) = (plant.asked().await?.since(&before), reckoned(gateway).await?);
    let reckoned_us = after.iter().zip(reckoned_before).map(|(after, before)| Some((*after)? - before?)).collect();
    Ok(Traffic { seconds, asked, reckoned_us })
}

async fn reckoned(gateway: &Gateway) -> Result<Vec<Option<f64>>, String> {
    let health = gateway.api.get("/diagnostics").await?;
    let buses = health["buses"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(buses.iter().map(|bus| bus["totals"]["useful_wire_us"].as_f64()).collect())
}

fn section(healthy: &Traffic, wounded: &Traffic, returned: Duration, core_percent: f64) -> Section {
    let mut section = Section {
        id: "polling-rtu",
        title: "Polling, Modbus RTU",
        about: format!(
            "{METERS} meters of 60 floats (120 registers, one request each) on each of three pseudo-terminals at the pace of a real \
             line (8E1), polled without pause, all three lines at once. Utilisation: the least wire time of the registers that the \
             simulator sent, over elapsed time."
        ),
        ..Section::default()
    };
    let mut table = Table::new(&[
        "line",
        "registers/s",
        "ceiling, registers/s",
        "utilisation",
        "as the gateway reckons it",
        "with a dead meter: requests to it",
        "others: utilisation + its time-outs",
    ]);
    for (at, baud) in BAUDS.into_iter().enumerate() {
        let (requests, registers) = sum(of_bus(&healthy.asked, at));
        let utilisation = wire_s(baud, requests, registers) / healthy.seconds;
        let (others, dead) = of_bus(&wounded.asked, at).split_at(METERS - 1);
        let ((requests, useful), (dead, _)) = (sum(others), sum(dead));
        let useful = wire_s(baud, requests, useful);
        let with_slots = (useful + dead as f64 * TIMEOUT_S) / wounded.seconds;
        let own = healthy.reckoned_us.get(at).copied().flatten().map_or(f64::NAN, |us| us / 1e6 / healthy.seconds);
        section.claims.push(Claim::at_least(format!("{baud} baud: utilisation with {METERS} meters"), utilisation, 0.95, ""));
        section.claims.push(Claim::at_least(
            format!("{baud} baud: one dead meter costs its time-outs and nothing else (others' utilisation + its time-outs)"),
            with_slots.min(1.0),
            0.95,
            "",
        ));
        table.row([
            format!("{baud} baud"),
            number(registers as f64 / healthy.seconds),
            number(f64::from(baud) / (2.0 * BITS)),
            number(utilisation),
            number(own),
            format!("{dead} in {} s", number(wounded.seconds)),
            number(with_slots),
        ]);
    }
    section.tables.push(table);
    section.notes.push(format!(
        "After the dead meters came back, all three were read again within {} s (back-off). The gateway took {} % of a core.",
        number(returned.as_secs_f64()),
        number(core_percent)
    ));
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_time_is_that_of_the_specification() {
        let ms = |baud, registers| (wire_s(baud, 1, registers) * 10_000.0).round() / 10.0;
        assert_eq!([ms(9_600, 125), ms(38_400, 125), ms(115_200, 125)], [309.4, 78.8, 28.6]);
    }

    #[test]
    fn each_line_has_its_own_counts() {
        let asked = Asked { by_device: (0..96).map(|at| (at, 2 * at)).collect(), ..Asked::default() };
        assert_eq!(of_bus(&asked, 1).first().zip(of_bus(&asked, 2).last()), Some((&(32, 64), &(95, 190))));
    }
}
