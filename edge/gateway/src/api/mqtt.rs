//! The MQTT client: settings, how it stands, what went over the line, and a try.

use super::may;
use super::outlets::{OutletBacklog, OutletFailure, OutletTrial};
use crate::app::{App, Shared};
use crate::outlets::broker::Phase;
use crate::outlets::mqtt::{MqttSettings, test};
use crate::outlets::switch::Off;
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_mqtt))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_mqtt))
        .routes(may(rights::OUTLETS_RUN), routes!(test_mqtt))
}

/// How the client stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MqttStanding {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    Connecting,
    Connected,
    /// It waits before it tries again.
    Waiting,
}

impl From<Phase> for MqttStanding {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Off(Off::Unused) => Self::Off,
            Phase::Off(Off::Forbidden) => Self::Forbidden,
            Phase::Off(Off::Closed) => Self::Closed,
            Phase::Connecting => Self::Connecting,
            Phase::Connected => Self::Connected,
            Phase::Waiting => Self::Waiting,
        }
    }
}

/// What went over the line since the start.
#[derive(Debug, Serialize, ToSchema)]
struct MqttCounters {
    connections: u64,
    sent: u64,
    /// Payloads only.
    sent_bytes: u64,
    acknowledged: u64,
    /// Not taken by the broker.
    refused: u64,
    /// Recorded values that the broker acknowledged.
    samples: u64,
    /// Commands that were obeyed: Sparkplug's rebirth, and no other.
    commands: u64,
    commands_refused: u64,
}

/// The MQTT client.
#[derive(Debug, Serialize, ToSchema)]
struct Mqtt {
    settings: MqttSettings,
    /// Whether there is a password; it is never given out.
    password_set: bool,
    state: MqttStanding,
    /// Whether the security policy allows it.
    allowed: bool,
    #[schema(required)]
    connected_since: Option<Time>,
    #[schema(required)]
    acknowledged_at: Option<Time>,
    #[schema(required)]
    /// `name_unknown`, `connection_failed`, `no_answer`, `peer_…`, `tls_failed`, `tls_settings`, `refused_…`, `connection_ended`,
    /// `message_refused`, `history_unreadable`, `store_failed`.
    failure: Option<OutletFailure>,
    backlog: OutletBacklog,
    counters: MqttCounters,
}

/// Settings to put in force, or to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MqttChange {
    settings: MqttSettings,
    /// A new password; an empty one for none. Absent: the one in force, for the same broker and user.
    #[serde(default)]
    password: Option<Secret>,
}

async fn view(app: &App) -> Result<Mqtt, Problem> {
    let (account, standing) = (app.mqtt.account(), app.mqtt.standing());
    let outbox = app.mqtt.outbox().clone();
    let backlog = app.history(move |_| outbox.backlog()).await?;
    let counted = standing.counted;
    Ok(Mqtt {
        settings: account.settings.clone(),
        password_set: account.password.is_some(),
        state: standing.phase.into(),
        allowed: app.policy.allows(Service::Mqtt),
        connected_since: standing.connected_since.map(Time),
        acknowledged_at: standing.acknowledged_at.map(Time),
        failure: standing.failure.map(OutletFailure::from),
        backlog: backlog.into(),
        counters: MqttCounters {
            connections: counted.connections,
            sent: counted.sent,
            sent_bytes: counted.sent_bytes,
            acknowledged: counted.acknowledged,
            refused: counted.refused,
            samples: counted.samples,
            commands: counted.commands,
            commands_refused: counted.commands_refused,
        },
    })
}

#[utoipa::path(get, path = "/outlets/mqtt", tag = "outlets", responses((status = 200, body = Mqtt)))]
async fn get_mqtt(State(app): State<Shared>) -> Result<Json<Mqtt>, Problem> {
    Ok(Json(view(&app).await?))
}

#[utoipa::path(put, path = "/outlets/mqtt", tag = "outlets", request_body = MqttChange, responses((status = 200, body = Mqtt)))]
async fn put_mqtt(State(app): State<Shared>, Json(change): Json<MqttChange>) -> Result<Json<Mqtt>, Problem> {
    let account = app.mqtt.account().drafted(change.settings, change.password)?;
    if account.settings.enabled {
        app.require(Service::Mqtt)?;
    }
    app.mqtt.change(account).await?;
    Ok(Json(view(&app).await?))
}

/// Goes to the broker as these settings say, and publishes one message on `<prefix>/test`; what is in force stays as it is.
#[utoipa::path(post, path = "/outlets/mqtt/test", tag = "outlets", request_body = MqttChange, responses((status = 200, body = OutletTrial)))]
async fn test_mqtt(State(app): State<Shared>, Json(change): Json<MqttChange>) -> Result<Json<OutletTrial>, Problem> {
    app.require(Service::Mqtt)?;
    app.outlets()?;
    // A broker must be named, whether or not it is to be used already.
    let settings = MqttSettings { enabled: true, ..change.settings };
    let account = app.mqtt.account().drafted(settings, change.password)?;
    Ok(Json(test(&app.mqtt, &account).await.into()))
}
