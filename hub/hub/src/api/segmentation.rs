//! Zones and conduits of an organisation, in the terms of IEC 62443-3-2.

use super::assessments::CHANGED_MEANWHILE;
use super::name;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::inventory::{asset, conduit, zone};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::inventory::segmentation::{self, ConduitFault, LEVELS, Remark, joins, remarks};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest purpose or note, in characters.
const MAX_WORDS: usize = 4_000;
/// Most protocols of a conduit.
const MAX_PROTOCOLS: usize = 30;
/// Most zones, and most conduits, of an organisation.
const MOST: usize = 500;

/// What can be set of a zone.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ZoneBody)]
pub(super) struct ZoneBody {
    name: String,
    /// Target security level, SL-T.
    #[schema(minimum = 0, maximum = 4)]
    target_level: u8,
    #[serde(default)]
    #[schema(required)]
    purpose: String,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// A zone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Zone)]
pub(super) struct ZoneView {
    id: String,
    organisation_id: String,
    #[serde(flatten)]
    body: ZoneBody,
    created_at: Time,
    changed_at: Time,
    changed_by: String,
}

/// Which way a conduit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ConduitDirection {
    /// Only from the first zone to the second.
    Forward,
    /// Both ways.
    Both,
}

/// What can be set of a conduit.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConduitBody)]
pub(super) struct ConduitBody {
    name: String,
    from_zone_id: String,
    to_zone_id: String,
    direction: ConduitDirection,
    /// In words.
    #[serde(default)]
    #[schema(required)]
    protocols: Vec<String>,
    /// Target security level, SL-T.
    #[schema(minimum = 0, maximum = 4)]
    target_level: u8,
    #[serde(default)]
    #[schema(required)]
    note: String,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// A conduit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Conduit)]
pub(super) struct ConduitView {
    id: String,
    organisation_id: String,
    #[serde(flatten)]
    body: ConduitBody,
    created_at: Time,
    changed_at: Time,
    changed_by: String,
}

/// What a list of zones answers.
type ZoneViewList = List<ZoneView>;
/// What a list of conduits answers.
type ConduitViewList = List<ConduitView>;

/// An asset that is in no zone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UnzonedAsset {
    id: String,
    name: String,
    criticality: i32,
}

/// How many assets are in a zone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ZoneCount {
    zone_id: String,
    assets: usize,
}

/// What is to remark on zones and conduits, and what is outside of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Segmentation)]
pub(super) struct SegmentationView {
    zones: Vec<ZoneCount>,
    remarks: Vec<Remark>,
    /// Assets that are there and in no zone, the most critical first.
    without_zone: Vec<UnzonedAsset>,
}

fn level(level: u8) -> Result<i32, Problem> {
    if LEVELS.contains(&level) { Ok(i32::from(level)) } else { Err(Problem::invalid("target_level", "not_valid", "from 0 to 4")) }
}

fn words(field: &str, text: String) -> Result<String, Problem> {
    if text.chars().count() > MAX_WORDS {
        return Err(Problem::invalid(field, "too_long", format!("at most {MAX_WORDS} characters")));
    }
    Ok(text)
}

fn zone_view(row: zone::Model) -> ZoneView {
    ZoneView {
        id: row.id,
        organisation_id: row.organisation_id,
        body: ZoneBody {
            name: row.name,
            target_level: u8::try_from(row.target_level).unwrap_or_default(),
            purpose: row.purpose,
            revision: row.revision,
        },
        created_at: Time(Timestamp(row.created_at)),
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    }
}

fn conduit_view(row: conduit::Model) -> Result<ConduitView, Problem> {
    Ok(ConduitView {
        body: ConduitBody {
            protocols: protocols(&row)?,
            name: row.name,
            from_zone_id: row.from_zone_id,
            to_zone_id: row.to_zone_id,
            direction: if row.direction == "forward" { ConduitDirection::Forward } else { ConduitDirection::Both },
            target_level: u8::try_from(row.target_level).unwrap_or_default(),
            note: row.note,
            revision: row.revision,
        },
        id: row.id,
        organisation_id: row.organisation_id,
        created_at: Time(Timestamp(row.created_at)),
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    })
}

fn protocols(row: &conduit::Model) -> Result<Vec<String>, Problem> {
    serde_json::from_str(&row.protocols).map_err(|error| Problem::internal("read a conduit", &error))
}

/// Where a zone or a conduit belongs.
struct Place {
    id: String,
    organisation: OrganisationId,
    created_at: i64,
}

