//! What a configuration holds, and in what two differ: shown before one takes the other's place.

use super::BackupError;
use crate::store::Db;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a configuration holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BackupContent)]
pub struct Content {
    /// Name of the site.
    pub site: String,
    /// Names of buses.
    pub buses: Vec<String>,
    /// Names of devices.
    pub devices: Vec<String>,
    /// Names of loads.
    pub loads: Vec<String>,
    /// Names of zones.
    pub zones: Vec<String>,
    /// Accounts, as `name (profile)`.
    pub accounts: Vec<String>,
    /// Names of own device profiles.
    pub profiles: Vec<String>,
    /// How many events.
    pub events: u64,
}

/// What a restore adds and removes, of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BackupDifference)]
pub struct Difference {
    /// `site`, `buses`, `devices`, `loads`, `zones`, `accounts`, `profiles`.
    pub what: &'static str,
    /// In the backup and not here.
    pub added: Vec<String>,
    /// Here and not in the backup.
    pub removed: Vec<String>,
    /// In both.
    pub kept: u64,
}

/// Reads what a configuration holds.
///
/// # Errors
/// When it cannot be read.
pub fn content(db: &Db) -> Result<Content, BackupError> {
    Ok(db.call_blocking(|tx| {
        let names = |sql: &str| -> Result<Vec<String>, crate::store::StoreError> {
            Ok(tx.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        let count: i64 = tx.query_row("select count(*) from event", [], |row| row.get(0))?;
        Ok(Content {
            site: crate::store::topology::load_all(tx)?.site.name,
            buses: names("select name from bus order by name")?,
            devices: names("select name from device order by name")?,
            loads: names("select name from load order by name")?,
            zones: names("select name from zone order by name")?,
            accounts: names("select name || ' (' || profile || ')' from user order by name")?,
            profiles: names("select id from own_profile order by id")?,
            events: count.unsigned_abs(),
        })
    })?)
}

/// What would change if `next` took the place of `now`.
pub fn differences(now: &Content, next: &Content) -> Vec<Difference> {
    let site = |content: &Content| vec![content.site.clone()];
    [
        ("site", site(now), site(next)),
        ("buses", now.buses.clone(), next.buses.clone()),
        ("devices", now.devices.clone(), next.devices.clone()),
        ("loads", now.loads.clone(), next.loads.clone()),
        ("zones", now.zones.clone(), next.zones.clone()),
        ("accounts", now.accounts.clone(), next.accounts.clone()),
        ("profiles", now.profiles.clone(), next.profiles.clone()),
    ]
    .into_iter()
    .map(|(what, now, next)| {
        let (here, there): (BTreeSet<String>, BTreeSet<String>) = (now.into_iter().collect(), next.into_iter().collect());
        Difference {
            what,
            added: there.difference(&here).cloned().collect(),
            removed: here.difference(&there).cloned().collect(),
            kept: here.intersection(&there).count() as u64,
        }
    })
    .collect()
}
