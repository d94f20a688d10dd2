//! Where an organisation stands, and what it does next.

use super::organisation_profile::profile;
use crate::frameworks::{self, short_name};
use crate::hub::Hub;
use crate::standing::{self, Asked, Facts, Proof, Said, Witness, words};
use crate::store::entity::standing::{answer, assessment};
use axum::extract::State;
use haubert_link::message::Standing as Stands;
use haubert_model::{OrganisationId, Words};
use haubert_risk::content::{Content, Covers, Effort, Spend};
use haubert_risk::{Answer, Audit, Importance, Known, Ring, Score, Shortfall, Step, Track, next_steps, score};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::BTreeSet;

/// How many next steps are shown.
const STEPS: usize = 6;

/// A next step.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NextStep)]
pub(super) struct StepView {
    #[serde(flatten)]
    pub(super) step: Step,
    pub(super) effort: Effort,
    pub(super) cost: Spend,
}

/// A grade of the label.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LabelGrade)]
pub(super) struct GradeView {
    pub(super) id: String,
    pub(super) title: Words,
    pub(super) says: Words,
    /// Whether a third party must have audited.
    pub(super) audit: bool,
    /// For how many months it is given.
    pub(super) months: u32,
    /// Whose answers count.
    pub(super) track: Track,
    /// What is missing.
    pub(super) shortfalls: Vec<Shortfall>,
}

/// The label, as things stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LabelStanding)]
pub(super) struct LabelView {
    /// The highest grade of which nothing is missing.
    #[schema(required)]
    pub(super) reached: Option<String>,
    pub(super) grades: Vec<GradeView>,
    /// Major non-conformities that no auditor has seen corrected: with one, no grade that needs an audit is reached.
    pub(super) open_majors: u32,
}

/// A proof from a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MeasureEvidence)]
pub(super) struct EvidenceView {
    pub(super) gateway_id: String,
    pub(super) gateway: String,
    /// Line of the gateway's posture.
    pub(super) requirement: String,
    /// How it stands: `met`, `compensated`, `not_applicable`, `weak`, `not_met` or `unknown`.
    pub(super) standing: &'static str,
    pub(super) at: Time,
    pub(super) covers: Covers,
}

/// A measure, and what is known of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MeasureStanding)]
pub(super) struct MeasureView {
    pub(super) id: String,
    pub(super) theme: String,
    pub(super) name: Words,
    pub(super) importance: Importance,
    pub(super) effort: Effort,
    pub(super) cost: Spend,
    /// From 0 to 1; nothing when nobody has said, or it does not apply.
    #[schema(required)]
    pub(super) declared: Option<f64>,
    /// From 0 to 1.
    #[schema(required)]
    pub(super) proven: Option<f64>,
    pub(super) is_applicable: bool,
    /// Nothing when it does not apply.
    #[schema(required)]
    pub(super) ring: Option<Ring>,
    /// Whether a gateway shows clearly less than what is declared.
    pub(super) contradicted: bool,
    pub(super) evidence: Vec<EvidenceView>,
    /// Valid files that are attached to it.
    pub(super) file_count: usize,
}

/// A theme of the framework.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StandingTheme)]
pub(super) struct ThemeView {
    pub(super) id: String,
    pub(super) name: Words,
}

/// Where an organisation stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OrganisationStanding)]
pub(super) struct StandingView {
    /// The assessment that counts: the newest of the organisation's own.
    #[schema(required)]
    pub(super) assessment: Option<String>,
    pub(super) declared: Score,
    pub(super) evidenced: Score,
    /// Nothing as long as nobody has audited.
    #[schema(required)]
    pub(super) audited: Option<Score>,
    pub(super) steps: Vec<StepView>,
    pub(super) label: LabelView,
    pub(super) measures: Vec<MeasureView>,
    /// Themes in the framework's order.
    pub(super) themes: Vec<ThemeView>,
}

