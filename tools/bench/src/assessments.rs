//! How long a large framework takes to open and an answer to be kept, with a community's answers in the store, on both engines.

mod browser;

use crate::gateway::{sign_up, start};
use crate::report::{Claim, Section, Table, number, percentile};
use haubert_testkit::{Api, Cluster, Dice};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use tokio::time::Instant;

const ORGANISATIONS: usize = 500;
/// Of each organisation, one after the other year.
const ASSESSMENTS: usize = 3;
const MEASURES: usize = 700;
/// How often each request is made.
const TIMES: usize = 200;
/// Assessments opened in a browser, each filtered by three texts.
const LOOKS: usize = 40;
/// What 95 % must stay below, milliseconds.
const BAR_MS: f64 = 100.0;

/// Measures both engines.
pub(crate) async fn measure() -> Result<Section, String> {
    let mut section = Section {
        id: "assessments",
        title: "A framework of 700 measures and a million answers",
        about: format!(
            "{ORGANISATIONS} organisations with {ASSESSMENTS} assessments each of a framework of {MEASURES} measures, every one \
             answered: {} answers. A page opens with the framework, then the assessment with its answers; each time that of \
             another organisation, drawn by lot. Over HTTPS on loopback, to the whole answer; in Chromium, headless, from the link, or \
             from a text typed, until the frame that shows what comes of it, with the framework known since the first opening. SQLite syncs each answer to the \
             disk; PostgreSQL runs here with fsync off, on a socket.",
            number((ORGANISATIONS * ASSESSMENTS * MEASURES) as f64)
        ),
        tables: vec![Table::new(&["engine", "request", "runs", "median, ms", "95 %, ms", "slowest, ms"])],
        ..Section::default()
    };
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = dir.path().join("hub/hub.sqlite3");
    let fill = |statement: &str| {
        let database = rusqlite::Connection::open(&file).map_err(|error| error.to_string())?;
        database.execute_batch(statement).map_err(|error| error.to_string())
    };
    engine(&mut section, "SQLite", dir.path(), &[], fill).await?;
    let cluster = Cluster::start().map_err(|error| error.to_string())?;
    let url = cluster.database("hub").map_err(|error| error.to_string())?;
    let other = tempfile::tempdir().map_err(|error| error.to_string())?;
    let config = other.path().join("hub.toml");
    std::fs::write(&config, format!("database_url = {url:?}\n")).map_err(|error| error.to_string())?;
    let fill = |statement: &str| cluster.execute("hub", statement).map_err(|error| error.to_string());
    let arguments = ["--config".to_owned(), config.display().to_string()];
    engine(&mut section, "PostgreSQL", other.path(), &arguments, fill).await?;
    Ok(section)
}

