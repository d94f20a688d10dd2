//! Attacks on a gateway under test, from addresses of this machine against addresses of this machine.
//!
//! A firewall that nobody attacks proves nothing. Each kind says what it met, so that a test can compare a guarded gateway with an
//! unguarded one. Anything but an address of this machine itself is refused as a target.

mod behaviour;
mod syn;
mod wire;

use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Requests, as many as the gateway answers, or `rate` per second.
    Requests,
    /// First packets of connections whose senders do not exist, `rate` per second: needs root, and a network of its own.
    Syn,
    /// Connections that never begin their TLS handshake.
    HalfOpen,
    /// Connections that shake hands and then ask for nothing.
    Idle,
    /// Headers that never end, a few bytes at a time.
    SlowHeader,
    /// A body that is announced and comes a byte at a time.
    SlowBody,
    /// Answers that are asked for and never read.
    SlowRead,
    /// Wrong passwords for likely names.
    Passwords,
    /// Looks which ports are open.
    Scan,
}

/// An attack.
#[derive(Debug, Clone, clap::Args)]
pub struct Plan {
    /// What to do.
    #[arg(value_enum)]
    pub kind: Kind,
    /// Address and port of the gateway: only of this machine.
    #[arg(long)]
    pub target: SocketAddr,
    /// First address to come from.
    #[arg(long, default_value = "127.0.0.2")]
    pub from: Ipv4Addr,
    /// Addresses to come from, counted up from the first.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub sources: u32,
    /// Connections at a time, or tries of a password from each source.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub connections: u32,
    /// For how long, seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Requests per second in all; as many as possible when absent.
    #[arg(long)]
    pub rate: Option<u32>,
}

/// Why there is no attack.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The target is somebody else.
    #[error("{0} is not an address of this machine: only this machine may be attacked")]
    NotOurs(IpAddr),
    /// A source is not an address of this machine.
    #[error("cannot come from {0}: {1}")]
    Source(IpAddr, std::io::Error),
    /// Packets cannot be sent.
    #[error("cannot send packets: {0}")]
    Packets(std::io::Error),
}

/// What an attack met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Connections that were tried.
    pub tried: u64,
    /// Connections that got as far as they wanted to.
    pub opened: u64,
    /// Connections that were refused or ended before.
    pub refused: u64,
    /// Connections that the gateway ended afterwards.
    pub ended_by_gateway: u64,
    /// Connections that were still open at the end.
    pub open_at_the_end: u64,
    /// The longest that the gateway kept one, milliseconds.
    pub longest_ms: u64,
    /// Answers by status.
    pub answers: BTreeMap<u16, u64>,
    /// Ports that are open.
    pub open_ports: Vec<u16>,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.opened += other.opened;
        self.refused += other.refused;
        self.ended_by_gateway += other.ended_by_gateway;
        self.open_at_the_end += other.open_at_the_end;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        for (status, count) in other.answers {
            *self.answers.entry(status).or_default() += count;
        }
        self.open_ports.extend(other.open_ports);
    }

    /// Answers of all statuses.
    pub fn answered(&self) -> u64 {
        self.answers.values().sum()
    }
}

/// Whether this machine has `address`: only then can it be listened on.
fn is_ours(address: IpAddr) -> std::io::Result<()> {
    if address.is_unspecified() || address.is_multicast() {
        return Err(std::io::ErrorKind::AddrNotAvailable.into());
    }
    UdpSocket::bind((address, 0)).map(drop)
}

/// Does it, and says what it met.
///
/// # Errors
/// [`AttackError`]; then nothing was sent.
pub async fn run(plan: &Plan) -> Result<Report, AttackError> {
    is_ours(plan.target.ip()).map_err(|_| AttackError::NotOurs(plan.target.ip()))?;
    if plan.kind == Kind::Syn {
        return syn::flood(plan).await.map_err(AttackError::Packets);
    }
    for number in [0, plan.sources - 1] {
        let source = source(plan, number);
        is_ours(source).map_err(|error| AttackError::Source(source, error))?;
    }
    wire::raise_descriptors();
    let until = Instant::now() + Duration::from_secs(plan.seconds);
    let mut report = Report::default();
    let mut tasks = JoinSet::new();
    for number in 0..plan.connections {
        let from = source(plan, number % plan.sources);
        tasks.spawn(behaviour::of(plan.clone(), from, number, until));
    }
    while let Some(met) = tasks.join_next().await {
        report.add(met.unwrap_or_default());
    }
    report.open_ports.sort_unstable();
    Ok(report)
}

fn source(plan: &Plan, number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(plan.from.to_bits().saturating_add(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_this_machine_is_attacked() {
        for other in ["192.0.2.1:443", "[2001:db8::1]:443", "0.0.0.0:443", "224.0.0.1:443"] {
            let plan = Plan {
                kind: Kind::Idle,
                target: other.parse().unwrap(),
                from: Ipv4Addr::LOCALHOST,
                sources: 1,
                connections: 1,
                seconds: 1,
                rate: None,
            };
            assert!(matches!(run(&plan).await, Err(AttackError::NotOurs(_))), "{other}");
        }
    }
}
