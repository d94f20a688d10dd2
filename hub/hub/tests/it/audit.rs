//! The work of audits. Each scene on SQLite here, on PostgreSQL in `postgres.rs`.

use crate::people::invited;
use crate::support::*;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";
/// SHA-256 of [`PDF`], as `sha256sum` gives it.
const PDF_SHA256: &str = "6f71714ba1d09b1fc838e8661ee4d0170fd38f6913426432ad289af8ecc52510";

async fn upload(person: &Person, path: &str, query: &[(&str, &str)], file: impl Into<reqwest::Body>) -> Response {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    let request = person.http.post(format!("{}/api/v1{path}?{}", person.base, query.join("&")));
    let request = request.header("x-haubert-request", "1").header("content-type", "application/octet-stream");
    request.body(file).send().await.unwrap()
}

async fn uploaded(person: &Person, path: &str, query: &[(&str, &str)], file: impl Into<reqwest::Body>) -> Value {
    let response = upload(person, path, query, file).await;
    let status = response.status();
    let value: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{path}: {value}");
    value
}

/// Status, code, and code of the field at fault.
async fn refused(person: &Person, path: &str, query: &[(&str, &str)], file: impl Into<reqwest::Body>) -> (u16, String, String) {
    let response = upload(person, path, query, file).await;
    let value: Value = response.json().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (value["status"].as_u64().unwrap() as u16, text(&value["code"]), text(&value["fields"][0]["message_code"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A company with somebody of its own, a self-assessment and an audit by somebody else.
struct Company {
    ana: Person,
    lea: Person,
    auditor: Person,
    id: String,
    own: String,
    audit: String,
}

impl Company {
    async fn of(hub: &TestHub) -> Self {
        let ana = hub.coordinator().await;
        let company = ana.created("/organisations", json!({"name": "Transit Estuaire", "kind": "logistics"})).await;
        let lea = invited(hub, &ana, "léa", "member", Some(&company["id"])).await;
        let auditor = invited(hub, &ana, "omar", "auditor", None).await;
        let id = text(&company["id"]).to_owned();
        let begin = json!({"framework": "haubert-port", "title": "2026"});
        let own = lea.created(&format!("/organisations/{id}/assessments"), begin.clone()).await;
        let audit = auditor.created(&format!("/organisations/{id}/audits"), begin).await;
        let (own, audit) = (text(&own["id"]).to_owned(), text(&audit["id"]).to_owned());
        Self { ana, lea, auditor, id, own, audit }
    }

    fn path(&self, path: &str) -> String {
        format!("/organisations/{}{path}", self.id)
    }
}

pub(crate) async fn evidence_is_kept_in_all_its_versions_and_only_ever_saved(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, all) = (&company.lea, company.path("/evidence"));
    let query = [("file", "../Politique de sécurité.pdf"), ("measure", "POL-01"), ("assessment", &company.own), ("note", "v1")];
    let first = uploaded(lea, &all, &query, PDF).await;
    let version = &first["versions"][0];
    assert_eq!((&version["kind"], &version["bytes"], &version["added_by"]), (&json!("pdf"), &json!(PDF.len()), &json!("léa")));
    assert_eq!((text(&version["sha256"]), text(&version["file_name"])), (PDF_SHA256, "Politique de sécurité.pdf"));
    assert_eq!(first["links"], json!([{"assessment_id": company.own, "measure": "POL-01"}]));

    // A second version: the first stays, and each comes back as it was.
    let path = format!("/evidence/{}", text(&first["id"]));
    let versions = format!("{path}/versions");
    let until = [("file", "comptes.csv"), ("valid_until", "2026-12-31")];
    let second = uploaded(lea, &versions, &until, "nom;droit\nLéa;admin\n").await;
    let numbers: Vec<&Value> = second["versions"].as_array().unwrap().iter().map(|version| &version["number"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2)]);
    let saved = company.auditor.send(Method::GET, &format!("{versions}/1"), None).await;
    let header = |name: &str| -> Vec<String> {
        saved.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(header("content-type"), ["application/octet-stream"]);
    assert_eq!(header("x-content-type-options"), ["nosniff"]);
    assert!(header("content-disposition")[0].starts_with("attachment; filename=\"Politique"), "{saved:?}");
    let policies = header("content-security-policy");
    assert!(policies.iter().any(|policy| policy.starts_with("sandbox;")) && policies.len() == 2, "{policies:?}");
    assert_eq!(saved.bytes().await.unwrap(), PDF);
    let saved = lea.send(Method::GET, &format!("{versions}/2"), None).await;
    assert_eq!(saved.text().await.unwrap(), "nom;droit\nLéa;admin\n");
    assert_eq!(lea.problem(Method::GET, &format!("{versions}/3"), None).await.0, 404);

    // Nobody's words are lost; who only audits changes nothing.
    let body = |title: &str, revision: i64| Some(json!({"title": title, "links": [], "revision": revision}));
    let changed = lea.send(Method::PUT, &path, body("Policy", 2)).await;
    assert_eq!(changed.json::<Value>().await.unwrap()["title"], "Policy");
    assert_eq!(lea.problem(Method::PUT, &path, body("Rules", 2)).await.1, "changed_meanwhile");
    assert_eq!(company.auditor.problem(Method::PUT, &path, body("Rules", 3)).await.0, 403);
    assert_eq!(refused(&company.auditor, &all, &query, PDF).await.0, 403);
    let elsewhere = Some(json!({"title": "x", "links": [{"assessment_id": "x", "measure": "POL-01"}], "revision": 3}));
    assert_eq!(lea.problem(Method::PUT, &path, elsewhere).await.2["fields"][0]["field"], "assessment");
    let nowhere = Some(json!({"title": "x", "links": [{"assessment_id": company.own, "measure": "x"}], "revision": 3}));
    assert_eq!(lea.problem(Method::PUT, &path, nowhere).await.2["fields"][0]["field"], "measure");

    // Removed as a whole, and that is known.
    assert_eq!(lea.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(lea.get(&all).await["items"], json!([]));
    let gone = lea.get(&format!("{all}?removed=true")).await["items"][0].clone();
    assert_eq!((&gone["removed_by"], &gone["versions"][0]["sha256"]), (&json!("léa"), &json!(PDF_SHA256)));
    assert_eq!(lea.problem(Method::GET, &format!("{versions}/1"), None).await.0, 404);
    let folder = hub.config.data_dir.join("evidence").join(&company.id);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    assert_eq!(lea.problem(Method::DELETE, &path, None).await.0, 404);
}

pub(crate) async fn evidence_expires_on_the_day_after_its_last(hub: &TestHub) {
    let company = Company::of(hub).await;
    let now = haubert_model::Clock::now(&*hub.clock);
    let today = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
    let query = [("file", "a.txt"), ("valid_until", &today.to_string())];
    assert_eq!(uploaded(&company.lea, &company.path("/evidence"), &query, "a line").await["is_expired"], false);
    hub.clock.advance(24 * 3_600_000);
    let signed_in = json!({"user": "ana", "password": PASSWORD});
    company.ana.send(Method::POST, "/session", Some(signed_in)).await;
    let items = company.ana.get(&company.path("/evidence")).await["items"].clone();
    assert_eq!((&items[0]["is_expired"], &items[0]["versions"][0]["is_expired"]), (&json!(true), &json!(true)));
}

pub(crate) async fn what_may_do_harm_or_is_too_much_is_not_taken(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, all) = (&company.lea, company.path("/evidence"));
    let try_one = async |name: &str, file: &'static [u8]| refused(lea, &all, &[("file", name)], file).await;
    for (name, file, reason) in [
        ("a.pdf", b"MZ\x90\0".as_slice(), "program"),
        ("a.html", b"<html><script>alert(1)</script>", "markup"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "markup"),
        ("a.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "archive"),
        ("a.exe", PDF, "name"),
        ("a.txt", b"", "empty"),
    ] {
        assert_eq!(try_one(name, file).await, (422, "invalid".to_owned(), reason.to_owned()), "{name}");
    }
    assert_eq!(refused(lea, &all, &[("file", "a.txt"), ("valid_until", "2027-02-30")], "a").await.2, "not_valid");
    assert_eq!(refused(lea, &all, &[("file", " ")], "a").await.2, "required");
    assert_eq!(refused(lea, &all, &[("file", "a.txt"), ("measure", "POL-01")], "a").await.2, "required");
    // What is said to be the most is the most.
    let most = &lea.get("/limits").await["evidence"];
    let long = |field: &str| usize::try_from(most[field].as_u64().unwrap()).unwrap() + 1;
    assert_eq!(refused(lea, &all, &[("file", "a.txt")], vec![b'a'; long("file_bytes")]).await.1, "too_large");
    let note = "a".repeat(long("note_characters"));
    assert_eq!(refused(lea, &all, &[("file", "a.txt"), ("note", &note)], "a").await.2, "too_long");
    let text = most["kinds"].as_array().unwrap().iter().find(|taken| taken["kind"] == "text").unwrap();
    assert!(text["endings"].as_array().unwrap().contains(&json!("csv")), "{text}");
    assert_eq!(lea.get(&all).await["items"], json!([]));
    assert_eq!(std::fs::read_dir(hub.config.data_dir.join("evidence")).unwrap().count(), 0, "nothing is left behind");
}

/// With room for one MiB.
pub(crate) async fn an_organisation_has_so_much_room_and_the_same_file_counts_once(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, all) = (&company.lea, company.path("/evidence"));
    assert_eq!(lea.get("/limits").await["evidence"]["organisation_bytes"], 1024 * 1024);
    let half = |sign: u8| vec![sign; 600 * 1024];
    let first = uploaded(lea, &all, &[("file", "a.txt")], half(b'a')).await;
    let again = uploaded(lea, &all, &[("file", "b.txt")], half(b'a')).await;
    assert_eq!(refused(lea, &all, &[("file", "c.txt")], half(b'c')).await.1, "evidence_full");
    let versions = format!("/evidence/{}/versions", text(&first["id"]));
    assert_eq!(refused(lea, &versions, &[("file", "c.txt")], half(b'c')).await.1, "evidence_full");
    let folder = hub.config.data_dir.join("evidence").join(&company.id);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "what found no room is not kept");
    // What two have in common stays until both are gone.
    let remove =
        async |evidence: &Value| lea.send(Method::DELETE, &format!("/evidence/{}", text(&evidence["id"])), None).await.status();
    assert_eq!(remove(&first).await, StatusCode::NO_CONTENT);
    let other = format!("/evidence/{}/versions/1", text(&again["id"]));
    assert_eq!(lea.send(Method::GET, &other, None).await.bytes().await.unwrap().len(), 600 * 1024);
    assert_eq!(remove(&again).await, StatusCode::NO_CONTENT);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    uploaded(lea, &all, &[("file", "c.txt")], half(b'c')).await;
    // An organisation that goes takes its files with it.
    assert_eq!(company.ana.send(Method::DELETE, &company.path(""), None).await.status(), StatusCode::NO_CONTENT);
    assert!(!folder.exists());
}

async fn put(person: &Person, path: &str, body: Value) -> Value {
    let response = person.send(Method::PUT, path, Some(body)).await;
    let status = response.status();
    let value: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

fn finding(grade: &str, title: &str, revision: i64) -> Value {
    json!({"measure": "TEC-21", "grade": grade, "title": title, "seen": "No disk lies off line.", "evidence": [],
           "recommendation": "Take one home.", "due": "2027-03-31", "revision": revision})
}

pub(crate) async fn a_finding_goes_from_the_auditor_to_the_organisation_and_back(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, omar) = (&company.lea, &company.auditor);
    let findings = format!("/audits/{}/findings", company.audit);
    let made = omar.created(&findings, finding("minor", "No copy off line", 0)).await;
    assert_eq!((&made["state"], &made["correction"], &made["is_overdue"]), (&json!("open"), &json!(null), &json!(false)));
    let path = format!("/findings/{}", text(&made["id"]));
    let (correction, verdict) = (format!("{path}/correction"), format!("{path}/verdict"));

    // Each does the own part, and nothing else.
    for (person, path) in [(lea, &path), (lea, &verdict), (omar, &correction)] {
        assert_eq!(person.problem(Method::PUT, path, Some(json!({}))).await.0, 403, "{path}");
    }
    assert_eq!(lea.problem(Method::POST, &findings, Some(finding("minor", "x", 0))).await.0, 403);
    let file = uploaded(lea, &company.path("/evidence"), &[("file", "disk.pdf")], PDF).await;
    let done = |revision: i64| json!({"words": "Two disks bought.", "evidence": [file["id"]], "revision": revision});
    let corrected = put(lea, &correction, done(1)).await;
    assert_eq!((&corrected["state"], &corrected["correction"]["by"]), (&json!("corrected"), &json!("léa")));
    assert_eq!(lea.problem(Method::PUT, &correction, Some(done(1))).await.1, "changed_meanwhile");
    let not_yet = json!({"is_accepted": false, "words": "Both lie in the same room.", "revision": 2});
    assert_eq!(put(omar, &verdict, not_yet).await["state"], "open");
    put(lea, &correction, done(3)).await;
    assert_eq!(put(omar, &verdict, json!({"is_accepted": true, "revision": 4})).await["state"], "verified");
    assert_eq!(lea.problem(Method::PUT, &correction, Some(done(5))).await.1, "conflict", "there is nothing left to correct");

    let past = lea.get(&path).await;
    let changes: Vec<(&str, &str)> =
        past["changes"].as_array().unwrap().iter().map(|change| (text(&change["state"]), text(&change["changed_by"]))).collect();
    let steps = [("open", "omar"), ("corrected", "léa"), ("open", "omar"), ("corrected", "léa"), ("verified", "omar")];
    assert_eq!(changes, steps);
    assert_eq!(past["changes"][2]["verdict"]["words"], "Both lie in the same room.");
    assert_eq!(lea.get(&company.path("/findings")).await["items"].as_array().unwrap().len(), 1);

    let fault = async |person: &Person, method: Method, path: &str, field: &str, value: Value, mut body: Value| {
        body[field] = value;
        person.problem(method, path, Some(body)).await.2["fields"][0]["field"].clone()
    };
    for (field, value) in [
        ("measure", json!("XYZ-99")),
        ("grade", json!("terrible")),
        ("title", json!(" ")),
        ("seen", json!("x".repeat(4_001))),
        ("due", json!("soon")),
        ("evidence", json!(["nobody's"])),
    ] {
        assert_eq!(fault(omar, Method::POST, &findings, field, value, finding("minor", "x", 0)).await, field);
    }
    assert_eq!(fault(lea, Method::PUT, &correction, "words", json!(" "), done(5)).await, json!(null), "the state comes first");
    let silent = json!({"is_accepted": false, "revision": 5});
    assert_eq!(fault(omar, Method::PUT, &verdict, "words", json!(""), silent).await, "words");
    // A self-assessment has no findings.
    let own = format!("/audits/{}/findings", company.own);
    assert_eq!(omar.problem(Method::POST, &own, Some(finding("minor", "x", 0))).await.0, 404);
}

pub(crate) async fn an_open_major_stands_in_the_way_of_the_label_until_the_auditor_has_seen_it_corrected(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, omar) = (&company.lea, &company.auditor);
    let findings = format!("/audits/{}/findings", company.audit);
    let open = async || lea.get(&company.path("/standing")).await["label"]["open_majors"].clone();
    let major = omar.created(&findings, finding("major", "No copy at all", 0)).await;
    omar.created(&findings, finding("minor", "No copy off line", 0)).await;
    assert_eq!(open().await, 1);
    let path = format!("/findings/{}", text(&major["id"]));
    put(lea, &format!("{path}/correction"), json!({"words": "Done.", "revision": 1})).await;
    assert_eq!(open().await, 1, "a word is not enough");
    put(omar, &format!("{path}/verdict"), json!({"is_accepted": true, "revision": 2})).await;
    assert_eq!(open().await, 0);
    let good = omar.created(&findings, finding("good_practice", "Disks are labelled", 0)).await;
    let answer = Some(json!({"words": "Thank you.", "revision": 1}));
    let correction = format!("/findings/{}/correction", text(&good["id"]));
    assert_eq!(lea.problem(Method::PUT, &correction, answer).await.1, "conflict");
}

async fn measure_urn(person: &Person, measure: &str) -> String {
    let framework = person.get("/frameworks/haubert-port").await;
    let node = framework["nodes"].as_array().unwrap().iter().find(|node| node["ref_id"] == measure).unwrap().clone();
    text(&node["urn"]).to_owned()
}

/// An answer to the first question of a measure.
async fn answer(person: &Person, path: &str, measure: &str, choice: usize) -> Value {
    let framework = person.get("/frameworks/haubert-port").await;
    let node = framework["nodes"].as_array().unwrap().iter().find(|node| node["ref_id"] == measure).unwrap();
    let asked = &node["questions"][0];
    let body = json!({"subject": asked["urn"], "node": node["urn"], "choice": asked["choices"][choice]["urn"], "revision": 0});
    put(person, &format!("{path}/answer"), body.clone()).await;
    body
}

/// What somebody does who reaches the database.
async fn sql(hub: &TestHub, statement: &str) {
    use sea_orm::ConnectionTrait as _;
    let url = match hub.config.database_url.expose() {
        "sqlite" => format!("sqlite://{}", hub.config.data_dir.join("hub.sqlite3").display()),
        url => url.to_owned(),
    };
    let database = sea_orm::Database::connect(url).await.unwrap();
    database.execute_unprepared(statement).await.unwrap();
    database.close().await.unwrap();
}

pub(crate) async fn a_file_evidences_what_is_declared_and_an_audit_counts_once_it_is_signed(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, omar) = (&company.lea, &company.auditor);
    let profile = json!({"size": "small", "ot": false, "nis2": "none", "gateways": false});
    put(lea, &company.path("/profile"), profile).await;
    let score = async |track: &str| lea.get(&company.path("/standing")).await[track]["total"]["least"].clone();
    let own = format!("/assessments/{}", company.own);
    let query = [("file", "policy.pdf"), ("measure", "POL-01"), ("assessment", &company.own), ("valid_until", &day(hub, 0))];
    let file = uploaded(lea, &company.path("/evidence"), &query, PDF).await;
    assert_eq!(score("evidenced").await, 0.0, "a file proves nothing that is not declared");
    answer(lea, &own, "POL-01", 2).await;
    let (declared, evidenced) = (score("declared").await, score("evidenced").await);
    assert!(declared.as_f64().unwrap() > 0.0 && evidenced == declared, "{declared} {evidenced}");

    // What an auditor has not signed is not what an auditor says.
    answer(omar, &format!("/audits/{}", company.audit), "POL-01", 3).await;
    assert_eq!(lea.get(&company.path("/standing")).await["audited"], json!(null));
    omar.created(&format!("/audits/{}/closing", company.audit), json!(null)).await;
    let audited = score("audited").await;
    assert!(audited.as_f64() > declared.as_f64(), "{audited}");
    let again = omar.created(&company.path("/audits"), json!({"framework": "haubert-port", "title": "2027"})).await;
    assert_eq!((&again["answered"], score("audited").await), (&json!(0), audited), "the signed one counts until the next is");

    // Who answers what: said, taken back, and kept for the next assessment.
    let (respondents, node) = (format!("{own}/respondents"), measure_urn(lea, "POL-01").await);
    let ask = |who: &str| json!({"nodes": [node], "who": who});
    put(lea, &respondents, ask("Omar")).await;
    assert_eq!(put(lea, &respondents, ask("")).await["items"], json!([]));
    put(lea, &respondents, ask("Omar")).await;
    let nobody = json!({"nodes": ["urn:nobody"], "who": "Omar"});
    assert_eq!(lea.problem(Method::PUT, &respondents, Some(nobody)).await.2["fields"][0]["field"], "nodes");
    assert_eq!(omar.problem(Method::PUT, &respondents, Some(ask("Ana"))).await.0, 403);

    // A new self-assessment begins where the last one stands, and the file goes on proving.
    let next = lea.created(&company.path("/assessments"), json!({"framework": "haubert-port", "title": "2027"})).await;
    assert_eq!((&next["answered"], score("declared").await, score("evidenced").await), (&json!(1), declared, evidenced));
    let asked = lea.get(&format!("/assessments/{}/respondents", text(&next["id"]))).await;
    assert_eq!((&asked["items"][0]["who"], &asked["items"][0]["changed_by"]), (&json!("Omar"), &json!("léa")));
    let read = lea.get(&format!("/assessments/{}", text(&next["id"]))).await;
    assert_eq!((&read["answers"][0]["changed_by"], &read["answers"][0]["revision"]), (&json!("léa"), &json!(1)));
    hub.clock.advance(24 * 3_600_000);
    lea.send(Method::POST, "/session", Some(json!({"user": "léa", "password": PASSWORD}))).await;
    assert_eq!(score("evidenced").await, 0.0, "{file}");
}

