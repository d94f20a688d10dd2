//! The risk register.

use super::assessments::CHANGED_MEANWHILE;
use super::name;
use super::standing::{Stand, stand};
use crate::frameworks;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::register::risk;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::exposure;
use haubert_risk::grid::{Level, level};
use haubert_risk::register::{Alert, Risk, Treatment};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest text, in characters.
const MAX_WORDS: usize = 4_000;
/// Most actions of a risk.
const MAX_ACTIONS: usize = 50;
/// Seldomest review, in months.
const MAX_MONTHS: u8 = 36;

/// Whether a risk is still in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RiskState {
    Open,
    Closed,
}

/// What can be set of a risk.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RiskBody)]
pub(super) struct RiskBody {
    pub(super) title: String,
    #[serde(default)]
    #[schema(required)]
    description: String,
    /// The feared scenario that it comes from, `FS-01`.
    #[serde(default)]
    #[schema(required)]
    scenario: Option<String>,
    /// Who watches over it.
    #[serde(default)]
    #[schema(required)]
    owner: String,
    /// 1 to 4.
    gravity: u8,
    /// 1 to 4.
    likelihood: u8,
    pub(super) treatment: Treatment,
    /// Ids of actions of the plan.
    #[serde(default)]
    #[schema(required)]
    actions: Vec<String>,
    /// How often somebody looks at it, 1 to 36 months.
    review_months: u8,
    /// The day on which somebody last did.
    #[schema(value_type = String, format = Date)]
    reviewed_on: Date,
    state: RiskState,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// A risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Risk)]
pub(super) struct RiskView {
    id: String,
    organisation_id: String,
    #[serde(flatten)]
    pub(super) body: RiskBody,
    level: Level,
    /// What measures leave of the likelihood today, 1 to 4. Nothing when it comes from no scenario.
    #[schema(required)]
    current_likelihood: Option<u8>,
    /// As measures stand today: with what they leave of the likelihood.
    pub(super) current_level: Level,
    /// What is to be left once it is treated.
    target_level: Level,
    /// The day of the next review.
    #[schema(value_type = String, format = Date)]
    review_on: Date,
    /// What calls for attention, the most pressing first.
    alerts: Vec<Alert>,
    created_at: Time,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type RiskViewList = List<RiskView>;

fn write<T: Serialize>(value: T) -> Result<String, Problem> {
    serde_json::to_string(&value).map_err(|error| Problem::internal("write a risk", &error))
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::internal("read a risk", &error))
}

fn grade(stored: i32) -> u8 {
    u8::try_from(stored).unwrap_or(4).clamp(1, 4)
}

impl RiskBody {
    fn of(row: &risk::Model) -> Result<Self, Problem> {
        Ok(Self {
            title: row.title.clone(),
            description: row.description.clone(),
            scenario: row.scenario.clone(),
            owner: row.owner.clone(),
            gravity: grade(row.gravity),
            likelihood: grade(row.likelihood),
            treatment: read(&row.treatment)?,
            actions: read(&row.actions)?,
            review_months: u8::try_from(row.review_months).unwrap_or(MAX_MONTHS),
            reviewed_on: row.reviewed_on.parse().map_err(|error| Problem::internal("read a risk", &error))?,
            state: if row.state == "closed" { RiskState::Closed } else { RiskState::Open },
            revision: row.revision,
        })
    }

    fn risk(&self) -> Risk<'_> {
        Risk {
            gravity: self.gravity,
            likelihood: self.likelihood,
            treatment: &self.treatment,
            actions: self.actions.len(),
            reviewed_on: self.reviewed_on,
            review_months: self.review_months,
        }
    }
}

fn view(row: risk::Model, stand: &Stand, today: Date) -> Result<RiskView, Problem> {
    let body = RiskBody::of(&row)?;
    let scenarios = &frameworks::content()?.scenarios;
    let scenario = scenarios.iter().find(|scenario| Some(&scenario.id) == body.scenario.as_ref());
    let left = scenario.map(|scenario| exposure(scenario, body.likelihood, |measure| stand.known(measure)).likelihood);
    let reached = |gravity, likelihood| level(gravity, likelihood).unwrap_or(Level::High);
    let alerts = if body.state == RiskState::Closed { Vec::new() } else { body.risk().alerts(today) };
    Ok(RiskView {
        level: reached(body.gravity, body.likelihood),
        current_level: reached(body.gravity, left.unwrap_or(body.likelihood)),
        current_likelihood: left,
        target_level: reached(body.treatment.gravity, body.treatment.likelihood),
        review_on: body.risk().review_on(),
        alerts,
        body,
        id: row.id,
        organisation_id: row.organisation_id,
        created_at: Time(Timestamp(row.created_at)),
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    })
}

/// Every risk of an organisation, as things stand.
pub(super) async fn register(hub: &Hub, id: OrganisationId, stand: &Stand) -> Result<Vec<RiskView>, Problem> {
    let today = hub.today();
    hub.store.risks(id).await?.into_iter().map(|row| view(row, stand, today)).collect()
}

impl RiskView {
    pub(super) fn is_open(&self) -> bool {
        self.body.state == RiskState::Open
    }

