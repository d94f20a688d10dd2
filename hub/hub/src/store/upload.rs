//! What comes over the link. Everything is written in one transaction per request and acknowledged after its commit.

use super::entity::fleet::{gateway, status};
use super::entity::history::{chunk, device, epoch, event, load, series, snapshot};
use super::{During as _, Store, StoreError};
use haubert_link::message::{Chunk, Hello, LinkEvent, Live, SeriesDeclaration, Severity};
use haubert_model::{GatewayId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _, TransactionTrait as _,
};
use std::collections::HashMap;

/// Rows of one INSERT; engines bound the number of parameters of a statement.
const ROWS: usize = 500;
/// Chunks of one INSERT: their bytes are part of the statement.
const CHUNK_ROWS: usize = 50;

/// Where a gateway's history stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// Highest chunk cursor stored.
    pub acknowledged: u64,
    /// Highest event id stored.
    pub events_acknowledged: u64,
}

/// Why chunks were not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkFault {
    /// A chunk's series was not declared.
    SeriesUnknown(u64),
    /// Another chunk has this cursor.
    Conflict(u64),
    /// The gateway has not said hello.
    NotGreeted,
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Cursors beyond 2^63 are refused at the door; see the link's endpoints.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

async fn present_epoch(database: &DatabaseTransaction, gateway: GatewayId) -> Result<Option<epoch::Model>, sea_orm::DbErr> {
    let Some(row) = gateway::Entity::find_by_id(gateway.to_string()).one(database).await? else { return Ok(None) };
    epoch::Entity::find_by_id((gateway.to_string(), row.epoch)).one(database).await
}