pub(crate) async fn everything_about_a_measure_is_on_one_sheet(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, omar) = (&company.lea, &company.auditor);
    answer(lea, &format!("/assessments/{}", company.own), "TEC-21", 3).await;
    answer(omar, &format!("/audits/{}", company.audit), "TEC-21", 1).await;
    let query = [("file", "disk.pdf"), ("measure", "TEC-21"), ("assessment", &company.own)];
    let file = uploaded(lea, &company.path("/evidence"), &query, PDF).await;
    let made = omar.created(&format!("/audits/{}/findings", company.audit), finding("minor", "No copy off line", 0)).await;
    let sheet = omar.get(&format!("/audits/{}/sheet", company.audit)).await;
    let measure = sheet["measures"].as_array().unwrap().iter().find(|measure| measure["id"] == "TEC-21").unwrap();
    assert_eq!((&measure["files"], &measure["findings"]), (&json!([file["id"]]), &json!([made["id"]])));
    assert_eq!((&measure["ring"], &measure["evidence"]), (&json!("holds"), &json!([])), "by the file alone");
    let score = |answers: &Value| text(&answers[0]["choice"]).to_owned();
    assert_ne!(score(&measure["own_answers"]), score(&measure["audit_answers"]));
    assert_eq!((&sheet["audit"]["answered"], &sheet["own"]["id"]), (&json!(1), &json!(company.own)));
    assert_eq!((&sheet["files"][0]["title"], &sheet["findings"][0]["grade"]), (&json!("disk.pdf"), &json!("minor")));
    assert_eq!(omar.problem(Method::GET, &format!("/audits/{}/sheet", company.own), None).await.0, 404);
}

