//! Tries, from inside the walls, what must not be possible: the proof that they stand (`haubert-gateway sandbox-probe`).

use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// One attempt and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was tried.
    pub attempt: &'static str,
    /// Whether it must fail.
    pub must_fail: bool,
    /// Whether it failed.
    pub failed: bool,
}

impl Finding {
    /// Whether it went as it must.
    pub const fn is_right(&self) -> bool {
        self.must_fail == self.failed
    }
}

/// Tries each thing once. `own` is a folder that must stay writable, `foreign` a readable file outside, `port` one that must not
/// be listened on.
pub fn probe(own: &Path, foreign: &Path, port: u16) -> Vec<Finding> {
    let finding = |attempt, must_fail, outcome: io::Result<()>| Finding { attempt, must_fail, failed: outcome.is_err() };
    let beside = foreign.with_extension("written-by-probe");
    let inside = own.join("probe");
    vec![
        finding("write_own_folder", false, write(&inside).and_then(|()| std::fs::remove_file(&inside))),
        finding("connect_out", false, connect_out()),
        finding("read_foreign_file", true, File::open(foreign).map(drop)),
        finding("write_foreign_folder", true, write(&beside)),
        finding("start_program", true, Command::new("/bin/true").status().map(drop)),
        finding("listen_on_another_port", true, TcpListener::bind(("127.0.0.1", port)).map(drop)),
        finding("change_user", true, nix::unistd::setuid(nix::unistd::getuid()).map_err(io::Error::from)),
        finding("change_root", true, nix::unistd::chroot(own).map_err(io::Error::from)),
        finding("dump_memory", true, dumpable()),
    ]
}

fn write(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path).map(drop)
}

/// A refused connection is a connection that was allowed to be tried.
fn connect_out() -> io::Result<()> {
    match std::net::TcpStream::connect(("127.0.0.1", 9)) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}

fn dumpable() -> io::Result<()> {
    if nix::sys::prctl::get_dumpable()? { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}
