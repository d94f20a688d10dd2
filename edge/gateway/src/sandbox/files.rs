//! Landlock: which files, which listening ports.
//!
//! Rules name folders, so that a serial adapter plugged in tomorrow works: all of `/dev` is reachable as far as the user may (the
//! unit's `DevicePolicy=` narrows it further). Outgoing connections are not restricted by port here: meters and hubs are where
//! they are; the policy decides about those.

use super::{Reach, SandboxError, Wall};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};

/// The newest interface of the kernel whose rules are used here; older kernels enforce what they know.
const KNOWN: ABI = ABI::V6;

/// What the C library, the resolver and the pages about the machine read.
const SYSTEM: [&str; 18] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/usr/lib",
    "/lib",
    "/lib64",
    "/run/systemd/resolve",
    "/proc",
    "/sys/class/tty",
    // Names of the network interfaces; what they say lies under /sys/devices.
    "/sys/class/net",
    "/sys/devices",
    "/sys/fs/cgroup",
];

pub(super) fn restrict(reach: &Reach) -> Result<Wall, SandboxError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let all: BitFlags<AccessFs> = AccessFs::from_all(KNOWN) & !AccessFs::Execute & !AccessFs::IoctlDev;
    let devices = read | AccessFs::WriteFile | AccessFs::IoctlDev;
    let ports = reach.listen.iter().map(|port| Ok::<_, landlock::RulesetError>(NetPort::new(*port, AccessNet::BindTcp)));
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(&reach.readable, read))?
        .add_rules(path_beneath_rules(&reach.own, all))?
        .add_rules(path_beneath_rules(["/dev"], devices))?
        .add_rules(ports)?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Wall::Whole,
        RulesetStatus::PartiallyEnforced => Wall::Partial,
        RulesetStatus::NotEnforced => Wall::None,
    })
}
