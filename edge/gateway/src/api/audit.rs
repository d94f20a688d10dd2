//! The audit trail: reading, taking out, verifying; what is set for it, and the receiver of its messages.

use super::may;
use crate::app::{App, Shared};
use crate::audit::export::{self, Format};
use crate::audit::reading::{self, Filter, Found};
use crate::audit::settings::{AuditSettings, MIN_DAYS, SyslogSettings};
use crate::audit::{files, segment, syslog};
use crate::rights;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use haubert_trust::audit::{Category, Head, Outcome};
use http::header;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use tokio::sync::{Semaphore, mpsc};
use utoipa::{IntoParams, ToSchema};

/// Pieces that wait for a slow reader.
const WAITING: usize = 64;
/// Files and verifications under way; each reads the whole trail.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What their list answers.
type AuditRecordList = List<AuditRecord>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::AUDIT_VIEW), routes!(list_audit))
        .routes(may(rights::AUDIT_VIEW), routes!(get_audit_status))
        .routes(may(rights::AUDIT_VIEW), routes!(get_audit_settings))
        .routes(may(rights::AUDIT_CHANGE), routes!(put_audit_settings))
        .routes(may(rights::AUDIT_RUN), routes!(export_audit))
        .routes(may(rights::AUDIT_RUN), routes!(verify_audit))
        .routes(may(rights::AUDIT_CHANGE), routes!(test_syslog))
        .routes(may(rights::AUDIT_VIEW), routes!(get_audit_head))
        .routes(may(rights::AUDIT_VIEW), routes!(get_audit_record))
}

/// Which records.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// From this time on.
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    /// Before this time.
    #[param(value_type = Option<String>)]
    to: Option<Time>,
    /// Of this account.
    account: Option<String>,
    /// From this address.
    source: Option<String>,
    /// Of this category: `access_control`, `request_error`, `system`, `backup_restore`, `configuration`, `audit_log`.
    category: Option<String>,
    /// Of this action.
    action: Option<String>,
    /// That ended so: `success`, `failure`, `refused`.
    outcome: Option<String>,
    /// That hold this text anywhere.
    text: Option<String>,
    /// Form of the file; JSON lines when absent. Only for the export.
    #[param(inline)]
    format: Option<Format>,
    /// Records of a page, 1 to 500; 100 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<u64>,
}

impl Ask {
    fn filter(&self) -> Result<Filter, Problem> {
        let given = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let category = given(&self.category).map(|code| {
            Category::ALL.iter().find(|category| category.code() == code).copied().ok_or_else(|| unknown("category"))
        });
        let outcome = given(&self.outcome)
            .map(|code| Outcome::ALL.iter().find(|outcome| outcome.code() == code).copied().ok_or_else(|| unknown("outcome")));
        Ok(Filter {
            from: self.from.map(|time| time.0),
            to: self.to.map(|time| time.0),
            account: given(&self.account),
            source: given(&self.source),
            category: category.transpose()?,
            action: given(&self.action),
            outcome: outcome.transpose()?,
            text: given(&self.text),
        })
    }
}

