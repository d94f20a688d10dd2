//! Rules of alarms.

use super::{may, new_id};
use crate::alarms::{self, Rules};
use crate::app::{App, Shared};
use crate::notices;
use crate::rights;
use axum::extract::State;
use haubert_alarms::{AlarmRuleId, Condition, Engine, MAX_RULES, Moment, Rule, faults};
use haubert_model::{PointRef, Unit};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What their list answers.
type AlarmRules = List<RuleView>;
/// What their list answers.
type AlarmNotices = List<String>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::ALARMS_VIEW), routes!(list_alarm_rules))
        .routes(may(rights::ALARMS_VIEW), routes!(list_alarm_notices))
        .routes(may(rights::ALARMS_CHANGE), routes!(add_alarm_rule))
        .routes(may(rights::ALARMS_CHANGE), routes!(put_alarm_rule, delete_alarm_rule))
        .routes(may(rights::ALARMS_CHANGE), routes!(try_alarm_rule))
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmRule)]
struct RuleView {
    id: AlarmRuleId,
    rule: Rule,
    /// Of its thresholds.
    #[schema(required)]
    unit: Option<Unit>,
}

impl RuleView {
    fn new(id: AlarmRuleId, rule: Rule) -> Self {
        Self { unit: rule.condition.points().first().map(|point| point.quantity.unit()), id, rule }
    }
}

/// A point as a try found it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmTrialPoint)]
struct PointView {
    point: PointRef,
    /// In the quantity's unit; absent when there is none that can be used.
    #[schema(required)]
    value: Option<f64>,
    unit: Unit,
    #[schema(required)]
    at: Option<Time>,
}

/// What a rule would say now, without its delays.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmTrial)]
struct TrialView {
    /// Whether its condition holds; absent while that is not known.
    #[schema(required)]
    holds: Option<bool>,
    points: Vec<PointView>,
    /// Of an energy counted in a period: what it is now, in the unit of its point.
    #[schema(required)]
    energy: Option<f64>,
}

/// Rules, by name.
#[utoipa::path(get, path = "/alarm-rules", tag = "alarms", responses((status = 200, body = AlarmRules)))]
async fn list_alarm_rules(State(app): State<Shared>) -> Json<AlarmRules> {
    let mut items: Vec<RuleView> = app.alarms.rules().iter().map(|(id, rule)| RuleView::new(*id, rule.clone())).collect();
    items.sort_by_key(|one| one.rule.name.to_lowercase());
    Json(List::whole(items))
}

/// Codes of the notices that an alarm of the system can look at.
#[utoipa::path(get, path = "/alarm-rules/notices", tag = "alarms", responses((status = 200, body = AlarmNotices)))]
async fn list_alarm_notices() -> Json<AlarmNotices> {
    Json(List::whole(notices::CODES.iter().map(|code| (*code).to_owned()).collect()))
}

/// What the crate cannot know: whether what is named is there.
fn checked(app: &App, id: AlarmRuleId, rule: Rule, rules: &Rules) -> Result<Rule, Problem> {
    let mut problem = Problem::new(codes::INVALID);
    for fault in faults(id, &rule, rules) {
        problem = problem.field(&fault.field, fault.code, fault.detail);
    }
    let topology = app.topology();
    let is_there =
        |point: &PointRef| topology.device(point.device).is_some_and(|device| (1..=device.channels).contains(&point.channel));
    let field = |at| match &rule.condition {
        Condition::Analogue { .. } | Condition::Voltage { .. } => format!("condition.points.{at}"),
        _ => "condition.point".to_owned(),
    };
    for (at, _) in rule.condition.points().iter().enumerate().filter(|(_, point)| !is_there(point)) {
        problem = problem.field(&field(at), "not_found", "there is no such load");
    }
    match &rule.condition {
        Condition::Communication { device: Some(device) } if topology.device(*device).is_none() => {
            problem = problem.field("condition.device", "not_found", "there is no such device");
        }
        Condition::System { notice } if !notices::CODES.contains(&notice.as_str()) => {
            problem = problem.field("condition.notice", "not_found", "there is no such notice");
        }
        _ => {}
    }
    if problem.fields.is_empty() { Ok(Rule { name: rule.name.trim().to_owned(), ..rule }) } else { Err(problem) }
}

