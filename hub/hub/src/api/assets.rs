//! The inventory of an organisation: what people describe, and what gateways bring.

use super::Page;
use super::assessments::CHANGED_MEANWHILE;
use crate::frameworks;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::inventory::asset;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::inventory::{Draft, Fault, Field};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};

const STILL_THERE: Code =
    Code::new("still_there", 409, "A gateway has it; it leaves the inventory when the gateway no longer has it");

/// Who described an asset first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// People.
    People,
    /// A gateway, which is it or has it.
    Gateway,
}

/// What can be set of an asset. Of one that a gateway has, the fields that the gateway tells must be left as they are.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssetBody)]
pub(super) struct AssetBody {
    name: String,
    /// One of the ten classes of `/taxonomies`, such as `OTE`.
    class: String,
    /// An entry of that class, such as `ote.plc`.
    #[serde(default)]
    #[schema(required)]
    kind: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    #[schema(required)]
    owner: String,
    #[serde(default)]
    #[schema(required)]
    site_id: Option<String>,
    /// From what nobody would miss (1) to what stops the company (4).
    #[schema(minimum = 1, maximum = 4)]
    criticality: u8,
    /// Who made it.
    #[serde(default)]
    #[schema(required)]
    make: String,
    /// Which product it is.
    #[serde(default)]
    #[schema(required)]
    model: String,
    /// Firmware, software or revision.
    #[serde(default)]
    #[schema(required)]
    version: String,
    #[serde(default)]
    #[schema(required)]
    serial: String,
    /// Address in the network, as people write it.
    #[serde(default)]
    #[schema(required)]
    address: String,
    #[serde(default)]
    #[schema(required)]
    zone_id: Option<String>,
    #[serde(default)]
    #[schema(required)]
    note: String,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// An asset.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Asset)]
pub(super) struct AssetView {
    id: String,
    organisation_id: String,
    #[serde(flatten)]
    body: AssetBody,
    origin: Origin,
    #[schema(required)]
    gateway_id: Option<String>,
    /// What its gateway tells, and nobody changes here.
    told: Vec<Field>,
    /// Since when its gateway no longer has it.
    #[schema(required)]
    gone_at: Option<Time>,
    created_at: Time,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type AssetViewList = List<AssetView>;

/// What a row says of the asset.
pub(super) fn draft(row: &asset::Model) -> Draft {
    let row = row.clone();
    Draft {
        name: row.name,
        class: row.class,
        kind: row.kind,
        owner: row.owner,
        site: row.site_id,
        criticality: u8::try_from(row.criticality).unwrap_or_default(),
        make: row.make,
        model: row.model,
        version: row.version,
        serial: row.serial,
        address: row.address,
        zone: row.zone_id,
        note: row.note,
    }
}

/// The fields that a gateway tells.
pub(super) fn told(row: &asset::Model) -> Vec<Field> {
    row.told.split(' ').filter_map(Field::by_key).collect()
}

/// The row with what `draft` says.
pub(super) fn described(row: asset::Model, draft: Draft, by: &str, now: Timestamp) -> asset::Model {
    asset::Model {
        name: draft.name,
        class: draft.class,
        kind: draft.kind,
        owner: draft.owner,
        site_id: draft.site,
        criticality: i32::from(draft.criticality),
        make: draft.make,
        model: draft.model,
        version: draft.version,
        serial: draft.serial,
        address: draft.address,
        zone_id: draft.zone,
        note: draft.note,
        changed_at: now.as_millis(),
        changed_by: by.to_owned(),
        ..row
    }
}

/// A row of which nothing is said yet.
pub(super) fn blank(hub: &Hub, of: OrganisationId) -> Result<asset::Model, Problem> {
    let nothing = Draft::empty();
    let row = asset::Model {
        id: hub.new_id()?.to_string(),
        organisation_id: of.to_string(),
        name: String::new(),
        class: String::new(),
        kind: None,
        owner: String::new(),
        site_id: None,
        criticality: 0,
        make: String::new(),
        model: String::new(),
        version: String::new(),
        serial: String::new(),
        address: String::new(),
        zone_id: None,
        note: String::new(),
        gateway_id: None,
        device_id: None,
        told: String::new(),
        gone_at: None,
        revision: 1,
        created_at: hub.now().as_millis(),
        changed_at: 0,
        changed_by: String::new(),
    };
    Ok(described(row, nothing, "", hub.now()))
}

fn view(row: asset::Model) -> AssetView {
    let (told, draft) = (told(&row), draft(&row));
    AssetView {
        body: AssetBody {
            name: draft.name,
            class: draft.class,
            kind: draft.kind,
            owner: draft.owner,
            site_id: draft.site,
            criticality: draft.criticality,
            make: draft.make,
            model: draft.model,
            version: draft.version,
            serial: draft.serial,
            address: draft.address,
            zone_id: draft.zone,
            note: draft.note,
            revision: row.revision,
        },
        origin: if row.device_id.is_some() { Origin::Gateway } else { Origin::People },
        told,
        id: row.id,
        organisation_id: row.organisation_id,
        gateway_id: row.gateway_id,
        gone_at: row.gone_at.map(|at| Time(Timestamp(at))),
        created_at: Time(Timestamp(row.created_at)),
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    }
}

/// As the body names a field.
fn name_in_body(field: Field) -> &'static str {
    match field {
        Field::Site => "site_id",
        Field::Zone => "zone_id",
        other => other.key(),
    }
}

fn refuse(faults: Vec<Fault>) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(codes::INVALID);
    Err(faults.into_iter().fold(problem, |problem, fault| problem.field(name_in_body(fault.field), fault.code, fault.text)))
}

