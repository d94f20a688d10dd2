//! People at a real gateway: who may do what, route by route; accounts from making to removal; locks, sessions, the way back in.

use crate::stage::{self, PASSWORD, client};
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

const OWN: &str = "Plume-Grue-88x";
const NOBODY: &str = "018f3f7e-0000-7000-8000-000000000001";

async fn keeper(program: &Program) -> Api {
    let api = client(program);
    api.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    api
}

/// An account that `keeper` makes and its owner has taken over, signed in.
async fn person(program: &Program, keeper: &Api, user: &str, profile: &str) -> Api {
    let made = keeper.post("/accounts", json!({"user": user, "profile": profile})).await.unwrap();
    let given = made["one_time_password"].as_str().unwrap();
    let api = client(program);
    api.sign_in(user, given).await.unwrap();
    api.put("/account/password", json!({"old": given, "new": OWN})).await.unwrap();
    api
}

async fn status(api: &Api, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
    let answer = api.send(method.parse().unwrap(), path, body).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

fn with_ids(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{series}" | "{channel}" => "999999",
        part if part.starts_with('{') => NOBODY,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What a request may be answered with that its access lets through: the route's own refusal of what we send, never the guard's.
fn passed(status: u16, code: &str) -> bool {
    !(status == 401 || (status == 403 && ["not_allowed", "password_overdue", "password_change_required"].contains(&code)))
}

/// Every route is tried for every profile and for nobody, and answers as the committed table says. Requests that would end the
/// trying (one's own session, a factory reset, another table) carry a body that no route takes, or come last.
#[tokio::test]
async fn every_route_answers_each_profile_as_the_table_says() {
    let gateway = stage::gateway().await;
    let keeper = keeper(&gateway.program).await;
    let mut people = vec![(None, client(&gateway.program))];
    for profile in ["user", "advanced_user", "admin", "cyber_security"] {
        let name = format!("{profile}.test");
        people.push((Some(profile), person(&gateway.program, &keeper, &name, profile).await));
    }
    let table = committed();
    let unfit = json!({"this is no body that": "a route takes"});
    let mut tried = 0;
    let mut wrong = Vec::new();
    for route in table.iter().filter(|route| route.access != "everybody") {
        // Its own: what ends the session that asks, and what never ends by itself.
        let ends = route.method == "DELETE" && route.path == "/session";
        for (profile, api) in &people {
            let expected = match (profile, route.access.as_str()) {
                (None, _) => false,
                (Some(_), "signed in") => true,
                (Some(profile), _) => route.profiles.iter().any(|one| one == profile),
            };
            if expected && (ends || has_no_body_and_acts(&route.method, &route.path)) {
                continue;
            }
            let path = with_ids(&route.path);
            let body = (route.method != "GET").then_some(&unfit);
            let found = if route.method == "GET" {
                api.follow(&path).await.map_or_else(|said| refused(&said), |_| (200, String::new()))
            } else {
                status(api, &route.method, &path, body).await
            };
            tried += 1;
            if passed(found.0, &found.1) != expected {
                wrong.push(format!("{} {} as {profile:?}: {found:?}, table: {expected}", route.method, route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 300, "only {tried}");
}

/// A line of the committed table.
struct Route {
    method: String,
    path: String,
    access: String,
    profiles: Vec<String>,
}

fn committed() -> Vec<Route> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../edge/gateway/routes.md");
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
        let [method, path, access, profiles] = <[String; 4]>::try_from(cells).unwrap();
        Route { method, path, access, profiles: profiles.split(", ").map(str::to_owned).collect() }
    };
    text.lines().filter(|line| line.starts_with("| ") && line.contains("`/")).map(row).collect()
}

/// Acts without a body that could be refused: tried only by those who may not.
fn has_no_body_and_acts(method: &str, path: &str) -> bool {
    method == "POST" && !path.contains('{') || method == "DELETE" && !path.contains('{')
}

/// Status and code in what `follow` says of an answer that is not 2xx: `… error (403 Forbidden) …`.
fn refused(said: &str) -> (u16, String) {
    let number = said.split(" error (").nth(1).and_then(|rest| rest.get(..3)).and_then(|text| text.parse().ok()).unwrap_or(0);
    (number, if number == 403 { "not_allowed" } else { "" }.to_owned())
}

#[tokio::test]
async fn an_account_lives_from_a_given_password_to_its_removal() {
    let gateway = stage::gateway().await;
    let keeper = keeper(&gateway.program).await;
    let made = keeper.post("/accounts", json!({"user": "Zoé Martin", "profile": "user"})).await.unwrap();
    let (id, given) = (made["account"]["id"].as_str().unwrap(), made["one_time_password"].as_str().unwrap());
    assert_eq!(status(&keeper, "POST", "/accounts", Some(&json!({"user": "zoé martin", "profile": "user"}))).await.0, 409);
    let alert = |home: &Value| home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "password_given");
    assert!(alert(&gateway.api.get("/home").await.unwrap()));

    let zoe = client(&gateway.program);
    zoe.sign_in("Zoé Martin", given).await.unwrap();
    assert_eq!(status(&zoe, "GET", "/home", None).await, (403, "password_change_required".to_owned()));
    zoe.put("/account/password", json!({"old": given, "new": OWN})).await.unwrap();
    assert_eq!(status(&zoe, "GET", "/home", None).await.0, 200);
    assert!(!alert(&gateway.api.get("/home").await.unwrap()));
    assert_eq!(status(&zoe, "POST", "/buses", Some(&json!({}))).await.1, "not_allowed");

    let path = format!("/accounts/{id}");
    keeper.put(&path, json!({"profile": "admin", "enabled": true})).await.unwrap();
    assert_eq!(status(&zoe, "GET", "/session", None).await.0, 401, "another profile needs another session");
    zoe.sign_in("Zoé Martin", OWN).await.unwrap();
    assert_eq!(status(&zoe, "POST", "/buses", Some(&json!({}))).await.1, "invalid");
    keeper.put(&path, json!({"profile": "admin", "enabled": false})).await.unwrap();
    assert_eq!(status(&zoe, "GET", "/session", None).await.0, 401);
    let sign_in = json!({"user": "Zoé Martin", "password": OWN});
    assert_eq!(status(&zoe, "POST", "/session", Some(&sign_in)).await.1, "wrong_credentials");
    assert_eq!(status(&keeper, "DELETE", &path, None).await.0, 204);
    assert_eq!(keeper.get("/accounts").await.unwrap()["items"].as_array().unwrap().len(), 2);

    let own = keeper.get("/account").await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&keeper, "DELETE", &format!("/accounts/{own}"), None).await.1, "own_account");
    let other = person(&gateway.program, &keeper, "other.keeper", "cyber_security").await;
    let demoted = json!({"profile": "user", "enabled": true});
    assert_eq!(status(&other, "PUT", &format!("/accounts/{own}"), Some(&demoted)).await.0, 200);
    assert_eq!(status(&keeper, "GET", "/accounts", None).await.0, 401);
}

#[tokio::test]
async fn a_lock_survives_a_crash_is_listed_told_and_lifted() {
    let gateway = stage::gateway().await;
    let wrong = json!({"user": "ana", "password": "Wrong-Pass-1"});
    let right = json!({"user": "ana", "password": PASSWORD});
    let ana = client(&gateway.program);
    for _ in 0..3 {
        assert_eq!(status(&ana, "POST", "/session", Some(&wrong)).await, (401, "wrong_credentials".to_owned()));
    }
    assert_eq!(status(&ana, "POST", "/session", Some(&right)).await, (429, "too_many_attempts".to_owned()));
    assert_eq!(status(&gateway.api, "GET", "/home", None).await.0, 200, "who is in stays in");
    let paused = gateway.pause().await;
    let (program, _arguments, _dir) = paused.start().await;
    let answer = client(&program).send(Method::POST, "/session", Some(&right)).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body["retry_after_s"].as_u64().is_some_and(|s| s > 3500)), (429, true));
    let keeper = keeper(&program).await;
    let locks = keeper.get("/lockouts").await.unwrap();
    let lock = &locks["items"][0];
    assert_eq!((&lock["kind"], &lock["user"], &lock["source"]), (&json!("pair"), &json!("ana"), &json!("127.0.0.1")));
    let events = keeper.get("/events").await.unwrap();
    assert!(events["items"].as_array().unwrap().iter().any(|event| event["code"] == "locked_out"));
    assert_eq!(status(&keeper, "DELETE", &format!("/lockouts/{}", lock["id"]), None).await.0, 204);
    assert_eq!(status(&client(&program), "POST", "/session", Some(&right)).await.0, 200);
}

