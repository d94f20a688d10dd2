//! Integrity of the program and its self-tests.

use super::may;
use crate::app::Shared;
use crate::boot::{Findings, Integrity};
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::UPDATES_VIEW), routes!(read_boot)).routes(may(rights::UPDATES_RUN), routes!(run_self_test))
}

/// A self-test.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    /// Stable name, such as `aes256_gcm`.
    name: &'static str,
    passed: bool,
}

/// What the check of the start, or the newest one, has found.
#[derive(Debug, Serialize, ToSchema)]
struct BootView {
    integrity: Integrity,
    /// What was changed; or why there is nothing to compare with: `no_slot`, `no_supplier_key`.
    faults: Vec<String>,
    /// Files that were compared.
    files: usize,
    at: Time,
    /// Whether data may leave the gateway.
    outlets_allowed: bool,
    tests: Vec<TestView>,
    tested_at: Time,
}

fn view(findings: &Findings) -> BootView {
    BootView {
        integrity: findings.integrity,
        faults: findings.faults.clone(),
        files: findings.files,
        at: Time(findings.at),
        outlets_allowed: findings.outlets_allowed(),
        tests: findings.self_test.tests.iter().map(|test| TestView { name: test.name, passed: test.passed }).collect(),
        tested_at: Time(findings.self_test.at),
    }
}

/// Whether the program is what the supplier signed, and whether its cryptography and rules work.
#[utoipa::path(get, path = "/boot", tag = "updates", responses((status = 200, body = BootView)))]
async fn read_boot(State(app): State<Shared>) -> Json<BootView> {
    Json(view(&app.boot.findings()))
}

/// Checks again, now.
#[utoipa::path(post, path = "/boot/self-test", tag = "updates", responses((status = 200, body = BootView)))]
async fn run_self_test(State(app): State<Shared>) -> Json<BootView> {
    let before = app.boot.outlets_allowed();
    let findings = app.boot.again(app.policy.current(), app.clock.now()).await;
    if before && !findings.outlets_allowed() {
        for event in app.boot.events() {
            app.chronicle.tell(event);
        }
    }
    Json(view(&findings))
}
