//! The fleet: gateways, their enrolment and revocation.

use super::{Page, name, next_cursor};
use crate::hub::Hub;
use crate::reach::Reach;
use crate::store::entity::audit::audit_trail;
use crate::store::{Contradiction, GatewayRow, GatewayState};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_model::{GatewayId, OrganisationId, SiteId, Timestamp};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::wire::{List, Time};
use haubert_trust::Token;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

/// A gateway that was silent for longer is not online. Live values come every 5 s.
const ONLINE_MS: i64 = 20_000;
/// Life of an enrolment token.
const TOKEN_MS: i64 = 24 * 3_600_000;

/// Devices of a gateway by state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct DeviceTotals {
    online: i32,
    degraded: i32,
    offline: i32,
    never_seen: i32,
}

/// A gateway.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Gateway)]
pub(crate) struct GatewayView {
    pub(crate) id: GatewayId,
    name: String,
    site_id: SiteId,
    site_name: String,
    organisation_id: OrganisationId,
    organisation_name: String,
    state: GatewayState,
    /// It is enrolled and spoke within the last 20 s.
    online: bool,
    #[schema(required)]
    last_seen_at: Option<Time>,
    /// Version of its program.
    #[schema(required)]
    version: Option<String>,
    /// Chunks that it still has to send.
    #[schema(required)]
    backlog_chunks: Option<i64>,
    #[schema(required)]
    devices: Option<DeviceTotals>,
    /// Power drawn by its site, in W.
    #[schema(required)]
    power_w: Option<f64>,
    #[schema(required)]
    certificate_expires_at: Option<Time>,
    /// Whether its clock is known to be right.
    #[schema(required)]
    clock_set: Option<bool>,
    /// How far its audit trail is known to go.
    #[schema(required)]
    audit: Option<AuditTrailView>,
}

/// How far a gateway's audit trail goes, by the signed heads that it deposited here.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditTrail)]
pub(crate) struct AuditTrailView {
    /// Number of the newest record that a head here proves.
    verified_to: i64,
    received_at: Time,
    /// What checks its signatures (Ed25519, base64).
    public_key: String,
    /// How a later head contradicted it, and that head was refused.
    #[schema(required)]
    contradiction: Option<Contradiction>,
    #[schema(required)]
    contradicted_at: Option<Time>,
    /// Number of the record that the refused head named.
    #[schema(required)]
    contradicted_seq: Option<i64>,
}

impl From<audit_trail::Model> for AuditTrailView {
    fn from(row: audit_trail::Model) -> Self {
        Self {
            verified_to: row.seq,
            received_at: Time(Timestamp(row.received_at)),
            public_key: row.public_key,
            contradiction: row.contradiction.and_then(|code| code.parse().ok()),
            contradicted_at: row.contradicted_at.map(|at| Time(Timestamp(at))),
            contradicted_seq: row.contradicted_seq,
        }
    }
}

impl GatewayView {
    /// Whose it is.
    pub(crate) fn organisation(&self) -> OrganisationId {
        self.organisation_id
    }

    pub(crate) fn of(row: GatewayRow, now: Timestamp) -> Self {
        let status = row.status.as_ref();
        let last_seen_at = status.map(|status| Timestamp(status.last_seen_at));
        let devices = status.and_then(|status| {
            Some(DeviceTotals {
                online: status.online?,
                degraded: status.degraded?,
                offline: status.offline?,
                never_seen: status.never_seen?,
            })
        });
        Self {
            online: row.state == GatewayState::Enrolled && last_seen_at.is_some_and(|seen| now.ms_since(seen).abs() < ONLINE_MS),
            last_seen_at: last_seen_at.map(Time),
            version: status.map(|status| status.version.clone()).filter(|version| !version.is_empty()),
            backlog_chunks: status.and_then(|status| status.backlog_chunks),
            devices,
            power_w: status.and_then(|status| status.power_w),
            clock_set: status.and_then(|status| status.clock_set),
            certificate_expires_at: row.certificate_expires_at.map(Time),
            audit: row.audit.map(AuditTrailView::from),
            id: row.id,
            name: row.name,
            site_id: row.site_id,
            site_name: row.site_name,
            organisation_id: row.organisation_id,
            organisation_name: row.organisation_name,
            state: row.state,
        }
    }

    fn matches(&self, wanted: &str) -> bool {
        [&self.name, &self.site_name, &self.organisation_name].iter().any(|text| text.to_lowercase().contains(wanted))
    }
}

/// What a person needs to enrol a gateway. The token is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Enrolment)]
pub(super) struct EnrolmentView {
    /// One-time token.
    token: String,
    /// When the token is worth nothing any more.
    expires_at: Time,
    /// Address to give to the gateway.
    hub_url: String,
    /// SHA-256 of the hub's authority, which the gateway pins.
    fingerprint: String,
}

/// A gateway just added.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NewGateway {
    gateway: GatewayView,
    enrolment: EnrolmentView,
}

/// A new token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NewEnrolment {
    enrolment: EnrolmentView,
}

/// What can be set of a gateway.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatewayBody {
    site_id: SiteId,
    name: String,
}

impl GatewayBody {
    async fn checked(self, hub: &Hub) -> Result<(SiteId, String), Problem> {
        let name = name("name", &self.name)?;
        if !hub.store.has_site(self.site_id).await? {
            return Err(Problem::invalid("site_id", "not_found", "there is no such site"));
        }
        Ok((self.site_id, name))
    }
}