#[tokio::test]
async fn the_table_is_edited_within_its_limits_and_holds_at_once() {
    let gateway = stage::gateway().await;
    let keeper = keeper(&gateway.program).await;
    let reader = person(&gateway.program, &keeper, "reader", "user").await;
    let shown = keeper.get("/permissions").await.unwrap();
    let mut table = shown["table"].clone();
    let without = |row: &Value, permission: &str| -> Value {
        row.as_array().unwrap().iter().filter(|one| *one != permission).cloned().collect()
    };
    table["user"] = without(&table["user"], "events:view");
    keeper.put("/permissions", json!({"table": table})).await.unwrap();
    assert_eq!(status(&reader, "GET", "/events", None).await.0, 401, "rights changed: the session is over");
    reader.sign_in("reader", OWN).await.unwrap();
    assert_eq!(status(&reader, "GET", "/events", None).await.1, "not_allowed");
    let mut bare = table.clone();
    bare["cyber_security"] = without(&bare["cyber_security"], "permissions:change");
    assert_eq!(status(&keeper, "PUT", "/permissions", Some(&json!({"table": bare}))).await.0, 422);
    let mut both = table.clone();
    both["admin"].as_array_mut().unwrap().push(json!("firewall:change"));
    assert_eq!(status(&keeper, "PUT", "/permissions", Some(&json!({"table": both}))).await.1, "both_sides");
    assert_eq!(status(&keeper, "PUT", "/permissions", Some(&json!({"table": both, "allow_both": true}))).await.0, 200);
}

