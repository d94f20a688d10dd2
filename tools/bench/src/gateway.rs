//! A gateway set up as its user would: through its API, over HTTPS.

use crate::plant::{Layout, PROFILE, Plant};
use haubert_testkit::{Api, Program};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinHandle;

/// Password of the user `bench`.
pub(crate) const PASSWORD: &str = "Measured-Twice-1";

/// A running gateway and its signed-in user.
pub(crate) struct Gateway {
    /// The program, while it runs.
    program: Option<Program>,
    /// Its API.
    pub(crate) api: Api,
    arguments: Vec<String>,
}

impl Gateway {
    /// Starts a fresh gateway in `dir` with this configuration and makes its first user.
    pub(crate) async fn start(dir: &Path, config: &str) -> Result<Self, String> {
        let path = |name: &str| dir.join(name).to_string_lossy().into_owned();
        std::fs::write(path("gateway.toml"), config).map_err(|error| error.to_string())?;
        let arguments = ["--config", &path("gateway.toml"), "--data-dir", &path("data"), "--listen", "127.0.0.1:0"];
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let program = start("haubert-gateway", dir, &arguments).await?;
        let api = sign_up(&program).await?;
        Ok(Self { program: Some(program), api, arguments })
    }

    /// Starts it again, as it was set up.
    pub(crate) async fn again(&mut self, dir: &Path) -> Result<(), String> {
        let program = start("haubert-gateway", dir, &self.arguments).await?;
        self.api = client(&program)?;
        self.program = Some(program);
        self.api.sign_in("bench", PASSWORD).await.map(|_| ())
    }

    /// Adds every bus and device of a plant, to be polled every `poll_ms`.
    pub(crate) async fn add(&self, plant: &Plant, layout: &Layout, poll_ms: u32) -> Result<(), String> {
        self.add_switched(plant, layout, poll_ms, true).await
    }

    /// The same, with the buses on or off.
    pub(crate) async fn add_switched(&self, plant: &Plant, layout: &Layout, poll_ms: u32, on: bool) -> Result<(), String> {
        for bus in plant.buses() {
            let line = line(bus);
            let body = json!({"name": bus["name"], "line": line, "timeout_ms": 1000, "poll_ms": poll_ms, "enabled": on});
            let added = self.api.post("/buses", body).await?;
            let devices: Vec<Value> = bus["devices"]
                .as_array()
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(|device| {
                    json!({"bus_id": added["id"], "name": device["name"], "unit": device["unit"], "profile_id": PROFILE,
                        "base": null, "channels": layout.loads})
                })
                .collect();
            self.api.post("/devices/batch", json!({"devices": devices})).await?;
        }
        Ok(())
    }

    /// Switches all buses on or off.
    pub(crate) async fn switch(&self, on: bool) -> Result<(), String> {
        let buses = self.api.get("/buses").await?;
        for bus in buses["items"].as_array().map_or(&[][..], Vec::as_slice) {
            let id = bus["id"].as_str().unwrap_or_default();
            let mut body = bus.clone();
            if let Some(fields) = body.as_object_mut() {
                fields.remove("id");
                fields.insert("enabled".to_owned(), json!(on));
            }
            self.api.put(&format!("/buses/{id}"), body).await?;
        }
        Ok(())
    }

    /// Asks it to end and waits; [`Gateway::again`] starts it again.
    pub(crate) async fn stop(&mut self) -> Result<(), String> {
        match self.program.take() {
            Some(program) => program.stop().await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(&mut self) {
        if let Some(program) = self.program.take() {
            program.kill().await;
        }
    }

    /// Another client of it, that has not signed in.
    pub(crate) fn client(&self) -> Result<Api, String> {
        self.program.as_ref().ok_or("the gateway has ended").map_err(str::to_owned).and_then(client)
    }

    /// Its URL, and the file with the certificate to trust.
    pub(crate) fn place(&self) -> Result<(String, PathBuf), String> {
        let program = self.program.as_ref().ok_or("the gateway has ended")?;
        Ok((program.ready_text("https"), PathBuf::from(program.ready_text("ca_file"))))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr, String> {
        self.place()?.0.trim_start_matches("https://").parse::<SocketAddr>().map_err(|error| format!("its address: {error}"))
    }

    /// Process id.
    pub(crate) fn pid(&self) -> Result<u32, String> {
        self.program.as_ref().and_then(Program::pid).ok_or_else(|| "the gateway has ended".to_owned())
    }
}

/// How a gateway reaches a bus that the plant describes.
pub(crate) fn line(bus: &Value) -> Value {
    match bus["kind"].as_str() {
        Some("serial") => {
            json!({"kind": "serial", "path": bus["path"], "baud": bus["baud"], "parity": bus["parity"], "stop_bits": bus["stop_bits"]})
        }
        kind => json!({"kind": kind, "host": bus["host"], "port": bus["port"]}),
    }
}

/// Starts a program of this build.
pub(crate) async fn start(name: &str, dir: &Path, arguments: &[String]) -> Result<Program, String> {
    Program::start(name, name, dir, arguments).await.map_err(|error| error.to_string())
}

/// A client that has not signed in.
pub(crate) fn client(program: &Program) -> Result<Api, String> {
    Api::new(&program.ready_text("https"), Path::new(&program.ready_text("ca_file"))).map_err(|error| error.to_string())
}

/// Makes the first user.
pub(crate) async fn sign_up(program: &Program) -> Result<Api, String> {
    let api = client(program)?;
    let code = program.setup_code().await.map_err(|error| error.to_string())?;
    api.set_up(&code, "bench", PASSWORD).await?;
    Ok(api)
}

/// A page that follows the newest values, as the WEBVIEW does; ends when dropped.
pub(crate) struct Screen {
    task: JoinHandle<()>,
    bytes: Arc<AtomicU64>,
}

impl Screen {
    /// Opens the stream that the WEBVIEW opens.
    pub(crate) async fn open(api: &Api) -> Result<Self, String> {
        let mut stream = api.follow("/live/stream").await?;
        let bytes = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&bytes);
        let task = tokio::spawn(async move {
            while let Ok(Some(piece)) = stream.chunk().await {
                seen.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        });
        Ok(Self { task, bytes })
    }

    /// Bytes that came so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.task.abort();
    }
}
