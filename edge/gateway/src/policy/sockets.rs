//! The sockets that the process really has, as the kernel tells them: a port scan from inside, of which nothing can be hidden
//! behind a rule of a firewall.
//!
//! `/proc/self/fd` has the numbers of our sockets, `/proc/self/net/{tcp,tcp6,udp,udp6}` what those of the network name space
//! are (proc(5)); both together are ours.

use super::listeners::{Open, Protocol};
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Longest table read, bytes: a hundred thousand sockets.
const MAX_TABLE: u64 = 16 << 20;
/// Most file descriptors looked at.
const MAX_FDS: usize = 65_536;

/// What a socket does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes whoever comes.
    Listens,
    /// Speaks with one peer.
    Connected,
}

/// One socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Socket {
    /// What it does.
    pub role: Role,
    /// Its protocol.
    pub protocol: Protocol,
    /// Our end.
    pub local: SocketAddr,
    /// The other end; unspecified when it listens.
    pub remote: SocketAddr,
    /// The kernel's number for it.
    pub inode: u64,
}

/// The sockets of this process.
///
/// # Errors
/// What the system says when `/proc` cannot be read.
pub fn own() -> io::Result<Vec<Socket>> {
    of(Path::new("/proc/self"))
}

fn of(process: &Path) -> io::Result<Vec<Socket>> {
    let mut inodes = HashSet::new();
    for entry in std::fs::read_dir(process.join("fd"))?.take(MAX_FDS).flatten() {
        // A descriptor may be closed meanwhile.
        if let Ok(target) = std::fs::read_link(entry.path())
            && let Some(inode) = inode_of(&target.to_string_lossy())
        {
            inodes.insert(inode);
        }
    }
    let mut sockets = Vec::new();
    for (file, protocol) in [("tcp", Protocol::Tcp), ("tcp6", Protocol::Tcp), ("udp", Protocol::Udp), ("udp6", Protocol::Udp)] {
        // Without IPv6 there is no table for it.
        let text = match haubert_service::files::read_text_bounded(&process.join("net").join(file), MAX_TABLE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            text => text?,
        };
        sockets.extend(parse(&text, protocol).into_iter().filter(|socket| inodes.contains(&socket.inode)));
    }
    sockets.sort();
    Ok(sockets)
}

fn inode_of(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The sockets of one table; lines that cannot be read are left out.
pub fn parse(text: &str, protocol: Protocol) -> Vec<Socket> {
    text.lines().skip(1).filter_map(|line| parse_line(line, protocol)).collect()
}

fn parse_line(line: &str, protocol: Protocol) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, remote) = (end(fields.get(1)?)?, end(fields.get(2)?)?);
    // States of include/net/tcp_states.h: 0A listens, 01 is established; an unconnected UDP socket is in state 07 (closed).
    let role = match (protocol, *fields.get(3)?) {
        (Protocol::Tcp, "0A") | (Protocol::Udp, "07") => Role::Listens,
        (_, "01") => Role::Connected,
        _ => return None,
    };
    Some(Socket { role, protocol, local, remote, inode: fields.get(9)?.parse().ok()? })
}

/// `0100007F:1F90`: the address in words of 32 bits as this machine has them, the port as people write it.
fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let mut bytes = [0u8; 16];
            for (to, from) in bytes.iter_mut().zip(words.into_iter().flatten()) {
                *to = from;
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// The listener that a part of the program has told of, for a socket; `None`: nobody told.
pub fn told<'a>(socket: &Socket, open: &'a [Open]) -> Option<&'a Open> {
    open.iter().find(|open| {
        open.protocol == socket.protocol
            && open.address.port() == socket.local.port()
            && open.address.ip().to_canonical() == socket.local.ip().to_canonical()
    })
}

#[cfg(test)]
mod tests {
    use super::super::services::Service;
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12346 1 0000000000000000 100 0 0 10 0
   2: 0100007F:C350 0100007F:1F90 06 00000000:00000000 00:00000000 00000000  1000        0 0 1 0000000000000000 100 0 0 10 0
   3: nonsense
";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_kernels_table_is_read() {
        let sockets = parse(TCP, Protocol::Tcp);
        assert_eq!(sockets.len(), 2);
        assert_eq!(
            (sockets[0].role, sockets[0].local, sockets[0].inode),
            (Role::Listens, "127.0.0.1:8080".parse().unwrap(), 12345)
        );
        assert_eq!((sockets[1].role, sockets[1].remote), (Role::Connected, "127.0.0.1:50000".parse().unwrap()));
        let six = TCP.replace(
            "0100007F:1F90 00000000:0000",
            "00000000000000000000000001000000:01BB 00000000000000000000000000000000:0000",
        );
        assert_eq!(parse(&six, Protocol::Tcp)[0].local, "[::1]:443".parse().unwrap());
    }

    #[test]
    fn hostile_tables_give_nothing() {
        for line in [
            "",
            "0: :",
            "0: 0100007F:1F90 1:2 0A a b c d e f",
            "0: ZZ00007F:1F90 00000000:0000 0A a b c d e 7",
            "0: 0100007F: 00000000:0000 0A a b c d e 7",
        ] {
            assert!(parse(&format!("head\n{line}\n"), Protocol::Tcp).is_empty(), "{line}");
        }
    }

    #[test]
    fn our_own_sockets_are_found_and_only_while_open() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = std::net::UdpSocket::bind("[::1]:0").or_else(|_| std::net::UdpSocket::bind("127.0.0.1:0")).unwrap();
        let (at, udp_at) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
        let listens = |address: SocketAddr| {
            own().unwrap().into_iter().find(|socket| socket.role == Role::Listens && socket.local == address)
        };
        assert_eq!(listens(at).unwrap().protocol, Protocol::Tcp);
        assert_eq!(listens(udp_at).unwrap().protocol, Protocol::Udp);
        let open = [Open { services: &[Service::WebView], protocol: Protocol::Tcp, address: at, opened_by: "test" }];
        assert!(told(&listens(at).unwrap(), &open).is_some());
        assert!(told(&listens(udp_at).unwrap(), &open).is_none(), "nobody told of it");
        drop(tcp);
        assert_eq!(listens(at), None);
    }
}
