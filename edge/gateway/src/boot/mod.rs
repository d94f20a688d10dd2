//! What this program is made of, checked at its start against the supplier's signature (IEC 62443-4-2, EDR 3.14 and CR 3.4).
//!
//! A gateway whose program, content or security functions were changed goes on measuring and showing, since a plant needs its
//! eyes; but it hands nothing out any more: the *outlets* stay closed, the alarm stands, and the hub is told. The launcher has
//! checked the same before (`haubert_update::launch`) and prefers a slot that is whole; this is the check from inside, and covers
//! the program as it runs (`/proc/self/exe`), not only as it lies on the disk.

mod inventory;
mod self_test;

pub use self_test::{SelfTest, Test};

use crate::config::Config;
use crate::policy::Policy;
use crate::store::events::{NewEvent, Severity};
use crate::update::Supplier;
use haubert_bundle::seal::{self, Broken, METADATA, digest_of};
use haubert_model::Timestamp;
use serde::Serialize;
use std::fs::File;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::ToSchema;

/// Whether the program is what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Every file is as the supplier signed it.
    Ok,
    /// There is nothing to compare with: a development build, or one installed by hand.
    Unsigned,
    /// Something was changed.
    Tampered,
}

/// What the check of the start has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The outcome.
    pub integrity: Integrity,
    /// What was changed, or why there is nothing to compare with (`no_slot`, `no_supplier_key`).
    pub faults: Vec<String>,
    /// Files that were compared.
    pub files: usize,
    /// Components that the signed list of this release names; `None` when none came with it.
    pub components: Option<usize>,
    /// When.
    pub at: Timestamp,
    /// The tests of cryptography and rules.
    pub self_test: SelfTest,
}

impl Findings {
    /// Whether data may leave.
    pub fn outlets_allowed(&self) -> bool {
        self.integrity != Integrity::Tampered && self.self_test.passed()
    }
}

/// The newest findings; clones share them.
#[derive(Clone)]
pub struct Boot {
    config: Arc<Config>,
    newest: watch::Sender<Arc<Findings>>,
}

impl Boot {
    /// Checks now. Reads every file of the release and hashes a password: some tenths of a second.
    pub fn at_start(config: &Config, now: Timestamp) -> Self {
        let findings = look(config, &Policy::default(), now);
        Self { config: Arc::new(config.clone()), newest: watch::Sender::new(Arc::new(findings)) }
    }

    /// Checks again, off the async threads. A program that was found changed stays so until it is started anew.
    pub async fn again(&self, policy: Arc<Policy>, now: Timestamp) -> Arc<Findings> {
        let config = Arc::clone(&self.config);
        let found = tokio::task::spawn_blocking(move || look(&config, &policy, now)).await;
        if let Ok(mut found) = found {
            let before = self.findings();
            if before.integrity == Integrity::Tampered && found.integrity != Integrity::Tampered {
                found.integrity = Integrity::Tampered;
                found.faults.clone_from(&before.faults);
            }
            self.newest.send_replace(Arc::new(found));
        }
        self.findings()
    }

    /// What is known.
    pub fn findings(&self) -> Arc<Findings> {
        Arc::clone(&self.newest.borrow())
    }

    /// Whether data may leave.
    pub fn outlets_allowed(&self) -> bool {
        self.newest.borrow().outlets_allowed()
    }

    /// What to tell of the findings: nothing when all is well.
    pub fn events(&self) -> Vec<NewEvent> {
        let findings = self.findings();
        let mut events = Vec::new();
        if findings.integrity == Integrity::Tampered {
            events.push(NewEvent::new(
                findings.at,
                Severity::Critical,
                "integrity_failed",
                [("files", findings.faults.join(", "))],
            ));
        }
        if !findings.self_test.passed() {
            let failed = findings.self_test.failed().join(", ");
            events.push(NewEvent::new(findings.at, Severity::Critical, "self_test_failed", [("tests", failed)]));
        }
        events
    }
}

fn look(config: &Config, policy: &Policy, now: Timestamp) -> Findings {
    let self_test = SelfTest::run(policy, now);
    let found = program(config);
    // A list that is not what was signed is none.
    let components = found.as_ref().ok().and_then(|_| inventory::components(&config.update.slot_folder()?));
    let (integrity, faults, files) = match found {
        Ok(files) => (Integrity::Ok, Vec::new(), files),
        Err((integrity, faults)) => (integrity, faults, 0),
    };
    Findings { integrity, faults, files, components, at: now, self_test }
}

/// How many files are as they were signed.
fn program(config: &Config) -> Result<usize, (Integrity, Vec<String>)> {
    let unsigned = |why: &str| (Integrity::Unsigned, vec![why.to_owned()]);
    let slot = config.update.slot_folder().ok_or_else(|| unsigned("no_slot"))?;
    let root = Supplier::of(&config.update).root().ok_or_else(|| unsigned("no_supplier_key"))?;
    let sealed = seal::check(&slot, &root).map_err(|broken| match broken {
        // A slot always has its evidence: without it somebody has taken it away.
        Broken::Unsigned => (Integrity::Tampered, vec![format!("{METADATA}: missing")]),
        Broken::Tampered(files) => (Integrity::Tampered, files),
    })?;
    let running = File::open("/proc/self/exe").and_then(digest_of).ok();
    let signed = sealed.files.get(crate::update::PRODUCT);
    match (running, signed) {
        (Some((length, sha256)), Some(file)) if (length, sha256) == (file.length, file.sha256) => Ok(sealed.files.len()),
        _ => Err((Integrity::Tampered, vec!["the running program is not the one in its slot".to_owned()])),
    }
}
