//! What decides which measures concern an organisation.

use crate::hub::Hub;
use crate::store::entity::standing::organisation_profile;
use crate::store::{Store, StoreError};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::Profile;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::Time;
use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer as _};

/// The profile of an organisation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OrganisationProfile)]
pub(super) struct ProfileView {
    #[serde(flatten)]
    profile: Profile,
    /// Whether somebody has given it: else it is that of the smallest company.
    is_set: bool,
    #[schema(required)]
    changed_at: Option<Time>,
    #[schema(required)]
    changed_by: Option<String>,
}

fn code<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(what: &str, code: &str) -> Result<T, StoreError> {
    let deserializer: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = code.into_deserializer();
    T::deserialize(deserializer).map_err(|_| StoreError::Damaged(format!("{what} {code:?}")))
}

/// The profile that counts; that of the smallest company as long as nobody has given one.
pub(super) async fn profile(store: &Store, id: OrganisationId) -> Result<Profile, Problem> {
    Ok(read_row(store, id).await?.map(|(profile, _)| profile).unwrap_or_default())
}

async fn read_row(store: &Store, id: OrganisationId) -> Result<Option<(Profile, organisation_profile::Model)>, Problem> {
    let Some(row) = store.organisation_profile(id).await? else { return Ok(None) };
    let profile =
        Profile { size: parsed("size", &row.size)?, ot: row.ot, nis2: parsed("nis2", &row.nis2)?, gateways: row.gateways };
    Ok(Some((profile, row)))
}

#[utoipa::path(get, path = "/organisations/{id}/profile", tag = "standing", operation_id = "read_organisation_profile", params(("id" = OrganisationId, Path)), responses((status = 200, body = ProfileView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<ProfileView>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(match read_row(&hub.store, id).await? {
        None => ProfileView { profile: Profile::default(), is_set: false, changed_at: None, changed_by: None },
        Some((profile, row)) => ProfileView {
            profile,
            is_set: true,
            changed_at: Some(Time(Timestamp(row.changed_at))),
            changed_by: Some(row.changed_by),
        },
    }))
}

#[utoipa::path(put, path = "/organisations/{id}/profile", tag = "standing", operation_id = "set_organisation_profile", params(("id" = OrganisationId, Path)), request_body = Profile, responses((status = 200, body = ProfileView)))]
pub(super) async fn set(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(profile): Json<Profile>,
) -> Result<Json<ProfileView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let row = organisation_profile::Model {
        organisation_id: id.to_string(),
        size: code(&profile.size),
        ot: profile.ot,
        nis2: code(&profile.nis2),
        gateways: profile.gateways,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    };
    hub.store.set_organisation_profile(row).await?;
    read(State(hub), Path(id)).await
}
