//! The API as a browser uses it.

use crate::support::*;
use haubert_hub::api::description;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn first_account_needs_the_code_on_the_console() {
    let hub = TestHub::start().await;
    let nobody = hub.nobody();
    let setup = nobody.get("/setup").await;
    assert_eq!((&setup["needed"], &setup["password_rules"]["min_chars"]), (&json!(true), &json!(12)));
    assert_eq!(setup["profiles"], json!([{"profile": "coordinator", "required": true}]));
    assert_eq!(nobody.problem(Method::GET, "/session", None).await.1, "not_signed_in");

    let wrong = json!({"code": "AAAA-AAAA-AAAA", "accounts": [{"profile": "coordinator", "user": "ana", "password": PASSWORD}]});
    let (status, code, _) = nobody.problem(Method::POST, "/setup", Some(wrong)).await;
    assert_eq!((status, code.as_str()), (403, "setup_code_wrong"));

    let right = hub.started().setup_code.as_ref().unwrap().text();
    let weak = json!({"code": right.expose(), "accounts": [{"profile": "coordinator", "user": "ana", "password": "abc"}]});
    let (status, _, problem) = nobody.problem(Method::POST, "/setup", Some(weak)).await;
    assert_eq!(status, 422);
    let codes: Vec<&str> =
        problem["fields"].as_array().unwrap().iter().map(|field| field["message_code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["password_too_short", "password_too_common"]);

    let ana = hub.coordinator().await;
    let session = ana.get("/session").await;
    assert_eq!((&session["user"], &session["profile"]), (&json!("ana"), &json!("coordinator")));
    assert_eq!(ana.get("/about").await["product"], "haubert-hub");
    assert_eq!(nobody.get("/setup").await["needed"], false);
    let again = json!({"code": right.expose(), "accounts": [{"profile": "coordinator", "user": "eve", "password": PASSWORD}]});
    assert_eq!(nobody.problem(Method::POST, "/setup", Some(again)).await.1, "setup_done");
}

#[tokio::test]
async fn a_session_lives_until_sign_out_or_idleness() {
    let hub = TestHub::start().await;
    hub.coordinator().await;
    let ana = hub.nobody();
    let sign_in = json!({"user": "ana", "password": PASSWORD});
    let response = ana.send(Method::POST, "/session", Some(sign_in.clone())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-haubert-hub=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    ana.get("/session").await;
    assert_eq!(ana.send(Method::DELETE, "/session", None).await.status(), StatusCode::NO_CONTENT);
    let stolen = reqwest::header::HeaderValue::from_str(cookie.split(';').next().unwrap()).unwrap();
    let replay = ana.http.get(format!("{}/api/v1/session", ana.base)).header("cookie", stolen).send().await.unwrap();
    assert_eq!(replay.status(), StatusCode::UNAUTHORIZED, "the cookie is worth nothing after sign-out");

    ana.send(Method::POST, "/session", Some(sign_in)).await;
    hub.clock.advance(14 * 60_000);
    ana.get("/session").await;
    hub.clock.advance(14 * 60_000);
    ana.get("/session").await;
    hub.clock.advance(16 * 60_000);
    assert_eq!(ana.problem(Method::GET, "/session", None).await.1, "not_signed_in");
}

#[tokio::test]
async fn wrong_passwords_and_unknown_names_get_the_same_answer_and_then_a_wait() {
    let mut hub = TestHub::start().await;
    hub.coordinator().await;
    let eve = hub.nobody();
    let attempt = |user: &str| json!({"user": user, "password": "Wrong-Pass-1"});
    let (_, _, wrong) = eve.problem(Method::POST, "/session", Some(attempt("ana"))).await;
    let (_, _, absent) = eve.problem(Method::POST, "/session", Some(attempt("bob"))).await;
    assert_eq!(wrong, absent);
    assert_eq!(wrong["code"], "wrong_credentials");
    for _ in 0..2 {
        eve.problem(Method::POST, "/session", Some(attempt("ana"))).await;
    }
    let right = json!({"user": "ana", "password": PASSWORD});
    assert_eq!(eve.problem(Method::POST, "/session", Some(right.clone())).await.0, 429);
    hub.stop().await;
    hub.clock.advance(2 * 3_600_000);
    hub.restart().await;
    assert_eq!(hub.nobody().problem(Method::POST, "/session", Some(right)).await.0, 429, "neither a restart nor the clock helps");
}

#[tokio::test]
async fn the_hub_asks_for_length_and_a_change_ends_other_sessions() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let elsewhere = hub.nobody();
    elsewhere.send(Method::POST, "/session", Some(json!({"user": "ana", "password": PASSWORD}))).await;
    let change = |new: &str| json!({"old": PASSWORD, "new": new});
    let (_, _, problem) = ana.problem(Method::PUT, "/account/password", Some(change("Kb9!xZq"))).await;
    assert_eq!(problem["fields"][0]["message_code"], "password_too_short");
    let changed = ana.send(Method::PUT, "/account/password", Some(change("vertical hamac plume"))).await;
    assert_eq!(changed.status(), StatusCode::OK, "no kinds of characters are asked for");
    assert_eq!(ana.get("/account").await["password_expires_at"], Value::Null);
    assert_eq!(elsewhere.problem(Method::GET, "/session", None).await.0, 401);
}

#[tokio::test]
async fn no_route_but_the_public_ones_answers_without_a_session() {
    let hub = TestHub::start().await;
    let (_, table) = description();
    let nobody = hub.nobody();
    assert!(table.len() > 20);
    for entry in table.iter().filter(|entry| entry.access != "everybody") {
        let path = entry.path.replace("{id}", "018f3f7e-0000-7000-8000-000000000001").replace("{series}", "1");
        let method: Method = entry.method.parse().unwrap();
        let (status, code, _) = nobody.problem(method, &path, Some(json!({}))).await;
        assert_eq!((status, code.as_str()), (401, "not_signed_in"), "{} {}", entry.method, entry.path);
    }
}

#[tokio::test]
async fn cross_site_requests_and_bad_bodies_are_refused() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let url = format!("{}/api/v1/organisations", ana.base);
    let body = json!({"name": "X", "kind": "other"});
    let without_header = ana.http.post(&url).json(&body).send().await.unwrap();
    assert_eq!(without_header.json::<Value>().await.unwrap()["code"], "cross_site");
    let other_origin = ana
        .http
        .post(&url)
        .header("x-haubert-request", "1")
        .header("origin", "https://evil.example")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(other_origin.json::<Value>().await.unwrap()["code"], "cross_site");

    let (status, _, problem) = ana.problem(Method::POST, "/organisations", Some(json!({"name": "X", "kind": "pirate"}))).await;
    assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("kind")));
    let (_, _, problem) = ana.problem(Method::POST, "/organisations", Some(json!({"kind": "other"}))).await;
    assert_eq!(problem["fields"][0], json!({"field": "name", "message_code": "required", "message": "missing field `name`"}));
    let huge = json!({"name": "x".repeat(2_000_000), "kind": "other"});
    assert_eq!(ana.problem(Method::POST, "/organisations", Some(huge)).await.0, 413);
    let text = ana.http.post(&url).header("x-haubert-request", "1").body("name=X").send().await.unwrap();
    assert_eq!(text.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(ana.problem(Method::GET, "/nothing", None).await.0, 404);
    assert_eq!(ana.problem(Method::PUT, "/organisations", Some(json!({}))).await.0, 405);
    assert_eq!(ana.problem(Method::GET, "/gateways/not-an-id", None).await.0, 404);
    assert_eq!(ana.problem(Method::GET, "/gateways?limit=many", None).await.2["fields"][0]["field"], "limit");
}

