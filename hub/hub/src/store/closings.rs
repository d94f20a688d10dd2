//! Closing assessments: from then on nobody changes what was answered.

use super::assessments::after;
use super::entity::audit_work::{audit_closing, closing_evidence, evidence, evidence_link, evidence_version, finding};
use super::entity::standing::{answer, assessment, former_answer};
use super::{During as _, Store, StoreError};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, TransactionTrait as _,
};

/// Everything that an audit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Itself.
    pub audit: assessment::Model,
    /// The answers that count, and every one before them.
    pub answers: Vec<answer::Model>,
    /// What was found.
    pub findings: Vec<finding::Model>,
    /// Ids of the evidence that is attached to it.
    pub attached: Vec<String>,
    /// Every file of the organisation's evidence, also of what is removed.
    pub versions: Vec<evidence_version::Model>,
}

/// What closes an audit: the statement, and the evidence that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The statement.
    pub row: audit_closing::Model,
    /// Ids of evidence.
    pub evidence: Vec<String>,
}

async fn record(on: &impl ConnectionTrait, id: &str) -> Result<Option<AuditRecord>, StoreError> {
    const DOING: &str = "read an audit";
    let Some(audit) = assessment::Entity::find_by_id(id).one(on).await.during(DOING)? else { return Ok(None) };
    let answers = answer::Entity::find().filter(answer::Column::AssessmentId.eq(id));
    let mut answers = answers.all(on).await.during(DOING)?;
    let former = former_answer::Entity::find().filter(former_answer::Column::AssessmentId.eq(id));
    answers.extend(former.all(on).await.during(DOING)?.into_iter().map(after));
    let findings = finding::Entity::find().filter(finding::Column::AssessmentId.eq(id));
    let findings = findings.order_by_asc(finding::Column::Id).all(on).await.during(DOING)?;
    let links = evidence_link::Entity::find().filter(evidence_link::Column::AssessmentId.eq(id));
    let attached = links.all(on).await.during(DOING)?.into_iter().map(|link| link.evidence_id).collect();
    let own = evidence::Entity::find().filter(evidence::Column::OrganisationId.eq(&audit.organisation_id));
    let own = own.all(on).await.during(DOING)?.into_iter().map(|row| row.id);
    let versions = evidence_version::Entity::find().filter(evidence_version::Column::EvidenceId.is_in(own));
    Ok(Some(AuditRecord { versions: versions.all(on).await.during(DOING)?, audit, answers, findings, attached }))
}

/// Closes one that is open; whoever still writes to it is waited for.
async fn close(on: &impl ConnectionTrait, id: &str, kind: &str) -> Result<bool, StoreError> {
    let done = assessment::Entity::update_many()
        .col_expr(assessment::Column::Closed, Expr::value(true))
        .filter(assessment::Column::Id.eq(id))
        .filter(assessment::Column::Kind.eq(kind))
        .filter(assessment::Column::Closed.eq(false));
    Ok(done.exec(on).await.during("close an assessment")?.rows_affected == 1)
}

impl Store {
    /// Everything that an audit says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_record(&self, id: &str) -> Result<Option<AuditRecord>, StoreError> {
        record(&self.read, id).await
    }

    /// Closes a self-assessment; `false` when there is none that is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_own(&self, id: &str) -> Result<bool, StoreError> {
        close(&self.write, id, "self").await
    }

    /// Closes an audit with what `closing` makes of everything that it says; `None` when there is none that is open.
    ///
    /// # Errors
    /// [`StoreError`], and what `closing` says: then it stays open.
    pub async fn close_audit<E: From<StoreError>>(
        &self,
        id: &str,
        closing: impl FnOnce(&AuditRecord) -> Result<Closing, E> + Send,
    ) -> Result<Option<Closing>, E> {
        const DOING: &str = "close an audit";
        let transaction = self.write.begin().await.during(DOING)?;
        if !close(&transaction, id, "audit").await? {
            return Ok(None);
        }
        let Some(record) = record(&transaction, id).await? else { return Ok(None) };
        let closing = closing(&record)?;
        let row = closing.row.clone().into_active_model().reset_all();
        audit_closing::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
        for evidence in &closing.evidence {
            let row = closing_evidence::Model { assessment_id: id.to_owned(), evidence_id: evidence.clone() };
            let row = row.into_active_model().reset_all();
            closing_evidence::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
        }
        transaction.commit().await.during(DOING)?;
        Ok(Some(closing))
    }

    /// What closing an audit stated, when it was closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_closing(&self, id: &str) -> Result<Option<audit_closing::Model>, StoreError> {
        audit_closing::Entity::find_by_id(id).one(&self.read).await.during("read what an audit stated")
    }
}
