//! What Home Assistant must be told so that it shows each value by itself.
//!
//! Source: Home Assistant, *MQTT discovery* and *MQTT Sensor*: a retained JSON document on
//! `<prefix>/sensor/<object id>/config`, taken away by an empty one.

use crate::{Device, Load, Publication, Site, Topics};
use haubert_model::{Nature, Quantity, Unit};
use serde_json::{Value, json};

/// The device class that fits the unit, where Home Assistant has one for it (*Sensor entity*, available device classes).
const fn device_class(quantity: Quantity) -> Option<&'static str> {
    match quantity {
        Quantity::PowerFactorTotal | Quantity::PowerFactorL1 | Quantity::PowerFactorL2 | Quantity::PowerFactorL3 => {
            Some("power_factor")
        }
        Quantity::RelativeHumidity => Some("humidity"),
        _ => match quantity.unit() {
            Unit::Watt => Some("power"),
            Unit::Var => Some("reactive_power"),
            Unit::VoltAmpere => Some("apparent_power"),
            Unit::WattHour => Some("energy"),
            Unit::VarHour => Some("reactive_energy"),
            Unit::Volt => Some("voltage"),
            Unit::Ampere => Some("current"),
            Unit::Hertz => Some("frequency"),
            Unit::Celsius => Some("temperature"),
            Unit::CubicMetrePerHour => Some("volume_flow_rate"),
            Unit::Second => Some("duration"),
            Unit::VoltAmpereHour | Unit::Percent | Unit::CubicMetre | Unit::One => None,
        },
    }
}

/// The announcement of one value, retained. `discovery` is Home Assistant's own prefix, `homeassistant` as it comes.
pub fn announcement(
    discovery: &str,
    topics: Topics<'_>,
    (site, device, load): (&Site, &Device, &Load),
    quantity: Quantity,
) -> Publication {
    let code = quantity.code();
    let id = format!("haubert_{}_{code}", load.id);
    let live = topics.live(device, load);
    let value = format!("value_json['values']['{code}']");
    let mut config = json!({
        "unique_id": id,
        "name": format!("{} {}", load.name, code.replace('_', " ")),
        "state_topic": live,
        "value_template": format!("{{{{ {value}['value'] }}}}"),
        "state_class": if quantity.nature() == Nature::Counter { "total_increasing" } else { "measurement" },
        "availability_mode": "all",
        "availability": [
            { "topic": topics.status() },
            { "topic": live, "value_template": format!("{{{{ 'offline' if {value}['quality'] == 'bad' else 'online' }}}}") },
        ],
        "device": {
            "identifiers": [format!("haubert_{}", device.id)],
            "name": device.name,
            "suggested_area": site.name,
        },
        "origin": { "name": "haubert-gateway" },
    });
    let unit = quantity.unit().symbol();
    set(&mut config, &["unit_of_measurement"], Some(unit).filter(|unit| !unit.is_empty()));
    set(&mut config, &["device_class"], device_class(quantity));
    set(&mut config, &["device", "manufacturer"], device.make.as_deref());
    set(&mut config, &["device", "model"], device.model.as_deref());
    let payload = serde_json::to_vec(&config).unwrap_or_default();
    Publication::sure(format!("{discovery}/sensor/{id}/config"), payload).retained()
}

fn set(config: &mut Value, path: &[&str], value: Option<&str>) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(config, |at, name| at.get_mut(name));
    if let (Some(Value::Object(parent)), Some(value)) = (parent, value) {
        parent.insert((*last).to_owned(), value.into());
    }
}
