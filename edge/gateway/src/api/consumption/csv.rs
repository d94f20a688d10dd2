//! An answer as CSV.

use super::Consumption;
use super::amounts::Amounts;
use crate::export::{self, Decimals, quoted};
use axum::response::IntoResponse;
use http::header;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// The file, with its name and type.
pub(super) fn answer(found: &Consumption, decimals: Decimals, site: &str) -> impl IntoResponse {
    let zone = TimeZone::get(&found.time_zone).unwrap_or(TimeZone::UTC);
    let (from, to) = (found.buckets.first().map(|one| one.start.0), found.buckets.last().map(|one| one.end.0));
    let name = export::of_range(site, "consumption", from.unwrap_or_default(), to.unwrap_or_default(), &zone, "csv");
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, export::attachment(&name))];
    (headers, written(found, decimals, &zone))
}

fn written(found: &Consumption, decimals: Decimals, zone: &TimeZone) -> String {
    let separator = decimals.separator();
    let mut text = format!("{}start_utc{separator}end_utc{separator}start_local{separator}end_local", decimals.mark());
    let amounts = columns(found);
    for row in &found.rows {
        let name = if row.label.is_empty() { &row.key } else { &row.label };
        let [value, covered] = [format!("{name} [{}]", found.unit), format!("{name} · coverage")].map(|name| quoted(&name));
        let _ = write!(text, "{separator}{value}{separator}{covered}");
    }
    for (name, _) in &amounts {
        let _ = write!(text, "{separator}{}", quoted(name));
    }
    text.push_str("\r\n");
    for (at, stretch) in found.buckets.iter().enumerate() {
        let (start, end) = (export::local(stretch.start.0, zone), export::local(stretch.end.0, zone));
        let _ = write!(text, "{}{separator}{}{separator}{start}{separator}{end}", stretch.start, stretch.end);
        for row in &found.rows {
            let value = row.values.get(at).copied().flatten().map(|value| decimals.number(value.to_string()));
            let covered = row.coverage.get(at).map(|part| decimals.number(format!("{part:.4}")));
            let _ = write!(text, "{separator}{}{separator}{}", value.unwrap_or_default(), covered.unwrap_or_default());
        }
        for (_, amounts) in &amounts {
            let amount = amounts.at(at).map(|amount| decimals.number(amount.to_string()));
            let _ = write!(text, "{separator}{}", amount.unwrap_or_default());
        }
        text.push_str("\r\n");
    }
    text
}

/// What is told after the consumption: costs of the rows, the site's standing charge, emissions of the rows.
fn columns(found: &Consumption) -> Vec<(String, &Amounts)> {
    let named = |row: &super::Row, unit: &str| format!("{} [{unit}]", if row.label.is_empty() { &row.key } else { &row.label });
    let mut columns = Vec::new();
    if let Some(cost) = &found.cost {
        columns.extend(found.rows.iter().filter_map(|row| Some((named(row, &cost.currency), row.cost.as_ref()?))));
        columns.push((format!("standing charge [{}]", cost.currency), &cost.standing));
    }
    columns.extend(found.rows.iter().filter_map(|row| Some((named(row, "g CO₂e"), row.co2.as_ref()?))));
    columns
}
