//! What is followed in time, and how an organisation stands beside the others.

use super::organisation_profile::profile;
use super::risks::register;
use super::standing::{LabelScores, label_scores, stand};
use super::{Page, next_cursor};
use crate::hub::Hub;
use crate::indicators::{ByLevel, Values, keep};
use crate::reach::Reach;
use crate::{days, frameworks};
use axum::extract::State;
use haubert_model::OrganisationId;
use haubert_risk::benchmark::{LEAST, Spread, spread};
use haubert_risk::grid::Level;
use haubert_risk::{Interval, Profile, Track};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::wire::List;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most days at a time.
const MOST_DAYS: i64 = 1_500;
/// Organisations of a page at most: each of them is reckoned anew.
const AT_ONCE: u64 = 50;

/// A day's figures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IndicatorDay)]
pub(super) struct DayView {
    /// `2027-03-31`, UTC.
    #[schema(value_type = String, format = Date)]
    day: Date,
    #[serde(flatten)]
    values: Values,
}

/// What the list answers.
type DayViewList = List<DayView>;

/// Where an organisation stands today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OrganisationToday)]
pub(super) struct TodayView {
    organisation_id: String,
    /// Nothing when it cannot be reckoned; the others still are.
    #[schema(required)]
    figures: Option<DayView>,
}

/// What the list of the community answers.
type TodayViewList = List<TodayView>;

/// Of which days.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// How many, today included; 365 when it is not said.
    days: Option<i64>,
}

/// With whom one compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Peers {
    /// All who have answered something.
    #[default]
    All,
    /// Those of the same kind.
    Kind,
    /// Those of the same size.
    Size,
}

/// With whom.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    #[serde(default)]
    #[param(inline)]
    peers: Peers,
}

/// A figure beside those of the others.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ComparedFigure)]
struct FigureView {
    /// `total`, or a theme.
    id: String,
    /// The organisation's own, from 0 to 100.
    own: f64,
    /// Those of the others and its own; nothing for fewer than five.
    #[schema(required)]
    spread: Option<Spread>,
}

/// How an organisation stands beside the others, by what is declared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Benchmark)]
pub(super) struct BenchmarkView {
    peers: Peers,
    /// Fewer than so many are not shown.
    least: usize,
    /// Whether there are enough.
    is_shown: bool,
    figures: Vec<FigureView>,
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn by_level(levels: impl Iterator<Item = Level>) -> ByLevel {
    let mut by = ByLevel::default();
    for level in levels {
        match level {
            Level::Low => by.low += 1,
            Level::Medium => by.medium += 1,
            Level::High => by.high += 1,
        }
    }
    by
}

/// Where an organisation stands today.
pub(crate) async fn today_of(hub: &Hub, id: OrganisationId) -> Result<Values, Problem> {
    let stand = stand(hub, id).await?;
    let scores: LabelScores = label_scores(&stand);
    let (declared, evidenced) = (scores.of(Track::Declared), scores.of(Track::Evidenced));
    let risks = register(hub, id, &stand).await?;
    let open = || risks.iter().filter(|risk| risk.is_open());
    let actions = hub.store.actions(id).await?;
    // States are kept as JSON.
    let is_open = |state: &str| matches!(state, "\"todo\"" | "\"doing\"");
    let is_over = |due: Option<&str>| days::is_over(due, hub.today());
    let gateways: std::collections::BTreeSet<&str> =
        stand.asked.iter().flat_map(|asked| &asked.proofs).map(|proof| proof.gateway_id.as_str()).collect();
    let reached = frameworks::content()?.label.reached(|track| scores.of(track), scores.audit());
    Ok(Values {
        declared: declared.total,
        evidenced: evidenced.total,
        audited: stand.audit.as_ref().map(|_| scores.of(Track::Audited).total),
        themes: declared.themes.iter().map(|theme| (theme.theme.clone(), theme.index)).collect(),
        measures: declared.measures,
        known: declared.known,
        contradicted: count(stand.asked.iter().filter(|asked| asked.is_contradicted()).count()),
        witnesses: count(gateways.len()),
        risks: by_level(open().map(|risk| risk.levels().0)),
        current_risks: by_level(open().map(|risk| risk.levels().1)),
        alerts: count(open().filter(|risk| !risk.alerts().is_empty()).count()),
        actions_open: count(actions.iter().filter(|action| is_open(&action.state)).count()),
        actions_done: count(actions.iter().filter(|action| action.state == "\"done\"").count()),
        actions_overdue: count(actions.iter().filter(|action| is_open(&action.state) && is_over(action.due.as_deref())).count()),
        grade: reached.map(|grade| grade.id.clone()),
    })
}

fn kept(document: &str) -> Result<Values, Problem> {
    serde_json::from_str(document).map_err(|error| Problem::internal("read a day", &error))
}

#[utoipa::path(get, path = "/organisations/{id}/indicators", tag = "standing", operation_id = "list_indicators", description = "Day by day, the oldest first; today as it is now.", params(("id" = OrganisationId, Path), Days), responses((status = 200, body = DayViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(Days { days }): Query<Days>,
) -> Result<Json<List<DayView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    keep(&hub, id).await?;
    let today = hub.today();
    let back = jiff::Span::new().days(days.unwrap_or(365).clamp(1, MOST_DAYS) - 1);
    let from = today.checked_sub(back).unwrap_or(today);
    let rows = hub.store.standing_days(id, &from.to_string(), &today.to_string()).await?;
    let view = |row: crate::store::entity::register::standing_day::Model| {
        let day = row.day.parse().map_err(|error| Problem::internal("read a day", &error))?;
        Ok(DayView { day, values: kept(&row.document)? })
    };
    Ok(Json(List::whole(rows.into_iter().map(view).collect::<Result<_, Problem>>()?)))
}

