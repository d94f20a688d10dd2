//! Looking for damage in what is kept. SQLite's pages carry no checksums: its own check finds pages and rows that do not hang
//! together, and indices that say something else than their tables, and each chunk of history carries a checksum of its own. What
//! neither covers is a changed letter in a name or a setting. (PostgreSQL looks after its pages itself, when its cluster was made with checksums.)

use super::entity::history::chunk;
use super::{During as _, Store, StoreError};
use haubert_model::Timestamp;
use sea_orm::sqlx;
use sea_orm::{ColumnTrait as _, Condition, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Most findings that are listed.
const MAX_FINDINGS: usize = 100;
/// Chunks read at a time.
const BATCH: u64 = 64;
/// Steps of SQLite's machine between two looks at whether to stop.
const STEPS: i32 = 10_000;

/// What keeps a database from working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StorageTrouble)]
pub enum Trouble {
    /// No room.
    DiskFull,
    /// The disk fails.
    DiskFailing,
    /// What is stored is not what was written.
    Damaged,
}

impl StoreError {
    /// What the database suffers from, if it does: no fault of the one who asked.
    pub fn trouble(&self) -> Option<Trouble> {
        let Self::Database {
            source: sea_orm::DbErr::Exec(said) | sea_orm::DbErr::Query(said) | sea_orm::DbErr::Conn(said), ..
        } = self
        else {
            return matches!(self, Self::Damaged(_)).then_some(Trouble::Damaged);
        };
        let sea_orm::RuntimeErr::SqlxError(said) = said else { return None };
        trouble(said)
    }
}

fn trouble(said: &sqlx::Error) -> Option<Trouble> {
    let sqlx::Error::Database(said) = said else {
        return matches!(said, sqlx::Error::Io(_)).then_some(Trouble::DiskFailing);
    };
    match said.code()?.as_ref() {
        "53100" => Some(Trouble::DiskFull),
        "58030" => Some(Trouble::DiskFailing),
        "XX001" | "XX002" => Some(Trouble::Damaged),
        // SQLite's extended codes hold the primary one in their lowest byte.
        code => match code.parse::<u32>().ok()? & 0xff {
            13 => Some(Trouble::DiskFull),
            10 | 14 => Some(Trouble::DiskFailing),
            11 | 26 => Some(Trouble::Damaged),
            _ => None,
        },
    }
}

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// What is damaged, in words.
    pub findings: Vec<String>,
    /// Chunks looked at.
    pub chunks: u64,
    /// It was stopped before it had seen all.
    pub is_partial: bool,
}

impl Store {
    /// Looks whether pages and rows hang together; ends early once `stop` is set.
    ///
    /// # Errors
    /// [`StoreError`]; damage is no error but a finding.
    pub async fn check_structure(&self, stop: Arc<AtomicBool>) -> Result<Look, StoreError> {
        let mut look = Look::default();
        if self.read.get_database_backend() != DbBackend::Sqlite {
            return Ok(look);
        }
        let failed = |source: sqlx::Error| StoreError::Database { operation: "look for damage", source: conn(source) };
        let mut connection = self.read.get_sqlite_connection_pool().acquire().await.map_err(failed)?;
        connection.lock_handle().await.map_err(failed)?.set_progress_handler(STEPS, move || !stop.load(Ordering::Relaxed));
        let said = sqlx::query_scalar::<_, String>("PRAGMA integrity_check(100)").fetch_all(&mut *connection).await;
        connection.lock_handle().await.map_err(failed)?.remove_progress_handler();
        match said {
            Ok(lines) => look.findings = lines.into_iter().filter(|line| line != "ok").collect(),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("9") => look.is_partial = true,
            Err(error) if trouble(&error) == Some(Trouble::Damaged) => look.findings.push(error.to_string()),
            Err(error) => return Err(failed(error)),
        }
        Ok(look)
    }

    /// Unpacks every chunk of history; ends early once `stop` is set.
    ///
    /// # Errors
    /// [`StoreError`]; damage is no error but a finding.
    pub async fn check_chunks(&self, stop: Arc<AtomicBool>) -> Result<Look, StoreError> {
        const DOING: &str = "look for damage";
        let mut look = Look::default();
        let mut after: Option<(String, i32, i64)> = None;
        while look.findings.len() < MAX_FINDINGS {
            if stop.load(Ordering::Relaxed) {
                look.is_partial = true;
                break;
            }
            let query = chunk::Entity::find()
                .filter(after.as_ref().map_or_else(Condition::all, beyond))
                .order_by_asc(chunk::Column::GatewayId)
                .order_by_asc(chunk::Column::Epoch)
                .order_by_asc(chunk::Column::Cursor)
                .limit(BATCH);
            let rows = match query.all(&self.read).await.during(DOING) {
                Ok(rows) => rows,
                Err(error) if error.trouble() == Some(Trouble::Damaged) => {
                    look.findings.push(format!("after {after:?}: {error}"));
                    break;
                }
                Err(error) => return Err(error),
            };
            let Some(last) = rows.last() else { break };
            after = Some((last.gateway_id.clone(), last.epoch, last.cursor));
            look.chunks += rows.len() as u64;
            let found = tokio::task::spawn_blocking(move || rows.iter().filter_map(finding).collect::<Vec<_>>()).await;
            look.findings.extend(found.unwrap_or_default());
        }
        look.findings.truncate(MAX_FINDINGS);
        Ok(look)
    }
}

fn conn(source: sqlx::Error) -> sea_orm::DbErr {
    sea_orm::DbErr::Conn(sea_orm::RuntimeErr::SqlxError(source.into()))
}

/// Rows that come after one in the order of their key.
fn beyond((gateway, epoch, cursor): &(String, i32, i64)) -> Condition {
    use chunk::Column::{Cursor, Epoch, GatewayId};
    let within = Condition::all().add(GatewayId.eq(gateway));
    let same_epoch = within.clone().add(Epoch.eq(*epoch)).add(Cursor.gt(*cursor));
    Condition::any().add(GatewayId.gt(gateway)).add(within.add(Epoch.gt(*epoch))).add(same_epoch)
}

/// What is wrong with a chunk, if anything is.
fn finding(row: &chunk::Model) -> Option<String> {
    let place = format!("chunk {} of history {} of gateway {}", row.cursor, row.epoch, row.gateway_id);
    let samples = match haubert_historian::chunk::decode(&row.bytes) {
        Ok(samples) => samples,
        Err(error) => return Some(format!("{place}: {error}")),
    };
    let times = || samples.iter().map(|sample| sample.at);
    let is_told = usize::try_from(row.count).is_ok_and(|count| count == samples.len())
        && times().min() == Some(Timestamp(row.first_at))
        && times().max() == Some(Timestamp(row.last_at));
    (!is_told).then(|| format!("{place}: its row does not tell what is in it"))
}
