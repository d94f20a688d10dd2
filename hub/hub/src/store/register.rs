//! The risk register, imported libraries, and where organisations stood day by day.

use super::assessments::Changed;
use super::entity::register::{library, risk, standing_day};
use super::{During as _, Store, StoreError, former};
use haubert_model::OrganisationId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    TransactionTrait as _,
};

impl Store {
    /// Risks of an organisation, in the order in which they were entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn risks(&self, organisation: OrganisationId) -> Result<Vec<risk::Model>, StoreError> {
        let risks = risk::Entity::find().filter(risk::Column::OrganisationId.eq(organisation.to_string()));
        risks.order_by_asc(risk::Column::Id).all(&self.read).await.during("read a register")
    }

    /// A risk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn risk(&self, id: &str) -> Result<Option<risk::Model>, StoreError> {
        risk::Entity::find_by_id(id).one(&self.read).await.during("read a risk")
    }

    /// Enters a risk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_risk(&self, row: risk::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        risk::Entity::insert(row).exec_without_returning(&self.write).await.during("enter a risk")?;
        Ok(())
    }

    /// Keeps a risk in place of `before`, as its author saw it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_risk(&self, mut row: risk::Model, before: &risk::Model) -> Result<Changed<risk::Model>, StoreError> {
        const DOING: &str = "change a risk";
        let transaction = self.write.begin().await.during(DOING)?;
        row.revision = before.revision.saturating_add(1);
        let done = risk::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(risk::Column::Id.eq(&row.id))
            .filter(risk::Column::Revision.eq(before.revision))
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Changed::Meanwhile);
        }
        former::keep(&transaction, before).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(row))
    }

    /// Removes a risk; its past stays. `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_risk(&self, id: &str) -> Result<bool, StoreError> {
        const DOING: &str = "remove a risk";
        let transaction = self.write.begin().await.during(DOING)?;
        let Some(before) = risk::Entity::find_by_id(id).one(&transaction).await.during(DOING)? else { return Ok(false) };
        risk::Entity::delete_by_id(id).exec(&transaction).await.during(DOING)?;
        former::keep(&transaction, &before).await?;
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Libraries that were imported.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn libraries(&self) -> Result<Vec<library::Model>, StoreError> {
        library::Entity::find().order_by_asc(library::Column::Urn).all(&self.read).await.during("read libraries")
    }

    /// Keeps a library in place of the one with its urn.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_library(&self, row: library::Model) -> Result<(), StoreError> {
        use library::Column::{Document, EntitledBecause, ImportedAt, ImportedBy, Urn};
        let update = OnConflict::column(Urn).update_columns([Document, EntitledBecause, ImportedAt, ImportedBy]).to_owned();
        let row = library::Entity::insert(row.into_active_model().reset_all()).on_conflict(update);
        row.exec_without_returning(&self.write).await.during("keep a library")?;
        Ok(())
    }

    /// Removes a library.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_library(&self, urn: &str) -> Result<(), StoreError> {
        let gone = library::Entity::delete_many().filter(library::Column::Urn.eq(urn));
        gone.exec(&self.write).await.during("remove a library")?;
        Ok(())
    }

    /// Where an organisation stood, the oldest day first; days as `2027-03-31`, `until` included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing_days(
        &self,
        organisation: OrganisationId,
        from: &str,
        until: &str,
    ) -> Result<Vec<standing_day::Model>, StoreError> {
        standing_day::Entity::find()
            .filter(standing_day::Column::OrganisationId.eq(organisation.to_string()))
            .filter(standing_day::Column::Day.gte(from))
            .filter(standing_day::Column::Day.lte(until))
            .order_by_asc(standing_day::Column::Day)
            .all(&self.read)
            .await
            .during("read where an organisation stood")
    }

    /// Where all organisations stood on a day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standings_of_day(&self, day: &str) -> Result<Vec<standing_day::Model>, StoreError> {
        let rows = standing_day::Entity::find().filter(standing_day::Column::Day.eq(day));
        rows.all(&self.read).await.during("read where organisations stood")
    }

    /// Keeps where an organisation stands on a day, in place of what was kept of that day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_standing_day(&self, row: standing_day::Model) -> Result<(), StoreError> {
        use standing_day::Column::{Day, Document, OrganisationId};
        let update = OnConflict::columns([OrganisationId, Day]).update_column(Document).to_owned();
        let row = standing_day::Entity::insert(row.into_active_model().reset_all()).on_conflict(update);
        row.exec_without_returning(&self.write).await.during("keep where an organisation stands")?;
        Ok(())
    }
}
