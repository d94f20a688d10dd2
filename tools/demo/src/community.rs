//! A port community of companies that do not exist, so that the hub's pages have something true to show: what they answered is made
//! up, what follows from it is computed as for anybody.

#![allow(clippy::indexing_slicing)] // of JSON, which gives null where nothing is

use crate::{say, treatment};
use haubert_testkit::Api;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const COMPANIES: &str = include_str!("../community.toml");
const PATH: &str = include_str!("../path.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Community {
    company: Vec<Company>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Company {
    name: String,
    kind: String,
    size: String,
    ot: bool,
    nis2: String,
    gateways: bool,
    level: u32,
    known: u32,
    strong: Vec<String>,
    weak: Vec<String>,
    fears: BTreeMap<String, [u8; 2]>,
    #[serde(default)]
    path: bool,
    #[serde(default)]
    audited: bool,
}

/// A number that looks random and is the same in each run (FNV-1a).
pub(crate) fn dice(text: &str) -> u32 {
    text.bytes().fold(2_166_136_261, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

impl Company {
    /// The choice that the company makes of the four of a question; nothing when it has not answered.
    fn choice(&self, theme: &str, question: &str) -> Option<u32> {
        let thrown = dice(&format!("{} {question}", self.name));
        if thrown % 100 >= self.known {
            return None;
        }
        let has = |themes: &[String]| u32::from(themes.iter().any(|known| known == theme));
        let base = (self.level + has(&self.strong)).saturating_sub(has(&self.weak));
        // One question in five is a step better, one a step worse.
        Some(
            match (thrown / 100) % 5 {
                0 => base + 1,
                1 => base.saturating_sub(1),
                _ => base,
            }
            .min(3),
        )
    }
}

/// Makes `newcomer` somebody of a profile of the community: invited, and named like the profile.
///
/// # Errors
/// What the hub refused.
pub(crate) async fn invite(coordinator: &Api, newcomer: Api, profile: &str, password: &str) -> Result<Api, String> {
    let invitation = coordinator.post("/invitations", json!({"profile": profile})).await?;
    let acceptance = json!({"token": invitation["token"], "user": profile, "password": password});
    newcomer.post("/invitation/acceptance", acceptance).await?;
    Ok(newcomer)
}

/// Fills the hub. The company that the gateway was enrolled for is there already.
///
/// # Errors
/// What the hub refused.
pub(crate) async fn fill(coordinator: &Api, auditor: &Api) -> Result<(), String> {
    say("the port community: twelve companies that do not exist …");
    let community: Community = toml::from_str(COMPANIES).map_err(|error| format!("community.toml: {error}"))?;
    let framework = coordinator.get("/frameworks/haubert-port?lang=fr").await?;
    let known = coordinator.get("/organisations").await?;
    for company in &community.company {
        let named = |items: &Value| items.as_array().into_iter().flatten().find(|item| item["name"] == *company.name).cloned();
        let organisation = match named(&known["items"]) {
            Some(organisation) => organisation,
            None => coordinator.post("/organisations", json!({"name": company.name, "kind": company.kind})).await?,
        };
        let of = |path: &str| format!("/organisations/{}{path}", organisation["id"].as_str().unwrap_or_default());
        let profile = json!({"size": company.size, "ot": company.ot, "nis2": company.nis2, "gateways": company.gateways});
        coordinator.put(&of("/profile"), profile).await?;
        if company.known > 0 {
            let begun = json!({"framework": "haubert-port", "title": "Auto-évaluation"});
            let begun = coordinator.post(&of("/assessments"), begun).await?;
            answer(coordinator, company, &framework, &begun, "assessments").await?;
        }
        if company.audited {
            let begun = auditor.post(&of("/audits"), json!({"framework": "haubert-port", "title": "Audit"})).await?;
            answer(auditor, company, &framework, &begun, "audits").await?;
            auditor.post(&format!("/audits/{}/closing", begun["id"].as_str().unwrap_or_default()), Value::Null).await?;
        }
        for (scenario, [gravity, likelihood]) in &company.fears {
            let rating = json!({"is_picked": true, "gravity": gravity, "likelihood": likelihood, "note": "", "revision": 0});
            coordinator.put(&of(&format!("/scenarios/{scenario}")), rating).await?;
        }
        if company.path {
            let path: Value = serde_json::from_str(PATH).map_err(|error| format!("path.json: {error}"))?;
            coordinator.put(&of("/path"), json!({"path": path, "revision": 0})).await?;
        }
        let id = organisation["id"].as_str().unwrap_or_default();
        if company.known > 0 {
            let actions = treatment::plan(coordinator, id, &company.name).await?;
            let fears: Vec<(&str, [u8; 2])> = company.fears.iter().map(|(scenario, rated)| (scenario.as_str(), *rated)).collect();
            let risks = treatment::register(coordinator, id, &fears, &actions).await?;
            if company.path {
                treatment::study(coordinator, id, &risks).await?;
            }
        }
        let grade = treatment::label(coordinator, id).await?;
        // Keeps today's figures, so that the community can be compared at once.
        let today = coordinator.get(&of("/indicators?days=1")).await?;
        let score = today["items"][0]["declared"]["least"].as_f64().unwrap_or_default();
        say(&format!(
            "  {:<32} score {score:.0}{}",
            company.name,
            grade.map(|grade| format!(", label {grade}")).unwrap_or_default()
        ));
    }
    Ok(())
}

async fn answer(api: &Api, company: &Company, framework: &Value, begun: &Value, kind: &str) -> Result<(), String> {
    let id = begun["id"].as_str().unwrap_or_default();
    let assessment = api.get(&format!("/assessments/{id}")).await?;
    let nodes = framework["nodes"].as_array().cloned().unwrap_or_default();
    let shown = |node: &Value| {
        let groups = node["groups"].as_array().into_iter().flatten();
        groups.into_iter().any(|group| assessment["groups"].as_array().is_some_and(|shown| shown.contains(group)))
    };
    for node in nodes.iter().filter(|node| node["assessable"] == true && shown(node)) {
        let theme = node["parent"].as_u64().and_then(|at| nodes.get(usize::try_from(at).ok()?));
        let theme = theme.and_then(|theme| theme["urn"].as_str()?.rsplit(':').next().map(str::to_owned)).unwrap_or_default();
        for question in node["questions"].as_array().into_iter().flatten() {
            if question["group"] == "ot" && !company.ot {
                continue;
            }
            let subject = question["urn"].as_str().unwrap_or_default();
            let Some(choice) = company.choice(&theme, subject) else { continue };
            let chosen = question["choices"].as_array().into_iter().flatten().find(|known| known["score"] == choice);
            let body =
                json!({"subject": subject, "node": node["urn"], "choice": chosen.map(|chosen| &chosen["urn"]), "revision": 0});
            api.put(&format!("/{kind}/{id}/answer"), body).await?;
        }
    }
    Ok(())
}
