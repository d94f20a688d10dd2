//! Gateways as the fleet page sees them.

use super::entity::audit::{audit_head, audit_trail};
use super::entity::fleet::{certificate, enrolment, gateway, organisation, site, status};
use super::entity::history::{chunk, device, epoch, event, load, series, snapshot};
use super::inventory::enter;
use super::{During as _, Store, StoreError, stored};
use haubert_model::{GatewayId, OrganisationId, SiteId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TransactionTrait as _,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where a gateway stands with its enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayState {
    /// Its token has not been used.
    Waiting,
    /// It has a certificate.
    Enrolled,
    /// It is shut out.
    Revoked,
}

impl GatewayState {
    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Enrolled => "enrolled",
            Self::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for GatewayState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Waiting, Self::Enrolled, Self::Revoked].into_iter().find(|state| state.code() == text).ok_or(())
    }
}

/// A gateway with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayRow {
    /// Its id.
    pub id: GatewayId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: GatewayState,
    /// Number of its present history.
    pub epoch: i32,
    /// Its site.
    pub site_id: SiteId,
    /// The site's name.
    pub site_name: String,
    /// The site's organisation.
    pub organisation_id: OrganisationId,
    /// The organisation's name.
    pub organisation_name: String,
    /// What it said last; `None` when it never spoke.
    pub status: Option<status::Model>,
    /// How far its audit trail goes; `None` when it never said.
    pub audit: Option<audit_trail::Model>,
    /// End of its newest certificate that holds.
    pub certificate_expires_at: Option<Timestamp>,
}

