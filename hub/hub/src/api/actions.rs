//! Plans of action: who does what until when.

use super::assessments::CHANGED_MEANWHILE;
use super::name;
use crate::days;
use crate::frameworks::{self, short_name};
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::plan::plan_action;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::content::Effort;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Longest note, in characters.
const MAX_NOTE: usize = 4_000;
/// Most actions that one rests on.
const MAX_DEPENDS: usize = 20;

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActionState {
    Todo,
    Doing,
    Done,
    Dropped,
}

/// What can be set of an action.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActionBody)]
pub(super) struct ActionBody {
    /// The measure that it is about.
    #[serde(default)]
    #[schema(required)]
    measure: Option<String>,
    title: String,
    /// Who does it.
    #[serde(default)]
    #[schema(required)]
    owner: String,
    /// A day, `2027-03-31`.
    #[serde(default)]
    #[schema(required)]
    pub(super) due: Option<String>,
    effort: Effort,
    /// In euros.
    #[serde(default)]
    #[schema(required, minimum = 0)]
    pub(super) cost_eur: Option<i64>,
    pub(super) state: ActionState,
    /// Actions that come before it.
    #[serde(default)]
    #[schema(required)]
    depends_on: Vec<String>,
    #[serde(default)]
    #[schema(required)]
    note: String,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// An action.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Action)]
pub(super) struct ActionView {
    id: String,
    organisation_id: String,
    #[serde(flatten)]
    pub(super) body: ActionBody,
    created_at: Time,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type ActionViewList = List<ActionView>;

fn code<T: Serialize>(value: T) -> Result<String, Problem> {
    serde_json::to_string(&value).map_err(|error| Problem::internal("write an action", &error))
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::internal("read an action", &error))
}

fn view(row: plan_action::Model) -> Result<ActionView, Problem> {
    Ok(ActionView {
        id: row.id,
        organisation_id: row.organisation_id,
        body: ActionBody {
            measure: row.measure,
            title: row.title,
            owner: row.owner,
            due: row.due,
            effort: read(&row.effort)?,
            cost_eur: row.cost_eur,
            state: read(&row.state)?,
            depends_on: read(&row.depends_on)?,
            note: row.note,
            revision: row.revision,
        },
        created_at: Time(Timestamp(row.created_at)),
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    })
}

/// Where an action belongs.
struct Place {
    id: String,
    organisation: OrganisationId,
    created_at: i64,
}

async fn row(hub: &Hub, session: Session, place: Place, body: ActionBody) -> Result<plan_action::Model, Problem> {
    let known = |measure: &str| -> Result<bool, Problem> {
        Ok(frameworks::port()?.is_some_and(|framework| framework.measures().any(|node| short_name(node) == measure)))
    };
    if let Some(measure) = &body.measure
        && !known(measure)?
    {
        return Err(Problem::invalid("measure", "not_found", "there is no such measure"));
    }
    days::check("due", body.due.as_deref())?;
    if body.cost_eur.is_some_and(|cost| cost < 0) {
        return Err(Problem::invalid("cost_eur", "not_valid", "0 or more"));
    }
    if body.note.chars().count() > MAX_NOTE {
        return Err(Problem::invalid("note", "too_long", format!("at most {MAX_NOTE} characters")));
    }
    if body.owner.chars().count() > 100 {
        return Err(Problem::invalid("owner", "too_long", "at most 100 characters"));
    }
    let others = hub.store.actions(place.organisation).await?;
    let mine = |id: &String| *id != place.id && others.iter().any(|other| other.id == *id);
    if body.depends_on.len() > MAX_DEPENDS || !body.depends_on.iter().all(mine) {
        return Err(Problem::invalid("depends_on", "not_found", "other actions of the same plan, at most 20"));
    }
    if rests_on_itself(&place.id, &body.depends_on, &others)? {
        return Err(Problem::invalid("depends_on", "circle", "the action would come before itself"));
    }
    Ok(plan_action::Model {
        organisation_id: place.organisation.to_string(),
        measure: body.measure,
        title: name("title", &body.title)?,
        owner: body.owner,
        due: body.due,
        effort: code(body.effort)?,
        cost_eur: body.cost_eur,
        state: code(body.state)?,
        depends_on: code(body.depends_on)?,
        note: body.note,
        revision: 1,
        created_at: place.created_at,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
        id: place.id,
    })
}

fn rests_on_itself(id: &str, depends_on: &[String], others: &[plan_action::Model]) -> Result<bool, Problem> {
    let (mut next, mut seen) = (depends_on.to_vec(), std::collections::BTreeSet::new());
    while let Some(at) = next.pop() {
        if at == id {
            return Ok(true);
        }
        if seen.insert(at.clone())
            && let Some(other) = others.iter().find(|other| other.id == at)
        {
            next.extend(read::<Vec<String>>(&other.depends_on)?);
        }
    }
    Ok(false)
}

#[utoipa::path(get, path = "/organisations/{id}/actions", tag = "plan", operation_id = "list_actions", params(("id" = OrganisationId, Path)), responses((status = 200, body = ActionViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<List<ActionView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List::whole(plan(&hub, id).await?)))
}

/// Every action of an organisation's plan.
pub(super) async fn plan(hub: &Hub, id: OrganisationId) -> Result<Vec<ActionView>, Problem> {
    hub.store.actions(id).await?.into_iter().map(view).collect()
}

#[utoipa::path(post, path = "/organisations/{id}/actions", tag = "plan", operation_id = "create_action", params(("id" = OrganisationId, Path)), request_body = ActionBody, responses((status = 201, body = ActionView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Json(body): Json<ActionBody>,
) -> Result<(StatusCode, Json<ActionView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    let place = Place { id: hub.new_id()?.to_string(), organisation, created_at: hub.now().as_millis() };
    let row = row(&hub, session, place, body).await?;
    hub.store.add_action(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(view(row)?)))
}

#[utoipa::path(put, path = "/actions/{id}", tag = "plan", operation_id = "update_action", params(("id" = String, Path)), request_body = ActionBody, responses((status = 200, body = ActionView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<ActionBody>,
) -> Result<Json<ActionView>, Problem> {
    let before = hub.store.action(&id).await?.ok_or_else(Problem::not_found)?;
    let organisation = before.organisation_id.parse().map_err(|_| Problem::not_found())?;
    let seen = body.revision;
    let row = row(&hub, session, Place { id, organisation, created_at: before.created_at }, body).await?;
    match hub.store.set_action(row, seen).await? {
        Changed::Kept(row) => Ok(Json(view(row)?)),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

#[utoipa::path(delete, path = "/actions/{id}", tag = "plan", operation_id = "delete_action", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_action(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