pub(crate) async fn a_closed_audit_stays_as_it_is_and_whatever_is_changed_behind_its_back_is_told(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, omar) = (&company.lea, &company.auditor);
    let (audit, closing) = (format!("/audits/{}", company.audit), format!("/audits/{}/closing", company.audit));
    let mut again = answer(omar, &audit, "TEC-21", 1).await;
    let file = uploaded(lea, &company.path("/evidence"), &[("file", "disk.pdf")], PDF).await;
    let evidence = format!("/evidence/{}", text(&file["id"]));
    let body = |grade: &str, due: &str, revision: i64| {
        let mut body = finding(grade, "No copy off line", revision);
        (body["evidence"], body["due"]) = (json!([file["id"]]), json!(due));
        body
    };
    let made = omar.created(&format!("{audit}/findings"), body("major", "2027-03-31", 0)).await;
    let path = format!("/findings/{}", text(&made["id"]));

    assert_eq!(omar.problem(Method::GET, &closing, None).await.0, 404, "it was never closed");
    assert_eq!(lea.problem(Method::POST, &closing, None).await.0, 403);
    let closed = omar.created(&closing, json!(null)).await;
    assert_eq!((&closed["is_whole"], &closed["closed_by"]), (&json!(true), &json!("omar")));
    let signed =
        |view: &Value| haubert_trust::is_stated(text(&view["statement"]), text(&view["signature"]), text(&view["public_key"]));
    assert!(signed(&closed) && text(&closed["statement"]).contains(PDF_SHA256));

    // What it states is not changed any more.
    again["revision"] = json!(1);
    let (of_audit, findings) = (format!("{audit}/answer"), format!("{audit}/findings"));
    for (method, path, body) in [
        (Method::PUT, &of_audit, Some(again)),
        (Method::POST, &findings, Some(body("minor", "2027-03-31", 0))),
        (Method::PUT, &path, Some(body("minor", "2027-03-31", 1))),
        (Method::POST, &closing, None),
    ] {
        assert_eq!(omar.problem(method, path, body).await.0, 409, "{path}");
    }
    assert_eq!(lea.problem(Method::DELETE, &evidence, None).await.1, "conflict");
    // What comes after an audit goes on.
    put(omar, &path, body("major", "2027-06-30", 1)).await;
    put(lea, &format!("{path}/correction"), json!({"words": "Done.", "revision": 2})).await;
    put(omar, &format!("{path}/verdict"), json!({"is_accepted": true, "revision": 3})).await;
    uploaded(lea, &format!("{evidence}/versions"), &[("file", "disk.txt")], "two disks").await;
    assert_eq!(lea.get(&closing).await["is_whole"], true);

    let id = &company.audit;
    let of = |table: &str, change: &str| format!("UPDATE {table} SET {change} WHERE assessment_id = '{id}'");
    for (change, back, fault) in [
        (of("answer", "comment = 'all is well'"), of("answer", "comment = ''"), "answers"),
        (of("answer", "changed_by = 'eve'"), of("answer", "changed_by = 'omar'"), "answers"),
        (of("finding", "grade = 'observation'"), of("finding", "grade = 'major'"), "findings"),
        (
            of("finding", "document = replace(document, 'No disk', 'A disk')"),
            of("finding", "document = replace(document, 'A disk', 'No disk')"),
            "findings",
        ),
        (of("finding", "document = '{' || document"), of("finding", "document = substr(document, 2)"), "findings"),
        (
            format!("UPDATE evidence_version SET sha256 = '{}' WHERE number = 1", "0".repeat(64)),
            format!("UPDATE evidence_version SET sha256 = '{PDF_SHA256}' WHERE number = 1"),
            "evidence",
        ),
        (
            format!("UPDATE assessment SET closed = FALSE WHERE id = '{id}'"),
            format!("UPDATE assessment SET closed = TRUE WHERE id = '{id}'"),
            "audit",
        ),
        (
            of("audit_closing", "statement = replace(statement, 'omar', 'eve!')"),
            of("audit_closing", "statement = replace(statement, 'eve!', 'omar')"),
            "statement",
        ),
        (of("audit_closing", "closed_at = closed_at + 1"), of("audit_closing", "closed_at = closed_at - 1"), "statement"),
    ] {
        sql(hub, &change).await;
        let seen = lea.get(&closing).await;
        assert_eq!((&seen["is_whole"], &seen["faults"]), (&json!(false), &json!([fault])), "{change}");
        sql(hub, &back).await;
        assert_eq!(lea.get(&closing).await["faults"], json!([]), "{back}");
    }
    sql(hub, &format!("DELETE FROM audit_closing WHERE assessment_id = '{id}'")).await;
    assert_eq!(lea.get(&closing).await["faults"], json!(["statement"]));
}

