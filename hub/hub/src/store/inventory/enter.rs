//! Gateways and their devices enter the inventory by themselves, with what they say of themselves. What people added to them stays,
//! also when they go: an asset that is gone is still there, until somebody removes it.

use super::insert;
use crate::store::entity::fleet::{gateway, site};
use crate::store::entity::inventory::asset;
use haubert_link::message::{DeviceDeclaration, Hello};
use haubert_model::{DeviceId, Fluid, GatewayId, Timestamp};
use haubert_risk::inventory::Field;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use std::collections::{BTreeMap, BTreeSet};

/// Who made gateways.
const MAKE: &str = "Haubert";
/// What gateways are.
const MODEL: &str = "Gateway";

/// What a gateway says of itself or of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Empty for the gateway itself.
    pub(super) device: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) make: Option<String>,
    pub(super) model: Option<String>,
    pub(super) version: Option<String>,
    pub(super) serial: Option<String>,
}

/// Where a gateway is, and how new assets are named here.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) gateway: String,
    pub(super) gateway_name: String,
    pub(super) site: String,
    pub(super) organisation: String,
    pub(super) now: i64,
}

fn said(gateway_name: &str, hello: &Hello) -> Vec<Said> {
    let itself = Said {
        device: String::new(),
        name: gateway_name.to_owned(),
        kind: "ote.iot-gateway",
        make: Some(MAKE.to_owned()),
        model: Some(MODEL.to_owned()),
        version: Some(hello.product_version.clone()),
        serial: None,
    };
    let electric: BTreeSet<DeviceId> =
        hello.loads.iter().filter(|load| load.fluid == Fluid::Electricity).map(|load| load.device).collect();
    let device = |device: &DeviceDeclaration| Said {
        device: device.id.to_string(),
        name: device.name.clone(),
        kind: if electric.contains(&device.id) { "ote.power-meter" } else { "ote.sensor" },
        make: device.make.clone(),
        model: device.model.clone(),
        version: device.version.clone(),
        serial: device.serial.clone(),
    };
    std::iter::once(itself).chain(hello.devices.iter().map(device)).collect()
}

/// What becomes of the inventory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) added: Vec<asset::Model>,
    pub(super) changed: Vec<asset::Model>,
    /// Ids.
    pub(super) gone: Vec<String>,
}

/// A field that a gateway may say: what it says counts; what it no longer says is not known any more; what it never said is people's.
fn next(before: &str, was_told: bool, said: Option<&str>) -> String {
    match said.map(str::trim).filter(|said| !said.is_empty()) {
        Some(said) => said.to_owned(),
        None if was_told => String::new(),
        None => before.to_owned(),
    }
}

fn told(row: &asset::Model, field: Field) -> bool {
    row.told.split(' ').any(|key| key == field.key())
}

fn renewed(row: &asset::Model, said: &Said, place: &Place) -> asset::Model {
    let mut keys = vec![Field::Name, Field::Site];
    let mut take = |field: Field, before: &str, said: &Option<String>| {
        let said = said.as_deref();
        if said.is_some_and(|said| !said.trim().is_empty()) {
            keys.push(field);
        }
        next(before, told(row, field), said)
    };
    let (make, model) = (take(Field::Make, &row.make, &said.make), take(Field::Model, &row.model, &said.model));
    let (version, serial) = (take(Field::Version, &row.version, &said.version), take(Field::Serial, &row.serial, &said.serial));
    let name = if said.name.trim().is_empty() { said.kind } else { said.name.trim() };
    asset::Model {
        name: name.to_owned(),
        site_id: Some(place.site.clone()),
        make,
        model,
        version,
        serial,
        told: keys.iter().map(|field| field.key()).collect::<Vec<_>>().join(" "),
        gone_at: None,
        ..row.clone()
    }
}

