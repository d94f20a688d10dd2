//! Passwords of users and the community: stored under a name that the audit trail takes for a secret's, and never given out.

use super::settings::SnmpSettings;
use crate::store::{StoreError, settings};
use haubert_model::Secret;
use haubert_service::problem::{Problem, codes};
use haubert_snmp::{Credentials, CredentialsError};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "snmp_passwords";
/// Shortest password and community, in characters. Who listens can try passwords at leisure.
const SHORTEST: usize = 12;
/// Longest, in bytes.
const LONGEST: usize = 128;
/// What a community must not have in it: what every scanner tries.
const WELL_KNOWN: &[&str] = &["public", "private", "community", "password", "snmp"];

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    authentication: String,
    privacy: String,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Passwords {
    users: BTreeMap<String, Pair>,
    community: Option<String>,
}

/// New passwords of a user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SnmpUserPasswords)]
pub struct UserPasswords {
    /// Whose.
    pub user: String,
    /// For authentication.
    pub authentication: Secret,
    /// For encryption; another one.
    pub privacy: Secret,
}

/// New passwords; those that are not named stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SnmpNewPasswords)]
pub struct NewPasswords {
    /// Of users.
    #[serde(default)]
    pub users: Vec<UserPasswords>,
    /// The community of SNMPv2c; an empty one for none.
    #[serde(default)]
    pub community: Option<Secret>,
}

/// Settings with the passwords that go with them. They do not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// What is set.
    pub settings: SnmpSettings,
    passwords: Passwords,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Account {
    /// As stored.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn stored(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        Ok(Self { settings: SnmpSettings::stored(tx)?, passwords: settings::get(tx, NAME)?.unwrap_or_default() })
    }

    /// Stores what differs from `before`.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn store(&self, tx: &Transaction<'_>, before: &Self) -> Result<(), StoreError> {
        self.settings.store(tx)?;
        if self.passwords == before.passwords { Ok(()) } else { settings::set(tx, NAME, &self.passwords) }
    }

    /// Whether a community is set.
    pub const fn has_community(&self) -> bool {
        self.passwords.community.is_some()
    }

    /// The community, where it is to be spoken.
    pub(super) fn community(&self) -> Option<Secret> {
        self.passwords.community.clone().filter(|_| self.settings.v2c).map(Secret::new)
    }

    /// Other settings with the passwords that go with them: new ones where they are given, else those in force.
    ///
    /// # Errors
    /// `invalid`, with the field at fault.
    pub(super) fn changed(&self, settings: SnmpSettings, new: NewPasswords) -> Result<Self, Problem> {
        let settings = settings.checked()?;
        let mut problem = Problem::new(codes::INVALID);
        let mut passwords = Passwords { users: BTreeMap::new(), community: self.passwords.community.clone() };
        for (at, user) in settings.users.iter().enumerate() {
            let field = |name: &str| format!("users.{at}.{name}");
            let given = new.users.iter().find(|given| given.user.trim() == user.name);
            let Some(given) = given else {
                match self.passwords.users.get(&user.name) {
                    Some(pair) => drop(passwords.users.insert(user.name.clone(), pair.clone())),
                    None => problem = problem.field(&field("authentication_password"), "required", "give this user passwords"),
                }
                continue;
            };
            let (authentication, privacy) = (given.authentication.expose(), given.privacy.expose());
            for (name, password) in [("authentication_password", authentication), ("privacy_password", privacy)] {
                if let Some((code, words)) = fault(password) {
                    problem = problem.field(&field(name), code, words);
                } else if password.to_lowercase().contains(&user.name.to_lowercase()) {
                    problem = problem.field(&field(name), "too_weak", "without the user's name in it");
                }
            }
            if authentication == privacy {
                problem = problem.field(&field("privacy_password"), "same", "another one than for authentication");
            }
            let pair = Pair { authentication: authentication.to_owned(), privacy: privacy.to_owned() };
            passwords.users.insert(user.name.clone(), pair);
        }
        if let Some(community) = new.community {
            let community = community.expose();
            let lower = community.to_lowercase();
            if community.is_empty() {
                passwords.community = None;
            } else if let Some((code, words)) = fault(community) {
                problem = problem.field("community", code, words);
            } else if WELL_KNOWN.iter().any(|known| lower.contains(known)) {
                problem = problem.field("community", "too_weak", "none of the words that every scanner tries");
            } else {
                passwords.community = Some(community.to_owned());
            }
        }
        if settings.v2c && passwords.community.is_none() && !problem.fields.iter().any(|field| field.field == "community") {
            problem = problem.field("community", "required", "there is no default community: choose one");
        }
        if problem.fields.is_empty() { Ok(Self { settings, passwords }) } else { Err(problem) }
    }

    /// Makes the keys of every user; those that are in `known` are not made again. Blocks for a while.
    ///
    /// # Errors
    /// When no keys can be made.
    pub(super) fn credentials(&self) -> Result<Vec<Credentials>, CredentialsError> {
        let mut all = Vec::new();
        for user in &self.settings.users {
            let Some(pair) = self.passwords.users.get(&user.name) else { continue };
            let authentication = (user.authentication, pair.authentication.as_str());
            all.push(Credentials::new(&user.name, authentication, (user.privacy, pair.privacy.as_str()))?);
        }
        Ok(all)
    }
}