#[tokio::test]
async fn organisations_and_sites_are_kept_and_not_lost_by_accident() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let made = ana.created("/organisations", json!({"name": " Terminal Nord ", "kind": "terminal"})).await;
    assert_eq!(made["name"], "Terminal Nord");
    let id = made["id"].as_str().unwrap();
    let site = json!({"organisation_id": id, "name": "Quai 1", "time_zone": "Europe/Nowhere", "country": "FR"});
    let (status, _, problem) = ana.problem(Method::POST, "/sites", Some(site)).await;
    assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("time_zone")));
    let site = json!({"organisation_id": id, "name": "Quai 1", "time_zone": "Europe/Paris", "country": "FR"});
    let site = ana.created("/sites", site).await;
    let path = format!("/organisations/{id}");
    assert_eq!(ana.problem(Method::DELETE, &path, None).await.1, "not_empty");
    assert_eq!(ana.get(&format!("/sites?organisation_id={id}")).await["items"][0]["id"], site["id"]);
    let site_path = format!("/sites/{}", site["id"].as_str().unwrap());
    assert_eq!(ana.send(Method::DELETE, &site_path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.problem(Method::DELETE, &site_path, None).await.0, 404);
    let renamed = ana.send(Method::PUT, &path, Some(json!({"name": "Nord", "kind": "logistics"}))).await;
    assert_eq!(renamed.json::<Value>().await.unwrap()["kind"], "logistics");
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.get("/organisations").await, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn lists_page_by_cursor() {
    let hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    for n in 0..5 {
        ana.created("/organisations", json!({"name": format!("O{n}"), "kind": "other"})).await;
    }
    let (mut names, mut cursor) = (vec![], String::new());
    loop {
        let page = ana.get(&format!("/organisations?limit=2&cursor={cursor}")).await;
        names.extend(page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names, ["O0", "O1", "O2", "O3", "O4"]);
}

#[tokio::test]
async fn pages_carry_the_security_headers_and_the_application_routes_itself() {
    let hub = TestHub::start().await;
    let nobody = hub.nobody();
    let page = nobody.http.get(format!("{}/gateways/1", nobody.base)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")]
    {
        assert_eq!(page.headers()[name], value);
    }
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let tag = page.headers()["etag"].clone();
    let again = nobody.http.get(format!("{}/", nobody.base)).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let missing = nobody.http.get(format!("{}/assets/none.js", nobody.base)).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let link = nobody.http.get(format!("{}/link/v1/hello", nobody.base)).send().await.unwrap();
    assert_eq!(link.status(), StatusCode::NOT_FOUND, "the link is not on this listener");
}

#[tokio::test]
async fn the_fleet_stream_tells_what_changed_and_ends_at_shutdown() {
    let mut hub = TestHub::start().await;
    let ana = hub.coordinator().await;
    let (id, _) = hub.waiting_gateway(&ana).await;
    let mut stream = ana.http.get(format!("{}/api/v1/fleet/stream", ana.base)).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(text.starts_with("event: gateways\n") && text.contains(&id.to_string()), "{text}");
    ana.send(Method::POST, &format!("/gateways/{id}/revocation"), None).await;
    while !text.contains("revoked") {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    hub.stop().await;
    while let Ok(Some(_)) = stream.chunk().await {}
}