impl Place {
    fn new(hub: &Hub, organisation: OrganisationId) -> Result<Self, Problem> {
        Ok(Self { id: hub.new_id()?.to_string(), organisation, created_at: hub.now().as_millis() })
    }

    fn of(id: String, organisation: &str, created_at: i64) -> Result<Self, Problem> {
        Ok(Self { id, organisation: organisation.parse().map_err(|_| Problem::not_found())?, created_at })
    }
}

fn zone_row(hub: &Hub, session: Session, place: Place, body: ZoneBody) -> Result<zone::Model, Problem> {
    Ok(zone::Model {
        id: place.id,
        organisation_id: place.organisation.to_string(),
        name: name("name", &body.name)?,
        target_level: level(body.target_level)?,
        purpose: words("purpose", body.purpose)?,
        revision: 1,
        created_at: place.created_at,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    })
}

async fn conduit_row(hub: &Hub, session: Session, place: Place, body: ConduitBody) -> Result<conduit::Model, Problem> {
    let zones = known_zones(&hub.store.zones(place.organisation).await?, &BTreeMap::new());
    if let Err(fault) = joins(&body.from_zone_id, &body.to_zone_id, &zones) {
        return Err(match fault {
            ConduitFault::SameZone => Problem::invalid("to_zone_id", "same_zone", "a conduit joins two different zones"),
            ConduitFault::FromUnknown => Problem::invalid("from_zone_id", "not_found", "the organisation has no such zone"),
            ConduitFault::ToUnknown => Problem::invalid("to_zone_id", "not_found", "the organisation has no such zone"),
        });
    }
    if body.protocols.len() > MAX_PROTOCOLS {
        return Err(Problem::invalid("protocols", "too_many", format!("at most {MAX_PROTOCOLS}")));
    }
    let protocols: Vec<String> = body.protocols.iter().map(|protocol| name("protocols", protocol)).collect::<Result<_, _>>()?;
    Ok(conduit::Model {
        id: place.id,
        organisation_id: place.organisation.to_string(),
        name: name("name", &body.name)?,
        from_zone_id: body.from_zone_id,
        to_zone_id: body.to_zone_id,
        direction: if body.direction == ConduitDirection::Forward { "forward" } else { "both" }.to_owned(),
        protocols: serde_json::to_string(&protocols).map_err(|error| Problem::internal("write a conduit", &error))?,
        target_level: level(body.target_level)?,
        note: words("note", body.note)?,
        revision: 1,
        created_at: place.created_at,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    })
}

fn known_zones(rows: &[zone::Model], counts: &BTreeMap<&str, usize>) -> Vec<segmentation::Zone> {
    let zone = |row: &zone::Model| segmentation::Zone {
        id: row.id.clone(),
        name: row.name.clone(),
        target: u8::try_from(row.target_level).unwrap_or_default(),
        assets: counts.get(row.id.as_str()).copied().unwrap_or_default(),
    };
    rows.iter().map(zone).collect()
}

fn enough(present: usize) -> Result<(), Problem> {
    if present < MOST { Ok(()) } else { Err(Problem::new(codes::CONFLICT).detail(format!("at most {MOST}"))) }
}

#[utoipa::path(get, path = "/organisations/{id}/zones", tag = "assets", operation_id = "list_zones", params(("id" = OrganisationId, Path)), responses((status = 200, body = ZoneViewList)))]
pub(super) async fn list_zones(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<List<ZoneView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List::whole(hub.store.zones(id).await?.into_iter().map(zone_view).collect())))
}

#[utoipa::path(post, path = "/organisations/{id}/zones", tag = "assets", operation_id = "create_zone", params(("id" = OrganisationId, Path)), request_body = ZoneBody, responses((status = 201, body = ZoneView)))]
pub(super) async fn create_zone(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Json(body): Json<ZoneBody>,
) -> Result<(StatusCode, Json<ZoneView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    enough(hub.store.zones(organisation).await?.len())?;
    let row = zone_row(&hub, session, Place::new(&hub, organisation)?, body)?;
    hub.store.add_zone(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(zone_view(row))))
}

