//! The hub's API under `/api/v1`: one module per thing, one declaration per route.

mod accounts;
mod actions;
mod advisories;
mod assessments;
mod asset_tables;
mod assets;
mod audits;
mod calendar;
mod campaigns;
mod data_path;
mod evidence;
mod findings;
mod frameworks;
pub(crate) mod gateways;
mod guide;
mod history;
mod identities;
mod indicators;
mod invitations;
mod labels;
mod libraries;
mod limits;
mod mapping;
mod organisation_profile;
mod organisations;
mod past;
mod posture;
mod providers;
mod report;
mod respondents;
mod risks;
mod scenarios;
mod segmentation;
mod sites;
mod standing;
mod storage;
mod stream;
mod study;
mod tables;
mod taxonomies;
mod updates;
mod upload;

pub(crate) use indicators::today_of;

pub(crate) use findings::stored_said as finding_said;

use crate::hub::Hub;
use crate::{reach, rights};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use haubert_service::api::{Api, Described, RouteEntry, Served};
use haubert_service::door::Door;
use haubert_service::guard::Access;
use haubert_service::permission::Permission;
use haubert_service::problem::Problem;
use haubert_service::routes;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::OpenApi as _;

const fn may(permission: Permission) -> Access {
    Access::May(permission)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Haubert hub",
        description = "Fleet and measurements of many sites. Every request but set-up and sign-in needs the session cookie, or an API key as `Authorization: Bearer …`; a request that changes anything needs the header X-Haubert-Request: 1.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "session", description = "Set-up, sign-in, sign-out"),
        (name = "accounts", description = "People and invitations"),
        (name = "organisations", description = "Members of the community"),
        (name = "sites", description = "Their sites"),
        (name = "gateways", description = "The fleet"),
        (name = "history", description = "Live and historical values"),
        (name = "storage", description = "Whether what the hub keeps is sound"),
        (name = "updates", description = "Releases for the fleet"),
        (name = "frameworks", description = "What organisations are asked"),
        (name = "standing", description = "Where an organisation stands: profile, assessments, score, data path"),
        (name = "scenarios", description = "Feared scenarios"),
        (name = "plan", description = "Who does what until when"),
        (name = "assets", description = "The inventory: assets, zones and conduits"),
        (name = "advisories", description = "Advisories, and the assets that they bear on"),
        (name = "labels", description = "The label, and its public verification"),
        (name = "campaigns", description = "What the coordinator asks of organisations until when"),
        (name = "audits", description = "What auditors found, and what became of it"),
        (name = "evidence", description = "Files that prove what an organisation declares"),
        (name = "guide", description = "How to do each measure")
    )
)]
struct Description;

