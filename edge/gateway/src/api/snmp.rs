//! The SNMP agent: settings, how it stands, who asks, whom it tells, its MIB, and a try.

use super::may;
use crate::app::{App, Shared};
use crate::outlets::snmp::{Failure, NewPasswords, SnmpReceiver, SnmpSettings, Standing, Step, StepName, Told, converse};
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::wire::Time;
use haubert_snmp::{Probed, Talk};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NOT_ANSWERING: Code = Code::new("not_answering", 409, "The SNMP agent is not running");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_snmp))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_snmp))
        .routes(may(rights::OUTLETS_VIEW), routes!(get_snmp_mib))
        .routes(may(rights::OUTLETS_RUN), routes!(test_snmp))
}

/// How the agent stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SnmpStanding {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// It answers.
    Open,
    /// It cannot listen.
    Failed,
}

/// Why a receiver was not told.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpFailure {
    /// `unreachable`, `no_answer`, `refused`, `failed`.
    code: &'static str,
    detail: String,
    at: Time,
}

impl From<Failure> for SnmpFailure {
    fn from(Failure { code, detail, at }: Failure) -> Self {
        Self { code, detail, at: at.into() }
    }
}

/// What a receiver was told since the agent last began.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpTold {
    host: String,
    port: u16,
    inform: bool,
    /// Of informs, those that were acknowledged.
    sent: u64,
    /// Given up, or no room for them.
    lost: u64,
    waiting: u64,
    #[schema(required)]
    last_at: Option<Time>,
    /// None since one went well.
    #[schema(required)]
    failure: Option<SnmpFailure>,
}

/// Who asked.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpTalk {
    source: String,
    /// As which user; absent when nobody was let in from there. `SNMPv2c` for whoever knew the community.
    #[schema(required)]
    user: Option<String>,
    requests: u64,
    answers: u64,
    last_at: Time,
}

impl From<Talk> for SnmpTalk {
    fn from(Talk { source, user, requests, answers, last_at }: Talk) -> Self {
        Self { source: source.to_string(), user, requests, answers, last_at: last_at.into() }
    }
}

/// What was asked and answered since the start.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpCounters {
    /// Messages that the firewall let in.
    received: u64,
    answered: u64,
    /// Values in the answers.
    values: u64,
    /// Wrong password, unknown user, unknown level.
    unauthentic: u64,
    /// Dropped for their version.
    other_versions: u64,
    /// Dropped because they are no messages.
    malformed: u64,
}

/// The SNMP agent.
#[derive(Debug, Serialize, ToSchema)]
struct Snmp {
    settings: SnmpSettings,
    /// Whether there is a community; it is never given out, and neither is a password.
    community_set: bool,
    state: SnmpStanding,
    /// Whether the security policy allows it.
    allowed: bool,
    /// Whether the security policy allows SNMPv2c.
    v2c_allowed: bool,
    /// Where it listens, or would; said by the start-up file.
    address: String,
    /// Why it cannot listen.
    #[schema(required)]
    detail: Option<String>,
    /// `snmpEngineID` in hexadecimal, once it has begun: receivers of traps must know it.
    #[schema(required)]
    engine_id: Option<String>,
    #[schema(required)]
    engine_boots: Option<u32>,
    /// Devices that are shown.
    devices: u64,
    /// Rows of what they measure.
    measures: u64,
    counters: SnmpCounters,
    talks: Vec<SnmpTalk>,
    told: Vec<SnmpTold>,
}

/// Settings to put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SnmpChange {
    settings: SnmpSettings,
    /// New passwords; those in force stay where none is given. Of a user that goes, they go too.
    #[serde(default)]
    passwords: NewPasswords,
}

/// A step of a try.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpStep {
    /// `enter`, `devices`, `measures`, `unprotected`, `write`, `trap`, `inform`.
    step: &'static str,
    /// Of the last two, to whom.
    #[schema(required)]
    receiver: Option<String>,
    ok: bool,
    /// Why it failed: `unreachable`, `no_answer`, `refused`, `let_in`, `failed`.
    #[schema(required)]
    code: Option<&'static str>,
    /// What came back, or the words on why nothing did.
    detail: String,
}

/// What came of a try.
#[derive(Debug, Serialize, ToSchema)]
struct SnmpTrial {
    ok: bool,
    steps: Vec<SnmpStep>,
}

fn told(receiver: &SnmpReceiver, told: Told) -> SnmpTold {
    SnmpTold {
        host: receiver.host.clone(),
        port: receiver.port,
        inform: receiver.inform,
        sent: told.sent,
        lost: told.lost,
        waiting: told.waiting,
        last_at: told.last_at.map(Time),
        failure: told.failure.map(SnmpFailure::from),
    }
}