fn unknown(field: &str) -> Problem {
    Problem::invalid(field, "not_valid", "no such code")
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
struct AuditActor {
    /// `system`, `person`, `anonymous`, `console`.
    kind: &'static str,
    /// Account, or the name that was tried.
    account: String,
    profile: String,
    /// Address that the request came from.
    source: String,
    /// Public name of the session.
    session: String,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
struct AuditTarget {
    kind: String,
    id: String,
    name: String,
}

/// A record.
#[derive(Debug, Serialize, ToSchema)]
struct AuditRecord {
    /// Place in the trail.
    seq: u64,
    at: Time,
    /// Whether the clock was known to be right.
    clock_set: bool,
    actor: AuditActor,
    category: &'static str,
    action: String,
    #[schema(required)]
    target: Option<AuditTarget>,
    outcome: &'static str,
    /// What was there before, as far as it changed.
    #[schema(required, value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// What is there now, as far as it changed.
    #[schema(required, value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    details: BTreeMap<String, String>,
    /// SHA-256 of the record, in hex.
    hash: String,
}

impl From<Found> for AuditRecord {
    fn from((line, _): Found) -> Self {
        let hash = line.hash.to_string();
        let record = line.record;
        let actor = record.actor;
        Self {
            seq: record.seq,
            at: Time(record.at),
            clock_set: record.clock == haubert_trust::audit::ClockState::Set,
            actor: AuditActor {
                kind: actor.kind.code(),
                account: actor.account,
                profile: actor.profile,
                source: actor.source,
                session: actor.session,
            },
            category: record.category.code(),
            action: record.action.into_owned(),
            target: record.target.map(|target| AuditTarget { kind: target.kind, id: target.id, name: target.name }),
            outcome: record.outcome.code(),
            before: record.before,
            after: record.after,
            details: record.details,
            hash,
        }
    }
}

/// Reads the trail off the async threads.
async fn read<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(files::Reading) -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let reading = app.audit.reading();
    match tokio::task::spawn_blocking(move || work(reading)).await {
        Ok(outcome) => outcome.map_err(|error| Problem::internal("read the audit trail", &error)),
        Err(_) => Err(Problem::new(codes::UNAVAILABLE)),
    }
}

/// Records, newest first. Reading them is recorded.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Ask), responses((status = 200, body = AuditRecordList)))]
async fn list_audit(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<List<AuditRecord>>, Problem> {
    let limit = usize::try_from(ask.limit.unwrap_or(100).clamp(1, 500)).unwrap_or(500);
    let (filter, before) = (ask.filter()?, ask.cursor.unwrap_or(u64::MAX));
    let found = read(&app, move |reading| reading::newest_first(&reading, before, limit, &filter)).await?;
    let next_cursor = found.last().filter(|_| found.len() >= limit).map(|(line, _)| line.record.seq.to_string());
    Ok(Json(List { items: found.into_iter().map(AuditRecord::from).collect(), next_cursor }))
}

/// One record.
#[utoipa::path(get, path = "/audit/records/{seq}", tag = "audit", params(("seq" = u64, Path)), responses((status = 200, body = AuditRecord)))]
async fn get_audit_record(State(app): State<Shared>, Path(seq): Path<u64>) -> Result<Json<AuditRecord>, Problem> {
    let wanted = seq.checked_add(1).ok_or_else(Problem::not_found)?;
    let found = read(&app, move |reading| reading::newest_first(&reading, wanted, 1, &Filter::default())).await?;
    let found = found.into_iter().find(|(line, _)| line.record.seq == seq);
    found.map(|found| Json(found.into())).ok_or_else(Problem::not_found)
}

/// The newest signed head: kept elsewhere, it proves all that came before it.
#[derive(Debug, Serialize, ToSchema)]
struct AuditHead {
    /// Identity of the log, in hex.
    log: String,
    /// Number of the newest record.
    seq: u64,
    /// Its hash, in hex.
    hash: String,
    /// Ed25519 signature of the three, in base64.
    sig: String,
}

impl From<Head> for AuditHead {
    fn from(head: Head) -> Self {
        Self { log: head.log.to_string(), seq: head.seq, hash: head.hash.to_string(), sig: head.signature() }
    }
}

#[utoipa::path(get, path = "/audit/head", tag = "audit", responses((status = 200, body = AuditHead)))]
async fn get_audit_head(State(app): State<Shared>) -> Result<Json<AuditHead>, Problem> {
    app.audit.head().map(|head| Json(head.into())).ok_or_else(Problem::not_found)
}

/// Why the trail is not written.
#[derive(Debug, Serialize, ToSchema)]
struct AuditTrouble {
    since: Time,
    /// Records that are missing because of it.
    missed: u64,
}

/// How far sending to the syslog receiver is.
#[derive(Debug, Serialize, ToSchema)]
struct SyslogState {
    /// Whether there is a receiver, and the policy allows it.
    active: bool,
    /// Whether the security policy has it on.
    allowed: bool,
    connected: bool,
    /// Number of the last record delivered.
    delivered: u64,
    #[schema(required)]
    delivered_at: Option<Time>,
    /// Records that wait.
    waiting: u64,
    /// Whether ordinary events are sent too.
    events_active: bool,
    #[schema(required)]
    events_delivered_at: Option<Time>,
    /// Stable code of the last failure.
    #[schema(required)]
    error: Option<String>,
    /// The failure in words.
    #[schema(required)]
    error_detail: Option<String>,
}

/// How the trail stands.
#[derive(Debug, Serialize, ToSchema)]
struct AuditStatus {
    /// The newest head.
    #[schema(required)]
    head: Option<AuditHead>,
    /// What checks its signatures (Ed25519, base64).
    public_key: String,
    /// Number of the oldest record kept.
    #[schema(required)]
    first: Option<u64>,
    #[schema(required)]
    first_at: Option<Time>,
    /// Bytes that records take.
    bytes: u64,
    /// Bytes in reserve for a full disk, and how many there should be.
    reserve_bytes: u64,
    reserve_wanted_bytes: u64,
    /// Why it is not written.
    #[schema(required)]
    trouble: Option<AuditTrouble>,
    /// Whether records younger than `promised_days` had to go for want of room.
    short: bool,
    promised_days: u32,
    syslog: SyslogState,
}

/// How the trail stands.
#[utoipa::path(get, path = "/audit/status", tag = "audit", responses((status = 200, body = AuditStatus)))]
async fn get_audit_status(State(app): State<Shared>) -> Result<Json<AuditStatus>, Problem> {
    let mut oldest = None;
    let oldest = read(&app, move |reading| {
        reading::oldest_first(&reading, 0, &Filter::default(), |(line, _)| {
            oldest = Some((line.record.seq, line.record.at));
            false
        })?;
        Ok(oldest)
    })
    .await?;
    let (state, sent, (bytes, reserve)) = (app.audit.state(), app.audit.sender().borrow().clone(), app.audit.room());
    let events = app.audit.events_sender().borrow().clone();
    let size = |segments: usize| (segments * segment::BYTES) as u64;
    let waiting = if sent.wanted { state.backlog(&sent) } else { 0 };
    let (error, error_detail) = sent.error.map(|(code, detail)| (code.to_owned(), detail)).unzip();
    Ok(Json(AuditStatus {
        head: state.head.map(AuditHead::from),
        public_key: app.audit.public_key().to_string(),
        first: oldest.map(|(seq, _)| seq),
        first_at: oldest.map(|(_, at)| Time(at)),
        bytes,
        reserve_bytes: size(reserve),
        reserve_wanted_bytes: size(files::RESERVE),
        trouble: state.trouble.map(|trouble| AuditTrouble { since: Time(trouble.since), missed: trouble.missed }),
        short: state.short,
        promised_days: MIN_DAYS,
        syslog: SyslogState {
            active: sent.wanted,
            allowed: app.policy.allows(crate::policy::Service::Syslog),
            connected: sent.connected,
            delivered: sent.seq,
            delivered_at: sent.at.map(Time),
            waiting,
            events_active: events.wanted,
            events_delivered_at: events.at.map(Time),
            error,
            error_detail,
        },
    }))
}

#[utoipa::path(get, path = "/audit/settings", tag = "audit", responses((status = 200, body = AuditSettings)))]
async fn get_audit_settings(State(app): State<Shared>) -> Json<AuditSettings> {
    Json(app.audit.settings())
}

#[utoipa::path(put, path = "/audit/settings", tag = "audit", request_body = AuditSettings, responses((status = 200, body = AuditSettings)))]
async fn put_audit_settings(
    State(app): State<Shared>,
    Json(settings): Json<AuditSettings>,
) -> Result<Json<AuditSettings>, Problem> {
    let settings = settings.checked()?;
    let stored = settings.clone();
    app.db.call(move |tx| stored.store(tx)).await?;
    app.audit.set(settings.clone());
    Ok(Json(settings))
}

/// The records as a file: JSON lines that `haubert-gateway audit verify --file` checks, or CSV. Taking it out is recorded.
#[utoipa::path(get, path = "/audit/export", tag = "audit", params(Ask),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
async fn export_audit(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Response, Problem> {
    let (filter, format) = (ask.filter()?, ask.format.unwrap_or_default());
    let place = PLACES.try_acquire().map_err(|_| Problem::new(codes::UNAVAILABLE).detail("too much is read at once"))?;
    let (reading, proof) = (app.audit.reading(), app.audit.proof([]));
    let (pieces, received) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let outcome = export::write(&reading, &proof, &filter, format, |piece| pieces.blocking_send(Ok(piece.into())).is_ok());
        if let Err(error) = outcome {
            tracing::error!(error = &error as &dyn std::error::Error, "export of the audit trail broken off");
            // Ends the connection without the mark of the end, so that nobody takes the part for the whole.
            let _gone = pieces.blocking_send(Err(io::Error::other("the trail cannot be read")));
        }
    });
    let stream =
        futures_util::stream::unfold(
            received,
            |mut received| async move { received.recv().await.map(|piece| (piece, received)) },
        );
    let (kind, extension) = match format {
        Format::Jsonl => ("application/x-ndjson", "jsonl"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let at = Time(app.clock.now()).to_string();
    let day = at.get(..10).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"audit-{day}.{extension}\"")),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// What else the trail must agree with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    /// Signed heads that were kept elsewhere: an exported file, or a head, as text.
    #[serde(default)]
    against: String,
}

/// Whether the trail holds.
#[derive(Debug, Serialize, ToSchema)]
struct AuditVerdict {
    /// No record is bad.
    whole: bool,
    /// Records looked at.
    records: u64,
    /// Number of the oldest.
    first: u64,
    /// Number of the newest good one before any bad one.
    verified_to: u64,
    /// Number of the first bad one.
    #[schema(required)]
    first_bad: Option<u64>,
    /// What is wrong with it: `edited`, `missing`, `moved`, `unreadable`, `unconnected`, `front_missing`, `truncated`,
    /// `contradicted`, `other_log`.
    #[schema(required)]
    fault: Option<&'static str>,
    /// Heads given that were not this gateway's are not counted; the newest of the others that agrees, 0 for none.
    agreed: u64,
    /// Heads that were given.
    heads: usize,
}

/// Runs the whole chain: every hash, every signature, every number, and the heads that were kept elsewhere.
#[utoipa::path(post, path = "/audit/verification", tag = "audit", request_body = VerifyBody, responses((status = 200, body = AuditVerdict)))]
async fn verify_audit(State(app): State<Shared>, Json(body): Json<VerifyBody>) -> Result<Json<AuditVerdict>, Problem> {
    let kept = export::heads(&body.against);
    if kept.is_empty() && !body.against.trim().is_empty() {
        return Err(Problem::invalid("against", "not_valid", "there is no signed head in it"));
    }
    let mark = app.read(|tx| crate::store::settings::get::<Head>(tx, crate::audit::capture::MARK)).await?;
    let _place = PLACES.try_acquire().map_err(|_| Problem::new(codes::UNAVAILABLE).detail("too much is read at once"))?;
    let given = kept.clone();
    let (reading, proof) = (app.audit.reading(), app.audit.proof(kept.into_iter().chain(mark)));
    let verdict = tokio::task::spawn_blocking(move || reading::verify(&reading, proof)).await;
    let verdict = verdict
        .map_err(|_| Problem::new(codes::UNAVAILABLE))?
        .map_err(|error| Problem::internal("read the audit trail", &error))?;
    Ok(Json(AuditVerdict {
        whole: verdict.fault.is_none(),
        records: verdict.records,
        first: verdict.first,
        verified_to: verdict.verified_to,
        first_bad: verdict.fault.map(|fault| fault.seq),
        fault: verdict.fault.map(|fault| fault.kind.code()),
        agreed: verdict.newest_agreeing(&given),
        heads: given.len(),
    }))
}

/// What came of a try.
#[derive(Debug, Serialize, ToSchema)]
struct SyslogTest {
    ok: bool,
    /// Stable code of what failed.
    #[schema(required)]
    error: Option<String>,
    /// In words.
    #[schema(required)]
    detail: Option<String>,
}

/// Sends one message that says it is a test to the receiver given, which need not be stored yet.
#[utoipa::path(post, path = "/audit/syslog-test", tag = "audit", request_body = SyslogSettings, responses((status = 200, body = SyslogTest)))]
async fn test_syslog(State(app): State<Shared>, Json(syslog): Json<SyslogSettings>) -> Result<Json<SyslogTest>, Problem> {
    app.require(crate::policy::Service::Syslog)?;
    let syslog =
        AuditSettings { syslog: SyslogSettings { enabled: true, ..syslog }, ..AuditSettings::default() }.checked()?.syslog;
    let outcome = match crate::audit::wiring::receiver(&app.certificates, &app.policy.current(), &syslog) {
        Ok(receiver) => {
            let name = app.topology().site.name.clone();
            syslog::send_test(&receiver, app.audit.log(), &name, app.clock.now()).await
        }
        Err(error) => Err(error.into()),
    };
    Ok(Json(match outcome {
        Ok(()) => SyslogTest { ok: true, error: None, detail: None },
        Err(error) => SyslogTest { ok: false, error: Some(error.code().to_owned()), detail: Some(error.to_string()) },
    }))
}
