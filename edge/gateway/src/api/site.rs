//! The site's name, time zone and country.

use super::{may, name};
use crate::app::Shared;
use crate::rights;
use crate::store::topology;
use crate::topology::Site;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use jiff::tz::TimeZone;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SITE_VIEW), routes!(get_site)).routes(may(rights::SITE_CHANGE), routes!(put_site))
}

/// The site.
#[utoipa::path(get, path = "/site", tag = "site", responses((status = 200, body = Site)))]
async fn get_site(State(app): State<Shared>) -> Json<Site> {
    Json(app.topology().site.clone())
}

/// Describes the site.
#[utoipa::path(put, path = "/site", tag = "site", request_body = Site, responses((status = 200, body = Site)))]
async fn put_site(State(app): State<Shared>, Json(site): Json<Site>) -> Result<Json<Site>, Problem> {
    let site = Site { name: name("name", &site.name)?, ..site };
    if TimeZone::get(&site.time_zone).is_err() {
        return Err(Problem::invalid("time_zone", "unknown", "an IANA name, such as Europe/Paris"));
    }
    if site.country.len() != 2 || !site.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Problem::invalid("country", "not_valid", "two capital letters, such as FR"));
    }
    let kept = site.clone();
    app.change(move |tx| topology::put_site(tx, &kept)).await?;
    Ok(Json(site))
}
