//! Feared scenarios: the content, and how an organisation rates them.

use super::assessments::CHANGED_MEANWHILE;
use super::standing::stand;
use crate::frameworks;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::standing::scenario_rating;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp, Words};
use haubert_risk::content::{Criteria, Scenario};
use haubert_risk::grid::{Level, level};
use haubert_risk::{StageView, exposure};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest note, in characters.
const MAX_NOTE: usize = 4_000;

/// A feared scenario, as the list shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ScenarioSummary)]
pub(super) struct SummaryView {
    id: String,
    title: Words,
    summary: Words,
    /// Gravity to start with, 1 to 4.
    gravity: u8,
    /// Likelihood to start with, 1 to 4.
    likelihood: u8,
    criteria: Criteria,
    assets: Vec<String>,
    threats: Vec<String>,
    impacts: Vec<String>,
}

/// What the list answers.
type SummaryViewList = List<SummaryView>;

/// How an organisation rates a scenario, and how it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RatedScenario)]
pub(super) struct RatedView {
    /// `FS-01`.
    scenario: String,
    title: Words,
    /// Whether the organisation fears it.
    is_picked: bool,
    /// 1 to 4; as content proposes it until somebody rates it.
    gravity: u8,
    /// 1 to 4; as content proposes it until somebody rates it.
    likelihood: u8,
    note: String,
    /// Counts its changes; 0 before the first.
    revision: i32,
    level: Level,
    stages: Vec<StageView>,
    /// What measures leave of the likelihood, 1 to 4.
    residual_likelihood: u8,
    residual_level: Level,
    #[schema(required)]
    changed_at: Option<Time>,
    #[schema(required)]
    changed_by: Option<String>,
}

/// What their list answers.
type RatedViewList = List<RatedView>;

/// How a scenario is rated.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RatingBody {
    is_picked: bool,
    /// 1 to 4.
    gravity: u8,
    /// 1 to 4.
    likelihood: u8,
    #[serde(default)]
    note: String,
    /// The revision that this one replaces; 0 when there was none.
    revision: i32,
}

#[utoipa::path(get, path = "/scenarios", tag = "scenarios", operation_id = "list_scenarios", responses((status = 200, body = SummaryViewList)))]
pub(super) async fn list() -> Result<Json<List<SummaryView>>, Problem> {
    let view = |scenario: &Scenario| SummaryView {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        summary: scenario.summary.clone(),
        gravity: scenario.gravity,
        likelihood: scenario.likelihood,
        criteria: scenario.criteria,
        assets: scenario.assets.clone(),
        threats: scenario.threats.clone(),
        impacts: scenario.impacts.clone(),
    };
    Ok(Json(List { items: frameworks::content()?.scenarios.iter().map(view).collect(), next_cursor: None }))
}

fn found(id: &str) -> Result<&'static Scenario, Problem> {
    frameworks::content()?.scenarios.iter().find(|scenario| scenario.id == id).ok_or_else(Problem::not_found)
}

#[utoipa::path(get, path = "/scenarios/{scenario}", tag = "scenarios", operation_id = "read_scenario", params(("scenario" = String, Path)), responses((status = 200, body = Scenario)))]
pub(super) async fn read(Path(scenario): Path<String>) -> Result<Json<&'static Scenario>, Problem> {
    Ok(Json(found(&scenario)?))
}

async fn rated(hub: &Hub, id: OrganisationId) -> Result<Vec<RatedView>, Problem> {
    let stand = stand(hub, id).await?;
    let ratings = hub.store.scenario_ratings(id).await?;
    let ratings: BTreeMap<&str, &scenario_rating::Model> = ratings.iter().map(|row| (row.scenario.as_str(), row)).collect();
    let grade =
        |given: Option<i32>, proposed: u8| given.and_then(|given| u8::try_from(given).ok()).unwrap_or(proposed).clamp(1, 4);
    let view = |scenario: &Scenario| {
        let row = ratings.get(scenario.id.as_str());
        let gravity = grade(row.map(|row| row.gravity), scenario.gravity);
        let likelihood = grade(row.map(|row| row.likelihood), scenario.likelihood);
        let left = exposure(scenario, likelihood, |measure| stand.known(measure));
        RatedView {
            scenario: scenario.id.clone(),
            title: scenario.title.clone(),
            is_picked: row.is_some_and(|row| row.picked),
            gravity,
            likelihood,
            note: row.map(|row| row.note.clone()).unwrap_or_default(),
            revision: row.map_or(0, |row| row.revision),
            level: level(gravity, likelihood).unwrap_or(Level::High),
            residual_level: level(gravity, left.likelihood).unwrap_or(Level::High),
            residual_likelihood: left.likelihood,
            stages: left.stages,
            changed_at: row.map(|row| Time(Timestamp(row.changed_at))),
            changed_by: row.map(|row| row.changed_by.clone()),
        }
    };
    Ok(frameworks::content()?.scenarios.iter().map(view).collect())
}

#[utoipa::path(get, path = "/organisations/{id}/scenarios", tag = "scenarios", operation_id = "list_rated_scenarios", params(("id" = OrganisationId, Path)), responses((status = 200, body = RatedViewList)))]
pub(super) async fn of_organisation(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
) -> Result<Json<List<RatedView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List { items: rated(&hub, id).await?, next_cursor: None }))
}

#[utoipa::path(put, path = "/organisations/{id}/scenarios/{scenario}", tag = "scenarios", operation_id = "rate_scenario",
    params(("id" = OrganisationId, Path), ("scenario" = String, Path)), request_body = RatingBody, responses((status = 200, body = RatedView)))]
pub(super) async fn rate(
    State(hub): State<Hub>,
    session: Session,
    Path((id, scenario)): Path<(OrganisationId, String)>,
    Json(body): Json<RatingBody>,
) -> Result<Json<RatedView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let scenario = found(&scenario)?;
    for (field, grade) in [("gravity", body.gravity), ("likelihood", body.likelihood)] {
        if !(1..=4).contains(&grade) {
            return Err(Problem::invalid(field, "not_valid", "from 1 to 4"));
        }
    }
    if body.note.chars().count() > MAX_NOTE {
        return Err(Problem::invalid("note", "too_long", format!("at most {MAX_NOTE} characters")));
    }
    let row = scenario_rating::Model {
        organisation_id: id.to_string(),
        scenario: scenario.id.clone(),
        revision: body.revision,
        picked: body.is_picked,
        gravity: i32::from(body.gravity),
        likelihood: i32::from(body.likelihood),
        note: body.note,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    };
    if hub.store.set_scenario_rating(row, body.revision).await? == Changed::Meanwhile {
        return Err(Problem::new(CHANGED_MEANWHILE));
    }
    let view = rated(&hub, id).await?.into_iter().find(|view| view.scenario == scenario.id);
    view.map(Json).ok_or_else(Problem::not_found)
}
