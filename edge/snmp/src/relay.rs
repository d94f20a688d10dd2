//! Stands before the agent. The library's agent owns its socket and takes whatever comes; here the firewall is asked first, other
//! versions of the protocol are dropped, and what is left is passed on over the loopback, by a socket for each who asks.

use crate::counters::Counters;
use haubert_guard::GuardedUdp;
use haubert_model::Clock;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Longest message that is taken, in bytes: a request of a hundred names fits well.
const LONGEST_REQUEST: usize = 8 * 1024;
/// Longest datagram there is.
const LONGEST_ANSWER: usize = 65_535;
/// Who asks at the same time; who has not asked for longest goes first.
const PATHS: usize = 64;
/// A path that nothing came back on for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Version field of SNMPv3 and SNMPv2c.
const V3: u8 = 3;
const V2C: u8 = 1;

struct Path {
    socket: Arc<UdpSocket>,
    port: u16,
    back: JoinHandle<()>,
    used: Instant,
    counters: Counters,
}

impl Drop for Path {
    fn drop(&mut self) {
        self.back.abort();
        self.counters.shut(self.port);
    }
}

/// What stands before the agent.
pub(crate) struct Relay {
    pub(crate) socket: Arc<GuardedUdp>,
    pub(crate) agent: SocketAddr,
    /// Whether SNMPv2c comes through.
    pub(crate) clear: bool,
    pub(crate) counters: Counters,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Relay {
    /// Passes on what comes, until the socket fails.
    pub(crate) async fn work(self) -> io::Error {
        let mut buffer = vec![0; LONGEST_REQUEST];
        let mut paths: HashMap<SocketAddr, Path> = HashMap::new();
        loop {
            let (bytes, peer) = match self.socket.recv_from(&mut buffer).await {
                Ok(came) => came,
                // An answer went to somebody who is gone: the kernel tells by the next call.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return error,
            };
            self.counters.came(peer.ip(), self.clock.now());
            let message = buffer.get(..bytes).unwrap_or_default();
            match version(message) {
                // A longer one was cut.
                Some(_) if bytes >= LONGEST_REQUEST => self.counters.malformed(),
                Some(V3) => self.pass(&mut paths, peer, message).await,
                Some(V2C) if self.clear => self.pass(&mut paths, peer, message).await,
                Some(_) => self.counters.other_version(),
                None => self.counters.malformed(),
            }
        }
    }

    async fn pass(&self, paths: &mut HashMap<SocketAddr, Path>, peer: SocketAddr, message: &[u8]) {
        let now = Instant::now();
        paths.retain(|_, path| !path.back.is_finished());
        if !paths.contains_key(&peer) {
            if paths.len() >= PATHS
                && let Some(oldest) = paths.iter().min_by_key(|(_, path)| path.used).map(|(peer, _)| *peer)
            {
                paths.remove(&oldest);
            }
            match self.path(peer).await {
                Ok(path) => paths.insert(peer, path),
                Err(error) => {
                    tracing::warn!(%error, "SNMP: a request is dropped");
                    return;
                }
            };
        }
        if let Some(path) = paths.get_mut(&peer) {
            path.used = now;
            // What the agent has no room for is asked again.
            let _sent = path.socket.send(message).await;
        }
    }

    async fn path(&self, peer: SocketAddr) -> io::Result<Path> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect(self.agent).await?;
        let (port, socket) = (socket.local_addr()?.port(), Arc::new(socket));
        self.counters.door(port, peer.ip());
        let back = tokio::spawn(back(Arc::clone(&socket), Arc::clone(&self.socket), peer, self.counters.clone()));
        Ok(Path { socket, port, back, used: Instant::now(), counters: self.counters.clone() })
    }
}

/// Passes answers back, until none has come for a while.
async fn back(from: Arc<UdpSocket>, to: Arc<GuardedUdp>, peer: SocketAddr, counters: Counters) {
    let mut buffer = vec![0; LONGEST_ANSWER];
    while let Ok(Ok(bytes)) = timeout(IDLE, from.recv(&mut buffer)).await {
        if to.socket().send_to(buffer.get(..bytes).unwrap_or_default(), peer).await.is_ok() {
            counters.went(peer.ip());
        }
    }
}

/// Whose version a message is; `None` for what is no message of SNMP. Every version begins so: a sequence, and in it an integer.
pub fn version(message: &[u8]) -> Option<u8> {
    let rest = message.strip_prefix(&[0x30])?;
    let (length, rest) = rest.split_first()?;
    let length_bytes = if *length < 0x80 { 0 } else { usize::from(length & 0x7F) };
    if length_bytes > 4 {
        return None;
    }
    match rest.get(length_bytes..)? {
        [0x02, 0x01, version, ..] => Some(*version),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_told_apart() {
        assert_eq!(version(&[0x30, 0x03, 0x02, 0x01, 0x03]), Some(V3));
        assert_eq!(version(&[0x30, 0x81, 0x80, 0x02, 0x01, 0x01, 0x04]), Some(V2C));
        assert_eq!(version(&[0x30, 0x84, 0, 0, 0, 9, 0x02, 0x01, 0x00]), Some(0));
        for none in
            [&[][..], &[0x30], &[0x30, 0x85, 0, 0, 0, 0, 0, 2, 1, 3], &[0x31, 3, 2, 1, 3], &[0x30, 3, 2, 2, 0, 3], &[0x30, 0xFF]]
        {
            assert_eq!(version(none), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_version_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _any = version(&bytes);
        }
    }
}
