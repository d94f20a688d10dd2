//! Reports: the same blocks for the page, for a PDF and for whoever reads JSON.

mod auditor;
mod authority;
mod management;
mod speaker;

use super::organisation_profile::profile;
use super::standing::{stand, view};
use super::{actions, audits, data_path, evidence, findings, risks};
use crate::frameworks;
use crate::hub::Hub;
use auditor::Audited;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use haubert_model::OrganisationId;
use haubert_report::{Lang, Report, ReportError, State as Mark};
use haubert_risk::Ring;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem};
use http::header;
use jiff::tz::TimeZone;
use serde::Deserialize;
use speaker::Speaker;
use tokio::sync::Semaphore;

const TOO_MUCH: Code = Code::new("report_too_large", 422, "The report is too large to be printed");

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reader {
    Management,
    Auditor,
    Authority,
}

/// Which report is wanted.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Who reads it.
    #[serde(rename = "for")]
    #[param(inline)]
    reader: Reader,
    /// In which language.
    #[param(inline)]
    lang: Lang,
    /// Time zone of its dates, `Europe/Paris`; else the community's.
    #[serde(default)]
    zone: Option<String>,
}

impl Wanted {
    fn speaker(&self, hub: &Hub) -> Result<Speaker, Problem> {
        let zone = match &self.zone {
            None => hub.calendar.zone().clone(),
            Some(name) => {
                TimeZone::get(name).map_err(|_| Problem::invalid("zone", "not_valid", "a zone such as Europe/Paris"))?
            }
        };
        Ok(Speaker { lang: self.lang, zone })
    }
}

const fn mark(ring: Ring) -> Mark {
    match ring {
        Ring::Holds => Mark::Holds,
        Ring::Declared => Mark::Declared,
        Ring::Weak => Mark::Weak,
        Ring::Fails => Mark::Fails,
        Ring::Unknown => Mark::Unknown,
    }
}

async fn report(hub: &Hub, id: OrganisationId, wanted: &Wanted) -> Result<Report, Problem> {
    let speaker = wanted.speaker(hub)?;
    let organisation = hub.store.organisation(id).await?.ok_or_else(Problem::not_found)?.name;
    let stand = stand(hub, id).await?;
    let standing = view(&stand)?;
    let register = || risks::register(hub, id, &stand);
    let (title, blocks) = match wanted.reader {
        // The report follows from the self-assessment.
        _ if stand.own.is_none() => (speaker.t("Report", "Rapport"), Vec::new()),
        Reader::Management => {
            let (plan, picture) = (actions::plan(hub, id).await?, data_path::picture(hub, id, &stand).await?);
            let blocks = management::blocks(&speaker, &standing, &register().await?, &plan, &picture, hub.today());
            (speaker.t("Report to management", "Rapport à la direction"), blocks)
        }
        Reader::Authority => {
            let (profile, ratings) = (profile(&hub.store, id).await?, hub.store.scenario_ratings(id).await?);
            let kept: Vec<&str> = ratings.iter().filter(|row| row.picked).map(|row| row.scenario.as_str()).collect();
            let content = frameworks::content()?;
            let blocks = authority::blocks(&speaker, content, &standing, &profile, &register().await?, &kept, hub.today());
            (speaker.t("Report to the authority", "Rapport à l’autorité"), blocks)
        }
        Reader::Auditor => {
            let framework = frameworks::port()?.ok_or_else(Problem::not_found)?;
            let own = match &stand.own {
                Some(own) => hub.store.answers(&own.id).await?,
                None => Vec::new(),
            };
            // The newest stands first. One that is under way is reported, too, and said to be so.
            let assessments = hub.store.assessments(id).await?;
            let audit = assessments.into_iter().find(|row| row.kind == "audit" && row.framework == framework.ref_id);
            let audit = match audit {
                Some(audit) => {
                    let closing = if audit.closed { audits::closing(hub, &audit.id).await? } else { None };
                    Some(Audited { answers: hub.store.answers(&audit.id).await?, closing, audit })
                }
                None => None,
            };
            let found = auditor::Found {
                own,
                audit,
                files: evidence::of_organisation(hub, id, false).await?,
                findings: findings::of_every_audit(hub, id).await?,
            };
            let blocks = auditor::blocks(&speaker, framework, &standing, &found);
            (speaker.t("Report to the auditor", "Rapport à l’auditeur"), blocks)
        }
    };
    Ok(Report { lang: wanted.lang, title, organisation, made: speaker.moment(hub.now()), blocks })
}

#[utoipa::path(get, path = "/organisations/{id}/report", tag = "standing", operation_id = "read_report", params(("id" = OrganisationId, Path), Wanted), responses((status = 200, body = Report)))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(report(&hub, id, &wanted).await?))
}

/// One report is set at a time: it takes a processor, and memory for every page.
static PRESS: Semaphore = Semaphore::const_new(1);

/// Why no PDF was made. What the engine says may quote the report, and stays where it is.
fn unset(error: &ReportError) -> Problem {
    match error {
        ReportError::Set(_) | ReportError::HandOver(_) => {
            Problem::internal("set a report", &std::io::Error::other("the template"))
        }
        too_much => Problem::new(TOO_MUCH).detail(too_much),
    }
}

/// A report as PDF, to be saved.
#[utoipa::path(get, path = "/organisations/{id}/report/pdf", tag = "standing", operation_id = "print_report", params(("id" = OrganisationId, Path), Wanted), responses((status = 200, content_type = "application/pdf", body = String)))]
pub(super) async fn pdf(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let report = report(&hub, id, &wanted).await?;
    let turn = PRESS.acquire().await.map_err(|error| Problem::internal("wait for the press", &error))?;
    // Hard work: off the async workers.
    let written = tokio::task::spawn_blocking(move || haubert_report::pdf(&report)).await;
    drop(turn);
    let bytes = written.map_err(|error| Problem::internal("set a report", &error))?.map_err(|error| unset(&error))?;
    let reader = match wanted.reader {
        Reader::Management => "management",
        Reader::Auditor => "auditor",
        Reader::Authority => "authority",
    };
    let file = format!("attachment; filename=\"haubert-report-{reader}.pdf\"");
    Ok(([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, file)], bytes).into_response())
}
