//! Zones and conduits of organisations.

use super::assessments::Changed;
use super::entity::inventory::{conduit, zone};
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, TransactionTrait as _,
};

impl Store {
    /// The zones of an organisation, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn zones(&self, of: OrganisationId) -> Result<Vec<zone::Model>, StoreError> {
        let zones = zone::Entity::find().filter(zone::Column::OrganisationId.eq(of.to_string()));
        zones.order_by_asc(zone::Column::Id).all(&self.read).await.during("list zones")
    }

    /// A zone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn zone(&self, id: &str) -> Result<Option<zone::Model>, StoreError> {
        zone::Entity::find_by_id(id).one(&self.read).await.during("read a zone")
    }

    /// Adds a zone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_zone(&self, row: zone::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        zone::Entity::insert(row).exec_without_returning(&self.write).await.during("add a zone")?;
        Ok(())
    }

    /// Keeps a zone in place of that of `seen`, the revision that its author saw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_zone(&self, mut row: zone::Model, seen: i32) -> Result<Changed<zone::Model>, StoreError> {
        row.revision = seen.saturating_add(1);
        let done = zone::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(zone::Column::Id.eq(&row.id))
            .filter(zone::Column::Revision.eq(seen))
            .exec(&self.write)
            .await
            .during("change a zone")?;
        Ok(if done.rows_affected == 1 { Changed::Kept(row) } else { Changed::Meanwhile })
    }

    /// Removes a zone at which no conduit ends; its assets are in none then. `None`: conduits end at it. `Some(false)`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_zone(&self, id: &str) -> Result<Option<bool>, StoreError> {
        const DOING: &str = "remove a zone";
        let transaction = self.write.begin().await.during(DOING)?;
        let ends = Condition::any().add(conduit::Column::FromZoneId.eq(id)).add(conduit::Column::ToZoneId.eq(id));
        if conduit::Entity::find().filter(ends).count(&transaction).await.during(DOING)? > 0 {
            return Ok(None);
        }
        let done = zone::Entity::delete_by_id(id).exec(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Some(done.rows_affected > 0))
    }

    /// The conduits of an organisation, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conduits(&self, of: OrganisationId) -> Result<Vec<conduit::Model>, StoreError> {
        let conduits = conduit::Entity::find().filter(conduit::Column::OrganisationId.eq(of.to_string()));
        conduits.order_by_asc(conduit::Column::Id).all(&self.read).await.during("list conduits")
    }

    /// A conduit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conduit(&self, id: &str) -> Result<Option<conduit::Model>, StoreError> {
        conduit::Entity::find_by_id(id).one(&self.read).await.during("read a conduit")
    }

    /// Adds a conduit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_conduit(&self, row: conduit::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        conduit::Entity::insert(row).exec_without_returning(&self.write).await.during("add a conduit")?;
        Ok(())
    }

    /// Keeps a conduit in place of that of `seen`, the revision that its author saw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_conduit(&self, mut row: conduit::Model, seen: i32) -> Result<Changed<conduit::Model>, StoreError> {
        row.revision = seen.saturating_add(1);
        let done = conduit::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(conduit::Column::Id.eq(&row.id))
            .filter(conduit::Column::Revision.eq(seen))
            .exec(&self.write)
            .await
            .during("change a conduit")?;
        Ok(if done.rows_affected == 1 { Changed::Kept(row) } else { Changed::Meanwhile })
    }

    /// Removes a conduit; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_conduit(&self, id: &str) -> Result<bool, StoreError> {
        let done = conduit::Entity::delete_by_id(id).exec(&self.write).await.during("remove a conduit")?;
        Ok(done.rows_affected > 0)
    }
}