fn view(app: &App) -> Snmp {
    let desk = &app.snmp;
    let (account, counted, standing, engine) = (desk.account(), desk.counted(), desk.standing(), desk.engine());
    let (devices, measures) = desk.rows();
    let (state, detail) = match &standing {
        Standing::Off => (SnmpStanding::Off, None),
        Standing::Forbidden => (SnmpStanding::Forbidden, None),
        Standing::Closed => (SnmpStanding::Closed, None),
        Standing::Open(_) => (SnmpStanding::Open, None),
        Standing::Failed(why) => (SnmpStanding::Failed, Some(why.clone())),
    };
    let address = match standing {
        Standing::Open(address) => address,
        _ => desk.listen(),
    };
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let known = desk.told().into_iter().chain(std::iter::repeat(Told::default()));
    Snmp {
        settings: account.settings.clone(),
        community_set: account.has_community(),
        state,
        allowed: app.policy.allows(Service::Snmp),
        v2c_allowed: app.policy.allows(Service::SnmpV2c),
        address: address.to_string(),
        detail,
        engine_id: engine.as_ref().map(|engine| hex(&engine.id)),
        engine_boots: engine.map(|engine| engine.boots),
        devices: devices as u64,
        measures: measures as u64,
        counters: SnmpCounters {
            received: counted.received,
            answered: counted.answered,
            values: counted.values,
            unauthentic: counted.unauthentic,
            other_versions: counted.other_versions,
            malformed: counted.malformed,
        },
        talks: counted.talks.into_iter().map(SnmpTalk::from).collect(),
        told: account.settings.receivers.iter().zip(known).map(|(receiver, known)| told(receiver, known)).collect(),
    }
}

#[utoipa::path(get, path = "/outlets/snmp", tag = "outlets", responses((status = 200, body = Snmp)))]
async fn get_snmp(State(app): State<Shared>) -> Json<Snmp> {
    Json(view(&app))
}

#[utoipa::path(put, path = "/outlets/snmp", tag = "outlets", request_body = SnmpChange, responses((status = 200, body = Snmp)))]
async fn put_snmp(State(app): State<Shared>, Json(change): Json<SnmpChange>) -> Result<Json<Snmp>, Problem> {
    let account = app.snmp.drafted(change.settings, change.passwords)?;
    if account.settings.enabled {
        app.require(Service::Snmp)?;
        if account.settings.v2c {
            app.require(Service::SnmpV2c)?;
        }
    }
    app.snmp.change(account).await?;
    Ok(Json(view(&app)))
}

/// The MIB as a file, for managers: what the agent answers, in their language.
#[utoipa::path(get, path = "/outlets/snmp/mib", tag = "outlets",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn get_snmp_mib() -> impl IntoResponse {
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"HAUBERT-MIB.txt\"")];
    (head, haubert_snmp::mib::text())
}

/// Comes to the agent by the network as a manager does, as its first user, and tells each receiver of the try.
#[utoipa::path(post, path = "/outlets/snmp/test", tag = "outlets", responses((status = 200, body = SnmpTrial)))]
async fn test_snmp(State(app): State<Shared>) -> Result<Json<SnmpTrial>, Problem> {
    let Standing::Open(address) = app.snmp.standing() else { return Err(Problem::new(NOT_ANSWERING)) };
    let step = |step: Step| {
        let (name, receiver) = match step.name {
            StepName::Agent(Probed::Enter) => ("enter", None),
            StepName::Agent(Probed::Devices) => ("devices", None),
            StepName::Agent(Probed::Measures) => ("measures", None),
            StepName::Agent(Probed::Unprotected) => ("unprotected", None),
            StepName::Agent(Probed::Write) => ("write", None),
            StepName::Tell { receiver, inform } => (if inform { "inform" } else { "trap" }, Some(receiver)),
        };
        match step.outcome {
            Ok(detail) => SnmpStep { step: name, receiver, ok: true, code: None, detail },
            Err((code, detail)) => SnmpStep { step: name, receiver, ok: false, code: Some(code), detail },
        }
    };
    let steps: Vec<SnmpStep> = converse(&app.snmp, address).await.into_iter().map(step).collect();
    if steps.is_empty() {
        return Err(Problem::new(NOT_ANSWERING));
    }
    Ok(Json(SnmpTrial { ok: steps.iter().all(|step| step.ok), steps }))
}