async fn engine(
    section: &mut Section,
    name: &str,
    dir: &Path,
    more: &[String],
    fill: impl Fn(&str) -> Result<(), String>,
) -> Result<(), String> {
    let data = dir.join("hub").display().to_string();
    let listen = ["--data-dir", &data, "--listen", "127.0.0.1:0", "--link-listen", "127.0.0.1:0"];
    let arguments: Vec<String> = listen.iter().map(|&one| one.to_owned()).chain(more.iter().cloned()).collect();
    let hub = start("haubert-hub", dir, &arguments).await?;
    let api = sign_up(&hub).await?;
    api.upload("/libraries", library().into_bytes()).await.map_err(|error| error.to_string())?.ok()?;
    let mut assessments = Vec::with_capacity(ORGANISATIONS * ASSESSMENTS);
    for number in 0..ORGANISATIONS {
        let body = json!({"name": format!("Organisation {number}"), "kind": "logistics"});
        let organisation = api.post("/organisations", body).await?;
        for year in 0..ASSESSMENTS {
            let path = format!("/organisations/{}/assessments", organisation["id"].as_str().unwrap_or_default());
            let begun = api.post(&path, json!({"framework": "bench", "title": format!("{}", 2024 + year)})).await?;
            assessments.push(begun["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    fill(&format!(
        "INSERT INTO answer (assessment_id, subject, revision, node, choice, comment, changed_at, changed_by)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MEASURES})
         SELECT id, 'urn:bench:' || i || ':q', 1, 'urn:bench:' || i, 'urn:bench:' || i || ':q:' || (i % 4),
                'As agreed at the meeting of the safety committee', 1767225600000, 'bench' FROM assessment, n;"
    ))?;
    let (opened, saved) = times(&api, &assessments).await?;
    let every = assessments.len() / LOOKS;
    let drawn: Vec<String> = assessments.iter().step_by(every.max(1)).take(LOOKS).cloned().collect();
    let seen = browser::look(&hub.ready_text("https"), &drawn).await?;
    let measured = [
        ("open: framework, then assessment", opened),
        ("save an answer", saved),
        ("open the page in a browser, from the link until its measures are drawn", seen.opened_ms),
        ("filter, in a browser, until drawn", seen.filtered_ms),
    ];
    for (what, mut times_ms) in measured {
        times_ms.sort_by(f64::total_cmp);
        let most = percentile(&times_ms, 0.95);
        section.claims.push(Claim::at_most(format!("{name}: {what}, 95 % of {}", times_ms.len()), most, BAR_MS, "ms"));
        let figures = [percentile(&times_ms, 0.5), most, percentile(&times_ms, 1.0)].map(number);
        if let Some(table) = section.tables.first_mut() {
            table.row([name.to_owned(), what.to_owned(), times_ms.len().to_string()].into_iter().chain(figures));
        }
    }
    hub.stop().await.map_err(|error| error.to_string())
}

async fn times(api: &Api, assessments: &[String]) -> Result<(Vec<f64>, Vec<f64>), String> {
    let mut dice = Dice::new(1);
    let (mut opened, mut saved) = (Vec::with_capacity(TIMES), Vec::with_capacity(TIMES));
    for _ in 0..TIMES {
        let drawn = usize::try_from(dice.between(0, assessments.len() as u64)).unwrap_or_default();
        let id = assessments.get(drawn).ok_or("no assessment")?;
        let begun = Instant::now();
        api.get("/frameworks/bench?lang=en").await?;
        let assessment = api.get(&format!("/assessments/{id}")).await?;
        opened.push(begun.elapsed().as_secs_f64() * 1000.0);
        let answers = assessment["answers"].as_array().map(Vec::len).unwrap_or_default();
        if answers != MEASURES {
            return Err(format!("{answers} answers"));
        }
        let number = 1 + usize::try_from(dice.between(0, MEASURES as u64)).unwrap_or_default();
        let subject = format!("urn:bench:{number}:q");
        let answer = |answer: &&Value| answer["subject"] == subject;
        let revision =
            assessment["answers"].as_array().and_then(|all| all.iter().find(answer)).map(|one| one["revision"].clone());
        let body = json!({"subject": subject, "node": format!("urn:bench:{number}"), "choice": format!("{subject}:0"),
                          "comment": "Looked at again", "revision": revision});
        let begun = Instant::now();
        api.put(&format!("/assessments/{id}/answer"), body).await?;
        saved.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok((opened, saved))
}

/// A library of as many measures, each with a question of four choices and a paragraph.
fn library() -> String {
    let mut text = "urn: urn:bench\nlocale: en\nref_id: BENCH\nname: Bench\nversion: 1\ncopyright: CC0\nobjects:\n  framework:\n    \
                    urn: urn:bench:f\n    ref_id: bench\n    name: Bench\n    min_score: 0\n    max_score: 3\n    requirement_nodes:\n"
        .to_owned();
    let paragraph =
        "What must hold, for whom, since when, and by which means it is commonly proven to somebody who asks. ".repeat(3);
    for number in 1..=MEASURES {
        if number % 70 == 1 {
            let _ = writeln!(
                text,
                "    - {{ urn: 'urn:bench:t{0}', assessable: false, depth: 1, ref_id: 'T{0}', name: Theme }}",
                number / 70
            );
        }
        let _ = writeln!(
            text,
            "    - urn: 'urn:bench:{number}'\n      assessable: true\n      depth: 2\n      parent_urn: 'urn:bench:t{}'\n      \
             ref_id: 'M{number}'\n      name: Measure {number}\n      description: {paragraph}\n      questions:\n        \
             'urn:bench:{number}:q':\n          type: unique_choice\n          text: How far is it done?\n          choices:",
            (number - 1) / 70
        );
        for choice in 0..4 {
            let _ = writeln!(
                text,
                "          - {{ urn: 'urn:bench:{number}:q:{choice}', value: Step {choice}, add_score: {choice} }}"
            );
        }
    }
    text
}
