//! The whole way of a release: signed by the release tool, brought to a gateway, checked, installed, tried, kept or taken back.
//!
//! The gateway in the slots is the real one; what differs between its releases is a file beside it. A bad release is a program
//! that ends at once.

use haubert_bundle::Version;
use haubert_release::supplier::Supplier;
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "Correct-horse-7-battery";
const PRODUCT: &str = "haubert-gateway";
const LONG: Duration = Duration::from_secs(90);

struct Plant {
    dir: TempDir,
    supplier: Supplier,
    gateway: Vec<u8>,
}

impl Plant {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let expires = "2099-01-01T00:00:00Z".parse().unwrap();
        let supplier = Supplier::new(&dir.path().join("supplier"), PRODUCT, expires).await.unwrap();
        let stripped = dir.path().join("stripped");
        let done = Command::new("strip").arg("-o").arg(&stripped).arg(bin_dir().join(PRODUCT)).status().unwrap();
        assert!(done.success());
        let gateway = std::fs::read(&stripped).unwrap();
        let config =
            format!("data_dir = {:?}\nlisten = \"127.0.0.1:0\"\n[update]\nprobation_seconds = 2\n", dir.path().join("data"));
        std::fs::write(dir.path().join("gateway.toml"), config).unwrap();
        Self { dir, supplier, gateway }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn bundle(&self, number: u64, version: Version, program: &[u8]) -> Vec<u8> {
        let file = self.path("bundle");
        let page = format!("Release {version}");
        let files: [(&str, &[u8]); 3] = [(PRODUCT, program), ("page.txt", page.as_bytes()), ("sbom.cdx.json", b"{}")];
        self.supplier.bundle(number, version, &files, &file).await.unwrap();
        std::fs::read(&file).unwrap()
    }

    fn slot_tool(&self) -> Command {
        let mut command = Command::new(bin_dir().join("haubert-slot"));
        command.arg("--slots").arg(self.path("slots")).arg("--supplier-root").arg(self.supplier.root(1));
        command
    }

