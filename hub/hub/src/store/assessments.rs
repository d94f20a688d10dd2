//! Assessments and their answers. An answer is replaced only by who has seen it, and the one before is kept.

use super::entity::standing::{answer, assessment, former_answer, organisation_profile, respondent};
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, TransactionTrait as _,
};

/// Answers that one statement copies: databases bound the values of a statement.
const COPIED_AT_ONCE: usize = 500;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed<T> {
    /// It is kept.
    Kept(T),
    /// Somebody else has changed it since it was seen: nothing was kept.
    Meanwhile,
}

impl Store {
    /// The profile of an organisation, when somebody has given it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn organisation_profile(&self, id: OrganisationId) -> Result<Option<organisation_profile::Model>, StoreError> {
        organisation_profile::Entity::find_by_id(id.to_string()).one(&self.read).await.during("read a profile")
    }

    /// Keeps the profile of an organisation, in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_organisation_profile(&self, row: organisation_profile::Model) -> Result<(), StoreError> {
        use organisation_profile::Column::{ChangedAt, ChangedBy, Gateways, Nis2, OrganisationId, Ot, Size};
        let update =
            OnConflict::column(OrganisationId).update_columns([Size, Ot, Nis2, Gateways, ChangedAt, ChangedBy]).to_owned();
        let row = row.into_active_model().reset_all();
        organisation_profile::Entity::insert(row)
            .on_conflict(update)
            .exec_without_returning(&self.write)
            .await
            .during("keep a profile")?;
        Ok(())
    }

    /// Assessments of an organisation, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn assessments(&self, organisation: OrganisationId) -> Result<Vec<assessment::Model>, StoreError> {
        assessment::Entity::find()
            .filter(assessment::Column::OrganisationId.eq(organisation.to_string()))
            .order_by_desc(assessment::Column::Id)
            .all(&self.read)
            .await
            .during("list assessments")
    }

    /// An assessment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn assessment(&self, id: &str) -> Result<Option<assessment::Model>, StoreError> {
        assessment::Entity::find_by_id(id).one(&self.read).await.during("read an assessment")
    }

    /// Whether there is an assessment of a framework.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_assessed(&self, framework: &str) -> Result<bool, StoreError> {
        let first = assessment::Entity::find().filter(assessment::Column::Framework.eq(framework)).one(&self.read);
        Ok(first.await.during("look for assessments")?.is_some())
    }

    /// Begins an assessment, a self-assessment with the answers of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_assessment(&self, row: assessment::Model) -> Result<(), StoreError> {
        const DOING: &str = "begin an assessment";
        let transaction = self.write.begin().await.during(DOING)?;
        begin(&transaction, row).await?;
        transaction.commit().await.during(DOING)
    }

    /// The answers that count.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answers(&self, assessment: &str) -> Result<Vec<answer::Model>, StoreError> {
        let answers = answer::Entity::find().filter(answer::Column::AssessmentId.eq(assessment));
        answers.all(&self.read).await.during("read answers")
    }

    /// An answer and every one before it, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answer_history(&self, assessment: &str, subject: &str) -> Result<Vec<answer::Model>, StoreError> {
        const DOING: &str = "read an answer's past";
        let key = (assessment.to_owned(), subject.to_owned());
        let mut all: Vec<answer::Model> =
            answer::Entity::find_by_id(key).one(&self.read).await.during(DOING)?.into_iter().collect();
        let former = former_answer::Entity::find()
            .filter(former_answer::Column::AssessmentId.eq(assessment))
            .filter(former_answer::Column::Subject.eq(subject))
            .order_by_desc(former_answer::Column::Revision)
            .all(&self.read)
            .await
            .during(DOING)?;
        all.extend(former.into_iter().map(after));
        Ok(all)
    }

    /// Keeps an answer in place of that of `seen`, the revision that its author saw (0: none), and keeps that one in the past.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_answer(&self, mut row: answer::Model, seen: i32) -> Result<Changed<answer::Model>, StoreError> {
        const DOING: &str = "keep an answer";
        let transaction = self.write.begin().await.during(DOING)?;
        if is_closed(&transaction, &row.assessment_id).await? {
            return Ok(Changed::Meanwhile);
        }
        let key = (row.assessment_id.clone(), row.subject.clone());
        let before = answer::Entity::find_by_id(key).one(&transaction).await.during(DOING)?;
        if before.as_ref().map_or(0, |before| before.revision) != seen {
            return Ok(Changed::Meanwhile);
        }
        row.revision = seen.saturating_add(1);
        match before {
            None => {
                // Two at once on two nodes: the primary key lets one through.
                let kept = answer::Entity::insert(row.clone().into_active_model().reset_all())
                    .on_conflict(
                        OnConflict::columns([answer::Column::AssessmentId, answer::Column::Subject]).do_nothing().to_owned(),
                    )
                    .try_insert()
                    .exec_without_returning(&transaction)
                    .await
                    .during(DOING)?;
                if !matches!(kept, sea_orm::TryInsertResult::Inserted(1)) {
                    return Ok(Changed::Meanwhile);
                }
            }
            Some(before) => {
                let past = former(before).into_active_model().reset_all();
                let done = answer::Entity::update_many()
                    .set(row.clone().into_active_model().reset_all())
                    .filter(answer::Column::AssessmentId.eq(&row.assessment_id))
                    .filter(answer::Column::Subject.eq(&row.subject))
                    .filter(answer::Column::Revision.eq(seen))
                    .exec(&transaction)
                    .await
                    .during(DOING)?;
                if done.rows_affected != 1 {
                    return Ok(Changed::Meanwhile);
                }
                past.insert(&transaction).await.during(DOING)?;
            }
        }
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(row))
    }
}

