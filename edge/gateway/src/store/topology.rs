//! Zones, buses, devices and loads in the store.

use super::{StoreError, one_row, settings, stored};
use crate::topology::{Bus, Device, Load, Site, Source, Topology, Zone};
use haubert_model::{BusId, DeviceId, Fluid, LoadId, Usage, ZoneId};
use rusqlite::{Row, Transaction, params};

const SITE: &str = "site";

/// The site as first installed.
fn fresh_site() -> Site {
    Site { name: "Haubert".to_owned(), time_zone: "Europe/Paris".to_owned(), country: "FR".to_owned() }
}

/// Everything, for a new snapshot.
pub fn load_all(tx: &Transaction<'_>) -> Result<Topology, StoreError> {
    let site = settings::get(tx, SITE)?.unwrap_or_else(fresh_site);
    let zones = rows(tx, "select id, name, parent_id from zone order by name, id", zone)?;
    let buses = rows(tx, "select id, name, line, timeout_ms, poll_ms, enabled, periods from bus order by name, id", bus)?;
    let devices = rows(
        tx,
        "select d.id, d.bus_id, d.name, d.unit, d.profile_id, d.base, d.identity, d.channels, d.enabled, d.reading, d.sensor
         from device d left join bus b on b.id = d.bus_id order by b.id is null, b.name, b.id, d.unit, d.name, d.id",
        device,
    )?;
    let loads = rows(
        tx,
        "select l.id, l.device_id, l.channel, l.name, l.fluid, l.usage, l.zone_id, l.enabled
         from load l join device d on d.id = l.device_id left join bus b on b.id = d.bus_id
         order by b.id is null, b.name, b.id, d.unit, d.name, d.id, l.channel",
        load,
    )?;
    Ok(Topology::new(site, zones, buses, devices, loads))
}

/// Replaces the site's description.
pub fn put_site(tx: &Transaction<'_>, site: &Site) -> Result<(), StoreError> {
    settings::set(tx, SITE, site)
}

/// Adds or replaces a zone. A zone cannot lie within itself.
pub fn put_zone(tx: &Transaction<'_>, zone: &Zone) -> Result<(), StoreError> {
    let mut above = zone.parent_id;
    while let Some(id) = above {
        if id == zone.id {
            return Err(StoreError::Conflict("a zone cannot lie within itself"));
        }
        above = tx
            .query_row("select parent_id from zone where id = ?1", [id.to_string()], |row| row.get::<_, Option<String>>(0))
            .map_err(|error| if error == rusqlite::Error::QueryReturnedNoRows { StoreError::NotFound } else { error.into() })?
            .map(|text| stored("zone", text.parse()))
            .transpose()?;
    }
    tx.execute(
        "insert into zone (id, name, parent_id) values (?1, ?2, ?3) on conflict (id) do update set name = excluded.name, parent_id = excluded.parent_id",
        params![zone.id.to_string(), zone.name, zone.parent_id.map(|id| id.to_string())],
    )?;
    Ok(())
}

/// Removes a zone; what it held moves to its parent.
pub fn delete_zone(tx: &Transaction<'_>, id: ZoneId) -> Result<(), StoreError> {
    let id = id.to_string();
    tx.execute("update load set zone_id = (select parent_id from zone where id = ?1) where zone_id = ?1", [&id])?;
    tx.execute("update zone set parent_id = (select parent_id from zone where id = ?1) where parent_id = ?1", [&id])?;
    one_row(tx.execute("delete from zone where id = ?1", [&id])?)
}

/// Adds or replaces a bus.
pub fn put_bus(tx: &Transaction<'_>, bus: &Bus) -> Result<(), StoreError> {
    tx.execute(
        "insert into bus (id, name, line, timeout_ms, poll_ms, enabled, periods) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (id) do update set name = excluded.name, line = excluded.line, timeout_ms = excluded.timeout_ms,
         poll_ms = excluded.poll_ms, enabled = excluded.enabled, periods = excluded.periods",
        params![
            bus.id.to_string(),
            bus.name,
            stored("line", serde_json::to_string(&bus.line))?,
            bus.timeout_ms,
            bus.poll_ms,
            bus.enabled,
            stored("periods", serde_json::to_string(&bus.periods))?
        ],
    )?;
    Ok(())
}

/// Removes a bus with its devices and loads. History stays with the historian.
pub fn delete_bus(tx: &Transaction<'_>, id: BusId) -> Result<(), StoreError> {
    one_row(tx.execute("delete from bus where id = ?1", [id.to_string()])?)
}

