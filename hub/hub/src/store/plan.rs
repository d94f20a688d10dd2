//! Plans of action and labels.

use super::assessments::Changed;
use super::entity::plan::{label_award, plan_action};
use super::{During as _, Store, StoreError, former};
use haubert_model::{OrganisationId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    TransactionTrait as _,
};

impl Store {
    /// The actions of an organisation, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn actions(&self, organisation: OrganisationId) -> Result<Vec<plan_action::Model>, StoreError> {
        let actions = plan_action::Entity::find().filter(plan_action::Column::OrganisationId.eq(organisation.to_string()));
        actions.order_by_asc(plan_action::Column::Id).all(&self.read).await.during("read a plan")
    }

    /// An action.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn action(&self, id: &str) -> Result<Option<plan_action::Model>, StoreError> {
        plan_action::Entity::find_by_id(id).one(&self.read).await.during("read an action")
    }

    /// Adds an action.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_action(&self, row: plan_action::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        plan_action::Entity::insert(row).exec_without_returning(&self.write).await.during("add an action")?;
        Ok(())
    }

    /// Keeps an action in place of that of `seen`, the revision that its author saw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_action(&self, mut row: plan_action::Model, seen: i32) -> Result<Changed<plan_action::Model>, StoreError> {
        const DOING: &str = "change an action";
        let transaction = self.write.begin().await.during(DOING)?;
        let before = plan_action::Entity::find_by_id(&row.id).one(&transaction).await.during(DOING)?;
        let Some(before) = before.filter(|before| before.revision == seen) else { return Ok(Changed::Meanwhile) };
        row.revision = seen.saturating_add(1);
        let done = plan_action::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(plan_action::Column::Id.eq(&row.id))
            .filter(plan_action::Column::Revision.eq(seen))
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Changed::Meanwhile);
        }
        former::keep(&transaction, &before).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(row))
    }

    /// Removes an action, and what rested on it rests on it no more; its past stays. `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_action(&self, id: &str) -> Result<bool, StoreError> {
        const DOING: &str = "remove an action";
        let transaction = self.write.begin().await.during(DOING)?;
        let before = plan_action::Entity::find_by_id(id).one(&transaction).await.during(DOING)?;
        let Some(before) = before else { return Ok(false) };
        plan_action::Entity::delete_by_id(id).exec(&transaction).await.during(DOING)?;
        former::keep(&transaction, &before).await?;
        let others = plan_action::Entity::find().filter(plan_action::Column::OrganisationId.eq(&before.organisation_id));
        for other in others.all(&transaction).await.during(DOING)? {
            let Ok(mut on) = serde_json::from_str::<Vec<String>>(&other.depends_on) else { continue };
            if !on.iter().any(|one| one == id) {
                continue;
            }
            // Nobody has changed what it says: its revision stays.
            on.retain(|one| one != id);
            let rest = serde_json::to_string(&on).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let freed = plan_action::Entity::update_many().col_expr(plan_action::Column::DependsOn, Expr::value(rest));
            freed.filter(plan_action::Column::Id.eq(other.id)).exec(&transaction).await.during(DOING)?;
        }
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Labels of an organisation, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn awards(&self, organisation: OrganisationId) -> Result<Vec<label_award::Model>, StoreError> {
        let awards = label_award::Entity::find().filter(label_award::Column::OrganisationId.eq(organisation.to_string()));
        awards.order_by_desc(label_award::Column::Id).all(&self.read).await.during("read labels")
    }

    /// The label of a public code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn award_by_code(&self, code: &str) -> Result<Option<label_award::Model>, StoreError> {
        label_award::Entity::find().filter(label_award::Column::Code.eq(code)).one(&self.read).await.during("read a label")
    }

    /// A label.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn award(&self, id: &str) -> Result<Option<label_award::Model>, StoreError> {
        label_award::Entity::find_by_id(id).one(&self.read).await.during("read a label")
    }

    /// Gives a label.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_award(&self, row: label_award::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        label_award::Entity::insert(row).exec_without_returning(&self.write).await.during("give a label")?;
        Ok(())
    }

    /// Withdraws a label once; `false` when there is none, or it is withdrawn already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_award(&self, id: &str, because: &str, now: Timestamp) -> Result<bool, StoreError> {
        let done = label_award::Entity::update_many()
            .col_expr(label_award::Column::WithdrawnAt, Expr::value(now.as_millis()))
            .col_expr(label_award::Column::WithdrawnBecause, Expr::value(because))
            .filter(label_award::Column::Id.eq(id))
            .filter(label_award::Column::WithdrawnAt.is_null())
            .exec(&self.write)
            .await
            .during("withdraw a label")?;
        Ok(done.rows_affected == 1)
    }
}
