//! What a program that holds keys does to itself first.

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// No core dump (keys would be in it), no debugger and no reading of its memory by other processes of the same user, no privileges
/// from set-user-id files.
///
/// # Errors
/// What the kernel says.
pub fn harden() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)?;
    prctl::set_no_new_privs()
}