/// Which gateways.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GatewayQuery {
    /// Only those of this organisation.
    organisation_id: Option<OrganisationId>,
    /// Only those of this site.
    site_id: Option<SiteId>,
    /// Only those whose name, site or organisation contains this text.
    #[serde(default)]
    q: String,
}

pub(super) async fn found(hub: &Hub, id: GatewayId) -> Result<GatewayView, Problem> {
    let row = hub.store.gateway(id).await?.ok_or_else(Problem::not_found)?;
    Ok(GatewayView::of(row, hub.now()))
}

async fn new_token(hub: &Hub, id: GatewayId) -> Result<EnrolmentView, Problem> {
    let token = Token::random().map_err(|error| Problem::internal("draw a token", &error))?;
    let expires_at = hub.now().plus_ms(TOKEN_MS);
    if !hub.store.add_token(id, token.digest(), expires_at).await? {
        return Err(Problem::not_found());
    }
    Ok(EnrolmentView {
        token: token.expose().to_owned(),
        expires_at: Time(expires_at),
        hub_url: hub.public_url.clone(),
        fingerprint: hub.authority.fingerprint().to_string(),
    })
}

/// What their list answers.
type GatewayViewList = List<GatewayView>;

#[utoipa::path(get, path = "/gateways", tag = "gateways", operation_id = "list_gateways", params(GatewayQuery, Page), responses((status = 200, body = GatewayViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    reach: Reach,
    Query(query): Query<GatewayQuery>,
    Query(page): Query<Page>,
) -> Result<Json<List<GatewayView>>, Problem> {
    let organisation = reach.narrow(query.organisation_id)?;
    let rows = hub.store.gateways(organisation, query.site_id, &page.cursor, page.limit()).await?;
    let next_cursor = next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.to_string()));
    let (now, wanted) = (hub.now(), query.q.trim().to_lowercase());
    let items = rows.into_iter().map(|row| GatewayView::of(row, now)).filter(|gateway| gateway.matches(&wanted)).collect();
    Ok(Json(List { items, next_cursor }))
}

#[utoipa::path(post, path = "/gateways", tag = "gateways", operation_id = "create_gateway", request_body = GatewayBody, responses((status = 201, body = NewGateway)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Json(body): Json<GatewayBody>,
) -> Result<(StatusCode, Json<NewGateway>), Problem> {
    let (site, name) = body.checked(&hub).await?;
    let id = GatewayId(hub.new_id()?);
    hub.store.add_gateway(id, site, &name, hub.now()).await?;
    let enrolment = new_token(&hub, id).await?;
    Ok((StatusCode::CREATED, Json(NewGateway { gateway: found(&hub, id).await?, enrolment })))
}

#[utoipa::path(get, path = "/gateways/{id}", tag = "gateways", operation_id = "read_gateway", params(("id" = GatewayId, Path)), responses((status = 200, body = GatewayView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<Json<GatewayView>, Problem> {
    found(&hub, id).await.map(Json)
}

#[utoipa::path(put, path = "/gateways/{id}", tag = "gateways", operation_id = "update_gateway", params(("id" = GatewayId, Path)), request_body = GatewayBody, responses((status = 200, body = GatewayView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    Path(id): Path<GatewayId>,
    Json(body): Json<GatewayBody>,
) -> Result<Json<GatewayView>, Problem> {
    let (site, name) = body.checked(&hub).await?;
    if !hub.store.update_gateway(id, site, &name, hub.now()).await? {
        return Err(Problem::not_found());
    }
    found(&hub, id).await.map(Json)
}

#[utoipa::path(delete, path = "/gateways/{id}", tag = "gateways", operation_id = "delete_gateway", description = "Removes the gateway and everything it sent.", params(("id" = GatewayId, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<StatusCode, Problem> {
    if hub.store.remove_gateway(id, hub.now()).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

#[utoipa::path(post, path = "/gateways/{id}/enrolment", tag = "gateways", operation_id = "renew_enrolment", description = "A new token; an unused one before it is worth nothing.", params(("id" = GatewayId, Path)), responses((status = 201, body = NewEnrolment)))]
pub(super) async fn enrolment(
    State(hub): State<Hub>,
    Path(id): Path<GatewayId>,
) -> Result<(StatusCode, Json<NewEnrolment>), Problem> {
    Ok((StatusCode::CREATED, Json(NewEnrolment { enrolment: new_token(&hub, id).await? })))
}

#[utoipa::path(post, path = "/gateways/{id}/revocation", tag = "gateways", operation_id = "revoke_gateway", description = "Shuts the gateway out from its next request on. A new enrolment lets it in again.", params(("id" = GatewayId, Path)), responses((status = 204)))]
pub(super) async fn revocation(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<StatusCode, Problem> {
    if !hub.store.revoke_gateway(id, hub.now()).await? {
        return Err(Problem::not_found());
    }
    tracing::info!(gateway = %id, "gateway revoked");
    Ok(StatusCode::NO_CONTENT)
}

/// Signed heads of the gateway's audit trail, one JSON object a line: `haubert-gateway audit verify --against` takes the file.
#[utoipa::path(get, path = "/gateways/{id}/audit-heads", tag = "gateways", operation_id = "audit_heads", params(("id" = GatewayId, Path)),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(super) async fn audit_heads(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<Response, Problem> {
    found(&hub, id).await?;
    let mut text = String::new();
    for head in hub.store.audit_heads(id).await? {
        text.push_str(&serde_json::to_string(&head).map_err(|error| Problem::internal("write heads", &error))?);
        text.push('\n');
    }
    let name = format!("attachment; filename=\"audit-heads-{id}.jsonl\"");
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}
