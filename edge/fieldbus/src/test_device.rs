//! A person's test of one device: every request of its plan, and the raw words beside the decoded values.

use crate::ask::Ask;
use crate::group::Group;
use crate::identify::{Presence, identify};
use crate::map::{Map, limits};
use crate::plan::{RefusedRanges, Span, plan, worthwhile_gap};
use crate::round::Round;
use crate::settings::{DeviceSettings, Line};
use crate::transport::{AskError, Outcome};
use haubert_content::Catalogue;
use haubert_model::{Clock, DeviceIdentity, Quality, Quantity, Reason};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Most requests of one test. A healthy device's plan has far fewer.
const MAX_REQUESTS: usize = 200;

/// What a test brought.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestReport {
    /// The device answered, and every value that it should have was read.
    pub ok: bool,
    /// Mean round trip of the answered requests.
    #[schema(required)]
    pub round_trip_ms: Option<f64>,
    /// What the device says of itself.
    #[schema(required)]
    pub identity: Option<DeviceIdentity>,
    /// Why it is not ok.
    #[schema(required)]
    pub error: Option<TestError>,
    /// What was asked for its values.
    pub requests: Vec<TestRequest>,
    /// Its values.
    pub points: Vec<TestPoint>,
}

/// Why a test failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestError {
    /// `profile_unknown`, `no_points`, `no_answer`, `bus_unreachable`, `exception`, `crc`, `malformed_answer`, …
    pub code: String,
    /// For people.
    pub detail: String,
}

/// One request of a test.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestRequest {
    /// Function code.
    pub function: u8,
    /// First address.
    pub address: u16,
    /// Registers or bits.
    pub count: u16,
    /// It was answered.
    pub ok: bool,
    /// Time it took, or until it was given up.
    pub round_trip_ms: f64,
    /// What went wrong.
    #[schema(required)]
    pub error: Option<String>,
}

/// One value of a test.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestPoint {
    /// Load, from 1.
    pub channel: u8,
    /// What is measured.
    pub quantity: Quantity,
    /// First register.
    pub address: u16,
    /// Raw registers as read, in hexadecimal; parts and scale registers after the number itself.
    pub words: Vec<String>,
    /// The value in `unit`.
    #[schema(required)]
    pub value: Option<f64>,
    /// Symbol of the unit.
    pub unit: String,
    /// How far to trust it.
    pub quality: Quality,
    /// Why.
    pub reason: Reason,
}

/// Reads everything that the profile says of a device, once.
pub async fn test_device(
    line: &mut impl Ask,
    device: &DeviceSettings,
    bus_line: &Line,
    catalogue: &Catalogue,
    clock: &dyn Clock,
) -> TestReport {
    let mut report =
        TestReport { ok: false, round_trip_ms: None, identity: None, error: None, requests: Vec::new(), points: Vec::new() };
    let Some(profile) = catalogue.get_shared(&device.profile) else {
        report.error = Some(TestError { code: "profile_unknown".to_owned(), detail: device.profile.to_string() });
        return report;
    };
    let map = Map::new(&profile, device, &Group::ALL);
    let limits = limits(&profile, device, worthwhile_gap(bus_line.wire().as_ref(), Duration::ZERO));
    if map.points.is_empty() {
        let detail = format!("{} describes no value of this device, or not from which register on", device.profile);
        report.error = Some(TestError { code: "no_points".to_owned(), detail });
        return report;
    }
    let (mut round, mut refused) = (Round::default(), RefusedRanges::default());
    let mut failure = None;
    round.begin(&map, &plan(&map.values, &limits, &refused));
    while report.requests.len() < MAX_REQUESTS {
        let Some(span) = round.pending().next() else { break };
        tokio::time::sleep(device.options.pause).await;
        let outcome = line.ask(device.unit, &span.question()).await;
        report.requests.push(TestRequest::new(span, &outcome));
        match outcome.result {
            Ok(response) => {
                round.answered(&map, span, &response, clock.now());
            }
            Err(AskError::Exception(_)) if map.is_merged(&span) => {
                refused.remember(span, clock.now());
                round.replan(&plan(&map.values, &limits, &refused));
            }
            Err(error) => {
                failure.get_or_insert(error);
                round.failed(span, reason(error));
                if error.is_silence() || error.is_line() {
                    round.abort(reason(error));
                    break;
                }
            }
        }
    }
    if round.has_answers()
        && let Presence::Found(found) = identify(line, device.unit, catalogue).await
    {
        report.identity = Some(found.identity);
    }
    report.error = failure.map(|error| TestError { code: error.code().to_owned(), detail: error.to_string() });
    report.ok = report.error.is_none();
    report.round_trip_ms = mean(report.requests.iter().filter(|request| request.ok).map(|request| request.round_trip_ms));
    let taken = round.taken(&map, &refused, clock.now());
    report.points = map
        .points
        .iter()
        .zip(taken)
        .enumerate()
        .map(|(number, (point, taken))| TestPoint {
            channel: point.channel,
            quantity: point.quantity,
            address: point.address,
            words: round.words(&map, number).iter().map(|word| format!("0x{word:04X}")).collect(),
            value: taken.value().map(haubert_model::Decimal::to_f64),
            unit: point.quantity.unit().symbol().to_owned(),
            quality: taken.quality(),
            reason: taken.reason,
        })
        .collect();
    report
}

const fn reason(error: AskError) -> Reason {
    match error {
        AskError::Exception(_) if !error.is_silence() => Reason::Refused,
        AskError::NotOpen | AskError::Lost(_) => Reason::BusDown,
        _ if error.is_damage() => Reason::DamagedAnswer,
        _ => Reason::NoAnswer,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

impl TestRequest {
    fn new(span: Span, outcome: &Outcome) -> Self {
        Self {
            function: span.table.read_function(),
            address: span.start,
            count: span.count,
            ok: outcome.result.is_ok(),
            round_trip_ms: outcome.round_trip.as_secs_f64() * 1000.0,
            error: outcome.result.as_ref().err().map(ToString::to_string),
        }
    }
}