pub(crate) async fn a_closed_self_assessment_is_not_answered_any_more(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (lea, own) = (&company.lea, format!("/assessments/{}", company.own));
    let mut again = answer(lea, &own, "TEC-21", 1).await;
    let closing = format!("{own}/closing");
    assert_eq!(company.auditor.problem(Method::POST, &closing, None).await.0, 403);
    let of_audit = format!("/assessments/{}/closing", company.audit);
    assert_eq!(lea.problem(Method::POST, &of_audit, None).await.0, 404, "whoever declares does not close an audit");
    let closed = lea.send(Method::POST, &closing, None).await.json::<Value>().await.unwrap();
    assert_eq!((&closed["state"], &closed["answered"]), (&json!("closed"), &json!(1)));
    again["revision"] = json!(1);
    assert_eq!(lea.problem(Method::PUT, &format!("{own}/answer"), Some(again)).await.1, "conflict");
    assert_eq!(lea.problem(Method::POST, &closing, None).await.1, "conflict");
    let query = [("file", "a.txt"), ("measure", "TEC-21"), ("assessment", company.own.as_str())];
    assert_eq!(refused(lea, &company.path("/evidence"), &query, "a").await.1, "conflict");
}

pub(crate) async fn another_framework_is_seen_through_the_weakest_measure(hub: &TestHub) {
    let company = Company::of(hub).await;
    let own = format!("/assessments/{}", company.own);
    answer(&company.lea, &own, "POL-01", 3).await;
    let seen = async |to: &str| company.auditor.get(&company.path(&format!("/mapping?to={to}"))).await;
    let counts = ["nis2_art_21", "recyf", "anssi_hygiene", "iec_62443_3_3", "iso_27002_2022"];
    for (to, count) in counts.into_iter().zip([10, 20, 42, 51, 93]) {
        let found = seen(to).await;
        assert_eq!((&found["to"], found["identifiers"].as_array().unwrap().len()), (&json!(to), count));
    }
    let hygiene = seen("anssi_hygiene").await;
    assert!(hygiene["without"].as_array().unwrap().contains(&json!("17")), "{}", hygiene["without"]);
    let iso = seen("iso_27002_2022").await;
    let control = iso["identifiers"].as_array().unwrap().iter().find(|control| control["id"] == "5.1").unwrap();
    let policy = control["measures"].as_array().unwrap().iter().find(|measure| measure["measure"] == "POL-01").unwrap();
    assert_eq!((&policy["ring"], &policy["declared"], &policy["proven"]), (&json!("declared"), &json!(1.0), &json!(null)));
    assert_eq!(company.lea.problem(Method::GET, &company.path("/mapping?to=cobit"), None).await.0, 422);
}

