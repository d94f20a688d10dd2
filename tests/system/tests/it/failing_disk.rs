//! What the tests of failing disks share.

use haubert_testkit::Witness;
use haubert_testkit::disk::{Fault, Kind};
use haubert_testkit::drill::{CONFIG, Server};
use serde_json::json;
use std::path::Path;

/// More calls than a test makes.
pub(crate) const FOR_EVER: u64 = 1_000_000;
/// What can befall which call.
pub(crate) const WALK: [(Kind, Fault); 9] = [
    (Kind::Write, Fault::Full),
    (Kind::Write, Fault::Broken),
    (Kind::Write, Fault::Interrupted),
    (Kind::Write, Fault::Short),
    (Kind::Sync, Fault::Broken),
    (Kind::Sync, Fault::Full),
    (Kind::Truncate, Fault::Broken),
    (Kind::Read, Fault::Broken),
    (Kind::Open, Fault::Broken),
];

/// A gateway that reads so many of the witness's meters, each value of which says when it was measured.
pub(crate) async fn witnessed(dir: &Path, witness: &Witness, meters: u8) -> Server {
    std::fs::create_dir_all(dir.join("profiles/haubert")).unwrap();
    std::fs::write(dir.join("profiles/haubert/witness.toml"), Witness::profile()).unwrap();
    let config = dir.join("gateway.toml");
    std::fs::write(&config, format!("profiles_dir = {:?}\n{CONFIG}", dir.join("profiles"))).unwrap();
    let arguments = ["--config".to_owned(), config.to_string_lossy().into_owned()];
    let gateway = Server::start("haubert-gateway", &dir.join("gateway"), &arguments).await.unwrap();
    let line = json!({"kind": "tcp", "host": "127.0.0.1", "port": witness.port()});
    let bus = json!({"name": "bus", "line": line, "timeout_ms": 1000, "poll_ms": 100, "enabled": true});
    let bus = gateway.api.post("/buses", bus).await.unwrap();
    for unit in 1..=meters {
        let device = json!({"bus_id": bus["id"], "name": format!("m{unit}"), "unit": unit, "profile_id": Witness::PROFILE});
        gateway.api.post("/devices", device).await.unwrap();
    }
    gateway
}
