//! What can be allowed at the gateway, and who may what as shipped.
//!
//! Two keepers, and nobody is both (IEC 62443-4-2, CCSC 3): *Admin* owns what is measured and where it goes, *Cyber security*
//! who comes in and how the gateway is protected. *User* looks, *Advanced user* also names loads and zones. The technical note
//! names the four profiles; what each may do is this table, which Cyber security can change.

use haubert_service::permission::{Permission, RightsTable};

/// The four profiles of the technical note.
pub mod profile {
    /// Looks.
    pub const USER: &str = "user";
    /// Names loads and zones too.
    pub const ADVANCED_USER: &str = "advanced_user";
    /// Owns sources, site, recording and outlets.
    pub const ADMIN: &str = "admin";
    /// Owns accounts, policy, certificates, firewall, audit trail and updates.
    pub const CYBER_SECURITY: &str = "cyber_security";
    /// All of them, from least to most.
    pub const ALL: [&str; 4] = [USER, ADVANCED_USER, ADMIN, CYBER_SECURITY];
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $action:ident($resource:literal)),+ $(,)?) => {
        $(#[doc = concat!("`", $resource, ":", stringify!($action), "`.")] $(#[$doc])* pub const $name: Permission = Permission::$action($resource);)+
        /// Every permission there is.
        pub const ALL: &[Permission] = &[$($name),+];
    };
}

permissions!(
    /// Live values, curves, consumption, their export.
    MEASUREMENTS_VIEW = view("measurements"),
    /// The site's name, place and time zone.
    SITE_VIEW = view("site"),
    SITE_CHANGE = change("site"),
    /// Zones and loads.
    HIERARCHY_VIEW = view("hierarchy"),
    HIERARCHY_CHANGE = change("hierarchy"),
    /// Buses and devices.
    SOURCES_VIEW = view("sources"),
    SOURCES_CHANGE = change("sources"),
    /// Searches, tests.
    SOURCES_RUN = run("sources"),
    /// Profiles of device models.
    DEVICE_PROFILES_VIEW = view("device_profiles"),
    DEVICE_PROFILES_CHANGE = change("device_profiles"),
    /// Tries of a profile.
    DEVICE_PROFILES_RUN = run("device_profiles"),
    /// What is kept, and how long.
    HISTORY_VIEW = view("history"),
    HISTORY_CHANGE = change("history"),
    /// Checks of what is kept.
    HISTORY_RUN = run("history"),
    /// The link to the hub.
    HUB_LINK_VIEW = view("hub_link"),
    HUB_LINK_CHANGE = change("hub_link"),
    /// Where measurements go out.
    OUTLETS_VIEW = view("outlets"),
    OUTLETS_CHANGE = change("outlets"),
    /// Tries.
    OUTLETS_RUN = run("outlets"),
    /// What is wrong at the site.
    ALARMS_VIEW = view("alarms"),
    /// Rules of alarms.
    ALARMS_CHANGE = change("alarms"),
    /// Acknowledgements.
    ALARMS_RUN = run("alarms"),
    EVENTS_VIEW = view("events"),
    DIAGNOSTICS_VIEW = view("diagnostics"),
    ACCOUNTS_VIEW = view("accounts"),
    ACCOUNTS_CHANGE = change("accounts"),
    /// This table.
    PERMISSIONS_VIEW = view("permissions"),
    PERMISSIONS_CHANGE = change("permissions"),
    /// Sessions of others.
    SESSIONS_VIEW = view("sessions"),
    SESSIONS_CHANGE = change("sessions"),
    /// What is switched on, what may be connected.
    POLICY_VIEW = view("policy"),
    POLICY_CHANGE = change("policy"),
    CERTIFICATES_VIEW = view("certificates"),
    CERTIFICATES_CHANGE = change("certificates"),
    FIREWALL_VIEW = view("firewall"),
    FIREWALL_CHANGE = change("firewall"),
    AUDIT_VIEW = view("audit"),
    AUDIT_CHANGE = change("audit"),
    /// Verification and export of the audit trail.
    AUDIT_RUN = run("audit"),
    UPDATES_VIEW = view("updates"),
    UPDATES_CHANGE = change("updates"),
    /// Installing, going back.
    UPDATES_RUN = run("updates"),
    BACKUPS_VIEW = view("backups"),
    /// Restoring.
    BACKUPS_CHANGE = change("backups"),
    /// Making one.
    BACKUPS_RUN = run("backups"),
    /// Where the storage key is.
    STORAGE_VIEW = view("storage"),
    /// Another key, factory reset.
    STORAGE_CHANGE = change("storage"),
    /// How the gateway stands against the requirements.
    POSTURE_VIEW = view("posture"),
    POSTURE_RUN = run("posture"),
);

