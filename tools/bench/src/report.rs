//! The figures as a document: with the machine, the date and what each had to stay below.

use crate::chain::Figure;
use std::fmt::Write;

/// The whole of BENCHMARKS.md.
pub(crate) fn markdown(figures: &[Figure]) -> String {
    let mut text = format!(
        "# Benchmarks\n\nWritten by `make bench`; figures that disappoint stay. Speed and durability in depth come with the next release.\n\n\
         Machine: {}. Date: {}. Build profile: the demonstration's (`dev`, our code at `opt-level = 1`).\n\n\
         ## The chain: 32 simulated devices, one gateway, one hub on SQLite\n\n\
         | what | runs | median, ms | 95 %, ms | slowest, ms | bar for 95 %, ms | held |\n|---|---|---|---|---|---|---|\n",
        machine(),
        today()
    );
    for figure in figures {
        let at = |part: usize| {
            figure.times_ms.get((figure.times_ms.len() * part / 100).min(figure.times_ms.len().saturating_sub(1))).copied()
        };
        let (median, most, slowest) = (at(50).unwrap_or_default(), at(95).unwrap_or_default(), at(100).unwrap_or_default());
        let held = if most <= figure.bar_ms { "yes" } else { "**no**" };
        let (what, runs, bar) = (&figure.what, figure.times_ms.len(), figure.bar_ms);
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "| {what} | {runs} | {median:.1} | {most:.1} | {slowest:.1} | {bar} | {held} |");
    }
    text.push_str(
        "\nAnswers of some hundred kilobytes (`/live`) now and then take some 200 ms more with this client; the column *slowest* shows \
         them. The cause is not established yet.\n",
    );
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
