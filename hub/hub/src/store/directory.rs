//! Organisations and their sites.

use super::entity::fleet::{gateway, organisation, site};
use super::inventory::enter;
use super::{During as _, Store, StoreError};
use haubert_model::{OrganisationId, SiteId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TransactionTrait as _,
};

impl Store {
    /// Organisations after `cursor`, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn organisations(&self, cursor: &str, limit: u64) -> Result<Vec<organisation::Model>, StoreError> {
        organisation::Entity::find()
            .filter(organisation::Column::Id.gt(cursor))
            .order_by_asc(organisation::Column::Id)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list organisations")
    }

    /// An organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn organisation(&self, id: OrganisationId) -> Result<Option<organisation::Model>, StoreError> {
        organisation::Entity::find_by_id(id.to_string()).one(&self.read).await.during("read an organisation")
    }

    /// Adds an organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_organisation(&self, row: organisation::Model) -> Result<(), StoreError> {
        let row: organisation::ActiveModel = row.into();
        organisation::Entity::insert(row).exec_without_returning(&self.write).await.during("add an organisation")?;
        Ok(())
    }

    /// Replaces an organisation; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update_organisation(&self, row: organisation::Model) -> Result<bool, StoreError> {
        let values = organisation::ActiveModel { name: Set(row.name), kind: Set(row.kind), ..Default::default() };
        let done = organisation::Entity::update_many()
            .set(values)
            .filter(organisation::Column::Id.eq(row.id))
            .exec(&self.write)
            .await
            .during("change an organisation")?;
        Ok(done.rows_affected > 0)
    }

    /// Removes an organisation without sites. `None`: it has sites. `Some(false)`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_organisation(&self, id: OrganisationId) -> Result<Option<bool>, StoreError> {
        const DOING: &str = "remove an organisation";
        let transaction = self.write.begin().await.during(DOING)?;
        let sites = site::Entity::find().filter(site::Column::OrganisationId.eq(id.to_string())).count(&transaction).await;
        if sites.during(DOING)? > 0 {
            return Ok(None);
        }
        let done = organisation::Entity::delete_by_id(id.to_string()).exec(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Some(done.rows_affected > 0))
    }

    /// Whether there is such an organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_organisation(&self, id: OrganisationId) -> Result<bool, StoreError> {
        let count = organisation::Entity::find_by_id(id.to_string()).count(&self.read).await.during("find an organisation")?;
        Ok(count > 0)
    }

    /// Sites after `cursor`, by id, of one organisation or of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sites(
        &self,
        organisation: Option<OrganisationId>,
        cursor: &str,
        limit: u64,
    ) -> Result<Vec<site::Model>, StoreError> {
        let mut query = site::Entity::find().filter(site::Column::Id.gt(cursor));
        if let Some(organisation) = organisation {
            query = query.filter(site::Column::OrganisationId.eq(organisation.to_string()));
        }
        query.order_by_asc(site::Column::Id).limit(limit).all(&self.read).await.during("list sites")
    }

    /// Adds a site.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_site(&self, row: site::Model) -> Result<(), StoreError> {
        let row: site::ActiveModel = row.into();
        site::Entity::insert(row).exec_without_returning(&self.write).await.during("add a site")?;
        Ok(())
    }

    /// Replaces a site; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update_site(&self, row: site::Model, now: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "change a site";
        let (id, organisation) = (row.id, row.organisation_id.clone());
        let values = site::ActiveModel {
            organisation_id: Set(row.organisation_id),
            name: Set(row.name),
            time_zone: Set(row.time_zone),
            country: Set(row.country),
            ..Default::default()
        };
        let transaction = self.write.begin().await.during(DOING)?;
        let query = site::Entity::update_many().set(values).filter(site::Column::Id.eq(&id));
        let done = query.exec(&transaction).await.during(DOING)?;
        enter::follow_site(&transaction, &id, &organisation, now).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(done.rows_affected > 0)
    }

    /// Removes a site without gateways. `None`: it has gateways. `Some(false)`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_site(&self, id: SiteId) -> Result<Option<bool>, StoreError> {
        const DOING: &str = "remove a site";
        let transaction = self.write.begin().await.during(DOING)?;
        let gateways = gateway::Entity::find().filter(gateway::Column::SiteId.eq(id.to_string())).count(&transaction).await;
        if gateways.during(DOING)? > 0 {
            return Ok(None);
        }
        let done = site::Entity::delete_by_id(id.to_string()).exec(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Some(done.rows_affected > 0))
    }

    /// Whether there is such a site.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_site(&self, id: SiteId) -> Result<bool, StoreError> {
        Ok(site::Entity::find_by_id(id.to_string()).count(&self.read).await.during("find a site")? > 0)
    }

    /// The organisation that a site belongs to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owner_of_site(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(site::Entity::find_by_id(id).one(&self.read).await.during("find a site")?.map(|site| site.organisation_id))
    }

    /// The organisation that a gateway belongs to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owner_of_gateway(&self, id: &str) -> Result<Option<String>, StoreError> {
        let Some(gateway) = gateway::Entity::find_by_id(id).one(&self.read).await.during("find a gateway")? else {
            return Ok(None);
        };
        self.owner_of_site(&gateway.site_id).await
    }
}
