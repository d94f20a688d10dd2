//! What the gateway sends as files, to servers that nobody here wrote.

use crate::stage::{Plant, SOON, believing, metered};
use crate::time::{Clocked, rows};
use haubert_testkit::file_servers::{Brand, FileServer, PASSWORD as FILES_PASSWORD};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::{policy, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tokio::process::Command;

/// A gateway with a meter and a clock, and an authority that it trusts with files.
struct Scene {
    gateway: Clocked,
    forge: Forge,
    dir: TempDir,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let gateway = Clocked::start("+0").await;
        let (plant, _device) = metered(&gateway.api).await;
        let (security, dir, forge) = believing(&gateway.program, "files").await;
        policy::switch(&security, "file_export", true).await.unwrap();
        Self { gateway, forge, dir, _plant: plant }
    }

    async fn server(&self, brand: Brand, flaw: Flaw, authorized: &str) -> FileServer {
        FileServer::start(brand, self.dir.path(), &self.forge, flaw, authorized).await.unwrap()
    }

    async fn view(&self) -> Value {
        self.gateway.api.get("/outlets/files").await.unwrap()
    }

    /// Settings for a server, with exports of quarters of an hour in these layouts.
    async fn body(&self, protocol: &str, server: &FileServer, layouts: &[&str]) -> Value {
        let mut settings = self.view().await["settings"].clone();
        let exports: Vec<Value> = layouts
            .iter()
            .map(|layout| {
                json!({"name": layout, "measured": ["indexes", "trends"], "format": layout, "every": "quarter", "wait_minutes": 0,
                       "pattern": "{device}_{export}_{from}"})
            })
            .collect();
        let change = json!({
            "enabled": true, "protocol": protocol, "host": "127.0.0.1", "port": server.port, "user": server.user, "folder": "in/site",
            "use_key": protocol == "sftp", "host_key": server.host_key, "exports": exports,
        });
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"settings": settings, "password": FILES_PASSWORD})
    }

    /// Puts them in force, and waits until every export knows where it begins.
    async fn change(&self, body: Value) {
        let count = body["settings"]["exports"].as_array().unwrap().len();
        let view = self.gateway.api.put("/outlets/files", body).await.unwrap();
        assert!(!view.to_string().contains(FILES_PASSWORD), "the password comes back");
        until("exports begin", SOON, || async { (self.view().await["exports"].as_array()?.len() == count).then_some(()) })
            .await
            .unwrap();
    }

    /// Waits until some more has been recorded, under the clock as it is now.
    async fn recorded(&self) {
        let api = &self.gateway.api;
        let count = async || {
            let series = api.get("/series?kind=trend&quantity=voltage_l1").await.ok()?;
            Some(rows(api, &series["items"].get(0)?["id"]).await.len())
        };
        let before = count().await.unwrap_or_default();
        until("history goes on", SOON, || async { count().await.filter(|now| *now > before + 3) }).await.unwrap();
    }

    /// The clock goes on to so many minutes from now, after something was recorded.
    async fn later(&self, minutes: u64, body: &Value) {
        self.recorded().await;
        self.gateway.set(&format!("+{}", minutes * 60)).await;
        // Looks at the clock anew, as it would within a minute.
        self.gateway.api.put("/outlets/files", body.clone()).await.unwrap();
    }

    async fn sent(&self) -> Vec<Value> {
        self.gateway.api.get("/outlets/files/sent?limit=200").await.unwrap()["items"].as_array().unwrap().clone()
    }
}

fn steps(trial: &Value) -> Vec<&str> {
    trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect()
}

async fn arrived(
    server: &FileServer,
    what: &str,
    wanted: impl Fn(&BTreeMap<String, Vec<u8>>) -> bool,
) -> BTreeMap<String, Vec<u8>> {
    until(what, SOON, || async { Some(server.listed("in/site")).filter(|files| wanted(files)) }).await.unwrap()
}

