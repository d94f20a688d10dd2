//! People of organisations: invited, kept by their own, and strictly apart from everybody else's.

use crate::support::*;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Somebody who was invited and has taken it up.
pub(crate) async fn invited(hub: &TestHub, by: &Person, user: &str, profile: &str, organisation: Option<&Value>) -> Person {
    let made = by.created("/invitations", json!({"profile": profile, "organisation_id": organisation, "note": user})).await;
    let person = hub.nobody();
    let acceptance = json!({"token": made["token"], "user": user, "password": PASSWORD});
    let answer = person.send(Method::POST, "/invitation/acceptance", Some(acceptance)).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
    person
}

async fn company(person: &Person, name: &str) -> Value {
    person.created("/organisations", json!({"name": name, "kind": "logistics"})).await["id"].clone()
}

#[tokio::test]
async fn an_invitation_opens_once_and_not_for_ever() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let company = company(&ana, "Transit Estuaire").await;
    let made = ana.created("/invitations", json!({"profile": "member", "organisation_id": company, "note": "Léa"})).await;
    let token = made["token"].as_str().unwrap();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/#/invitation/{token}")));
    let listed = ana.get("/invitations").await;
    assert!(!listed.to_string().contains(token), "what opens it is shown once");
    let nobody = hub.nobody();
    let offer = nobody.send(Method::POST, "/invitation", Some(json!({"token": token}))).await;
    let offer: Value = offer.json().await.unwrap();
    assert_eq!((&offer["profile"], &offer["organisation"]), (&json!("member"), &json!("Transit Estuaire")));
    let acceptance = |user: &str, password: &str| Some(json!({"token": token, "user": user, "password": password}));
    let (status, _, weak) = nobody.problem(Method::POST, "/invitation/acceptance", acceptance("léa", "abc")).await;
    assert_eq!((status, &weak["fields"][0]["field"]), (422, &json!("password")));
    let taken = nobody.problem(Method::POST, "/invitation/acceptance", acceptance("Ana", PASSWORD)).await;
    assert_eq!(taken.1, "name_taken");
    let done = nobody.send(Method::POST, "/invitation/acceptance", acceptance("léa", PASSWORD)).await;
    assert_eq!(done.status(), StatusCode::CREATED);
    assert_eq!(nobody.get("/session").await["profile"], "member");
    let again = hub.nobody().problem(Method::POST, "/invitation/acceptance", acceptance("eve", PASSWORD)).await;
    assert_eq!((again.0, again.1.as_str()), (404, "not_invited"));
    assert_eq!(ana.get("/invitations").await["items"][0]["used_by"], "léa");

    let late = ana.created("/invitations", json!({"profile": "analyst"})).await["token"].clone();
    hub.clock.advance(7 * 24 * 3_600_000);
    let over = hub.nobody().problem(Method::POST, "/invitation", Some(json!({"token": late}))).await;
    assert_eq!(over.1, "not_invited");
}

#[tokio::test]
async fn wrong_invitations_have_to_wait() {
    let hub = TestHub::start().await;
    let nobody = hub.nobody();
    let wrong = json!({"token": "A".repeat(43)});
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(nobody.problem(Method::POST, "/invitation", Some(wrong.clone())).await.1);
    }
    assert_eq!(codes[..5], ["not_invited"; 5]);
    assert_eq!(codes[5], "too_many_attempts");
}

#[tokio::test]
async fn a_member_admin_keeps_the_own_people_and_nobody_elses() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (own, other) = (company(&ana, "Transit Estuaire").await, company(&ana, "Quai Sud").await);
    let admin = invited(&hub, &ana, "bruno", "member_admin", Some(&own)).await;
    let _colleague = invited(&hub, &admin, "chloé", "member", Some(&own)).await;
    let _stranger = invited(&hub, &ana, "dora", "member", Some(&other)).await;
    let names = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|account| account["user"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&admin.get("/accounts").await), ["bruno", "chloé"]);
    assert_eq!(names(&ana.get("/accounts").await).len(), 4);
    let invite =
        async |body: Value| admin.problem(Method::POST, "/invitations", Some(body)).await.2["fields"][0]["field"].clone();
    assert_eq!(invite(json!({"profile": "member", "organisation_id": other})).await, "organisation_id");
    assert_eq!(invite(json!({"profile": "coordinator"})).await, "organisation_id");
    assert_eq!(invite(json!({"profile": "coordinator", "organisation_id": own})).await, "organisation_id");
    assert_eq!(invite(json!({"profile": "king", "organisation_id": own})).await, "profile");
    let id = |list: &Value, user: &str| {
        let items = list["items"].as_array().unwrap().clone();
        items.iter().find(|account| account["user"] == user).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let all = ana.get("/accounts").await;
    let change = |enabled: bool| Some(json!({"profile": "member", "organisation_id": own, "enabled": enabled}));
    let dora = format!("/accounts/{}", id(&all, "dora"));
    assert_eq!(admin.problem(Method::PUT, &dora, change(false)).await.0, 404);
    assert_eq!(admin.problem(Method::DELETE, &dora, None).await.0, 404);
    let chloe = format!("/accounts/{}", id(&all, "chloé"));
    assert_eq!(admin.send(Method::PUT, &chloe, change(false)).await.status(), StatusCode::OK);
    assert_eq!(_colleague.problem(Method::GET, "/session", None).await.1, "not_signed_in", "her sessions ended");
    assert_eq!(admin.send(Method::DELETE, &chloe, None).await.status(), StatusCode::NO_CONTENT);
    let own_account = format!("/accounts/{}", id(&all, "bruno"));
    assert_eq!(admin.problem(Method::DELETE, &own_account, None).await.1, "own_account");
}

