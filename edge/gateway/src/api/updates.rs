//! Updates: what is installed and offered, bringing a bundle, installing, going back.

use super::may;
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::rights;
use crate::update::{Offer, PRODUCT, Source, UpdateError, Working};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use haubert_bundle::seal::digest;
use haubert_bundle::{LICENCES, SBOM, Version};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use haubert_service::wire::Time;
use haubert_update::{Kind, Reason, Slot};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::UPDATES_VIEW), routes!(read_updates))
        .routes(may(rights::UPDATES_VIEW), routes!(read_update_document))
        .routes(may(rights::UPDATES_CHANGE), routes!(upload_bundle))
        .routes(may(rights::UPDATES_CHANGE), routes!(ask_hub_for_updates))
        .routes(may(rights::UPDATES_CHANGE), routes!(decline_offer))
        .routes(may(rights::UPDATES_RUN), routes!(install_update))
        .routes(may(rights::UPDATES_RUN), routes!(roll_back))
}

const NOT_MANAGED: Code = Code::new("not_managed", 409, "This gateway does not run from a slot");
const UPDATE_BUSY: Code = Code::new("update_busy", 409, "Another update is under way");
const HUB_FAILED: Code = Code::new("hub_failed", 502, "The hub gives no answer");

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Refused(refusal) => Self::new(Code::new(refusal.code(), 422, "The release is refused")).detail(refusal),
            UpdateError::NotManaged => Self::new(NOT_MANAGED),
            UpdateError::Busy | UpdateError::Install(haubert_update::InstallError::OnTrial) => Self::new(UPDATE_BUSY),
            UpdateError::Nothing => Self::not_found(),
            UpdateError::Hub(said) => Self::new(HUB_FAILED).detail(said),
            error @ (UpdateError::Install(_) | UpdateError::Disk(_)) => Self::internal("update", &error),
        }
    }
}

/// A release that may be installed.
#[derive(Debug, Serialize, ToSchema)]
struct OfferView {
    version: String,
    /// Day of the release.
    released_on: String,
    /// What is new, by language.
    notes: BTreeMap<String, String>,
    bytes: u64,
    /// Until when it can be installed.
    expires_at: Time,
    source: Source,
    at: Time,
}

impl From<Offer> for OfferView {
    fn from(offer: Offer) -> Self {
        Self {
            version: offer.release.version.to_string(),
            released_on: offer.release.released_on,
            notes: offer.release.notes,
            bytes: offer.bytes,
            expires_at: Time(offer.expires),
            source: offer.source,
            at: Time(offer.at),
        }
    }
}

/// A bundle that was refused.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedView {
    /// Stable code, such as `update_wrong_key`.
    code: &'static str,
    detail: String,
    source: Source,
    at: Time,
}

/// What is in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SlotUse {
    /// The release that stays.
    Active,
    /// The release that has yet to prove itself.
    Trial,
    /// The release before, to go back to.
    Before,
    /// Nothing whole.
    Empty,
}

/// A slot.
#[derive(Debug, Serialize, ToSchema)]
struct SlotView {
    /// `a` or `b`.
    name: &'static str,
    holds: SlotUse,
    #[schema(required)]
    version: Option<String>,
    /// Whether it runs now.
    runs: bool,
}

/// A release on trial.
#[derive(Debug, Serialize, ToSchema)]
struct TrialView {
    version: String,
    /// `update` or `roll_back`.
    kind: &'static str,
    /// Attempts so far, of three.
    starts: u32,
    healthy: bool,
    /// Seconds of health that it takes to stay.
    probation_seconds: u32,
    /// Those that it still takes, once it is healthy.
    #[schema(required)]
    remaining_seconds: Option<u64>,
}

/// A change of releases that has ended.
#[derive(Debug, Serialize, ToSchema)]
struct PastView {
    #[schema(required)]
    at: Option<Time>,
    from: String,
    to: String,
    /// `update` or `roll_back`.
    kind: &'static str,
    /// `committed`, `did_not_start`, `not_healthy`, `tampered` or `fell_back`.
    outcome: &'static str,
}

