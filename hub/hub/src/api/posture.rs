//! How a gateway stands against what is asked of it, as it told.

use crate::hub::Hub;
use crate::store::KeptPosture;
use axum::extract::State;
use haubert_link::message::{PostureAnswer, PostureFinding, Standing, Verdict};
use haubert_model::GatewayId;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::BTreeMap;

/// Days of history that a page shows.
const DAYS: u64 = 400;

/// A check of the gateway, with its proof.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostureFinding)]
pub(super) struct FindingView {
    /// Which, such as `firewall.on`.
    check: String,
    /// How it ended: `holds`, `weak`, `fails` or `unknown`.
    verdict: &'static str,
    /// Values that prove it.
    proof: BTreeMap<String, String>,
    /// Since when, or when it was last proven.
    #[schema(required)]
    since: Option<Time>,
}

/// A requirement of a standard.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostureAnswer)]
pub(super) struct AnswerView {
    /// Of which list, such as `iec-62443-4-2` or `technical-note`.
    standard: String,
    /// As the list numbers it.
    id: String,
    /// How it stands: `met`, `compensated`, `not_applicable`, `weak`, `not_met` or `unknown`.
    standing: &'static str,
}

/// How many checks ended how on one day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostureDay)]
pub(super) struct DayView {
    /// When the day's last report was made.
    at: Time,
    holds: usize,
    weak: usize,
    fails: usize,
    unknown: usize,
}

/// How the gateway stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Posture)]
pub(super) struct PostureView {
    /// When the gateway found it out.
    at: Time,
    /// When it reached the hub.
    received_at: Time,
    /// What was looked at.
    findings: Vec<FindingView>,
    /// What follows from it.
    answers: Vec<AnswerView>,
    /// The last report of each day, newest first.
    days: Vec<DayView>,
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Weak => "weak",
        Verdict::Fails => "fails",
        Verdict::Unknown => "unknown",
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Met => "met",
        Standing::Compensated => "compensated",
        Standing::NotApplicable => "not_applicable",
        Standing::Weak => "weak",
        Standing::NotMet => "not_met",
        Standing::Unknown => "unknown",
    }
}

fn day(kept: &KeptPosture) -> DayView {
    let count = |wanted: Verdict| kept.report.findings.iter().filter(|finding| finding.verdict == wanted).count();
    DayView {
        at: Time(kept.report.at),
        holds: count(Verdict::Holds),
        weak: count(Verdict::Weak),
        fails: count(Verdict::Fails),
        unknown: count(Verdict::Unknown),
    }
}

impl From<PostureFinding> for FindingView {
    fn from(finding: PostureFinding) -> Self {
        let PostureFinding { check, verdict: found, proof, since } = finding;
        Self { check, verdict: verdict(found), proof, since: since.map(Time) }
    }
}

impl From<PostureAnswer> for AnswerView {
    fn from(answer: PostureAnswer) -> Self {
        Self { standard: answer.standard, id: answer.id, standing: standing(answer.standing) }
    }
}

/// How the gateway stands, as it told last; `null` when it has told nothing yet.
#[utoipa::path(get, path = "/gateways/{id}/posture", tag = "gateways", operation_id = "read_posture", params(("id" = GatewayId, Path)),
    responses((status = 200, body = Option<PostureView>)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<Json<Option<PostureView>>, Problem> {
    super::gateways::found(&hub, id).await?;
    let kept = hub.store.postures(id, DAYS).await?;
    let days = kept.iter().map(day).collect();
    let newest = kept.into_iter().next().map(|KeptPosture { received_at, report }| PostureView {
        at: Time(report.at),
        received_at: Time(received_at),
        findings: report.findings.into_iter().map(FindingView::from).collect(),
        answers: report.answers.into_iter().map(AnswerView::from).collect(),
        days,
    });
    Ok(Json(newest))
}