/// Every route, without state.
fn declared<A: Api<Hub>>(api: A) -> A {
    api.door()
        .routes(may(rights::ACCOUNTS_VIEW), routes!(accounts::list))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(accounts::update, accounts::remove))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(accounts::reset_password))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(accounts::take_factors))
        .routes(may(rights::ACCOUNTS_VIEW), routes!(invitations::list))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(invitations::create))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(invitations::remove))
        .routes(Access::Public, routes!(invitations::look))
        .routes(Access::Public, routes!(invitations::accept))
        .routes(Access::Public, routes!(invitations::depart))
        .routes(Access::Public, routes!(providers::list))
        .routes(Access::Public, routes!(providers::begin))
        .routes(Access::Public, routes!(providers::callback))
        .routes(Access::Public, routes!(providers::code))
        .routes(Access::OwnSettled, routes!(identities::list, identities::link))
        .routes(Access::OwnSettled, routes!(identities::unlink))
        .routes(may(rights::ORGANISATIONS_VIEW), routes!(organisations::list))
        .routes(may(rights::ORGANISATIONS_CHANGE), routes!(organisations::create))
        .routes(may(rights::ORGANISATIONS_CHANGE), routes!(organisations::update, organisations::remove))
        .routes(may(rights::ORGANISATIONS_VIEW), routes!(sites::list))
        .routes(may(rights::ORGANISATIONS_CHANGE), routes!(sites::create))
        .routes(may(rights::ORGANISATIONS_CHANGE), routes!(sites::update, sites::remove))
        .routes(may(rights::GATEWAYS_VIEW), routes!(gateways::list))
        .routes(may(rights::GATEWAYS_CHANGE), routes!(gateways::create))
        .routes(may(rights::GATEWAYS_VIEW), routes!(gateways::read))
        .routes(may(rights::GATEWAYS_CHANGE), routes!(gateways::update, gateways::remove))
        .routes(may(rights::GATEWAYS_VIEW), routes!(gateways::audit_heads))
        .routes(may(rights::GATEWAYS_VIEW), routes!(posture::read))
        .routes(may(rights::GATEWAYS_CHANGE), routes!(gateways::enrolment))
        .routes(may(rights::GATEWAYS_CHANGE), routes!(gateways::revocation))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(history::live))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(history::series))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(history::samples))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(history::samples_csv))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(history::events))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(stream::fleet))
        .routes(may(rights::UPDATES_VIEW), routes!(updates::list))
        .routes(may(rights::UPDATES_CHANGE), routes!(updates::add))
        .routes(may(rights::UPDATES_CHANGE), routes!(updates::remove))
        .routes(may(rights::LIBRARY_VIEW), routes!(frameworks::list))
        .routes(may(rights::LIBRARY_VIEW), routes!(frameworks::read))
        .routes(may(rights::LIBRARY_VIEW), routes!(libraries::list))
        .routes(may(rights::LIBRARY_CHANGE), routes!(libraries::import))
        .routes(may(rights::LIBRARY_CHANGE), routes!(libraries::remove))
        .routes(may(rights::LIBRARY_VIEW), routes!(guide::list))
        .routes(may(rights::LIBRARY_VIEW), routes!(guide::read))
        .routes(may(rights::LIBRARY_VIEW), routes!(scenarios::list))
        .routes(may(rights::LIBRARY_VIEW), routes!(scenarios::read))
        .routes(may(rights::LIBRARY_VIEW), routes!(taxonomies::read))
        .routes(may(rights::LIBRARY_VIEW), routes!(calendar::read))
        .routes(may(rights::STANDING_VIEW), routes!(limits::read))
        .routes(may(rights::STANDING_VIEW), routes!(organisation_profile::read))
        .routes(may(rights::STANDING_CHANGE), routes!(organisation_profile::set))
        .routes(may(rights::STANDING_VIEW), routes!(assessments::list))
        .routes(may(rights::STANDING_CHANGE), routes!(assessments::create))
        .routes(may(rights::STANDING_VIEW), routes!(assessments::read))
        .routes(may(rights::STANDING_VIEW), routes!(assessments::history))
        .routes(may(rights::STANDING_CHANGE), routes!(assessments::set))
        .routes(may(rights::STANDING_VIEW), routes!(respondents::list))
        .routes(may(rights::STANDING_CHANGE), routes!(respondents::set))
        .routes(may(rights::AUDITS_CHANGE), routes!(assessments::create_audit))
        .routes(may(rights::AUDITS_CHANGE), routes!(assessments::set_in_audit))
        .routes(may(rights::STANDING_VIEW), routes!(standing::read))
        .routes(may(rights::STANDING_VIEW), routes!(report::read))
        .routes(may(rights::STANDING_VIEW), routes!(report::pdf))
        .routes(may(rights::STANDING_VIEW), routes!(scenarios::of_organisation))
        .routes(may(rights::STANDING_CHANGE), routes!(scenarios::rate))
        .routes(may(rights::STANDING_VIEW), routes!(data_path::read))
        .routes(may(rights::STANDING_CHANGE), routes!(data_path::set))
        .routes(may(rights::STANDING_VIEW), routes!(actions::list))
        .routes(may(rights::STANDING_CHANGE), routes!(actions::create))
        .routes(may(rights::STANDING_CHANGE), routes!(actions::update, actions::remove))
        .routes(may(rights::STANDING_VIEW), routes!(risks::list))
        .routes(may(rights::STANDING_CHANGE), routes!(risks::create))
        .routes(may(rights::STANDING_CHANGE), routes!(risks::update, risks::remove))
        .routes(may(rights::STANDING_VIEW), routes!(study::read))
        .routes(may(rights::STANDING_CHANGE), routes!(study::set))
        .routes(may(rights::STANDING_VIEW), routes!(past::list))
        .routes(may(rights::STANDING_VIEW), routes!(indicators::today))
        .routes(may(rights::STANDING_VIEW), routes!(indicators::list))
        .routes(may(rights::STANDING_VIEW), routes!(indicators::benchmark))
        .routes(may(rights::ASSETS_VIEW), routes!(assets::list))
        .routes(may(rights::ASSETS_CHANGE), routes!(assets::create))
        .routes(may(rights::ASSETS_CHANGE), routes!(asset_tables::import))
        .routes(may(rights::ASSETS_VIEW), routes!(asset_tables::export))
        .routes(may(rights::ASSETS_VIEW), routes!(assets::read))
        .routes(may(rights::ASSETS_CHANGE), routes!(assets::update, assets::remove))
        .routes(may(rights::ASSETS_VIEW), routes!(segmentation::list_zones))
        .routes(may(rights::ASSETS_CHANGE), routes!(segmentation::create_zone))
        .routes(may(rights::ASSETS_CHANGE), routes!(segmentation::update_zone, segmentation::remove_zone))
        .routes(may(rights::ASSETS_VIEW), routes!(segmentation::list_conduits))
        .routes(may(rights::ASSETS_CHANGE), routes!(segmentation::create_conduit))
        .routes(may(rights::ASSETS_CHANGE), routes!(segmentation::update_conduit, segmentation::remove_conduit))
        .routes(may(rights::ASSETS_VIEW), routes!(segmentation::read))
        .routes(may(rights::LIBRARY_VIEW), routes!(advisories::list))
        .routes(may(rights::ADVISORIES_CHANGE), routes!(advisories::import))
        .routes(may(rights::LIBRARY_VIEW), routes!(advisories::read))
        .routes(may(rights::ADVISORIES_CHANGE), routes!(advisories::remove))
        .routes(may(rights::ASSETS_VIEW), routes!(advisories::of_organisation))
        .routes(may(rights::STANDING_VIEW), routes!(labels::list))
        .routes(may(rights::LABELS_CHANGE), routes!(labels::give))
        .routes(may(rights::LABELS_CHANGE), routes!(labels::withdraw))
        .routes(Access::Public, routes!(labels::verify))
        .routes(Access::Public, routes!(labels::badge))
        .routes(may(rights::STANDING_VIEW), routes!(evidence::list))
        .routes(may(rights::STANDING_CHANGE), routes!(evidence::add))
        .routes(may(rights::STANDING_VIEW), routes!(evidence::read))
        .routes(may(rights::STANDING_CHANGE), routes!(evidence::update, evidence::remove))
        .routes(may(rights::STANDING_CHANGE), routes!(evidence::add_version))
        .routes(may(rights::STANDING_VIEW), routes!(evidence::download))
        .routes(may(rights::STANDING_CHANGE), routes!(assessments::close))
        .routes(may(rights::STANDING_VIEW), routes!(audits::sheet))
        .routes(may(rights::STANDING_VIEW), routes!(audits::verify))
        .routes(may(rights::AUDITS_CHANGE), routes!(audits::close))
        .routes(may(rights::STANDING_VIEW), routes!(findings::list))
        .routes(may(rights::STANDING_VIEW), routes!(findings::of_organisation))
        .routes(may(rights::AUDITS_CHANGE), routes!(findings::create))
        .routes(may(rights::STANDING_VIEW), routes!(findings::read))
        .routes(may(rights::AUDITS_CHANGE), routes!(findings::update))
        .routes(may(rights::STANDING_CHANGE), routes!(findings::correct))
        .routes(may(rights::AUDITS_CHANGE), routes!(findings::judge))
        .routes(may(rights::STANDING_VIEW), routes!(mapping::read))
        .routes(may(rights::CAMPAIGNS_VIEW), routes!(campaigns::list))
        .routes(may(rights::CAMPAIGNS_CHANGE), routes!(campaigns::create))
        .routes(may(rights::CAMPAIGNS_VIEW), routes!(campaigns::read))
        .routes(may(rights::CAMPAIGNS_CHANGE), routes!(campaigns::update))
        .routes(may(rights::CAMPAIGNS_CHANGE), routes!(campaigns::close))
        .routes(may(rights::STANDING_VIEW), routes!(campaigns::of_organisation))
        .routes(may(rights::STANDING_CHANGE), routes!(campaigns::begin))
        .routes(may(rights::STORAGE_VIEW), routes!(storage::read))
        .routes(may(rights::STORAGE_RUN), routes!(storage::check))
}

