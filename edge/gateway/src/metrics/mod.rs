//! Newest values and the gateway's own health, as Prometheus reads them.
//!
//! Each quantity is a family of its own with its unit in the name, as Prometheus wants it; a value that is not usable now has no
//! sample, so that nothing old passes for new.

mod exposition;

use crate::app::App;
use crate::notices;
use crate::store::{StoreError, alarms};
use exposition::{Exposition, Kind};
use haubert_fieldbus::{BusState, DeviceState};
use haubert_model::{Nature, Quantity, Unit};
use std::ops::Bound;

/// Content type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The unit as it stands in names, with its separator.
const fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Watt => "_watts",
        Unit::Var => "_vars",
        Unit::VoltAmpere => "_volt_amperes",
        Unit::WattHour => "_watt_hours",
        Unit::VarHour => "_var_hours",
        Unit::VoltAmpereHour => "_volt_ampere_hours",
        Unit::Volt => "_volts",
        Unit::Ampere => "_amperes",
        Unit::Hertz => "_hertz",
        Unit::Percent => "_percent",
        Unit::Celsius => "_celsius",
        Unit::CubicMetre => "_cubic_metres",
        Unit::CubicMetrePerHour => "_cubic_metres_per_hour",
        Unit::Second => "_seconds",
        Unit::One => "",
    }
}

fn family(quantity: Quantity) -> (String, Kind, String) {
    let (kind, end) = match quantity.nature() {
        Nature::Counter => (Kind::Counter, "_total"),
        Nature::Instant | Nature::State => (Kind::Gauge, ""),
    };
    let unit = quantity.unit();
    let help = match unit {
        Unit::One => format!("{}.", quantity.code()),
        unit => format!("{}, in {unit}.", quantity.code()),
    };
    (format!("haubert_{}{}{end}", quantity.code(), suffix(unit)), kind, help)
}

/// What somebody may see besides measurements.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Alarms.
    pub alarms: bool,
    /// Buses, devices, history and clock.
    pub health: bool,
}

/// All families that are `shown`.
///
/// # Errors
/// When the store fails.
pub async fn text(app: &App, shown: Shown) -> Result<String, StoreError> {
    let mut all = Exposition::default();
    let version = env!("CARGO_PKG_VERSION");
    all.add(("haubert_build_info", Kind::Gauge, "The version that runs."), &[("version", version)], 1.0);
    measured(&mut all, app);
    if shown.alarms {
        raised(&mut all, app.db.note(alarms::count).await?);
    }
    if shown.health {
        field(&mut all, app).await;
        health(&mut all, app).await;
    }
    Ok(all.text())
}

fn raised(all: &mut Exposition, counts: alarms::Counts) {
    let raised = [("critical", counts.critical), ("not_critical", counts.not_critical), ("information", counts.information)];
    for (criticality, count) in raised {
        let labels = [("criticality", criticality)];
        all.add(("haubert_alarms_active", Kind::Gauge, "Alarms that are raised."), &labels, f64::from(count));
    }
}

async fn health(all: &mut Exposition, app: &App) {
    for notice in notices::now(app).await {
        let params: Vec<&str> = notice.params.values().map(String::as_str).collect();
        let labels = [("code", notice.code), ("about", &params.join(", "))];
        all.add(("haubert_notice", Kind::Gauge, "What needs a look."), &labels, 1.0);
    }
    let history = app.writer.status();
    let waiting = u32::try_from(history.waiting).unwrap_or(u32::MAX);
    all.add(("haubert_history_waiting_samples", Kind::Gauge, "Samples that wait for the disk."), &[], f64::from(waiting));
    let dropped = ("haubert_history_dropped_samples_total", Kind::Counter, "Samples that were lost.");
    all.add(dropped, &[], count(history.dropped));
    let is_set = f64::from(u8::from(app.clock_watch.is_set()));
    all.add(("haubert_clock_set", Kind::Gauge, "Whether the clock is known to be right."), &[], is_set);
}

/// Exact to 2^53, as every number in Prometheus.
fn count(count: u64) -> f64 {
    haubert_model::Decimal::new(i64::try_from(count).unwrap_or(i64::MAX), 0).to_f64()
}

fn measured(all: &mut Exposition, app: &App) {
    let topology = app.topology();
    app.live.visit_since(0, (Bound::Unbounded, Bound::Unbounded), |device, readings| {
        let Some(device) = topology.device(device).filter(|device| device.enabled) else { return true };
        for reading in readings {
            let point = reading.point;
            let load = topology.load_of(point.device, point.channel).filter(|load| load.enabled);
            if let (Some(load), Some(value)) = (load, reading.value) {
                let (name, kind, help) = family(point.quantity);
                let id = load.id.to_string();
                let labels = [("device", device.name.as_str()), ("load", &load.name), ("load_id", &id)];
                all.add((&name, kind, &help), &labels, value.to_f64());
            }
        }
        true
    });
}

async fn field(all: &mut Exposition, app: &App) {
    for bus in app.field.status().await.into_values() {
        let labels = [("bus", bus.name.as_str())];
        let up = f64::from(u8::from(bus.state != BusState::Down));
        all.add(("haubert_bus_up", Kind::Gauge, "Whether anything answers on a bus."), &labels, up);
        let totals = bus.totals;
        let errors = totals.timeouts.saturating_add(totals.crc).saturating_add(totals.malformed);
        all.add(("haubert_bus_requests_total", Kind::Counter, "Requests sent on a bus."), &labels, count(totals.requests));
        all.add(("haubert_bus_errors_total", Kind::Counter, "Requests without a good answer."), &labels, count(errors));
        for device in &bus.devices {
            let labels = [("bus", bus.name.as_str()), ("device", &device.name)];
            let up = f64::from(u8::from(device.state == DeviceState::Online));
            all.add(("haubert_device_up", Kind::Gauge, "Whether a device answers."), &labels, up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_quantity_has_a_name_of_its_own() {
        let names: Vec<String> = Quantity::ALL.iter().map(|quantity| family(*quantity).0).collect();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')));
        assert_eq!(family(Quantity::ActiveEnergyImport).0, "haubert_active_energy_import_watt_hours_total");
        assert_eq!(family(Quantity::VoltageL1).0, "haubert_voltage_l1_volts");
    }
}
