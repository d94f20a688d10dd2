//! A UDP socket that gives only what the firewall lets through.

use crate::guard::Gate;
use std::io;
use std::net::SocketAddr;
use tokio::net::UdpSocket;

/// A socket behind a gate.
#[derive(Debug)]
pub struct GuardedUdp {
    socket: UdpSocket,
    gate: Gate,
}

impl GuardedUdp {
    /// Puts `gate` before `socket`.
    pub fn new(socket: UdpSocket, gate: Gate) -> Self {
        Self { socket, gate }
    }

    /// The socket, for answers.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
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
            // A flood that is only dropped must not keep the task from others.
            tokio::task::consume_budget().await;
        }
    }
}
