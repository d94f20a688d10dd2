//! The gateway as a foreign device itself (Annex J.5): registered at a BBMD of the site, it hears the broadcasts of other subnets. Pure.

use crate::wire::bvlc;
use std::net::SocketAddrV4;

/// Seconds for which it asks to be registered, and milliseconds until it asks again: two askings may be lost.
const TTL_S: u16 = 180;
const AGAIN_MS: u64 = 60_000;

/// How the registration stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Registration {
    /// Nobody named a BBMD.
    #[default]
    None,
    /// It was asked for, and no answer has come.
    Asked,
    /// It holds.
    Done,
    /// The BBMD does not want it.
    Refused,
}

/// Where the gateway is registered, and how that stands.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    bbmd: Option<SocketAddrV4>,
    standing: Registration,
    due_ms: u64,
    is_answered: bool,
}

impl Membership {
    /// At another BBMD from now on, or at none; the registration at the one before runs out.
    pub(crate) fn at(&mut self, bbmd: Option<SocketAddrV4>) {
        if self.bbmd != bbmd {
            *self = Self { bbmd, ..Self::default() };
        }
    }

    pub(crate) fn standing(&self) -> Registration {
        self.standing
    }

    /// When it is to ask.
    pub(crate) fn due(&self) -> Option<u64> {
        self.bbmd.map(|_| self.due_ms)
    }

    /// The request, when it is due.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Option<(SocketAddrV4, Vec<u8>)> {
        let bbmd = self.bbmd.filter(|_| self.due_ms <= now_ms)?;
        if !self.is_answered {
            self.standing = Registration::Asked;
        }
        (self.due_ms, self.is_answered) = (now_ms + AGAIN_MS, false);
        Some((bbmd, bvlc::register(TTL_S)))
    }

    /// What `peer` answers; false when it was not asked.
    pub(crate) fn answered(&mut self, peer: SocketAddrV4, code: u16) -> bool {
        if self.bbmd != Some(peer) || self.is_answered {
            return false;
        }
        self.is_answered = true;
        self.standing = if code == 0 { Registration::Done } else { Registration::Refused };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_again_and_again_and_notes_what_it_hears() {
        let bbmd = SocketAddrV4::new([10, 0, 0, 1].into(), 47808);
        let mut membership = Membership::default();
        assert_eq!((membership.tick(0), membership.due()), (None, None));
        membership.at(Some(bbmd));
        assert_eq!(membership.tick(5), Some((bbmd, vec![0x81, 5, 0, 6, 0, 180])));
        assert_eq!((membership.standing(), membership.tick(6), membership.due()), (Registration::Asked, None, Some(60_005)));
        assert!(!membership.answered(SocketAddrV4::new([10, 0, 0, 2].into(), 47808), 0));
        assert!(membership.answered(bbmd, 0) && !membership.answered(bbmd, 0x30), "once for each time it asks");
        assert_eq!(membership.standing(), Registration::Done);
        assert!(membership.tick(60_005).is_some() && membership.standing() == Registration::Done, "it still holds");
        assert!(membership.tick(120_005).is_some() && membership.standing() == Registration::Asked, "nobody answers any more");
        assert!(membership.answered(bbmd, 0x30));
        assert_eq!(membership.standing(), Registration::Refused);
        membership.at(None);
        assert_eq!((membership.standing(), membership.due()), (Registration::None, None));
    }
}
