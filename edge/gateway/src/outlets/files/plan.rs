//! Which files a period has.

use super::names::{self, Told, named};
use super::period::Period;
use super::settings::FileExport;
use crate::export::{Column, Export, Format};
use crate::topology::Topology;
use haubert_historian::SeriesInfo;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashSet};

/// A file to be.
pub(super) struct File {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) export: Export,
}

/// The files of an export in a period, in an order that stays.
pub(super) fn files(export: &FileExport, period: Period, series: &[SeriesInfo], topology: &Topology, gateway: &str) -> Vec<File> {
    let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
    let kinds: HashSet<_> = export.measured.iter().map(|measured| measured.kind()).collect();
    let mut columns: Vec<Column> =
        series.iter().filter(|info| kinds.contains(&info.spec.kind)).map(|info| Column::of(*info, topology)).collect();
    columns.sort_by(|a, b| (&a.load, a.info.id.0).cmp(&(&b.load, b.info.id.0)));
    // One file, or one of each device.
    let mut parts: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    let apart = export.format == Format::CsvStandard || export.pattern.contains("{device}");
    for column in columns {
        let device = column.device.as_ref().map(|device| device.id.clone()).unwrap_or_default();
        parts.entry(if apart { device } else { String::new() }).or_default().push(column);
    }
    let mut taken = HashSet::new();
    let file = |(id, columns): (String, Vec<Column>)| {
        let device =
            columns.first().and_then(|column| column.device.as_ref()).map(|device| device.name.clone()).unwrap_or_default();
        let told = |device: &str| {
            let site = &topology.site.name;
            named(&export.pattern, &Told { site, export: &export.name, device, period, zone: &zone })
        };
        let mut name = told(&device);
        if !taken.insert(name.clone()) {
            // Another device is called the same.
            let id: String = names::plain(&id).chars().rev().take(8).collect();
            name = told(&format!("{device}-{id}"));
            taken.insert(name.clone());
        }
        let wanted = Export {
            site: topology.site.name.clone(),
            gateway: gateway.to_owned(),
            columns,
            from: period.from,
            to: period.to,
            format: export.format,
            decimals: export.decimals,
            reasons: true,
            zone: zone.clone(),
        };
        File { name: format!("{name}.{}", export.format.extension()), export: wanted }
    };
    parts.into_iter().map(file).collect()
}