async fn today_view(hub: &Hub, id: String) -> TodayView {
    let kept = match id.parse() {
        Ok(id) => keep(hub, id).await,
        Err(_) => Err(Problem::not_found()),
    };
    let figures = kept.inspect_err(|error| tracing::error!(organisation = id, ?error, "an organisation's figures are not told"));
    TodayView { organisation_id: id, figures: figures.ok().map(|values| DayView { day: hub.today(), values }) }
}

#[utoipa::path(get, path = "/indicators", tag = "standing", operation_id = "list_todays_indicators", description = "Where every organisation that one reaches stands, as it is now; at most 50 of a page.", params(Page), responses((status = 200, body = TodayViewList)))]
pub(super) async fn today(
    State(hub): State<Hub>,
    reach: Reach,
    Query(page): Query<Page>,
) -> Result<Json<List<TodayView>>, Problem> {
    if let Some(own) = reach.only() {
        return Ok(Json(List::whole(vec![today_view(&hub, own.to_string()).await])));
    }
    let limit = page.limit().min(AT_ONCE);
    let rows = hub.store.organisations(&page.cursor, limit).await?;
    let next_cursor = next_cursor(limit, rows.len(), rows.last().map(|row| row.id.clone()));
    let mut items = Vec::new();
    for row in rows {
        items.push(today_view(&hub, row.id).await);
    }
    Ok(Json(List { items, next_cursor }))
}

async fn is_peer(hub: &Hub, peers: Peers, own: (&str, &Profile), other: OrganisationId) -> Result<bool, Problem> {
    Ok(match peers {
        Peers::All => true,
        Peers::Kind => hub.store.organisation(other).await?.is_some_and(|other| other.kind == own.0),
        Peers::Size => profile(&hub.store, other).await?.size == own.1.size,
    })
}

#[utoipa::path(get, path = "/organisations/{id}/benchmark", tag = "standing", operation_id = "read_benchmark", description = "Quartiles of what organisations declare, of those who have answered something. No figure for fewer than five.", params(("id" = OrganisationId, Path), With), responses((status = 200, body = BenchmarkView)))]
pub(super) async fn benchmark(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(With { peers }): Query<With>,
) -> Result<Json<BenchmarkView>, Problem> {
    let organisation = hub.store.organisation(id).await?.ok_or_else(Problem::not_found)?;
    let own_profile = profile(&hub.store, id).await?;
    let own = keep(&hub, id).await?;
    let mut figures: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in hub.store.standings_of_day(&hub.today().to_string()).await? {
        let Ok(other) = row.organisation_id.parse() else { continue };
        let values = kept(&row.document)?;
        if values.known == 0 || !is_peer(&hub, peers, (&organisation.kind, &own_profile), other).await? {
            continue;
        }
        let mut add = |id: &str, value: Interval| figures.entry(id.to_owned()).or_default().push(value.least);
        add("total", values.declared);
        values.themes.iter().for_each(|(theme, index)| add(theme, *index));
    }
    let told = |id: &str| figures.get(id).and_then(|values| spread(values));
    let figure = |id: &str, own: Interval| FigureView { id: id.to_owned(), own: own.least, spread: told(id) };
    let themes = own.themes.iter().map(|(theme, index)| figure(theme, *index));
    Ok(Json(BenchmarkView {
        peers,
        least: LEAST,
        is_shown: told("total").is_some(),
        figures: [figure("total", own.declared)].into_iter().chain(themes).collect(),
    }))
}