/// Adds a rule.
#[utoipa::path(post, path = "/alarm-rules", tag = "alarms", request_body = Rule, responses((status = 201, body = RuleView)))]
async fn add_alarm_rule(State(app): State<Shared>, Json(rule): Json<Rule>) -> Result<(StatusCode, Json<RuleView>), Problem> {
    let (id, rules) = (AlarmRuleId(new_id()), app.alarms.rules());
    if rules.len() >= MAX_RULES {
        return Err(Problem::new(codes::CONFLICT).detail(format!("there are {MAX_RULES} alarms, and no room for more")));
    }
    let rule = checked(&app, id, rule, &rules)?;
    app.alarms.change(&app.db, id, Some(rule.clone())).await?;
    Ok((StatusCode::CREATED, Json(RuleView::new(id, rule))))
}

/// Changes a rule. What it raised is over when its condition or delays differ.
#[utoipa::path(put, path = "/alarm-rules/{id}", tag = "alarms", params(("id" = AlarmRuleId, Path)), request_body = Rule, responses((status = 200, body = RuleView)))]
async fn put_alarm_rule(
    State(app): State<Shared>,
    Path(id): Path<AlarmRuleId>,
    Json(rule): Json<Rule>,
) -> Result<Json<RuleView>, Problem> {
    let rules = app.alarms.rules();
    if !rules.contains_key(&id) {
        return Err(Problem::not_found());
    }
    let rule = checked(&app, id, rule, &rules)?;
    app.alarms.change(&app.db, id, Some(rule.clone())).await?;
    Ok(Json(RuleView::new(id, rule)))
}

/// Takes a rule away. What it raised is over, and stays in the list.
#[utoipa::path(delete, path = "/alarm-rules/{id}", tag = "alarms", params(("id" = AlarmRuleId, Path)), responses((status = 204)))]
async fn delete_alarm_rule(State(app): State<Shared>, Path(id): Path<AlarmRuleId>) -> Result<StatusCode, Problem> {
    let rules = app.alarms.rules();
    if rules.values().any(|rule| rule.condition.rules().contains(&id)) {
        return Err(Problem::new(codes::CONFLICT).detail("another alarm combines this one"));
    }
    app.alarms.change(&app.db, id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what a rule would make of the values of now; stores nothing.
#[utoipa::path(post, path = "/alarm-rules/try", tag = "alarms", request_body = Rule, responses((status = 200, body = TrialView)))]
async fn try_alarm_rule(State(app): State<Shared>, Json(rule): Json<Rule>) -> Result<Json<TrialView>, Problem> {
    let (id, rules) = (AlarmRuleId(new_id()), app.alarms.rules());
    let named = Rule { name: id.to_string(), enabled: true, start_delay_s: 0.0, drop_delay_s: 0.0, ..rule };
    let rule = checked(&app, id, named, &rules)?;
    let now = Moment { at: app.clock.now(), ms: app.clock.monotonic_ms() };
    let points: Vec<PointView> = rule
        .condition
        .points()
        .iter()
        .map(|point| {
            let reading = app.live.reading(*point);
            let value = reading.and_then(|reading| reading.value).map(|value| value.to_f64());
            PointView { point: *point, value, unit: point.quantity.unit(), at: reading.map(|reading| Time(reading.at)) }
        })
        .collect();
    let mut engine = Engine::new(&Rules::from([(id, rule.clone())]), &[]);
    for point in &points {
        engine.take(point.point, point.value, now);
    }
    engine.tell(alarms::look(&app, &mut HashMap::new()).await);
    let energy = alarms::energy_now(&app, id, &rule.condition).await?;
    engine.reckon(id, energy, now);
    engine.turn(now);
    let raised = alarms::raised(&app).await?;
    Ok(Json(TrialView { holds: engine.holds(id, &raised), points, energy }))
}
