//! Advisories: the community's library, and what they mean for the assets of an organisation.

use super::upload::receive;
use super::{Page, next_cursor};
use crate::hub::Hub;
use crate::store::AdvisoryRow;
use crate::store::entity::inventory::{advisory, asset};
use axum::body::Body;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::csaf::{self, Advisory, Bearing, CsafError, Index, Item, Maturity, Severity, State as Stand, Tlp};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::Serialize;
use std::cmp::Ordering;

const UNREADABLE: Code = Code::new("advisory_unreadable", 422, "This is no advisory that the hub reads");
const OLDER: Code = Code::new("advisory_older", 409, "The library has a newer version of this advisory");
const NOT_SHAREABLE: Code = Code::new("advisory_not_shareable", 422, "Its marking does not allow to share it with the community");
/// Advisories of a page when all are looked at.
const AT_ONCE: u64 = 1_000;

/// An advisory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdvisorySummary)]
pub(super) struct SummaryView {
    id: String,
    /// As the publisher names it.
    tracking_id: String,
    version: String,
    title: String,
    publisher: String,
    /// TLP 2.0; none when it has no marking.
    #[schema(required)]
    tlp: Option<Tlp>,
    /// Highest CVSS base score, 0 to 10.
    #[schema(required)]
    score: Option<f64>,
    /// How serious that is.
    #[schema(required)]
    severity: Option<Severity>,
    /// How serious the publisher finds it, in the publisher's words.
    #[schema(required)]
    severity_words: Option<String>,
    /// CVEs that it speaks of, in its order.
    cves: Vec<String>,
    released_at: Time,
    added_at: Time,
    added_by: String,
}

/// What their list answers.
type SummaryViewList = List<SummaryView>;

/// A vulnerability of an advisory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdvisoryVulnerability)]
struct VulnerabilityView {
    #[schema(required)]
    cve: Option<String>,
    #[schema(required)]
    title: Option<String>,
    #[schema(required)]
    score: Option<f64>,
    #[schema(required)]
    severity: Option<Severity>,
}

/// An advisory, with what it speaks of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Advisory)]
pub(super) struct AdvisoryView {
    #[serde(flatten)]
    summary: SummaryView,
    status: Maturity,
    first_released_at: Time,
    vulnerabilities: Vec<VulnerabilityView>,
    /// Full names.
    products: Vec<String>,
}

/// An asset on which an advisory bears.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdvisoryAsset)]
struct AssetView {
    asset_id: String,
    name: String,
    criticality: i32,
    /// The worst of what is found.
    state: Stand,
    /// The worst first.
    findings: Vec<Bearing>,
}

/// An advisory that bears on assets of an organisation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdvisoryMatch)]
pub(super) struct MatchView {
    advisory: SummaryView,
    /// The worst of what is found.
    state: Stand,
    /// The worst first.
    assets: Vec<AssetView>,
}

/// What bears on an organisation.
type MatchViewList = List<MatchView>;

fn tlp(code: &str) -> Option<Tlp> {
    [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red].into_iter().find(|tlp| tlp.code() == code)
}

fn summary(row: AdvisoryRow) -> SummaryView {
    SummaryView {
        tlp: tlp(&row.tlp),
        severity: row.score.map(Severity::of),
        id: row.id,
        tracking_id: row.tracking_id,
        version: row.version,
        title: row.title,
        publisher: row.publisher,
        score: row.score,
        severity_words: row.severity,
        cves: row.cves.split_whitespace().map(str::to_owned).collect(),
        released_at: Time(Timestamp(row.released_at)),
        added_at: Time(Timestamp(row.added_at)),
        added_by: row.added_by,
    }
}

fn light(row: &advisory::Model) -> AdvisoryRow {
    let row = row.clone();
    AdvisoryRow {
        id: row.id,
        tracking_id: row.tracking_id,
        version: row.version,
        title: row.title,
        publisher: row.publisher,
        tlp: row.tlp,
        score: row.score,
        severity: row.severity,
        released_at: row.released_at,
        vendors: row.vendors,
        cves: row.cves,
        added_at: row.added_at,
        added_by: row.added_by,
    }
}