#[tokio::test]
async fn who_lost_a_password_is_given_another_by_the_keeper_of_the_own_people() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (own, other) = (company(&ana, "Transit Estuaire").await, company(&ana, "Quai Sud").await);
    let admin = invited(&hub, &ana, "bruno", "member_admin", Some(&own)).await;
    let chloe = invited(&hub, &admin, "chloé", "member", Some(&own)).await;
    let _stranger = invited(&hub, &ana, "dora", "member", Some(&other)).await;
    let all = ana.get("/accounts").await;
    let path = |user: &str, what: &str| {
        let account = all["items"].as_array().unwrap().iter().find(|account| account["user"] == user).unwrap();
        format!("/accounts/{}/{what}", account["id"].as_str().unwrap())
    };
    for (user, code) in [("dora", "not_found"), ("ana", "not_found"), ("bruno", "own_account")] {
        assert_eq!(admin.problem(Method::POST, &path(user, "password"), None).await.1, code, "{user}");
        assert_eq!(admin.problem(Method::DELETE, &path(user, "second-factors"), None).await.1, code, "{user}");
    }
    let given: Value = admin.send(Method::POST, &path("chloé", "password"), None).await.json().await.unwrap();
    assert_eq!(chloe.problem(Method::GET, "/session", None).await.1, "not_signed_in", "her sessions ended");
    let sign_in = |password: &Value| Some(json!({"user": "Chloé", "password": password}));
    let back = hub.nobody();
    assert_eq!(back.problem(Method::POST, "/session", sign_in(&json!(PASSWORD))).await.0, 401);
    assert_eq!(back.send(Method::POST, "/session", sign_in(&given["one_time_password"])).await.status(), StatusCode::OK);
    assert_eq!(back.problem(Method::GET, "/organisations", None).await.1, "password_change_required");
    assert_eq!(admin.problem(Method::DELETE, &path("chloé", "second-factors"), None).await.0, 404, "she has none");
}

/// A file of evidence of an organisation.
async fn evidence_of(person: &Person, organisation: &str) -> Value {
    let url = format!("{}/api/v1/organisations/{organisation}/evidence?file=a.txt", person.base);
    let sent = person.http.post(url).header("x-haubert-request", "1").body("a line").send().await.unwrap();
    sent.json::<Value>().await.unwrap()["id"].clone()
}