fn first(said: &Said, place: &Place, id: String) -> asset::Model {
    let nothing = asset::Model {
        id,
        organisation_id: place.organisation.clone(),
        name: String::new(),
        class: "OTE".to_owned(),
        kind: Some(said.kind.to_owned()),
        owner: String::new(),
        site_id: None,
        criticality: 2,
        make: String::new(),
        model: String::new(),
        version: String::new(),
        serial: String::new(),
        address: String::new(),
        zone_id: None,
        note: String::new(),
        gateway_id: Some(place.gateway.clone()),
        device_id: Some(said.device.clone()),
        told: String::new(),
        gone_at: None,
        revision: 1,
        created_at: place.now,
        changed_at: place.now,
        changed_by: place.gateway_name.clone(),
    };
    renewed(&nothing, said, place)
}

/// What changes when the gateway at `place`, of which `known` is kept, says what it has.
pub(super) fn changes(known: Vec<asset::Model>, all: &[Said], place: &Place, mut new_id: impl FnMut() -> String) -> Changes {
    let mut known: BTreeMap<String, asset::Model> =
        known.into_iter().map(|row| (row.device_id.clone().unwrap_or_default(), row)).collect();
    let mut changes = Changes::default();
    let mut seen = BTreeSet::new();
    for said in all.iter().filter(|said| seen.insert(said.device.as_str())) {
        match known.remove(&said.device) {
            None => changes.added.push(first(said, place, new_id())),
            Some(row) => {
                let after = renewed(&row, said, place);
                if after != row {
                    changes.changed.push(asset::Model {
                        revision: row.revision.saturating_add(1),
                        changed_at: place.now,
                        changed_by: place.gateway_name.clone(),
                        ..after
                    });
                }
            }
        }
    }
    changes.gone = known.into_values().filter(|row| row.gone_at.is_none()).map(|row| row.id).collect();
    changes
}

/// An id that sorts by the time of its making, as the others of the hub do.
fn new_id(now: Timestamp) -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    let (mut tail, millis) = ([0; 10], u64::try_from(now.as_millis()).unwrap_or(0));
    tail.iter_mut().zip(random).for_each(|(to, from)| *to = from);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().to_string()
}

async fn place(database: &impl ConnectionTrait, id: &str, now: Timestamp) -> Result<Option<Place>, DbErr> {
    let Some(gateway) = gateway::Entity::find_by_id(id).one(database).await? else { return Ok(None) };
    let Some(site) = site::Entity::find_by_id(&gateway.site_id).one(database).await? else { return Ok(None) };
    Ok(Some(Place {
        gateway: gateway.id,
        gateway_name: gateway.name,
        site: site.id,
        organisation: site.organisation_id,
        now: now.as_millis(),
    }))
}

/// Takes in what a gateway says it has.
pub(in crate::store) async fn enter(
    database: &impl ConnectionTrait,
    gateway: GatewayId,
    hello: &Hello,
    now: Timestamp,
) -> Result<(), DbErr> {
    let Some(place) = place(database, &gateway.to_string(), now).await? else { return Ok(()) };
    let known = asset::Entity::find().filter(asset::Column::GatewayId.eq(&place.gateway)).all(database).await?;
    let changes = changes(known, &said(&place.gateway_name, hello), &place, || new_id(now));
    insert(database, changes.added).await?;
    for row in changes.changed {
        say(database, row).await?;
    }
    go(database, changes.gone, now).await
}

fn next_revision() -> Expr {
    sea_orm::ExprTrait::add(Expr::col(asset::Column::Revision), 1)
}

/// What the gateway says of an asset. What people say may be changed at the same time, and is not touched.
async fn say(database: &impl ConnectionTrait, row: asset::Model) -> Result<(), DbErr> {
    use asset::Column::{ChangedAt, ChangedBy, GoneAt, Make, Model, Name, Revision, Serial, SiteId, Told, Version};
    asset::Entity::update_many()
        .col_expr(Name, Expr::value(row.name))
        .col_expr(SiteId, Expr::value(row.site_id))
        .col_expr(Make, Expr::value(row.make))
        .col_expr(Model, Expr::value(row.model))
        .col_expr(Version, Expr::value(row.version))
        .col_expr(Serial, Expr::value(row.serial))
        .col_expr(Told, Expr::value(row.told))
        .col_expr(GoneAt, Expr::value(row.gone_at))
        .col_expr(Revision, next_revision())
        .col_expr(ChangedAt, Expr::value(row.changed_at))
        .col_expr(ChangedBy, Expr::value(row.changed_by))
        .filter(asset::Column::Id.eq(row.id))
        .exec(database)
        .await?;
    Ok(())
}

