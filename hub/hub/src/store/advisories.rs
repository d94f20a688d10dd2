//! Advisories of the community's library.

use super::entity::inventory::advisory;
use super::{During as _, Store, StoreError};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, FromQueryResult, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

/// An advisory without what is read of it.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct AdvisoryRow {
    /// Its id here.
    pub id: String,
    /// As the publisher names it.
    pub tracking_id: String,
    /// Counts up.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// TLP 2.0 label; empty when it has none.
    pub tlp: String,
    /// Highest CVSS base score.
    pub score: Option<f64>,
    /// How serious the publisher finds it.
    pub severity: Option<String>,
    /// When this version was released.
    pub released_at: i64,
    /// Makers that it speaks of, with a space between; `?` for products of which it does not say who makes them.
    pub vendors: String,
    /// CVEs that it speaks of, with a space between.
    pub cves: String,
    /// When it was brought in.
    pub added_at: i64,
    /// By whom.
    pub added_by: String,
}

impl Store {
    /// Advisories after `cursor`, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn advisories(&self, cursor: &str, limit: u64) -> Result<Vec<AdvisoryRow>, StoreError> {
        use advisory::Column::{
            AddedAt, AddedBy, Cves, Id, Publisher, ReleasedAt, Score, Severity, Title, Tlp, TrackingId, Vendors, Version,
        };
        let light =
            [Id, TrackingId, Version, Title, Publisher, Tlp, Score, Severity, ReleasedAt, Vendors, Cves, AddedAt, AddedBy];
        let page = advisory::Entity::find().select_only().columns(light).filter(Id.gt(cursor)).order_by_asc(Id).limit(limit);
        page.into_model::<AdvisoryRow>().all(&self.read).await.during("list advisories")
    }

    /// An advisory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn advisory(&self, id: &str) -> Result<Option<advisory::Model>, StoreError> {
        advisory::Entity::find_by_id(id).one(&self.read).await.during("read an advisory")
    }

    /// The advisory that is tracked so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn advisory_by_tracking(&self, tracking: &str) -> Result<Option<advisory::Model>, StoreError> {
        let found = advisory::Entity::find().filter(advisory::Column::Tracking.eq(tracking));
        found.one(&self.read).await.during("find an advisory")
    }

    /// Adds an advisory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_advisory(&self, row: advisory::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        advisory::Entity::insert(row).exec_without_returning(&self.write).await.during("add an advisory")?;
        Ok(())
    }

    /// Keeps an advisory in place of its version `seen`; `false` when another version is there meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_advisory(&self, row: advisory::Model, seen: &str) -> Result<bool, StoreError> {
        let id = row.id.clone();
        let done = advisory::Entity::update_many()
            .set(row.into_active_model().reset_all())
            .filter(advisory::Column::Id.eq(id))
            .filter(advisory::Column::Version.eq(seen))
            .exec(&self.write)
            .await
            .during("replace an advisory")?;
        Ok(done.rows_affected == 1)
    }

    /// Removes an advisory; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_advisory(&self, id: &str) -> Result<bool, StoreError> {
        let done = advisory::Entity::delete_by_id(id).exec(&self.write).await.during("remove an advisory")?;
        Ok(done.rows_affected > 0)
    }
}