impl Store {
    /// Takes in a gateway's greeting: devices, loads and which history it has. A history that is new here begins at zero.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn greet(&self, gateway: GatewayId, hello: &Hello, now: Timestamp) -> Result<Greeting, StoreError> {
        const DOING: &str = "greet a gateway";
        let id = gateway.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        let epochs = epoch::Entity::find().filter(epoch::Column::GatewayId.eq(&id)).all(&transaction).await.during(DOING)?;
        let present = match epochs.iter().find(|epoch| epoch.identity == hello.history) {
            Some(known) => known.clone(),
            None => {
                let number = epochs.iter().map(|epoch| epoch.number).max().map_or(0, |last| last.saturating_add(1));
                let made = epoch::Model {
                    gateway_id: id.clone(),
                    number,
                    identity: hello.history.clone(),
                    acknowledged: 0,
                    events_acknowledged: 0,
                };
                let row: epoch::ActiveModel = made.clone().into();
                epoch::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
                made
            }
        };
        gateway::Entity::update_many()
            .col_expr(gateway::Column::Epoch, Expr::value(present.number))
            .filter(gateway::Column::Id.eq(&id))
            .exec(&transaction)
            .await
            .during(DOING)?;
        replace_declarations(&transaction, &id, hello).await.during(DOING)?;
        super::inventory::enter::enter(&transaction, gateway, hello, now).await.during(DOING)?;
        let seen = status::ActiveModel {
            gateway_id: Set(id),
            last_seen_at: Set(now.as_millis()),
            version: Set(hello.product_version.clone()),
            ..Default::default()
        };
        let keep = OnConflict::column(status::Column::GatewayId)
            .update_columns([status::Column::LastSeenAt, status::Column::Version])
            .to_owned();
        status::Entity::insert(seen).on_conflict(keep).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Greeting { acknowledged: unsigned(present.acknowledged), events_acknowledged: unsigned(present.events_acknowledged) })
    }

    /// Declares series of the gateway's present history. `false`: it has not said hello.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn declare(&self, gateway: GatewayId, declared: &[SeriesDeclaration]) -> Result<bool, StoreError> {
        const DOING: &str = "declare series";
        let transaction = self.write.begin().await.during(DOING)?;
        let Some(epoch) = present_epoch(&transaction, gateway).await.during(DOING)? else { return Ok(false) };
        for batch in declared.chunks(ROWS) {
            let rows = batch.iter().map(|one| series::ActiveModel {
                gateway_id: Set(gateway.to_string()),
                epoch: Set(epoch.number),
                id: Set(i64::from(one.id.0)),
                load_id: Set(one.spec.load.to_string()),
                kind: Set(one.spec.kind.code().to_owned()),
                quantity: Set(one.spec.quantity.code().to_owned()),
                exponent: Set(i32::from(one.spec.exponent)),
                period_ms: Set(one.spec.period_ms),
                rollover: Set(one.spec.rollover),
                first_at: Set(None),
                last_at: Set(None),
            });
            let update = OnConflict::columns([series::Column::GatewayId, series::Column::Epoch, series::Column::Id])
                .update_columns([
                    series::Column::LoadId,
                    series::Column::Kind,
                    series::Column::Quantity,
                    series::Column::Exponent,
                    series::Column::PeriodMs,
                    series::Column::Rollover,
                ])
                .to_owned();
            series::Entity::insert_many(rows).on_conflict(update).exec_without_returning(&transaction).await.during(DOING)?;
        }
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Stores chunks whose bytes have been checked, in cursor order, and answers the highest cursor that is durable. Chunks that are
    /// there already count as stored; a different chunk under the same cursor is a fault, and then nothing of the request is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_chunks(
        &self,
        gateway: GatewayId,
        chunks: &[Chunk],
        now: Timestamp,
    ) -> Result<Result<u64, ChunkFault>, StoreError> {
        const DOING: &str = "store chunks";
        let id = gateway.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        let Some(present) = present_epoch(&transaction, gateway).await.during(DOING)? else {
            return Ok(Err(ChunkFault::NotGreeted));
        };
        let cursors = chunks.iter().map(|chunk| signed(chunk.cursor));
        let there: HashMap<i64, chunk::Model> = chunk::Entity::find()
            .filter(chunk::Column::GatewayId.eq(&id))
            .filter(chunk::Column::Epoch.eq(present.number))
            .filter(chunk::Column::Cursor.is_in(cursors))
            .all(&transaction)
            .await
            .during(DOING)?
            .into_iter()
            .map(|row| (row.cursor, row))
            .collect();
        let mut reach: HashMap<i64, (i64, i64)> = HashMap::new();
        let mut rows = Vec::new();
        for one in chunks {
            let row = chunk::Model {
                gateway_id: id.clone(),
                epoch: present.number,
                cursor: signed(one.cursor),
                series_id: i64::from(one.series.0),
                first_at: one.first.as_millis(),
                last_at: one.last.as_millis(),
                count: i32::try_from(one.count).unwrap_or(i32::MAX),
                bytes: one.bytes.to_vec(),
            };
            match there.get(&row.cursor) {
                Some(known) if *known == row => {}
                Some(_) => return Ok(Err(ChunkFault::Conflict(one.cursor))),
                None => {
                    let span = reach.entry(row.series_id).or_insert((row.first_at, row.last_at));
                    *span = (span.0.min(row.first_at), span.1.max(row.last_at));
                    rows.push(chunk::ActiveModel::from(row));
                }
            }
        }
        for (series, (first, last)) in reach {
            if !extend_series(&transaction, &id, present.number, series, first, last).await.during(DOING)? {
                let cursor = chunks.iter().find(|chunk| i64::from(chunk.series.0) == series).map_or(0, |chunk| chunk.cursor);
                return Ok(Err(ChunkFault::SeriesUnknown(cursor)));
            }
        }
        for batch in rows.chunks(CHUNK_ROWS) {
            chunk::Entity::insert_many(batch.to_vec()).exec_without_returning(&transaction).await.during(DOING)?;
        }
        let highest = chunks.iter().map(|chunk| signed(chunk.cursor)).max().unwrap_or(0).max(present.acknowledged);
        epoch::Entity::update_many()
            .col_expr(epoch::Column::Acknowledged, Expr::value(highest))
            .filter(epoch::Column::GatewayId.eq(&id))
            .filter(epoch::Column::Number.eq(present.number))
            .exec(&transaction)
            .await
            .during(DOING)?;
        seen(&transaction, &id, now).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        // The gateway asks about what it sent; that it is behind what is stored here is its own knowledge from hello.
        Ok(Ok(chunks.iter().map(|chunk| chunk.cursor).max().unwrap_or(0)))
    }

    /// Stores events in id order; answers the highest id that is durable, or `None` when the gateway has not said hello.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_events(
        &self,
        gateway: GatewayId,
        events: &[LinkEvent],
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        const DOING: &str = "store events";
        let id = gateway.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        let Some(present) = present_epoch(&transaction, gateway).await.during(DOING)? else { return Ok(None) };
        for batch in events.chunks(ROWS) {
            let mut rows = Vec::new();
            for one in batch {
                let params = serde_json::to_string(&one.params).map_err(|error| StoreError::Damaged(error.to_string()))?;
                rows.push(event::ActiveModel {
                    gateway_id: Set(id.clone()),
                    epoch: Set(present.number),
                    id: Set(signed(one.id)),
                    at: Set(one.at.as_millis()),
                    severity: Set(severity_code(one.severity).to_owned()),
                    code: Set(one.code.clone()),
                    params: Set(params),
                });
            }
            let skip =
                OnConflict::columns([event::Column::GatewayId, event::Column::Epoch, event::Column::Id]).do_nothing().to_owned();
            event::Entity::insert_many(rows)
                .on_conflict(skip)
                .try_insert()
                .exec_without_returning(&transaction)
                .await
                .during(DOING)?;
        }
        let sent = events.iter().map(|event| event.id).max().unwrap_or(0);
        epoch::Entity::update_many()
            .col_expr(epoch::Column::EventsAcknowledged, Expr::value(signed(sent).max(present.events_acknowledged)))
            .filter(epoch::Column::GatewayId.eq(&id))
            .filter(epoch::Column::Number.eq(present.number))
            .exec(&transaction)
            .await
            .during(DOING)?;
        seen(&transaction, &id, now).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Some(sent))
    }

    /// Replaces the snapshot of live values and the gateway's state. `message` is the message as it came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_live(&self, gateway: GatewayId, live: &Live, message: &[u8], now: Timestamp) -> Result<(), StoreError> {
        const DOING: &str = "store live values";
        let count = |count: u32| Set(Some(i32::try_from(count).unwrap_or(i32::MAX)));
        let state = status::ActiveModel {
            gateway_id: Set(gateway.to_string()),
            last_seen_at: Set(now.as_millis()),
            version: Set(String::new()),
            clock_set: Set(Some(live.clock_set)),
            power_w: Set(live.power_w.filter(|power| power.is_finite())),
            online: count(live.devices.online),
            degraded: count(live.devices.degraded),
            offline: count(live.devices.offline),
            never_seen: count(live.devices.never_seen),
            backlog_chunks: Set(Some(signed(live.backlog_chunks))),
            backlog_bytes: Set(Some(signed(live.backlog_bytes))),
        };
        let update = OnConflict::column(status::Column::GatewayId)
            .update_columns([
                status::Column::LastSeenAt,
                status::Column::ClockSet,
                status::Column::PowerW,
                status::Column::Online,
                status::Column::Degraded,
                status::Column::Offline,
                status::Column::NeverSeen,
                status::Column::BacklogChunks,
                status::Column::BacklogBytes,
            ])
            .to_owned();
        let values = snapshot::ActiveModel {
            gateway_id: Set(gateway.to_string()),
            at: Set(live.at.as_millis()),
            message: Set(message.to_vec()),
        };
        let replace = OnConflict::column(snapshot::Column::GatewayId)
            .update_columns([snapshot::Column::At, snapshot::Column::Message])
            .to_owned();
        let transaction = self.write.begin().await.during(DOING)?;
        status::Entity::insert(state).on_conflict(update).exec_without_returning(&transaction).await.during(DOING)?;
        snapshot::Entity::insert(values).on_conflict(replace).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)
    }
}

