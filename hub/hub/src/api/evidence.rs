//! Evidence: files that prove what an organisation declares.
//!
//! A file is never shown by the hub: it is saved, under a type that no browser opens, in a sandbox besides. Only the whole of an
//! evidence can be removed, so that no version disappears from between the others.

mod transfer;

use super::assessments::CHANGED_MEANWHILE;
use super::name;
use crate::days;
use crate::evidence::{Incoming, Kind};
use crate::frameworks::short_name;
use crate::hub::Hub;
use crate::store::entity::audit_work::{evidence, evidence_link, evidence_version};
use crate::store::{Added, Changed, Evidence, Removed};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use haubert_model::{OrganisationId, Timestamp};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const EVIDENCE_FULL: Code = Code::new("evidence_full", 409, "The organisation has no room for more evidence");
/// Longest note, in characters.
pub(super) const MAX_NOTE: usize = 1_000;
/// Most measures that one evidence is attached to.
pub(super) const MAX_LINKS: usize = 100;

/// A measure of an assessment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EvidenceLink)]
pub(super) struct LinkView {
    assessment_id: String,
    /// Short name of the measure.
    measure: String,
}

/// A file, as it was at a time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EvidenceVersion)]
pub(super) struct VersionView {
    /// From 1.
    number: i32,
    pub(super) file_name: String,
    kind: Kind,
    /// Bytes of the file.
    #[schema(minimum = 0)]
    bytes: i64,
    /// SHA-256 of the file, 64 small hexadecimal digits.
    pub(super) sha256: String,
    note: String,
    /// The last day on which it proves something, `2027-03-31`; nothing when it has no end.
    #[schema(required)]
    valid_until: Option<String>,
    is_expired: bool,
    added_at: Time,
    added_by: String,
}

/// Evidence.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EvidenceFile)]
pub(super) struct EvidenceView {
    pub(super) id: String,
    organisation_id: String,
    pub(super) title: String,
    /// Counts its changes.
    revision: i32,
    links: Vec<LinkView>,
    /// The oldest first; the last one counts.
    pub(super) versions: Vec<VersionView>,
    /// Whether the last version has expired.
    is_expired: bool,
    created_at: Time,
    created_by: String,
    changed_at: Time,
    changed_by: String,
    /// Its files are gone from then on.
    #[schema(required)]
    removed_at: Option<Time>,
    #[schema(required)]
    removed_by: Option<String>,
}

/// What their list answers.
type EvidenceViewList = List<EvidenceView>;

impl EvidenceView {
    pub(super) fn is_attached_to(&self, measure: &str) -> bool {
        self.links.iter().any(|link| link.measure == measure)
    }

    /// The measures that it is attached to in assessments that are `meant`; nothing when its last version has expired.
    pub(super) fn proves(&self, meant: impl Fn(&str) -> bool) -> Option<BTreeSet<String>> {
        let links = self.links.iter().filter(|link| meant(&link.assessment_id));
        (!self.is_expired).then(|| links.map(|link| link.measure.clone()).collect())
    }
}

/// What can be set of evidence.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceBody {
    title: String,
    links: Vec<LinkView>,
    /// The revision that this one replaces.
    revision: i32,
}

/// What is said of a new file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NewVersion {
    /// Name of the file.
    file: String,
    #[serde(default)]
    note: String,
    /// The last day on which it proves something, `2027-03-31`.
    valid_until: Option<String>,
}

/// What new evidence is attached to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NewEvidence {
    /// Title; else the name of the file.
    #[serde(default)]
    title: String,
    /// An assessment of the organisation; together with `measure`.
    assessment: Option<String>,
    /// Short name of a measure.
    measure: Option<String>,
}

/// Whether removed evidence is listed, too.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AlsoRemoved {
    #[serde(default)]
    removed: bool,
}

