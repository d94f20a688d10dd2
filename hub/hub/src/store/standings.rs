//! Ratings of feared scenarios and pictures of data paths: replaced only by who has seen them.

use super::assessments::Changed;
use super::entity::fleet::{gateway, site};
use super::entity::standing::{data_path, scenario_rating};
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    TransactionTrait as _, TryInsertResult,
};

impl Store {
    /// How an organisation rates the feared scenarios.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scenario_ratings(&self, organisation: OrganisationId) -> Result<Vec<scenario_rating::Model>, StoreError> {
        let ratings =
            scenario_rating::Entity::find().filter(scenario_rating::Column::OrganisationId.eq(organisation.to_string()));
        ratings.all(&self.read).await.during("read ratings of scenarios")
    }

    /// Keeps a rating in place of that of `seen`, the revision that its author saw (0: none).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_scenario_rating(&self, mut row: scenario_rating::Model, seen: i32) -> Result<Changed<()>, StoreError> {
        use scenario_rating::Column::{OrganisationId, Revision, Scenario};
        const DOING: &str = "rate a scenario";
        row.revision = seen.saturating_add(1);
        let new = row.clone().into_active_model().reset_all();
        let kept = if seen == 0 {
            let key = OnConflict::columns([OrganisationId, Scenario]).do_nothing().to_owned();
            let insert = scenario_rating::Entity::insert(new).on_conflict(key).try_insert();
            matches!(insert.exec_without_returning(&self.write).await.during(DOING)?, TryInsertResult::Inserted(1))
        } else {
            let update = scenario_rating::Entity::update_many().set(new);
            let mine = update.filter(OrganisationId.eq(row.organisation_id)).filter(Scenario.eq(row.scenario));
            mine.filter(Revision.eq(seen)).exec(&self.write).await.during(DOING)?.rows_affected == 1
        };
        Ok(if kept { Changed::Kept(()) } else { Changed::Meanwhile })
    }

    /// The picture of an organisation's data path, when there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn data_path(&self, organisation: OrganisationId) -> Result<Option<data_path::Model>, StoreError> {
        data_path::Entity::find_by_id(organisation.to_string()).one(&self.read).await.during("read a data path")
    }

    /// Keeps a picture in place of that of `seen`, the revision that its author saw (0: none).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_data_path(&self, mut row: data_path::Model, seen: i32) -> Result<Changed<()>, StoreError> {
        use data_path::Column::{OrganisationId, Revision};
        const DOING: &str = "keep a data path";
        row.revision = seen.saturating_add(1);
        let new = row.clone().into_active_model().reset_all();
        let kept = if seen == 0 {
            let insert = data_path::Entity::insert(new).on_conflict(OnConflict::column(OrganisationId).do_nothing().to_owned());
            matches!(insert.try_insert().exec_without_returning(&self.write).await.during(DOING)?, TryInsertResult::Inserted(1))
        } else {
            let update = data_path::Entity::update_many().set(new).filter(OrganisationId.eq(row.organisation_id));
            update.filter(Revision.eq(seen)).exec(&self.write).await.during(DOING)?.rows_affected == 1
        };
        Ok(if kept { Changed::Kept(()) } else { Changed::Meanwhile })
    }

    /// Enrolled gateways of an organisation: ids and names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gateways_of(&self, organisation: OrganisationId) -> Result<Vec<gateway::Model>, StoreError> {
        const DOING: &str = "list an organisation's gateways";
        let transaction = self.read.begin().await.during(DOING)?;
        let sites = site::Entity::find().filter(site::Column::OrganisationId.eq(organisation.to_string()));
        let sites: Vec<String> = sites.all(&transaction).await.during(DOING)?.into_iter().map(|site| site.id).collect();
        let gateways = gateway::Entity::find().filter(gateway::Column::SiteId.is_in(sites));
        let enrolled = gateways.filter(gateway::Column::State.eq("enrolled")).order_by_asc(gateway::Column::Id);
        enrolled.all(&transaction).await.during(DOING)
    }
}
