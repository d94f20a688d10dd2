//! What can be allowed at the hub, and who may what as shipped.

use haubert_service::permission::{Permission, RightsTable};

/// Looks after the community: members, sites, gateways, people.
pub const COORDINATOR: &str = "coordinator";
/// Watches over what happens in the community.
pub const ANALYST: &str = "analyst";
/// Audits members.
pub const AUDITOR: &str = "auditor";
/// Keeps the people of one member.
pub const MEMBER_ADMIN: &str = "member_admin";
/// Belongs to a member of the community.
pub const MEMBER: &str = "member";
/// Offers services to members.
pub const PROVIDER: &str = "provider";
/// A public authority.
pub const AUTHORITY: &str = "authority";
/// Works on what is known of the community as a whole.
pub const RESEARCHER: &str = "researcher";

/// Every profile.
pub const PROFILES: [&str; 8] = [COORDINATOR, ANALYST, AUDITOR, MEMBER_ADMIN, MEMBER, PROVIDER, AUTHORITY, RESEARCHER];
/// Profiles of people who belong to one organisation and reach nothing of any other.
pub const OF_ORGANISATIONS: [&str; 3] = [MEMBER_ADMIN, MEMBER, PROVIDER];

/// Whether whoever has `profile` belongs to an organisation.
pub fn needs_organisation(profile: &str) -> bool {
    OF_ORGANISATIONS.contains(&profile)
}

/// Accounts and invitations.
pub const ACCOUNTS_VIEW: Permission = Permission::view("accounts");
/// Accounts and invitations.
pub const ACCOUNTS_CHANGE: Permission = Permission::change("accounts");
/// Labels: giving and withdrawing them.
pub const LABELS_CHANGE: Permission = Permission::change("labels");
/// Audits of organisations.
pub const AUDITS_CHANGE: Permission = Permission::change("audits");
/// Organisations and their sites.
pub const ORGANISATIONS_VIEW: Permission = Permission::view("organisations");
/// Organisations and their sites.
pub const ORGANISATIONS_CHANGE: Permission = Permission::change("organisations");
/// Gateways and their enrolment.
pub const GATEWAYS_VIEW: Permission = Permission::view("gateways");
/// Gateways and their enrolment.
pub const GATEWAYS_CHANGE: Permission = Permission::change("gateways");
/// Live values, history, events.
pub const MEASUREMENTS_VIEW: Permission = Permission::view("measurements");
/// Releases for the fleet.
pub const UPDATES_VIEW: Permission = Permission::view("updates");
/// Releases for the fleet.
pub const UPDATES_CHANGE: Permission = Permission::change("updates");
/// Frameworks, guide, feared scenarios, taxonomies, calendar.
pub const LIBRARY_VIEW: Permission = Permission::view("library");
/// Frameworks that come from elsewhere.
pub const LIBRARY_CHANGE: Permission = Permission::change("library");
/// Where organisations stand: profiles, assessments, ratings, data paths.
pub const STANDING_VIEW: Permission = Permission::view("standing");
/// Where organisations stand: profiles, assessments, ratings, data paths.
pub const STANDING_CHANGE: Permission = Permission::change("standing");
/// Campaigns that ask organisations to assess themselves.
pub const CAMPAIGNS_VIEW: Permission = Permission::view("campaigns");
/// Campaigns that ask organisations to assess themselves.
pub const CAMPAIGNS_CHANGE: Permission = Permission::change("campaigns");
/// Assets, zones and conduits of organisations, and what advisories say of them.
pub const ASSETS_VIEW: Permission = Permission::view("assets");
/// Assets, zones and conduits of organisations.
pub const ASSETS_CHANGE: Permission = Permission::change("assets");
/// Advisories in the community's library.
pub const ADVISORIES_CHANGE: Permission = Permission::change("advisories");
/// Whether what the hub keeps is sound.
pub const STORAGE_VIEW: Permission = Permission::view("storage");
/// Checks of what the hub keeps.
pub const STORAGE_RUN: Permission = Permission::run("storage");

const LOOK: [Permission; 7] =
    [ORGANISATIONS_VIEW, GATEWAYS_VIEW, MEASUREMENTS_VIEW, STORAGE_VIEW, LIBRARY_VIEW, STANDING_VIEW, ASSETS_VIEW];

/// The table as shipped. Who declares and who audits are never the same person.
pub fn shipped() -> RightsTable {
    let people = [ACCOUNTS_VIEW, ACCOUNTS_CHANGE];
    let look_after =
        [ORGANISATIONS_CHANGE, GATEWAYS_CHANGE, UPDATES_VIEW, UPDATES_CHANGE, STORAGE_RUN, STANDING_CHANGE, ASSETS_CHANGE];
    let keeper = [LABELS_CHANGE, LIBRARY_CHANGE, ADVISORIES_CHANGE, CAMPAIGNS_VIEW, CAMPAIGNS_CHANGE];
    let coordinator = [&LOOK[..], &look_after, &people, &keeper].concat();
    let analyst = [&LOOK[..], &[ADVISORIES_CHANGE, CAMPAIGNS_VIEW]].concat();
    let member = [&LOOK[..], &[STANDING_CHANGE, ASSETS_CHANGE]].concat();
    let member_admin = [&member[..], &people].concat();
    let auditor = [ORGANISATIONS_VIEW, GATEWAYS_VIEW, LIBRARY_VIEW, STANDING_VIEW, ASSETS_VIEW, AUDITS_CHANGE, CAMPAIGNS_VIEW];
    RightsTable::of(&[
        (COORDINATOR, &coordinator),
        (ANALYST, &analyst),
        (AUDITOR, &auditor),
        (MEMBER_ADMIN, &member_admin),
        (MEMBER, &member),
        (PROVIDER, &[ORGANISATIONS_VIEW, LIBRARY_VIEW]),
        (AUTHORITY, &[ORGANISATIONS_VIEW, LIBRARY_VIEW]),
        (RESEARCHER, &[LIBRARY_VIEW]),
    ])
}
