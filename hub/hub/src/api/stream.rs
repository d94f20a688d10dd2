//! The fleet as it changes.

use super::gateways::GatewayView;
use crate::fleet::{Reading, changed};
use crate::hub::Hub;
use crate::reach::Reach;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures_util::StreamExt as _;
use haubert_service::session::Session;
use haubert_service::sse;
use serde::Serialize;
use tokio_stream::wrappers::WatchStream;

/// Gateways that changed.
#[derive(Serialize, utoipa::ToSchema)]
struct Changed {
    items: Vec<GatewayView>,
}

#[utoipa::path(get, path = "/fleet/stream", tag = "gateways", operation_id = "stream_fleet", description = "Server-sent events `gateways`: first every gateway, then those that changed.", responses((status = 200, content_type = "text/event-stream", body = Changed)))]
pub(super) async fn fleet(State(hub): State<Hub>, session: Session, reach: Reach) -> impl IntoResponse {
    let readings = WatchStream::from_changes(hub.fleet.watch());
    let events = readings.scan(Reading::default(), move |before, now| {
        let mut items = changed(before, &now);
        items.retain(|gateway| reach.covers(Some(gateway.organisation())));
        *before = now;
        std::future::ready(Some(items))
    });
    let events = events.filter_map(|items| {
        let event = if items.is_empty() { None } else { Event::default().event("gateways").json_data(Changed { items }).ok() };
        std::future::ready(event)
    });
    sse::respond(events, hub.sessions.clone(), session, hub.shutdown.clone())
}