/// Everything about updates.
#[derive(Debug, Serialize, ToSchema)]
struct UpdatesView {
    /// The version that runs.
    version: String,
    architecture: String,
    /// Whether it runs from a slot, so that it can be updated here.
    managed: bool,
    /// Whether a supplier's key is known, so that a release can be believed.
    has_key: bool,
    /// Whether there is a hub to ask, and the policy allows it.
    from_hub: bool,
    /// Whether the policy allows files.
    from_file: bool,
    #[schema(required)]
    working: Option<Working>,
    slots: Vec<SlotView>,
    #[schema(required)]
    trial: Option<TrialView>,
    /// Seconds of health that a new release needs to stay.
    probation_seconds: u32,
    #[schema(required)]
    offer: Option<OfferView>,
    /// The bundle that was refused last.
    #[schema(required)]
    refused: Option<RefusedView>,
    /// The newest first.
    past: Vec<PastView>,
    /// Whether the installed release came with its lists of components and licences.
    has_documents: bool,
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Update => "update",
        Kind::RollBack => "roll_back",
    }
}

fn outcome(reason: Reason) -> &'static str {
    match reason {
        Reason::Committed => "committed",
        Reason::DidNotStart => "did_not_start",
        Reason::NotHealthy => "not_healthy",
        Reason::Tampered => "tampered",
        Reason::FellBack => "fell_back",
    }
}

fn view(app: &App) -> UpdatesView {
    let updates = &app.updates;
    let (shown, state, installed) = (updates.shown(), updates.state(), updates.installed());
    let running = updates.slots().map(|(_, slot)| slot);
    let slots = state.iter().flat_map(|state| {
        [Slot::A, Slot::B].map(|slot| {
            let (holds, version) = match (&state.trial, &state.other) {
                _ if slot == state.active => (SlotUse::Active, Some(state.version.clone())),
                (Some(trial), _) => (SlotUse::Trial, Some(trial.version.clone())),
                (None, Some(version)) => (SlotUse::Before, Some(version.clone())),
                (None, None) => (SlotUse::Empty, None),
            };
            SlotView { name: slot.name(), holds, version, runs: running == Some(slot) }
        })
    });
    let past = state.iter().flat_map(|state| state.past.iter().rev());
    UpdatesView {
        version: installed.version.to_string(),
        architecture: installed.architecture.clone(),
        managed: state.is_some(),
        has_key: updates.has_key(),
        from_hub: app.uplink.enrolled().is_some() && app.policy.allows(Service::UpdateFromHub),
        from_file: app.policy.allows(Service::UpdateFromFile),
        working: shown.working,
        slots: slots.collect(),
        trial: state.as_ref().and_then(|state| state.trial.clone()).map(|trial| TrialView {
            kind: kind(trial.kind),
            version: trial.version,
            starts: trial.starts,
            healthy: trial.healthy,
            probation_seconds: updates.probation_seconds(),
            remaining_seconds: shown.remaining_ms.map(|ms| ms.div_ceil(1000)),
        }),
        probation_seconds: updates.probation_seconds(),
        offer: shown.offer.map(OfferView::from),
        refused: shown.refused.map(|refused| RefusedView {
            code: refused.code,
            detail: refused.detail,
            source: refused.source,
            at: Time(refused.at),
        }),
        past: past
            .map(|past| PastView {
                at: past.at.map(Time),
                from: past.from.clone(),
                to: past.to.clone(),
                kind: kind(past.kind),
                outcome: outcome(past.reason),
            })
            .collect(),
        has_documents: document_path(app, SBOM).is_some(),
    }
}

/// Everything about updates.
#[utoipa::path(get, path = "/updates", tag = "updates", responses((status = 200, body = UpdatesView)))]
async fn read_updates(State(app): State<Shared>) -> Json<UpdatesView> {
    Json(view(&app))
}

