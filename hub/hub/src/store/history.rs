//! Reading what gateways sent.

use super::entity::history::{chunk, device, event, load, series, snapshot};
use super::{During as _, Store, StoreError, stored};
use haubert_historian::Sample;
use haubert_link::message::Live;
use haubert_model::{DeviceId, Fluid, GatewayId, LoadId, Quantity, Reason, RecordKind, Timestamp, Usage};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use std::collections::BTreeMap;

/// Chunks read at a time.
const PAGE: u64 = 64;

/// A load with the name of its device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRow {
    /// Its id.
    pub id: LoadId,
    /// Its device.
    pub device_id: DeviceId,
    /// The device's name.
    pub device_name: String,
    /// Its name.
    pub name: String,
    /// What flows.
    pub fluid: Fluid,
    /// What for.
    pub usage: Usage,
}

/// A series, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesRow {
    /// Unique within the gateway over all its histories; see [`wide_series`].
    pub id: i64,
    /// Whose quantity.
    pub load_id: LoadId,
    /// How it is recorded.
    pub kind: RecordKind,
    /// What.
    pub quantity: Quantity,
    /// Power of ten of its raw integers.
    pub exponent: i8,
    /// Nominal time between samples, ms.
    pub period_ms: Option<i64>,
    /// First sample.
    pub first_at: Option<Timestamp>,
    /// Last sample.
    pub last_at: Option<Timestamp>,
}

/// An event, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Unique within the gateway over all its histories.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Stable code.
    pub code: String,
    /// What the code's text needs.
    pub params: BTreeMap<String, String>,
}

/// One number for a series of a gateway whatever its history: the history's number above 32 bits. The first history keeps the
/// gateway's own numbers; JavaScript's integers hold 2^21 histories.
pub const fn wide_series(epoch: i32, id: i64) -> i64 {
    ((epoch as i64) << 32) | (id & 0xffff_ffff)
}

/// The reverse of [`wide_series`].
pub const fn split_series(wide: i64) -> (i32, i64) {
    ((wide >> 32) as i32, wide & 0xffff_ffff)
}

fn series_row(row: &series::Model) -> Result<SeriesRow, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("{what} of series {}", row.id));
    Ok(SeriesRow {
        id: wide_series(row.epoch, row.id),
        load_id: stored("load id", &row.load_id)?,
        kind: RecordKind::from_code(&row.kind).ok_or_else(|| damaged("kind"))?,
        quantity: stored("quantity", &row.quantity)?,
        exponent: i8::try_from(row.exponent).map_err(|_| damaged("exponent"))?,
        period_ms: row.period_ms,
        first_at: row.first_at.map(Timestamp),
        last_at: row.last_at.map(Timestamp),
    })
}