fn version_view(row: evidence_version::Model, today: Date) -> Result<VersionView, Problem> {
    let kind = serde_json::from_value(row.kind.into()).map_err(|error| Problem::internal("read a kind of evidence", &error))?;
    Ok(VersionView {
        number: row.number,
        file_name: row.file_name,
        kind,
        bytes: row.bytes,
        sha256: row.sha256,
        note: row.note,
        is_expired: days::is_over(row.valid_until.as_deref(), today),
        valid_until: row.valid_until,
        added_at: Time(Timestamp(row.added_at)),
        added_by: row.added_by,
    })
}

fn view(Evidence { row, versions, links }: Evidence, today: Date) -> Result<EvidenceView, Problem> {
    let versions: Vec<VersionView> = versions.into_iter().map(|row| version_view(row, today)).collect::<Result<_, _>>()?;
    let link = |link: evidence_link::Model| LinkView { assessment_id: link.assessment_id, measure: link.measure };
    Ok(EvidenceView {
        id: row.id,
        organisation_id: row.organisation_id,
        title: row.title,
        revision: row.revision,
        links: links.into_iter().map(link).collect(),
        is_expired: versions.last().is_some_and(|version| version.is_expired),
        versions,
        created_at: Time(Timestamp(row.created_at)),
        created_by: row.created_by,
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
        removed_at: row.removed_at.map(|at| Time(Timestamp(at))),
        removed_by: row.removed_by,
    })
}

/// Everything that an organisation has now.
pub(super) async fn of_organisation(hub: &Hub, id: OrganisationId, removed: bool) -> Result<Vec<EvidenceView>, Problem> {
    let today = hub.today();
    hub.store.evidence_of(id, removed).await?.into_iter().map(|evidence| view(evidence, today)).collect()
}

async fn found(hub: &Hub, id: &str) -> Result<(Evidence, OrganisationId), Problem> {
    let evidence = hub.store.evidence(id).await?.ok_or_else(Problem::not_found)?;
    let organisation = evidence.row.organisation_id.parse().map_err(|_| Problem::not_found())?;
    Ok((evidence, organisation))
}

#[utoipa::path(get, path = "/organisations/{id}/evidence", tag = "evidence", operation_id = "list_evidence", params(("id" = OrganisationId, Path), AlsoRemoved), responses((status = 200, body = EvidenceViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(AlsoRemoved { removed }): Query<AlsoRemoved>,
) -> Result<Json<List<EvidenceView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List::whole(of_organisation(&hub, id, removed).await?)))
}

#[utoipa::path(get, path = "/evidence/{id}", tag = "evidence", operation_id = "read_evidence", params(("id" = String, Path)), responses((status = 200, body = EvidenceView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<EvidenceView>, Problem> {
    Ok(Json(view(found(&hub, &id).await?.0, hub.today())?))
}

/// Links of an organisation's evidence, of which none is new to a closed assessment or taken from one.
async fn links(
    hub: &Hub,
    id: &str,
    organisation: OrganisationId,
    before: &[evidence_link::Model],
    wanted: &[LinkView],
) -> Result<Vec<evidence_link::Model>, Problem> {
    if wanted.len() > MAX_LINKS {
        return Err(Problem::invalid("links", "too_many", format!("at most {MAX_LINKS}")));
    }
    let row = |link: &LinkView| evidence_link::Model {
        evidence_id: id.to_owned(),
        assessment_id: link.assessment_id.clone(),
        measure: link.measure.clone(),
    };
    let after: Vec<_> = wanted.iter().collect::<BTreeSet<_>>().into_iter().map(row).collect();
    let gone = before.iter().filter(|link| !after.contains(link));
    let own = hub.store.assessments(organisation).await?;
    for link in after.iter().filter(|link| !before.contains(link)).chain(gone) {
        let Some(assessment) = own.iter().find(|own| own.id == link.assessment_id) else {
            return Err(Problem::invalid("assessment", "not_found", "the organisation has no such assessment"));
        };
        if assessment.closed {
            return Err(Problem::new(codes::CONFLICT).detail("the assessment is closed"));
        }
        if !hub.frameworks.find(&assessment.framework)?.framework()?.measures().any(|node| short_name(node) == link.measure) {
            return Err(Problem::invalid("measure", "not_found", "the framework has no such measure"));
        }
    }
    Ok(after)
}

