//! One reader's share of a run: what it read and what that cost.

use crate::plant::{Asked, Plant};
use crate::process::{Process, settle};
use crate::report::number;
use std::time::Duration;

/// What one reader did in one or more windows of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    /// Elapsed, seconds.
    pub(crate) seconds: f64,
    /// The shortest window among them, seconds.
    pub(crate) shortest_s: f64,
    /// CPU time of the reader's processes, seconds.
    pub(crate) cpu_s: f64,
    /// CPU time of the simulator, seconds.
    pub(crate) plant_cpu_s: f64,
    /// Resident memory of the reader at the end, bytes.
    pub(crate) resident: f64,
    /// What the simulator was asked.
    pub(crate) asked: Asked,
    /// Fewest and most requests of a device.
    pub(crate) rounds: Option<(u64, u64)>,
}

impl Window {
    /// Measures `processes`, which are reading `plant`, for so long.
    pub(crate) async fn measure(plant: &Plant, processes: &[Process], time: Duration) -> Result<Self, String> {
        let simulator = Process(plant.program.pid().ok_or("the plant has ended")?);
        let used = |processes: &[Process]| processes.iter().map(|process| process.used()).collect::<Result<Vec<_>, _>>();
        let (asked_before, before, plant_before) = (plant.asked().await?, used(processes)?, simulator.used()?);
        settle(time).await;
        let (after, plant_after, asked) = (used(processes)?, simulator.used()?, plant.asked().await?);
        let asked = asked.since(&asked_before);
        let spent: Vec<(f64, f64)> = after.iter().zip(&before).map(|(after, before)| after.since(before)).collect();
        let rounds = asked.by_device.iter().map(|(requests, _)| *requests).filter(|count| *count > 0);
        let resident: Result<Vec<f64>, String> = processes.iter().map(|process| process.resident()).collect();
        let seconds = spent.first().map_or(0.0, |(_, seconds)| *seconds);
        Ok(Self {
            seconds,
            shortest_s: seconds,
            cpu_s: spent.iter().map(|(cpu, _)| cpu).sum(),
            plant_cpu_s: plant_after.since(&plant_before).0,
            resident: resident?.iter().sum(),
            rounds: rounds.clone().min().zip(rounds.max()),
            asked,
        })
    }

    /// Joins a later window of the same reader.
    #[must_use]
    pub(crate) fn and(self, later: Self) -> Self {
        if self.seconds == 0.0 {
            return later;
        }
        let rounds = match (self.rounds, later.rounds) {
            (Some((low, high)), Some((least, most))) => Some((low.min(least), high.max(most))),
            (one, other) => one.or(other),
        };
        Self {
            seconds: self.seconds + later.seconds,
            shortest_s: self.shortest_s.min(later.shortest_s),
            cpu_s: self.cpu_s + later.cpu_s,
            plant_cpu_s: self.plant_cpu_s + later.plant_cpu_s,
            resident: self.resident.max(later.resident),
            asked: Asked {
                requests: self.asked.requests + later.asked.requests,
                registers: self.asked.registers + later.asked.registers,
                exceptions: self.asked.exceptions + later.asked.exceptions,
                by_device: Vec::new(),
            },
            rounds,
        }
    }

    /// Floats read (of two registers each).
    pub(crate) const fn values(&self) -> f64 {
        self.asked.registers as f64 / 2.0
    }

    /// Floats read per second.
    pub(crate) fn values_per_s(&self) -> f64 {
        self.values() / self.seconds
    }

    /// CPU microseconds per float.
    pub(crate) fn us_per_value(&self) -> f64 {
        self.cpu_s * 1e6 / self.values()
    }

    /// Per cent of one core.
    pub(crate) fn core_percent(&self) -> f64 {
        100.0 * self.cpu_s / self.seconds
    }

    /// Requests per 10,000 floats.
    pub(crate) fn requests_per_10k(&self) -> f64 {
        self.asked.requests as f64 * 10_000.0 / self.values()
    }

    /// Cells for a table: rate, share of a core, CPU per value, memory, requests.
    pub(crate) fn cells(&self) -> [String; 6] {
        [
            number(self.values_per_s()),
            number(self.core_percent()),
            number(self.us_per_value()),
            number(crate::process::mib(self.resident)),
            number(self.requests_per_10k()),
            number(100.0 * self.plant_cpu_s / self.seconds),
        ]
    }
}

/// Names of [`Window::cells`].
pub(crate) const COLUMNS: [&str; 6] =
    ["values/s", "% of a core", "CPU-µs per value", "resident, MiB", "requests per 10,000 values", "simulator, % of a core"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_add_up() {
        let asked = |requests| Asked { requests, registers: 20_000, exceptions: 0, by_device: vec![(requests, 20_000)] };
        let one = Window { seconds: 1.0, cpu_s: 0.1, asked: asked(162), rounds: Some((3, 4)), ..Window::default() };
        let two = Window { seconds: 1.0, cpu_s: 0.3, asked: asked(164), rounds: Some((2, 3)), ..Window::default() };
        let both = Window::default().and(one).and(two);
        assert_eq!((both.values(), both.values_per_s(), both.us_per_value()), (20_000.0, 10_000.0, 20.0));
        assert_eq!((both.core_percent(), both.requests_per_10k(), both.rounds), (20.0, 163.0, Some((2, 4))));
    }
}
