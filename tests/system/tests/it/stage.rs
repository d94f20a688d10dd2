//! A gateway, a hub and a plant, as a test needs them.

use haubert_testkit::forge::Forge;
use haubert_testkit::{Api, Program, SECURITY_USER, until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "Correct-Horse7";
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A plant with a single meter.
pub(crate) const ONE_METER: &str = r#"
name = "one"
title = "One"
seed = 5
time_zone = "Europe/Paris"
[[bus]]
name = "tcp"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "socomec/countis-e3x"
name = "Atelier"
usage = "process"
nominal_kw = 90
"#;

/// A program with a folder of its own and a signed-in client.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) api: Api,
    pub(crate) arguments: Vec<String>,
    dir: TempDir,
    name: &'static str,
}

impl Server {
    async fn start(name: &'static str, extra: &[&str], config: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut arguments =
            vec!["--data-dir".to_owned(), text(&dir.path().join("data")), "--listen".to_owned(), "127.0.0.1:0".to_owned()];
        arguments.extend(extra.iter().map(|&argument| argument.to_owned()));
        if let Some(config) = config {
            let file = dir.path().join("config.toml");
            std::fs::write(&file, config).unwrap();
            arguments.extend(["--config".to_owned(), text(&file)]);
        }
        let program = Program::start(name, name, dir.path(), &arguments).await.unwrap();
        let api = client(&program);
        let code = program.setup_code().await.unwrap();
        api.set_up(&code, "ana", PASSWORD).await.unwrap();
        Self { program, api, arguments, dir, name }
    }

    /// Its folder: `data` in it is the program's own.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Ends it as a power cut would and starts it again on the same data and addresses.
    pub(crate) async fn crash_and_restart(self) -> Self {
        self.pause().await.resume().await
    }

    /// Ends it as a power cut would.
    pub(crate) async fn pause(self) -> Paused {
        let Self { program, mut arguments, dir, name, .. } = self;
        for (flag, key) in [("--listen", "https"), ("--link-listen", "link")] {
            if let Some(at) = arguments.iter().position(|argument| argument == flag) {
                program.ready_text(key).trim_start_matches("https://").clone_into(&mut arguments[at + 1]);
            }
        }
        program.kill().await;
        Paused { arguments, dir, name }
    }
}

/// A program that was cut off, with its data.
pub(crate) struct Paused {
    arguments: Vec<String>,
    dir: TempDir,
    name: &'static str,
}

impl Paused {
    /// Its data folder.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Starts it again.
    pub(crate) async fn resume(self) -> Server {
        self.resume_with(&[]).await
    }

    /// Starts it again, and nobody signs in.
    pub(crate) async fn start(self) -> (Program, Vec<String>, TempDir) {
        let Self { arguments, dir, name } = self;
        let program = Program::start(name, name, dir.path(), &arguments).await.unwrap();
        (program, arguments, dir)
    }

    /// Starts it again, with these variables in its environment.
    pub(crate) async fn resume_with(self, environment: &[(String, String)]) -> Server {
        let Self { arguments, dir, name } = self;
        let program = Program::start_with(name, name, dir.path(), &arguments, environment).await.unwrap();
        let api = client(&program);
        api.sign_in("ana", PASSWORD).await.unwrap();
        Server { program, api, arguments, dir, name }
    }
}

pub(crate) fn client(program: &Program) -> Api {
    Api::new(&program.ready_text("https"), Path::new(&program.ready_text("ca_file"))).unwrap()
}

/// Records each second and seals every ten, so that tests need not wait.
pub(crate) const QUICK: &str = "[recording]\nload_curve_minutes = 1\nindex_minutes = 1\ntrend_seconds = 1\nchunk_seconds = 10\n";

pub(crate) async fn gateway() -> Server {
    Server::start("haubert-gateway", &[], Some(QUICK)).await
}

/// A gateway with this start-up file.
pub(crate) async fn gateway_with(config: &str) -> Server {
    Server::start("haubert-gateway", &[], Some(config)).await
}

/// A gateway whose outlets listen on loopback once they are switched on.
pub(crate) async fn gateway_serving() -> Server {
    let listen =
        ["--modbus-listen", "--modbus-secured-listen", "--snmp-listen", "--bacnet-listen"].map(|outlet| [outlet, "127.0.0.1:0"]);
    Server::start("haubert-gateway", listen.as_flattened(), Some(QUICK)).await
}

pub(crate) async fn hub() -> Server {
    Server::start("haubert-hub", &["--link-listen", "127.0.0.1:0"], None).await
}

/// A simulated plant of a given scene.
pub(crate) struct Plant {
    pub(crate) program: Program,
    _dir: TempDir,
}

pub(crate) async fn plant(scene: &str) -> Plant {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scene.toml");
    std::fs::write(&file, scene).unwrap();
    let arguments = ["--scene".to_owned(), text(&file), "--run-dir".to_owned(), text(&dir.path().join("run"))];
    let program = Program::start("haubert-plant", "plant", dir.path(), &arguments).await.unwrap();
    Plant { program, _dir: dir }
}