impl AssetBody {
    fn draft(self) -> Draft {
        let draft = Draft {
            name: self.name,
            class: self.class,
            kind: self.kind,
            owner: self.owner,
            site: self.site_id,
            criticality: self.criticality,
            make: self.make,
            model: self.model,
            version: self.version,
            serial: self.serial,
            address: self.address,
            zone: self.zone_id,
            note: self.note,
        };
        draft.trimmed()
    }
}

/// Refuses a draft that is not as it should be. Site and zone must be the organisation's own.
async fn check(hub: &Hub, of: OrganisationId, draft: &Draft, before: Option<&asset::Model>) -> Result<(), Problem> {
    let told = before.map(told).unwrap_or_default();
    let mut faults = draft.faults(&frameworks::content()?.taxonomies.assets.items, &told);
    if let Some(before) = before {
        faults.extend(self::draft(before).overruled(draft, &told));
    }
    let of = Some(of.to_string());
    if let Some(site) = &draft.site
        && hub.store.owner_of_site(site).await? != of
    {
        faults.push(Fault::new(Field::Site, "not_found", "the organisation has no such site"));
    }
    if let Some(zone) = &draft.zone
        && hub.store.zone(zone).await?.map(|zone| zone.organisation_id) != of
    {
        faults.push(Fault::new(Field::Zone, "not_found", "the organisation has no such zone"));
    }
    refuse(faults)
}

#[utoipa::path(get, path = "/organisations/{id}/assets", tag = "assets", operation_id = "list_assets", params(("id" = OrganisationId, Path), Page), responses((status = 200, body = AssetViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(page): Query<Page>,
) -> Result<Json<List<AssetView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let rows = hub.store.assets(id, &page.cursor, page.limit()).await?;
    let next_cursor = super::next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.clone()));
    Ok(Json(List { items: rows.into_iter().map(view).collect(), next_cursor }))
}

#[utoipa::path(post, path = "/organisations/{id}/assets", tag = "assets", operation_id = "create_asset", params(("id" = OrganisationId, Path)), request_body = AssetBody, responses((status = 201, body = AssetView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Json(body): Json<AssetBody>,
) -> Result<(StatusCode, Json<AssetView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    let draft = body.draft();
    check(&hub, organisation, &draft, None).await?;
    let row = described(blank(&hub, organisation)?, draft, &session.user_name, hub.now());
    hub.store.add_asset(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(view(row))))
}

#[utoipa::path(get, path = "/assets/{id}", tag = "assets", operation_id = "read_asset", params(("id" = String, Path)), responses((status = 200, body = AssetView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<AssetView>, Problem> {
    Ok(Json(view(hub.store.asset(&id).await?.ok_or_else(Problem::not_found)?)))
}

#[utoipa::path(put, path = "/assets/{id}", tag = "assets", operation_id = "update_asset", params(("id" = String, Path)), request_body = AssetBody, responses((status = 200, body = AssetView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<AssetBody>,
) -> Result<Json<AssetView>, Problem> {
    let before = hub.store.asset(&id).await?.ok_or_else(Problem::not_found)?;
    let organisation = before.organisation_id.parse().map_err(|_| Problem::not_found())?;
    let seen = body.revision;
    // What a gateway has told since then is no fault of who has not seen it.
    if seen != before.revision {
        return Err(Problem::new(CHANGED_MEANWHILE));
    }
    let draft = body.draft();
    check(&hub, organisation, &draft, Some(&before)).await?;
    match hub.store.set_asset(described(before, draft, &session.user_name, hub.now()), seen).await? {
        Changed::Kept(row) => Ok(Json(view(row))),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

/// Removes an asset that no gateway has.
#[utoipa::path(delete, path = "/assets/{id}", tag = "assets", operation_id = "delete_asset", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_asset(&id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(if hub.store.asset(&id).await?.is_some() { Problem::new(STILL_THERE) } else { Problem::not_found() })
}
