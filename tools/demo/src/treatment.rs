//! What the companies of the demonstration do about it: plans, registers, a study, labels. Days are reckoned from today, so that
//! something is always due.

#![allow(clippy::indexing_slicing)] // of JSON, which gives null where nothing is

use crate::community::dice;
use haubert_testkit::Api;
use jiff::civil::Date;
use jiff::{Span, Zoned};
use serde_json::{Value, json};

const STUDY: &str = include_str!("../study.json");
/// Next steps that a company has planned.
const PLANNED: usize = 4;

fn day(today: Date, days: i32) -> String {
    today.checked_add(Span::new().days(days)).unwrap_or(today).to_string()
}

/// Plans the next steps: some under way, one overdue here and there.
pub(crate) async fn plan(api: &Api, organisation: &str, company: &str) -> Result<Vec<Value>, String> {
    let today = Zoned::now().date();
    let path = format!("/organisations/{organisation}");
    let standing = api.get(&format!("{path}/standing")).await?;
    let name = |id: &Value| {
        let measures = standing["measures"].as_array().into_iter().flatten();
        measures.into_iter().find(|measure| measure["id"] == *id).map(|measure| measure["name"]["fr"].clone())
    };
    let mut planned = Vec::new();
    for step in standing["steps"].as_array().into_iter().flatten().take(PLANNED) {
        let thrown = dice(&format!("{company} {}", step["measure"]));
        let due = i32::try_from(thrown % 150).unwrap_or(0) - 20;
        let state = ["todo", "todo", "doing", "doing"][usize::try_from(thrown % 4).unwrap_or(0)];
        let owner = ["Exploitation", "Informatique", "Direction"][usize::try_from(thrown / 7 % 3).unwrap_or(0)];
        let body = json!({
            "measure": step["measure"], "title": name(&step["measure"]), "effort": step["effort"], "state": state,
            "owner": owner,
            "due": day(today, due), "depends_on": [], "note": "", "revision": 0,
        });
        planned.push(api.post(&format!("{path}/actions"), body).await?);
    }
    Ok(planned)
}

/// Enters a risk for each feared scenario that the company picked; gives them by scenario.
pub(crate) async fn register(
    api: &Api,
    organisation: &str,
    fears: &[(&str, [u8; 2])],
    actions: &[Value],
) -> Result<Vec<(String, Value)>, String> {
    let today = Zoned::now().date();
    let scenarios = api.get("/scenarios").await?;
    let mut entered = Vec::new();
    for (number, (scenario, [gravity, likelihood])) in fears.iter().enumerate() {
        let found = scenarios["items"].as_array().into_iter().flatten().find(|one| one["id"] == *scenario);
        let left = |grade: u8| grade.saturating_sub(1).max(1);
        let treatment = match number % 4 {
            0 => json!({"way": "reduce", "gravity": gravity, "likelihood": left(*likelihood)}),
            1 => {
                json!({"way": "share", "words": "Assurance cyber, franchise de 20 000 €", "gravity": left(*gravity), "likelihood": likelihood})
            }
            2 => {
                json!({"way": "accept", "gravity": gravity, "likelihood": likelihood, "accepted_by": "Direction", "accepted_until": day(today, 120)})
            }
            _ => json!({"way": "undecided", "gravity": gravity, "likelihood": likelihood}),
        };
        let resting_on: Vec<&Value> = actions.iter().filter(|_| number % 4 == 0).take(2).map(|action| &action["id"]).collect();
        let body = json!({
            "title": found.map(|one| one["title"]["fr"].clone()), "scenario": scenario, "owner": "Direction",
            "gravity": gravity, "likelihood": likelihood, "treatment": treatment, "actions": resting_on,
            "review_months": 6, "reviewed_on": day(today, -30 * i32::try_from(number + 1).unwrap_or(1)), "state": "open", "revision": 0,
        });
        let risk = api.post(&format!("/organisations/{organisation}/risks"), body).await?;
        entered.push(((*scenario).to_owned(), risk["id"].clone()));
    }
    Ok(entered)
}

/// A study by the five workshops, whose scenarios are treated in the register.
pub(crate) async fn study(api: &Api, organisation: &str, risks: &[(String, Value)]) -> Result<(), String> {
    let mut study: Value = serde_json::from_str(STUDY).map_err(|error| format!("study.json: {error}"))?;
    for one in study["operational"].as_array_mut().into_iter().flatten() {
        let risk = risks.iter().find(|(scenario, _)| one["scenario"] == **scenario).map(|(_, id)| id.clone());
        one["risk"] = risk.unwrap_or_default();
    }
    api.put(&format!("/organisations/{organisation}/study"), json!({"study": study, "revision": 0})).await?;
    Ok(())
}

/// Gives the label that has been reached, if any.
pub(crate) async fn label(api: &Api, organisation: &str) -> Result<Option<String>, String> {
    let standing = api.get(&format!("/organisations/{organisation}/standing")).await?;
    let Some(grade) = standing["label"]["reached"].as_str() else { return Ok(None) };
    api.post(&format!("/organisations/{organisation}/labels"), json!({"grade": grade})).await?;
    Ok(Some(grade.to_owned()))
}
