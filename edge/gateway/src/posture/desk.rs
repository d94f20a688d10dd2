//! Looks again and again how the gateway stands: for the hub, and so that whatever begins to fail is told.

use super::assess::{Answer, Finding, Standing, Verdict};
use super::{Posture, now};
use crate::app::Shared;
use crate::store::events::{NewEvent, Severity};
use haubert_link::message as told;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Time between two looks. What people change they see at once on the page, which looks for itself.
const EVERY: Duration = Duration::from_secs(60);

/// The newest look, for whoever passes it on.
pub type Latest = watch::Sender<Option<Arc<Posture>>>;

/// Looks until the gateway stops.
pub async fn work(app: Shared) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut failing: Option<BTreeSet<&'static str>> = None;
    loop {
        tokio::select! {
            () = app.shutdown.wait() => return,
            _ = ticks.tick() => {}
        }
        let posture = match now(&app).await {
            Ok(posture) => posture,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "how the gateway stands cannot be found out");
                continue;
            }
        };
        let fails: BTreeSet<&'static str> =
            posture.findings.iter().filter(|finding| finding.verdict == Verdict::Fails).map(|finding| finding.check).collect();
        // What failed before this start was told then.
        if let Some(known) = &failing {
            for check in fails.difference(known) {
                let event = NewEvent::new(posture.at, Severity::Warning, "posture_fails", [("check", (*check).to_owned())]);
                app.chronicle.tell(event);
            }
        }
        failing = Some(fails);
        app.posture.send_if_modified(|latest| {
            let is_new = latest.as_ref().is_none_or(|latest| latest.findings != posture.findings);
            if is_new {
                *latest = Some(Arc::new(posture));
            }
            is_new
        });
    }
}

/// The look as the hub is told of it.
pub fn report(posture: &Posture) -> told::PostureReport {
    let lists = [("technical-note", &posture.settings), ("iec-62443-4-2", &posture.requirements)];
    told::PostureReport {
        version: haubert_link::VERSION,
        at: posture.at,
        findings: posture.findings.iter().map(finding).collect(),
        answers: lists.into_iter().flat_map(|(standard, answers)| answers.iter().map(move |one| answer(standard, one))).collect(),
    }
}

fn finding(finding: &Finding) -> told::PostureFinding {
    told::PostureFinding {
        check: finding.check.to_owned(),
        verdict: match finding.verdict {
            Verdict::Holds => told::Verdict::Holds,
            Verdict::Weak => told::Verdict::Weak,
            Verdict::Unknown => told::Verdict::Unknown,
            Verdict::Fails => told::Verdict::Fails,
        },
        proof: finding.proof.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        since: finding.since.map(|since| since.0),
    }
}

fn answer(standard: &str, answer: &Answer) -> told::PostureAnswer {
    told::PostureAnswer {
        standard: standard.to_owned(),
        id: answer.id.clone(),
        standing: match answer.standing {
            Standing::Met => told::Standing::Met,
            Standing::Compensated => told::Standing::Compensated,
            Standing::NotApplicable => told::Standing::NotApplicable,
            Standing::Weak => told::Standing::Weak,
            Standing::Unknown => told::Standing::Unknown,
            Standing::NotMet => told::Standing::NotMet,
        },
    }
}
