//! From nothing to a score: profile, self-assessment, next steps, scenario, data path. Each scene on SQLite here, on PostgreSQL in
//! `postgres.rs`.

use crate::support::*;
use haubert_link::Link;
use haubert_link::message::{PostureAnswer, PostureReport, Standing};
use haubert_model::Clock as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn put(person: &Person, path: &str, body: Value) -> Value {
    let response = person.send(Method::PUT, path, Some(body)).await;
    let status = response.status();
    let value: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

/// The measures of the port framework by their short names.
async fn measure(person: &Person, id: &str) -> Value {
    let framework = person.get("/frameworks/haubert-port?lang=fr").await;
    framework["nodes"].as_array().unwrap().iter().find(|node| node["ref_id"] == id).cloned().unwrap()
}

fn answer(node: &Value, question: usize, choice: usize, revision: i64) -> Value {
    let asked = &node["questions"][question];
    json!({"subject": asked["urn"], "node": node["urn"], "choice": asked["choices"][choice]["urn"], "revision": revision})
}

pub(crate) async fn from_nothing_to_a_score(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    let profile = ana.get(&of("/profile")).await;
    assert_eq!((&profile["is_set"], &profile["size"]), (&json!(false), &json!("micro")));
    put(&ana, &of("/profile"), json!({"size": "small", "ot": true, "nis2": "none", "gateways": true})).await;
    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    assert_eq!((&begun["answered"], &begun["state"]), (&json!(0), &json!("open")));
    let asked = begun["asked"].as_u64().unwrap();
    assert!((40..=62).contains(&asked), "{asked}");

    let nothing = ana.get(&of("/standing")).await;
    assert_eq!((&nothing["declared"]["total"]["least"], &nothing["declared"]["total"]["most"]), (&json!(0.0), &json!(100.0)));
    let steps = nothing["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 6);
    let first = steps[0]["measure"].as_str().unwrap();

    // The first step, done: the score moves by what was promised.
    let node = measure(&ana, first).await;
    let answers = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
    for question in 0..node["questions"].as_array().unwrap().len() {
        put(&ana, &answers, answer(&node, question, 3, 0)).await;
    }
    let after = ana.get(&of("/standing")).await;
    let moved = after["declared"]["total"]["least"].as_f64().unwrap();
    assert!((moved - steps[0]["points"].as_f64().unwrap()).abs() < 1e-6, "{moved} {}", steps[0]);
    assert!(after["steps"].as_array().unwrap().iter().all(|step| step["measure"] != first));
    let ring = |standing: &Value, id: &str| {
        let found = standing["measures"].as_array().unwrap().iter().find(|measure| measure["id"] == id).cloned();
        found.unwrap()["ring"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(ring(&after, first), "declared");
    let read = ana.get(&format!("/assessments/{}", begun["id"].as_str().unwrap())).await;
    assert_eq!(read["answered"], 1);
    let listed = ana.get(&of("/assessments")).await;
    assert_eq!(listed["items"][0]["total"], read["score"]["total"]);
    assert!(listed["items"][0]["total"]["least"].as_f64().unwrap() > 0.0);
}

pub(crate) async fn two_people_lose_nobodys_words(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    let answers = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
    let node = measure(&ana, "TEC-21").await;
    let mut mine = answer(&node, 0, 1, 0);
    mine["comment"] = json!("a disk in the drawer");
    assert_eq!(put(&ana, &answers, mine).await["revision"], 1);
    let (status, code, _) = ana.problem(Method::PUT, &answers, Some(answer(&node, 0, 3, 0))).await;
    assert_eq!((status, code.as_str()), (409, "changed_meanwhile"));
    assert_eq!(put(&ana, &answers, answer(&node, 0, 3, 1)).await["revision"], 2);
    let subject = node["questions"][0]["urn"].as_str().unwrap();
    let past = ana.get(&format!("{answers}?subject={subject}")).await;
    let past: Vec<(i64, &str)> = past["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["revision"].as_i64().unwrap(), answer["comment"].as_str().unwrap()))
        .collect();
    assert_eq!(past, [(2, ""), (1, "a disk in the drawer")]);

    let refused = async |change: Value| {
        let mut body = answer(&node, 0, 3, 2);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, _, problem) = ana.problem(Method::PUT, &answers, Some(body)).await;
        (status, problem["fields"][0]["field"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(json!({"choice": "urn:other"})).await, (422, "choice".to_owned()));
    assert_eq!(refused(json!({"node": "urn:other"})).await, (422, "node".to_owned()));
    assert_eq!(refused(json!({"subject": "urn:other"})).await, (422, "subject".to_owned()));
    assert_eq!(refused(json!({"not_applicable": " "})).await, (422, "not_applicable".to_owned()));
    assert_eq!(refused(json!({"comment": "x".repeat(4_001)})).await, (422, "comment".to_owned()));
    assert_eq!(refused(json!({"score": 9})).await, (422, "score".to_owned()));
}

pub(crate) async fn a_scenario_and_a_data_path_show_which_rings_hold(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    put(&ana, &of("/profile"), json!({"size": "small", "ot": false, "nis2": "none", "gateways": false})).await;
    let all = ana.get(&of("/scenarios")).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 25);
    let before = &all["items"][0];
    assert_eq!((&before["is_picked"], &before["residual_likelihood"]), (&json!(false), &before["likelihood"]));
    let rating = json!({"is_picked": true, "gravity": 4, "likelihood": 4, "note": "", "revision": 0});
    let path = of("/scenarios/FS-01");
    assert_eq!(put(&ana, &path, rating.clone()).await["level"], "high");
    assert_eq!(ana.problem(Method::PUT, &path, Some(rating)).await.1, "changed_meanwhile");
    let too_much = json!({"is_picked": true, "gravity": 5, "likelihood": 4, "revision": 1});
    assert_eq!(ana.problem(Method::PUT, &path, Some(too_much)).await.0, 422);

    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    let answers = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
    put(&ana, &answers, answer(&measure(&ana, "TEC-21").await, 0, 3, 0)).await;
    let after = &ana.get(&of("/scenarios")).await["items"][0];
    assert_eq!(after["stages"][3], json!({"stage": "exploit", "ring": "declared", "by": "TEC-21"}));
    assert_eq!(after["residual_likelihood"], 3);

    let entry = |measures: Value| json!({"id": "usb", "name": "USB", "way": "physical", "exposure": 2, "measures": measures});
    let sensitivity = json!({"confidentiality": 1, "integrity": 3, "availability": 2, "traceability": 1});
    let place = |id: &str, measures: Value| json!({"id": id, "name": id, "kind": "edge", "sensitivity": sensitivity, "entries": [entry(measures)], "next": []});
    let picture = json!({"places": [place("a", json!([])), place("b", json!(["TEC-21"]))]});
    let kept = put(&ana, &of("/path"), json!({"path": picture, "revision": 0})).await;
    assert_eq!((&kept["view"]["weakest"], &kept["view"]["places"][0]["missing"]), (&json!("a"), &json!(6.0)));
    assert_eq!(kept["view"]["places"][1]["ring"], "declared");
    let twice = json!({"path": {"places": [place("a", json!([])), place("a", json!([]))]}, "revision": 1});
    assert_eq!(ana.problem(Method::PUT, &of("/path"), Some(twice)).await.2["fields"][0]["field"], "a");
}

pub(crate) async fn a_gateway_that_shows_otherwise_contradicts_what_is_declared(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let (_, enrolment) = hub.waiting_gateway(&ana).await;
    let company = ana.get("/organisations").await["items"][0].clone();
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    put(&ana, &of("/profile"), json!({"size": "small", "ot": true, "nis2": "none", "gateways": true})).await;
    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    let answers = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
    put(&ana, &answers, answer(&measure(&ana, "GAT-01").await, 0, 3, 0)).await;
    let link = Link::new(&hub.enrol(&enrolment).await.unwrap()).unwrap();
    link.hello(&hello(0)).await.unwrap();
    let told =
        PostureAnswer { standard: "technical-note".to_owned(), id: "no_default_password".to_owned(), standing: Standing::NotMet };
    let report = PostureReport { version: 1, at: hub.clock.now(), findings: Vec::new(), answers: vec![told] };
    link.posture(&report).await.unwrap();
    let standing = ana.get(&of("/standing")).await;
    let measure = standing["measures"].as_array().unwrap().iter().find(|measure| measure["id"] == "GAT-01").unwrap();
    assert_eq!((&measure["contradicted"], &measure["ring"], &measure["proven"]), (&json!(true), &json!("fails"), &json!(0.0)));
    assert_eq!(measure["evidence"][0]["standing"], "not_met");
}

/// Answers every question that is asked with the choice of this number.
async fn answer_everything(person: &Person, assessment: &Value, choice: usize) {
    let read = person.get(&format!("/assessments/{}", assessment["id"].as_str().unwrap())).await;
    let groups: Vec<&str> = read["groups"].as_array().unwrap().iter().map(|group| group.as_str().unwrap()).collect();
    let framework = person.get("/frameworks/haubert-port").await;
    let path = format!("/assessments/{}/answer", assessment["id"].as_str().unwrap());
    for node in framework["nodes"].as_array().unwrap().iter().filter(|node| node["assessable"] == true) {
        if node["groups"].as_array().unwrap().iter().any(|group| groups.contains(&group.as_str().unwrap())) {
            for question in 0..node["questions"].as_array().unwrap().len() {
                put(person, &path, answer(node, question, choice, 0)).await;
            }
        }
    }
}

pub(crate) async fn a_label_is_given_when_it_is_reached_and_anybody_can_check_it(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    let engaged = || Some(json!({"grade": "engaged"}));
    assert_eq!(ana.problem(Method::POST, &of("/labels"), engaged()).await.1, "grade_not_reached");
    answer_everything(&ana, &begun, 2).await;
    let standing = ana.get(&of("/standing")).await;
    assert_eq!(standing["label"]["reached"], "engaged");
    let given = ana.created(&of("/labels"), engaged().unwrap()).await;
    let on_the_way = Some(json!({"grade": "on-the-way"}));
    assert_eq!(ana.problem(Method::POST, &of("/labels"), on_the_way).await.1, "grade_not_reached", "nothing is proven");

    let (nobody, path) = (hub.nobody(), format!("/label/{}", given["code"].as_str().unwrap()));
    let seen = nobody.get(&path).await;
    let text = |key: &str| seen[key].as_str().unwrap().to_owned();
    assert_eq!((text("state").as_str(), text("organisation").as_str()), ("valid", "Transit Estuaire"));
    assert!(haubert_trust::is_stated(&text("statement"), &text("signature"), &text("public_key")));
    assert!(!haubert_trust::is_stated(
        &text("statement").replace("engaged", "exemplary"),
        &text("signature"),
        &text("public_key")
    ));
    let badge = nobody.send(Method::GET, &format!("{path}/badge?lang=fr"), None).await;
    assert_eq!(badge.headers()["content-type"], "image/svg+xml");
    assert_eq!(badge.headers()["cross-origin-resource-policy"], "cross-origin", "its holder shows it on a site of its own");
    assert!(badge.text().await.unwrap().contains("Engagé"));
    assert_eq!(nobody.problem(Method::GET, "/label/ABCDEFGHJKMNPQRS", None).await.0, 404);

    hub.clock.advance(300 * 24 * 3_600_000);
    ana.send(Method::POST, "/session", Some(json!({"user": "ana", "password": PASSWORD}))).await;
    assert_eq!(ana.get(&of("/labels")).await["items"][0]["reminder_days"], 120);
    hub.clock.advance(66 * 24 * 3_600_000);
    assert_eq!(nobody.get(&path).await["state"], "expired");
    ana.send(Method::POST, "/session", Some(json!({"user": "ana", "password": PASSWORD}))).await;
    let withdrawal = format!("/labels/{}/withdrawal", given["id"].as_str().unwrap());
    assert_eq!(ana.problem(Method::POST, &withdrawal, Some(json!({"reason": " "}))).await.0, 422);
    assert_eq!(
        ana.send(Method::POST, &withdrawal, Some(json!({"reason": "found untrue"}))).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(ana.problem(Method::POST, &withdrawal, Some(json!({"reason": "again"}))).await.0, 404);
    assert_eq!(nobody.get(&path).await["state"], "withdrawn");
}

pub(crate) async fn a_plan_keeps_its_order_and_nobodys_words_are_lost(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let actions = format!("/organisations/{}/actions", company["id"].as_str().unwrap());
    let action = |title: &str, depends_on: Value, revision: i64| {
        json!({"measure": "TEC-21", "title": title, "owner": "Léa", "due": "2027-03-31", "effort": "M", "cost_eur": 300,
               "state": "todo", "depends_on": depends_on, "note": "", "revision": revision})
    };
    let first = ana.created(&actions, action("Buy two disks", json!([]), 0)).await;
    let second = ana.created(&actions, action("Copy every week", json!([first["id"]]), 0)).await;
    let path = |action: &Value| format!("/actions/{}", action["id"].as_str().unwrap());
    let circle = action("Buy two disks", json!([second["id"]]), 1);
    assert_eq!(ana.problem(Method::PUT, &path(&first), Some(circle)).await.2["fields"][0]["message_code"], "circle");
    let mut done = action("Buy two disks", json!([]), 1);
    done["state"] = json!("done");
    assert_eq!(put(&ana, &path(&first), done.clone()).await["revision"], 2);
    assert_eq!(ana.problem(Method::PUT, &path(&first), Some(done)).await.1, "changed_meanwhile");
    let refused = async |field: &str, value: Value| {
        let mut body = action("x", json!([]), 0);
        body[field] = value;
        ana.problem(Method::POST, &actions, Some(body)).await.2["fields"][0]["field"].clone()
    };
    for (field, value) in [
        ("measure", json!("XYZ-99")),
        ("due", json!("2027-02-30")),
        ("cost_eur", json!(-1)),
        ("depends_on", json!(["nobody"])),
        ("title", json!(" ")),
        ("effort", json!("XXL")),
    ] {
        assert_eq!(refused(field, value).await, field);
    }
    let listed = ana.get(&actions).await;
    let titles: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Buy two disks", "Copy every week"]);
    assert_eq!(ana.send(Method::DELETE, &path(&first), None).await.status(), StatusCode::NO_CONTENT);
    let left = ana.get(&actions).await;
    assert_eq!(
        (&left["items"][0]["title"], &left["items"][0]["depends_on"], &left["items"].as_array().unwrap().len()),
        (&json!("Copy every week"), &json!([]), &1)
    );
}

on_sqlite!(
    from_nothing_to_a_score,
    two_people_lose_nobodys_words,
    a_scenario_and_a_data_path_show_which_rings_hold,
    a_gateway_that_shows_otherwise_contradicts_what_is_declared,
    a_label_is_given_when_it_is_reached_and_anybody_can_check_it,
    a_plan_keeps_its_order_and_nobodys_words_are_lost,
);
