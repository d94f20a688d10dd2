//! One byte of what runs is changed: that slot does not run, the one before does; and where there is none, the outlets stay closed.
//! Either way there is an alarm, and the hub is told.

use crate::releases::{Maintained, PASSWORD, trail, tree};
use crate::stage::{self, SOON, joining, register};
use haubert_bundle::Version;
use haubert_testkit::{Api, Program, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SAMPLES: &str = "/exports/samples?ids=1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";

/// Changes one byte, in the middle.
fn spoil(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

/// Puts a folder back as it was. The program's own inode is kept, so its mode is too.
fn restore(folder: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
    for path in tree(folder).keys().filter(|path| !before.contains_key(*path)) {
        std::fs::remove_file(path).unwrap();
    }
    for (path, bytes) in before {
        std::fs::write(path, bytes).unwrap();
    }
}

async fn enrolled(place: &Maintained) -> (Program, stage::Server, String) {
    let hub = stage::hub().await;
    let program = place.set_up(1).await;
    let admin = place.api().unwrap();
    admin.sign_in("admin", PASSWORD).await.unwrap();
    let (id, enrolment) = register(&hub.api).await;
    admin.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    (program, hub, id)
}

/// How many events of these codes the hub has of the gateway.
async fn told(hub: &Api, gateway: &str, codes: &[&str]) -> usize {
    let events = hub.get(&format!("/gateways/{gateway}/events?limit=500")).await.unwrap();
    let has = |event: &&Value| event["code"].as_str().is_some_and(|code| codes.contains(&code));
    events["items"].as_array().unwrap().iter().filter(has).count()
}

async fn hub_is_told(hub: &Api, gateway: &str, codes: &[&str], more_than: usize) -> bool {
    until("the hub is told", SOON, || async { (told(hub, gateway, codes).await > more_than).then_some(()) }).await.is_ok()
}

#[tokio::test]
async fn a_changed_slot_gives_way_to_the_one_before_and_the_hub_is_told() {
    let mut place = Maintained::new().await;
    let (program, hub, id) = enrolled(&place).await;
    let (api, _) = place.until("the first view", |_| true).await;
    let next = place.bundle(2, Version(0, 2, 0), &place.gateway).await;
    place.gateway = Vec::new();
    api.upload("/updates/bundle", next).await.unwrap().ok().unwrap();
    api.post("/updates/install", json!({"version": "0.2.0"})).await.unwrap();
    place.kept("0.2.0").await;
    program.stop().await.unwrap();

    let slots = place.path("slots");
    let image = tree(&slots);
    let parts = [
        ("the program", "haubert-gateway"),
        ("its content", "page.txt"),
        ("its list of components", "sbom.cdx.json"),
        ("the manifest", "metadata/targets.json"),
        ("what it says it is", "release.json"),
    ];
    let mut wrong = Vec::new();
    for (what, file) in parts {
        restore(&slots, &image);
        spoil(&slots.join("b").join(file));
        let before = told(&hub.api, &id, &["update_fell_back", "slot_tampered"]).await;
        let program = place.launch().await;
        let (api, view) = place.until("a view", |view| view["past"][0]["outcome"] == "fell_back").await;
        let boot = api.get("/boot").await.unwrap();
        let runs = (view["version"].as_str(), boot["integrity"].as_str(), boot["outlets_allowed"].as_bool());
        if runs != (Some("0.1.0"), Some("ok"), Some(true)) {
            wrong.push(format!("{what}: {runs:?}"));
        }
        let alarm = until("the alarm", SOON, || async {
            let said = trail(&api, "slot_tampered").await;
            let named = said.first().is_some_and(|record| record["details"]["files"].as_str().unwrap().contains(file));
            (named && api.get("/home").await.ok()?.to_string().contains("slot_tampered")).then_some(())
        });
        if alarm.await.is_err() {
            wrong.push(format!("{what}: no alarm"));
        }
        if !hub_is_told(&hub.api, &id, &["update_fell_back", "slot_tampered"], before + 1).await {
            wrong.push(format!("{what}: the hub is not told"));
        }
        program.stop().await.unwrap();
    }
    // The control: as it was signed, the newer slot runs.
    restore(&slots, &image);
    let program = place.launch().await;
    let (api, view) = place.until("a view", |_| true).await;
    let well = view["version"] == "0.2.0" && api.get("/boot").await.unwrap()["integrity"] == "ok";
    program.stop().await.unwrap();
    let figure = format!("{} kinds of file, {} went wrong", parts.len(), wrong.len());
    haubert_score::record("28.falls-back", wrong.is_empty() && well, figure);
    assert_eq!(wrong, [""; 0]);
    assert!(well);
}

#[tokio::test]
async fn with_no_slot_to_fall_back_to_the_outlets_close_and_the_rest_goes_on() {
    let place = Maintained::new().await;
    let (program, hub, id) = enrolled(&place).await;
    program.stop().await.unwrap();
    let page = place.path("slots/a/page.txt");
    let good = std::fs::read(&page).unwrap();
    spoil(&page);
    let said = place.slot_tool().arg("status").output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stdout).contains("page.txt: changed"));

    // It measures and shows, and hands nothing out.
    let program = place.launch().await;
    let (api, _) = place.until("the view", |_| true).await;
    let boot = api.get("/boot").await.unwrap();
    let closed = (boot["integrity"].as_str(), boot["outlets_allowed"].as_bool()) == (Some("tampered"), Some(false))
        && api.send(reqwest::Method::GET, SAMPLES, None).await.unwrap().code() == "outlets_closed";
    assert_eq!(boot["faults"][0], "page.txt: changed");
    let home = api.get("/home").await.unwrap().to_string();
    let alarm = home.contains("integrity_failed") && api.get("/events").await.unwrap().to_string().contains("integrity_failed");
    api.get("/loads").await.expect("the local view goes on");
    let posture = api.get("/posture").await.unwrap().to_string();
    assert!(posture.contains("\"check\":\"inventory.sbom\""), "{posture}");
    let told = hub_is_told(&hub.api, &id, &["integrity_failed"], 0).await;
    let figure = format!("outlets closed: {closed}; alarm: {alarm}; hub told: {told}");
    haubert_score::record("28.closes", closed && alarm && told, figure);
    assert!(closed && alarm && told, "{boot} {home}");
    program.stop().await.unwrap();

    // The control: the same changed file, with nobody who compares it with what was signed.
    let config = ["--config".to_owned(), place.path("gateway.toml").to_string_lossy().into_owned()];
    let program = Program::start("haubert-gateway", "gateway", place.dir.path(), &config).await.unwrap();
    let api = place.api().unwrap();
    api.sign_in(haubert_testkit::SECURITY_USER, PASSWORD).await.unwrap();
    let unseen = api.get("/boot").await.unwrap();
    let open = unseen["outlets_allowed"] == true && unseen["integrity"] == "unsigned";
    haubert_score::record(
        "28.control",
        open,
        "without the signed list the change is not noticed, and the program says \"unsigned\"",
    );
    assert!(open, "{unseen}");
    program.stop().await.unwrap();

    // As it was signed, all is well again.
    std::fs::write(&page, good).unwrap();
    let program = place.launch().await;
    let (api, _) = place.until("the view", |_| true).await;
    assert_eq!(api.get("/boot").await.unwrap()["outlets_allowed"], true);
    let tested = api.post("/boot/self-test", json!({})).await.unwrap();
    assert!(tested["tests"].as_array().unwrap().iter().all(|test| test["passed"] == true), "{tested}");
    program.stop().await.unwrap();
}
