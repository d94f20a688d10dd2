//! Reports. Each scene on SQLite here, on PostgreSQL in `postgres.rs`.

use crate::support::*;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Every text of a report, one after the other.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(items) => items.iter().map(words).collect(),
        Value::Object(fields) => fields.iter().filter(|(name, _)| *name != "kind").map(|(_, value)| words(value)).collect(),
        _ => String::new(),
    }
}

fn says(report: &Value, expected: &[&str]) {
    let text = words(report);
    for one in expected {
        assert!(text.contains(one), "“{one}” is missing of:\n{text}");
    }
}

pub(crate) async fn a_report_says_what_is_known_in_the_readers_language(hub: &TestHub) {
    let ana = hub.coordinator().await;
    let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
    let of = |path: &str| format!("/organisations/{}{path}", company["id"].as_str().unwrap());
    let report = async |reader: &str, lang: &str| ana.get(&of(&format!("/report?for={reader}&lang={lang}"))).await;
    assert_eq!(report("management", "fr").await["blocks"], json!([]), "there is nothing to report yet");

    let begun = ana.created(&of("/assessments"), json!({"framework": "haubert-port", "title": "2026"})).await;
    let framework = ana.get("/frameworks/haubert-port?lang=fr").await;
    let node = framework["nodes"].as_array().unwrap().iter().find(|node| node["ref_id"] == "POL-01").unwrap();
    let asked = &node["questions"][0];
    let answer = json!({"subject": asked["urn"], "node": node["urn"], "choice": asked["choices"][2]["urn"],
                        "comment": "Signée par {la direction}", "revision": 0});
    let path = format!("/assessments/{}/answer", begun["id"].as_str().unwrap());
    assert_eq!(ana.send(Method::PUT, &path, Some(answer)).await.status(), StatusCode::OK);
    let risk = json!({"title": "Ransom at the terminal", "gravity": 4, "likelihood": 4, "actions": [], "review_months": 6,
                      "treatment": {"way": "accept", "gravity": 4, "likelihood": 4, "accepted_by": "Director",
                                    "accepted_until": "2999-01-01"},
                      "reviewed_on": "2026-01-31", "state": "open", "revision": 0});
    ana.created(&of("/risks"), risk).await;
    let action = json!({"title": "Buy two disks", "effort": "M", "cost_eur": 1300, "state": "todo", "revision": 0});
    ana.created(&of("/actions"), action).await;

    let management = report("management", "en").await;
    let standing = ana.get(&of("/standing")).await;
    let least = standing["declared"]["total"]["least"].as_f64().unwrap();
    assert_eq!(management["blocks"][1]["items"][0]["least"], json!(least));
    assert_eq!(management["blocks"][1]["items"][0]["value"], format!("{least:.0}"));
    says(&management, &["Report to management", "between", "Six next steps", "€1,300", "high", "No weak ring is known"]);
    says(
        &report("management", "fr").await,
        &["Score de résilience", "1\u{202f}300\u{202f}€", "Label «\u{a0}en route vers\u{a0}»"],
    );
    let choice = asked["choices"][2]["text"].as_str().unwrap();
    says(&report("auditor", "fr").await, &["Aucun audit n’a été fait", choice, "Signée par {la direction}", "sans réponse"]);
    says(
        &report("authority", "en").await,
        &["article 21(2)", "(j)", "Ransom at the terminal", "Director", "1 January 2999", "72 hours"],
    );

    let refused = async |query: &str| ana.problem(Method::GET, &of(&format!("/report?{query}")), None).await.0;
    assert_eq!(refused("for=management&lang=de").await, 422);
    assert_eq!(refused("for=neighbours&lang=fr").await, 422);
    assert_eq!(refused("for=management&lang=fr&zone=Atlantis").await, 422);
    assert_eq!(
        ana.problem(Method::GET, "/organisations/018f3f7e-0000-7000-8000-000000000001/report?for=auditor&lang=en", None).await.0,
        404
    );

    for reader in ["management", "auditor", "authority"] {
        let query = format!("/report/pdf?for={reader}&lang=fr&zone=Europe/Paris");
        let pdf = ana.send(Method::GET, &of(&query), None).await;
        assert_eq!((pdf.status(), &pdf.headers()["content-type"]), (StatusCode::OK, &"application/pdf".parse().unwrap()));
        assert!(pdf.headers()["content-disposition"].to_str().unwrap().contains(&format!("haubert-report-{reader}.pdf")));
        assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    }
}

on_sqlite!(a_report_says_what_is_known_in_the_readers_language);
