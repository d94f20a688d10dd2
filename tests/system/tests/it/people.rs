//! People at a real gateway: accounts from making to removal; locks, sessions, the table of rights, the way back in.

use crate::stage::{self, PASSWORD, client};
use haubert_testkit::{Api, Program, SECURITY_USER, bin_dir};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

const OWN: &str = "Plume-Grue-88x";

pub(crate) async fn keeper(program: &Program) -> Api {
    let api = client(program);
    api.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    api
}

/// An account that `keeper` makes and its owner has taken over, signed in.
pub(crate) async fn person(program: &Program, keeper: &Api, user: &str, profile: &str) -> Api {
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
    let before = status(&zoe, "GET", "/session", None).await.0;
    haubert_score::record("21.profile", before == 401, format!("the session from before is answered {before}"));
    assert_eq!(before, 401, "another profile needs another session");
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

/// So many guesses from one address, many at a time; gives how many were checked, and how many refused without a look.
async fn storm(program: &Program, guesses: u64) -> (u64, u64) {
    // Below the firewall's limit of connections.
    const AT_ONCE: u64 = 32;
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..AT_ONCE {
        let api = client(program);
        workers.spawn(async move {
            let (mut checked, mut refused) = (0, 0);
            for guess in (worker..guesses).step_by(AT_ONCE as usize) {
                let body = json!({"user": "ana", "password": format!("Wrong-Guess-{guess}")});
                match status(&api, "POST", "/session", Some(&body)).await {
                    (401, _) => checked += 1,
                    (429, code) if code == "too_many_attempts" => refused += 1,
                    other => panic!("{other:?}"),
                }
            }
            (checked, refused)
        });
    }
    workers.join_all().await.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

#[tokio::test]
async fn a_storm_of_guesses_gets_three_checked_and_the_rest_refused() {
    let gateway = stage::gateway().await;
    // The firewall would end the storm before the door sees it.
    let guard = keeper(&gateway.program).await;
    let mut settings = guard.get("/firewall").await.unwrap()["settings"].take();
    settings["limits"]["requests_per_second"] = json!(20_000);
    settings["limits"]["total_requests_per_second"] = json!(200_000);
    guard.put("/firewall", settings).await.unwrap();
    let guesses = haubert_score::count(300, 10_000);
    let (checked, refused) = storm(&gateway.program, guesses).await;
    let right = json!({"user": "ana", "password": PASSWORD});
    let mut answers = vec![status(&client(&gateway.program), "POST", "/session", Some(&right)).await.0];
    let (url, ca_file) = (gateway.program.ready_text("https"), gateway.program.ready_text("ca_file"));
    let other = Api::from_address(&url, ca_file.as_ref(), Some([127, 0, 0, 2].into())).unwrap();
    answers.push(status(&other, "POST", "/session", Some(&right)).await.0);
    let (program, _arguments, _dir) = gateway.pause().await.start().await;
    answers.push(status(&client(&program), "POST", "/session", Some(&right)).await.0);
    let held = (checked, refused) == (3, guesses - 3) && answers == [429, 200, 429];
    let figure =
        format!("{checked} of {guesses} checked, {refused} refused without a look; then the right password: {answers:?}");
    haubert_score::record("18.program", held, figure);
    assert_eq!((checked, refused, answers.as_slice()), (3, guesses - 3, [429, 200, 429].as_slice()));
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
