//! What closing an audit states, and whether that still is what the store says. Pure.
//!
//! A statement holds digests over everything that an auditor answered and found, with its past, and the digest of each file that it
//! names. It is signed with the hub's key: whoever changes a row afterwards, in whatever way, makes the two disagree. Left out is what
//! goes on after an audit: corrections, verdicts, and until when they are due.

use crate::api::finding_said;
use crate::digest::sha256_hex;
use crate::store::AuditRecord;
use crate::store::entity::audit_work::evidence_version;
use haubert_service::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A file that an audit names, as it was when the audit was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) evidence: String,
    pub(crate) version: i32,
    pub(crate) sha256: String,
}

/// What is signed. Serialised with its fields in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) audit: String,
    /// Its id; a name may change.
    pub(crate) organisation: String,
    pub(crate) framework: String,
    pub(crate) title: String,
    /// RFC 3339, UTC.
    pub(crate) closed_at: String,
    pub(crate) closed_by: String,
    pub(crate) answers: usize,
    pub(crate) answers_sha256: String,
    pub(crate) findings: usize,
    pub(crate) findings_sha256: String,
    pub(crate) evidence: Vec<Named>,
}

/// What is not any more as it was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditFault)]
pub(crate) enum Fault {
    /// The statement itself, or its signature; or there is none.
    Statement,
    /// The audit is open again, or is said to be something else.
    Audit,
    /// An answer, or one before it.
    Answers,
    /// A finding.
    Findings,
    /// A file that the audit names.
    Evidence,
}

fn digest(parts: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(parts).map_err(|error| Problem::internal("write a statement", &error))?;
    Ok(sha256_hex(&text))
}

/// Answers and those before them, in an order that no engine decides.
fn answers(record: &AuditRecord) -> Result<String, Problem> {
    let mut rows: Vec<_> = record.answers.iter().collect();
    rows.sort_unstable_by(|one, other| (&one.subject, one.revision).cmp(&(&other.subject, other.revision)));
    let row = |row: &&crate::store::entity::standing::answer::Model| {
        serde_json::json!([
            row.subject,
            row.revision,
            row.node,
            row.choice,
            row.score,
            row.words,
            row.not_applicable,
            row.comment,
            row.changed_at,
            row.changed_by
        ])
    };
    digest(&rows.iter().map(row).collect::<Vec<_>>())
}

fn findings(record: &AuditRecord) -> Result<String, Problem> {
    let mut rows = Vec::new();
    for row in &record.findings {
        let said = finding_said(&row.document)?;
        rows.push(serde_json::json!([row.id, row.grade, said.stated(), row.created_at, row.created_by]));
    }
    rows.sort_unstable_by_key(ToString::to_string);
    digest(&rows)
}

/// The evidence that an audit names, in its findings or by being attached to it.
fn named(record: &AuditRecord) -> Result<Vec<Named>, Problem> {
    let mut ids: BTreeSet<String> = record.attached.iter().cloned().collect();
    for row in &record.findings {
        ids.extend(finding_said(&row.document)?.evidence);
    }
    let newest = |id: &String| -> Option<&evidence_version::Model> {
        record.versions.iter().filter(|version| version.evidence_id == *id).max_by_key(|version| version.number)
    };
    let named = |version: &evidence_version::Model| Named {
        evidence: version.evidence_id.clone(),
        version: version.number,
        sha256: version.sha256.clone(),
    };
    Ok(ids.iter().filter_map(newest).map(named).collect())
}

/// What closing an audit states.
///
/// # Errors
/// `internal` when a finding in the store cannot be read.
pub(crate) fn statement(record: &AuditRecord, closed_at: String, closed_by: String) -> Result<Statement, Problem> {
    let audit = &record.audit;
    Ok(Statement {
        audit: audit.id.clone(),
        organisation: audit.organisation_id.clone(),
        framework: audit.framework.clone(),
        title: audit.title.clone(),
        closed_at,
        closed_by,
        answers: record.answers.len(),
        answers_sha256: answers(record)?,
        findings: record.findings.len(),
        findings_sha256: findings(record)?,
        evidence: named(record)?,
    })
}

/// What of a statement does not hold any more. A finding that cannot be read is one that was changed.
pub(crate) fn faults(record: &AuditRecord, stated: &Statement) -> Vec<Fault> {
    let audit = &record.audit;
    let is_same = (&audit.id, &audit.organisation_id, &audit.framework, &audit.title)
        == (&stated.audit, &stated.organisation, &stated.framework, &stated.title);
    let is_there = |named: &Named| {
        let mut versions = record.versions.iter();
        versions.any(|row| (&row.evidence_id, row.number, &row.sha256) == (&named.evidence, named.version, &named.sha256))
    };
    let checks = [
        (Fault::Audit, is_same && audit.closed && audit.kind == "audit"),
        (Fault::Answers, answers(record).is_ok_and(|digest| digest == stated.answers_sha256)),
        (Fault::Findings, findings(record).is_ok_and(|digest| digest == stated.findings_sha256)),
        (Fault::Evidence, stated.evidence.iter().all(is_there)),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(fault, _)| fault).collect()
}
