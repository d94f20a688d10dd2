//! Where and when something was measured.

/// Machine, date and command, in a line.
pub(crate) fn circumstances(only: &[&str]) -> String {
    let command = if only.is_empty() { "make bench".to_owned() } else { format!("make bench ONLY={}", only.join(",")) };
    format!("Machine: {}. Date: {}. Command: `{command}`. Release build.", machine(), today())
}

/// Processor model and cores, memory and kernel.
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
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{model}, {cores} cores, {} GiB, Linux {}",
        memory_kb / 1_048_576,
        kernel.split('-').next().unwrap_or_default().trim()
    )
}

/// The date of the measurement.
fn today() -> String {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    jiff::Timestamp::from_second(since_epoch.as_secs().try_into().unwrap_or(0))
        .map_or_else(|_| String::new(), |now| format!("{now:.0}").chars().take(10).collect())
}
