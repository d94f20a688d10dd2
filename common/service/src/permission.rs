//! Who may do what: profile × resource × action, one table per program, changeable while it runs.
//!
//! A route names the one permission it needs; which profiles have it is data. So the table that a person reviews, the one that
//! decides and the one that may be edited (IEC 62443-4-2, CR 2.1 RE 2) are the same. Rejected: lists of profiles at the routes,
//! which nobody can change without a new program.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// What is done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Look at it.
    View,
    /// Change what is configured.
    Change,
    /// Set something going that ends by itself: a search, a test, a check.
    Run,
}

impl Action {
    /// As it is written: `view`, `change`, `run`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Change => "change",
            Self::Run => "run",
        }
    }
}

/// One thing that may be allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// What is touched, such as `sources`.
    pub resource: &'static str,
    /// How.
    pub action: Action,
}

impl Permission {
    /// To look at `resource`.
    pub const fn view(resource: &'static str) -> Self {
        Self { resource, action: Action::View }
    }

    /// To change `resource`.
    pub const fn change(resource: &'static str) -> Self {
        Self { resource, action: Action::Change }
    }

    /// To run `resource`.
    pub const fn run(resource: &'static str) -> Self {
        Self { resource, action: Action::Run }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.action.code())
    }
}

/// Permissions of each profile, written `resource:action`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct RightsTable(pub BTreeMap<String, BTreeSet<String>>);

impl RightsTable {
    /// The table in which each profile has the permissions beside it.
    pub fn of(rows: &[(&str, &[Permission])]) -> Self {
        let row = |(profile, permissions): &(&str, &[Permission])| {
            ((*profile).to_owned(), permissions.iter().map(Permission::to_string).collect())
        };
        Self(rows.iter().map(row).collect())
    }

    /// Whether `profile` has the permission written `permission`.
    pub fn allows(&self, profile: &str, permission: &str) -> bool {
        self.0.get(profile).is_some_and(|permissions| permissions.contains(permission))
    }

    /// Profiles that have it.
    pub fn profiles_with(&self, permission: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, permissions)| permissions.contains(permission)).map(|(profile, _)| profile.as_str()).collect()
    }
}

/// The table in force; clones share it.
#[derive(Debug, Clone)]
pub struct Rights(watch::Sender<Arc<RightsTable>>);

impl Rights {
    /// Puts `table` in force.
    pub fn new(table: RightsTable) -> Self {
        Self(watch::Sender::new(Arc::new(table)))
    }

    /// The table now in force.
    pub fn table(&self) -> Arc<RightsTable> {
        Arc::clone(&self.0.borrow())
    }

    /// Puts another table in force, for every request from now on.
    pub fn replace(&self, table: RightsTable) {
        self.0.send_replace(Arc::new(table));
    }

    /// Whether `profile` may.
    pub fn allows(&self, profile: &str, permission: Permission) -> bool {
        self.0.borrow().allows(profile, &permission.to_string())
    }

    /// Everything that `profile` may, sorted.
    pub fn of(&self, profile: &str) -> Vec<String> {
        self.0.borrow().0.get(profile).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_may_what_stands_beside_it_and_nothing_else() {
        let rights = Rights::new(RightsTable::of(&[("admin", &[Permission::view("sources"), Permission::change("sources")])]));
        assert!(rights.allows("admin", Permission::change("sources")));
        assert!(!rights.allows("admin", Permission::run("sources")));
        assert!(!rights.allows("Admin", Permission::view("sources")));
        assert!(!rights.allows("", Permission::view("sources")));
        assert_eq!(rights.of("admin"), ["sources:change", "sources:view"]);
        rights.replace(RightsTable::default());
        assert!(!rights.allows("admin", Permission::view("sources")));
    }
}
