//! The same framework in a browser: until its measures stand on the page, and from a text typed until what it leaves is drawn.

use crate::gateway::PASSWORD;
use serde::Deserialize;
use serde_json::json;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What `web/e2e/bench/filter.mjs` measured, milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    pub(super) opened_ms: Vec<f64>,
    pub(super) filtered_ms: Vec<f64>,
}

/// Opens each assessment and narrows its measures down, three texts each.
///
/// # Errors
/// What the browser's script said.
pub(super) async fn look(url: &str, assessments: &[String]) -> Result<Seen, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/e2e/bench/filter.mjs");
    let words = [("Measure 69", 17), ("M699", 1), ("", 70)].map(|(text, left)| json!({"text": text, "left": left}));
    let task = json!({"url": url, "user": "bench", "password": PASSWORD, "assessments": assessments, "words": words});
    let said = |error: std::io::Error| format!("node: {error}");
    let mut child = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(said)?;
    let mut input = child.stdin.take().ok_or("no way in")?;
    input.write_all(task.to_string().as_bytes()).await.map_err(said)?;
    drop(input);
    let done = child.wait_with_output().await.map_err(said)?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    serde_json::from_slice(&done.stdout).map_err(|error| error.to_string())
}