impl NewVersion {
    fn check(&self) -> Result<(), Problem> {
        if self.file.trim().is_empty() {
            return Err(Problem::invalid("file", "required", "say what the file is called"));
        }
        if self.note.chars().count() > MAX_NOTE {
            return Err(Problem::invalid("note", "too_long", format!("at most {MAX_NOTE} characters")));
        }
        days::check("valid_until", self.valid_until.as_deref())
    }

    fn row(self, hub: &Hub, session: &Session, id: &str, file: &Incoming) -> Result<evidence_version::Model, Problem> {
        let kind = serde_json::to_value(file.kind).map_err(|error| Problem::internal("write a kind of evidence", &error))?;
        Ok(evidence_version::Model {
            evidence_id: id.to_owned(),
            number: 1,
            file_name: file.name.clone(),
            kind: kind.as_str().unwrap_or_default().to_owned(),
            sha256: file.sha256.clone(),
            bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
            note: self.note,
            valid_until: self.valid_until,
            added_at: hub.now().as_millis(),
            added_by: session.user_name.clone(),
        })
    }
}

/// Says why a file was not added, and leaves nothing of it.
async fn settled(hub: &Hub, organisation: OrganisationId, digest: String, added: Added) -> Result<(), Problem> {
    const MIB: u64 = 1024 * 1024;
    if added != Added::Kept && !hub.store.has_file(organisation, &digest).await? {
        transfer::discard(hub, organisation, vec![digest]).await?;
    }
    match added {
        Added::Kept => Ok(()),
        Added::Absent => Err(Problem::not_found()),
        Added::TooMany => Err(Problem::new(EVIDENCE_FULL).detail("there are too many already")),
        Added::Full(taken) => {
            let (taken, limit) = (taken / MIB, hub.evidence.limit() / MIB);
            Err(Problem::new(EVIDENCE_FULL)
                .detail(format!("{taken} of {limit} MiB are taken, and the file does not fit in what is left")))
        }
    }
}

#[utoipa::path(post, path = "/organisations/{id}/evidence", tag = "evidence", operation_id = "add_evidence", description = "Takes a file of at most 20 MiB as the body, and what is said of it as parameters.", params(("id" = OrganisationId, Path), NewEvidence, NewVersion), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = EvidenceView)))]
pub(super) async fn add(
    State(hub): State<Hub>,
    session: Session,
    Path(organisation): Path<OrganisationId>,
    Query(new): Query<NewEvidence>,
    Query(said): Query<NewVersion>,
    body: Body,
) -> Result<(StatusCode, Json<EvidenceView>), Problem> {
    super::organisations::found(&hub, organisation).await?;
    said.check()?;
    let wanted = match (new.assessment, new.measure) {
        (Some(assessment_id), Some(measure)) => vec![LinkView { assessment_id, measure }],
        (None, None) => Vec::new(),
        (Some(_), None) => return Err(Problem::invalid("measure", "required", "name the measure, too")),
        (None, Some(_)) => return Err(Problem::invalid("assessment", "required", "name the assessment, too")),
    };
    let id = hub.new_id()?.to_string();
    let links = links(&hub, &id, organisation, &[], &wanted).await?;
    let title = if new.title.trim().is_empty() { None } else { Some(name("title", &new.title)?) };
    let file = transfer::receive(&hub, &said.file, body).await?;
    let now = hub.now();
    let row = evidence::Model {
        organisation_id: organisation.to_string(),
        title: title.unwrap_or_else(|| file.name.chars().take(100).collect()),
        revision: 1,
        created_at: now.as_millis(),
        created_by: session.user_name.clone(),
        changed_at: now.as_millis(),
        changed_by: session.user_name.clone(),
        removed_at: None,
        removed_by: None,
        id,
    };
    let new = Evidence { versions: vec![said.row(&hub, &session, &row.id, &file)?], links, row };
    let _one = hub.evidence.changing.lock().await;
    let digest = transfer::place(&hub, organisation, file).await?;
    let added = hub.store.add_evidence(new.clone(), hub.evidence.limit()).await?;
    settled(&hub, organisation, digest, added).await?;
    Ok((StatusCode::CREATED, Json(view(new, hub.today())?)))
}