    /// Puts the first release into its slot.
    async fn found(&self) {
        let first = self.bundle(1, Version(0, 1, 0), &self.gateway).await;
        std::fs::write(self.path("first"), first).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let said = self.slot_tool().arg("found").arg(self.path("first")).args(["--now", &now.to_string()]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    async fn launch(&self) -> Program {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let arguments = [
            "--slots".to_owned(),
            text(self.path("slots")),
            "--supplier-root".to_owned(),
            text(self.supplier.root(1)),
            "run".to_owned(),
            "--".to_owned(),
            "--config".to_owned(),
            text(self.path("gateway.toml")),
        ];
        Program::start("haubert-slot", "gateway", self.dir.path(), &arguments).await.unwrap()
    }

    /// Where the gateway now serves; it takes another port at each start.
    fn api(&self) -> Option<Api> {
        let ready: Value = serde_json::from_slice(&std::fs::read(self.path("gateway.ready.json")).ok()?).ok()?;
        Api::new(ready["https"].as_str()?, Path::new(ready["ca_file"].as_str()?)).ok()
    }

    /// Signs in as Cyber security, and waits until `look` likes what `GET /updates` says.
    async fn until(&self, what: &str, look: impl Fn(&Value) -> bool) -> (Api, Value) {
        let look = &look;
        until(what, LONG, || async move {
            let api = self.api()?;
            api.sign_in(SECURITY_USER, PASSWORD).await.ok()?;
            let view = api.get("/updates").await.ok()?;
            look(&view).then_some((api, view))
        })
        .await
        .unwrap()
    }
}

async fn refused(api: &Api, bundle: &[u8]) -> String {
    let answer = api.upload("/updates/bundle", bundle.to_vec()).await.unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text);
    answer.code().to_owned()
}

#[tokio::test]
async fn a_release_is_installed_and_kept_and_a_bad_one_is_taken_back() {
    let plant = Plant::new().await;
    plant.found().await;
    let program = plant.launch().await;
    let first = plant.api().unwrap();
    first.set_up(&program.setup_code().await.unwrap(), "admin", PASSWORD).await.unwrap();
    first.put("/site", json!({"name": "Port", "time_zone": "Europe/Paris", "country": "FR"})).await.unwrap();
    let (api, view) = plant.until("the first view", |_| true).await;
    assert_eq!((view["version"].as_str(), view["managed"].as_bool()), (Some("0.1.0"), Some(true)));
    assert_eq!(api.get("/boot").await.unwrap()["integrity"], "ok");
    assert_eq!(api.get("/updates/documents/sbom").await.unwrap(), json!({}));

    // What is wrong is refused, and the free slot stays empty.
    let good = plant.bundle(2, Version(0, 2, 0), &plant.gateway).await;
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    assert_eq!(refused(&api, &flipped).await, "update_damaged");
    assert_eq!(refused(&api, &good[..good.len() / 2]).await, "update_truncated");
    assert!(!plant.path("slots/b").exists());
    let answer = api.post("/updates/install", json!({"version": "0.2.0"})).await;
    assert!(answer.unwrap_err().contains("not_found"));

    let offer = api.upload("/updates/bundle", good).await.unwrap().ok().unwrap();
    assert_eq!(offer["version"], "0.2.0");
    assert!(!plant.path("slots/b").exists(), "an offer is not installed");
    api.post("/updates/install", json!({"version": "0.2.0"})).await.unwrap();
    let kept = |view: &Value| view["version"] == "0.2.0" && view["trial"].is_null();
    let (api, view) = plant.until("0.2.0 is kept", kept).await;
    assert_eq!(view["past"][0]["outcome"], "committed");
    assert_eq!(api.get("/boot").await.unwrap()["integrity"], "ok");
    assert_eq!(api.get("/site").await.unwrap()["name"], "Port");

    // Genuine and well signed, but it does not start: three attempts, and the one before is back.
    let bad = plant.bundle(3, Version(0, 3, 0), b"#!/bin/sh\nexit 1\n").await;
    api.upload("/updates/bundle", bad).await.unwrap().ok().unwrap();
    api.post("/updates/install", json!({"version": "0.3.0"})).await.unwrap();
    let back = |view: &Value| view["past"][0]["outcome"] == "did_not_start" && view["past"][0]["at"].is_string();
    let (api, view) = plant.until("0.2.0 is back", back).await;
    assert_eq!(view["version"], "0.2.0");
    assert_eq!(api.get("/site").await.unwrap()["name"], "Port", "settings survive up and back");
    let events = api.get("/events").await.unwrap().to_string();
    for code in ["update_refused", "update_offered", "update_committed", "update_rolled_back"] {
        assert!(events.contains(code), "{code} is not told");
    }

    assert!(
        view["slots"].as_array().unwrap().iter().all(|slot| slot["holds"] != "before"),
        "nobody goes back to what has failed"
    );

    // A person can go back to one that was well.
    let next = plant.bundle(4, Version(0, 4, 0), &plant.gateway).await;
    api.upload("/updates/bundle", next).await.unwrap().ok().unwrap();
    api.post("/updates/install", json!({"version": "0.4.0"})).await.unwrap();
    let (api, _) = plant.until("0.4.0 is kept", |view| view["version"] == "0.4.0" && view["trial"].is_null()).await;
    api.post("/updates/roll-back", json!({})).await.unwrap();
    let (_, view) = plant.until("0.2.0 is kept", |view| view["version"] == "0.2.0" && view["trial"].is_null()).await;
    assert_eq!((view["past"][0]["kind"].as_str(), view["past"][0]["outcome"].as_str()), (Some("roll_back"), Some("committed")));
    program.stop().await.unwrap();
}

#[tokio::test]
async fn a_changed_file_closes_the_outlets_and_the_rest_goes_on() {
    let plant = Plant::new().await;
    plant.found().await;
    let program = plant.launch().await;
    plant.api().unwrap().set_up(&program.setup_code().await.unwrap(), "admin", PASSWORD).await.unwrap();
    program.stop().await.unwrap();
    let page = plant.path("slots/a/page.txt");
    std::fs::write(&page, "Release 0.1.1").unwrap();
    let said = plant.slot_tool().arg("status").output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stdout).contains("page.txt: changed"));

    // There is no other slot to fall back to: it measures and shows, and hands nothing out.
    let program = plant.launch().await;
    let (api, _) = plant.until("the view", |_| true).await;
    let boot = api.get("/boot").await.unwrap();
    assert_eq!((boot["integrity"].as_str(), boot["outlets_allowed"].as_bool()), (Some("tampered"), Some(false)));
    assert_eq!(boot["faults"][0], "page.txt: changed");
    let answer = api.send(reqwest::Method::GET, "/exports/samples?ids=1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", None);
    assert_eq!(answer.await.unwrap().code(), "outlets_closed");
    let home = api.get("/home").await.unwrap().to_string();
    assert!(home.contains("integrity_failed"), "{home}");
    assert!(api.get("/events").await.unwrap().to_string().contains("integrity_failed"));
    api.get("/loads").await.expect("the local view goes on");
    program.stop().await.unwrap();

    // As it was signed, all is well again.
    std::fs::write(&page, "Release 0.1.0").unwrap();
    let program = plant.launch().await;
    let (api, _) = plant.until("the view", |_| true).await;
    assert_eq!(api.get("/boot").await.unwrap()["outlets_allowed"], true);
    let tested = api.post("/boot/self-test", json!({})).await.unwrap();
    assert!(tested["tests"].as_array().unwrap().iter().all(|test| test["passed"] == true), "{tested}");
    program.stop().await.unwrap();
}