impl Store {
    /// Gateways after `cursor`, by id, of an organisation or a site or all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gateways(
        &self,
        organisation: Option<OrganisationId>,
        site: Option<SiteId>,
        cursor: &str,
        limit: u64,
    ) -> Result<Vec<GatewayRow>, StoreError> {
        let mut query = gateway::Entity::find().filter(gateway::Column::Id.gt(cursor));
        if let Some(site) = site {
            query = query.filter(gateway::Column::SiteId.eq(site.to_string()));
        }
        if let Some(organisation) = organisation {
            let sites = site::Entity::find()
                .select_only()
                .column(site::Column::Id)
                .filter(site::Column::OrganisationId.eq(organisation.to_string()));
            query = query.filter(gateway::Column::SiteId.in_subquery(sea_orm::QueryTrait::into_query(sites)));
        }
        let rows = query.order_by_asc(gateway::Column::Id).limit(limit).all(&self.read).await.during("list gateways")?;
        self.with_all(rows).await
    }

    /// One gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gateway(&self, id: GatewayId) -> Result<Option<GatewayRow>, StoreError> {
        let row = gateway::Entity::find_by_id(id.to_string()).one(&self.read).await.during("find a gateway")?;
        Ok(self.with_all(row.into_iter().collect()).await?.pop())
    }

    async fn with_all(&self, rows: Vec<gateway::Model>) -> Result<Vec<GatewayRow>, StoreError> {
        const DOING: &str = "read gateways";
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let site_ids: Vec<&str> = rows.iter().map(|row| row.site_id.as_str()).collect();
        let sites = sites_with_organisations(&self.read, site_ids).await.during(DOING)?;
        let statuses = status::Entity::find().filter(status::Column::GatewayId.is_in(ids.clone())).all(&self.read).await;
        let mut statuses: HashMap<String, status::Model> =
            statuses.during(DOING)?.into_iter().map(|row| (row.gateway_id.clone(), row)).collect();
        let trails = audit_trail::Entity::find().filter(audit_trail::Column::GatewayId.is_in(ids.clone())).all(&self.read).await;
        let mut trails: HashMap<String, audit_trail::Model> =
            trails.during(DOING)?.into_iter().map(|row| (row.gateway_id.clone(), row)).collect();
        let certificates = certificate::Entity::find()
            .filter(certificate::Column::GatewayId.is_in(ids))
            .filter(certificate::Column::RevokedAt.is_null())
            .all(&self.read)
            .await
            .during(DOING)?;
        let mut expiries: HashMap<String, i64> = HashMap::new();
        for row in certificates {
            let latest = expiries.entry(row.gateway_id).or_insert(row.not_after);
            *latest = (*latest).max(row.not_after);
        }
        rows.into_iter()
            .map(|row| {
                let (site, organisation) =
                    sites.get(&row.site_id).ok_or_else(|| StoreError::Damaged(format!("a gateway at no site: {}", row.id)))?;
                Ok(GatewayRow {
                    id: stored("gateway id", &row.id)?,
                    state: stored("gateway state", &row.state)?,
                    epoch: row.epoch,
                    site_id: stored("site id", &row.site_id)?,
                    site_name: site.name.clone(),
                    organisation_id: stored("organisation id", &organisation.id)?,
                    organisation_name: organisation.name.clone(),
                    status: statuses.remove(&row.id),
                    audit: trails.remove(&row.id),
                    certificate_expires_at: expiries.get(&row.id).copied().map(Timestamp),
                    name: row.name,
                })
            })
            .collect()
    }

    /// Adds a gateway that waits for its enrolment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_gateway(&self, id: GatewayId, site: SiteId, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let row = gateway::ActiveModel {
            id: Set(id.to_string()),
            site_id: Set(site.to_string()),
            name: Set(name.to_owned()),
            state: Set(GatewayState::Waiting.code().to_owned()),
            created_at: Set(now.as_millis()),
            epoch: Set(0),
        };
        gateway::Entity::insert(row).exec_without_returning(&self.write).await.during("add a gateway")?;
        Ok(())
    }

    /// Changes name and site; `false` when there is no such gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update_gateway(&self, id: GatewayId, site: SiteId, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "change a gateway";
        let id = id.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        let done = gateway::Entity::update_many()
            .col_expr(gateway::Column::Name, Expr::value(name))
            .col_expr(gateway::Column::SiteId, Expr::value(site.to_string()))
            .filter(gateway::Column::Id.eq(&id))
            .exec(&transaction)
            .await
            .during(DOING)?;
        enter::follow(&transaction, &id, now).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(done.rows_affected > 0)
    }

    /// Shuts a gateway out: its certificates and tokens are worth nothing from the next request on. `false`: no such gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_gateway(&self, id: GatewayId, now: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "revoke a gateway";
        let transaction = self.write.begin().await.during(DOING)?;
        let done = gateway::Entity::update_many()
            .col_expr(gateway::Column::State, Expr::value(GatewayState::Revoked.code()))
            .filter(gateway::Column::Id.eq(id.to_string()))
            .exec(&transaction)
            .await
            .during(DOING)?;
        super::enrolment::revoke_certificates(&transaction, id, now).await.during(DOING)?;
        super::enrolment::forget_unused_tokens(&transaction, id).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(done.rows_affected > 0)
    }

    /// Removes a gateway and everything it ever sent; its assets stay, as gone. `false`: no such gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_gateway(&self, id: GatewayId, now: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "remove a gateway";
        let id = id.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        macro_rules! clear {
            ($($table:ident),+) => {$(
                $table::Entity::delete_many().filter($table::Column::GatewayId.eq(&id)).exec(&transaction).await.during(DOING)?;
            )+};
        }
        clear!(chunk, event, series, snapshot, load, device, epoch, certificate, enrolment, status, audit_trail, audit_head);
        enter::leave(&transaction, &id, now).await.during(DOING)?;
        let done = gateway::Entity::delete_by_id(&id).exec(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(done.rows_affected > 0)
    }
}

/// Sites with their organisations, by site id.
async fn sites_with_organisations(
    database: &DatabaseConnection,
    ids: Vec<&str>,
) -> Result<HashMap<String, (site::Model, organisation::Model)>, DbErr> {
    let sites = site::Entity::find().filter(site::Column::Id.is_in(ids)).all(database).await?;
    let ids: Vec<&str> = sites.iter().map(|site| site.organisation_id.as_str()).collect();
    let organisations = organisation::Entity::find().filter(organisation::Column::Id.is_in(ids)).all(database).await?;
    let organisations: HashMap<String, organisation::Model> =
        organisations.into_iter().map(|row| (row.id.clone(), row)).collect();
    let joined = sites.into_iter().filter_map(|site| {
        let organisation = organisations.get(&site.organisation_id)?.clone();
        Some((site.id.clone(), (site, organisation)))
    });
    Ok(joined.collect())
}
