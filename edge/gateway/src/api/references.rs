//! Reference quantities, and loads and zones compared by them.

use super::consumption::{self, By, Compare, StepName};
use super::tariffs::refused;
use super::{may, new_id};
use crate::app::{App, Shared};
use crate::export::Decimals;
use crate::references::{Kind, MAX_REFERENCES, Reference, Subject, reckoned};
use crate::rights;
use crate::store::documents::{self, DocumentId, Table};
use axum::extract::State;
use haubert_model::{Fluid, LoadId, Unit, Usage, ZoneId};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::List;
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What their list answers.
type References = List<ReferenceView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HIERARCHY_VIEW), routes!(list_references))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(add_reference))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(put_reference, delete_reference))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(get_comparison))
}

/// A reference quantity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReferenceEntry)]
struct ReferenceView {
    id: DocumentId,
    reference: Reference,
}

/// Whether what it is of is there.
fn checked(app: &App, reference: &Reference) -> Result<(), Problem> {
    refused(reference.faults())?;
    let topology = app.topology();
    let is_there = match reference.subject {
        Subject::Site => true,
        Subject::Zone(id) => topology.zones.iter().any(|zone| zone.id == id),
        Subject::Load(id) => topology.load(id).is_some(),
    };
    if is_there { Ok(()) } else { Err(Problem::invalid("subject", "not_found", "there is no such zone or load")) }
}

/// Reference quantities, the newest first.
#[utoipa::path(get, path = "/references", tag = "site", responses((status = 200, body = References)))]
async fn list_references(State(app): State<Shared>) -> Result<Json<References>, Problem> {
    let found = app.read(|tx| documents::all(tx, Table::Reference)).await?;
    let mut items: Vec<ReferenceView> = found.into_iter().map(|(id, reference)| ReferenceView { id, reference }).collect();
    items.sort_by_key(|one| std::cmp::Reverse(one.reference.valid_from));
    Ok(Json(List::whole(items)))
}

/// Adds a reference quantity.
#[utoipa::path(post, path = "/references", tag = "site", request_body = Reference, responses((status = 201, body = ReferenceView)))]
async fn add_reference(
    State(app): State<Shared>,
    Json(reference): Json<Reference>,
) -> Result<(StatusCode, Json<ReferenceView>), Problem> {
    checked(&app, &reference)?;
    let (id, given) = (DocumentId(new_id()), reference.clone());
    app.db.call(move |tx| documents::add(tx, Table::Reference, id, &given, MAX_REFERENCES)).await?;
    Ok((StatusCode::CREATED, Json(ReferenceView { id, reference })))
}

/// Corrects a reference quantity.
#[utoipa::path(put, path = "/references/{id}", tag = "site", params(("id" = DocumentId, Path)), request_body = Reference, responses((status = 200, body = ReferenceView)))]
async fn put_reference(
    State(app): State<Shared>,
    Path(id): Path<DocumentId>,
    Json(reference): Json<Reference>,
) -> Result<Json<ReferenceView>, Problem> {
    checked(&app, &reference)?;
    let given = reference.clone();
    app.db.call(move |tx| documents::replace(tx, Table::Reference, id, &given)).await?;
    Ok(Json(ReferenceView { id, reference }))
}

/// Deletes a reference quantity.
#[utoipa::path(delete, path = "/references/{id}", tag = "site", params(("id" = DocumentId, Path)), responses((status = 204)))]
async fn delete_reference(State(app): State<Shared>, Path(id): Path<DocumentId>) -> Result<StatusCode, Problem> {
    app.db.call(move |tx| documents::remove(tx, Table::Reference, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What makes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Compared {
    Load,
    Zone,
}

/// What to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// First local day, `2026-11-01`.
    #[param(value_type = String)]
    from: Date,
    /// Local day after the last.
    #[param(value_type = String)]
    to: Date,
    #[param(inline)]
    by: Compared,
    #[param(inline)]
    fluid: Fluid,
    /// By what.
    #[param(inline)]
    counted: Kind,
}

/// A load or zone, beside its reference.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparisonRow)]
struct ComparedRow {
    /// Id of the load or zone, or `none`.
    key: String,
    label: String,
    #[schema(required)]
    usage: Option<Usage>,
    #[schema(required)]
    total: Option<f64>,
    /// How much there was of what it is compared by; `null` unless it is known of every day.
    #[schema(required)]
    reference: Option<f64>,
    /// Consumption per unit of it.
    #[schema(required)]
    normalised: Option<f64>,
}

/// Loads or zones by what they consume per unit of reference, the most first; those that have none at the end.
#[derive(Debug, Serialize, ToSchema)]
struct Comparison {
    /// Of the totals.
    unit: Unit,
    rows: Vec<ComparedRow>,
}

/// Compares loads or zones by a reference quantity.
#[utoipa::path(get, path = "/comparison", tag = "measurements", params(Ask), responses((status = 200, body = Comparison)))]
async fn get_comparison(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Comparison>, Problem> {
    let by = match ask.by {
        Compared::Load => By::Load,
        Compared::Zone => By::Zone,
    };
    let found = consumption::reckon(
        &app,
        &consumption::Ask {
            from: ask.from,
            to: ask.to,
            step: StepName::Day,
            by,
            fluid: ask.fluid,
            compare: Compare::None,
            decimals: Decimals::default(),
        },
    )
    .await?;
    let references: Vec<(DocumentId, Reference)> = app.read(|tx| documents::all(tx, Table::Reference)).await?;
    let references: Vec<Reference> = references.into_iter().map(|(_, reference)| reference).collect();
    let mut rows: Vec<ComparedRow> = found
        .rows
        .into_iter()
        .map(|row| {
            let reference = row.key.parse().ok().and_then(|id| {
                let subject = match ask.by {
                    Compared::Load => Subject::Load(LoadId(id)),
                    Compared::Zone => Subject::Zone(ZoneId(id)),
                };
                reckoned(&references, subject, ask.counted, ask.from, ask.to)
            });
            let normalised = row.total.zip(reference).map(|(total, reference)| total / reference);
            ComparedRow { key: row.key, label: row.label, usage: row.usage, total: row.total, reference, normalised }
        })
        .collect();
    rows.sort_by(|a, b| b.normalised.unwrap_or(-1.0).total_cmp(&a.normalised.unwrap_or(-1.0)));
    Ok(Json(Comparison { unit: found.unit, rows }))
}