impl Store {
    /// The loads of a gateway, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn loads(&self, gateway: GatewayId) -> Result<BTreeMap<LoadId, LoadRow>, StoreError> {
        const DOING: &str = "read loads";
        let id = gateway.to_string();
        let devices = device::Entity::find().filter(device::Column::GatewayId.eq(&id)).all(&self.read).await.during(DOING)?;
        let names: BTreeMap<String, String> = devices.into_iter().map(|row| (row.id, row.name)).collect();
        let rows = load::Entity::find().filter(load::Column::GatewayId.eq(&id)).all(&self.read).await.during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let damaged = |what: &str| StoreError::Damaged(format!("{what} of load {}", row.id));
                let id: LoadId = stored("load id", &row.id)?;
                let load = LoadRow {
                    id,
                    device_id: stored("device id", &row.device_id)?,
                    device_name: names.get(&row.device_id).cloned().unwrap_or_default(),
                    fluid: Fluid::from_code(&row.fluid).ok_or_else(|| damaged("fluid"))?,
                    usage: Usage::from_code(&row.usage).ok_or_else(|| damaged("usage"))?,
                    name: row.name,
                };
                Ok((id, load))
            })
            .collect()
    }

    /// The series of a gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn series(&self, gateway: GatewayId) -> Result<Vec<SeriesRow>, StoreError> {
        let rows = series::Entity::find()
            .filter(series::Column::GatewayId.eq(gateway.to_string()))
            .order_by_asc(series::Column::Epoch)
            .order_by_asc(series::Column::Id)
            .all(&self.read)
            .await
            .during("list series")?;
        rows.iter().map(series_row).collect()
    }

    /// One series.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn one_series(&self, gateway: GatewayId, wide: i64) -> Result<Option<SeriesRow>, StoreError> {
        let (epoch, id) = split_series(wide);
        let row = series::Entity::find_by_id((gateway.to_string(), epoch, id)).one(&self.read).await.during("find a series")?;
        row.as_ref().map(series_row).transpose()
    }

    /// Samples of a series with `from <= at < to`, in order of time. `None` when there are more than `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn samples(
        &self,
        gateway: GatewayId,
        wide: i64,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Option<Vec<Sample>>, StoreError> {
        const DOING: &str = "read samples";
        let (epoch, id) = split_series(wide);
        let mut samples: Vec<Sample> = Vec::new();
        let mut after = 0i64;
        loop {
            let page = chunk::Entity::find()
                .filter(chunk::Column::GatewayId.eq(gateway.to_string()))
                .filter(chunk::Column::Epoch.eq(epoch))
                .filter(chunk::Column::SeriesId.eq(id))
                .filter(chunk::Column::FirstAt.lt(to.as_millis()))
                .filter(chunk::Column::LastAt.gte(from.as_millis()))
                .filter(chunk::Column::Cursor.gt(after))
                .order_by_asc(chunk::Column::Cursor)
                .limit(PAGE)
                .all(&self.read)
                .await
                .during(DOING)?;
            let Some(last) = page.last() else { break };
            after = last.cursor;
            let decoded = tokio::task::spawn_blocking(move || decode_page(&page, from, to)).await;
            let decoded = decoded.map_err(|_| StoreError::Damaged("decoding was interrupted".to_owned()))?;
            samples.extend(decoded.into_iter().filter(|sample| sample.at >= from && sample.at < to));
            if samples.len() > limit {
                return Ok(None);
            }
        }
        // Chunks come in the order they were made. Late samples, and a clock set back, make their times overlap; of several with
        // one time the best counts, and among equals the one made first, as at the gateway.
        samples.sort_by_key(|sample| (sample.at, std::cmp::Reverse(sample.rank())));
        samples.dedup_by_key(|sample| sample.at);
        Ok(Some(samples))
    }

    /// The latest values that a gateway sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live(&self, gateway: GatewayId) -> Result<Option<Live>, StoreError> {
        let row = snapshot::Entity::find_by_id(gateway.to_string()).one(&self.read).await.during("read live values")?;
        row.map(|row| haubert_link::decode(&row.message).map_err(|error| StoreError::Damaged(error.to_string()))).transpose()
    }

    /// Events of a gateway before `cursor`, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(&self, gateway: GatewayId, cursor: Option<i64>, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let (epoch, id) = split_series(cursor.unwrap_or(i64::MAX));
        let before = sea_orm::Condition::any()
            .add(event::Column::Epoch.lt(epoch))
            .add(sea_orm::Condition::all().add(event::Column::Epoch.eq(epoch)).add(event::Column::Id.lt(id)));
        let rows = event::Entity::find()
            .filter(event::Column::GatewayId.eq(gateway.to_string()))
            .filter(before)
            .order_by_desc(event::Column::Epoch)
            .order_by_desc(event::Column::Id)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list events")?;
        rows.into_iter()
            .map(|row| {
                let params = serde_json::from_str(&row.params).map_err(|error| StoreError::Damaged(error.to_string()))?;
                Ok(EventRow {
                    id: wide_series(row.epoch, row.id),
                    at: Timestamp(row.at),
                    severity: row.severity,
                    code: row.code,
                    params,
                })
            })
            .collect()
    }
}

/// A damaged chunk is told in the log and leaves a gap over the part of its time that is asked for; the rest of the series stays readable.
fn decode_page(page: &[chunk::Model], from: Timestamp, to: Timestamp) -> Vec<Sample> {
    let mut samples = Vec::new();
    for row in page {
        match haubert_historian::chunk::decode(&row.bytes) {
            Ok(decoded) => samples.extend(decoded),
            Err(error) => {
                tracing::error!(cursor = row.cursor, gateway = row.gateway_id, %error, "a chunk is damaged");
                let gap = |at| Sample::missing(Timestamp(at), Reason::StoreDamaged);
                samples.extend([gap(row.first_at.max(from.0)), gap(row.last_at.min(to.0 - 1))]);
            }
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_numbers_are_unique_over_histories() {
        for (epoch, id) in [(0, 1), (0, i64::from(u32::MAX)), (1, 0), (1_000_000, 7)] {
            assert_eq!(split_series(wide_series(epoch, id)), (epoch, id));
        }
        assert_eq!(wide_series(0, 42), 42);
    }
}
