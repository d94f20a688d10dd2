//! Sites of organisations.

use super::{Page, name, next_cursor};
use crate::hub::Hub;
use crate::reach::Reach;
use crate::store::entity::fleet::site;
use axum::extract::State;
use haubert_model::{OrganisationId, SiteId};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Problem, codes};
use haubert_service::wire::List;
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// A site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Site)]
pub(super) struct SiteView {
    id: String,
    organisation_id: String,
    name: String,
    /// IANA name.
    time_zone: String,
    /// ISO 3166-1, two letters.
    country: String,
}

impl From<site::Model> for SiteView {
    fn from(row: site::Model) -> Self {
        let site::Model { id, organisation_id, name, time_zone, country } = row;
        Self { id, organisation_id, name, time_zone, country }
    }
}

/// What can be set of a site.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteBody {
    organisation_id: OrganisationId,
    name: String,
    /// IANA name (`Europe/Paris`).
    time_zone: String,
    /// ISO 3166-1, two letters.
    country: String,
}

impl SiteBody {
    async fn row(self, hub: &Hub, id: SiteId) -> Result<site::Model, Problem> {
        let name = name("name", &self.name)?;
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(Problem::invalid("time_zone", "not_valid", "not the name of a time zone (Europe/Paris)"));
        }
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Problem::invalid("country", "not_valid", "two capital letters (FR)"));
        }
        if !hub.store.has_organisation(self.organisation_id).await? {
            return Err(Problem::invalid("organisation_id", "not_found", "there is no such organisation"));
        }
        Ok(site::Model {
            id: id.to_string(),
            organisation_id: self.organisation_id.to_string(),
            name,
            time_zone: self.time_zone,
            country: self.country,
        })
    }
}

/// Which sites.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SiteQuery {
    /// Only those of this organisation.
    organisation_id: Option<OrganisationId>,
}

/// What their list answers.
type SiteViewList = List<SiteView>;

#[utoipa::path(get, path = "/sites", tag = "sites", operation_id = "list_sites", params(SiteQuery, Page), responses((status = 200, body = SiteViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    reach: Reach,
    Query(query): Query<SiteQuery>,
    Query(page): Query<Page>,
) -> Result<Json<List<SiteView>>, Problem> {
    let organisation = reach.narrow(query.organisation_id)?;
    let rows = hub.store.sites(organisation, &page.cursor, page.limit()).await?;
    let next_cursor = next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.clone()));
    Ok(Json(List { items: rows.into_iter().map(Into::into).collect(), next_cursor }))
}

#[utoipa::path(post, path = "/sites", tag = "sites", operation_id = "create_site", request_body = SiteBody, responses((status = 201, body = SiteView)))]
pub(super) async fn create(State(hub): State<Hub>, Json(body): Json<SiteBody>) -> Result<(StatusCode, Json<SiteView>), Problem> {
    let row = body.row(&hub, SiteId(hub.new_id()?)).await?;
    hub.store.add_site(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

#[utoipa::path(put, path = "/sites/{id}", tag = "sites", operation_id = "update_site", params(("id" = SiteId, Path)), request_body = SiteBody, responses((status = 200, body = SiteView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    Path(id): Path<SiteId>,
    Json(body): Json<SiteBody>,
) -> Result<Json<SiteView>, Problem> {
    let row = body.row(&hub, id).await?;
    if !hub.store.update_site(row.clone(), hub.now()).await? {
        return Err(Problem::not_found());
    }
    Ok(Json(row.into()))
}

#[utoipa::path(delete, path = "/sites/{id}", tag = "sites", operation_id = "delete_site", params(("id" = SiteId, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<SiteId>) -> Result<StatusCode, Problem> {
    match hub.store.remove_site(id).await? {
        None => Err(Problem::new(codes::NOT_EMPTY).detail("the site has gateways")),
        Some(false) => Err(Problem::not_found()),
        Some(true) => Ok(StatusCode::NO_CONTENT),
    }
}