async fn go(database: &impl ConnectionTrait, ids: Vec<String>, now: Timestamp) -> Result<(), DbErr> {
    for batch in ids.chunks(super::ROWS) {
        asset::Entity::update_many()
            .col_expr(asset::Column::GoneAt, Expr::value(now.as_millis()))
            .col_expr(asset::Column::Revision, next_revision())
            .filter(asset::Column::Id.is_in(batch.iter().map(String::as_str)))
            .exec(database)
            .await?;
    }
    Ok(())
}

/// A gateway that was removed is gone from where its assets are: they are people's to describe and to remove.
pub(in crate::store) async fn leave(database: &impl ConnectionTrait, gateway: &str, now: Timestamp) -> Result<(), DbErr> {
    let rows = asset::Entity::find().filter(asset::Column::GatewayId.eq(gateway)).all(database).await?;
    let_go(database, &rows, now).await
}

async fn let_go(database: &impl ConnectionTrait, rows: &[asset::Model], now: Timestamp) -> Result<(), DbErr> {
    go(database, rows.iter().filter(|row| row.gone_at.is_none()).map(|row| row.id.clone()).collect(), now).await?;
    for batch in rows.chunks(super::ROWS) {
        asset::Entity::update_many()
            .col_expr(asset::Column::GatewayId, Expr::value(Option::<String>::None))
            .col_expr(asset::Column::Told, Expr::value(""))
            .filter(asset::Column::Id.is_in(batch.iter().map(|row| row.id.as_str())))
            .exec(database)
            .await?;
    }
    Ok(())
}

/// A gateway has another name, is at another site or is another organisation's: its assets follow, and what the organisation before
/// added to them stays there.
pub(in crate::store) async fn follow(database: &impl ConnectionTrait, gateway: &str, now: Timestamp) -> Result<(), DbErr> {
    let Some(place) = place(database, gateway, now).await? else { return Ok(()) };
    let rows = asset::Entity::find().filter(asset::Column::GatewayId.eq(gateway)).all(database).await?;
    let (here, elsewhere): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.organisation_id == place.organisation);
    for row in here {
        let name = if row.device_id.as_deref() == Some("") { place.gateway_name.clone() } else { row.name.clone() };
        let after = asset::Model { name, site_id: Some(place.site.clone()), ..row.clone() };
        if after != row {
            say(database, asset::Model { changed_at: place.now, changed_by: place.gateway_name.clone(), ..after }).await?;
        }
    }
    let_go(database, &elsewhere, now).await?;
    let moved = elsewhere.into_iter().filter(|row| row.gone_at.is_none()).map(|row| moved(row, &place, new_id(now)));
    insert(database, moved.collect()).await
}

/// What the gateway says of an asset, for another organisation.
fn moved(row: asset::Model, place: &Place, id: String) -> asset::Model {
    asset::Model {
        id,
        organisation_id: place.organisation.clone(),
        name: if row.device_id.as_deref() == Some("") { place.gateway_name.clone() } else { row.name },
        owner: String::new(),
        site_id: Some(place.site.clone()),
        criticality: 2,
        address: String::new(),
        zone_id: None,
        note: String::new(),
        revision: 1,
        created_at: place.now,
        changed_at: place.now,
        changed_by: place.gateway_name.clone(),
        ..row
    }
}

/// A site is another organisation's: its gateways' assets follow; what people described there is at no site now.
pub(in crate::store) async fn follow_site(
    database: &impl ConnectionTrait,
    site: &str,
    organisation: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    for gateway in gateway::Entity::find().filter(gateway::Column::SiteId.eq(site)).all(database).await? {
        follow(database, &gateway.id, now).await?;
    }
    asset::Entity::update_many()
        .col_expr(asset::Column::SiteId, Expr::value(Option::<String>::None))
        .col_expr(asset::Column::Revision, next_revision())
        .filter(asset::Column::SiteId.eq(site))
        .filter(asset::Column::OrganisationId.ne(organisation))
        .exec(database)
        .await?;
    Ok(())
}
