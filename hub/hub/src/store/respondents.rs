//! Who answers which measure of an assessment.

use super::assessments::{Changed, is_closed};
use super::entity::standing::respondent;
use super::{During as _, Store, StoreError};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    TransactionTrait as _,
};

impl Store {
    /// Who answers what in an assessment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn respondents(&self, assessment: &str) -> Result<Vec<respondent::Model>, StoreError> {
        let of = respondent::Entity::find().filter(respondent::Column::AssessmentId.eq(assessment));
        of.order_by_asc(respondent::Column::Node).all(&self.read).await.during("list respondents")
    }

    /// Says who answers measures of one assessment that is open; whoever is named by nothing is taken away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_respondents(&self, assessment: &str, rows: Vec<respondent::Model>) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "set respondents";
        let transaction = self.write.begin().await.during(DOING)?;
        if is_closed(&transaction, assessment).await? {
            return Ok(Changed::Meanwhile);
        }
        for row in rows {
            if row.who.is_empty() {
                let gone = respondent::Entity::delete_by_id((row.assessment_id, row.node));
                gone.exec(&transaction).await.during(DOING)?;
                continue;
            }
            let known = OnConflict::columns([respondent::Column::AssessmentId, respondent::Column::Node])
                .update_columns([respondent::Column::Who, respondent::Column::ChangedAt, respondent::Column::ChangedBy])
                .to_owned();
            let insert = respondent::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
            insert.exec_without_returning(&transaction).await.during(DOING)?;
        }
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }
}