const LOOK: [Permission; 11] = [
    MEASUREMENTS_VIEW,
    SITE_VIEW,
    HIERARCHY_VIEW,
    SOURCES_VIEW,
    DEVICE_PROFILES_VIEW,
    HISTORY_VIEW,
    HUB_LINK_VIEW,
    OUTLETS_VIEW,
    ALARMS_VIEW,
    EVENTS_VIEW,
    DIAGNOSTICS_VIEW,
];

/// The table as shipped.
pub fn shipped() -> RightsTable {
    let with = |more: &[Permission]| [&LOOK[..], more].concat();
    RightsTable::of(&[
        (profile::USER, &LOOK),
        (profile::ADVANCED_USER, &with(&[HIERARCHY_CHANGE, ALARMS_RUN])),
        (
            profile::ADMIN,
            &with(&[
                SITE_CHANGE,
                HIERARCHY_CHANGE,
                SOURCES_CHANGE,
                SOURCES_RUN,
                DEVICE_PROFILES_CHANGE,
                DEVICE_PROFILES_RUN,
                HISTORY_CHANGE,
                HISTORY_RUN,
                HUB_LINK_CHANGE,
                OUTLETS_CHANGE,
                OUTLETS_RUN,
                ALARMS_CHANGE,
                ALARMS_RUN,
                POLICY_VIEW,
                CERTIFICATES_VIEW,
                FIREWALL_VIEW,
                UPDATES_VIEW,
                BACKUPS_VIEW,
                BACKUPS_RUN,
                STORAGE_VIEW,
                POSTURE_VIEW,
            ]),
        ),
        (
            profile::CYBER_SECURITY,
            &with(&[
                HUB_LINK_CHANGE,
                ACCOUNTS_VIEW,
                ACCOUNTS_CHANGE,
                PERMISSIONS_VIEW,
                PERMISSIONS_CHANGE,
                SESSIONS_VIEW,
                SESSIONS_CHANGE,
                POLICY_VIEW,
                POLICY_CHANGE,
                CERTIFICATES_VIEW,
                CERTIFICATES_CHANGE,
                FIREWALL_VIEW,
                FIREWALL_CHANGE,
                AUDIT_VIEW,
                AUDIT_CHANGE,
                AUDIT_RUN,
                UPDATES_VIEW,
                UPDATES_CHANGE,
                UPDATES_RUN,
                BACKUPS_VIEW,
                BACKUPS_CHANGE,
                BACKUPS_RUN,
                STORAGE_VIEW,
                STORAGE_CHANGE,
                POSTURE_VIEW,
                POSTURE_RUN,
            ]),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_both_keepers_and_every_permission_is_somebodys() {
        let table = shipped();
        for name in profile::ALL {
            let both = table.allows(name, "sources:change") && table.allows(name, "accounts:change");
            assert!(!both, "{name}");
        }
        for permission in ALL {
            assert!(!table.profiles_with(&permission.to_string()).is_empty(), "{permission}");
        }
        let looking = |permission: &&String| permission.ends_with(":view");
        assert!(table.0[profile::USER].iter().all(|permission| looking(&permission)));
    }
}