/// Adds or replaces a device.
pub fn put_device(tx: &Transaction<'_>, device: &Device) -> Result<(), StoreError> {
    tx.execute(
        "insert into device (id, bus_id, name, unit, profile_id, base, identity, channels, enabled, reading, dev_eui, sensor)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         on conflict (id) do update set name = excluded.name, profile_id = excluded.profile_id, base = excluded.base,
         identity = excluded.identity, channels = excluded.channels, enabled = excluded.enabled, reading = excluded.reading,
         sensor = excluded.sensor",
        params![
            device.id.to_string(),
            device.bus_id().map(|id| id.to_string()),
            device.name,
            device.unit(),
            device.profile_id,
            device.base,
            stored("identity", serde_json::to_string(&device.identity))?,
            device.channels,
            device.enabled,
            stored("reading", serde_json::to_string(&device.reading))?,
            device.sensor().map(|sensor| sensor.dev_eui.to_string()),
            device.sensor().map(|sensor| stored("sensor", serde_json::to_string(sensor))).transpose()?
        ],
    )
    .map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => StoreError::Conflict(
            "this unit id is already used on the bus, the bus does not exist, or the sensor has been taken in",
        ),
        _ => error.into(),
    })?;
    Ok(())
}

/// Removes a device with its loads.
pub fn delete_device(tx: &Transaction<'_>, id: DeviceId) -> Result<(), StoreError> {
    one_row(tx.execute("delete from device where id = ?1", [id.to_string()])?)
}

/// Adds or replaces a load.
pub fn put_load(tx: &Transaction<'_>, load: &Load) -> Result<(), StoreError> {
    tx.execute(
        "insert into load (id, device_id, channel, name, fluid, usage, zone_id, enabled) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (id) do update set name = excluded.name, fluid = excluded.fluid, usage = excluded.usage, zone_id = excluded.zone_id, enabled = excluded.enabled",
        params![
            load.id.to_string(),
            load.device_id.to_string(),
            load.channel,
            load.name,
            load.fluid.code(),
            load.usage.code(),
            load.zone_id.map(|id| id.to_string()),
            load.enabled
        ],
    )
    .map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => StoreError::Conflict("the zone does not exist"),
        _ => error.into(),
    })?;
    Ok(())
}

type Parsed<T> = Result<T, StoreError>;

fn rows<T>(tx: &Transaction<'_>, sql: &str, read: impl Fn(&Row<'_>) -> Parsed<T>) -> Result<Vec<T>, StoreError> {
    let mut statement = tx.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Row<'_>, at: usize) -> Parsed<T> {
    let text: String = row.get(at)?;
    stored("id", text.parse())
}

fn optional_id<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Row<'_>, at: usize) -> Parsed<Option<T>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| stored("id", text.parse())).transpose()
}

fn zone(row: &Row<'_>) -> Parsed<Zone> {
    Ok(Zone { id: id::<ZoneId>(row, 0)?, name: row.get(1)?, parent_id: optional_id(row, 2)? })
}

fn bus(row: &Row<'_>) -> Parsed<Bus> {
    let (line, periods): (String, String) = (row.get(2)?, row.get(6)?);
    Ok(Bus {
        id: id::<BusId>(row, 0)?,
        name: row.get(1)?,
        line: stored("line", serde_json::from_str(&line))?,
        timeout_ms: row.get(3)?,
        poll_ms: row.get(4)?,
        enabled: row.get(5)?,
        periods: stored("periods", serde_json::from_str(&periods))?,
    })
}

fn device(row: &Row<'_>) -> Parsed<Device> {
    let (identity, reading): (String, String) = (row.get(6)?, row.get(9)?);
    Ok(Device {
        id: id::<DeviceId>(row, 0)?,
        source: source(row)?,
        name: row.get(2)?,
        profile_id: row.get(4)?,
        base: row.get(5)?,
        identity: stored("identity", serde_json::from_str(&identity))?,
        channels: row.get(7)?,
        enabled: row.get(8)?,
        reading: stored("reading", serde_json::from_str(&reading))?,
    })
}

fn source(row: &Row<'_>) -> Parsed<Source> {
    match row.get::<_, Option<String>>(10)? {
        Some(sensor) => Ok(Source::Lorawan(stored("sensor", serde_json::from_str(&sensor))?)),
        None => Ok(Source::Bus { bus_id: id(row, 1)?, unit: row.get(3)? }),
    }
}