fn document(row: &advisory::Model) -> Result<Advisory, Problem> {
    serde_json::from_str(&row.document).map_err(|error| Problem::internal("read an advisory", &error))
}

fn view(row: &advisory::Model, read: Advisory) -> AdvisoryView {
    let vulnerability = |one: csaf::Vulnerability| VulnerabilityView {
        severity: one.score.map(Severity::of),
        cve: one.cve,
        title: one.title,
        score: one.score,
    };
    AdvisoryView {
        summary: summary(light(row)),
        status: read.status,
        first_released_at: Time(Timestamp(read.first_released_at)),
        vulnerabilities: read.vulnerabilities.into_iter().map(vulnerability).collect(),
        products: read.products.into_iter().map(|product| product.name).collect(),
    }
}

fn row(read: &Advisory, id: String, by: String, now: Timestamp) -> Result<advisory::Model, Problem> {
    Ok(advisory::Model {
        id,
        tracking: read.tracking(),
        tracking_id: read.id.clone(),
        version: read.version.clone(),
        title: read.title.clone(),
        publisher: read.publisher.clone(),
        tlp: read.tlp.map_or("", Tlp::code).to_owned(),
        score: read.score(),
        severity: read.severity_words.clone(),
        released_at: read.released_at,
        vendors: read.vendor_keys().join(" "),
        cves: read.cves().join(" "),
        document: serde_json::to_string(read).map_err(|error| Problem::internal("write an advisory", &error))?,
        added_at: now.as_millis(),
        added_by: by,
    })
}

fn unreadable(error: &CsafError) -> Problem {
    match error {
        CsafError::TooLarge => Problem::new(codes::TOO_LARGE).detail(error),
        _ => Problem::new(UNREADABLE).detail(error),
    }
}

async fn received(body: Body) -> Result<Advisory, Problem> {
    let bytes = receive(body, csaf::MAX_BYTES).await?;
    let read = tokio::task::spawn_blocking(move || csaf::read(&bytes)).await;
    let read = read.map_err(|error| Problem::internal("read an advisory", &error))?;
    read.map_err(|error| unreadable(&error))
}

#[utoipa::path(get, path = "/advisories", tag = "advisories", operation_id = "list_advisories", params(Page), responses((status = 200, body = SummaryViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Query(page): Query<Page>) -> Result<Json<List<SummaryView>>, Problem> {
    let rows = hub.store.advisories(&page.cursor, page.limit()).await?;
    let next_cursor = next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.clone()));
    Ok(Json(List { items: rows.into_iter().map(summary).collect(), next_cursor }))
}

/// Whether what is there gives way to `read`; nothing when it is the same version.
fn gives_way(there: &advisory::Model, read: &Advisory) -> Option<bool> {
    match csaf::newer(&read.version, &there.version) {
        Some(Ordering::Equal) => None,
        Some(order) => Some(order == Ordering::Greater),
        None => Some(read.released_at > there.released_at),
    }
}

/// Brings in an advisory. A newer version takes the place of the one before.
#[utoipa::path(post, path = "/advisories", tag = "advisories", operation_id = "import_advisory", description = "Takes a CSAF 2.0 or 2.1 document, at most 4 MiB. 201: it is new here; 200: it took the place of an older version, or is there already.", request_body(content = String, content_type = "application/json"), responses((status = 201, body = AdvisoryView), (status = 200, body = AdvisoryView)))]
pub(super) async fn import(
    State(hub): State<Hub>,
    session: Session,
    body: Body,
) -> Result<(StatusCode, Json<AdvisoryView>), Problem> {
    let read = received(body).await?;
    if read.tlp.is_some_and(|tlp| !tlp.may_be_shared()) {
        return Err(Problem::new(NOT_SHAREABLE).field("document.distribution.tlp.label", "not_shareable", "at most AMBER"));
    }
    let Some(there) = hub.store.advisory_by_tracking(&read.tracking()).await? else {
        let row = row(&read, hub.new_id()?.to_string(), session.user_name, hub.now())?;
        hub.store.add_advisory(row.clone()).await?;
        return Ok((StatusCode::CREATED, Json(view(&row, read))));
    };
    match gives_way(&there, &read) {
        None => {
            let kept = document(&there)?;
            Ok((StatusCode::OK, Json(view(&there, kept))))
        }
        Some(false) => Err(Problem::new(OLDER).detail(format!("version {} is there", there.version))),
        Some(true) => {
            let row = row(&read, there.id, session.user_name, hub.now())?;
            if !hub.store.replace_advisory(row.clone(), &there.version).await? {
                return Err(Problem::new(super::assessments::CHANGED_MEANWHILE));
            }
            Ok((StatusCode::OK, Json(view(&row, read))))
        }
    }
}