/// A day so many days from now.
fn day(hub: &TestHub, days: i64) -> String {
    let now = haubert_model::Clock::now(&*hub.clock).plus_ms(days * 24 * 3_600_000);
    jiff::Timestamp::from_millisecond(now.as_millis()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

pub(crate) async fn a_campaign_invites_shows_how_far_everybody_is_and_reminds(hub: &TestHub) {
    let company = Company::of(hub).await;
    let (ana, lea) = (&company.ana, &company.lea);
    let other = ana.created("/organisations", json!({"name": "Quai Sud", "kind": "logistics"})).await;
    let body = |until: i64, organisations: Value, revision: i64| {
        json!({"title": "Spring 2027", "framework": "haubert-port", "from": day(hub, 0), "until": day(hub, until),
               "message": "Please look again.", "organisations": organisations, "revision": revision})
    };
    let campaign = ana.created("/campaigns", body(30, json!([company.id]), 0)).await;
    let path = format!("/campaigns/{}", text(&campaign["id"]));
    let progress = async || {
        let read = ana.get(&path).await;
        let steps: Vec<(String, String, u64)> = read["organisations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                let percent = step["percent"].as_u64().unwrap();
                (text(&step["organisation"]).to_owned(), text(&step["progress"]).to_owned(), percent)
            })
            .collect();
        let due: Vec<String> =
            read["reminders"].as_array().unwrap().iter().map(|due| text(&due["reminder"]).to_owned()).collect();
        (steps, due)
    };
    let step = |name: &str, progress: &str, percent: u64| (name.to_owned(), progress.to_owned(), percent);
    assert_eq!(progress().await, (vec![step("Transit Estuaire", "not_begun", 0)], vec![]));

    // Changed by who has seen it: a nearer day, and somebody more. Whoever was invited stays.
    let sooner = || body(10, json!([other["id"]]), 1);
    put(ana, &path, sooner()).await;
    assert_eq!(ana.problem(Method::PUT, &path, Some(sooner())).await.1, "changed_meanwhile");
    let (steps, due) = progress().await;
    assert_eq!((steps.len(), due), (2, vec!["in_14_days".to_owned(); 2]));

    // Begun once, by the organisation, when it likes.
    let own = company.path("/campaigns");
    let listed = lea.get(&own).await["items"][0].clone();
    assert_eq!((&listed["progress"], &listed["can_begin"]), (&json!("not_begun"), &json!(true)));
    assert_eq!((&listed["reminder"], &listed["assessment"]), (&json!("in_14_days"), &json!(null)));
    let begin = format!("{own}/{}/assessment", text(&campaign["id"]));
    let begun: Value = lea.send(Method::POST, &begin, None).await.json().await.unwrap();
    let again: Value = lea.send(Method::POST, &begin, None).await.json().await.unwrap();
    assert_eq!((&begun["id"], &begun["kind"], &begun["title"]), (&again["id"], &json!("self"), &json!("Spring 2027")));
    let assessment = format!("/assessments/{}", text(&begun["id"]));
    answer(lea, &assessment, "POL-01", 3).await;
    let (steps, due) = progress().await;
    let mine = steps.iter().find(|step| step.0 == "Transit Estuaire").unwrap();
    assert!(mine.1 == "begun" && (1..10).contains(&mine.2) && due.len() == 2, "{mine:?}");
    lea.send(Method::POST, &format!("{assessment}/closing"), None).await;
    let (steps, due) = progress().await;
    assert!(steps.iter().any(|step| step.1 == "closed") && due.len() == 1, "whoever is done is not reminded");

    // Only the coordinator calls; only those who are called answer.
    assert_eq!(lea.problem(Method::GET, &path, None).await.0, 403);
    assert_eq!(company.auditor.problem(Method::POST, "/campaigns", Some(json!({}))).await.0, 403);
    let later = json!({"title": "Later", "framework": "haubert-port", "from": day(hub, 5), "until": day(hub, 50),
                       "organisations": null, "revision": 0});
    let later = ana.created("/campaigns", later).await;
    let too_early = format!("{own}/{}/assessment", text(&later["id"]));
    assert_eq!(lea.problem(Method::POST, &too_early, None).await.1, "conflict");
    assert_eq!(ana.get(&format!("/campaigns/{}", text(&later["id"]))).await["organisations"].as_array().unwrap().len(), 2);
    let fault = async |field: &str, value: Value| {
        let mut body = body(30, json!([]), 0);
        body[field] = value;
        ana.problem(Method::POST, "/campaigns", Some(body)).await.2["fields"][0]["field"].clone()
    };
    for (field, value) in [
        ("title", json!(" ")),
        ("framework", json!("other")),
        ("from", json!("soon")),
        ("until", json!(day(hub, -1))),
        ("message", json!("x".repeat(4_001))),
        ("organisations", json!(["018f3f7e-0000-7000-8000-000000000001"])),
    ] {
        assert_eq!(fault(field, value).await, field);
    }

    // Closed: nobody begins any more, nobody is reminded.
    let closing = format!("{path}/closing");
    let closed: Value = ana.send(Method::POST, &closing, None).await.json().await.unwrap();
    assert_eq!((&closed["closed_by"], &closed["reminders"]), (&json!("ana"), &json!([])));
    assert_eq!(ana.problem(Method::POST, &closing, None).await.1, "conflict");
    let theirs = format!("/organisations/{}/campaigns/{}/assessment", text(&other["id"]), text(&campaign["id"]));
    assert_eq!(ana.problem(Method::POST, &theirs, None).await.1, "conflict");
}

on_sqlite!(
    |config| config.evidence_mib = 1;
    evidence_is_kept_in_all_its_versions_and_only_ever_saved,
    evidence_expires_on_the_day_after_its_last,
    what_may_do_harm_or_is_too_much_is_not_taken,
    an_organisation_has_so_much_room_and_the_same_file_counts_once,
    a_finding_goes_from_the_auditor_to_the_organisation_and_back,
    an_open_major_stands_in_the_way_of_the_label_until_the_auditor_has_seen_it_corrected,
    a_file_evidences_what_is_declared_and_an_audit_counts_once_it_is_signed,
    everything_about_a_measure_is_on_one_sheet,
    a_closed_audit_stays_as_it_is_and_whatever_is_changed_behind_its_back_is_told,
    a_closed_self_assessment_is_not_answered_any_more,
    another_framework_is_seen_through_the_weakest_measure,
    a_campaign_invites_shows_how_far_everybody_is_and_reminds,
);
