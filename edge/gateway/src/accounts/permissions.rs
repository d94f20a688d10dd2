//! The table profile × permission as Cyber security edits it, and what no edit can do.
//!
//! Cyber security keeps what it takes to put a table right again. A profile that would both set the plant up and guard it needs
//! to be wanted expressly: nobody comes to it by a slip.

use crate::rights::{self, profile};
use crate::store::{StoreError, settings};
use haubert_service::permission::{Permission, RightsTable};
use haubert_service::problem::{Code, Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const SETTING: &str = "permissions";

/// A profile would both set the plant up and guard it.
pub const BOTH_SIDES: Code = Code::new("both_sides", 409, "A profile would both set the plant up and guard it");

/// What Cyber security cannot lose.
pub const GUARDED: [Permission; 10] = [
    rights::ACCOUNTS_VIEW,
    rights::ACCOUNTS_CHANGE,
    rights::PERMISSIONS_VIEW,
    rights::PERMISSIONS_CHANGE,
    rights::SESSIONS_VIEW,
    rights::SESSIONS_CHANGE,
    rights::POLICY_VIEW,
    rights::POLICY_CHANGE,
    rights::AUDIT_VIEW,
    rights::AUDIT_RUN,
];

/// Setting the plant up.
pub const OPERATION: [Permission; 6] = [
    rights::SITE_CHANGE,
    rights::SOURCES_CHANGE,
    rights::SOURCES_RUN,
    rights::DEVICE_PROFILES_CHANGE,
    rights::DEVICE_PROFILES_RUN,
    rights::HISTORY_CHANGE,
];

/// Guarding it.
pub const SECURITY: [Permission; 11] = [
    rights::ACCOUNTS_CHANGE,
    rights::PERMISSIONS_CHANGE,
    rights::SESSIONS_CHANGE,
    rights::POLICY_CHANGE,
    rights::CERTIFICATES_CHANGE,
    rights::FIREWALL_CHANGE,
    rights::AUDIT_CHANGE,
    rights::UPDATES_CHANGE,
    rights::UPDATES_RUN,
    rights::BACKUPS_CHANGE,
    rights::STORAGE_CHANGE,
];

/// The table as stored, and which permissions there were when it was: one that came later is as shipped.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    table: RightsTable,
    known: BTreeSet<String>,
}

/// Permissions as they are written.
pub fn written(permissions: &[Permission]) -> BTreeSet<String> {
    permissions.iter().map(Permission::to_string).collect()
}

/// The table in force: the stored one brought up to this release, or the shipped one.
///
/// # Errors
/// When the store fails.
pub fn stored(tx: &Transaction<'_>) -> Result<RightsTable, StoreError> {
    Ok(settings::get::<Stored>(tx, SETTING)?.map_or_else(rights::shipped, brought_up))
}

fn brought_up(Stored { table, known }: Stored) -> RightsTable {
    let (shipped, all) = (rights::shipped(), written(rights::ALL));
    let row = |name: &str| {
        let kept = table.0.get(name).into_iter().flatten().filter(|permission| all.contains(*permission)).cloned();
        let new = shipped.0.get(name).into_iter().flatten().filter(|permission| !known.contains(*permission)).cloned();
        let guarded = written(&GUARDED).into_iter().filter(|_| name == profile::CYBER_SECURITY);
        (name.to_owned(), kept.chain(new).chain(guarded).collect())
    };
    RightsTable(profile::ALL.into_iter().map(row).collect())
}

/// Keeps a table that [`check`] has accepted.
///
/// # Errors
/// When the store fails.
pub fn keep(tx: &Transaction<'_>, table: &RightsTable) -> Result<(), StoreError> {
    settings::set(tx, SETTING, &Stored { table: table.clone(), known: written(rights::ALL) })
}