/// Everything that is known of an organisation's measures.
pub(super) struct Stand {
    pub(super) own: Option<assessment::Model>,
    pub(super) audit: Option<assessment::Model>,
    pub(super) asked: Vec<Asked>,
    /// What audits say beside their answers.
    pub(super) findings: Audit,
}

impl Stand {
    /// What is known of a measure; of one that is not asked, nothing.
    pub(super) fn known(&self, measure: &str) -> Known {
        self.asked.iter().find(|asked| asked.id() == measure).map(|asked| asked.known).unwrap_or_default()
    }
}

/// Answers as the rules see them.
pub(super) fn said(rows: &[answer::Model]) -> Vec<Said> {
    let said = |row: &answer::Model| Said {
        subject: row.subject.clone(),
        choice: row.choice.clone(),
        score: row.score.and_then(|score| u32::try_from(score).ok()),
        not_applicable: row.not_applicable.is_some(),
    };
    rows.iter().map(said).collect()
}

async fn witnesses(hub: &Hub, id: OrganisationId) -> Result<Vec<Witness>, Problem> {
    let mut witnesses = Vec::new();
    for gateway in hub.store.gateways_of(id).await? {
        let Ok(gateway_id) = gateway.id.parse() else { continue };
        let newest = hub.store.postures(gateway_id, 1).await?.into_iter().next();
        witnesses.extend(newest.map(|kept| Witness {
            id: gateway.id,
            name: gateway.name,
            // The hub's time: a gateway's clock may be anything.
            at: kept.received_at,
            report: kept.report,
        }));
    }
    Ok(witnesses)
}

/// Brings together what is known of an organisation's measures.
pub(super) async fn stand(hub: &Hub, id: OrganisationId) -> Result<Stand, Problem> {
    let framework = frameworks::port()?.ok_or_else(Problem::not_found)?;
    let profile = profile(&hub.store, id).await?;
    let mut assessments = hub.store.assessments(id).await?;
    assessments.retain(|row| row.framework == framework.ref_id);
    let own = assessments.iter().find(|row| row.kind == "self").cloned();
    // An audit counts once the auditor has signed it.
    let audit = assessments.iter().find(|row| row.kind == "audit" && row.closed).cloned();
    let declared = match &own {
        Some(own) => said(&hub.store.answers(&own.id).await?),
        None => Vec::new(),
    };
    let audited = match &audit {
        Some(audit) => Some(said(&hub.store.answers(&audit.id).await?)),
        None => None,
    };
    let witnesses = witnesses(hub, id).await?;
    let files: Vec<BTreeSet<String>> = super::evidence::of_organisation(hub, id, false)
        .await?
        .iter()
        .filter_map(|file| file.proves(|assessment| assessments.iter().any(|row| row.id == assessment)))
        .collect();
    let findings = Audit::of(audit.is_some(), super::findings::weights(hub, id).await?);
    let facts = Facts {
        profile: &profile,
        declared: &declared,
        audited: audited.as_deref(),
        witnesses: &witnesses,
        files: &files,
        now: hub.now(),
    };
    let asked = standing::asked(frameworks::content()?, framework, &facts);
    Ok(Stand { own, audit, asked, findings })
}

const fn stands(stands: Stands) -> &'static str {
    match stands {
        Stands::Met => "met",
        Stands::Compensated => "compensated",
        Stands::NotApplicable => "not_applicable",
        Stands::Weak => "weak",
        Stands::NotMet => "not_met",
        Stands::Unknown => "unknown",
    }
}

fn evidence(proof: &Proof) -> EvidenceView {
    EvidenceView {
        gateway_id: proof.gateway_id.clone(),
        gateway: proof.gateway.clone(),
        requirement: proof.requirement.clone(),
        standing: stands(proof.stands),
        at: Time(proof.at),
        covers: proof.covers,
    }
}

fn part(answer: Answer) -> Option<f64> {
    match answer {
        Answer::Done(value) => Some(value),
        Answer::Unknown | Answer::NotApplicable => None,
    }
}

