//! Findings of audits, with every change of them.

use super::assessments::{Changed, is_closed};
use super::entity::audit_work::{finding, finding_change};
use super::entity::standing::assessment;
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, TransactionTrait as _,
};

impl Store {
    /// Findings of an audit, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings(&self, audit: &str) -> Result<Vec<finding::Model>, StoreError> {
        let findings = finding::Entity::find().filter(finding::Column::AssessmentId.eq(audit));
        findings.order_by_asc(finding::Column::Id).all(&self.read).await.during("list findings")
    }

    /// Findings of every audit of an organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings_of(&self, organisation: OrganisationId) -> Result<Vec<finding::Model>, StoreError> {
        let audits = self.assessments(organisation).await?.into_iter().map(|row| row.id);
        let findings = finding::Entity::find().filter(finding::Column::AssessmentId.is_in(audits));
        findings.order_by_asc(finding::Column::Id).all(&self.read).await.during("list findings")
    }

    /// A finding and the audit that it belongs to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finding(&self, id: &str) -> Result<Option<(finding::Model, assessment::Model)>, StoreError> {
        let Some(row) = finding::Entity::find_by_id(id).one(&self.read).await.during("read a finding")? else {
            return Ok(None);
        };
        Ok(self.assessment(&row.assessment_id).await?.map(|audit| (row, audit)))
    }

    /// What was said of a finding, from the first to the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finding_changes(&self, id: &str) -> Result<Vec<finding_change::Model>, StoreError> {
        let changes = finding_change::Entity::find().filter(finding_change::Column::FindingId.eq(id));
        changes.order_by_asc(finding_change::Column::Revision).all(&self.read).await.during("read a finding's past")
    }

    /// Adds a finding to an audit that is not closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_finding(&self, row: finding::Model) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "add a finding";
        let transaction = self.write.begin().await.during(DOING)?;
        if is_closed(&transaction, &row.assessment_id).await? {
            return Ok(Changed::Meanwhile);
        }
        let new = row.clone().into_active_model().reset_all();
        finding::Entity::insert(new).exec_without_returning(&transaction).await.during(DOING)?;
        note(&transaction, &row).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }

    /// Keeps a finding in place of that of `seen`, the revision that its author saw. One that `is_bound` changes what a closed audit
    /// has stated, and is kept only as long as the audit is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_finding(&self, mut row: finding::Model, seen: i32, is_bound: bool) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "change a finding";
        row.revision = seen.saturating_add(1);
        let transaction = self.write.begin().await.during(DOING)?;
        if is_bound && is_closed(&transaction, &row.assessment_id).await? {
            return Ok(Changed::Meanwhile);
        }
        let done = finding::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(finding::Column::Id.eq(&row.id))
            .filter(finding::Column::Revision.eq(seen))
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Changed::Meanwhile);
        }
        note(&transaction, &row).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }
}

async fn note(on: &impl ConnectionTrait, row: &finding::Model) -> Result<(), StoreError> {
    let change = finding_change::Model {
        finding_id: row.id.clone(),
        revision: row.revision,
        document: row.document.clone(),
        changed_at: row.changed_at,
        changed_by: row.changed_by.clone(),
    };
    let change = change.into_active_model().reset_all();
    finding_change::Entity::insert(change).exec_without_returning(on).await.during("note a change of a finding")?;
    Ok(())
}