#[utoipa::path(post, path = "/evidence/{id}/versions", tag = "evidence", operation_id = "add_evidence_version", description = "Takes a file of at most 20 MiB as the body; those before it are kept.", params(("id" = String, Path), NewVersion), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = EvidenceView)))]
pub(super) async fn add_version(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Query(said): Query<NewVersion>,
    body: Body,
) -> Result<(StatusCode, Json<EvidenceView>), Problem> {
    let (before, organisation) = found(&hub, &id).await?;
    if before.row.removed_at.is_some() {
        return Err(Problem::not_found());
    }
    said.check()?;
    let file = transfer::receive(&hub, &said.file, body).await?;
    let version = said.row(&hub, &session, &id, &file)?;
    {
        let _one = hub.evidence.changing.lock().await;
        let digest = transfer::place(&hub, organisation, file).await?;
        let added = hub.store.add_evidence_version(version, hub.evidence.limit()).await?;
        settled(&hub, organisation, digest, added).await?;
    }
    Ok((StatusCode::CREATED, Json(view(found(&hub, &id).await?.0, hub.today())?)))
}

/// The file of a version, to be saved.
#[utoipa::path(get, path = "/evidence/{id}/versions/{version}", tag = "evidence", operation_id = "download_evidence", params(("id" = String, Path), ("version" = i32, Path)), responses((status = 200, content_type = "application/octet-stream", body = String)))]
pub(super) async fn download(State(hub): State<Hub>, Path((id, number)): Path<(String, i32)>) -> Result<Response, Problem> {
    let (evidence, organisation) = found(&hub, &id).await?;
    let version = evidence.versions.into_iter().find(|version| version.number == number);
    match version.filter(|_| evidence.row.removed_at.is_none()) {
        Some(version) => transfer::send(&hub, organisation, version).await,
        None => Err(Problem::not_found()),
    }
}

#[utoipa::path(put, path = "/evidence/{id}", tag = "evidence", operation_id = "update_evidence", params(("id" = String, Path)), request_body = EvidenceBody, responses((status = 200, body = EvidenceView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<EvidenceBody>,
) -> Result<Json<EvidenceView>, Problem> {
    let (before, organisation) = found(&hub, &id).await?;
    let links = links(&hub, &id, organisation, &before.links, &body.links).await?;
    let row = evidence::Model {
        title: name("title", &body.title)?,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
        ..before.row
    };
    match hub.store.set_evidence(row, links, body.revision).await? {
        Changed::Kept(()) => read(State(hub), Path(id)).await,
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

/// Removes evidence with all its versions; that it was there, and who removed it, stays known.
#[utoipa::path(delete, path = "/evidence/{id}", tag = "evidence", operation_id = "delete_evidence", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, session: Session, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let (_, organisation) = found(&hub, &id).await?;
    let _one = hub.evidence.changing.lock().await;
    match hub.store.remove_evidence(&id, &session.user_name, hub.now()).await? {
        Removed::Absent => Err(Problem::not_found()),
        Removed::Named => Err(Problem::new(codes::CONFLICT).detail("a closed audit names it")),
        Removed::Done(digests) => {
            transfer::discard(&hub, organisation, digests).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
