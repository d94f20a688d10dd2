//! Tariffs and emission factors: what a unit of each fluid costs and emits, from a date on.

use super::{may, new_id};
use crate::app::{App, Shared};
use crate::rates::{self, EmissionFactor, Fault, MAX_ENTRIES, Tariff};
use crate::rights;
use crate::store::StoreError;
use crate::store::documents::{self, DocumentId, Table};
use axum::extract::State;
use haubert_model::Fluid;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::List;
use http::StatusCode;
use rusqlite::Transaction;
use serde::Serialize;
use utoipa::ToSchema;

/// What their list answers.
type Tariffs = List<TariffView>;
/// What their list answers.
type EmissionFactors = List<FactorView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(list_tariffs))
        .routes(may(rights::SITE_CHANGE), routes!(add_tariff))
        .routes(may(rights::SITE_CHANGE), routes!(put_tariff, delete_tariff))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(list_emission_factors))
        .routes(may(rights::SITE_CHANGE), routes!(add_emission_factor))
        .routes(may(rights::SITE_CHANGE), routes!(put_emission_factor, delete_emission_factor))
}

/// A tariff.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TariffEntry)]
struct TariffView {
    id: DocumentId,
    tariff: Tariff,
}

/// An emission factor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EmissionFactorEntry)]
struct FactorView {
    id: DocumentId,
    factor: EmissionFactor,
}

/// What is wrong with something entered, as a problem.
pub(super) fn refused(faults: Vec<Fault>) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults
        .into_iter()
        .fold(Problem::new(codes::INVALID), |problem, fault| problem.field(&fault.field, fault.code, fault.detail)))
}

/// Tariffs and emission factors of a fluid.
pub(super) async fn book(app: &App, fluid: Fluid) -> Result<rates::Book, Problem> {
    app.read(move |tx| {
        let tariffs = documents::all::<Tariff>(tx, Table::Tariff)?.into_iter().map(|(_, tariff)| tariff);
        let factors = documents::all::<EmissionFactor>(tx, Table::EmissionFactor)?.into_iter().map(|(_, factor)| factor);
        Ok(rates::Book::of(fluid, tariffs, factors))
    })
    .await
}

const TAKEN: &str = "another one of this fluid begins on this day";

/// One currency, so that sums mean something, and one tariff of a fluid from a day on.
fn tariff_fits(tx: &Transaction<'_>, id: DocumentId, tariff: &Tariff) -> Result<Option<Fault>, StoreError> {
    let others: Vec<(DocumentId, Tariff)> = documents::all(tx, Table::Tariff)?;
    let others = || others.iter().filter(|(other, _)| *other != id).map(|(_, other)| other);
    if others().any(|other| other.currency != tariff.currency) {
        return Ok(Some(Fault::new("currency", "other_currency", "all tariffs are in one currency")));
    }
    let twin = others().any(|other| (other.fluid, other.valid_from) == (tariff.fluid, tariff.valid_from));
    Ok(twin.then(|| Fault::new("valid_from", "day_taken", TAKEN)))
}

/// One factor of a fluid from a day on.
fn factor_fits(tx: &Transaction<'_>, id: DocumentId, factor: &EmissionFactor) -> Result<Option<Fault>, StoreError> {
    let others: Vec<(DocumentId, EmissionFactor)> = documents::all(tx, Table::EmissionFactor)?;
    let twin = |other: &EmissionFactor| (other.fluid, other.valid_from) == (factor.fluid, factor.valid_from);
    Ok(others.iter().any(|(other, known)| *other != id && twin(known)).then(|| Fault::new("valid_from", "day_taken", TAKEN)))
}

