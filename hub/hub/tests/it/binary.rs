//! The binary as it is installed: command line, ready file, console, signals.

use crate::support::Person;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn hub() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haubert-hub"));
    command.env_remove("HAUBERT_HUB_DATABASE_URL").env_remove("HAUBERT_LOG");
    command
}

/// A child that does not outlive its test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for_ready(child: &mut Child, path: &Path) -> Value {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Ok(bytes) = std::fs::read(path) {
            return serde_json::from_slice(&bytes).unwrap();
        }
        assert!(child.try_wait().unwrap().is_none(), "the hub stopped before it was ready");
        assert!(Instant::now() < until, "not ready in 30 s");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn it_starts_says_where_it_is_and_stops_when_told() {
    let dir = tempfile::tempdir().unwrap();
    let ready_file = dir.path().join("ready.json");
    let mut kept = Kept(
        hub()
            .args(["--listen", "127.0.0.1:0", "--link-listen", "127.0.0.1:0", "--data-dir"])
            .arg(dir.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let ready = wait_for_ready(&mut kept.0, &ready_file);
    assert_eq!(ready["pid"], kept.0.id());
    let mut line = String::new();
    BufReader::new(kept.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let code = line.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(code.len(), 14, "{line}");

    let authority = std::fs::read_to_string(ready["ca_file"].as_str().unwrap()).unwrap();
    let person = Person::new(ready["https"].as_str().unwrap().to_owned(), authority);
    let body = json!({"code": code, "accounts": [{"profile": "coordinator", "user": "ana", "password": "Quai-Nord-12"}]});
    assert_eq!(person.send(Method::POST, "/setup", Some(body)).await.status(), StatusCode::CREATED);

    let stopped = Command::new("kill").args(["-TERM", &kept.0.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    drop(person);
    let status = tokio::task::spawn_blocking(move || {
        let status = kept.0.wait().unwrap();
        let mut log = String::new();
        kept.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status, log)
    });
    let (status, log) = tokio::time::timeout(Duration::from_secs(20), status).await.unwrap().unwrap();
    assert!(status.success(), "{log}");
    assert!(!log.contains(&code), "the set-up code is for the console only");
    assert!(!log.contains("Quai-Nord-12"));
}

#[test]
fn a_configuration_is_checked_with_line_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hub.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = hub().arg("check-config").arg(&file).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(check("listen = \"127.0.0.1:8443\"\n").0);
    let (good, said) = check("listen = \"127.0.0.1:8443\"\ndatabse_url = \"sqlite\"\n");
    assert!(!good && said.contains("hub.toml: line 2: unknown field `databse_url`"), "{said}");
    let (good, said) = check("database_url = \"oracle://x\"\n");
    assert!(!good && said.contains("`database_url`"), "{said}");
    let schema = hub().arg("config-schema").output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(schema["properties"]["link_listen"].is_object());
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = hub().args(["--listen", &address, "--data-dir"]).arg(dir.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("cannot listen on {address}")));
}
