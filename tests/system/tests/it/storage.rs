//! What is stored: nothing of it in plain, a key that can be changed at any moment, backups that bring a gateway back on another
//! machine, and an end that leaves nothing.

use crate::stage::{PASSWORD, SOON, Server, client, gateway};
use haubert_testkit::{Api, Dice, SECURITY_USER, bin_dir, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Words that occur nowhere else.
const SITE: &str = "Canary-Site-Quai-7741";
const ZONE: &str = "Canary-Zone-Nord-7742";
const MAIL: &str = "canary-7743@example.org";
const WRONG: &str = "Canary-Wrong-Pass-7744";
const PASSPHRASE: &str = "Canary passphrase 7745";
const PROFILE: &str = "vendor = \"Canary-Vendor-7746\"\nmodel = \"M\"\nsource = \"a document\"\nfluids = [\"electricity\"]\npoints = [{ quantity = \"frequency\", address = 10, type = \"u16\", unit = \"Hz\" }]\n";

async fn security(server: &Server) -> Api {
    let api = client(&server.program);
    api.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    api
}

async fn named(server: &Server, site: &str) {
    let mut body = server.api.get("/site").await.unwrap();
    body["name"] = json!(site);
    server.api.put("/site", body).await.unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Where a canary is seen, in any file below `folder`.
fn seen(folder: &Path, canaries: &[&str]) -> Vec<String> {
    let mut seen = Vec::new();
    for path in files(folder) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for canary in canaries {
            if bytes.windows(canary.len()).any(|window| window == canary.as_bytes()) {
                seen.push(format!("{canary} in {}", path.display()));
            }
        }
    }
    seen
}

async fn phase(api: &Api, wanted: &str) -> Value {
    until(&format!("the restore is {wanted}"), SOON, || async {
        let now = api.get("/restore").await.ok()?;
        assert!(now["phase"] == wanted || now["phase"] != "failed", "{now}");
        (now["phase"] == wanted).then_some(now)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_are_nowhere_in_plain_and_after_a_reset_nowhere_at_all() {
    let server = gateway().await;
    let api = security(&server).await;
    named(&server, SITE).await;
    server.api.post("/zones", json!({"name": ZONE, "parent_id": null})).await.unwrap();
    server.api.put("/device-profiles/own%2Fcanary", json!({"text": PROFILE})).await.unwrap();
    // Everything that is refused: a wrong password, a body that makes no sense, a mistyped recovery key.
    let mut refused = Vec::new();
    for (path, body) in [
        ("/session", json!({"user": MAIL, "password": WRONG})),
        ("/storage/recovery-key", json!({"password": WRONG})),
        ("/storage/recovery-key", json!({"password": {"x": WRONG}})),
        ("/storage/reset", json!({"site": SITE, "password": WRONG})),
        ("/backups/passphrase", json!({"passphrase": PASSPHRASE, "history": PASSPHRASE})),
        ("/restore/verify", json!({"recovery_key": WRONG})),
    ] {
        let answer = api.send(Method::POST, path, Some(&body)).await.unwrap();
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text);
        refused.push(answer.text);
    }
    assert!(!refused.iter().any(|text| text.contains(WRONG)), "{refused:?}");
    let recovery = api.post("/storage/recovery-key", json!({"password": PASSWORD})).await.unwrap();
    let recovery = recovery["recovery_key"].as_str().unwrap().to_owned();
    let backup = api.download("/backups/passphrase", json!({"passphrase": PASSPHRASE, "history": true})).await.unwrap();
    std::fs::write(server.folder().join("made.haubert-backup"), backup).unwrap();
    let storage = api.get("/storage").await.unwrap();
    assert_eq!(storage["key_place"], "file");
    let canaries = [SITE, ZONE, MAIL, WRONG, PASSPHRASE, PASSWORD, "Canary-Vendor-7746", recovery.as_str(), "BEGIN PRIVATE KEY"];
    let found = seen(server.folder(), &canaries);
    let figure = format!("{} of {} words seen in {} files", found.len(), canaries.len(), files(server.folder()).len());
    haubert_score::record("25.folder", found.is_empty(), figure);
    assert_eq!(found, Vec::<String>::new());
    // The control: what looks for them finds them.
    std::fs::write(server.folder().join("control"), format!("…{SITE}…")).unwrap();
    let planted = seen(server.folder(), &canaries).len();
    haubert_score::record("25.planted", planted == 1, format!("{planted} found"));
    assert_eq!(planted, 1);
    std::fs::remove_file(server.folder().join("control")).unwrap();

    let key = std::fs::read(server.folder().join("data/storage.key")).unwrap();
    let wrong = api.send(Method::POST, "/storage/reset", Some(&json!({"site": "another", "password": PASSWORD}))).await.unwrap();
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
    api.post("/storage/reset", json!({"site": SITE, "password": PASSWORD})).await.unwrap();
    // The certificate is another one, too: whoever trusts the new file meets a gateway that waits to be set up.
    let fresh = until("the gateway begins anew", SOON, || async {
        let fresh = Api::new(&server.program.ready_text("https"), Path::new(&server.program.ready_text("ca_file"))).ok()?;
        fresh.get("/setup").await.ok().filter(|setup| setup["needed"] == true)
    })
    .await;
    assert!(fresh.is_ok(), "{fresh:?}\n{}", std::fs::read_to_string(&server.program.log_file).unwrap());
    std::fs::remove_file(server.folder().join("made.haubert-backup")).unwrap();
    let mut left = seen(server.folder(), &canaries);
    let has_key = |path: &PathBuf| std::fs::read(path).unwrap().windows(32).any(|window| window == key);
    left.extend(files(server.folder()).iter().filter(|path| has_key(path)).map(|path| format!("the key in {}", path.display())));
    let figure = format!("{} of {} words and the key left", left.len(), canaries.len());
    haubert_score::record("25.reset", left.is_empty(), figure);
    assert_eq!(left, Vec::<String>::new());
    assert_ne!(std::fs::read(server.folder().join("data/storage.key")).unwrap(), key);
    server.program.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_changed_through_the_page_and_nobody_has_to_sign_in_again() {
    let server = gateway().await;
    let api = security(&server).await;
    named(&server, "Quai").await;
    let before = api.get("/storage").await.unwrap();
    let forbidden = server.api.send(Method::POST, "/storage/rotate", None).await.unwrap();
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    api.post("/storage/rotate", Value::Null).await.unwrap();
    let after = until("the key is another", SOON, || async {
        api.get("/storage").await.ok().filter(|now| now["key_mark"] != before["key_mark"])
    })
    .await
    .unwrap();
    assert!(after["key_since"].as_str() > before["key_since"].as_str());
    assert_eq!(server.api.get("/site").await.unwrap()["name"], "Quai");
    let events = server.api.get("/events").await.unwrap();
    assert!(events.to_string().contains("storage_key_rotated"), "{events}");
    server.program.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_the_gateway_back_on_another_machine() {
    let (old, new) = (gateway().await, gateway().await);
    let (api, keeper) = (security(&old).await, security(&new).await);
    named(&old, "Quai").await;
    old.api.post("/zones", json!({"name": ZONE, "parent_id": null})).await.unwrap();
    named(&new, "Neuf").await;
    let backup = api.download("/backups/passphrase", json!({"passphrase": PASSPHRASE, "history": true})).await.unwrap();
    let noted = until("the backup is noted", SOON, || async {
        api.get("/storage").await.ok().filter(|now| !now["last_backup"].is_null())
    })
    .await
    .unwrap();
    assert_eq!(noted["last_backup"]["bytes"].as_u64().unwrap(), backup.len() as u64);

    // A damaged one is refused, and says so; the right one says what would change.
    let mut flipped = backup.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let shut = new.api.upload("/restore", flipped.clone()).await.unwrap();
    assert_eq!(shut.status, StatusCode::FORBIDDEN, "an administrator may not");
    keeper.upload("/restore", flipped).await.unwrap().ok().unwrap();
    keeper.post("/restore/verify", json!({"passphrase": PASSPHRASE})).await.unwrap();
    let refused =
        until("it is refused", SOON, || async { keeper.get("/restore").await.ok().filter(|now| now["phase"] == "failed") })
            .await
            .unwrap();
    assert_eq!(refused["code"], "backup_damaged", "{refused}");
    keeper.upload("/restore", backup).await.unwrap().ok().unwrap();
    keeper.post("/restore/verify", json!({"passphrase": PASSPHRASE})).await.unwrap();
    let verified = phase(&keeper, "verified").await;
    let zones = verified["verified"]["differences"].as_array().unwrap().iter().find(|it| it["what"] == "zones").unwrap().clone();
    assert_eq!(zones["added"], json!([ZONE]));
    assert_eq!(new.api.get("/site").await.unwrap()["name"], "Neuf", "nothing has changed yet");
    keeper.post("/restore/apply", json!({"site": "Neuf", "password": PASSWORD})).await.unwrap();

    // Sessions are void, and the machine shows the certificate that it shows now.
    let back = until("the gateway is back with the backup", SOON, || async {
        let fresh = Api::new(&new.program.ready_text("https"), Path::new(&new.program.ready_text("ca_file"))).ok()?;
        fresh.sign_in("ana", PASSWORD).await.ok()?;
        let site = fresh.get("/site").await.ok()?;
        (site["name"] == "Quai").then_some(fresh)
    })
    .await;
    let back = back.unwrap_or_else(|error| panic!("{error}\n{}", std::fs::read_to_string(&new.program.log_file).unwrap()));
    assert!(back.get("/zones").await.unwrap().to_string().contains(ZONE));
    assert!(back.get("/events").await.unwrap().to_string().contains("backup_restored"));
    assert!(keeper.get("/storage").await.is_err(), "who was signed in before is not any more");
    old.program.stop().await.unwrap();
    new.program.stop().await.unwrap();
}

fn storage(data: &Path, act: &[&str]) -> Command {
    let mut command = Command::new(bin_dir().join("haubert-gateway"));
    command.arg("--data-dir").arg(data).args(act).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_key_that_is_killed_at_any_moment_loses_nothing() {
    let server = gateway().await;
    named(&server, SITE).await;
    let paused = server.pause().await;
    let data = paused.data();
    let secret = data.parent().unwrap().join("passphrase");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&secret).unwrap();
    std::io::Write::write_all(&mut file, PASSPHRASE.as_bytes()).unwrap();
    let started = std::time::Instant::now();
    assert!(storage(&data, &["storage", "rotate"]).status().unwrap().success());
    let takes = started.elapsed();
    let mut dice = Dice::new(11);
    let mut keys = vec![std::fs::read(data.join("storage.key")).unwrap()];
    for round in 0..12u64 {
        let mut child = storage(&data, &["storage", "rotate"]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice.between(0, takes.as_micros() as u64)));
        let _may_have_ended = child.kill();
        child.wait().unwrap();
        // Any command settles what was committed; a backup reads everything.
        let _status = storage(&data, &["storage", "rotate"]).output().unwrap();
        let made = data.parent().unwrap().join(format!("{round}.haubert-backup"));
        let create = ["backup", "create", made.to_str().unwrap(), "--secret-file", secret.to_str().unwrap()];
        let output = storage(&data, &create).output().unwrap();
        assert!(output.status.success(), "round {round}: {}", String::from_utf8_lossy(&output.stderr));
        let key = std::fs::read(data.join("storage.key")).unwrap();
        assert!(!keys.contains(&key));
        keys.push(key);
        let check = storage(&data, &["history", "check"]).output().unwrap();
        assert!(check.status.success(), "round {round}: {}", String::from_utf8_lossy(&check.stderr));
        std::fs::remove_file(made).unwrap();
    }
    let server = paused.resume().await;
    assert_eq!(server.api.get("/site").await.unwrap()["name"], SITE);
    server.program.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_key_opens_with_its_credential_or_the_paper_and_with_nothing_else() {
    let server = gateway().await;
    named(&server, SITE).await;
    let paused = server.pause().await;
    let data = paused.data();
    let dir = data.parent().unwrap().to_owned();
    let run = |act: &[&str], credentials: Option<&Path>, typed: &str| {
        let mut command = storage(&data, act);
        command.stdout(Stdio::piped()).stdin(Stdio::piped());
        if let Some(credentials) = credentials {
            command.env("CREDENTIALS_DIRECTORY", credentials);
        }
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    };
    let credential = dir.join("haubert-storage.cred");
    let seal = ["storage", "seal", "--with-key", "host", "--credential", credential.to_str().unwrap()];
    let (sealed, said) = run(&seal, None, "");
    assert!(!sealed && said.contains("recovery key first"), "{said}");
    let (made, said) = run(&["storage", "recovery-key"], None, "");
    assert!(made, "{said}");
    let paper = said.lines().next().unwrap().to_owned();
    let key = std::fs::read(data.join("storage.key")).unwrap();
    let (sealed, said) = run(&seal, None, "");
    assert!(sealed && said.contains("bound to: host"), "{said}");
    for path in files(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == key), "the key lies open in {}", path.display());
    }
    // A copied folder does not open.
    let (opened, said) = run(&["storage", "rotate"], None, "");
    assert!(!opened && said.contains("sealed (host)"), "{said}");
    // As systemd hands it over.
    let credentials = dir.join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    let given = credentials.join("haubert-storage");
    let unsealed =
        Command::new("systemd-creds").args(["decrypt", "--name=haubert-storage"]).arg(&credential).arg(&given).output().unwrap();
    assert!(unsealed.status.success(), "{unsealed:?}");
    let (rotated, said) = run(&["storage", "rotate"], Some(&credentials), "");
    assert!(rotated, "{said}");
    assert!(!data.join("storage.key").exists() && !data.join("storage.key.last-good").exists());
    let environment = [("CREDENTIALS_DIRECTORY".to_owned(), credentials.to_str().unwrap().to_owned())];
    let server = paused.resume_with(&environment).await;
    assert_eq!(server.api.get("/site").await.unwrap()["name"], SITE);
    let state = security(&server).await.get("/storage").await.unwrap();
    assert_eq!((&state["key_place"], &state["bound_to"]), (&json!("sealed"), &json!("host")));
    assert!(!data.join("storage.key").exists() && !data.join("storage.key.last-good").exists(), "no open copy was made");
    let paused = server.pause().await;
    // The seal is lost; the paper opens.
    std::fs::remove_dir_all(&credentials).unwrap();
    let mistyped = format!("{}A\n", &paper[..paper.len() - 1]);
    let (recovered, said) = run(&["storage", "recover"], None, &mistyped);
    assert!(!recovered || mistyped.trim() == paper, "{said}");
    let (recovered, said) = run(&["storage", "recover"], None, &format!("{}\n", paper.to_lowercase().replace('-', " ")));
    assert!(recovered, "{said}");
    let server = paused.resume().await;
    assert_eq!(server.api.get("/site").await.unwrap()["name"], SITE);
    server.program.stop().await.unwrap();
}