/// What is known of a measure.
pub(super) fn measure(asked: &Asked) -> MeasureView {
    MeasureView {
        id: asked.id().to_owned(),
        theme: short_name(asked.theme).to_owned(),
        name: words(&asked.node.name),
        importance: asked.node.importance,
        effort: asked.effort,
        cost: asked.cost,
        declared: part(asked.known.declared),
        proven: part(asked.known.proven),
        is_applicable: asked.known.declared != Answer::NotApplicable,
        ring: asked.known.ring(),
        contradicted: asked.is_contradicted(),
        evidence: asked.proofs.iter().map(evidence).collect(),
        file_count: asked.files,
    }
}

/// The themes of measures, in the framework's order.
pub(super) fn themes(asked: &[Asked]) -> Vec<ThemeView> {
    let mut themes: Vec<ThemeView> = Vec::new();
    for asked in asked {
        if !themes.iter().any(|theme| theme.id == short_name(asked.theme)) {
            themes.push(ThemeView { id: short_name(asked.theme).to_owned(), name: words(&asked.theme.name) });
        }
    }
    themes
}

/// The scores that a label is given by.
pub(super) struct LabelScores {
    declared: Score,
    evidenced: Score,
    audited: Option<Score>,
    nothing: Score,
    audit: Audit,
}

/// The scores of an organisation.
pub(super) fn label_scores(stand: &Stand) -> LabelScores {
    LabelScores {
        declared: score(&standing::declared(&stand.asked)),
        evidenced: score(&standing::evidenced(&stand.asked)),
        audited: stand.audit.as_ref().map(|_| score(&standing::audited(&stand.asked))),
        nothing: Score::default(),
        audit: stand.findings,
    }
}

impl LabelScores {
    pub(super) fn of(&self, track: Track) -> &Score {
        match track {
            Track::Declared => &self.declared,
            Track::Evidenced => &self.evidenced,
            Track::Audited => self.audited.as_ref().unwrap_or(&self.nothing),
        }
    }

    pub(super) const fn audit(&self) -> Audit {
        self.audit
    }
}

fn label(content: &'static Content, scores: &LabelScores) -> LabelView {
    let grades = content.label.grades.iter().map(|grade| GradeView {
        id: grade.id.clone(),
        title: grade.title.clone(),
        says: grade.says.clone(),
        audit: grade.audit,
        months: grade.months,
        track: grade.track,
        shortfalls: grade.floors.shortfalls(scores.of(grade.track)),
    });
    let reached = content.label.reached(|track| scores.of(track), scores.audit());
    let open_majors = scores.audit().open_majors;
    LabelView { reached: reached.map(|grade| grade.id.clone()), grades: grades.collect(), open_majors }
}

#[utoipa::path(get, path = "/organisations/{id}/standing", tag = "standing", operation_id = "read_standing", params(("id" = OrganisationId, Path)), responses((status = 200, body = StandingView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<StandingView>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(view(&stand(&hub, id).await?)?))
}

/// Where an organisation stands, by what is known.
pub(super) fn view(stand: &Stand) -> Result<StandingView, Problem> {
    let content = frameworks::content()?;
    let asked = &stand.asked;
    let measures = standing::declared(asked);
    let scores = label_scores(stand);
    let takes = |measure: &str| asked.iter().find(|asked| asked.id() == measure).map(|asked| (asked.effort, asked.cost));
    let steps = next_steps(&measures, &standing::takes(content), STEPS).into_iter().filter_map(|step| {
        let (effort, cost) = takes(&step.measure)?;
        Some(StepView { step, effort, cost })
    });
    Ok(StandingView {
        steps: steps.collect(),
        label: label(content, &scores),
        measures: asked.iter().map(measure).collect(),
        themes: themes(asked),
        assessment: stand.own.as_ref().map(|own| own.id.clone()),
        declared: scores.declared,
        evidenced: scores.evidenced,
        audited: scores.audited,
    })
}
