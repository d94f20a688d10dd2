//! Health of buses, devices, historian, clock and link.

use super::hub_link::{self, LinkState};
use super::{devices, may};
use crate::app::{App, Shared};
use crate::backfill::BackfillStatus;
use crate::recording::writer::Trouble;
use crate::rights;
use crate::topology::Bus;
use axum::extract::State;
use haubert_fieldbus::{BusState, BusStatus, DeviceState, DeviceStatus, ErrorCounts, Line, RoundTrip, Totals};
use haubert_model::{BusId, DeviceId};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::DIAGNOSTICS_VIEW), routes!(get_diagnostics))
}

/// A bus's health.
#[derive(Debug, Serialize, ToSchema)]
struct BusHealth {
    id: BusId,
    name: String,
    line: Line,
    state: BusState,
    #[schema(required)]
    since: Option<Time>,
    requests_per_s: f64,
    values_per_s: f64,
    errors_per_s: f64,
    totals: Totals,
    #[schema(required)]
    round_trip_ms: Option<RoundTrip>,
    /// From an answer to the next request, in the gateway itself.
    #[schema(required)]
    scheduling_ms: Option<RoundTrip>,
    /// From when a device was due to when its turn began.
    #[schema(required)]
    lateness_ms: Option<RoundTrip>,
    /// Share of time in which the line was taken, 0 to 1.
    bus_load: f64,
    /// Wire time of what was needed over the time that passed, 0 to 1; serial lines only.
    #[schema(required)]
    utilisation: Option<f64>,
    #[schema(required)]
    cycle_ms: Option<u64>,
    devices: Vec<DeviceHealth>,
}

/// A device's health.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceHealth {
    id: DeviceId,
    name: String,
    unit: u8,
    state: DeviceState,
    #[schema(required)]
    last_ok_at: Option<Time>,
    requests: u64,
    errors: ErrorCounts,
    #[schema(required)]
    round_trip_ms: Option<RoundTrip>,
    consecutive_failures: u32,
    #[schema(required)]
    next_try_at: Option<Time>,
    /// What the device takes to answer, without wire and silences.
    #[schema(required)]
    think_ms: Option<RoundTrip>,
    /// Unneeded registers that are read between two values to spare a request.
    gap: u16,
    /// Each value is asked for on its own: so it is set, or so the device wants it.
    one_request_per_value: bool,
    /// Ranges that it refused and that are avoided.
    refused: Vec<RefusedView>,
}

/// A range that a device refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedRange)]
struct RefusedView {
    /// Function code with which it was asked: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
    function: u8,
    /// First address.
    start: u16,
    /// Registers or bits.
    count: u16,
    /// When it was refused.
    since: Time,
}

/// How the historian is doing.
#[derive(Debug, Serialize, ToSchema)]
struct HistorianHealth {
    state: HistorianState,
    series: u64,
    /// On disk.
    bytes: u64,
    samples: u64,
    /// Kept in memory because the disk refuses them.
    waiting: usize,
    /// Lost since start because too many waited.
    dropped: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
    #[schema(required)]
    last_write_at: Option<Time>,
}

/// The historian's state.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HistorianState {
    Ok,
    DiskFull,
    Error,
}

/// A step of the wall clock.
#[derive(Debug, Serialize, ToSchema)]
struct JumpView {
    at: Time,
    /// Negative is back.
    by_ms: i64,
}

/// The clock.
#[derive(Debug, Serialize, ToSchema)]
struct ClockHealth {
    now: Time,
    /// It shows a plausible time.
    set: bool,
    #[schema(required)]
    last_jump: Option<JumpView>,
}

/// Health of everything.
#[derive(Debug, Serialize, ToSchema)]
struct Diagnostics {
    at: Time,
    buses: Vec<BusHealth>,
    historian: HistorianHealth,
    clock: ClockHealth,
    link: LinkState,
    /// What is read back from devices' own logs after an outage.
    backfill: BackfillStatus,
}

