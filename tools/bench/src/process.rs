//! What a process has used, as the kernel counts it.

use std::time::Duration;
use tokio::time::Instant;

/// Ticks of a second in `/proc/<pid>/stat` (`USER_HZ`, 100 on every Linux that this runs on).
const TICKS: f64 = 100.0;

/// A process under measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

/// What a process had used at an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    at: Instant,
    cpu_s: f64,
}

impl Process {
    /// CPU time since its start, user and system, with the instant.
    pub(crate) fn used(self) -> Result<Used, String> {
        let file = format!("/proc/{}/stat", self.0);
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        let cpu_s = cpu_seconds(&text).ok_or_else(|| format!("{file} reads {text:?}"))?;
        Ok(Used { at: Instant::now(), cpu_s })
    }

    /// Resident memory, bytes.
    pub(crate) fn resident(self) -> Result<f64, String> {
        let file = format!("/proc/{}/status", self.0);
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        resident_bytes(&text).ok_or_else(|| format!("{file} has no VmRSS"))
    }

    /// Open files and sockets.
    pub(crate) fn descriptors(self) -> Result<usize, String> {
        let folder = format!("/proc/{}/fd", self.0);
        std::fs::read_dir(&folder).map(Iterator::count).map_err(|error| format!("{folder}: {error}"))
    }
}

impl Used {
    /// CPU seconds and elapsed seconds since `before`.
    pub(crate) fn since(&self, before: &Self) -> (f64, f64) {
        (self.cpu_s - before.cpu_s, (self.at - before.at).as_secs_f64())
    }
}

/// User and system time of all threads, from `/proc/<pid>/stat`; the name may hold spaces and brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

/// Processor time of this thread, nanoseconds.
pub(crate) fn thread_nanoseconds() -> Result<f64, String> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").map_err(|error| format!("schedstat: {error}"))?;
    text.split_ascii_whitespace().next().and_then(|time| time.parse().ok()).ok_or_else(|| format!("schedstat reads {text:?}"))
}

/// Mebibytes, for people.
pub(crate) fn mib(bytes: f64) -> f64 {
    bytes / 1_048_576.0
}

/// Sum of the sizes of the files in a folder, bytes.
pub(crate) fn folder_bytes(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => folder_bytes(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Waits; a measurement is the one place where time itself is wanted.
pub(crate) async fn settle(time: Duration) {
    tokio::time::sleep(time).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let stat = "42 (a) b (c) S 1 1 1 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 3 0 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("42 (x"), None);
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        let own = Process(std::process::id());
        assert!(own.resident().unwrap() > 100_000.0);
        assert!(own.used().unwrap().since(&own.used().unwrap()).0 <= 0.0);
    }
}