/// Checks a table before it is put in force.
///
/// # Errors
/// `invalid` with what is at fault in each profile; [`BOTH_SIDES`] unless `allow_both`.
pub fn check(table: &RightsTable, allow_both: bool) -> Result<(), Problem> {
    let all = written(rights::ALL);
    let mut problem = Problem::new(codes::INVALID);
    for name in profile::ALL.into_iter().filter(|name| !table.0.contains_key(*name)) {
        problem = problem.field(&format!("table.{name}"), "required", "every profile has a row");
    }
    for (name, row) in &table.0 {
        let field = format!("table.{name}");
        if !profile::ALL.contains(&name.as_str()) {
            problem = problem.field(&field, "profile_unknown", "there is no such profile");
        }
        if let Some(unknown) = row.iter().find(|permission| !all.contains(*permission)) {
            problem = problem.field(&field, "permission_unknown", unknown);
        }
        if name == profile::CYBER_SECURITY
            && let Some(missing) = written(&GUARDED).iter().find(|permission| !row.contains(*permission))
        {
            problem = problem.field(&field, "guarded", missing);
        }
    }
    if !problem.fields.is_empty() {
        return Err(problem);
    }
    let (operation, security) = (written(&OPERATION), written(&SECURITY));
    let both = table.0.iter().find(|(_, row)| !row.is_disjoint(&operation) && !row.is_disjoint(&security));
    match both {
        Some((name, _)) if !allow_both => Err(Problem::new(BOTH_SIDES).detail(name)),
        _ => Ok(()),
    }
}

/// Profiles whose row differs between two tables.
pub fn changed(before: &RightsTable, after: &RightsTable) -> Vec<&'static str> {
    profile::ALL.into_iter().filter(|name| before.0.get(*name) != after.0.get(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(name: &str, permission: Permission) -> RightsTable {
        let mut table = rights::shipped();
        table.0.get_mut(name).unwrap().remove(&permission.to_string());
        table
    }

    fn with(name: &str, permission: Permission) -> RightsTable {
        let mut table = rights::shipped();
        table.0.get_mut(name).unwrap().insert(permission.to_string());
        table
    }

    #[test]
    fn cyber_security_cannot_lose_what_it_takes_to_put_things_right() {
        assert_eq!(check(&rights::shipped(), false), Ok(()));
        for permission in GUARDED {
            let refused = check(&without(profile::CYBER_SECURITY, permission), true).unwrap_err();
            assert_eq!(refused.fields[0].message_code, "guarded", "{permission}");
        }
        check(&without(profile::CYBER_SECURITY, rights::FIREWALL_CHANGE), false).unwrap();
        check(&without(profile::USER, rights::EVENTS_VIEW), false).unwrap();
    }

    #[test]
    fn nobody_gets_both_sides_by_a_slip() {
        for (name, permission) in [(profile::ADMIN, rights::ACCOUNTS_CHANGE), (profile::CYBER_SECURITY, rights::SOURCES_RUN)] {
            let table = with(name, permission);
            assert_eq!(check(&table, false).unwrap_err().code, "both_sides");
            check(&table, true).unwrap();
        }
        check(&with(profile::ADVANCED_USER, rights::SOURCES_CHANGE), false).unwrap();
        check(&with(profile::ADMIN, rights::AUDIT_VIEW), false).unwrap();
    }

    #[test]
    fn unknown_rows_and_permissions_are_refused() {
        let mut table = rights::shipped();
        table.0.insert("root".to_owned(), BTreeSet::new());
        table.0.remove(profile::USER);
        table.0.get_mut(profile::ADMIN).unwrap().insert("everything:change".to_owned());
        let problem = check(&table, true).unwrap_err();
        let faults: Vec<_> = problem.fields.iter().map(|fault| (fault.field.as_str(), fault.message_code.as_str())).collect();
        assert_eq!(
            faults,
            [("table.user", "required"), ("table.admin", "permission_unknown"), ("table.root", "profile_unknown")]
        );
    }

    #[test]
    fn a_table_of_an_older_release_gets_what_came_since_as_shipped() {
        let mut known = written(rights::ALL);
        known.remove("updates:run");
        let mut table = without(profile::CYBER_SECURITY, rights::UPDATES_RUN);
        table.0.get_mut(profile::CYBER_SECURITY).unwrap().remove("firewall:change");
        table.0.get_mut(profile::CYBER_SECURITY).unwrap().remove("accounts:change");
        table.0.get_mut(profile::USER).unwrap().insert("gone:view".to_owned());
        let now = brought_up(Stored { table, known });
        assert!(now.allows(profile::CYBER_SECURITY, "updates:run"), "came since");
        assert!(!now.allows(profile::CYBER_SECURITY, "firewall:change"), "was taken away");
        assert!(now.allows(profile::CYBER_SECURITY, "accounts:change"), "guarded");
        assert!(!now.allows(profile::USER, "gone:view"));
    }
}
