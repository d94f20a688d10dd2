//! `make demo`: what it writes is true, nothing listens beyond loopback, and it stops by itself.

use crate::stage::{SOON, text};
use haubert_testkit::{Api, bin_dir, until};
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;
use tokio::process::Command;

/// Local addresses (as the kernel prints them, hexadecimal) on which a process listens.
fn listening(pid: u64) -> Vec<String> {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let sockets: HashSet<String> = fds
        .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_string_lossy().strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let mut addresses = Vec::new();
    for (table, listens) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let lines = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in lines.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if columns[3] == listens && sockets.contains(columns[9]) {
                addresses.push(columns[1].split(':').next().unwrap().to_owned());
            }
        }
    }
    addresses
}

#[tokio::test]
async fn the_demo_tells_the_truth_stays_on_loopback_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    let running = Command::new(bin_dir().join("haubert-demo"))
        .args(["--seconds", "8", "--dir", &text(&demo)])
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let file = demo.join("demo.json");
    let facts: Value =
        until("demo.json", SOON * 6, || async { serde_json::from_slice(&std::fs::read(&file).ok()?).ok() }).await.unwrap();
    for part in ["gateway", "hub", "plant"] {
        let addresses = listening(facts[part]["pid"].as_u64().unwrap());
        assert!(!addresses.is_empty(), "{part} listens on nothing");
        assert!(addresses.iter().all(|address| address == "0100007F"), "{part} listens on {addresses:?}");
    }
    for part in ["gateway", "hub"] {
        let account = &facts[part];
        let api = Api::new(account["url"].as_str().unwrap(), Path::new(facts["ca_file"].as_str().unwrap())).unwrap();
        api.sign_in(account["user"].as_str().unwrap(), account["password"].as_str().unwrap()).await.unwrap();
    }
    let ended = running.wait_with_output().await.unwrap();
    let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{printed}");
    for part in ["gateway", "hub"] {
        assert!(printed.contains(facts[part]["url"].as_str().unwrap()), "{printed}");
        assert!(printed.contains(facts[part]["password"].as_str().unwrap()), "{printed}");
        assert!(!Path::new(&format!("/proc/{}", facts[part]["pid"])).exists(), "{part} still runs");
    }
}
