//! The risk register, what is followed in time, and frameworks that come from elsewhere. Each scene on SQLite here, on PostgreSQL
//! in `postgres.rs`.

use crate::people::invited;
use crate::support::*;
use haubert_model::Clock as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const LIBRARY: &str = "
urn: urn:x:library:harbour
locale: en
ref_id: HARBOUR
name: Harbour rules
version: 2
copyright: LICENCE
objects:
  framework:
    urn: urn:x:framework:harbour
    ref_id: harbour
    name: Harbour rules
    translations: { fr: { name: Règles du port } }
    min_score: 0
    max_score: 2
    requirement_nodes:
    - { urn: urn:x:h:1, assessable: false, depth: 1, ref_id: H1, name: Heading }
    - urn: urn:x:h:1.1
      assessable: true
      depth: 2
      parent_urn: urn:x:h:1
      ref_id: H1.1
      name: MEASURE
      questions:
        urn:x:h:1.1:q:1:
          type: unique_choice
          text: Is it done?
          choices:
          - { urn: urn:x:h:1.1:q:1:c:1, value: No, add_score: 0 }
          - { urn: urn:x:h:1.1:q:1:c:2, value: Yes, add_score: 2 }
    - { urn: urn:x:h:1.2, assessable: true, depth: 2, parent_urn: urn:x:h:1, ref_id: H1.2, name: Another }
";

fn library(licence: &str) -> String {
    LIBRARY.replace("LICENCE", licence).replace("MEASURE", "A measure")
}

