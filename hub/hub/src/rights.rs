//! What can be allowed at the hub, and who may what as shipped.

use haubert_service::permission::{Permission, RightsTable};

/// Looks after the community: members, sites, gateways.
pub const COORDINATOR: &str = "coordinator";
/// Belongs to a member of the community.
pub const MEMBER: &str = "member";

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
/// Frameworks, guide, feared scenarios, taxonomies.
pub const LIBRARY_VIEW: Permission = Permission::view("library");
/// Where organisations stand: profiles, assessments, ratings, data paths.
pub const STANDING_VIEW: Permission = Permission::view("standing");
/// Where organisations stand: profiles, assessments, ratings, data paths.
pub const STANDING_CHANGE: Permission = Permission::change("standing");
/// Whether what the hub keeps is sound.
pub const STORAGE_VIEW: Permission = Permission::view("storage");
/// Checks of what the hub keeps.
pub const STORAGE_RUN: Permission = Permission::run("storage");

const LOOK: [Permission; 6] = [ORGANISATIONS_VIEW, GATEWAYS_VIEW, MEASUREMENTS_VIEW, STORAGE_VIEW, LIBRARY_VIEW, STANDING_VIEW];

/// The table as shipped.
pub fn shipped() -> RightsTable {
    let all = [&LOOK[..], &[ORGANISATIONS_CHANGE, GATEWAYS_CHANGE, UPDATES_VIEW, UPDATES_CHANGE, STORAGE_RUN, STANDING_CHANGE]]
        .concat();
    let member = [&LOOK[..], &[STANDING_CHANGE]].concat();
    RightsTable::of(&[(MEMBER, &member), (COORDINATOR, &all)])
}