/// Stored name of a severity.
pub(crate) const fn severity_code(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

async fn seen(database: &impl ConnectionTrait, gateway: &str, now: Timestamp) -> Result<(), sea_orm::DbErr> {
    status::Entity::update_many()
        .col_expr(status::Column::LastSeenAt, Expr::value(now.as_millis()))
        .filter(status::Column::GatewayId.eq(gateway))
        .exec(database)
        .await?;
    Ok(())
}

async fn extend_series(
    database: &impl ConnectionTrait,
    gateway: &str,
    epoch: i32,
    id: i64,
    first: i64,
    last: i64,
) -> Result<bool, sea_orm::DbErr> {
    let Some(known) = series::Entity::find_by_id((gateway.to_owned(), epoch, id)).one(database).await? else { return Ok(false) };
    let first = known.first_at.map_or(first, |at| at.min(first));
    let last = known.last_at.map_or(last, |at| at.max(last));
    series::Entity::update_many()
        .col_expr(series::Column::FirstAt, Expr::value(first))
        .col_expr(series::Column::LastAt, Expr::value(last))
        .filter(series::Column::GatewayId.eq(gateway))
        .filter(series::Column::Epoch.eq(epoch))
        .filter(series::Column::Id.eq(id))
        .exec(database)
        .await?;
    Ok(true)
}

async fn replace_declarations(database: &DatabaseTransaction, id: &str, hello: &Hello) -> Result<(), sea_orm::DbErr> {
    // Devices and loads that are gone keep their names, since history refers to them.
    for batch in hello.devices.chunks(ROWS) {
        let rows = batch.iter().map(|one| device::ActiveModel {
            gateway_id: Set(id.to_owned()),
            id: Set(one.id.to_string()),
            name: Set(one.name.clone()),
        });
        let update =
            OnConflict::columns([device::Column::GatewayId, device::Column::Id]).update_column(device::Column::Name).to_owned();
        device::Entity::insert_many(rows).on_conflict(update).exec_without_returning(database).await?;
    }
    for batch in hello.loads.chunks(ROWS) {
        let rows = batch.iter().map(|one| load::ActiveModel {
            gateway_id: Set(id.to_owned()),
            id: Set(one.id.to_string()),
            device_id: Set(one.device.to_string()),
            name: Set(one.name.clone()),
            fluid: Set(one.fluid.code().to_owned()),
            usage: Set(one.usage.code().to_owned()),
        });
        let update = OnConflict::columns([load::Column::GatewayId, load::Column::Id])
            .update_columns([load::Column::DeviceId, load::Column::Name, load::Column::Fluid, load::Column::Usage])
            .to_owned();
        load::Entity::insert_many(rows).on_conflict(update).exec_without_returning(database).await?;
    }
    Ok(())
}
