//! Field buses.

use super::{may, name, new_id};
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::policy::lines::held_by;
use crate::rights;
use crate::store::topology;
use crate::topology::{Bus, GroupPeriods, Line};
use axum::extract::State;
use haubert_model::BusId;
use haubert_service::api::Api;
use haubert_service::extract::{self, Json};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::List;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use utoipa::ToSchema;

/// What their list answers.
type BusViews = List<BusView>;

/// What their list answers.
type SerialPorts = List<SerialPort>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SOURCES_VIEW), routes!(list_buses))
        .routes(may(rights::SOURCES_CHANGE), routes!(add_bus))
        .routes(may(rights::SOURCES_CHANGE), routes!(put_bus, delete_bus))
        .routes(may(rights::SOURCES_CHANGE), routes!(list_serial_ports))
}

/// A bus as given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BusBody {
    name: String,
    line: Line,
    /// Longest wait for an answer, milliseconds, 50 to 30000.
    timeout_ms: u32,
    /// Period of a round of its devices, milliseconds, 100 to 3600000.
    poll_ms: u32,
    enabled: bool,
    /// Quantities read at a period of their own, 100 to 3600000 each.
    #[serde(default)]
    periods: GroupPeriods,
}

impl BusBody {
    fn into_bus(self, id: BusId) -> Result<Bus, Problem> {
        if !(50..=30_000).contains(&self.timeout_ms) {
            return Err(Problem::invalid("timeout_ms", "out_of_range", "between 50 and 30000"));
        }
        if !(100..=3_600_000).contains(&self.poll_ms) {
            return Err(Problem::invalid("poll_ms", "out_of_range", "between 100 and 3600000"));
        }
        check_periods("periods", &self.periods)?;
        check_line(&self.line)?;
        Ok(Bus {
            id,
            name: name("name", &self.name)?,
            line: self.line,
            timeout_ms: self.timeout_ms,
            poll_ms: self.poll_ms,
            enabled: self.enabled,
            periods: self.periods,
        })
    }
}

/// Periods within the bounds of a bus's own; `field` is the name of the whole.
pub(super) fn check_periods(field: &str, periods: &GroupPeriods) -> Result<(), Problem> {
    for (name, value) in [("power_ms", periods.power_ms), ("energy_ms", periods.energy_ms), ("quality_ms", periods.quality_ms)] {
        if value.is_some_and(|value| !(100..=3_600_000).contains(&value)) {
            return Err(Problem::invalid(&format!("{field}.{name}"), "out_of_range", "between 100 and 3600000"));
        }
    }
    Ok(())
}

/// What types cannot say of a line.
pub(super) fn check_line(line: &Line) -> Result<(), Problem> {
    match line {
        Line::Tcp { host, port } | Line::RtuOverTcp { host, port } => {
            if host.is_empty() || host.len() > 253 || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(Problem::invalid("line.host", "not_valid", "a host name or an address"));
            }
            if *port == 0 {
                return Err(Problem::invalid("line.port", "out_of_range", "between 1 and 65535"));
            }
        }
        Line::Serial { path, baud, stop_bits, .. } => {
            // Only device files: a path from the network must not make the gateway open any other file.
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
            if !target.starts_with("/dev") || path.contains("..") {
                return Err(Problem::invalid("line.path", "not_valid", "a device file under /dev"));
            }
            if !(1_200..=115_200).contains(baud) {
                return Err(Problem::invalid("line.baud", "out_of_range", "between 1200 and 115200"));
            }
            if !(1..=2).contains(stop_bits) {
                return Err(Problem::invalid("line.stop_bits", "out_of_range", "1 or 2"));
            }
        }
    }
    Ok(())
}

/// A bus, and whether it may run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BusEntry)]
struct BusView {
    #[serde(flatten)]
    bus: Bus,
    /// The service by which the security policy keeps it closed.
    #[schema(required)]
    held_by: Option<Service>,
}

fn view(app: &App, bus: Bus) -> BusView {
    BusView { held_by: held_by(&app.policy.current(), &bus.line), bus }
}

/// The buses.
#[utoipa::path(get, path = "/buses", tag = "sources", responses((status = 200, body = BusViews)))]
async fn list_buses(State(app): State<Shared>) -> Json<List<BusView>> {
    Json(List::whole(app.topology().buses.iter().map(|bus| view(&app, bus.clone())).collect()))
}

/// Adds a bus; polling starts at once when it is enabled.
#[utoipa::path(post, path = "/buses", tag = "sources", request_body = BusBody, responses((status = 201, body = BusView)))]
async fn add_bus(State(app): State<Shared>, Json(body): Json<BusBody>) -> Result<(StatusCode, Json<BusView>), Problem> {
    let bus = body.into_bus(BusId(new_id()))?;
    let kept = bus.clone();
    app.change(move |tx| topology::put_bus(tx, &kept)).await?;
    Ok((StatusCode::CREATED, Json(view(&app, bus))))
}

/// Changes a bus.
#[utoipa::path(put, path = "/buses/{id}", tag = "sources", params(("id" = BusId, Path)), request_body = BusBody, responses((status = 200, body = BusView)))]
async fn put_bus(
    State(app): State<Shared>,
    extract::Path(id): extract::Path<BusId>,
    Json(body): Json<BusBody>,
) -> Result<Json<BusView>, Problem> {
    app.topology().bus(id).ok_or_else(Problem::not_found)?;
    let bus = body.into_bus(id)?;
    let kept = bus.clone();
    app.change(move |tx| topology::put_bus(tx, &kept)).await?;
    Ok(Json(view(&app, bus)))
}

/// Removes a bus with its devices and loads. Their history stays on disk.
#[utoipa::path(delete, path = "/buses/{id}", tag = "sources", params(("id" = BusId, Path)), responses((status = 204)))]
async fn delete_bus(State(app): State<Shared>, extract::Path(id): extract::Path<BusId>) -> Result<StatusCode, Problem> {
    app.change(move |tx| topology::delete_bus(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A serial port of the machine.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SerialPort {
    pub(super) path: String,
    pub(super) description: String,
}

/// Serial ports of the machine.
#[utoipa::path(get, path = "/serial-ports", tag = "sources", responses((status = 200, body = SerialPorts)))]
async fn list_serial_ports() -> Json<List<SerialPort>> {
    Json(List::whole(found_ports(Path::new("/dev"))))
}

/// Serial device files, with those of stable names first.
pub(super) fn found_ports(dev: &Path) -> Vec<SerialPort> {
    let entries = |dir: &Path| -> Vec<_> {
        std::fs::read_dir(dir).into_iter().flatten().flatten().take(4_096).map(|entry| entry.path()).collect()
    };
    let is_port = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        ["ttyUSB", "ttyACM", "ttyAMA", "ttyS", "ttymxc", "ttyO"].iter().any(|prefix| name.starts_with(prefix))
    };
    let mut stable: Vec<PathBuf> = entries(&dev.join("serial/by-id"));
    let mut plain: Vec<PathBuf> = entries(dev).into_iter().filter(is_port).collect();
    stable.sort();
    plain.sort();
    stable
        .into_iter()
        .chain(plain)
        .map(|path| SerialPort {
            description: path.file_name().map(|name| name.to_string_lossy().replace('_', " ")).unwrap_or_default(),
            path: path.to_string_lossy().into_owned(),
        })
        .collect()
}