async fn import(person: &Person, query: &str, text: String) -> (StatusCode, Value) {
    let request = person.http.post(format!("{}/api/v1/libraries{query}", person.base)).header("x-haubert-request", "1");
    let response = request.header("content-type", "application/yaml").body(text).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn company(person: &Person, name: &str) -> String {
    let company = person.created("/organisations", json!({"name": name, "kind": "logistics"})).await;
    company["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn a_framework_from_elsewhere_is_asked_and_scored(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (status, preview) = import(&ana, "?dry_run=true", library("CC BY 4.0")).await;
    assert_eq!((status, &preview["change"]), (StatusCode::OK, &json!("new")), "{preview}");
    assert_eq!(preview["library"]["framework"]["measures"], 2);
    assert_eq!(ana.get("/libraries").await["items"], json!([]), "a look changes nothing");
    let (_, imported) = import(&ana, "", library("CC BY 4.0")).await;
    assert_eq!(imported["library"]["licence"], "open");
    let names: Vec<Value> =
        ana.get("/frameworks?lang=fr").await["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(names.contains(&json!("Règles du port")), "{names:?}");

    // The same again changes nothing; the same version with other words is refused; an older one too.
    assert_eq!(import(&ana, "", library("CC BY 4.0")).await.1["change"], "same");
    let other = library("CC BY 4.0").replace("A measure", "Another word");
    assert_eq!(import(&ana, "", other.clone()).await.1["code"], "same_version");
    assert_eq!(import(&ana, "", other.replace("version: 2", "version: 1")).await.1["code"], "older_library");

    let of = company(&ana, "Transit Estuaire").await;
    let begun =
        ana.created(&format!("/organisations/{of}/assessments"), json!({"framework": "harbour", "title": "Harbour 2026"})).await;
    assert_eq!(begun["asked"], 2);
    let id = begun["id"].as_str().unwrap();
    let answer = json!({"subject": "urn:x:h:1.1:q:1", "node": "urn:x:h:1.1", "choice": "urn:x:h:1.1:q:1:c:2", "revision": 0});
    let answers = format!("/assessments/{id}/answer");
    assert_eq!(ana.send(Method::PUT, &answers, Some(answer)).await.status(), StatusCode::OK);
    let read = ana.get(&format!("/assessments/{id}")).await;
    assert_eq!(
        (&read["answered"], &read["score"]["total"]["least"], &read["score"]["total"]["most"]),
        (&json!(1), &json!(50.0), &json!(100.0))
    );
    // A measure without questions is answered by its score.
    let whole = json!({"subject": "urn:x:h:1.2", "node": "urn:x:h:1.2", "score": 1, "revision": 0});
    assert_eq!(ana.send(Method::PUT, &answers, Some(whole)).await.status(), StatusCode::OK);
    assert_eq!(ana.get(&format!("/assessments/{id}")).await["score"]["total"]["least"], 75.0);

    // A newer version takes its place, and the answers stay.
    let newer = other.replace("version: 2", "version: 3");
    assert_eq!(import(&ana, "", newer).await.1["change"], "newer");
    assert_eq!(ana.get(&format!("/assessments/{id}")).await["answered"], 2);
    let row = ana.get("/libraries").await["items"][0].clone();
    let path = format!("/libraries/{}", row["id"].as_str().unwrap());
    assert_eq!(ana.problem(Method::DELETE, &path, None).await.1, "library_in_use");
}

pub(crate) async fn a_library_that_says_no_licence_needs_a_reason(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (status, refused) = import(&ana, "", library("Somebody")).await;
    assert_eq!((status, &refused["fields"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("entitled_because")));
    let (_, imported) = import(&ana, "?entitled_because=Bought%20in%202026", library("Somebody")).await;
    assert_eq!(
        (&imported["library"]["licence"], &imported["library"]["entitled_because"]),
        (&json!("unclear"), &json!("Bought in 2026"))
    );
    let path = format!("/libraries/{}", imported["library"]["id"].as_str().unwrap());
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.get("/libraries").await["items"], json!([]));
    for (text, says) in [
        ("not: [a, library".to_owned(), "not a library"),
        (library("CC0").replace("ref_id: harbour", "ref_id: haubert-port"), "already"),
        (library("CC0").replace("parent_urn: urn:x:h:1", "parent_urn: urn:x:nobody"), "nobody"),
        ("x".repeat(8 * 1024 * 1024 + 1), "at most"),
    ] {
        let (status, refused) = import(&ana, "", text).await;
        assert!(status.is_client_error(), "{status}");
        assert!(refused["detail"].as_str().unwrap().contains(says), "{says}: {refused}");
    }
}

fn risk(revision: i64) -> Value {
    json!({"title": "Ransom at the terminal", "scenario": "FS-01", "owner": "Léa", "gravity": 4, "likelihood": 3,
           "treatment": {"way": "reduce", "gravity": 3, "likelihood": 2}, "actions": [], "review_months": 6,
           "reviewed_on": "2026-01-31", "state": "open", "revision": revision})
}

pub(crate) async fn a_register_says_what_is_left_and_who_bears_it(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let of = company(&ana, "Transit Estuaire").await;
    let risks = format!("/organisations/{of}/risks");
    let entered = ana.created(&risks, risk(0)).await;
    assert_eq!(
        (&entered["level"], &entered["target_level"], &entered["review_on"]),
        (&json!("high"), &json!("medium"), &json!("2026-07-31"))
    );
    assert!(entered["alerts"].as_array().unwrap().contains(&json!("no_action")), "{entered}");
    let path = format!("/risks/{}", entered["id"].as_str().unwrap());

    let with = |field: &str, value: Value| {
        let mut body = risk(1);
        body[field] = value;
        body
    };
    let accepts = |by: &str, until: Value| json!({"way": "accept", "gravity": 4, "likelihood": 3, "accepted_by": by, "accepted_until": until});
    for (body, field, code) in [
        (with("treatment", accepts("", json!("2999-01-01"))), "treatment.accepted_by", "required"),
        (with("treatment", accepts("Director", Value::Null)), "treatment.accepted_until", "required"),
        (with("treatment", accepts("Director", json!("2020-01-01"))), "treatment.accepted_until", "past"),
        (with("treatment", json!({"way": "reduce", "gravity": 4, "likelihood": 4})), "treatment.likelihood", "too_high"),
        (with("gravity", json!(5)), "gravity", "not_valid"),
        (with("scenario", json!("FS-99")), "scenario", "not_found"),
        (with("actions", json!(["nobody"])), "actions", "not_found"),
        (with("reviewed_on", json!("2999-01-01")), "reviewed_on", "not_valid"),
        (with("review_months", json!(0)), "review_months", "not_valid"),
    ] {
        let problem = ana.problem(Method::PUT, &path, Some(body)).await.2;
        assert_eq!((&problem["fields"][0]["field"], &problem["fields"][0]["message_code"]), (&json!(field), &json!(code)));
    }

    let accepted = with("treatment", accepts("Director", json!("2999-01-01")));
    let kept = ana.send(Method::PUT, &path, Some(accepted.clone())).await;
    assert_eq!(kept.status(), StatusCode::OK);
    assert_eq!(ana.problem(Method::PUT, &path, Some(accepted)).await.1, "changed_meanwhile");
    let past = format!("/organisations/{of}/past?kind=risk&subject={}", entered["id"].as_str().unwrap());
    let before = ana.get(&past).await;
    assert_eq!((&before["items"][0]["revision"], &before["items"][0]["changed_by"]), (&json!(1), &json!("ana")));
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ana.get(&past).await["items"].as_array().unwrap().len(), 2, "what was removed can be looked at");
}

pub(crate) async fn a_study_ends_in_the_register(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let of = company(&ana, "Transit Estuaire").await;
    let path = format!("/organisations/{of}/study");
    assert_eq!(ana.get(&path).await["view"]["workshops"].as_array().unwrap().len(), 5);
    let entered = ana.created(&format!("/organisations/{of}/risks"), risk(0)).await;
    let study = |risk: &Value| {
        json!({"study": {
            "scope": "Unloading",
            "values": [{"id": "v", "name": "Unloading"}],
            "events": [{"id": "e", "name": "The cranes stop", "value": "v", "gravity": 4}],
            "pairs": [{"id": "p", "source": "Criminals", "objective": "Ransom", "motivation": 4, "resources": 3, "is_kept": true}],
            "parties": [{"id": "m", "name": "Maintainer", "exposure": {"dependency": 4, "penetration": 4, "maturity": 2, "trust": 2}}],
            "strategic": [{"id": "s", "name": "By the maintainer", "pair": "p", "event": "e", "through": ["m"]}],
            "operational": [{"strategic": "s", "scenario": "FS-01", "likelihood": 3, "risk": risk}],
        }, "revision": 0})
    };
    let refused = ana.problem(Method::PUT, &path, Some(study(&json!("nobody")))).await.2;
    assert_eq!(refused["fields"][0]["field"], "operational.0.risk");
    assert_eq!(ana.send(Method::PUT, &path, Some(study(&entered["id"]))).await.status(), StatusCode::OK);
    let kept = ana.get(&path).await;
    assert_eq!((&kept["view"]["scenarios"][0]["level"], &kept["revision"]), (&json!("high"), &json!(1)));
    assert!(kept["view"]["workshops"].as_array().unwrap().iter().all(|one| one["gaps"] == json!([])), "{kept}");
    assert_eq!(ana.problem(Method::PUT, &path, Some(study(&entered["id"]))).await.1, "changed_meanwhile");
}

async fn answered(person: &Person, name: &str, choice: usize) -> String {
    let of = company(person, name).await;
    let begun =
        person.created(&format!("/organisations/{of}/assessments"), json!({"framework": "haubert-port", "title": "x"})).await;
    let framework = person.get("/frameworks/haubert-port").await;
    let node = framework["nodes"].as_array().unwrap().iter().find(|node| node["ref_id"] == "TEC-21").unwrap().clone();
    for question in node["questions"].as_array().unwrap() {
        let body =
            json!({"subject": question["urn"], "node": node["urn"], "choice": question["choices"][choice]["urn"], "revision": 0});
        let path = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
        assert_eq!(person.send(Method::PUT, &path, Some(body)).await.status(), StatusCode::OK);
    }
    of
}

pub(crate) async fn days_are_kept_and_four_companies_are_not_compared(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let mut companies = Vec::new();
    for number in 0..4 {
        companies.push(answered(&ana, &format!("Company {number}"), 3).await);
    }
    let of = &companies[0];
    ana.created(&format!("/organisations/{of}/risks"), risk(0)).await;
    let days = ana.get(&format!("/organisations/{of}/indicators")).await;
    let today = &days["items"][0];
    let date = jiff::Timestamp::from_millisecond(hub.clock.now().as_millis()).unwrap().to_string();
    assert_eq!(today["day"], date[..10]);
    assert_eq!((&today["risks"]["high"], &today["known"], &today["grade"]), (&json!(1), &json!(1), &Value::Null));
    let compared = async || {
        for id in &companies {
            ana.get(&format!("/organisations/{id}/indicators")).await;
        }
        ana.get(&format!("/organisations/{of}/benchmark")).await
    };
    let four = compared().await;
    assert_eq!((&four["is_shown"], &four["figures"][0]["spread"], &four["least"]), (&json!(false), &Value::Null, &json!(5)));
    assert!(four["figures"].as_array().unwrap().iter().all(|figure| figure["spread"].is_null()), "{four}");
    // One that has said nothing does not make it five.
    let silent = company(&ana, "Silent").await;
    ana.get(&format!("/organisations/{silent}/indicators")).await;
    assert_eq!(compared().await["is_shown"], false);
    let fifth = answered(&ana, "Company 5", 0).await;
    ana.get(&format!("/organisations/{fifth}/indicators")).await;
    let five = compared().await;
    assert_eq!((&five["is_shown"], &five["figures"][0]["spread"]["count"]), (&json!(true), &json!(5)));
    let own = five["figures"][0]["own"].as_f64().unwrap();
    assert!((five["figures"][0]["spread"]["median"].as_f64().unwrap() - own).abs() <= 0.5, "four of five are alike: {five}");

    // The next day stands beside this one.
    hub.clock.advance(24 * 3_600_000);
    let sign_in = json!({"user": "ana", "password": PASSWORD});
    assert_eq!(ana.send(Method::POST, "/session", Some(sign_in)).await.status(), StatusCode::OK);
    let two = ana.get(&format!("/organisations/{of}/indicators?days=2")).await;
    assert_eq!(two["items"].as_array().unwrap().len(), 2, "{two}");
}

pub(crate) async fn the_community_is_read_by_pages_and_a_member_reads_its_own(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let mut companies = Vec::new();
    for number in 0..3 {
        companies.push(answered(&ana, &format!("Company {number}"), number).await);
    }
    companies.sort();
    let (mut told, mut path) = (Vec::new(), "/indicators?limit=2".to_owned());
    loop {
        let page = ana.get(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{page}");
        told.extend(items.clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/indicators?limit=2&cursor={next}");
    }
    assert_eq!(told.len(), 3);
    for (one, id) in told.iter().zip(&companies) {
        let alone = ana.get(&format!("/organisations/{id}/indicators?days=1")).await;
        assert_eq!((&one["organisation_id"], &one["figures"]), (&json!(id), &alone["items"][0]));
    }

    let lea = invited(hub, &ana, "léa", "member", Some(&json!(companies[1]))).await;
    let own = lea.get("/indicators").await;
    assert_eq!(own["items"], json!([told[1]]));
    // Nor by reading on from before somebody else.
    let after = lea.get(&format!("/indicators?cursor={}", companies[0])).await;
    assert_eq!(after["items"], json!([told[1]]));
}

on_sqlite!(
    a_framework_from_elsewhere_is_asked_and_scored,
    a_library_that_says_no_licence_needs_a_reason,
    a_register_says_what_is_left_and_who_bears_it,
    a_study_ends_in_the_register,
    days_are_kept_and_four_companies_are_not_compared,
    the_community_is_read_by_pages_and_a_member_reads_its_own,
);
