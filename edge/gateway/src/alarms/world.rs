//! What is no value, as rules look at it: silent devices, the gateway's own notices, energies of a period.

use crate::app::App;
use crate::consumption::{Reckoner, by_load, is_needed};
use crate::notices;
use crate::topology::Source;
use haubert_alarms::{AlarmRuleId, Condition, Engine, Period, World};
use haubert_fieldbus::DeviceState;
use haubert_historian::rollup::Bounds;
use haubert_model::{DeviceId, Timestamp};
use haubert_service::problem::Problem;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// So long a device that never answered is given, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

/// Whether each device that is to be read is silent. `first` remembers since when devices that never answered are known.
fn silent(app: &App, first: &mut HashMap<DeviceId, u64>, now_ms: u64) -> BTreeMap<DeviceId, Option<bool>> {
    let topology = app.topology();
    let is_read = |source: &Source| match source {
        Source::Bus { bus_id, .. } => topology.bus(*bus_id).is_some_and(|bus| bus.enabled),
        Source::Lorawan(_) => app.lorawan.account().settings.enabled,
    };
    let devices = topology.devices.iter().filter(|device| device.enabled && is_read(&device.source));
    let mut of = |id: DeviceId| match app.live.device(id).map_or(DeviceState::NeverSeen, |entry| entry.state) {
        DeviceState::Online | DeviceState::Degraded => Some(false),
        DeviceState::Offline => Some(true),
        DeviceState::Disabled => None,
        DeviceState::NeverSeen => {
            let since = *first.entry(id).or_insert(now_ms);
            (now_ms.saturating_sub(since) >= PATIENCE_MS).then_some(true)
        }
    };
    devices.map(|device| (device.id, of(device.id))).collect()
}

/// As it is now.
pub async fn look(app: &App, first: &mut HashMap<DeviceId, u64>) -> World {
    let notices: BTreeSet<String> = notices::now(app).await.into_iter().map(|notice| notice.code.to_owned()).collect();
    World { silent: silent(app, first, app.clock.monotonic_ms()), notices }
}

/// The start of the period that `now` is in, in local time.
fn start(period: Period, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let local = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    let day = local.date();
    let first = match period {
        Period::Total => return None,
        Period::Day => day,
        Period::Week => day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()?,
        Period::Month => day.first_of_month(),
    };
    Some(Timestamp(first.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

/// What the loads of `rules` consumed since the start of their periods, as the consumption page has it.
///
/// # Errors
/// When history cannot be read.
async fn energies(app: &App, rules: Vec<(AlarmRuleId, Condition)>) -> Result<Vec<(AlarmRuleId, Option<f64>)>, Problem> {
    let (topology, live, now) = (app.topology(), Arc::clone(&app.live), app.clock.now());
    app.history(move |reader| {
        let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
        let series = by_load(reader, is_needed)?;
        let reckoner = Reckoner { reader, series: &series, live: &live, now };
        let mut found = Vec::new();
        for (id, condition) in rules {
            let Condition::Energy { point, period, .. } = condition else { continue };
            let load = topology.loads.iter().find(|load| (load.device_id, load.channel) == (point.device, point.channel));
            let (Some(load), Some(start)) = (load, start(period, now, &zone)) else {
                found.push((id, None));
                continue;
            };
            let buckets = reckoner.load(load, &[Bounds { start, end: now }])?;
            found.push((id, buckets.first().and_then(|bucket| bucket.value).map(|value| value.to_f64())));
        }
        Ok(found)
    })
    .await
}

/// What a rule's load consumed since the start of its period; nothing for other rules.
///
/// # Errors
/// When history cannot be read.
pub async fn energy_now(app: &App, id: AlarmRuleId, condition: &Condition) -> Result<Option<f64>, Problem> {
    match condition {
        Condition::Energy { period: Period::Day | Period::Week | Period::Month, .. } => {
            Ok(energies(app, vec![(id, condition.clone())]).await?.pop().and_then(|(_, value)| value))
        }
        _ => Ok(None),
    }
}

/// Reckons what `engine` wants reckoned.
pub(super) async fn reckoned(app: &App, engine: &Engine) -> Vec<(AlarmRuleId, Option<f64>)> {
    let rules: Vec<_> = engine.reckoned().map(|(id, condition)| (id, condition.clone())).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    energies(app, rules).await.unwrap_or_else(|error| {
        tracing::error!(?error, "energies for alarms are not known");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_at_local_midnight_on_monday_and_on_the_first() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        // A Sunday after the change to summer time, half past midnight in Paris.
        let now = at("2027-04-03T22:30:00Z");
        assert_eq!(start(Period::Day, now, &zone), Some(at("2027-04-03T22:00:00Z")));
        assert_eq!(start(Period::Week, now, &zone), Some(at("2027-03-28T22:00:00Z")));
        assert_eq!(start(Period::Month, now, &zone), Some(at("2027-03-31T22:00:00Z")));
        assert_eq!(start(Period::Total, now, &zone), None);
    }
}
