//! Campaigns, and the organisations that they invite.

use super::assessments::Changed;
use super::entity::campaigns::{campaign, campaign_organisation};
use super::entity::standing::assessment;
use super::{During as _, Store, StoreError};
use haubert_model::{OrganisationId, Timestamp};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, TransactionTrait as _, TryInsertResult,
};

/// What became of an assessment that an organisation was to begin for a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is begun.
    Now,
    /// Somebody has begun it before.
    Before,
    /// The organisation is not invited, or the campaign is closed.
    Not,
}

async fn invite(on: &impl ConnectionTrait, campaign: &str, organisations: &[String]) -> Result<(), StoreError> {
    for organisation in organisations {
        let row = campaign_organisation::Model {
            campaign_id: campaign.to_owned(),
            organisation_id: organisation.clone(),
            assessment_id: None,
        };
        // Whoever was invited before keeps what was begun.
        let known =
            OnConflict::columns([campaign_organisation::Column::CampaignId, campaign_organisation::Column::OrganisationId])
                .do_nothing()
                .to_owned();
        let insert = campaign_organisation::Entity::insert(row.into_active_model().reset_all()).on_conflict(known).try_insert();
        let _invited: TryInsertResult<u64> = insert.exec_without_returning(on).await.during("invite to a campaign")?;
    }
    Ok(())
}

impl Store {
    /// All campaigns, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaigns(&self) -> Result<Vec<campaign::Model>, StoreError> {
        campaign::Entity::find().order_by_desc(campaign::Column::Id).all(&self.read).await.during("list campaigns")
    }

    /// A campaign.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign(&self, id: &str) -> Result<Option<campaign::Model>, StoreError> {
        campaign::Entity::find_by_id(id).one(&self.read).await.during("read a campaign")
    }

    /// Whom a campaign invites.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign_organisations(&self, id: &str) -> Result<Vec<campaign_organisation::Model>, StoreError> {
        let invited = campaign_organisation::Entity::find().filter(campaign_organisation::Column::CampaignId.eq(id));
        let invited = invited.order_by_asc(campaign_organisation::Column::OrganisationId);
        invited.all(&self.read).await.during("list whom a campaign invites")
    }

    /// Campaigns that invite an organisation, the newest first, and what it has begun for each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaigns_of(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<(campaign::Model, campaign_organisation::Model)>, StoreError> {
        let own = campaign_organisation::Column::OrganisationId.eq(organisation.to_string());
        let own = campaign_organisation::Entity::find().filter(own).all(&self.read).await.during("list campaigns")?;
        let mine = |campaign: campaign::Model| {
            let mine = own.iter().find(|own| own.campaign_id == campaign.id).cloned();
            mine.map(|mine| (campaign, mine))
        };
        Ok(self.campaigns().await?.into_iter().filter_map(mine).collect())
    }

    /// Adds a campaign that invites these organisations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_campaign(&self, row: campaign::Model, organisations: &[String]) -> Result<(), StoreError> {
        const DOING: &str = "add a campaign";
        let transaction = self.write.begin().await.during(DOING)?;
        let new = row.clone().into_active_model().reset_all();
        campaign::Entity::insert(new).exec_without_returning(&transaction).await.during(DOING)?;
        invite(&transaction, &row.id, organisations).await?;
        transaction.commit().await.during(DOING)
    }

    /// Keeps an open campaign in place of that of `seen`, the revision that its author saw, and invites these organisations, too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_campaign(
        &self,
        mut row: campaign::Model,
        organisations: &[String],
        seen: i32,
    ) -> Result<Changed<()>, StoreError> {
        const DOING: &str = "change a campaign";
        let transaction = self.write.begin().await.during(DOING)?;
        row.revision = seen.saturating_add(1);
        let done = campaign::Entity::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(campaign::Column::Id.eq(&row.id))
            .filter(campaign::Column::Revision.eq(seen))
            .filter(campaign::Column::ClosedAt.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Changed::Meanwhile);
        }
        invite(&transaction, &row.id, organisations).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Changed::Kept(()))
    }

    /// Closes a campaign; `false` when there is none that is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_campaign(&self, id: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let done = campaign::Entity::update_many()
            .col_expr(campaign::Column::ClosedAt, Expr::value(now.as_millis()))
            .col_expr(campaign::Column::ClosedBy, Expr::value(by))
            .col_expr(campaign::Column::Revision, Expr::col(campaign::Column::Revision).add(1))
            .filter(campaign::Column::Id.eq(id))
            .filter(campaign::Column::ClosedAt.is_null());
        Ok(done.exec(&self.write).await.during("close a campaign")?.rows_affected == 1)
    }

    /// Begins an organisation's assessment for a campaign, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_for_campaign(&self, campaign: &str, row: assessment::Model) -> Result<Begun, StoreError> {
        use campaign_organisation::Column::{AssessmentId, CampaignId, OrganisationId};
        const DOING: &str = "begin an assessment for a campaign";
        let transaction = self.write.begin().await.during(DOING)?;
        let key = (campaign.to_owned(), row.organisation_id.clone());
        let open = campaign::Entity::find_by_id(campaign).filter(campaign::Column::ClosedAt.is_null());
        let invited = campaign_organisation::Entity::find_by_id(key).one(&transaction).await.during(DOING)?;
        if open.one(&transaction).await.during(DOING)?.is_none() || invited.is_none() {
            return Ok(Begun::Not);
        }
        let done = campaign_organisation::Entity::update_many()
            .col_expr(AssessmentId, Expr::value(row.id.clone()))
            .filter(CampaignId.eq(campaign))
            .filter(OrganisationId.eq(&row.organisation_id))
            .filter(AssessmentId.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        if done.rows_affected != 1 {
            return Ok(Begun::Before);
        }
        super::assessments::begin(&transaction, row).await?;
        transaction.commit().await.during(DOING)?;
        Ok(Begun::Now)
    }
}