fn fault(password: &str) -> Option<(&'static str, String)> {
    if password.chars().count() < SHORTEST {
        return Some(("too_short", format!("at least {SHORTEST} characters")));
    }
    if password.len() > LONGEST || password.chars().any(char::is_control) {
        return Some(("too_long", format!("at most {LONGEST} bytes, none of them a control character")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlets::snmp::SnmpUser;
    use haubert_snmp::{Authentication, Privacy};

    fn settings(v2c: bool) -> SnmpSettings {
        let user = SnmpUser { name: "nms".to_owned(), authentication: Authentication::Sha256, privacy: Privacy::Aes128 };
        SnmpSettings { users: vec![user], v2c, ..SnmpSettings::default() }
    }

    fn new(authentication: &str, privacy: &str, community: Option<&str>) -> NewPasswords {
        let secret = |text: &str| Secret::new(text.to_owned());
        let user = UserPasswords { user: "nms".to_owned(), authentication: secret(authentication), privacy: secret(privacy) };
        NewPasswords { users: vec![user], community: community.map(secret) }
    }

    #[test]
    fn weak_passwords_and_well_known_communities_are_refused() {
        let none = Account { settings: SnmpSettings::default(), passwords: Passwords::default() };
        let refused = |v2c: bool, new: NewPasswords| none.changed(settings(v2c), new).unwrap_err().fields[0].field.clone();
        let (one, other) = ("correct horse battery", "staple and something");
        assert_eq!(refused(false, NewPasswords::default()), "users.0.authentication_password");
        assert_eq!(refused(false, new("short", other, None)), "users.0.authentication_password");
        assert_eq!(refused(false, new("the-NMS-of-the-port", other, None)), "users.0.authentication_password");
        assert_eq!(refused(false, new(one, one, None)), "users.0.privacy_password");
        assert_eq!(refused(true, new(one, other, None)), "community");
        for community in ["public", "short", "a-Public-community-of-ours", "privateprivate"] {
            assert_eq!(refused(true, new(one, other, Some(community))), "community", "{community}");
        }
        let account = none.changed(settings(true), new(one, other, Some("quay-seven-north-crane"))).unwrap();
        assert!(account.community().is_some());
        let kept = account.changed(settings(false), NewPasswords::default()).unwrap();
        assert!(kept.has_community() && kept.community().is_none(), "kept, and not spoken");
        assert_eq!(kept.credentials().unwrap().len(), 1);
        assert!(!format!("{kept:?}").contains(one));
    }
}
