//! How each gateway stands, day by day: what makes an audit's answer true every day. The last report of a day is kept.

use super::entity::posture::gateway_posture::{ActiveModel, Column, Entity};
use super::{During as _, Store, StoreError};
use haubert_link::message::PostureReport;
use haubert_model::{GatewayId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

const DAY_MS: i64 = 86_400_000;
/// Days kept.
const KEPT_DAYS: i64 = 800;

/// A report and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPosture {
    /// When it came.
    pub received_at: Timestamp,
    /// What the gateway found.
    pub report: PostureReport,
}

impl Store {
    /// Keeps a report as that of its day, in place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_posture(&self, gateway: GatewayId, report: &PostureReport, now: Timestamp) -> Result<(), StoreError> {
        const DOING: &str = "keep how a gateway stands";
        let text = serde_json::to_string(report).map_err(|error| StoreError::Damaged(error.to_string()))?;
        // The hub's day: a gateway's clock may be anything.
        let day = now.as_millis().div_euclid(DAY_MS);
        let row = ActiveModel {
            gateway_id: Set(gateway.to_string()),
            day: Set(day),
            at: Set(report.at.as_millis()),
            received_at: Set(now.as_millis()),
            report: Set(text),
        };
        let newer = OnConflict::columns([Column::GatewayId, Column::Day])
            .update_columns([Column::At, Column::ReceivedAt, Column::Report])
            .to_owned();
        Entity::insert(row).on_conflict(newer).exec_without_returning(&self.write).await.during(DOING)?;
        Entity::delete_many()
            .filter(Column::GatewayId.eq(gateway.to_string()))
            .filter(Column::Day.lt(day - KEPT_DAYS))
            .exec(&self.write)
            .await
            .during(DOING)?;
        Ok(())
    }

    /// The last reports of a gateway's days, newest first, at most `days`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn postures(&self, gateway: GatewayId, days: u64) -> Result<Vec<KeptPosture>, StoreError> {
        let rows = Entity::find()
            .filter(Column::GatewayId.eq(gateway.to_string()))
            .order_by_desc(Column::Day)
            .limit(days)
            .all(&self.read)
            .await
            .during("read how a gateway stands")?;
        rows.into_iter()
            .map(|row| {
                let report =
                    serde_json::from_str(&row.report).map_err(|error| StoreError::Damaged(format!("posture: {error}")))?;
                Ok(KeptPosture { received_at: Timestamp(row.received_at), report })
            })
            .collect()
    }
}