impl From<DeviceStatus> for DeviceHealth {
    fn from(status: DeviceStatus) -> Self {
        Self {
            id: status.id,
            name: status.name,
            unit: status.unit,
            state: status.state,
            last_ok_at: status.last_ok_at.map(Time),
            requests: status.requests,
            errors: status.errors,
            round_trip_ms: status.round_trip_ms,
            consecutive_failures: status.consecutive_failures,
            next_try_at: status.next_try_at.map(Time),
            think_ms: status.think_ms,
            gap: status.gap,
            one_request_per_value: status.one_request_per_value,
            refused: status
                .refused
                .into_iter()
                .map(|range| RefusedView {
                    function: range.function,
                    start: range.start,
                    count: range.count,
                    since: Time(range.since),
                })
                .collect(),
        }
    }
}

impl From<BusStatus> for BusHealth {
    fn from(status: BusStatus) -> Self {
        Self {
            id: status.id,
            name: status.name,
            line: status.line,
            state: status.state,
            since: Some(Time(status.since)),
            requests_per_s: status.requests_per_s,
            values_per_s: status.values_per_s,
            errors_per_s: status.errors_per_s,
            totals: status.totals,
            round_trip_ms: status.round_trip_ms,
            scheduling_ms: status.scheduling_ms,
            lateness_ms: status.lateness_ms,
            bus_load: status.bus_load,
            utilisation: status.utilisation,
            cycle_ms: status.cycle_ms,
            devices: status.devices.into_iter().map(DeviceHealth::from).collect(),
        }
    }
}

/// A bus that is switched off.
fn resting(app: &App, bus: &Bus) -> BusHealth {
    let topology = app.topology();
    let device = |device: &crate::topology::Device| {
        Some(DeviceHealth {
            id: device.id,
            name: device.name.clone(),
            unit: device.unit()?,
            state: devices::state_of(app, device),
            last_ok_at: None,
            requests: 0,
            errors: ErrorCounts::default(),
            round_trip_ms: None,
            consecutive_failures: 0,
            next_try_at: None,
            think_ms: None,
            gap: 0,
            one_request_per_value: device.reading.one_request_per_value,
            refused: Vec::new(),
        })
    };
    BusHealth {
        id: bus.id,
        name: bus.name.clone(),
        line: bus.line.clone(),
        state: BusState::Off,
        since: None,
        requests_per_s: 0.0,
        values_per_s: 0.0,
        errors_per_s: 0.0,
        totals: Totals::default(),
        round_trip_ms: None,
        scheduling_ms: None,
        lateness_ms: None,
        bus_load: 0.0,
        utilisation: None,
        cycle_ms: None,
        devices: topology.devices_on(bus.id).filter_map(device).collect(),
    }
}

/// Health of buses, devices, historian, clock and link.
#[utoipa::path(get, path = "/diagnostics", tag = "health", responses((status = 200, body = Diagnostics)))]
async fn get_diagnostics(State(app): State<Shared>) -> Result<Json<Diagnostics>, Problem> {
    let mut running = app.field.status().await;
    let topology = app.topology();
    let buses =
        topology.buses.iter().map(|bus| running.remove(&bus.id).map_or_else(|| resting(&app, bus), BusHealth::from)).collect();
    let stats = app.history(|reader| reader.stats()).await?;
    let writing = app.writer.status();
    let now = Time(app.clock.now());
    Ok(Json(Diagnostics {
        at: now,
        buses,
        historian: HistorianHealth {
            state: match writing.trouble {
                None => HistorianState::Ok,
                Some(Trouble::DiskFull) => HistorianState::DiskFull,
                Some(Trouble::Failing) => HistorianState::Error,
            },
            series: stats.series,
            bytes: stats.disk_bytes,
            samples: stats.samples + stats.open_samples,
            waiting: writing.waiting,
            dropped: writing.dropped,
            oldest_at: stats.oldest.map(Time),
            last_write_at: writing.last_write_at.map(Time),
        },
        clock: ClockHealth {
            now,
            set: app.clock_watch.is_set(),
            last_jump: app.clock_watch.last_jump().map(|jump| JumpView { at: Time(jump.at), by_ms: jump.by_ms }),
        },
        link: hub_link::state(&app).await?,
        backfill: app.backfill.status(),
    }))
}