#[utoipa::path(put, path = "/zones/{id}", tag = "assets", operation_id = "update_zone", params(("id" = String, Path)), request_body = ZoneBody, responses((status = 200, body = ZoneView)))]
pub(super) async fn update_zone(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<ZoneBody>,
) -> Result<Json<ZoneView>, Problem> {
    let before = hub.store.zone(&id).await?.ok_or_else(Problem::not_found)?;
    let seen = body.revision;
    let row = zone_row(&hub, session, Place::of(id, &before.organisation_id, before.created_at)?, body)?;
    match hub.store.set_zone(row, seen).await? {
        Changed::Kept(row) => Ok(Json(zone_view(row))),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

/// Removes a zone at which no conduit ends; its assets are in none then.
#[utoipa::path(delete, path = "/zones/{id}", tag = "assets", operation_id = "delete_zone", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove_zone(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    match hub.store.remove_zone(&id).await? {
        None => Err(Problem::new(codes::NOT_EMPTY).detail("conduits end at the zone")),
        Some(false) => Err(Problem::not_found()),
        Some(true) => Ok(StatusCode::NO_CONTENT),
    }
}

#[utoipa::path(get, path = "/organisations/{id}/conduits", tag = "assets", operation_id = "list_conduits", params(("id" = OrganisationId, Path)), responses((status = 200, body = ConduitViewList)))]
pub(super) async fn list_conduits(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
) -> Result<Json<List<ConduitView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let items = hub.store.conduits(id).await?.into_iter().map(conduit_view).collect::<Result<_, _>>()?;
    Ok(Json(List::whole(items)))
}

#[utoipa::path(post, path = "/organisations/{id}/conduits", tag = "assets", operation_id = "create_conduit", params(("id" = OrganisationId, Path)), request_body = ConduitBody, responses((status = 201, body = ConduitView)))]
pub(super) async fn create_conduit(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Json(body): Json<ConduitBody>,
) -> Result<(StatusCode, Json<ConduitView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    enough(hub.store.conduits(organisation).await?.len())?;
    let row = conduit_row(&hub, session, Place::new(&hub, organisation)?, body).await?;
    hub.store.add_conduit(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(conduit_view(row)?)))
}

#[utoipa::path(put, path = "/conduits/{id}", tag = "assets", operation_id = "update_conduit", params(("id" = String, Path)), request_body = ConduitBody, responses((status = 200, body = ConduitView)))]
pub(super) async fn update_conduit(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<ConduitBody>,
) -> Result<Json<ConduitView>, Problem> {
    let before = hub.store.conduit(&id).await?.ok_or_else(Problem::not_found)?;
    let seen = body.revision;
    let row = conduit_row(&hub, session, Place::of(id, &before.organisation_id, before.created_at)?, body).await?;
    match hub.store.set_conduit(row, seen).await? {
        Changed::Kept(row) => Ok(Json(conduit_view(row)?)),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

#[utoipa::path(delete, path = "/conduits/{id}", tag = "assets", operation_id = "delete_conduit", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove_conduit(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_conduit(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// What is to remark on zones and conduits, and which assets are in no zone.
#[utoipa::path(get, path = "/organisations/{id}/segmentation", tag = "assets", operation_id = "read_segmentation", params(("id" = OrganisationId, Path)), responses((status = 200, body = SegmentationView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<SegmentationView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let mut assets = hub.store.all_assets(id).await?;
    assets.retain(|row| row.gone_at.is_none());
    let mut counts = BTreeMap::new();
    for zone in assets.iter().filter_map(|row| row.zone_id.as_deref()) {
        let count: &mut usize = counts.entry(zone).or_default();
        *count = count.saturating_add(1);
    }
    let zones = known_zones(&hub.store.zones(id).await?, &counts);
    let conduit = |row: &conduit::Model| -> Result<segmentation::Conduit, Problem> {
        Ok(segmentation::Conduit {
            id: row.id.clone(),
            from: row.from_zone_id.clone(),
            to: row.to_zone_id.clone(),
            protocols: protocols(row)?,
            target: u8::try_from(row.target_level).unwrap_or_default(),
        })
    };
    let conduits: Vec<segmentation::Conduit> = hub.store.conduits(id).await?.iter().map(conduit).collect::<Result<_, _>>()?;
    let mut without: Vec<&asset::Model> = assets.iter().filter(|row| row.zone_id.is_none()).collect();
    without.sort_by_key(|row| std::cmp::Reverse(row.criticality));
    let unzoned = |row: &asset::Model| UnzonedAsset { id: row.id.clone(), name: row.name.clone(), criticality: row.criticality };
    Ok(Json(SegmentationView {
        remarks: remarks(&zones, &conduits),
        without_zone: without.into_iter().map(unzoned).collect(),
        zones: zones.into_iter().map(|zone| ZoneCount { zone_id: zone.id, assets: zone.assets }).collect(),
    }))
}
