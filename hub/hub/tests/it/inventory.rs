//! The inventory: what people describe, what gateways bring, zones and conduits, tables in and out, advisories. Each scene on SQLite
//! here, on PostgreSQL in `postgres.rs`.

use crate::support::*;
use haubert_link::Link;
use haubert_link::message::{DeviceDeclaration, Hello};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) async fn put(person: &Person, path: &str, body: Value) -> Value {
    let response = person.send(Method::PUT, path, Some(body)).await;
    let status = response.status();
    let value: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

pub(crate) async fn company(person: &Person, name: &str) -> String {
    let made = person.created("/organisations", json!({"name": name, "kind": "logistics"})).await;
    made["id"].as_str().unwrap().to_owned()
}

pub(crate) fn plc(revision: i64) -> Value {
    json!({"name": "Automate 1", "class": "OTE", "kind": "ote.plc", "owner": "Léa", "site_id": null, "criticality": 3,
           "make": "Siemens AG", "model": "SIMATIC S7-1500", "version": "2.9.2", "serial": "", "address": "10.1.2.3",
           "zone_id": null, "note": "", "revision": revision})
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

pub(crate) async fn assets_are_described_and_nobodys_words_are_lost(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (own, other) = (company(&ana, "Transit Estuaire").await, company(&ana, "Quai Sud").await);
    let assets = format!("/organisations/{own}/assets");
    let made = ana.created(&assets, plc(0)).await;
    assert_eq!((&made["origin"], &made["revision"], &made["told"]), (&json!("people"), &json!(1), &json!([])));
    let path = format!("/assets/{}", id(&made));
    let mut changed = plc(1);
    changed["owner"] = json!("Bruno");
    assert_eq!(put(&ana, &path, changed.clone()).await["revision"], 2);
    assert_eq!(ana.problem(Method::PUT, &path, Some(changed)).await.1, "changed_meanwhile");
    let read = ana.get(&path).await;
    assert_eq!((&read["owner"], &read["changed_by"]), (&json!("Bruno"), &json!("ana")));

    let theirs = json!({"organisation_id": other, "name": "Quai", "time_zone": "Europe/Paris", "country": "FR"});
    let theirs = ana.created("/sites", theirs).await;
    let refused = async |field: &str, value: Value| {
        let mut body = plc(0);
        body[field] = value;
        ana.problem(Method::POST, &assets, Some(body)).await.2["fields"][0]["field"].clone()
    };
    for (field, value) in [
        ("name", json!(" ")),
        ("class", json!("XYZ")),
        ("kind", json!("its.erp")),
        ("criticality", json!(5)),
        ("make", json!("x".repeat(101))),
        ("note", json!("x".repeat(4_001))),
        ("site_id", theirs["id"].clone()),
        ("zone_id", json!("nobody")),
    ] {
        assert_eq!(refused(field, value).await, field);
    }
    let second = ana.created(&assets, plc(0)).await;
    let page = ana.get(&format!("{assets}?limit=1")).await;
    assert_eq!(page["items"][0]["id"], made["id"]);
    let rest = ana.get(&format!("{assets}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest["items"][0]["id"], second["id"]);
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.problem(Method::GET, &path, None).await.0, 404);
}

fn known(version: &str) -> DeviceDeclaration {
    DeviceDeclaration {
        make: Some("Socomec".to_owned()),
        model: Some("COUNTIS E34".to_owned()),
        version: Some(version.to_owned()),
        ..DeviceDeclaration::named(device(), "Tableau 1".to_owned())
    }
}

fn body_of(asset: &Value) -> Value {
    let keys = plc(0).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    keys.into_iter().map(|key| (key.clone(), asset[&key].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// The assets of an organisation: the gateway, then what else there is, by name.
async fn inventory(person: &Person, of: &str) -> Vec<Value> {
    let mut items = person.get(&format!("/organisations/{of}/assets")).await["items"].as_array().unwrap().clone();
    items.sort_by_key(|asset| (asset["model"] != "Gateway", asset["name"].as_str().unwrap().to_owned()));
    items
}

pub(crate) async fn gateways_and_their_devices_enter_by_themselves(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (gateway, enrolment) = hub.waiting_gateway(&ana).await;
    let own = ana.get("/organisations").await["items"][0]["id"].as_str().unwrap().to_owned();
    let site = ana.get("/sites").await["items"][0]["id"].clone();
    let link = Link::new(&hub.enrol(&enrolment).await.unwrap()).unwrap();
    // A gateway of an earlier version says no more than names.
    link.hello(&hello(0)).await.unwrap();
    let found = inventory(&ana, &own).await;
    let [itself, meter] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&itself["make"], &itself["version"]), (&json!("Haubert"), &json!("0.1.0")));
    assert_eq!((&meter["name"], &meter["make"], &meter["site_id"]), (&json!("Tableau 1"), &json!(""), &site));
    assert_eq!((&meter["origin"], &meter["kind"]), (&json!("gateway"), &json!("ote.power-meter")));
    assert_eq!((&meter["gateway_id"], &meter["told"]), (&json!(gateway), &json!(["name", "site"])));
    link.hello(&hello(0)).await.unwrap();
    assert_eq!(inventory(&ana, &own).await, found, "the same again changes nothing");

    let path = format!("/assets/{}", id(meter));
    let mut words = body_of(meter);
    words["owner"] = json!("Léa");
    words["criticality"] = json!(4);
    words["note"] = json!("behind the pump");
    put(&ana, &path, words).await;
    link.hello(&Hello { devices: vec![known("1.04")], ..hello(0) }).await.unwrap();
    let told = ana.get(&path).await;
    for (key, value) in [
        ("make", json!("Socomec")),
        ("version", json!("1.04")),
        ("owner", json!("Léa")),
        ("criticality", json!(4)),
        ("told", json!(["name", "site", "make", "model", "version"])),
        ("changed_by", json!("Poste A")),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    let mut other = body_of(&told);
    other["version"] = json!("9");
    other["serial"] = json!("123");
    let problem = ana.problem(Method::PUT, &path, Some(other.clone())).await.2;
    assert_eq!(
        (&problem["fields"][0]["field"], &problem["fields"][0]["message_code"]),
        (&json!("version"), &json!("from_gateway"))
    );
    other["version"] = json!("1.04");
    put(&ana, &path, other).await;
    assert_eq!(ana.problem(Method::DELETE, &path, None).await.1, "still_there");

    link.hello(&Hello { devices: vec![], loads: vec![], ..hello(0) }).await.unwrap();
    let gone = ana.get(&path).await;
    assert!(gone["gone_at"].is_string() && gone["owner"] == "Léa", "{gone}");
    link.hello(&Hello { devices: vec![known("1.05")], ..hello(0) }).await.unwrap();
    let back = ana.get(&path).await;
    assert_eq!((&back["gone_at"], &back["version"], &back["serial"]), (&Value::Null, &json!("1.05"), &json!("123")));

    // Another organisation's now: what it says moves, what people said stays behind.
    let (other, place) = (company(&ana, "Quai Sud").await, gateway.to_string());
    let elsewhere = json!({"organisation_id": other, "name": "Quai 2", "time_zone": "Europe/Paris", "country": "FR"});
    let elsewhere = ana.created("/sites", elsewhere).await;
    put(&ana, &format!("/gateways/{place}"), json!({"site_id": elsewhere["id"], "name": "Poste B"})).await;
    let there = inventory(&ana, &other).await;
    assert_eq!((&there[0]["name"], &there[1]["version"]), (&json!("Poste B"), &json!("1.05")));
    assert_eq!((&there[1]["owner"], &there[1]["site_id"]), (&json!(""), &elsewhere["id"]));
    let here = ana.get(&path).await;
    assert!(here["gone_at"].is_string() && here["gateway_id"].is_null() && here["owner"] == "Léa", "{here}");
    link.hello(&Hello { devices: vec![known("1.06")], ..hello(0) }).await.unwrap();
    assert_eq!(ana.get(&path).await["version"], "1.05", "the organisation before hears nothing more");
    assert_eq!(inventory(&ana, &other).await[1]["version"], "1.06");
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);

    ana.send(Method::DELETE, &format!("/gateways/{place}"), None).await;
    let left = inventory(&ana, &other).await;
    assert!(left.len() == 2 && left.iter().all(|asset| asset["gone_at"].is_string()), "{left:?}");
}

async fn import(person: &Person, of: &str, dry_run: bool, table: impl Into<Vec<u8>>) -> (u16, Value) {
    let url = format!("{}/api/v1/organisations/{of}/assets/import?dry_run={dry_run}", person.base);
    let request = person.http.post(url).header("x-haubert-request", "1").header("content-type", "application/octet-stream");
    let response = request.body(table.into()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// What became of a table: added, changed, unchanged, refused.
fn counts(answer: &(u16, Value)) -> [u64; 4] {
    assert_eq!(answer.0, 200, "{}", answer.1);
    ["added", "changed", "unchanged", "refused"].map(|key| answer.1[key].as_u64().unwrap())
}

pub(crate) async fn a_table_is_looked_at_before_it_counts(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let own = company(&ana, "Transit Estuaire").await;
    let site = json!({"organisation_id": own, "name": "Quai 1", "time_zone": "Europe/Paris", "country": "FR"});
    ana.created("/sites", site).await;
    let zone =
        ana.created(&format!("/organisations/{own}/zones"), json!({"name": "Automates", "target_level": 2, "revision": 0})).await;
    // As a French spreadsheet writes it: semicolons, Windows-1252.
    let text = "Nom;Classe;Type;Criticité;Fabricant;Modèle;Site;Zone;Couleur\r\n\
                Écluse 1;OTE;Automate programmable (API);4;Siemens;S7-1500;quai 1;automates;bleu\r\n\
                Bureau;ITE;;9;;;;;\r\n\
                Grue;OTS;;3;;;Quai 9;;\r\n\
                ;OTS;;3;;;;;\r\n";
    let table: Vec<u8> = text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap()).collect();
    let looked = import(&ana, &own, true, table.clone()).await;
    assert_eq!(counts(&looked), [1, 0, 0, 3]);
    let faults: Vec<_> = looked.1["rows"].as_array().unwrap()[1..]
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                row["faults"][0]["field"].as_str().unwrap().to_owned(),
                row["faults"][0]["code"].clone(),
            )
        })
        .collect();
    let fault = |line: u64, field: &str, code: &str| (line, field.to_owned(), json!(code));
    assert_eq!(faults, [fault(3, "criticality", "not_valid"), fault(4, "site", "not_found"), fault(5, "name", "required")]);
    assert_eq!(looked.1["unknown_columns"], json!(["Couleur"]));
    assert!(inventory(&ana, &own).await.is_empty(), "so far it was only looked at");
    assert_eq!(counts(&import(&ana, &own, false, table.clone()).await), [1, 0, 0, 3]);
    assert_eq!(counts(&import(&ana, &own, false, table).await), [0, 0, 1, 3]);
    let kept = &inventory(&ana, &own).await[0];
    assert_eq!((&kept["name"], &kept["kind"], &kept["zone_id"]), (&json!("Écluse 1"), &json!("ote.plc"), &zone["id"]));
    assert_eq!((&kept["changed_by"], &kept["criticality"]), (&json!("ana"), &json!(4)));
    let changed = import(&ana, &own, false, "name,owner\nécluse 1,Léa\n").await;
    assert_eq!(counts(&changed), [0, 1, 0, 0]);
    assert_eq!((&changed.1["rows"][0]["changed"], &changed.1["rows"][0]["asset_id"]), (&json!(["owner"]), &kept["id"]));

    assert_eq!(import(&ana, &own, true, "Fabricant\nSiemens\n").await.1["code"], "heading_not_valid");
    assert_eq!(import(&ana, &own, true, "").await.1["code"], "table_empty");
    assert_eq!(import(&ana, &own, true, format!("name\n{}", "x\n".repeat(5_001))).await.1["code"], "too_many_rows");
    let large = import(&ana, &own, true, vec![b'x'; 2 * 1024 * 1024 + 1]).await;
    assert_eq!((large.0, &large.1["code"]), (413, &json!("too_large")));
    assert_eq!(import(&ana, &own, true, "PK\u{3}\u{4}").await.1["code"], "table_unreadable");
}

pub(crate) async fn what_is_taken_along_comes_back_as_it_was(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (_, enrolment) = hub.waiting_gateway(&ana).await;
    let own = ana.get("/organisations").await["items"][0]["id"].as_str().unwrap().to_owned();
    let link = Link::new(&hub.enrol(&enrolment).await.unwrap()).unwrap();
    link.hello(&Hello { devices: vec![known("1.04")], ..hello(0) }).await.unwrap();
    let mut evil = plc(0);
    evil["name"] = json!("=cmd|'/c calc'!A0");
    evil["note"] = json!("two\nlines; \"quoted\"");
    ana.created(&format!("/organisations/{own}/assets"), evil).await;
    for (form, lang) in [("csv", "fr"), ("csv", "en"), ("xlsx", "fr"), ("xlsx", "en")] {
        let path = format!("/organisations/{own}/assets/table?form={form}&lang={lang}");
        let answer = ana.send(Method::GET, &path, None).await;
        let named = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(named, format!("attachment; filename=\"inventory.{form}\""));
        let bytes = answer.bytes().await.unwrap().to_vec();
        if form == "csv" {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains("'=cmd|") && !text.contains(",=cmd") && !text.contains(";=cmd"), "{text}");
        }
        assert_eq!(counts(&import(&ana, &own, false, bytes).await), [0, 0, 3, 0], "{form} {lang}");
    }
    let told = ana.get(&format!("/organisations/{own}/assets/table?form=json&lang=fr")).await;
    assert_eq!((&told["columns"][1]["title"], told["rows"].as_array().unwrap().len()), (&json!("Nom"), 3));
    let overruled = import(&ana, &own, true, "name,version\nTableau 1,9.9\n").await;
    assert_eq!(overruled.1["rows"][0]["faults"][0]["code"], "from_gateway");
}

pub(crate) async fn zones_and_conduits_hold_together(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (own, other) = (company(&ana, "Transit Estuaire").await, company(&ana, "Quai Sud").await);
    let of = |path: &str| format!("/organisations/{own}{path}");
    let zone =
        |name: &str, level: u8, revision: i64| json!({"name": name, "target_level": level, "purpose": "", "revision": revision});
    let plant = ana.created(&of("/zones"), zone("Automates", 3, 0)).await;
    let office = ana.created(&of("/zones"), zone("Bureaux", 1, 0)).await;
    let theirs = ana.created(&format!("/organisations/{other}/zones"), zone("Ailleurs", 1, 0)).await;
    assert_eq!(ana.problem(Method::POST, &of("/zones"), Some(zone("x", 5, 0))).await.2["fields"][0]["field"], "target_level");
    let path = format!("/zones/{}", id(&plant));
    assert_eq!(put(&ana, &path, zone("Automates", 2, 1)).await["revision"], 2);
    assert_eq!(ana.problem(Method::PUT, &path, Some(zone("Automates", 4, 1))).await.1, "changed_meanwhile");

    let conduit = |from: &Value, to: &Value, level: u8, revision: i64| {
        json!({"name": "Historian", "from_zone_id": from["id"], "to_zone_id": to["id"], "direction": "forward",
               "protocols": ["OPC UA"], "target_level": level, "note": "", "revision": revision})
    };
    let conduits = of("/conduits");
    let refused = async |body: Value| {
        let problem = ana.problem(Method::POST, &conduits, Some(body)).await.2;
        (problem["fields"][0]["field"].clone(), problem["fields"][0]["message_code"].clone())
    };
    assert_eq!(refused(conduit(&plant, &plant, 1, 0)).await, (json!("to_zone_id"), json!("same_zone")));
    assert_eq!(refused(conduit(&plant, &theirs, 1, 0)).await, (json!("to_zone_id"), json!("not_found")));
    assert_eq!(refused(conduit(&theirs, &plant, 1, 0)).await, (json!("from_zone_id"), json!("not_found")));
    let made = ana.created(&conduits, conduit(&plant, &office, 0, 0)).await;
    assert_eq!((&made["direction"], &made["protocols"]), (&json!("forward"), &json!(["OPC UA"])));

    let mut inside = plc(0);
    inside["zone_id"] = plant["id"].clone();
    let inside = ana.created(&of("/assets"), inside).await;
    let outside = ana.created(&of("/assets"), plc(0)).await;
    let told = ana.get(&of("/segmentation")).await;
    assert_eq!(told["without_zone"], json!([{"id": outside["id"], "name": "Automate 1", "criticality": 3}]));
    assert_eq!(told["zones"][0], json!({"zone_id": plant["id"], "assets": 1}));
    let expected = json!([{"kind": "zone_empty", "on": office["id"]}, {"kind": "conduit_below_zones", "on": made["id"]}]);
    assert_eq!(told["remarks"], expected);
    let better = format!("/conduits/{}", id(&made));
    assert_eq!(put(&ana, &better, conduit(&plant, &office, 1, 1)).await["revision"], 2);
    assert_eq!(ana.get(&of("/segmentation")).await["remarks"].as_array().unwrap().len(), 1);

    assert_eq!(ana.problem(Method::DELETE, &path, None).await.1, "not_empty");
    assert_eq!(ana.send(Method::DELETE, &better, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.get(&format!("/assets/{}", id(&inside))).await["zone_id"], Value::Null);
}

/// An advisory of a maker that does not exist.
fn advisory(version: &str, tlp: &str) -> Value {
    let product = |version: &str, id: &str| json!({"category": "product_version", "name": version, "product": {"name": format!("Phare Vigie {version}"), "product_id": id}});
    let range = json!({"category": "product_version_range", "name": "vers:generic/<2.0",
                       "product": {"name": "Phare Vigie before 2.0", "product_id": "old"}});
    json!({
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Vigie: no sign-in",
            "publisher": {"category": "vendor", "name": "Phare", "namespace": "https://phare.example"},
            "tracking": {"id": "PH-1", "version": version, "status": "final",
                         "initial_release_date": "2026-03-01T10:00:00Z", "current_release_date": "2026-03-02T10:00:00Z"},
            "distribution": {"tlp": {"label": tlp}}
        },
        "product_tree": {"branches": [{"category": "vendor", "name": "Phare SAS", "branches": [
            {"category": "product_name", "name": "Vigie", "branches": [range, product("2.0", "new")]}
        ]}]},
        "vulnerabilities": [{
            "cve": "CVE-2026-0001", "title": "No sign-in",
            "product_status": {"known_affected": ["old"], "fixed": ["new"]},
            "scores": [{"cvss_v3": {"baseScore": 9.1}, "products": ["old"]}],
            "remediations": [{"category": "vendor_fix", "details": "Install 2.0", "product_ids": ["old"]}]
        }]
    })
}

async fn bring(person: &Person, advisory: &Value) -> (u16, Value) {
    let answer = person.send(Method::POST, "/advisories", Some(advisory.clone())).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

pub(crate) async fn advisories_bear_on_what_is_there(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let own = company(&ana, "Transit Estuaire").await;
    let mut ids = Vec::new();
    for (name, version, criticality) in [("Old", "1.4", 2), ("New", "V2.0", 4), ("Unknown", "", 3), ("Later", "3.1", 3)] {
        let asset = json!({"name": name, "class": "OTE", "criticality": criticality, "make": "PHARE", "model": "vigie",
                           "version": version, "revision": 0});
        ids.push(ana.created(&format!("/organisations/{own}/assets"), asset).await["id"].clone());
    }
    let (status, made) = bring(&ana, &advisory("1.0.0", "GREEN")).await;
    assert_eq!((status, &made["tlp"], &made["severity"]), (201, &json!("green"), &json!("critical")));
    assert_eq!(ana.get("/advisories").await["items"][0]["cves"], json!(["CVE-2026-0001"]));
    assert_eq!(bring(&ana, &advisory("1.0.0", "GREEN")).await.0, 200, "the same again changes nothing");
    let of = format!("/organisations/{own}/advisories");
    let found = ana.get(&of).await;
    let assets = found["items"][0]["assets"].as_array().unwrap();
    let stand: Vec<(&Value, &str, &str)> = assets
        .iter()
        .map(|asset| (&asset["asset_id"], asset["state"].as_str().unwrap(), asset["findings"][0]["why"].as_str().unwrap()))
        .collect();
    let expected =
        [(&ids[0], "affected", "in_range"), (&ids[2], "possibly", "version_unknown"), (&ids[1], "fixed", "same_version")];
    assert_eq!(stand, expected, "of what is not named nothing is said");
    assert_eq!(assets[0]["findings"][0]["remediations"][0]["details"], "Install 2.0");

    let mut later = advisory("1.1.0", "GREEN");
    later["vulnerabilities"][0]["product_status"] = json!({"known_not_affected": ["old"]});
    let (status, renewed) = bring(&ana, &later).await;
    assert_eq!((status, &renewed["id"], &renewed["version"]), (200, &made["id"], &json!("1.1.0")));
    let found = ana.get(&of).await;
    assert_eq!(found["items"][0]["assets"][0]["state"], "not_affected");
    assert_eq!(found["items"][0]["assets"].as_array().unwrap().len(), 1, "a version that is not known is not called safe");
    let (status, problem) = bring(&ana, &advisory("1.0.9", "GREEN")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("advisory_older")));
    assert_eq!(bring(&ana, &advisory("2.0.0", "RED")).await.1["code"], "advisory_not_shareable");
    assert_eq!(bring(&ana, &json!({"document": {}})).await.1["code"], "advisory_unreadable");
    assert_eq!(ana.get("/advisories").await["items"].as_array().unwrap().len(), 1);
    let whole = format!("/advisories/{}", id(&made));
    assert_eq!(ana.get(&whole).await["products"], json!(["Phare Vigie before 2.0", "Phare Vigie 2.0"]));
    assert_eq!(ana.send(Method::DELETE, &whole, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.get(&of).await["items"], json!([]));
}

on_sqlite!(
    assets_are_described_and_nobodys_words_are_lost,
    gateways_and_their_devices_enter_by_themselves,
    a_table_is_looked_at_before_it_counts,
    what_is_taken_along_comes_back_as_it_was,
    zones_and_conduits_hold_together,
    advisories_bear_on_what_is_there,
);