#[tokio::test]
async fn whoever_stands_at_the_machine_gets_back_in() {
    let gateway = stage::gateway().await;
    let keeper = client(&gateway.program);
    let wrong = json!({"user": SECURITY_USER, "password": "Wrong-Pass-1"});
    for _ in 0..4 {
        status(&keeper, "POST", "/session", Some(&wrong)).await;
    }
    assert_eq!(status(&keeper, "POST", "/session", Some(&wrong)).await.0, 429);
    let made = Command::new(bin_dir().join("haubert-gateway"))
        .args(["--data-dir", &gateway.arguments[1], "recover-access"])
        .output()
        .unwrap();
    let said = String::from_utf8(made.stdout).unwrap();
    let code = said.lines().next().and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("{said}")).to_owned();
    let recover = |code: &str| json!({"code": code, "user": SECURITY_USER, "password": OWN});
    assert_eq!(status(&keeper, "POST", "/recovery", Some(&recover("AAAA-AAAA-AAAA"))).await.1, "recovery_code_wrong");
    assert_eq!(status(&keeper, "POST", "/recovery", Some(&recover(&code))).await.0, 201);
    assert_eq!(status(&keeper, "GET", "/accounts", None).await.0, 200);
    assert_eq!(status(&keeper, "POST", "/recovery", Some(&recover(&code))).await.0, 403, "good once");
    let events = keeper.get("/events").await.unwrap();
    let codes: BTreeSet<&str> = events["items"].as_array().unwrap().iter().filter_map(|event| event["code"].as_str()).collect();
    assert!(codes.contains("recovery_code_made") && codes.contains("access_recovered"), "{codes:?}");
    assert_eq!(status(&gateway.api, "GET", "/home", None).await.0, 200);
}

/// Whatever looks like a secret in the program is known: no key, no password, no token.
#[test]
fn the_program_carries_no_default_secret() {
    let bytes = std::fs::read(bin_dir().join("haubert-gateway")).unwrap();
    let texts = printable(&bytes);
    let planted = b"\x7fELF\0-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n";
    assert!(!suspicious(&printable(planted)).is_empty(), "negative control");
    assert!(!suspicious(&["$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$RdescudvJCsgt3ub".to_owned()]).is_empty());
    let found = suspicious(&texts);
    assert!(found.is_empty(), "{found:?}");
    // The lists of passwords to refuse are in the program, so common ones are found in it; pairs and those of tests must not be.
    for default in ["admin:admin", "root:root", PASSWORD, OWN] {
        assert!(!texts.iter().any(|text| text.contains(default)), "{default}");
    }
}

fn printable(bytes: &[u8]) -> Vec<String> {
    let runs = bytes.split(|byte| !(0x20..0x7f).contains(byte)).filter(|run| run.len() >= 8);
    runs.map(|run| String::from_utf8_lossy(run).into_owned()).collect()
}

fn suspicious(texts: &[String]) -> Vec<&String> {
    let is_hash = |text: &str| text.split("$argon2id$v=").skip(1).any(|rest| rest.matches('$').count() >= 2 && rest.len() > 40);
    // A PEM header alone is what a parser looks for; one with a body after it is a key.
    let is_key = |text: &str| text.ends_with("PRIVATE KEY-----") && text.starts_with("-----BEGIN") && text.len() < 40;
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    let body = |at: usize| texts.get(at + 1).is_some_and(|next| next.starts_with("MI") && next.chars().all(is_base64));
    texts
        .iter()
        .enumerate()
        .filter(|(at, text)| {
            is_hash(text) || (is_key(&text[text.find("-----BEGIN").unwrap_or(0)..]) && body(*at)) || text.contains("KEY-----MI")
        })
        .map(|(_, text)| text)
        .collect()
}
