//! Ratings of feared scenarios, pictures of data paths, studies: replaced only by who has seen them.

use super::assessments::Changed;
use super::entity::fleet::{gateway, site};
use super::entity::standing::{organisation_document, scenario_rating};
use super::{During as _, Store, StoreError, former};
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
        let transaction = self.write.begin().await.during(DOING)?;
        row.revision = seen.saturating_add(1);
        let new = row.clone().into_active_model().reset_all();
        let kept = if seen == 0 {
            let key = OnConflict::columns([OrganisationId, Scenario]).do_nothing().to_owned();
            let insert = scenario_rating::Entity::insert(new).on_conflict(key).try_insert();
            matches!(insert.exec_without_returning(&transaction).await.during(DOING)?, TryInsertResult::Inserted(1))
        } else {
            let key = (row.organisation_id.clone(), row.scenario.clone());
            let before = scenario_rating::Entity::find_by_id(key).one(&transaction).await.during(DOING)?;
            let Some(before) = before.filter(|before| before.revision == seen) else { return Ok(Changed::Meanwhile) };
            former::keep(&transaction, &before).await?;
            let update = scenario_rating::Entity::update_many().set(new);
            let mine = update.filter(OrganisationId.eq(row.organisation_id)).filter(Scenario.eq(row.scenario));
            mine.filter(Revision.eq(seen)).exec(&transaction).await.during(DOING)?.rows_affected == 1
        };
        if !kept {
            return Ok(Changed::Meanwhile);
        }
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }

    /// What an organisation has drawn or written as a whole, when there is one of this kind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn document(
        &self,
        organisation: OrganisationId,
        kind: &str,
    ) -> Result<Option<organisation_document::Model>, StoreError> {
        let key = (organisation.to_string(), kind.to_owned());
        organisation_document::Entity::find_by_id(key).one(&self.read).await.during("read a document")
    }

    /// Keeps a document in place of that of `seen`, the revision that its author saw (0: none).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_document(&self, mut row: organisation_document::Model, seen: i32) -> Result<Changed<()>, StoreError> {
        use organisation_document::Column::{Kind, OrganisationId, Revision};
        const DOING: &str = "keep a document";
        let transaction = self.write.begin().await.during(DOING)?;
        row.revision = seen.saturating_add(1);
        let new = row.clone().into_active_model().reset_all();
        let kept = if seen == 0 {
            let key = OnConflict::columns([OrganisationId, Kind]).do_nothing().to_owned();
            let insert = organisation_document::Entity::insert(new).on_conflict(key).try_insert();
            matches!(insert.exec_without_returning(&transaction).await.during(DOING)?, TryInsertResult::Inserted(1))
        } else {
            let key = (row.organisation_id.clone(), row.kind.clone());
            let before = organisation_document::Entity::find_by_id(key).one(&transaction).await.during(DOING)?;
            let Some(before) = before.filter(|before| before.revision == seen) else { return Ok(Changed::Meanwhile) };
            former::keep(&transaction, &before).await?;
            let update = organisation_document::Entity::update_many().set(new);
            let mine = update.filter(OrganisationId.eq(row.organisation_id)).filter(Kind.eq(row.kind));
            mine.filter(Revision.eq(seen)).exec(&transaction).await.during(DOING)?.rows_affected == 1
        };
        if !kept {
            return Ok(Changed::Meanwhile);
        }
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
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