/// Begins an assessment. What an organisation has said of itself stands until it says otherwise: a new self-assessment of the same
/// framework begins with the answers and the respondents of the newest one, their authors and times.
pub(super) async fn begin(on: &impl ConnectionTrait, row: assessment::Model) -> Result<(), StoreError> {
    const DOING: &str = "begin an assessment";
    let before = assessment::Entity::find()
        .filter(assessment::Column::OrganisationId.eq(&row.organisation_id))
        .filter(assessment::Column::Framework.eq(&row.framework))
        .filter(assessment::Column::Kind.eq("self"))
        .order_by_desc(assessment::Column::Id);
    let before = if row.kind == "self" { before.one(on).await.during(DOING)? } else { None };
    let id = row.id.clone();
    assessment::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(on).await.during(DOING)?;
    let Some(assessment::Model { id: before, .. }) = before else { return Ok(()) };
    let answers = answer::Entity::find().filter(answer::Column::AssessmentId.eq(&before)).all(on).await.during(DOING)?;
    for some in answers.chunks(COPIED_AT_ONCE) {
        let copy = |row: &answer::Model| {
            answer::Model { assessment_id: id.clone(), revision: 1, ..row.clone() }.into_active_model().reset_all()
        };
        answer::Entity::insert_many(some.iter().map(copy)).exec_without_returning(on).await.during(DOING)?;
    }
    let respondents = respondent::Entity::find().filter(respondent::Column::AssessmentId.eq(before));
    for row in respondents.all(on).await.during(DOING)? {
        let copy = respondent::Model { assessment_id: id.clone(), ..row }.into_active_model().reset_all();
        respondent::Entity::insert(copy).exec_without_returning(on).await.during(DOING)?;
    }
    Ok(())
}

/// Whether an assessment is closed, or gone. As long as the transaction lasts, nobody closes it.
pub(super) async fn is_closed(on: &impl ConnectionTrait, id: &str) -> Result<bool, StoreError> {
    let found = assessment::Entity::find_by_id(id).lock_shared().one(on).await.during("look at an assessment")?;
    Ok(found.is_none_or(|row| row.closed))
}

fn former(row: answer::Model) -> former_answer::Model {
    let answer::Model {
        assessment_id,
        subject,
        revision,
        node,
        choice,
        score,
        words,
        not_applicable,
        comment,
        changed_at,
        changed_by,
    } = row;
    former_answer::Model {
        assessment_id,
        subject,
        revision,
        node,
        choice,
        score,
        words,
        not_applicable,
        comment,
        changed_at,
        changed_by,
    }
}

pub(super) fn after(row: former_answer::Model) -> answer::Model {
    let former_answer::Model {
        assessment_id,
        subject,
        revision,
        node,
        choice,
        score,
        words,
        not_applicable,
        comment,
        changed_at,
        changed_by,
    } = row;
    answer::Model {
        assessment_id,
        subject,
        revision,
        node,
        choice,
        score,
        words,
        not_applicable,
        comment,
        changed_at,
        changed_by,
    }
}
