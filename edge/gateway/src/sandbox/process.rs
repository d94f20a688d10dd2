//! Settings of the process itself.

use super::Wall;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// No core dump (keys would be in it), no debugger and no reading of `/proc/self/mem` by other processes of the same user, no
/// privileges from set-user-id files.
pub(super) fn harden() -> nix::Result<Wall> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)?;
    prctl::set_no_new_privs()?;
    Ok(Wall::Whole)
}
