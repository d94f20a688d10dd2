//! The messages of version 1. Fields are only ever added, with a default; anything else is a new version.

use bytes::Bytes;
use haubert_historian::SeriesSpec;
use haubert_model::{Decimal, DeviceId, Fluid, GatewayId, LoadId, Quantity, Reason, Secret, SeriesId, Timestamp, Usage};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// The version spoken here.
pub const VERSION: u16 = 1;

fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// Asks for a first certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The one-time token.
    #[serde(serialize_with = "expose")]
    pub token: Secret,
    /// The certificate request, PEM.
    pub csr_pem: String,
}

/// The certificate and where to use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentResponse {
    /// Who the gateway is for this hub.
    pub gateway: GatewayId,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The hub's authority, PEM.
    pub authority_pem: String,
    /// Base of the mutual TLS listener: `https://host:port`.
    pub link_url: String,
}

/// Asks for another certificate with the present one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenewalRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The certificate request, PEM.
    pub csr_pem: String,
}

/// The next certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenewalResponse {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The hub's authority, PEM.
    pub authority_pem: String,
}

/// A device of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceDeclaration {
    /// Its id.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Who made it, as far as the gateway knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Which product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its firmware or revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

impl DeviceDeclaration {
    /// A device of which no more is known than its name.
    pub fn named(id: DeviceId, name: String) -> Self {
        Self { id, name, make: None, model: None, version: None, serial: None }
    }
}

/// A load of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadDeclaration {
    /// Its id.
    pub id: LoadId,
    /// The device that measures it.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// What flows.
    pub fluid: Fluid,
    /// What for.
    pub usage: Usage,
}

/// First message of a connection: who I am now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the protocol.
    pub version: u16,
    /// Version of the gateway's program.
    pub product_version: String,
    /// Name of the site, as the gateway knows it.
    pub site_name: String,
    /// IANA time zone of the site.
    pub time_zone: String,
    /// Every device.
    pub devices: Vec<DeviceDeclaration>,
    /// Every load.
    pub loads: Vec<LoadDeclaration>,
    /// Which history the cursors and series numbers belong to (`haubert_historian::Store::identity`): a gateway whose hardware was
    /// replaced starts another one.
    pub history: String,
    /// Highest chunk cursor ever given out here; 0 if none. A hub that acknowledges more has another gateway's history.
    pub highest_cursor: u64,
    /// Highest event id ever given out here; 0 if none.
    pub highest_event: u64,
}

/// The hub knows us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAck {
    /// Version that the hub speaks.
    pub version: u16,
    /// Highest chunk cursor that is durable at the hub; 0 if none.
    pub acknowledged: u64,
    /// Highest event id that is durable at the hub; 0 if none.
    pub events_acknowledged: u64,
    /// The hub's time, for diagnostics.
    pub hub_time: Timestamp,
}

/// A series, as its chunks refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesDeclaration {
    /// Its number in the gateway's historian.
    pub id: SeriesId,
    /// What it records.
    pub spec: SeriesSpec,
}

/// Declares series, before chunks refer to them. Repeating is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The series.
    pub series: Vec<SeriesDeclaration>,
}

/// A sealed chunk of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Position in the gateway's upload order; strictly increasing, gaps allowed.
    pub cursor: u64,
    /// The series.
    pub series: SeriesId,
    /// Time of the first sample.
    pub first: Timestamp,
    /// Time of the last sample.
    pub last: Timestamp,
    /// How many samples.
    pub count: u32,
    /// The chunk (`haubert_historian::chunk`).
    pub bytes: Bytes,
}

/// Chunks in cursor order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunksRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The chunks.
    pub chunks: Vec<Chunk>,
}

/// Everything up to here is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Highest cursor (or event id) that is durable.
    pub acknowledged: u64,
}

/// A latest value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveValue {
    /// Of which load.
    pub load: LoadId,
    /// What.
    pub quantity: Quantity,
    /// How much, in the quantity's unit; none when the reason is bad.
    pub value: Option<Decimal>,
    /// When it was measured.
    pub at: Timestamp,
    /// How good it is.
    pub reason: Reason,
}

/// Devices by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCounts {
    /// Answering.
    pub online: u32,
    /// Answering with errors.
    pub degraded: u32,
    /// Not answering any more.
    pub offline: u32,
    /// Never answered.
    pub never_seen: u32,
}

/// The latest values; best effort, replaces the previous snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Version of the protocol.
    pub version: u16,
    /// When the snapshot was made.
    pub at: Timestamp,
    /// Whether the gateway's clock is known to be right.
    pub clock_set: bool,
    /// Total power drawn by the site, in W.
    pub power_w: Option<f64>,
    /// Devices by state.
    pub devices: DeviceCounts,
    /// Chunks that the hub does not have yet.
    pub backlog_chunks: u64,
    /// Their bytes.
    pub backlog_bytes: u64,
    /// The values.
    pub values: Vec<LiveValue>,
    /// How far the gateway's audit trail goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditDeposit>,
}

