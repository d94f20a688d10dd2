//! VictoriaMetrics (Debian package `victoria-metrics`), started on a free port with a folder of its own.

use super::data::{Column, Feed};
use std::fmt::Write;
use std::net::TcpListener;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start, to merge and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Victoria {
    child: Child,
    base: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    folder: std::path::PathBuf,
}

impl Drop for Victoria {
    fn drop(&mut self) {
        // Already ended when it was closed in order.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Victoria {
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(said)?.port();
        let child = Command::new("victoria-metrics")
            .arg(format!("-storageDataPath={}", folder.display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .args(["-retentionPeriod=100y", "-loggerLevel=ERROR"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("victoria-metrics cannot be started (Debian package of that name): {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(said)?;
        haubert_trust::install_crypto_provider();
        let base = format!("http://127.0.0.1:{port}");
        let folder = folder.to_owned();
        let started = Self { child, base, client: reqwest::Client::new(), runtime, folder };
        let begun = Instant::now();
        while started.get("/health").is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("victoria-metrics does not answer".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(started)
    }

    fn get(&self, path: &str) -> Result<String, String> {
        let request = self.client.get(format!("{}{path}", self.base));
        self.runtime.block_on(async { request.send().await?.error_for_status()?.text().await }).map_err(said)
    }
}

/// The series' name and label.
fn metric(series: &Column) -> String {
    format!(r#"{{"__name__":"{}","load":"{}"}}"#, series.spec.quantity.code(), series.spec.load)
}

/// The value in its unit, exactly.
fn decimal(out: &mut String, raw: i64, exponent: i8) -> std::fmt::Result {
    match u32::try_from(-i32::from(exponent)) {
        Ok(decimals) if decimals > 0 => {
            let unit = 10u64.pow(decimals);
            let sign = if raw < 0 { "-" } else { "" };
            let (whole, part) = (raw.unsigned_abs() / unit, raw.unsigned_abs() % unit);
            write!(out, "{sign}{whole}.{part:0width$}", width = decimals as usize)
        }
        _ => write!(out, "{raw}e{exponent}"),
    }
}

fn lines(feed: &Feed, rows: &Range<usize>) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for series in &feed.series {
        write!(text, r#"{{"metric":{},"values":["#, metric(series))?;
        for row in rows.clone() {
            decimal(&mut text, series.raws[row], series.spec.exponent)?;
            text.push(if row + 1 == rows.end { ']' } else { ',' });
        }
        text.push_str(r#","timestamps":["#);
        for row in rows.clone() {
            write!(text, "{}", feed.at(row))?;
            text.push(if row + 1 == rows.end { ']' } else { ',' });
        }
        text.push_str("}\n");
    }
    Ok(text)
}

impl super::Store for Victoria {
    fn name(&self) -> &'static str {
        "VictoriaMetrics"
    }

    fn put(&mut self, feed: &Feed, rows: Range<usize>) -> Result<(), String> {
        let request = self.client.post(format!("{}/api/v1/import", self.base)).body(lines(feed, &rows).map_err(said)?);
        self.runtime.block_on(async { request.send().await?.error_for_status() }).map(|_| ()).map_err(said)
    }

    fn settle(&mut self) -> Result<(), String> {
        self.get("/internal/force_flush").map(|_| ())
    }

    fn read(&mut self, feed: &Feed, series: Option<usize>, rows: Range<usize>) -> Result<usize, String> {
        let matching = match series {
            Some(series) => {
                let spec = &feed.series[series].spec;
                format!("{}%7Bload%3D%22{}%22%7D", spec.quantity.code(), spec.load)
            }
            None => "%7B__name__!%3D%22%22%7D".to_owned(),
        };
        let (from, to) = (feed.at(rows.start), feed.at(rows.end) - 1);
        // Milliseconds would be taken for seconds.
        let span = format!("start={}.{:03}&end={}.{:03}", from / 1000, from % 1000, to / 1000, to % 1000);
        let text = self.get(&format!("/api/v1/export?match[]={matching}&{span}"))?;
        // Each value but the last of a line is followed by a comma, and so is each time.
        Ok(text
            .lines()
            .filter_map(|line| line.split_once(r#""timestamps":["#))
            .map(|(_, times)| times.matches(',').count() + 1)
            .sum())
    }

    fn close(mut self: Box<Self>) -> Result<(), String> {
        // Merged as it would be in time.
        self.get("/internal/force_merge")?;
        let begun = Instant::now();
        let mut last = 0;
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let now = super::size(&self.folder)?;
            if now == last || begun.elapsed() > PATIENCE {
                break;
            }
            last = now;
        }
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().map_err(said)?;
        if !asked.success() {
            return Err("victoria-metrics cannot be asked to stop".to_owned());
        }
        self.child.wait().map(|_| ()).map_err(said)
    }
}
