//! Masters that nobody here wrote: mbpoll (libmodbus) and pymodbus.

use crate::support::{Secured, Server};
use haubert_guard::Settings;
use haubert_modbus_server::Patience;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the program printed on both of its ways out.
async fn said(command: &mut Command) -> String {
    let output =
        command.kill_on_drop(true).output().await.unwrap_or_else(|error| panic!("{command:?} (make test installs it): {error}"));
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

/// What mbpoll shows for a read: the values of a table (0, 1, 3 or 4 in its own numbering) of a unit.
async fn mbpoll(server: &Server, unit: u8, table: u8, address: u16, count: u16) -> Vec<String> {
    let (unit, table, address, count) = (unit.to_string(), table.to_string(), address.to_string(), count.to_string());
    let mut command = Command::new("mbpoll");
    command.args(["-m", "tcp", "-0", "-1", "-o", "5", "-p", &server.port(), "-a", &unit, "-t", &table]);
    let text = said(command.args(["-r", &address, "-c", &count, "127.0.0.1"])).await;
    let value = |line: &str| Some(line.strip_prefix('[')?.split_once("]:")?.1.trim().to_owned());
    let values: Vec<String> = text.lines().filter_map(value).collect();
    if values.is_empty() { vec![text] } else { values }
}

/// What pymodbus got for each question, as `tests/peers/pymodbus_client.py` writes them.
async fn pymodbus(arguments: &[&str]) -> Vec<Value> {
    let mut command = Command::new(repository().join("target/tools/venv/bin/python"));
    let text = said(command.arg(repository().join("tests/peers/pymodbus_client.py")).args(arguments)).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{text}"))).collect()
}

#[tokio::test]
async fn mbpoll_reads_every_table_and_is_told_what_it_cannot_have() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    assert_eq!(mbpoll(&server, 1, 0, 0, 3).await, ["1", "0", "1"]);
    assert_eq!(mbpoll(&server, 1, 1, 1, 3).await, ["0", "1", "0"]);
    assert_eq!(mbpoll(&server, 1, 3, 300, 2).await, ["300", "301"]);
    assert_eq!(mbpoll(&server, 1, 4, 7, 125).await.len(), 125);
    for (unit, address, exception) in
        [(1, 0x2000, "Illegal data address"), (9, 0, "Gateway path unavailable"), (3, 0, "Target device failed to respond")]
    {
        let text = mbpoll(&server, unit, 4, address, 1).await.concat();
        assert!(text.contains(exception), "{exception}: {text}");
    }
}

/// Questions, and what is answered to them, plainly as inside TLS.
fn questions() -> (Vec<&'static str>, Vec<Value>) {
    vec![
        ("1:1:0:3", json!({"items": [true, false, true]})),
        ("2:1:1:3", json!({"items": [false, true, false]})),
        ("3:1:10:3", json!({"items": [10, 11, 12]})),
        ("4:2:300:1", json!({"items": [300]})),
        ("id:1", json!({"texts": ["Haubert", "Port", "1.0"]})),
        ("write:1:8192:1", json!({"exception": 2})),
        ("3:1:8192:1", json!({"exception": 2})),
        ("write:9:0:1", json!({"exception": 10})),
        ("3:3:0:1", json!({"exception": 11})),
        ("id:3", json!({"exception": 11})),
    ]
    .into_iter()
    .unzip()
}

#[tokio::test]
async fn pymodbus_reads_every_table_and_is_told_what_it_cannot_have() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let (questions, answers) = questions();
    assert_eq!(pymodbus(&[&[server.port().as_str()], &questions[..]].concat()).await, answers);
}

#[tokio::test]
async fn pymodbus_reads_the_same_inside_tls_as_who_it_is() {
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    let shown = secured.authority.master(Some(b"\x0c\x08Operator"));
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("authority.pem", secured.authority.certificate.pem()),
        ("certificate.pem", shown.certificate.pem()),
        ("key.pem", shown.key.serialize_pem()),
    ];
    let files = files.map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let tls = format!("--tls={}", files.join(","));
    let (mut questions, mut answers) = questions();
    questions.push("id:4");
    answers.push(json!({"texts": ["Operator"]}));
    assert_eq!(pymodbus(&[&[tls.as_str(), secured.server.port().as_str()], &questions[..]].concat()).await, answers);
}
