//! The figures as a document: with the machine, the date and what each had to stay below.

use crate::chain::Figure;
use std::fmt::Write;

/// The whole of BENCHMARKS.md.
pub(crate) fn markdown(figures: &[Figure]) -> String {
    let mut text = format!(
        "# Benchmarks\n\nWritten by `make bench`; figures that disappoint stay. Speed and durability in depth come with the next release.\n\n\
         Machine: {}. Date: {}. Build profile: the demonstration's (`dev`, our code at `opt-level = 1`).\n\n\
         ## The chain: 32 simulated devices, one gateway, one hub on SQLite\n\n\
         | what | runs | median, ms | slowest, ms | bar, ms | held |\n|---|---|---|---|---|---|\n",
        machine(),
        today()
    );
    for figure in figures {
        let median = figure.times_ms.get(figure.times_ms.len() / 2).copied().unwrap_or_default();
        let slowest = figure.times_ms.last().copied().unwrap_or_default();
        let held = if slowest <= figure.bar_ms { "yes" } else { "**no**" };
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            text,
            "| {} | {} | {median:.1} | {slowest:.1} | {} | {held} |",
            figure.what,
            figure.times_ms.len(),
            figure.bar_ms
        );
    }
    text
}

/// Processor model and cores, and memory.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines()
            .find(|line| line.starts_with(name))
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
    };
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory_kb: u64 = field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0);
    format!("{model}, {cores} cores, {} GiB", memory_kb / 1_048_576)
}

/// The date of the measurement.
fn today() -> String {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    jiff::Timestamp::from_second(since_epoch.as_secs().try_into().unwrap_or(0))
        .map_or_else(|_| String::new(), |now| format!("{now:.0}")[..10].to_owned())
}