/// Every way to a server; every layout arrives whole, once, under its name, and again when somebody asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_layout_reach_servers_of_every_kind() {
    let scene = Scene::new().await;
    let view = scene.gateway.api.post("/outlets/files/key", json!({})).await.unwrap();
    let key = view["key_line"].as_str().unwrap().to_owned();
    let layouts = ["csv_wide", "csv_long", "csv_standard", "csv_ems", "jsonl", "parquet"];
    let mut minutes = 0;
    for (brand, protocol) in [
        (Brand::Proftpd, "ftps"),
        (Brand::VsftpdImplicit, "ftps_implicit"),
        (Brand::OpenSsh, "sftp"),
        (Brand::Nginx, "https_put"),
    ] {
        let server = scene.server(brand, Flaw::None, &key).await;
        let body = scene.body(protocol, &server, &layouts).await;
        let trial = scene.gateway.api.post("/outlets/files/test", body.clone()).await.unwrap();
        let way: &[&str] = match protocol {
            "ftps" | "sftp" => &["resolve", "reach", "greet", "login", "folder", "write", "remove"],
            "ftps_implicit" => &["resolve", "greet", "login", "folder", "write", "remove"],
            _ => &["resolve", "write", "remove"],
        };
        assert_eq!((steps(&trial).as_slice(), &trial["ok"]), (way, &json!(true)), "{brand:?}: {trial}");
        assert!(server.listed("in/site").is_empty(), "{brand:?}: the test leaves nothing");

        scene.change(body.clone()).await;
        let before = scene.sent().await.len();
        minutes += 16;
        scene.later(minutes, &body).await;
        let files = arrived(&server, &format!("{brand:?}: six files"), |files| {
            files.len() >= layouts.len() && files.keys().all(|name| !name.ends_with(".part"))
        })
        .await;
        assert!(files.keys().all(|name| name.starts_with("Atelier_") && !name.ends_with(".part")), "{:?}", files.keys());
        let of = |layout: &str| {
            let found = files.iter().find(|(name, _)| name.contains(layout));
            String::from_utf8_lossy(found.unwrap_or_else(|| panic!("{brand:?}: no {layout}")).1).into_owned()
        };
        assert!(of("csv_wide").starts_with("time_utc,time_local,"), "{}", of("csv_wide"));
        assert!(of("csv_standard").contains("\"Atelier\",127.0.0.1,1,"), "{}", of("csv_standard"));
        assert!(of("csv_ems").starts_with("1,\"Haubert/"), "{}", of("csv_ems"));
        assert!(of("parquet").starts_with("PAR1") && of("parquet").ends_with("PAR1"));
        assert!(of("jsonl").lines().count() > 3 && of("csv_long").contains("voltage_l1"));
        until("all are noted", SOON, || async { (scene.sent().await.len() == before + files.len()).then_some(()) })
            .await
            .unwrap();
    }
    // A file that somebody wants again takes its own place.
    let server = scene.server(Brand::Nginx, Flaw::None, "").await;
    let body = scene.body("https_put", &server, &["csv_wide"]).await;
    scene.change(body).await;
    let count = scene.sent().await.len();
    let oldest = scene.sent().await.last().unwrap()["from"].clone();
    scene.gateway.api.post("/outlets/files/again", json!({"export": "csv_wide", "from": oldest})).await.unwrap();
    let files = arrived(&server, "the past again", |files| files.len() >= 4).await;
    until("they are noted", SOON, || async { (scene.sent().await.len() >= count + files.len()).then_some(()) }).await.unwrap();
    scene.gateway.api.post("/outlets/files/again", json!({"export": "csv_wide", "from": oldest})).await.unwrap();
    until("and once more", SOON, || async { (scene.sent().await.len() >= count + 2 * files.len()).then_some(()) }).await.unwrap();
    assert_eq!(server.listed("in/site").len(), files.len(), "in place of themselves");
    let trail = scene.gateway.api.get("/events").await.unwrap();
    assert!(!trail.to_string().contains(FILES_PASSWORD));
}

