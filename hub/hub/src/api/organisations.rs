//! Members of the community.

use super::{Page, name, next_cursor};
use crate::hub::Hub;
use crate::reach::Reach;
use crate::store::entity::fleet::organisation;
use axum::extract::State;
use haubert_model::OrganisationId;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Problem, codes};
use haubert_service::wire::List;
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OrganisationKind {
    /// The port's authority.
    PortAuthority,
    /// Operator of a terminal.
    Terminal,
    /// Shipping company.
    Shipping,
    /// Forwarding, storage, haulage.
    Logistics,
    /// Industry in the port.
    Industry,
    /// Services to ships or goods.
    Services,
    /// Public authority.
    Authority,
    /// Anything else.
    Other,
}

impl OrganisationKind {
    const ALL: [(&'static str, Self); 8] = [
        ("port_authority", Self::PortAuthority),
        ("terminal", Self::Terminal),
        ("shipping", Self::Shipping),
        ("logistics", Self::Logistics),
        ("industry", Self::Industry),
        ("services", Self::Services),
        ("authority", Self::Authority),
        ("other", Self::Other),
    ];

    fn code(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("other", |(code, _)| code)
    }

    fn from_code(code: &str) -> Self {
        Self::ALL.iter().find(|(known, _)| *known == code).map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// An organisation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Organisation)]
pub(super) struct OrganisationView {
    id: String,
    name: String,
    kind: OrganisationKind,
}

impl From<organisation::Model> for OrganisationView {
    fn from(row: organisation::Model) -> Self {
        Self { kind: OrganisationKind::from_code(&row.kind), id: row.id, name: row.name }
    }
}

/// What can be set of an organisation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationBody {
    name: String,
    kind: OrganisationKind,
}

impl OrganisationBody {
    fn row(self, id: OrganisationId) -> Result<organisation::Model, Problem> {
        Ok(organisation::Model { id: id.to_string(), name: name("name", &self.name)?, kind: self.kind.code().to_owned() })
    }
}

/// What their list answers.
type OrganisationViewList = List<OrganisationView>;

#[utoipa::path(get, path = "/organisations", tag = "organisations", operation_id = "list_organisations", params(Page), responses((status = 200, body = OrganisationViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    reach: Reach,
    Query(page): Query<Page>,
) -> Result<Json<List<OrganisationView>>, Problem> {
    if let Some(own) = reach.only() {
        let items = hub.store.organisation(own).await?.into_iter().map(Into::into).collect();
        return Ok(Json(List { items, next_cursor: None }));
    }
    let rows = hub.store.organisations(&page.cursor, page.limit()).await?;
    let next_cursor = next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.clone()));
    Ok(Json(List { items: rows.into_iter().map(Into::into).collect(), next_cursor }))
}

#[utoipa::path(post, path = "/organisations", tag = "organisations", operation_id = "create_organisation", request_body = OrganisationBody, responses((status = 201, body = OrganisationView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Json(body): Json<OrganisationBody>,
) -> Result<(StatusCode, Json<OrganisationView>), Problem> {
    let row = body.row(OrganisationId(hub.new_id()?))?;
    hub.store.add_organisation(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

#[utoipa::path(put, path = "/organisations/{id}", tag = "organisations", operation_id = "update_organisation", params(("id" = OrganisationId, Path)), request_body = OrganisationBody, responses((status = 200, body = OrganisationView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Json(body): Json<OrganisationBody>,
) -> Result<Json<OrganisationView>, Problem> {
    let row = body.row(id)?;
    if !hub.store.update_organisation(row.clone()).await? {
        return Err(Problem::not_found());
    }
    Ok(Json(row.into()))
}

#[utoipa::path(delete, path = "/organisations/{id}", tag = "organisations", operation_id = "delete_organisation", params(("id" = OrganisationId, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<StatusCode, Problem> {
    match hub.store.remove_organisation(id).await? {
        None => Err(Problem::new(codes::NOT_EMPTY).detail("the organisation has sites")),
        Some(false) => Err(Problem::not_found()),
        Some(true) => {
            let files = hub.evidence.clone();
            // The rows are gone already: what is left of the files is told in the log, and belongs to nobody.
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || files.remove_all(id)).await {
                tracing::error!(%error, organisation = %id, "files of evidence are left behind");
            }
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Refuses what is asked of an organisation that is not there.
pub(super) async fn found(hub: &Hub, id: OrganisationId) -> Result<(), Problem> {
    if hub.store.has_organisation(id).await? { Ok(()) } else { Err(Problem::not_found()) }
}