fn load(row: &Row<'_>) -> Parsed<Load> {
    let fluid: String = row.get(4)?;
    let usage: String = row.get(5)?;
    Ok(Load {
        id: id::<LoadId>(row, 0)?,
        device_id: id(row, 1)?,
        channel: row.get(2)?,
        name: row.get(3)?,
        fluid: Fluid::from_code(&fluid).ok_or_else(|| StoreError::Corrupt(format!("fluid {fluid}")))?,
        usage: Usage::from_code(&usage).ok_or_else(|| StoreError::Corrupt(format!("usage {usage}")))?,
        zone_id: optional_id(row, 6)?,
        enabled: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use crate::topology::{GroupPeriods, Line, Pulse, PulseUnit, Reading, Sensor};
    use haubert_model::DeviceIdentity;
    use uuid::Uuid;

    fn filled() -> (tempfile::TempDir, Db, Bus, Device, Load) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("c.db"), &haubert_trust::Key::random().unwrap()).unwrap();
        let bus = Bus {
            id: BusId(Uuid::new_v4()),
            name: "Quai".into(),
            line: Line::Tcp { host: "127.0.0.1".into(), port: 502 },
            timeout_ms: 1000,
            poll_ms: 1000,
            enabled: true,
            periods: GroupPeriods { energy_ms: Some(60_000), ..GroupPeriods::default() },
        };
        let device = Device {
            id: DeviceId(Uuid::new_v4()),
            source: Source::Bus { bus_id: bus.id, unit: 5 },
            name: "Grue 1".into(),
            profile_id: "socomec/countis-e3x".into(),
            base: None,
            identity: DeviceIdentity::default(),
            channels: 1,
            enabled: true,
            reading: Reading { gap: Some(0), ..Reading::default() },
        };
        let load = Load {
            id: LoadId(Uuid::new_v4()),
            device_id: device.id,
            channel: 1,
            name: "Grue 1".into(),
            fluid: Fluid::Electricity,
            usage: Usage::Cranes,
            zone_id: None,
            enabled: true,
        };
        db.call_blocking(|tx| put_bus(tx, &bus).and_then(|()| put_device(tx, &device)).and_then(|()| put_load(tx, &load)))
            .unwrap();
        (dir, db, bus, device, load)
    }

    #[test]
    fn what_is_put_is_loaded() {
        let (_dir, db, bus, device, load) = filled();
        let all = db.call_blocking(load_all).unwrap();
        assert_eq!((all.buses, all.devices, all.loads), (vec![bus], vec![device], vec![load]));
    }

    #[test]
    fn two_devices_cannot_share_a_unit_and_a_failed_change_leaves_no_trace() {
        let (_dir, db, _bus, device, load) = filled();
        let twin = Device { id: DeviceId(Uuid::new_v4()), ..device };
        let outcome = db.call_blocking(|tx| {
            put_load(tx, &Load { name: "renamed".into(), ..load.clone() })?;
            put_device(tx, &twin)
        });
        assert!(matches!(outcome, Err(StoreError::Conflict(_))));
        assert_eq!(db.call_blocking(load_all).unwrap().loads, vec![load]);
    }

    #[test]
    fn a_sensor_has_no_bus_and_is_taken_in_once() {
        let (_dir, db, _bus, meter, measured) = filled();
        let sensor = Sensor {
            dev_eui: "24e124136b502217".parse().unwrap(),
            decoder: "milesight/em300-th".into(),
            interval_s: Some(600),
            pulses: [(1, Pulse { weight: "0.01".into(), unit: PulseUnit::CubicMetre })].into(),
        };
        let device = Device { id: DeviceId(Uuid::new_v4()), source: Source::Lorawan(sensor), ..meter.clone() };
        let load = Load { id: LoadId(Uuid::new_v4()), device_id: device.id, ..measured };
        db.call_blocking(|tx| put_device(tx, &device).and_then(|()| put_load(tx, &load))).unwrap();
        let all = db.call_blocking(load_all).unwrap();
        assert_eq!(all.devices, [meter, device.clone()], "after those on buses");
        assert_eq!(all.load_of(device.id, 1), Some(&load));
        let twin = Device { id: DeviceId(Uuid::new_v4()), ..device.clone() };
        assert!(matches!(db.call_blocking(|tx| put_device(tx, &twin)), Err(StoreError::Conflict(_))));
        db.call_blocking(|tx| delete_device(tx, device.id)).unwrap();
        assert_eq!(db.call_blocking(load_all).unwrap().loads.len(), 1);
    }

    #[test]
    fn a_deleted_zone_hands_its_content_to_its_parent() {
        let (_dir, db, _bus, _device, load) = filled();
        let outer = Zone { id: ZoneId(Uuid::new_v4()), name: "Terminal".into(), parent_id: None };
        let inner = Zone { id: ZoneId(Uuid::new_v4()), name: "Quai 1".into(), parent_id: Some(outer.id) };
        let all = db
            .call_blocking(|tx| {
                put_zone(tx, &outer)?;
                put_zone(tx, &inner)?;
                put_load(tx, &Load { zone_id: Some(inner.id), ..load.clone() })?;
                assert!(matches!(
                    put_zone(tx, &Zone { parent_id: Some(inner.id), ..outer.clone() }),
                    Err(StoreError::Conflict(_))
                ));
                delete_zone(tx, inner.id)?;
                load_all(tx)
            })
            .unwrap();
        assert_eq!(all.loads.first().unwrap().zone_id, Some(outer.id));
    }
}
