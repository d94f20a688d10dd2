//! Decides when a value becomes a sample. Pure: values and times in, rows out.
//!
//! Everything that the values of a device need (whose they are, where they go, what was recorded last) stands in a list
//! per device, in the order in which they come, so that nothing is looked up for each value. The list is made when
//! a device is first heard, and brought up to date when it is next heard after the site or the settings have changed.
//!
//! All values of a turn are recorded under one time: that of the turn, which lies on the grid of the polling period where the
//! bus keeps up. Equal steps cost almost nothing to store, and values of one moment can be compared.

use super::point::{Periods, Point, Turn, Wanted};
use super::policy::Choices;
use super::sink::{Row, Sinks};
use crate::clock_watch::Stamp;
use crate::config::Recording;
use crate::history_settings::HistorySettings;
use crate::places::Places;
use crate::topology::Topology;
use haubert_content::{Catalogue, ProfileId};
use haubert_fieldbus::Readout;
use haubert_model::{Decimal, DeviceId, LoadId, Quantity};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What decides which points are whose, and what is kept of them.
#[derive(Debug, Clone)]
pub struct Site {
    /// Devices and loads.
    pub topology: Arc<Topology>,
    /// Profiles, for the counters' limits.
    pub catalogue: Arc<Catalogue>,
    /// Trends.
    pub settings: Arc<HistorySettings>,
}

/// Keeps what it must remember of each point.
pub struct Recorder {
    periods: Periods,
    sinks: Arc<Sinks>,
    site: Site,
    choices: Choices,
    /// Number of the present `site`.
    edition: u64,
    desks: HashMap<DeviceId, Desk>,
}

/// One device's points.
#[derive(Default)]
struct Desk {
    edition: u64,
    places: Places,
    points: Vec<Point>,
    /// Period of its trends.
    trend_ms: i64,
    /// Whose the points of each channel are; `None` when nothing of them is recorded.
    loads: BTreeMap<u8, Option<LoadId>>,
}

impl Desk {
    /// Follows the site and the settings, and makes points for new places.
    fn arrange(
        &mut self,
        device: DeviceId,
        site: &Site,
        choices: &Choices,
        (periods, sinks): (&Periods, &Sinks),
        rows: &mut Vec<Row>,
    ) {
        let Self { places, points, trend_ms, loads, .. } = self;
        let rollovers = rollovers(site, device);
        // A sensor sends seldom, and each of its values counts.
        let seldom = Periods { trend_ms: 0, curve_minutes: 0, ..*periods };
        let periods = if is_sensor(site, device) { &seldom } else { periods };
        *trend_ms = periods.trend_ms;
        points.reserve_exact(places.points().len().saturating_sub(points.len()));
        let mut loads_now = BTreeMap::new();
        for (place, (channel, quantity)) in places.points().iter().enumerate() {
            let find = || site.topology.load_of(device, *channel).filter(|load| load.enabled).map(|load| load.id);
            let load = *loads_now.entry(*channel).or_insert_with(find);
            let rollover = rollovers.iter().find(|(point, _)| *point == (*channel, *quantity)).map(|(_, limit)| *limit);
            let trend = load.and_then(|load| choices.trend(load, *quantity));
            let wanted = Wanted { load, quantity: *quantity, rollover, trend };
            match points.get_mut(place) {
                Some(point) if loads.get(channel) == Some(&load) => point.arrange(&wanted, periods, sinks, rows),
                Some(point) => {
                    point.flush(rows);
                    *point = Point::new(&wanted, periods, sinks);
                }
                None => points.push(Point::new(&wanted, periods, sinks)),
            }
        }
        *loads = loads_now;
    }
}

impl Recorder {
    /// A recorder with these periods, for this site; what it keeps goes to `sinks`.
    pub fn new(periods: &Recording, site: Site, sinks: Arc<Sinks>) -> Self {
        let periods = Periods {
            index_ms: i64::from(periods.index_minutes) * 60_000,
            trend_ms: i64::from(periods.trend_seconds) * 1_000,
            curve_minutes: u8::try_from(periods.load_curve_minutes).unwrap_or(60),
        };
        Self { periods, sinks, choices: Choices::new(&site.settings), site, edition: 1, desks: HashMap::new() }
    }

    /// Follows a change of the site or the settings. Devices that are gone are forgotten, after `rows` was given what was
    /// held back of them.
    pub fn arrange(&mut self, site: Site, rows: &mut Vec<Row>) {
        self.choices = Choices::new(&site.settings);
        self.site = site;
        self.edition += 1;
        let topology = &self.site.topology;
        self.desks.retain(|device, desk| {
            let stays = topology.device(*device).is_some();
            if !stays {
                desk.points.iter_mut().for_each(|point| point.flush(rows));
            }
            stays
        });
    }

    /// Takes what a turn of a device brought, and adds to `rows` what is to be kept.
    pub fn take(&mut self, stamp: &Stamp, readout: &Readout, rows: &mut Vec<Row>) {
        let at = stamp.at;
        let mut turn =
            Turn { at, index: at.floor_to(self.periods.index_ms), trend: at, shift_ms: stamp.shift_ms, doubted: stamp.doubted };
        let desk = self.desks.entry(readout.device).or_default();
        let is_new = desk.edition != self.edition;
        let order = desk.places.order_of(&readout.points, || ());
        if is_new || desk.points.len() < desk.places.points().len() {
            desk.edition = self.edition;
            desk.arrange(readout.device, &self.site, &self.choices, (&self.periods, &self.sinks), rows);
        }
        turn.trend = at.floor_to(desk.trend_ms);
        let Desk { places, points, .. } = desk;
        for (place, taken) in places.of(order).zip(&readout.values) {
            if let Some(point) = points.get_mut(place) {
                point.take(taken, &turn, rows);
            }
        }
    }

    /// Adds to `rows` what is held back by dead bands; for the end of a run.
    pub fn flush(&mut self, rows: &mut Vec<Row>) {
        self.desks.values_mut().flat_map(|desk| &mut desk.points).for_each(|point| point.flush(rows));
    }

    /// Another meter stands in this device's place: its counters start anew.
    pub fn meter_exchanged(&mut self, device: DeviceId) {
        if let Some(desk) = self.desks.get_mut(&device) {
            desk.points.iter_mut().for_each(Point::meter_exchanged);
        }
    }
}

/// Whether a device is heard by radio: then the times of its values are no grid, and its power says nothing of the mean between them.
fn is_sensor(site: &Site, device: DeviceId) -> bool {
    site.topology.device(device).is_some_and(|device| device.sensor().is_some())
}

/// The first value that each counter of a device never shows, from its profile.
fn rollovers(site: &Site, device: DeviceId) -> Vec<((u8, Quantity), Decimal)> {
    let Some(device) = site.topology.device(device) else { return Vec::new() };
    let Some(profile) = site.catalogue.get(&ProfileId::new(device.profile_id.as_str())) else { return Vec::new() };
    let points = profile.points_as(device.identity.table_version, device.channels, &device.identity.layout());
    points.iter().filter_map(|point| Some(((point.channel, point.quantity), point.rollover_value()?))).collect()
}
