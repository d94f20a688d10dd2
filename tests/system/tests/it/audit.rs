//! The audit trail of the real program: who did what, tampering with its files, and heads at the hub that nobody at the gateway can
//! take back.

use crate::stage::{PASSWORD, SOON, client, gateway, hub, joining, register};
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

async fn keeper(program: &Program) -> Api {
    let security = client(program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    security
}

/// What `haubert-gateway audit …` says, and whether it is content.
fn at_the_machine(data: &Path, act: &[&str]) -> (bool, String) {
    let mut command = Command::new(bin_dir().join("haubert-gateway"));
    let output = command.arg("--data-dir").arg(data).arg("audit").args(act).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn records(security: &Api, query: &str) -> Vec<Value> {
    security.get(&format!("/audit?{query}")).await.unwrap()["items"].as_array().unwrap().clone()
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &into)
        } else {
            let _bytes = std::fs::copy(&path, into).unwrap();
        }
    }
}

/// Scoreboard, "audit log": who did what, from where, before and after; refused tries; reading is recorded; and the file that is
/// taken out verifies, until somebody changes it.
#[tokio::test]
async fn who_did_what_is_recorded_and_cannot_be_changed_unseen() {
    let gateway = gateway().await;
    let security = keeper(&gateway.program).await;
    let site = |name: &str| json!({"name": name, "time_zone": "Europe/Paris", "country": "FR"});
    gateway.api.put("/site", site("Quai Nord")).await.unwrap();
    gateway.api.put("/site", site("Quai Sud")).await.unwrap();
    assert!(client(&gateway.program).sign_in("ana", "not the password").await.is_err());
    assert_eq!(gateway.api.send(Method::GET, "/audit", None).await.unwrap().code(), "not_allowed");

    let changed = records(&security, "action=changed&text=Quai").await;
    let last = &changed[0];
    assert_eq!((&last["actor"]["account"], &last["actor"]["profile"]), (&json!("ana"), &json!("admin")));
    assert_eq!((&last["actor"]["source"], &last["outcome"]), (&json!("127.0.0.1"), &json!("success")));
    assert_eq!((&last["target"]["kind"], &last["target"]["id"]), (&json!("setting"), &json!("site")));
    assert_eq!((&last["before"]["value"]["name"], &last["after"]["value"]["name"]), (&json!("Quai Nord"), &json!("Quai Sud")));
    assert!(last["before"]["value"].get("country").is_none(), "only what differs: {last}");
    until("the refused sign-in", SOON, || async {
        records(&security, "action=sign_in&outcome=refused")
            .await
            .iter()
            .any(|record| record["actor"]["account"] == "ana")
            .then_some(())
    })
    .await
    .unwrap();
    let refused = records(&security, "category=request_error&account=ana").await;
    assert_eq!(refused[0]["details"]["code"], "not_allowed", "{refused:?}");
    assert!(!records(&security, "action=audit_read").await.is_empty());
    let whole = serde_json::to_string(&records(&security, "limit=500").await).unwrap();
    assert!(!whole.contains(PASSWORD) && !whole.contains("$argon2"), "a secret is in the trail");
    let verdict = security.post("/audit/verification", json!({})).await.unwrap();
    assert_eq!(verdict["whole"], true, "{verdict}");

    // The file, verified by the program at somebody else's desk.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.jsonl");
    let exported = security.follow("/audit/export").await.unwrap().text().await.unwrap();
    std::fs::write(&file, &exported).unwrap();
    let key = security.get("/audit/status").await.unwrap()["public_key"].as_str().unwrap().to_owned();
    let path = file.to_str().unwrap();
    let (content, said) = at_the_machine(dir.path(), &["verify", "--file", path, "--key", &key]);
    assert!(content && said.contains("whole"), "{said}");
    let bad = exported.lines().position(|line| line.contains("Quai Sud")).unwrap();
    std::fs::write(&file, exported.replacen("Quai Sud", "Quai Est", 1)).unwrap();
    let (content, said) = at_the_machine(dir.path(), &["verify", "--file", path, "--key", &key]);
    assert!(!content && said.contains(&format!("record {bad} is the first bad one: edited")), "{said}");
    assert!(!records(&security, "action=audit_exported").await.is_empty());

    // Sign-out, and the sessions that were ended: the trail outlives them, and the program.
    let paused = gateway.pause().await;
    let (content, said) = at_the_machine(&paused.data(), &["verify", "--against", path]);
    assert!(content && said.contains("whole"), "{said}");
    let (content, head) = at_the_machine(&paused.data(), &["head"]);
    assert!(content && head.contains("\"sig\""), "{head}");
    drop(paused.resume().await);
}

/// Scoreboard, "roll back": the whole data folder is put back to an older copy. At the gateway nothing shows; at the hub it does.
#[tokio::test]
async fn a_gateway_put_back_to_an_older_copy_is_found_by_the_hub() {
    let (gateway, hub) = (gateway().await, hub().await);
    let (id, enrolment) = register(&hub.api).await;
    gateway.api.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    let known = async |hub: &Api| hub.get(&format!("/gateways/{id}")).await.unwrap()["audit"].clone();
    until("a head at the hub", SOON, || async { known(&hub.api).await["verified_to"].as_u64() }).await.unwrap();
    let paused = gateway.pause().await;
    let older = tempfile::tempdir().unwrap();
    copy_dir(&paused.data(), &older.path().join("data"));
    let gateway = paused.resume().await;
    let site = |name: &str| json!({"name": name, "time_zone": "Europe/Paris", "country": "FR"});
    for n in 0..5 {
        gateway.api.put("/site", site(&format!("Quai {n}"))).await.unwrap();
    }
    let head = keeper(&gateway.program).await.get("/audit/head").await.unwrap()["seq"].as_u64().unwrap();
    until("the newer head at the hub", SOON, || async {
        known(&hub.api).await["verified_to"].as_u64().filter(|seq| *seq >= head)
    })
    .await
    .unwrap();
    assert_eq!(known(&hub.api).await["contradiction"], Value::Null, "the control");
    let heads = hub.api.follow(&format!("/gateways/{id}/audit-heads")).await.unwrap().text().await.unwrap();
    assert!(!heads.is_empty());

    let paused = gateway.pause().await;
    let newer = tempfile::tempdir().unwrap();
    let (_, kept) = at_the_machine(&paused.data(), &["head"]);
    let kept_file = newer.path().join("head.json");
    std::fs::write(&kept_file, kept).unwrap();
    std::fs::remove_dir_all(paused.data()).unwrap();
    copy_dir(&older.path().join("data"), &paused.data());
    let (content, said) = at_the_machine(&paused.data(), &["verify"]);
    assert!(content, "by itself it cannot be told: {said}");
    let (content, said) = at_the_machine(&paused.data(), &["verify", "--against", kept_file.to_str().unwrap()]);
    assert!(!content && said.contains("truncated"), "{said}");
    let _gateway = paused.resume().await;
    let contradiction =
        until("the hub's alarm", SOON, || async { known(&hub.api).await["contradiction"].as_str().map(str::to_owned) })
            .await
            .unwrap();
    assert!(contradiction == "shorter" || contradiction == "rewritten", "{contradiction}");
}
