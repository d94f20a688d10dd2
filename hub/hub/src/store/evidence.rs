//! Evidence: what is known of its files. The files themselves lie in a folder (`crate::evidence`).

use super::assessments::Changed;
use super::entity::audit_work::{closing_evidence, evidence, evidence_link, evidence_version};
use super::{During as _, Store, StoreError};
use haubert_model::{OrganisationId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, TransactionTrait as _,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most evidence of an organisation.
const MAX_EVIDENCE: usize = 2_000;
/// Most versions of one.
const MAX_VERSIONS: i32 = 200;

/// Evidence with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Itself.
    pub row: evidence::Model,
    /// The oldest first.
    pub versions: Vec<evidence_version::Model>,
    /// What it is attached to.
    pub links: Vec<evidence_link::Model>,
}

/// What became of a file that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    Kept,
    /// The organisation has no room for it: so many bytes are taken.
    Full(u64),
    /// There are too many already.
    TooMany,
    /// What it was to be added to is not there any more.
    Absent,
}

/// What became of evidence that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// It is removed; the files of these digests are nobody's any more.
    Done(Vec<String>),
    /// A closed audit names it.
    Named,
    /// It is not there.
    Absent,
}

/// The bytes of an organisation's files, each counted once.
async fn taken(on: &impl ConnectionTrait, organisation: &str) -> Result<BTreeMap<String, u64>, StoreError> {
    const DOING: &str = "add up evidence";
    let ids = of(on, organisation, false).await?.into_iter().map(|row| row.id);
    let versions = evidence_version::Entity::find().filter(evidence_version::Column::EvidenceId.is_in(ids));
    let versions = versions.all(on).await.during(DOING)?.into_iter();
    Ok(versions.map(|version| (version.sha256, u64::try_from(version.bytes).unwrap_or(0))).collect())
}

async fn of(on: &impl ConnectionTrait, organisation: &str, removed: bool) -> Result<Vec<evidence::Model>, StoreError> {
    let mut rows = evidence::Entity::find().filter(evidence::Column::OrganisationId.eq(organisation));
    if !removed {
        rows = rows.filter(evidence::Column::RemovedAt.is_null());
    }
    rows.order_by_asc(evidence::Column::Id).all(on).await.during("list evidence")
}

/// Whether there is room for a file.
async fn room(
    on: &impl ConnectionTrait,
    organisation: &str,
    version: &evidence_version::Model,
    limit: u64,
) -> Result<Option<u64>, StoreError> {
    let taken = taken(on, organisation).await?;
    let sum: u64 = taken.values().sum();
    let more = if taken.contains_key(&version.sha256) { 0 } else { u64::try_from(version.bytes).unwrap_or(u64::MAX) };
    Ok((sum.saturating_add(more) > limit).then_some(sum))
}

