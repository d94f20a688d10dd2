//! The whole way of a release: signed by the release tool, brought to a gateway by a person or by the hub, checked, installed, tried,
//! kept or taken back; and what must survive it.

use crate::releases::{Maintained, PASSWORD, PRODUCT, trail};
use crate::stage::{self, ONE_METER, SOON, joining, register};
use haubert_bundle::Version;
use haubert_release::supplier::Supplier;
use haubert_testkit::{Api, SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn refused(api: &Api, bundle: &[u8]) -> String {
    let answer = api.upload("/updates/bundle", bundle.to_vec()).await.unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text);
    answer.code().to_owned()
}

async fn finding(api: &Api, check: &str) -> String {
    let posture = api.get("/posture").await.unwrap();
    let found = posture["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
    found.and_then(|finding| finding["verdict"].as_str()).unwrap_or("not made").to_owned()
}

#[tokio::test]
async fn a_release_is_installed_and_kept_and_a_bad_one_is_taken_back() {
    let place = Maintained::new().await;
    let program = place.set_up(1).await;
    place.api().unwrap().sign_in("admin", PASSWORD).await.unwrap();
    let (api, view) = place.until("the first view", |_| true).await;
    assert_eq!((view["version"].as_str(), view["managed"].as_bool()), (Some("0.1.0"), Some(true)));
    assert_eq!(api.get("/boot").await.unwrap()["integrity"], "ok");
    assert_eq!(api.get("/updates/documents/sbom").await.unwrap()["bomFormat"], "CycloneDX");
    assert_eq!(finding(&api, "inventory.sbom").await, "holds");

    // What is wrong is refused, and the free slot stays empty.
    let good = place.bundle(2, Version(0, 2, 0), &place.gateway).await;
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    assert_eq!(refused(&api, &flipped).await, "update_damaged");
    assert_eq!(refused(&api, &good[..good.len() / 2]).await, "update_truncated");
    assert!(!place.path("slots/b").exists());
    let answer = api.post("/updates/install", json!({"version": "0.2.0"})).await;
    assert!(answer.unwrap_err().contains("not_found"));

    let offer = api.upload("/updates/bundle", good).await.unwrap().ok().unwrap();
    assert_eq!(offer["version"], "0.2.0");
    assert!(!place.path("slots/b").exists(), "an offer is not installed");
    api.post("/updates/install", json!({"version": "0.2.0"})).await.unwrap();
    let (api, view) = place.kept("0.2.0").await;
    assert_eq!(view["past"][0]["outcome"], "committed");
    assert_eq!(api.get("/boot").await.unwrap()["integrity"], "ok");

    // Genuine and well signed, but it does not start: three attempts, and the one before is back.
    let bad = place.bundle(3, Version(0, 3, 0), b"#!/bin/sh\nexit 1\n").await;
    api.upload("/updates/bundle", bad).await.unwrap().ok().unwrap();
    api.post("/updates/install", json!({"version": "0.3.0"})).await.unwrap();
    let back = |view: &Value| view["past"][0]["outcome"] == "did_not_start" && view["past"][0]["at"].is_string();
    let (api, view) = place.until("0.2.0 is back", back).await;
    assert_eq!(view["version"], "0.2.0");
    let events = api.get("/events").await.unwrap().to_string();
    for code in ["update_refused", "update_offered", "update_committed", "update_rolled_back"] {
        assert!(events.contains(code), "{code} is not told");
    }
    let holds_before = view["slots"].as_array().unwrap().iter().any(|slot| slot["holds"] == "before");
    assert!(!holds_before, "nobody goes back to what has failed");

    // The trail has who asked, from what to what, and how it ended.
    let asked = trail(&api, "update_installing").await;
    let of = |to: &str| asked.iter().find(|record| record["details"]["to"] == to).unwrap();
    let who =
        |record: &Value| (record["actor"]["account"].clone(), record["details"]["from"].clone(), record["details"]["to"].clone());
    assert_eq!(who(of("0.3.0")), (json!(SECURITY_USER), json!("0.2.0"), json!("0.3.0")));
    assert_eq!(who(of("0.2.0")), (json!(SECURITY_USER), json!("0.1.0"), json!("0.2.0")));
    let kept = trail(&api, "update_committed").await;
    assert_eq!((&kept[0]["details"]["to"], &kept[0]["outcome"]), (&json!("0.2.0"), &json!("success")));
    let failed = trail(&api, "update_rolled_back").await;
    assert_eq!((&failed[0]["details"]["to"], &failed[0]["outcome"]), (&json!("0.3.0"), &json!("failure")));
    assert_eq!(failed[0]["details"]["reason"], "did_not_start");
    assert_eq!(api.post("/audit/verification", json!({})).await.unwrap()["whole"], true);

    // A person can go back to one that was well.
    let next = place.bundle(4, Version(0, 4, 0), &place.gateway).await;
    api.upload("/updates/bundle", next).await.unwrap().ok().unwrap();
    api.post("/updates/install", json!({"version": "0.4.0"})).await.unwrap();
    let (api, _) = place.kept("0.4.0").await;
    api.post("/updates/roll-back", json!({})).await.unwrap();
    let (_, view) = place.kept("0.2.0").await;
    assert_eq!((view["past"][0]["kind"].as_str(), view["past"][0]["outcome"].as_str()), (Some("roll_back"), Some("committed")));
    program.stop().await.unwrap();
}

/// The series that there are, as an export asks for them.
async fn series(api: &Api) -> String {
    let series = api.get("/series").await.unwrap();
    let ids: Vec<String> = series["items"].as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    ids.join(",")
}

/// Lines of samples of these series, up to now. A series that began later would be another column in each of them.
async fn samples(api: &Api, series: &str) -> BTreeSet<String> {
    let path = format!("/exports/samples?ids={series}&from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z");
    let answer = api.send(reqwest::Method::GET, &path, None).await.unwrap();
    assert!(answer.status.is_success(), "{}", answer.text);
    answer.text.lines().map(str::to_owned).collect()
}

/// What of security and memory an update must leave alone: policy, firewall, accounts, the certificate, the trail from its
/// beginning.
async fn kept_things(place: &Maintained, api: &Api) -> Vec<Value> {
    let mut things = vec![json!(place.certificate())];
    for path in ["/policy", "/accounts", "/audit/records/1", "/site", "/buses", "/devices"] {
        let mut thing = api.get(path).await.unwrap_or_else(|said| json!(said));
        // Who used the services of the policy, and when somebody last signed in, changes and shall.
        if path == "/policy" {
            thing = thing["policy"].take();
        }
        for account in thing.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
        {
            account.retain(|name, _| !name.starts_with("last_") && !name.contains("session"));
        }
        things.push(thing);
    }
    things
}

#[tokio::test]
async fn settings_keys_and_history_survive_up_and_back() {
    let place = Maintained::new().await;
    let config = std::fs::read_to_string(place.path("gateway.toml")).unwrap();
    std::fs::write(place.path("gateway.toml"), format!("{config}{}", stage::QUICK)).unwrap();
    let plant = stage::plant(ONE_METER).await;
    let program = place.set_up(1).await;
    let admin = place.api().unwrap();
    admin.sign_in("admin", PASSWORD).await.unwrap();
    admin.put("/site", json!({"name": "Port", "time_zone": "Europe/Paris", "country": "FR"})).await.unwrap();
    let port = u16::try_from(plant.bus("tcp")["port"].as_u64().unwrap()).unwrap();
    let bus = stage::tcp_bus(&admin, "Atelier", port).await;
    let found = stage::search(&admin, &bus, 1, 1).await;
    let _device = stage::adopt(&admin, &bus, &found["found"][0]).await;
    let (security, _) = place.until("the first view", |_| true).await;
    policy::switch(&security, "modbus_writing", true).await.unwrap();
    until("history", SOON, || async { (samples(&admin, &series(&admin).await).await.len() > 30).then_some(()) }).await.unwrap();
    let series = series(&admin).await;
    let (things, history) = (kept_things(&place, &security).await, samples(&admin, &series).await);

    // Up, and kept.
    let next = place.bundle(2, Version(0, 2, 0), &place.gateway).await;
    security.upload("/updates/bundle", next).await.unwrap().ok().unwrap();
    security.post("/updates/install", json!({"version": "0.2.0"})).await.unwrap();
    let (security, _) = place.kept("0.2.0").await;
    let up = kept_things(&place, &security).await == things && samples(&security, &series).await.is_superset(&history);
    // Up, not healthy, and taken back by itself.
    let bad = place.bundle(3, Version(0, 3, 0), b"#!/bin/sh\nexit 1\n").await;
    security.upload("/updates/bundle", bad).await.unwrap().ok().unwrap();
    security.post("/updates/install", json!({"version": "0.3.0"})).await.unwrap();
    let (security, _) = place.until("0.2.0 is back", |view| view["past"][0]["outcome"] == "did_not_start").await;
    let back = kept_things(&place, &security).await == things && samples(&security, &series).await.is_superset(&history);
    // Nobody goes back to what has failed.
    security.post("/updates/roll-back", json!({})).await.unwrap_err();
    let figure = format!("after the update: {up}; after the way back: {back}; {} samples", history.len());
    haubert_score::record("27.survives", up && back, figure);
    assert_eq!(kept_things(&place, &security).await, things);
    assert_eq!(history.difference(&samples(&security, &series).await).next(), None);
    assert!(up && back);
    // The control: a setting that did change is seen.
    policy::switch(&security, "modbus_writing", false).await.unwrap();
    assert_ne!(kept_things(&place, &security).await, things);
    program.stop().await.unwrap();
}

#[tokio::test]
async fn a_release_on_the_hubs_shelf_is_fetched_where_the_policy_allows_it_and_verified_all_the_same() {
    let place = Maintained::new().await;
    let hub = stage::hub().await;
    let program = place.set_up(1).await;
    let admin = place.api().unwrap();
    admin.sign_in("admin", PASSWORD).await.unwrap();
    let (gateway_id, enrolment) = register(&hub.api).await;
    admin.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    until("the hub sees the gateway", SOON, || async {
        hub.api.get(&format!("/gateways/{gateway_id}")).await.ok().filter(|gateway| gateway["online"] == true)
    })
    .await
    .unwrap();
    let (security, view) = place.until("updates from the hub", |view| view["from_hub"] == true).await;
    assert!(view["offer"].is_null());
    assert!(security.post("/updates/check", json!({})).await.unwrap()["offer"].is_null(), "the shelf is empty");

    // The hub takes what it cannot judge; the gateway judges it.
    let thief = Supplier::new(&place.path("thief"), PRODUCT, place.supplier.expires).await.unwrap();
    let forged = thief.entries(9, Version(0, 9, 0), &[(PRODUCT, b"program")]).await.unwrap();
    let forged = hub.api.upload("/updates", place.pack(&forged)).await.unwrap().ok().unwrap();
    let said = security.post("/updates/check", json!({})).await.unwrap_err();
    assert!(said.contains("update_wrong_key"), "{said}");
    assert_eq!(trail(&security, "update_refused").await[0]["details"]["source"], "hub");
    let path = format!("/updates/{}", forged["id"].as_str().unwrap());
    assert!(hub.api.send(reqwest::Method::DELETE, &path, None).await.unwrap().status.is_success());

    let genuine = place.bundle(2, Version(0, 2, 0), &place.gateway).await;
    hub.api.upload("/updates", genuine).await.unwrap().ok().unwrap();
    policy::switch(&security, "update_from_hub", false).await.unwrap();
    let refused = security.post("/updates/check", json!({})).await.unwrap_err();
    assert!(refused.contains("403") || refused.contains("409"), "by policy: {refused}");
    assert!(security.get("/updates").await.unwrap()["offer"].is_null());
    policy::switch(&security, "update_from_hub", true).await.unwrap();
    let offer = security.post("/updates/check", json!({})).await.unwrap();
    assert_eq!((offer["offer"]["version"].as_str(), offer["offer"]["source"].as_str()), (Some("0.2.0"), Some("hub")));
    assert!(!place.path("slots/b").exists(), "nothing is installed unasked");
    security.post("/updates/install", json!({"version": "0.2.0"})).await.unwrap();
    let (security, _) = place.kept("0.2.0").await;

    // The trail says where it came from, who asked for it and how it ended; and the hub is told.
    assert_eq!(trail(&security, "update_offered").await[0]["details"]["source"], "hub");
    assert_eq!(trail(&security, "update_installing").await[0]["actor"]["account"], SECURITY_USER);
    assert_eq!(trail(&security, "update_committed").await[0]["details"]["to"], "0.2.0");
    until("the hub is told", SOON, || async {
        let events = hub.api.get(&format!("/gateways/{gateway_id}/events?limit=100")).await.ok()?.to_string();
        (events.contains("update_committed") && events.contains("update_refused")).then_some(())
    })
    .await
    .unwrap();
    program.stop().await.unwrap();
}