/// A database of time series takes lines by POST, and answers with what was measured.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_time_series_takes_line_protocol() {
    let scene = Scene::new().await;
    let server = scene.server(Brand::VictoriaMetrics, Flaw::None, "").await;
    let mut body = scene.body("https_post", &server, &["influx"]).await;
    body["settings"]["folder"] = json!("api/v2/write?precision=ms");
    scene.change(body.clone()).await;
    scene.later(16, &body).await;
    until("the file is noted", SOON, || async { (!scene.sent().await.is_empty()).then_some(()) }).await.unwrap();
    let url = format!("https://127.0.0.1:{}/api/v1/export", server.port);
    let found = until("it can be asked for", SOON, || async {
        let asked = Command::new("curl")
            .args(["-sf", "-G", "-u", &format!("meter:{FILES_PASSWORD}"), "--cacert"])
            .arg(scene.dir.path().join("ca.pem"))
            .args(["--data-urlencode", "match[]=voltage_l1_value{device=\"Atelier\",unit=\"V\"}", &url])
            .output()
            .await
            .ok()?;
        serde_json::from_str::<Value>(String::from_utf8_lossy(&asked.stdout).lines().next()?).ok()
    })
    .await
    .unwrap();
    let values: Vec<f64> = found["values"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    assert!(values.len() > 3 && values.iter().all(|volts| (200.0..260.0).contains(volts)), "{found}");
}

/// A server that is away for a day, a power cut meanwhile: all that was recorded arrives once it is back, nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_a_day_with_a_power_cut_in_it_costs_nothing() {
    let scene = Scene::new().await;
    let server = scene.server(Brand::PureFtpd, Flaw::None, "").await;
    let body = scene.body("ftps", &server, &["csv_long"]).await;
    let mut away = body.clone();
    // Nobody listens there.
    away["settings"]["port"] = json!(1);
    scene.change(away.clone()).await;
    for hours in [6, 12, 18, 24] {
        scene.later(hours * 60, &away).await;
        let code =
            until("a named failure", SOON, || async { scene.view().await["failure"]["code"].as_str().map(str::to_owned) }).await;
        assert_eq!(code.unwrap(), "connection_failed");
    }
    scene.recorded().await;
    let gateway = scene.gateway.reboot(&format!("+{}", 25 * 3600)).await;
    let scene = Scene { gateway, ..scene };
    scene.gateway.api.put("/outlets/files", body.clone()).await.unwrap();
    // The beginning, and each time the clock had stopped leaping.
    let files = arrived(&server, "all of the day", |files| files.len() >= 5).await;
    assert!(files.values().all(|text| String::from_utf8_lossy(text).contains("voltage_l1")));
    let sent = scene.sent().await;
    let mut names: Vec<&str> = sent.iter().filter_map(|file| file["name"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), sent.len(), "nothing twice");
    assert!(scene.view().await["failure"].is_null());
}

/// Who is not the server, and who does not let us in, gets no file and is named.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_server_is_named() {
    let scene = Scene::new().await;
    let try_it = async |body: Value| {
        let trial = scene.gateway.api.post("/outlets/files/test", body).await.unwrap();
        let last = trial["steps"].as_array().unwrap().last().unwrap().clone();
        (
            last["step"].as_str().unwrap().to_owned(),
            last["code"].as_str().unwrap_or("none").to_owned(),
            last["detail"].as_str().unwrap().to_owned(),
        )
    };
    for (flaw, code) in [
        (Flaw::UnknownAuthority, "peer_unknown_authority"),
        (Flaw::WrongName, "peer_wrong_name"),
        (Flaw::Expired, "peer_expired"),
    ] {
        let server = scene.server(Brand::Vsftpd, flaw, "").await;
        let (step, found, _) = try_it(scene.body("ftps", &server, &[]).await).await;
        assert_eq!((step.as_str(), found.as_str()), ("greet", code));
    }
    let server = scene.server(Brand::AsyncSsh, Flaw::None, "").await;
    let mut body = scene.body("sftp", &server, &[]).await;
    body["settings"]["use_key"] = json!(false);
    body["settings"]["host_key"] = json!("");
    let (step, code, detail) = try_it(body.clone()).await;
    assert_eq!((step.as_str(), code.as_str()), ("greet", "host_key_unknown"));
    assert!(detail.ends_with(&server.host_key), "{detail}");
    body["settings"]["host_key"] = json!(server.host_key);
    assert_eq!(try_it(body.clone()).await.1, "none");
    body["password"] = json!("something else");
    assert_eq!(try_it(body.clone()).await.1, "login_refused");
    body["settings"]["use_key"] = json!(true);
    assert_eq!(try_it(body).await.1, "key_missing");
    let refused = scene.gateway.api.put("/outlets/files", json!({"settings": {"enabled": true}})).await.unwrap_err();
    assert!(refused.contains("missing field"), "{refused}");
}
