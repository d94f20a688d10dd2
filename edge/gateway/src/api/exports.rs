//! Samples as files: any series, any range, streamed as they are read.

use super::may;
use super::series::known;
use crate::app::Shared;
use crate::export::{self, Column, Decimals, Export, Format};
use crate::policy::Service;
use crate::rights;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_model::SeriesId;
use haubert_service::api::Api;
use haubert_service::extract::Query;
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::Time;
use http::header;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::ControlFlow;
use tokio::sync::{Semaphore, mpsc};
use utoipa::IntoParams;

/// Most series of one file.
const MAX_SERIES: usize = 500;
/// Pieces that wait for a slow reader before the reading of history waits too.
const WAITING: usize = 4;
/// Files written at the same time; each holds a thread and a few megabytes.
static PLACES: Semaphore = Semaphore::const_new(4);

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(export_samples))
}

/// What to export, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Series, separated by commas; at most 500.
    ids: String,
    /// From this time on.
    #[param(value_type = String)]
    from: Time,
    /// Before this time.
    #[param(value_type = String)]
    to: Time,
    #[serde(default)]
    #[param(inline)]
    format: Format,
    #[serde(default)]
    #[param(inline)]
    decimals: Decimals,
    /// In wide CSV, a column with the reason beside each value; yes when absent.
    reasons: Option<bool>,
}

/// Every sample of some series, in order of time. In wide and long CSV and JSON lines, rows begin with their time in UTC, followed
/// by the site's local time with its offset; a gap has an empty value and a reason. The layouts of energy gateways and of energy
/// management systems have numbers as recorded and a head that tells their scale. The file has no end in memory: it is read
/// as it is sent, and a connection that breaks off means that it is not whole.
#[utoipa::path(get, path = "/exports/samples", tag = "measurements", params(Ask),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_samples(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Response, Problem> {
    app.outlets()?;
    app.require(Service::Exports)?;
    if ask.from >= ask.to {
        return Err(Problem::invalid("to", "out_of_range", "must be after `from`"));
    }
    let place = PLACES.try_acquire().map_err(|_| Problem::new(codes::UNAVAILABLE).detail("too many exports at once"))?;
    let topology = app.topology();
    let all: HashMap<SeriesId, _> = known(&app).await?.into_iter().map(|info| (info.id, info)).collect();
    let columns = parse_ids(&ask.ids)?
        .into_iter()
        .map(|id| {
            let info = *all.get(&id).ok_or_else(Problem::not_found)?;
            Ok(Column::of(info, &topology))
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    if ask.format == Format::CsvStandard && columns.windows(2).any(|pair| matches!(pair, [a, b] if a.device != b.device)) {
        return Err(Problem::invalid("format", "one_device", "a file of this layout is of one device"));
    }
    let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
    let name = export::of_range(&topology.site.name, "samples", ask.from.0, ask.to.0, &zone, ask.format.extension());
    let wanted = Export {
        site: topology.site.name.clone(),
        gateway: app.identity.clone(),
        columns,
        from: ask.from.0,
        to: ask.to.0,
        format: ask.format,
        decimals: ask.decimals,
        reasons: ask.reasons.unwrap_or(true),
        zone,
    };
    let (pieces, received) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    let reader = app.history.clone();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let outcome = wanted.write(&reader, &mut |piece| match pieces.blocking_send(Ok(piece.into())) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        });
        if let Err(error) = outcome {
            tracing::error!(error = &error as &dyn std::error::Error, "export broken off");
            // An error ends the connection without the mark of the end, so that nobody takes the part for the whole.
            let _gone = pieces.blocking_send(Err(io::Error::other("history cannot be read")));
        }
    });
    let stream =
        futures_util::stream::unfold(
            received,
            |mut received| async move { received.recv().await.map(|piece| (piece, received)) },
        );
    let headers =
        [(header::CONTENT_TYPE, ask.format.content_type().to_owned()), (header::CONTENT_DISPOSITION, export::attachment(&name))];
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn parse_ids(text: &str) -> Result<Vec<SeriesId>, Problem> {
    let ids: Result<Vec<_>, _> = text.split(',').take(MAX_SERIES + 1).map(|id| id.trim().parse().map(SeriesId)).collect();
    match ids {
        // Each series has one column, however often it was named.
        Ok(mut ids) if ids.len() <= MAX_SERIES => {
            let mut seen = HashSet::new();
            ids.retain(|id| seen.insert(*id));
            Ok(ids)
        }
        _ => Err(Problem::invalid("ids", "not_valid", format!("at most {MAX_SERIES} series numbers, separated by commas"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded() {
        assert_eq!(parse_ids("1, 2,1").unwrap(), vec![SeriesId(1), SeriesId(2)]);
        assert!(parse_ids("1,x").is_err());
        assert!(parse_ids(&vec!["1"; MAX_SERIES + 1].join(",")).is_err());
    }
}
