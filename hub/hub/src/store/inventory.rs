//! Assets of organisations.

pub(super) mod enter;
#[cfg(test)]
mod tests;

use super::assessments::Changed;
use super::entity::inventory::asset;
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, TransactionTrait as _,
};

/// Rows of one INSERT; engines bound the number of parameters of a statement.
const ROWS: usize = 500;

impl Store {
    /// Assets of an organisation after `cursor`, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn assets(&self, of: OrganisationId, cursor: &str, limit: u64) -> Result<Vec<asset::Model>, StoreError> {
        let assets = asset::Entity::find().filter(asset::Column::OrganisationId.eq(of.to_string()));
        let page = assets.filter(asset::Column::Id.gt(cursor)).order_by_asc(asset::Column::Id).limit(limit);
        page.all(&self.read).await.during("list assets")
    }

    /// Every asset of an organisation, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_assets(&self, of: OrganisationId) -> Result<Vec<asset::Model>, StoreError> {
        let assets = asset::Entity::find().filter(asset::Column::OrganisationId.eq(of.to_string()));
        assets.order_by_asc(asset::Column::Id).all(&self.read).await.during("list assets")
    }

    /// An asset.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asset(&self, id: &str) -> Result<Option<asset::Model>, StoreError> {
        asset::Entity::find_by_id(id).one(&self.read).await.during("read an asset")
    }

    /// Adds an asset.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_asset(&self, row: asset::Model) -> Result<(), StoreError> {
        insert(&self.write, vec![row]).await.during("add an asset")
    }

    /// Keeps an asset in place of that of `seen`, the revision that its author saw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_asset(&self, row: asset::Model, seen: i32) -> Result<Changed<asset::Model>, StoreError> {
        Ok(match replace(&self.write, row, seen).await.during("change an asset")? {
            Some(row) => Changed::Kept(row),
            None => Changed::Meanwhile,
        })
    }

    /// Removes an asset, unless a gateway has it; `false` when nothing was removed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_asset(&self, id: &str) -> Result<bool, StoreError> {
        let free = Condition::any().add(asset::Column::GatewayId.is_null()).add(asset::Column::GoneAt.is_not_null());
        let done = asset::Entity::delete_many().filter(asset::Column::Id.eq(id)).filter(free).exec(&self.write).await;
        Ok(done.during("remove an asset")?.rows_affected > 0)
    }

    /// Adds and changes many assets, all or none. Each changed one comes with the revision that was seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_assets(
        &self,
        added: Vec<asset::Model>,
        changed: Vec<(asset::Model, i32)>,
    ) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "import assets";
        let transaction = self.write.begin().await.during(DOING)?;
        insert(&transaction, added).await.during(DOING)?;
        for (row, seen) in changed {
            if replace(&transaction, row, seen).await.during(DOING)?.is_none() {
                transaction.rollback().await.during(DOING)?;
                return Ok(Changed::Meanwhile);
            }
        }
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }
}

async fn insert(database: &impl ConnectionTrait, rows: Vec<asset::Model>) -> Result<(), DbErr> {
    for batch in rows.chunks(ROWS) {
        let rows = batch.iter().map(|row| row.clone().into_active_model().reset_all());
        asset::Entity::insert_many(rows).exec_without_returning(database).await?;
    }
    Ok(())
}

/// Nothing when there is none of the revision `seen`.
async fn replace(database: &impl ConnectionTrait, mut row: asset::Model, seen: i32) -> Result<Option<asset::Model>, DbErr> {
    row.revision = seen.saturating_add(1);
    let done = asset::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(asset::Column::Id.eq(&row.id))
        .filter(asset::Column::Revision.eq(seen))
        .exec(database)
        .await?;
    Ok((done.rows_affected == 1).then_some(row))
}
