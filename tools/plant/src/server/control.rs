//! The control channel: one command a line on a Unix socket, one line of JSON in answer. A socket in the run folder and not a
//! port, so that only the user who started the plant can break its meters.

use crate::plant::Inner;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const MAX_CONNECTIONS: usize = 8;
const MAX_LINE: u64 = 4096;

const HELP: &str = "fault DEVICE KIND [ARGUMENT] [times N] | clear DEVICE | clear | stats | values DEVICE | mean DEVICE FROM_MS TO_MS | time | advance SECONDS | help; \
a device with spaces in its name is written in double quotes; a device can be named as bus/unit";

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: UnixListener, plant: Arc<Inner>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::error!(%error, "control channel");
                return;
            }
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
        let plant = Arc::clone(&plant);
        connections.spawn(async move {
            let _slot = slot;
            if let Err(error) = converse(stream, &plant).await {
                tracing::debug!(%error, "control connection");
            }
        });
    }
}

async fn converse(stream: UnixStream, plant: &Inner) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        let answer = if whole || line.len() < 4096 {
            obey(plant, &String::from_utf8_lossy(&line))
        } else {
            Err("line too long".to_owned())
        };
        let mut text = match answer {
            Ok(value) => json!({ "ok": true, "result": value }),
            Err(error) => json!({ "ok": false, "error": error }),
        }
        .to_string();
        text.push('\n');
        writer.write_all(text.as_bytes()).await?;
        if !whole {
            return Ok(());
        }
    }
}

fn obey(plant: &Inner, line: &str) -> Result<Value, String> {
    let (command, rest) = split(line.trim());
    match command {
        "help" => Ok(json!(HELP)),
        "stats" => Ok(json!(plant.stats())),
        "time" => Ok(json!({ "ms": plant.now().as_millis() })),
        "advance" => {
            let seconds: u32 = rest.trim().parse().map_err(|_| format!("advance by how many seconds? {rest:?}"))?;
            plant.advance(i64::from(seconds) * 1000);
            Ok(json!({ "ms": plant.now().as_millis() }))
        }
        "values" => plant.values(split(rest).0).map(|values| json!(values)).map_err(|error| error.to_string()),
        "mean" => {
            let (device, rest) = split(rest);
            let (from, to) = split(rest);
            let time =
                |text: &str| text.trim().parse().map(haubert_model::Timestamp).map_err(|_| format!("which time? {text:?}"));
            plant.means(device, time(from)?, time(to)?).map(|means| json!(means)).map_err(|error| error.to_string())
        }
        "clear" if rest.trim().is_empty() => {
            plant.clear_all();
            Ok(Value::Null)
        }
        "clear" => plant.clear(split(rest).0).map(|()| Value::Null).map_err(|error| error.to_string()),
        "fault" => {
            let (device, rest) = split(rest);
            let (fault, times) = match rest.split_once("times") {
                None => (rest, None),
                Some((fault, times)) => (fault, Some(times.trim().parse().map_err(|_| format!("how many times? {times:?}"))?)),
            };
            let fault = fault.parse().map_err(|error: crate::FaultError| error.to_string())?;
            plant.fault(device, fault, times).map(|()| Value::Null).map_err(|error| error.to_string())
        }
        _ => Err(format!("unknown command; {HELP}")),
    }
}

/// The first word, or quoted text, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    if let Some((quoted, rest)) = text.strip_prefix('"').and_then(|text| text.split_once('"')) {
        return (quoted, rest);
    }
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}