impl Plant {
    /// The bus of this name, as the plant describes it.
    pub(crate) fn bus(&self, name: &str) -> Value {
        let buses = self.program.ready["buses"].as_array().unwrap();
        buses.iter().find(|bus| bus["name"] == name).unwrap().clone()
    }
}

/// A bus over TCP on loopback.
pub(crate) async fn tcp_bus(gateway: &Api, name: &str, port: u16) -> Value {
    add_bus(gateway, name, json!({"kind": "tcp", "host": "127.0.0.1", "port": port})).await
}

pub(crate) async fn add_bus(gateway: &Api, name: &str, line: Value) -> Value {
    gateway.post("/buses", json!({"name": name, "line": line, "timeout_ms": 500, "poll_ms": 200, "enabled": true})).await.unwrap()
}

/// A meter of [`ONE_METER`] that a gateway reads already.
pub(crate) async fn metered(gateway: &Api) -> (Plant, Value) {
    let plant = plant(ONE_METER).await;
    let bus = tcp_bus(gateway, "Bus", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let device = json!({"bus_id": bus["id"], "name": "Atelier", "unit": 1, "profile_id": "socomec/countis-e3x"});
    let device = gateway.post("/devices", device).await.unwrap();
    live_value(gateway, &device, "frequency").await;
    (plant, device)
}

/// Cyber security of a gateway, signed in, and an authority in a folder that the gateway believes on this link.
pub(crate) async fn believing(program: &Program, link: &str) -> (Api, TempDir, Forge) {
    let security = client(program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let forge = Forge::new(dir.path()).unwrap();
    let pem = forge.authority_pem().unwrap();
    security.post(&format!("/certificates/trust/{link}/authorities"), json!({"pem": pem})).await.unwrap();
    (security, dir, forge)
}

/// Searches the line of a bus and waits for the end.
pub(crate) async fn search(gateway: &Api, bus: &Value, first: u8, last: u8) -> Value {
    let ask = json!({"line": bus["line"], "first_unit": first, "last_unit": last, "timeout_ms": 300});
    let started = gateway.post("/discoveries", ask).await.unwrap();
    let path = format!("/discoveries/{}", started["id"].as_str().unwrap());
    until("the search ends", SOON, || async { gateway.get(&path).await.ok().filter(|search| search["state"] != "running") })
        .await
        .unwrap()
}

/// Adds what a search found.
pub(crate) async fn adopt(gateway: &Api, bus: &Value, found: &Value) -> Value {
    let unit = found["unit"].as_u64().unwrap();
    let device = json!({
        "bus_id": bus["id"], "name": format!("{} {unit}", bus["name"].as_str().unwrap()), "unit": unit,
        "profile_id": found["profile_id"], "base": found["base"], "identity": found["identity"],
        "channels": found["channels"], "load_names": found["load_names"],
    });
    gateway.post("/devices", device).await.unwrap()
}

/// Waits until the gateway has a good value of a quantity from a device, and gives it.
pub(crate) async fn live_value(gateway: &Api, device: &Value, quantity: &str) -> f64 {
    let path = format!("/live?device_id={}", device["id"].as_str().unwrap());
    until(&format!("{quantity} of {}", device["name"]), SOON, || async {
        let live = gateway.get(&path).await.ok()?;
        live["items"].as_array()?.iter().find_map(|item| item["values"][quantity].as_f64())
    })
    .await
    .unwrap()
}

/// Organisation, site and gateway at the hub; gives the gateway's id and the enrolment.
pub(crate) async fn register(hub: &Api) -> (String, Value) {
    let organisation = hub.post("/organisations", json!({"name": "Terminal", "kind": "terminal"})).await.unwrap();
    let site = json!({"organisation_id": organisation["id"], "name": "Quai", "time_zone": "Europe/Paris", "country": "FR"});
    let site = hub.post("/sites", site).await.unwrap();
    let registered = hub.post("/gateways", json!({"site_id": site["id"], "name": "Passerelle"})).await.unwrap();
    (registered["gateway"]["id"].as_str().unwrap().to_owned(), registered["enrolment"].clone())
}

/// What the gateway sends to join.
pub(crate) fn joining(enrolment: &Value) -> Value {
    json!({"hub_url": enrolment["hub_url"], "token": enrolment["token"], "fingerprint": enrolment["fingerprint"]})
}

pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Plant {
    /// Sends a command on the plant's control socket, such as `fault "tcp/1" silent`; gives its answer.
    pub(crate) async fn control(&self, command: &str) -> Value {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let socket = self.program.ready["control"].as_str().unwrap();
        let mut stream = tokio::net::UnixStream::connect(socket).await.unwrap();
        stream.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let line = BufReader::new(stream).lines().next_line().await.unwrap().unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer.get("error").is_none(), "{command}: {line}");
        answer
    }
}
