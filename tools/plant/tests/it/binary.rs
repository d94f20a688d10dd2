//! The binary: ready file, a served scene, a clean end.

use crate::wire::{Master, PATIENCE};
use haubert_modbus::Table;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Instant;

#[tokio::test]
async fn it_says_where_it_is_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let ready_file = folder.path().join("ready.json");
    let run_dir = folder.path().join("run");
    let mut child = Command::new(env!("CARGO_BIN_EXE_haubert-plant"))
        .args(["--scene", "port-terminal", "--seed", "3", "--run-dir"])
        .arg(&run_dir)
        .arg("--ready-file")
        .arg(&ready_file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !ready_file.exists() {
        assert!(child.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    let ready: Value = serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
    assert_eq!(ready["pid"], child.id());
    let quay = &ready["buses"][0];
    assert_eq!((&quay["kind"], &quay["host"]), (&"tcp".into(), &"127.0.0.1".into()));
    let address = format!("127.0.0.1:{}", quay["port"]).parse().unwrap();
    let mut master = Master::connect(address).await;
    assert!(master.read(4, Table::HoldingRegisters, 0xC558, 6).await.is_ok());
    let line = &ready["buses"][1];
    assert_eq!(
        (&line["kind"], &line["baud"], &line["parity"], &line["stop_bits"]),
        (&"serial".into(), &38_400.into(), &"even".into(), &1.into())
    );
    assert!(std::path::Path::new(line["path"].as_str().unwrap()).exists());

    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, ready);
    assert!(!ready_file.exists() && !run_dir.join("batiments").exists() && !run_dir.join("control.sock").exists());
}

#[test]
fn a_wrong_scene_is_an_error_and_not_a_panic() {
    let output = Command::new(env!("CARGO_BIN_EXE_haubert-plant")).args(["--scene", "nowhere"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("no such scene") && !error.contains("panicked"), "{error}");
}
