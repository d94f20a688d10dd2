//! The community's calendar: when a day begins and ends.

use crate::hub::Hub;
use axum::extract::State;
use haubert_service::extract::Json;
use serde::Serialize;

/// The community's calendar.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Calendar)]
pub(super) struct CalendarView {
    /// Its time zone, `Europe/Paris`.
    time_zone: String,
}

#[utoipa::path(get, path = "/calendar", tag = "standing", operation_id = "read_calendar", responses((status = 200, body = CalendarView)))]
pub(super) async fn read(State(hub): State<Hub>) -> Json<CalendarView> {
    Json(CalendarView { time_zone: hub.calendar.name().to_owned() })
}
