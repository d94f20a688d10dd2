//! The link of BACnet/IP (Annex J): what a datagram is for, and who sent it.

use std::net::{Ipv4Addr, SocketAddrV4};

/// First byte of every datagram.
const BACNET_IP: u8 = 0x81;
const HEADER: usize = 4;

/// What came in a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link<'a> {
    /// A network message to us alone.
    Unicast(&'a [u8]),
    /// A network message to everybody on the subnet.
    Broadcast(&'a [u8]),
    /// A network message to everybody, passed on by a BBMD for whoever sent it.
    Forwarded(SocketAddrV4, &'a [u8]),
    /// A foreign device asks to hear broadcasts for so many seconds.
    Register(u16),
    /// A foreign device asks that everybody hears this.
    Distribute(&'a [u8]),
    /// Somebody asks who is registered.
    ReadForeign,
    /// Somebody asks that this registration be forgotten.
    DeleteForeign(SocketAddrV4),
    /// Somebody asks for the table of broadcast distribution.
    ReadDistribution,
    /// Somebody would write it.
    WriteDistribution,
    /// The outcome of what we asked.
    Result(u16),
}

/// What is answered to requests of the link: `BVLC-Result` codes (J.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Outcome {
    Done = 0x0000,
    WriteDistributionRefused = 0x0010,
    ReadDistributionRefused = 0x0020,
    RegisterRefused = 0x0030,
    ReadForeignRefused = 0x0040,
    DeleteForeignRefused = 0x0050,
    DistributeRefused = 0x0060,
}

/// A foreign device as its table shows it (J.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) address: SocketAddrV4,
    /// Seconds that it asked for.
    pub(crate) ttl: u16,
    /// Seconds left.
    pub(crate) left: u16,
}

fn framed(function: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = HEADER + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend([BACNET_IP, function]);
    // What is sent is bounded by the largest message that may go out.
    bytes.extend_from_slice(&(length as u16).to_be_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

fn address(bytes: [u8; 6]) -> SocketAddrV4 {
    let [a, b, c, d, high, low] = bytes;
    SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]))
}

fn six(address: SocketAddrV4) -> [u8; 6] {
    let ([a, b, c, d], [high, low]) = (address.ip().octets(), address.port().to_be_bytes());
    [a, b, c, d, high, low]
}

/// A network message to one.
pub(crate) fn unicast(npdu: &[u8]) -> Vec<u8> {
    framed(0x0A, &[npdu])
}

/// A request to hear broadcasts for so many seconds.
pub(crate) fn register(ttl: u16) -> Vec<u8> {
    framed(0x05, &[&ttl.to_be_bytes()])
}

/// The outcome of what was asked of the link.
pub(crate) fn result(outcome: Outcome) -> Vec<u8> {
    framed(0x00, &[&(outcome as u16).to_be_bytes()])
}

/// Who is registered.
pub(crate) fn foreign_devices(entries: &[Entry]) -> Vec<u8> {
    let rows: Vec<u8> = entries
        .iter()
        .flat_map(|entry| {
            let ([a, b], [c, d]) = (entry.ttl.to_be_bytes(), entry.left.to_be_bytes());
            six(entry.address).into_iter().chain([a, b, c, d])
        })
        .collect();
    framed(0x07, &[&rows])
}

/// What a datagram is; `None` for what is none of BACnet/IP, or an answer to what we never ask.
pub(crate) fn decode(datagram: &[u8]) -> Option<Link<'_>> {
    let (&[kind, function, high, low], rest) = datagram.split_first_chunk::<HEADER>()?;
    if kind != BACNET_IP || usize::from(u16::from_be_bytes([high, low])) != datagram.len() {
        return None;
    }
    match function {
        0x00 => Some(Link::Result(u16::from_be_bytes(rest.try_into().ok()?))),
        0x01 => Some(Link::WriteDistribution),
        0x02 => Some(Link::ReadDistribution),
        0x04 => rest.split_first_chunk::<6>().map(|(origin, npdu)| Link::Forwarded(address(*origin), npdu)),
        0x05 => Some(Link::Register(u16::from_be_bytes(rest.try_into().ok()?))),
        0x06 => Some(Link::ReadForeign),
        0x08 => Some(Link::DeleteForeign(address(rest.try_into().ok()?))),
        0x09 => Some(Link::Distribute(rest)),
        0x0A => Some(Link::Unicast(rest)),
        0x0B => Some(Link::Broadcast(rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_must_be_that_of_the_datagram() {
        assert_eq!(decode(&unicast(&[1, 0])), Some(Link::Unicast(&[1, 0])));
        assert_eq!(decode(&[0x81, 0x0A, 0, 7, 1, 0]), None);
        assert_eq!(decode(&[0x82, 0x0A, 0, 6, 1, 0]), None);
        assert_eq!(decode(&[0x81, 0x0A, 0]), None);
    }

    #[test]
    fn requests_of_the_link_are_told_apart() {
        assert_eq!(decode(&[0x81, 0x05, 0, 6, 0, 60]), Some(Link::Register(60)));
        assert_eq!(decode(&[0x81, 0x05, 0, 5, 60]), None);
        let other = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 47808);
        assert_eq!(decode(&[0x81, 0x04, 0, 11, 10, 0, 0, 9, 0xBA, 0xC0, 1]), Some(Link::Forwarded(other, &[1])));
        assert_eq!(decode(&[0x81, 0x08, 0, 10, 10, 0, 0, 9, 0xBA, 0xC0]), Some(Link::DeleteForeign(other)));
        let entry = Entry { address: other, ttl: 60, left: 90 };
        assert_eq!(foreign_devices(&[entry]), [0x81, 7, 0, 14, 10, 0, 0, 9, 0xBA, 0xC0, 0, 60, 0, 90]);
        assert_eq!(result(Outcome::DistributeRefused), [0x81, 0, 0, 6, 0, 0x60]);
    }
}