#[utoipa::path(get, path = "/advisories/{advisory}", tag = "advisories", operation_id = "read_advisory", params(("advisory" = String, Path)), responses((status = 200, body = AdvisoryView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(advisory): Path<String>) -> Result<Json<AdvisoryView>, Problem> {
    let row = hub.store.advisory(&advisory).await?.ok_or_else(Problem::not_found)?;
    let read = document(&row)?;
    Ok(Json(view(&row, read)))
}

#[utoipa::path(delete, path = "/advisories/{advisory}", tag = "advisories", operation_id = "delete_advisory", params(("advisory" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(advisory): Path<String>) -> Result<StatusCode, Problem> {
    if hub.store.remove_advisory(&advisory).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// What an advisory means for assets; nothing when it bears on none.
fn matched(summary: SummaryView, read: &Advisory, assets: &[asset::Model], index: &Index<'_>) -> Option<MatchView> {
    let asset = |(at, mut findings): (usize, Vec<Bearing>)| -> Option<AssetView> {
        findings.sort_by(|a, b| a.state.cmp(&b.state).then(b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0))));
        let (row, state) = (assets.get(at)?, findings.first()?.state);
        Some(AssetView { asset_id: row.id.clone(), name: row.name.clone(), criticality: row.criticality, state, findings })
    };
    let mut found: Vec<AssetView> = read.bears_on(index).into_iter().filter_map(asset).collect();
    found.sort_by_key(|one| (one.state, std::cmp::Reverse(one.criticality)));
    let state = found.first()?.state;
    Some(MatchView { advisory: summary, state, assets: found })
}

/// The advisories that bear on assets of an organisation, the worst first.
#[utoipa::path(get, path = "/organisations/{id}/advisories", tag = "advisories", operation_id = "list_matching_advisories", params(("id" = OrganisationId, Path)), responses((status = 200, body = MatchViewList)))]
pub(super) async fn of_organisation(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
) -> Result<Json<List<MatchView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let mut assets = hub.store.all_assets(id).await?;
    assets.retain(|row| row.gone_at.is_none());
    let item = |row: &asset::Model| Item { make: row.make.clone(), model: row.model.clone(), version: row.version.clone() };
    let items: Vec<Item> = assets.iter().map(item).collect();
    let index = Index::new(&items);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hub.store.advisories(&cursor, AT_ONCE).await?;
        let next = next_cursor(AT_ONCE, page.len(), page.last().map(|row| row.id.clone()));
        for row in page {
            // Whole advisories are large: only those of makers that the organisation has are read.
            if !index.has_any(&row.vendors.split(' ').collect::<Vec<_>>()) {
                continue;
            }
            let Some(whole) = hub.store.advisory(&row.id).await? else { continue };
            found.extend(matched(summary(row), &document(&whole)?, &assets, &index));
        }
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    let worse = |a: &MatchView, b: &MatchView| {
        let score = |view: &MatchView| view.advisory.score.unwrap_or(0.0);
        a.state.cmp(&b.state).then(score(b).total_cmp(&score(a)))
    };
    found.sort_by(worse);
    Ok(Json(List::whole(found)))
}