/// Writes in one transaction, unless there is a fault.
async fn kept<F>(app: &App, faults: Vec<Fault>, keep: F) -> Result<(), Problem>
where
    F: FnOnce(&Transaction<'_>) -> Result<Option<Fault>, StoreError> + Send + 'static,
{
    refused(faults)?;
    refused(app.db.call(keep).await?.into_iter().collect())
}

async fn keep_tariff(app: &App, id: DocumentId, tariff: Tariff, is_new: bool) -> Result<Json<TariffView>, Problem> {
    let tariff = Tariff { name: tariff.name.trim().to_owned(), ..tariff };
    let given = tariff.clone();
    kept(app, tariff.faults(), move |tx| match tariff_fits(tx, id, &given)? {
        None if is_new => documents::add(tx, Table::Tariff, id, &given, MAX_ENTRIES).map(|()| None),
        None => documents::replace(tx, Table::Tariff, id, &given).map(|()| None),
        fault => Ok(fault),
    })
    .await?;
    Ok(Json(TariffView { id, tariff }))
}

async fn keep_factor(app: &App, id: DocumentId, factor: EmissionFactor, is_new: bool) -> Result<Json<FactorView>, Problem> {
    let factor = EmissionFactor { source: factor.source.trim().to_owned(), ..factor };
    let given = factor.clone();
    kept(app, factor.faults(), move |tx| match factor_fits(tx, id, &given)? {
        None if is_new => documents::add(tx, Table::EmissionFactor, id, &given, MAX_ENTRIES).map(|()| None),
        None => documents::replace(tx, Table::EmissionFactor, id, &given).map(|()| None),
        fault => Ok(fault),
    })
    .await?;
    Ok(Json(FactorView { id, factor }))
}

/// Tariffs of all fluids, the newest first.
#[utoipa::path(get, path = "/tariffs", tag = "measurements", responses((status = 200, body = Tariffs)))]
async fn list_tariffs(State(app): State<Shared>) -> Result<Json<Tariffs>, Problem> {
    let found = app.read(|tx| documents::all(tx, Table::Tariff)).await?;
    let mut items: Vec<TariffView> = found.into_iter().map(|(id, tariff)| TariffView { id, tariff }).collect();
    items.sort_by_key(|one| (one.tariff.fluid, std::cmp::Reverse(one.tariff.valid_from)));
    Ok(Json(List::whole(items)))
}

/// Adds a tariff. It holds from its first day on, until a later one of the same fluid does; what was before stays as it was.
#[utoipa::path(post, path = "/tariffs", tag = "measurements", request_body = Tariff, responses((status = 201, body = TariffView)))]
async fn add_tariff(State(app): State<Shared>, Json(tariff): Json<Tariff>) -> Result<(StatusCode, Json<TariffView>), Problem> {
    Ok((StatusCode::CREATED, keep_tariff(&app, DocumentId(new_id()), tariff, true).await?))
}

/// Corrects a tariff: costs are reckoned anew from it, those of the past too.
#[utoipa::path(put, path = "/tariffs/{id}", tag = "measurements", params(("id" = DocumentId, Path)), request_body = Tariff, responses((status = 200, body = TariffView)))]
async fn put_tariff(
    State(app): State<Shared>,
    Path(id): Path<DocumentId>,
    Json(tariff): Json<Tariff>,
) -> Result<Json<TariffView>, Problem> {
    keep_tariff(&app, id, tariff, false).await
}

/// Deletes a tariff: the one before it goes on.
#[utoipa::path(delete, path = "/tariffs/{id}", tag = "measurements", params(("id" = DocumentId, Path)), responses((status = 204)))]
async fn delete_tariff(State(app): State<Shared>, Path(id): Path<DocumentId>) -> Result<StatusCode, Problem> {
    app.db.call(move |tx| documents::remove(tx, Table::Tariff, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Emission factors of all fluids, the newest first.
#[utoipa::path(get, path = "/emission-factors", tag = "measurements", responses((status = 200, body = EmissionFactors)))]
async fn list_emission_factors(State(app): State<Shared>) -> Result<Json<EmissionFactors>, Problem> {
    let found = app.read(|tx| documents::all(tx, Table::EmissionFactor)).await?;
    let mut items: Vec<FactorView> = found.into_iter().map(|(id, factor)| FactorView { id, factor }).collect();
    items.sort_by_key(|one| (one.factor.fluid, std::cmp::Reverse(one.factor.valid_from)));
    Ok(Json(List::whole(items)))
}

/// Adds an emission factor. It holds from its first day on, until a later one of the same fluid does.
#[utoipa::path(post, path = "/emission-factors", tag = "measurements", request_body = EmissionFactor, responses((status = 201, body = FactorView)))]
async fn add_emission_factor(
    State(app): State<Shared>,
    Json(factor): Json<EmissionFactor>,
) -> Result<(StatusCode, Json<FactorView>), Problem> {
    Ok((StatusCode::CREATED, keep_factor(&app, DocumentId(new_id()), factor, true).await?))
}

/// Corrects an emission factor: emissions are reckoned anew from it, those of the past too.
#[utoipa::path(put, path = "/emission-factors/{id}", tag = "measurements", params(("id" = DocumentId, Path)), request_body = EmissionFactor, responses((status = 200, body = FactorView)))]
async fn put_emission_factor(
    State(app): State<Shared>,
    Path(id): Path<DocumentId>,
    Json(factor): Json<EmissionFactor>,
) -> Result<Json<FactorView>, Problem> {
    keep_factor(&app, id, factor, false).await
}

/// Deletes an emission factor: the one before it goes on.
#[utoipa::path(delete, path = "/emission-factors/{id}", tag = "measurements", params(("id" = DocumentId, Path)), responses((status = 204)))]
async fn delete_emission_factor(State(app): State<Shared>, Path(id): Path<DocumentId>) -> Result<StatusCode, Problem> {
    app.db.call(move |tx| documents::remove(tx, Table::EmissionFactor, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