#[tokio::test]
async fn nobody_of_one_organisation_reaches_anything_of_another() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (gateway, _) = hub.waiting_gateway(&ana).await;
    let theirs = ana.get("/organisations").await["items"][0]["id"].clone();
    let site = ana.get("/sites").await["items"][0]["id"].clone();
    let own = company(&ana, "Transit Estuaire").await;
    let assessment = format!("/organisations/{}/assessments", theirs.as_str().unwrap());
    let assessment = ana.created(&assessment, json!({"framework": "haubert-port", "title": "2026"})).await["id"].clone();
    let insider = invited(&hub, &ana, "inès", "member_admin", Some(&theirs)).await;
    let account = insider.get("/accounts").await["items"][0]["id"].clone();
    let invitation =
        ana.created("/invitations", json!({"profile": "member", "organisation_id": theirs})).await["invitation"]["id"].clone();
    let action = json!({"title": "Buy two disks", "effort": "S", "state": "todo", "revision": 0});
    let action = ana.created(&format!("/organisations/{}/actions", theirs.as_str().unwrap()), action).await["id"].clone();
    let auditor = invited(&hub, &ana, "omar", "auditor", None).await;
    let begin = json!({"framework": "haubert-port", "title": "2026"});
    let audit = auditor.created(&format!("/organisations/{}/audits", theirs.as_str().unwrap()), begin).await["id"].clone();
    let found = json!({"measure": "POL-01", "grade": "minor", "title": "x", "revision": 0});
    let finding = auditor.created(&format!("/audits/{}/findings", audit.as_str().unwrap()), found).await["id"].clone();
    let called = json!({"title": "x", "framework": "haubert-port", "from": "2026-01-01", "until": "2026-12-31",
                        "organisations": [theirs], "revision": 0});
    let campaign = ana.created("/campaigns", called).await["id"].clone();
    let file = evidence_of(&ana, theirs.as_str().unwrap()).await;
    let risk = json!({"title": "x", "gravity": 1, "likelihood": 1, "treatment": {"way": "undecided", "gravity": 1, "likelihood": 1},
                      "review_months": 6, "reviewed_on": "2026-01-01", "state": "open", "revision": 0});
    let risk = ana.created(&format!("/organisations/{}/risks", theirs.as_str().unwrap()), risk).await["id"].clone();
    let asset = crate::inventory::plc(0);
    let asset = ana.created(&format!("/organisations/{}/assets", theirs.as_str().unwrap()), asset).await["id"].clone();
    let zones = format!("/organisations/{}/zones", theirs.as_str().unwrap());
    let zone = ana.created(&zones, json!({"name": "A", "target_level": 1, "revision": 0})).await["id"].clone();
    let second = ana.created(&zones, json!({"name": "B", "target_level": 1, "revision": 0})).await["id"].clone();
    let conduit =
        json!({"name": "AB", "from_zone_id": zone, "to_zone_id": second, "direction": "both", "target_level": 1, "revision": 0});
    let conduit = ana.created(&format!("/organisations/{}/conduits", theirs.as_str().unwrap()), conduit).await["id"].clone();
    let eve = invited(&hub, &ana, "ève", "member_admin", Some(&own)).await;

    for list in ["/organisations", "/sites", "/gateways", "/accounts", "/invitations"] {
        let seen = eve.get(list).await.to_string();
        for hidden in [&theirs, &site, &json!(gateway), &account] {
            assert!(!seen.contains(hidden.as_str().unwrap()), "{list}: {seen}");
        }
    }
    let asked = format!("/gateways?organisation_id={}", theirs.as_str().unwrap());
    assert_eq!(eve.problem(Method::GET, &asked, None).await.0, 404);

    // Every route that names one thing: with the id of theirs it is as if it were not there, for eve alone.
    let table = haubert_testkit::access::routes(&std::fs::read_to_string(manifest_file("routes.md")).unwrap());
    let (mut tried, mut reached) = (0, Vec::new());
    for route in table.iter().filter(|route| route.path.contains("{id}")) {
        let first = route.path.trim_start_matches('/').split('/').next().unwrap();
        let id = match first {
            "organisations" => &theirs,
            "sites" => &site,
            "gateways" => &json!(gateway),
            "assessments" => &assessment,
            "audits" => &audit,
            "accounts" => &account,
            "invitations" => &invitation,
            "actions" => &action,
            "evidence" => &file,
            "findings" => &finding,
            "campaigns" => &campaign,
            "risks" => &risk,
            "assets" => &asset,
            "zones" => &zone,
            "conduits" => &conduit,
            _ => continue,
        };
        let path = route
            .path
            .replace("{id}", id.as_str().unwrap())
            .replace("{scenario}", "FS-01")
            .replace("{series}", "1")
            .replace("{version}", "1");
        let path = path.replace("{campaign}", campaign.as_str().unwrap());
        let body = (route.method != "GET").then(|| json!({}));
        let status = eve.send(route.method.parse().unwrap(), &path, body).await.status().as_u16();
        tried += 1;
        if !matches!(status, 403 | 404) {
            reached.push(format!("{} {path}: {status}", route.method));
        }
    }
    assert!(reached.is_empty(), "{reached:#?}");
    assert!(tried > 30, "{tried}");
    assert_eq!(insider.get(&format!("/gateways/{gateway}")).await["id"], json!(gateway), "whose it is sees it");
}

#[tokio::test]
async fn a_key_looks_for_its_owner_and_never_touches_what_is_the_owners_own() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let made = ana.created("/account/keys", json!({"name": "Dashboard", "days": 30, "may_change": false})).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let program = hub.nobody();
    let ask = async |method: Method, path: &str, key: &str| {
        let url = format!("{}/api/v1{path}", program.base);
        let request = program.http.request(method, url).header("x-haubert-request", "1").bearer_auth(key);
        request.json(&json!({"name": "x", "kind": "other"})).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(Method::GET, "/organisations", &secret).await, 200);
    assert_eq!(ask(Method::POST, "/organisations", &secret).await, 403, "it may only look");
    for (method, path) in [
        (Method::GET, "/account/keys"),
        (Method::POST, "/account/keys"),
        (Method::GET, "/account/sessions"),
        (Method::GET, "/session"),
        (Method::PUT, "/account/password"),
    ] {
        let status = ask(method, path, &secret).await;
        assert!(matches!(status, 403..=405), "{path}: {status}");
    }
    let changes = ana.created("/account/keys", json!({"name": "Import", "days": 30, "may_change": true})).await;
    assert_eq!(ask(Method::POST, "/organisations", changes["secret"].as_str().unwrap()).await, 201);
    assert_eq!(ask(Method::GET, "/organisations", "wrong").await, 401);
    let listed = ana.get("/account/keys").await;
    assert!(listed["items"][0]["last_used_at"].is_string() && listed["items"][0].get("secret").is_none(), "{listed}");

    // It ends by hand, with its time, and with its owner.
    let path = format!("/account/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(Method::GET, "/organisations", &secret).await, 401);
    hub.clock.advance(30 * 86_400_000);
    assert_eq!(ask(Method::GET, "/organisations", changes["secret"].as_str().unwrap()).await, 401);
}
