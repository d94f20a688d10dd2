//! A UDP socket that gives only what the firewall lets through.

use crate::guard::Gate;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::UdpSocket;

/// A socket behind a gate.
#[derive(Debug)]
pub struct GuardedUdp {
    socket: UdpSocket,
    gate: Gate,
    refused: AtomicU64,
}

impl GuardedUdp {
    /// Puts `gate` before `socket`.
    pub fn new(socket: UdpSocket, gate: Gate) -> Self {
        Self { socket, gate, refused: AtomicU64::new(0) }
    }

    /// The socket, for answers.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Datagrams dropped so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether a datagram of this length would be let through if it had come from `origin`, for whom `recv_from` brought it from
    /// somebody else. It counts as one of theirs.
    pub fn admits(&self, origin: SocketAddr, bytes: usize) -> bool {
        self.gate.datagram(origin, bytes).is_ok()
    }

    /// The next datagram that is let through; others are dropped unread. Cancel safe.
    ///
    /// # Errors
    /// What the socket said.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            let (bytes, peer) = self.socket.recv_from(buffer).await?;
            if self.gate.datagram(peer, bytes).is_ok() {
                return Ok((bytes, peer));
            }
            self.refused.fetch_add(1, Ordering::Relaxed);
            // A flood that is only dropped must not keep the task from others.
            tokio::task::consume_budget().await;
        }
    }
}