/// Takes a bundle, as the supplier made it: at most 256 MiB, checked whole before it is an offer. Each reason for a refusal has a
/// code of its own.
#[utoipa::path(post, path = "/updates/bundle", tag = "updates",
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 200, body = OfferView)))]
async fn upload_bundle(State(app): State<Shared>, body: Body) -> Result<Json<OfferView>, Problem> {
    app.require(Service::UpdateFromFile)?;
    let (work, mut incoming) = app.updates.receive().await?;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let Ok(piece) = piece else {
            incoming.abandon().await;
            return Err(Problem::new(codes::BAD_REQUEST).detail("the file broke off"));
        };
        if let Err(refusal) = incoming.add(&piece).await {
            app.updates.refuse(&refusal, Source::File).await;
            return Err(UpdateError::from(refusal).into());
        }
    }
    Ok(Json(app.updates.consider(&work, incoming, Source::File).await?.into()))
}

/// What the hub had to offer.
#[derive(Debug, Serialize, ToSchema)]
struct AskedView {
    #[schema(required)]
    offer: Option<OfferView>,
}

/// Asks the hub for a newer release, and fetches it.
#[utoipa::path(post, path = "/updates/check", tag = "updates", responses((status = 200, body = AskedView)))]
async fn ask_hub_for_updates(State(app): State<Shared>) -> Result<Json<AskedView>, Problem> {
    app.require(Service::UpdateFromHub)?;
    Ok(Json(AskedView { offer: app.updates.ask_hub(&app).await?.map(OfferView::from) }))
}

/// Forgets the offer.
#[utoipa::path(delete, path = "/updates/offer", tag = "updates", responses((status = 204)))]
async fn decline_offer(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    app.updates.decline().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which offer is meant: what was shown, not what may have come since.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InstallBody {
    version: String,
}

/// Installs the offer and starts it on probation; the gateway is away for some seconds.
#[utoipa::path(post, path = "/updates/install", tag = "updates", request_body = InstallBody, responses((status = 202)))]
async fn install_update(State(app): State<Shared>, Json(wanted): Json<InstallBody>) -> Result<StatusCode, Problem> {
    let version: Version = wanted.version.parse().map_err(|said| Problem::invalid("version", "not_valid", said))?;
    app.updates.install(version).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Goes back to the release before, on probation too; ends a release on trial.
#[utoipa::path(post, path = "/updates/roll-back", tag = "updates", responses((status = 202)))]
async fn roll_back(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    app.updates.roll_back().await?;
    Ok(StatusCode::ACCEPTED)
}

fn document_path(app: &App, name: &str) -> Option<std::path::PathBuf> {
    let (slots, slot) = app.updates.slots()?;
    let path = slots.folder(slot).join(name);
    digest(&path).ok().map(|_| path)
}

/// The installed release's list of components (`sbom`, CycloneDX) or of licences (`licences`).
#[utoipa::path(get, path = "/updates/documents/{name}", tag = "updates", params(("name" = String, Path)),
    responses((status = 200, content_type = "application/json", body = String)))]
async fn read_update_document(State(app): State<Shared>, Path(name): Path<String>) -> Result<Response, Problem> {
    /// Longest list handed out.
    const MAX: u64 = 16 * 1024 * 1024;
    let file = match name.as_str() {
        "sbom" => SBOM,
        "licences" => LICENCES,
        _ => return Err(Problem::not_found()),
    };
    let path = document_path(&app, file).ok_or_else(Problem::not_found)?;
    let bytes = tokio::task::spawn_blocking(move || haubert_service::files::read_bounded(&path, MAX)).await;
    let bytes =
        bytes.map_err(|_| Problem::new(codes::UNAVAILABLE))?.map_err(|error| Problem::internal("read a document", &error))?;
    let name = format!("{PRODUCT}-{}-{file}", app.updates.installed().version);
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, crate::export::attachment(&name))];
    Ok((headers, bytes).into_response())
}
