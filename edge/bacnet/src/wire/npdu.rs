//! The network layer (clause 6): for which network and which of its devices, from which, and messages of routers.

/// Longest address of a device in its network, in bytes: the longest that the standard's data links have.
const MAX_MAC: usize = 7;
/// The network number that stands for all.
pub(crate) const EVERYWHERE: u16 = 0xFFFF;
const VERSION: u8 = 1;
/// Hops left in what is sent.
const HOPS: u8 = 255;

/// Messages of routers (clause 6.2.4).
pub(crate) mod message {
    pub(crate) const WHO_IS_ROUTER: u8 = 0x00;
    pub(crate) const I_AM_ROUTER: u8 = 0x01;
    pub(crate) const REJECT: u8 = 0x03;
    pub(crate) const INITIALIZE_TABLE: u8 = 0x06;
    pub(crate) const INITIALIZE_TABLE_ACK: u8 = 0x07;
}

/// A place on another network; without address it is all of that network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) network: u16,
    mac: [u8; MAX_MAC],
    length: u8,
}

impl Place {
    /// This address of this network.
    pub(crate) fn new(network: u16, mac: &[u8]) -> Option<Self> {
        let mut place = Self { network, mac: [0; MAX_MAC], length: u8::try_from(mac.len()).ok()? };
        place.mac.get_mut(..mac.len())?.copy_from_slice(mac);
        Some(place)
    }

    /// All of a network.
    pub(crate) const fn all(network: u16) -> Self {
        Self { network, mac: [0; MAX_MAC], length: 0 }
    }

    pub(crate) fn mac(&self) -> &[u8] {
        self.mac.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What a network message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// A message of the application.
    Application(&'a [u8]),
    /// A message of routers.
    Router(u8, &'a [u8]),
}

/// A network message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Npdu<'a> {
    /// `None`: this network.
    pub(crate) to: Option<Place>,
    /// `None`: this network.
    pub(crate) from: Option<Place>,
    /// Hops left; 0 only where there is a destination.
    pub(crate) hops: u8,
    pub(crate) content: Content<'a>,
}

fn place(bytes: &[u8]) -> Option<(Place, &[u8])> {
    let (&[high, low, length], rest) = bytes.split_first_chunk::<3>()?;
    let (mac, rest) = rest.split_at_checked(length.into())?;
    Some((Place::new(u16::from_be_bytes([high, low]), mac)?, rest))
}

/// What a network message says; `None` when it is none.
pub(crate) fn decode(bytes: &[u8]) -> Option<Npdu<'_>> {
    let (&[version, control], mut rest) = bytes.split_first_chunk::<2>()?;
    if version != VERSION {
        return None;
    }
    let (mut to, mut from, mut hops) = (None, None, HOPS);
    if control & 0x20 != 0 {
        let (place, after) = place(rest)?;
        (to, rest) = (Some(place), after);
    }
    if control & 0x08 != 0 {
        let (place, after) = place(rest)?;
        // Nobody sends from everywhere, or from no address.
        if place.mac().is_empty() || matches!(place.network, 0 | EVERYWHERE) {
            return None;
        }
        (from, rest) = (Some(place), after);
    }
    if to.is_some() {
        let (first, after) = rest.split_first()?;
        (hops, rest) = (*first, after);
    }
    let content = if control & 0x80 == 0 {
        Content::Application(rest)
    } else {
        let (kind, after) = rest.split_first()?;
        // Those of vendors have two more bytes of whose they are; none is known here.
        Content::Router(*kind, after)
    };
    Some(Npdu { to, from, hops, content })
}

/// The network message; `expects` says that the receiver is to answer.
pub(crate) fn encode(to: Option<Place>, from: Option<Place>, expects: bool, content: Content<'_>) -> Vec<u8> {
    let is_router = matches!(content, Content::Router(..));
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    let control = flag(is_router, 0x80) | flag(to.is_some(), 0x20) | flag(from.is_some(), 0x08) | flag(expects, 0x04);
    let mut bytes = vec![VERSION, control];
    for place in [to, from].into_iter().flatten() {
        bytes.extend_from_slice(&place.network.to_be_bytes());
        bytes.push(place.length);
        bytes.extend_from_slice(place.mac());
    }
    if to.is_some() {
        bytes.push(HOPS);
    }
    match content {
        Content::Application(apdu) => bytes.extend_from_slice(apdu),
        Content::Router(kind, data) => {
            bytes.push(kind);
            bytes.extend_from_slice(data);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_come_back() {
        let (to, from) = (Place::new(4, &[1, 2, 3]), Place::new(9, &[7]));
        let bytes = encode(to, from, true, Content::Application(&[0x10, 8]));
        assert_eq!(bytes, [1, 0x2C, 0, 4, 3, 1, 2, 3, 0, 9, 1, 7, 255, 0x10, 8]);
        assert_eq!(decode(&bytes), Some(Npdu { to, from, hops: 255, content: Content::Application(&[0x10, 8]) }));
        let who = encode(None, None, false, Content::Router(message::WHO_IS_ROUTER, &[0, 4]));
        assert_eq!(who, [1, 0x80, 0, 0, 4]);
        assert_eq!(decode(&who).unwrap().content, Content::Router(0, &[0, 4]));
    }

    #[test]
    fn nobody_sends_from_everywhere() {
        assert_eq!(decode(&[1, 0x08, 0xFF, 0xFF, 1, 7, 0x10, 8]), None);
        assert_eq!(decode(&[1, 0x08, 0, 9, 0, 0x10, 8]), None);
        assert_eq!(decode(&[2, 0, 0x10, 8]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(Npdu { to, from, content, .. }) = decode(&bytes) {
                let again = encode(to, from, false, content);
                prop_assert_eq!(decode(&again).map(|npdu| (npdu.to, npdu.from, npdu.content)), Some((to, from, content)));
            }
        }
    }
}