/// The newest signed head of the gateway's audit trail, kept at the hub so that nobody at the gateway can take records back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditDeposit {
    /// The head.
    pub head: haubert_trust::audit::Head,
    /// What checks its signature.
    pub key: haubert_trust::audit::PublicKey,
}

/// How serious an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To act upon.
    Critical,
}

/// Something happened at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEvent {
    /// Number in the gateway's event order; strictly increasing.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// How serious.
    pub severity: Severity,
    /// Stable code.
    pub code: String,
    /// What the code's text needs.
    pub params: BTreeMap<String, String>,
}

/// Events in id order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The events.
    pub events: Vec<LinkEvent>,
}

/// Received; nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The hub's time, for diagnostics.
    pub hub_time: Timestamp,
}

/// What a check of the gateway found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Holds,
    /// Set, but weaker than it could be.
    Weak,
    /// Not as it should be.
    Fails,
    /// It could not be found out, or a word of a later version.
    #[serde(other)]
    Unknown,
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Met, and what can be seen of it holds.
    Met,
    /// Met by another measure.
    Compensated,
    /// Nothing to meet.
    NotApplicable,
    /// Met, but something that bears on it is weaker than it could be.
    Weak,
    /// Not met.
    NotMet,
    /// What bears on it could not be found out, or a word of a later version.
    #[serde(other)]
    Unknown,
}

/// A check of the gateway, with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureFinding {
    /// Which, such as `firewall.on`.
    pub check: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Values that prove it.
    pub proof: BTreeMap<String, String>,
    /// Since when it has been so, or when it was last proven.
    pub since: Option<Timestamp>,
}

/// A requirement of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureAnswer {
    /// Of which list, such as `iec-62443-4-2`.
    pub standard: String,
    /// As the list numbers it.
    pub id: String,
    /// How it stands.
    pub standing: Standing,
}

/// How the gateway stands against what is asked of it, as it found out itself; replaces the report before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureReport {
    /// Version of the protocol.
    pub version: u16,
    /// When it was found out.
    pub at: Timestamp,
    /// What was looked at.
    pub findings: Vec<PostureFinding>,
    /// What follows from it.
    pub answers: Vec<PostureAnswer>,
}

/// Asks for the newest release of a product that the hub has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRequest {
    /// Version of the protocol.
    pub version: u16,
    /// Product, such as `haubert-gateway`.
    pub product: String,
    /// Processor, such as `x86_64`.
    pub architecture: String,
}

/// A bundle that the hub has. Only the gateway can tell whether it is genuine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateOffer {
    /// Its name at the hub.
    pub bundle: String,
    /// The version that it says it has.
    pub version: String,
    /// Its bytes.
    pub bytes: u64,
}

/// What the hub has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateAnswer {
    /// The newest, if there is any.
    pub offer: Option<UpdateOffer>,
}

/// Asks for the next piece of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePieceRequest {
    /// Version of the protocol.
    pub version: u16,
    /// The bundle, as it was offered.
    pub bundle: String,
    /// From this byte on.
    pub offset: u64,
}

/// A piece of a bundle, at most [`crate::UPDATE_PIECE`] bytes; empty behind its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePiece {
    /// The bytes.
    pub bytes: Bytes,
}

/// Why the hub refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The hub does not speak this version.
    VersionUnsupported,
    /// The message cannot be read or contradicts itself.
    BadMessage,
    /// Nobody gave out this token.
    TokenUnknown,
    /// The token was used before.
    TokenUsed,
    /// The token's time is over.
    TokenExpired,
    /// Too many attempts from one source.
    TooManyAttempts,
    /// The certificate request is not acceptable.
    BadRequestForCertificate,
    /// The certificate is not one that this hub gave to an enrolled gateway.
    CertificateUnknown,
    /// The gateway or its certificate was revoked.
    Revoked,
    /// A chunk cannot be decoded, or is not what its header says.
    BadChunk,
    /// A chunk refers to a series that was not declared.
    SeriesUnknown,
    /// Another chunk has this cursor already.
    CursorConflict,
    /// The hub failed; try again.
    HubFailed,
    /// A code of a later version.
    #[serde(other)]
    Other,
}

/// The hub's no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// In words, for the log and the screen.
    pub detail: String,
    /// The cursor (or event id) at fault, if one is.
    #[serde(default)]
    pub cursor: Option<u64>,
}