/// The API of a running hub.
pub(crate) fn build(hub: Hub, door: Arc<Door>) -> Router {
    let sessions = hub.sessions.clone();
    let reach = hub.clone();
    let inside = move |methods: MethodRouter<Hub>| methods.route_layer(from_fn_with_state(reach.clone(), reach::within));
    declared(Served::default().inside(inside)).build(hub, sessions, door)
}

/// The API's description and its table of routes, for the committed documents.
pub fn description() -> (utoipa::openapi::OpenApi, Vec<RouteEntry>) {
    declared(Described::new(Description::openapi())).finish()
}

/// Items of a page when the request does not say.
const PAGE: u64 = 1000;

/// Where to read on in a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: String,
    /// Items wanted, at most 1000.
    limit: Option<u64>,
}

impl Page {
    fn limit(&self) -> u64 {
        self.limit.unwrap_or(PAGE).clamp(1, PAGE)
    }
}

/// The cursor after a page: none when the page is not full.
fn next_cursor(limit: u64, read: usize, last: Option<String>) -> Option<String> {
    if u64::try_from(read).is_ok_and(|read| read >= limit) { last } else { None }
}

/// A name of 1 to 100 characters without control characters.
fn name(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Problem::invalid(field, "required", "give a name")),
        1..=100 if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(Problem::invalid(field, "not_valid", "at most 100 characters, none of them a control character")),
    }
}