impl Store {
    /// Evidence of an organisation, in the order in which it was added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn evidence_of(&self, organisation: OrganisationId, removed: bool) -> Result<Vec<Evidence>, StoreError> {
        let rows = of(&self.read, &organisation.to_string(), removed).await?;
        self.with_versions(rows).await
    }

    /// Evidence by its id, also when it is removed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn evidence(&self, id: &str) -> Result<Option<Evidence>, StoreError> {
        let row = evidence::Entity::find_by_id(id).one(&self.read).await.during("read evidence")?;
        Ok(self.with_versions(row.into_iter().collect()).await?.pop())
    }

    async fn with_versions(&self, rows: Vec<evidence::Model>) -> Result<Vec<Evidence>, StoreError> {
        const DOING: &str = "read evidence";
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let versions = evidence_version::Entity::find()
            .filter(evidence_version::Column::EvidenceId.is_in(ids.clone()))
            .order_by_asc(evidence_version::Column::Number);
        let links = evidence_link::Entity::find()
            .filter(evidence_link::Column::EvidenceId.is_in(ids))
            .order_by_asc(evidence_link::Column::Measure)
            .order_by_asc(evidence_link::Column::AssessmentId);
        let (mut own_versions, mut own_links) = (BTreeMap::new(), BTreeMap::new());
        for version in versions.all(&self.read).await.during(DOING)? {
            own_versions.entry(version.evidence_id.clone()).or_insert_with(Vec::new).push(version);
        }
        for link in links.all(&self.read).await.during(DOING)? {
            own_links.entry(link.evidence_id.clone()).or_insert_with(Vec::new).push(link);
        }
        let whole = |row: evidence::Model| Evidence {
            versions: own_versions.remove(&row.id).unwrap_or_default(),
            links: own_links.remove(&row.id).unwrap_or_default(),
            row,
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// Whether evidence of an organisation has a file of this digest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_file(&self, organisation: OrganisationId, sha256: &str) -> Result<bool, StoreError> {
        Ok(taken(&self.read, &organisation.to_string()).await?.contains_key(sha256))
    }

    /// Adds evidence with its first version, when the organisation has room for it: `limit` bytes in all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_evidence(&self, new: Evidence, limit: u64) -> Result<Added, StoreError> {
        const DOING: &str = "add evidence";
        let transaction = self.write.begin().await.during(DOING)?;
        let organisation = new.row.organisation_id.clone();
        if of(&transaction, &organisation, false).await?.len() >= MAX_EVIDENCE {
            return Ok(Added::TooMany);
        }
        for version in &new.versions {
            if let Some(sum) = room(&transaction, &organisation, version, limit).await? {
                return Ok(Added::Full(sum));
            }
        }
        let row = new.row.into_active_model().reset_all();
        evidence::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
        for version in new.versions {
            let version = version.into_active_model().reset_all();
            evidence_version::Entity::insert(version).exec_without_returning(&transaction).await.during(DOING)?;
        }
        put_links(&transaction, new.links).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Added::Kept)
    }

    /// Adds the next version of evidence; its number is given here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_evidence_version(&self, mut version: evidence_version::Model, limit: u64) -> Result<Added, StoreError> {
        const DOING: &str = "add a version of evidence";
        let transaction = self.write.begin().await.during(DOING)?;
        // The change of the row comes first: whoever adds at the same time waits for it, and then sees this version.
        let done = evidence::Entity::update_many()
            .col_expr(evidence::Column::Revision, Expr::col(evidence::Column::Revision).add(1))
            .col_expr(evidence::Column::ChangedAt, Expr::value(version.added_at))
            .col_expr(evidence::Column::ChangedBy, Expr::value(&version.added_by))
            .filter(evidence::Column::Id.eq(&version.evidence_id))
            .filter(evidence::Column::RemovedAt.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        let row = evidence::Entity::find_by_id(&version.evidence_id).one(&transaction).await.during(DOING)?;
        let Some(row) = row.filter(|_| done.rows_affected == 1) else { return Ok(Added::Absent) };
        if let Some(sum) = room(&transaction, &row.organisation_id, &version, limit).await? {
            return Ok(Added::Full(sum));
        }
        let newest = evidence_version::Entity::find()
            .filter(evidence_version::Column::EvidenceId.eq(&version.evidence_id))
            .order_by_desc(evidence_version::Column::Number);
        version.number = newest.one(&transaction).await.during(DOING)?.map_or(0, |newest| newest.number).saturating_add(1);
        if version.number > MAX_VERSIONS {
            return Ok(Added::TooMany);
        }
        let version = version.into_active_model().reset_all();
        evidence_version::Entity::insert(version).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Added::Kept)
    }

    /// Keeps title and links of evidence in place of those of `seen`, the revision that its author saw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_evidence(
        &self,
        mut row: evidence::Model,
        links: Vec<evidence_link::Model>,
        seen: i32,
    ) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "change evidence";
        let transaction = self.write.begin().await.during(DOING)?;
        row.revision = seen.saturating_add(1);
        let id = row.id.clone();
        let done = evidence::Entity::update_many()
            .set(row.into_active_model().reset_all())
            .filter(evidence::Column::Id.eq(&id))
            .filter(evidence::Column::Revision.eq(seen))
            .filter(evidence::Column::RemovedAt.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Changed::Meanwhile);
        }
        let before = evidence_link::Entity::delete_many().filter(evidence_link::Column::EvidenceId.eq(&id));
        before.exec(&transaction).await.during(DOING)?;
        put_links(&transaction, links).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }

    /// Removes evidence as a whole, unless a closed audit names it. Who had what, and who removed it, stays known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_evidence(&self, id: &str, by: &str, now: Timestamp) -> Result<Removed, StoreError> {
        const DOING: &str = "remove evidence";
        let transaction = self.write.begin().await.during(DOING)?;
        let row = evidence::Entity::find_by_id(id).one(&transaction).await.during(DOING)?;
        let Some(row) = row.filter(|row| row.removed_at.is_none()) else { return Ok(Removed::Absent) };
        if is_named(&transaction, id).await? {
            return Ok(Removed::Named);
        }
        let versions = evidence_version::Entity::find().filter(evidence_version::Column::EvidenceId.eq(id));
        let own: BTreeSet<String> =
            versions.all(&transaction).await.during(DOING)?.into_iter().map(|version| version.sha256).collect();
        let done = evidence::Entity::update_many()
            .col_expr(evidence::Column::RemovedAt, Expr::value(now.as_millis()))
            .col_expr(evidence::Column::RemovedBy, Expr::value(by))
            .col_expr(evidence::Column::Revision, Expr::col(evidence::Column::Revision).add(1))
            .filter(evidence::Column::Id.eq(id))
            .filter(evidence::Column::RemovedAt.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Removed::Absent);
        }
        let others = taken(&transaction, &row.organisation_id).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Removed::Done(own.into_iter().filter(|digest| !others.contains_key(digest)).collect()))
    }
}

async fn put_links(on: &impl ConnectionTrait, links: Vec<evidence_link::Model>) -> Result<(), StoreError> {
    for link in links {
        let link = link.into_active_model().reset_all();
        evidence_link::Entity::insert(link).exec_without_returning(on).await.during("attach evidence")?;
    }
    Ok(())
}

/// Whether a closed audit names the evidence.
async fn is_named(on: &impl ConnectionTrait, id: &str) -> Result<bool, StoreError> {
    let named = closing_evidence::Entity::find().filter(closing_evidence::Column::EvidenceId.eq(id));
    Ok(named.one(on).await.during("look for audits that name evidence")?.is_some())
}
