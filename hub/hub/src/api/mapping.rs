//! How an organisation stands towards another framework.

use super::standing::stand;
use crate::frameworks;
use crate::hub::Hub;
use axum::extract::State;
use haubert_model::OrganisationId;
use haubert_risk::mapping::{Mapped, Target, mapping};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use serde::{Deserialize, Serialize};

/// Towards which framework.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct To {
    to: Target,
}

/// An organisation, seen from another framework. Measures that hold are no proof of conformity with it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkMapping)]
pub(super) struct MappingView {
    to: Target,
    /// In the other framework's order.
    identifiers: Vec<Mapped>,
    /// Identifiers without any measure.
    without: Vec<String>,
}

#[utoipa::path(get, path = "/organisations/{id}/mapping", tag = "standing", operation_id = "read_mapping", params(("id" = OrganisationId, Path), To), responses((status = 200, body = MappingView)))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(To { to }): Query<To>,
) -> Result<Json<MappingView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let stand = stand(&hub, id).await?;
    let known = |measure: &str| stand.asked.iter().find(|asked| asked.id() == measure).map(|asked| asked.known);
    let identifiers = mapping(frameworks::content()?.references.values(), to, known);
    let without = identifiers.iter().filter(|mapped| mapped.measures.is_empty()).map(|mapped| mapped.id.clone()).collect();
    Ok(Json(MappingView { to, identifiers, without }))
}
