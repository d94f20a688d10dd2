//! Reads what the system shows of its links: files only, none of which is ours, each with a bound.

use haubert_links::kernel::{self, Files, Interface};
use haubert_links::{MAX_STATUS_BYTES, Reason, Status};
use haubert_service::files::{read_bounded, read_text_bounded};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Interfaces, one folder each.
const INTERFACES: &str = "/sys/class/net";
/// Tables of our network name space.
const TABLES: &str = "/proc/self/net";
/// The helper's file, in the folder that the start-up file names.
const STATUS: &str = "status.json";
/// Most interfaces looked at.
const MAX_INTERFACES: usize = 64;
/// Longest attribute of an interface, bytes: one page is all that sysfs gives.
const MAX_ATTRIBUTE: u64 = 4_096;
/// Longest table, bytes: a gateway has tens of routes, not ten thousand.
const MAX_TABLE: u64 = 1 << 20;

/// What the helper's file is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Helper {
    /// It was read.
    Wrote(Status),
    /// Nothing can be had of it.
    Silent(Reason),
}

impl Helper {
    /// The status, or why there is none.
    pub const fn status(&self) -> Result<&Status, Reason> {
        match self {
            Self::Wrote(status) => Ok(status),
            Self::Silent(reason) => Err(*reason),
        }
    }
}

/// All that there is to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The interfaces, by name.
    pub interfaces: Vec<Interface>,
    /// The interface that carries IPv4 to everywhere.
    pub way_out_v4: Option<String>,
    /// The interface that carries IPv6 to everywhere.
    pub way_out_v6: Option<String>,
    /// Wi-Fi signals, dBm.
    pub signals: BTreeMap<String, i32>,
    /// What the helper says.
    pub helper: Helper,
}

/// Looks. `status_dir` is the helper's folder.
pub(super) fn look(status_dir: Option<&Path>) -> Seen {
    let table = |name: &str| read_text_bounded(&Path::new(TABLES).join(name), MAX_TABLE).unwrap_or_default();
    let way_out = |routes: &[kernel::DefaultRoute]| kernel::way_out(routes).map(str::to_owned);
    Seen {
        interfaces: interfaces(Path::new(INTERFACES)),
        way_out_v4: way_out(&kernel::routes_v4(&table("route"))),
        way_out_v6: way_out(&kernel::routes_v6(&table("ipv6_route"))),
        signals: kernel::signals(&table("wireless")),
        helper: status_dir.map_or(Helper::Silent(Reason::StatusMissing), helper),
    }
}

fn interfaces(folder: &Path) -> Vec<Interface> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(MAX_INTERFACES).flatten();
    let mut found: Vec<Interface> =
        entries.filter_map(|entry| Some(interface(&entry.path(), entry.file_name().to_str()?))).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn interface(folder: &Path, name: &str) -> Interface {
    // An interface may go while it is looked at; some attributes cannot be read of one that is off.
    let read = |attribute: &str| read_text_bounded(&folder.join(attribute), MAX_ATTRIBUTE).unwrap_or_default();
    let [uevent, kind, flags, operstate, rx, tx] =
        ["uevent", "type", "flags", "operstate", "statistics/rx_bytes", "statistics/tx_bytes"].map(read);
    let files = Files { uevent: &uevent, kind: &kind, flags: &flags, operstate: &operstate, rx_bytes: &rx, tx_bytes: &tx };
    Interface::read(name, &files)
}

fn helper(folder: &Path) -> Helper {
    match read_bounded(&folder.join(STATUS), MAX_STATUS_BYTES) {
        Ok(bytes) => Status::read(&bytes).map_or(Helper::Silent(Reason::StatusUnreadable), Helper::Wrote),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Helper::Silent(Reason::StatusMissing),
        Err(_) => Helper::Silent(Reason::StatusUnreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_links::kernel::Medium;

    #[test]
    fn this_machine_has_a_loopback() {
        let seen = look(None);
        let loopback = seen.interfaces.iter().find(|one| one.name == "lo").unwrap();
        assert_eq!(loopback.medium, Medium::Loopback);
        assert_eq!(seen.helper, Helper::Silent(Reason::StatusMissing));
    }

    #[test]
    fn what_the_helper_wrote_is_read_as_far_as_it_can_be() {
        let dir = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(dir.path().join(STATUS), text).unwrap();
        assert_eq!(helper(dir.path()), Helper::Silent(Reason::StatusMissing));
        write("{");
        assert_eq!(helper(dir.path()), Helper::Silent(Reason::StatusUnreadable));
        write(&" ".repeat(70_000));
        assert_eq!(helper(dir.path()), Helper::Silent(Reason::StatusUnreadable));
        write(r#"{"version": 1, "written_at": 7}"#);
        assert_eq!(helper(dir.path()).status().map(|status| status.written_at), Ok(7));
    }
}
