//! The BACnet/IP server: settings, how it stands, who asks for what, and a try.

use super::may;
use super::outlets::OutletTrial;
use crate::app::{App, Shared};
use crate::outlets::bacnet::{BacnetSettings, Standing, converse};
use crate::outlets::switch::Off;
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_bacnet::{Asked, Registration, Talk};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

const NOT_ANSWERING: Code = Code::new("not_answering", 409, "The BACnet/IP server is not running");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_bacnet))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_bacnet))
        .routes(may(rights::OUTLETS_RUN), routes!(test_bacnet))
}

/// How the server stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BacnetStanding {
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

/// A meter as a device.
#[derive(Debug, Serialize, ToSchema)]
struct BacnetMeter {
    instance: u32,
    /// Unlike that of any other device.
    name: String,
    /// How many it has, itself among them.
    objects: u64,
}

impl From<(u32, &str, usize)> for BacnetMeter {
    fn from((instance, name, objects): (u32, &str, usize)) -> Self {
        Self { instance, name: name.to_owned(), objects: objects as u64 }
    }
}

/// Who asked.
#[derive(Debug, Serialize, ToSchema)]
struct BacnetTalk {
    source: String,
    requests: u64,
    /// Notifications among them.
    answers: u64,
    last_at: Time,
}

impl From<Talk> for BacnetTalk {
    fn from(Talk { source, requests, answers, last_at }: Talk) -> Self {
        Self { source: source.to_string(), requests, answers, last_at: last_at.into() }
    }
}

/// What requests were for, since the start.
#[derive(Debug, Serialize, ToSchema)]
struct BacnetRequests {
    who_is: u64,
    who_has: u64,
    read_property: u64,
    read_property_multiple: u64,
    read_range: u64,
    subscribe_cov: u64,
    /// Whatever would write; it was refused.
    write: u64,
    /// Messages of routers.
    router: u64,
    /// Registrations of foreign devices, and what belongs to them.
    foreign: u64,
    /// Services that are not executed.
    other: u64,
}

/// How the gateway's own registration at a BBMD stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BacnetRegistration {
    /// No BBMD is named, or the server is off.
    None,
    /// Asked for, and not answered.
    Asked,
    /// It holds.
    Done,
    /// The BBMD does not want it.
    Refused,
}

/// What was asked and answered since the start.
#[derive(Debug, Serialize, ToSchema)]
struct BacnetCounters {
    /// Messages that the firewall let in.
    received: u64,
    /// Messages that it did not.
    refused: u64,
    /// Messages that went out.
    sent: u64,
    /// Requests answered with an error, a rejection or an abort.
    failed: u64,
    /// Dropped because they are no messages, or for somebody else.
    malformed: u64,
    /// Notifications of changes.
    notifications: u64,
    /// Subscriptions now.
    subscriptions: u64,
    /// Foreign devices now.
    foreign_devices: u64,
    requests: BacnetRequests,
}

/// The BACnet/IP server.
#[derive(Debug, Serialize, ToSchema)]
struct Bacnet {
    settings: BacnetSettings,
    state: BacnetStanding,
    /// Whether the security policy allows it.
    allowed: bool,
    /// Where it listens, or would; said by the start-up file.
    address: String,
    /// Why it cannot listen.
    #[schema(required)]
    detail: Option<String>,
    /// Meters that are shown; none while it is off.
    meters: Vec<BacnetMeter>,
    /// At the BBMD that the settings name.
    registration: BacnetRegistration,
    counters: BacnetCounters,
    talks: Vec<BacnetTalk>,
}

fn view(app: &App) -> Bacnet {
    let desk = &app.bacnet;
    let (counted, standing) = (desk.counted(), desk.standing());
    let (state, detail) = match &standing {
        Standing::Off(Off::Unused) => (BacnetStanding::Off, None),
        Standing::Off(Off::Forbidden) => (BacnetStanding::Forbidden, None),
        Standing::Off(Off::Closed) => (BacnetStanding::Closed, None),
        Standing::Open(_) => (BacnetStanding::Open, None),
        Standing::Failed(why) => (BacnetStanding::Failed, Some(why.clone())),
    };
    let address = match standing {
        Standing::Open(address) => address,
        _ => desk.listen(),
    };
    let of = |what: Asked| counted.requests.get(&what).copied().unwrap_or(0);
    Bacnet {
        settings: (*desk.settings()).clone(),
        state,
        allowed: app.policy.allows(Service::Bacnet),
        address: address.to_string(),
        detail,
        meters: desk.model().map(|model| model.listing().map(BacnetMeter::from).collect()).unwrap_or_default(),
        registration: match counted.registration {
            _ if !matches!(state, BacnetStanding::Open) => BacnetRegistration::None,
            Registration::None => BacnetRegistration::None,
            Registration::Asked => BacnetRegistration::Asked,
            Registration::Done => BacnetRegistration::Done,
            Registration::Refused => BacnetRegistration::Refused,
        },
        counters: BacnetCounters {
            received: counted.received,
            refused: counted.refused,
            sent: counted.sent,
            failed: counted.failed,
            malformed: counted.malformed,
            notifications: counted.notifications,
            subscriptions: counted.subscriptions as u64,
            foreign_devices: counted.foreign as u64,
            requests: BacnetRequests {
                who_is: of(Asked::WhoIs),
                who_has: of(Asked::WhoHas),
                read_property: of(Asked::ReadProperty),
                read_property_multiple: of(Asked::ReadPropertyMultiple),
                read_range: of(Asked::ReadRange),
                subscribe_cov: of(Asked::SubscribeCov),
                write: of(Asked::Write),
                router: of(Asked::Router),
                foreign: of(Asked::Foreign),
                other: of(Asked::Other),
            },
        },
        talks: counted.talks.into_iter().map(BacnetTalk::from).collect(),
    }
}

#[utoipa::path(get, path = "/outlets/bacnet", tag = "outlets", responses((status = 200, body = Bacnet)))]
async fn get_bacnet(State(app): State<Shared>) -> Json<Bacnet> {
    Json(view(&app))
}

#[utoipa::path(put, path = "/outlets/bacnet", tag = "outlets", request_body = BacnetSettings, responses((status = 200, body = Bacnet)))]
async fn put_bacnet(State(app): State<Shared>, Json(settings): Json<BacnetSettings>) -> Result<Json<Bacnet>, Problem> {
    let settings = settings.checked()?;
    if settings.enabled {
        app.require(Service::Bacnet)?;
    }
    app.bacnet.change(settings).await?;
    Ok(Json(view(&app)))
}

/// Comes to the server by the network as any client does: finds the gateway, its network and a meter, reads a value, and sees that it
/// cannot be written. Steps are `find`, `route`, `meter`, `read` and `write`; they fail with `no_answer`, `unreachable`, `refused`,
/// `let_in` or `failed`.
#[utoipa::path(post, path = "/outlets/bacnet/test", tag = "outlets", responses((status = 200, body = OutletTrial)))]
async fn test_bacnet(State(app): State<Shared>) -> Result<Json<OutletTrial>, Problem> {
    let Standing::Open(address) = app.bacnet.standing() else { return Err(Problem::new(NOT_ANSWERING)) };
    Ok(Json(converse(&app.bacnet, address).await.into()))
}