    pub(super) fn levels(&self) -> (Level, Level, Level) {
        (self.level, self.current_level, self.target_level)
    }

    pub(super) fn alerts(&self) -> &[Alert] {
        &self.alerts
    }
}

/// Where a risk belongs.
struct Place {
    id: String,
    organisation: OrganisationId,
    created_at: i64,
}

async fn row(hub: &Hub, session: Session, place: Place, body: RiskBody) -> Result<risk::Model, Problem> {
    for (field, grade) in [("gravity", body.gravity), ("likelihood", body.likelihood)] {
        if !(1..=4).contains(&grade) {
            return Err(Problem::invalid(field, "not_valid", "from 1 to 4"));
        }
    }
    if !(1..=MAX_MONTHS).contains(&body.review_months) {
        return Err(Problem::invalid("review_months", "not_valid", format!("from 1 to {MAX_MONTHS}")));
    }
    let today = hub.today();
    if body.reviewed_on > today {
        return Err(Problem::invalid("reviewed_on", "not_valid", "a day that has come"));
    }
    for (field, text) in [("description", &body.description), ("treatment.words", &body.treatment.words)] {
        if text.chars().count() > MAX_WORDS {
            return Err(Problem::invalid(field, "too_long", format!("at most {MAX_WORDS} characters")));
        }
    }
    for (field, text) in [("owner", &body.owner), ("treatment.accepted_by", &body.treatment.accepted_by)] {
        if text.chars().count() > 100 {
            return Err(Problem::invalid(field, "too_long", "at most 100 characters"));
        }
    }
    body.risk().check(today).map_err(|flaw| {
        let says = match flaw.code {
            "required" => "this way needs it",
            "past" => "a day that is still to come",
            "too_high" => "what is left is at most what was there",
            _ => "from 1 to 4",
        };
        Problem::invalid(flaw.field, flaw.code, says)
    })?;
    let scenarios = &frameworks::content()?.scenarios;
    if body.scenario.as_ref().is_some_and(|id| !scenarios.iter().any(|scenario| scenario.id == *id)) {
        return Err(Problem::invalid("scenario", "not_found", "there is no such scenario"));
    }
    let planned = hub.store.actions(place.organisation).await?;
    if body.actions.len() > MAX_ACTIONS || !body.actions.iter().all(|id| planned.iter().any(|action| action.id == *id)) {
        return Err(Problem::invalid("actions", "not_found", format!("actions of the same plan, at most {MAX_ACTIONS}")));
    }
    Ok(risk::Model {
        id: place.id,
        organisation_id: place.organisation.to_string(),
        title: name("title", &body.title)?,
        description: body.description,
        scenario: body.scenario,
        owner: body.owner,
        gravity: i32::from(body.gravity),
        likelihood: i32::from(body.likelihood),
        treatment: write(&body.treatment)?,
        actions: write(&body.actions)?,
        review_months: i32::from(body.review_months),
        reviewed_on: body.reviewed_on.to_string(),
        state: if body.state == RiskState::Closed { "closed" } else { "open" }.to_owned(),
        revision: 1,
        created_at: place.created_at,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    })
}

#[utoipa::path(get, path = "/organisations/{id}/risks", tag = "plan", operation_id = "list_risks", params(("id" = OrganisationId, Path)), responses((status = 200, body = RiskViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<List<RiskView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List::whole(register(&hub, id, &stand(&hub, id).await?).await?)))
}

async fn shown(hub: &Hub, row: risk::Model) -> Result<Json<RiskView>, Problem> {
    let organisation = row.organisation_id.parse().map_err(|_| Problem::not_found())?;
    let stand = stand(hub, organisation).await?;
    Ok(Json(view(row, &stand, hub.today())?))
}

#[utoipa::path(post, path = "/organisations/{id}/risks", tag = "plan", operation_id = "create_risk", params(("id" = OrganisationId, Path)), request_body = RiskBody, responses((status = 201, body = RiskView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Json(body): Json<RiskBody>,
) -> Result<(StatusCode, Json<RiskView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    let place = Place { id: hub.new_id()?.to_string(), organisation, created_at: hub.now().as_millis() };
    let row = row(&hub, session, place, body).await?;
    hub.store.add_risk(row.clone()).await?;
    Ok((StatusCode::CREATED, shown(&hub, row).await?))
}

#[utoipa::path(put, path = "/risks/{id}", tag = "plan", operation_id = "update_risk", params(("id" = String, Path)), request_body = RiskBody, responses((status = 200, body = RiskView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<RiskBody>,
) -> Result<Json<RiskView>, Problem> {
    let before = hub.store.risk(&id).await?.ok_or_else(Problem::not_found)?;
    let organisation = before.organisation_id.parse().map_err(|_| Problem::not_found())?;
    let seen = body.revision;
    let row = row(&hub, session, Place { id, organisation, created_at: before.created_at }, body).await?;
    if before.revision != seen {
        return Err(Problem::new(CHANGED_MEANWHILE));
    }
    match hub.store.set_risk(row, &before).await? {
        Changed::Kept(row) => shown(&hub, row).await,
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

#[utoipa::path(delete, path = "/risks/{id}", tag = "plan", operation_id = "delete_risk", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_risk(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
