//! Loads: what is measured, where it lies and what it is for.

use super::{may, name};
use crate::app::{App, Shared};
use crate::rights;
use crate::store::topology;
use crate::topology::Load;
use axum::extract::State;
use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, Fluid, LoadId, PointRef, Quantity, Usage, ZoneId};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::List;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What their list answers.
type LoadViews = List<LoadView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HIERARCHY_VIEW), routes!(list_loads)).routes(may(rights::HIERARCHY_CHANGE), routes!(put_load))
}

/// A load with its present power.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Load)]
struct LoadView {
    id: LoadId,
    device_id: DeviceId,
    device_name: String,
    /// Number within the device, from 1.
    channel: u8,
    name: String,
    fluid: Fluid,
    usage: Usage,
    #[schema(required)]
    zone_id: Option<ZoneId>,
    enabled: bool,
    /// Active power, W; `null` when there is no usable value.
    #[schema(required)]
    power_w: Option<f64>,
    state: DeviceState,
}

/// What a person may change of a load.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoadBody {
    name: String,
    usage: Usage,
    /// What flows; unchanged when absent. For inputs of a pulse concentrator.
    fluid: Option<Fluid>,
    zone_id: Option<ZoneId>,
    enabled: bool,
}

fn view(app: &App, load: &Load) -> LoadView {
    let topology = app.topology();
    let device = topology.device(load.device_id);
    LoadView {
        id: load.id,
        device_id: load.device_id,
        device_name: device.map(|device| device.name.clone()).unwrap_or_default(),
        channel: load.channel,
        name: load.name.clone(),
        fluid: load.fluid,
        usage: load.usage,
        zone_id: load.zone_id,
        enabled: load.enabled,
        power_w: power_w(app, load),
        state: device.map_or(DeviceState::NeverSeen, |device| super::devices::state_of(app, device)),
    }
}

/// Present active power of a load, W.
pub(super) fn power_w(app: &App, load: &Load) -> Option<f64> {
    let point = PointRef { device: load.device_id, channel: load.channel, quantity: Quantity::ActivePowerTotal };
    app.live.reading(point).and_then(|reading| reading.value).map(|value| value.to_f64())
}

/// The loads.
#[utoipa::path(get, path = "/loads", tag = "site", responses((status = 200, body = LoadViews)))]
async fn list_loads(State(app): State<Shared>) -> Json<List<LoadView>> {
    Json(List::whole(app.topology().loads.iter().map(|load| view(&app, load)).collect()))
}

/// Names and places a load.
#[utoipa::path(put, path = "/loads/{id}", tag = "site", params(("id" = LoadId, Path)), request_body = LoadBody, responses((status = 200, body = LoadView)))]
async fn put_load(
    State(app): State<Shared>,
    Path(id): Path<LoadId>,
    Json(body): Json<LoadBody>,
) -> Result<Json<LoadView>, Problem> {
    let topology = app.topology();
    let known = topology.load(id).ok_or_else(Problem::not_found)?;
    let load = Load {
        name: name("name", &body.name)?,
        usage: body.usage,
        fluid: body.fluid.unwrap_or(known.fluid),
        zone_id: body.zone_id,
        enabled: body.enabled,
        ..known.clone()
    };
    let kept = load.clone();
    app.change(move |tx| topology::put_load(tx, &kept)).await?;
    Ok(Json(view(&app, &load)))
}
