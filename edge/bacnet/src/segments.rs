//! Answers that are longer than an asker takes at once, sent in segments (clause 5.4.5). Pure.

use crate::origin::Conversation;
use crate::properties::{PATIENCE_MS, RETRIES};
use crate::wire::apdu::{self, Takes};
use crate::wire::code::Abort;
use std::collections::BTreeMap;

/// Answers in segments at the same time, of all and for one address.
const MOST: usize = 64;
const MOST_OF_ONE: usize = 8;
/// Segments that are sent before the asker must say that they have come.
const WINDOW: u8 = 16;
/// How often all segments of an answer may go out, whatever the asker says.
const TIMES: usize = 4;

struct Transfer {
    service: u8,
    data: Vec<u8>,
    /// Bytes of each segment.
    size: usize,
    count: usize,
    /// The first segment that has not been acknowledged.
    first: usize,
    window: usize,
    sent: usize,
    due_ms: u64,
    tries: u8,
}

impl Transfer {
    /// Segments from the first that has not been acknowledged on.
    fn window(&mut self, invoke: u8, now_ms: u64) -> Vec<Vec<u8>> {
        self.due_ms = now_ms + PATIENCE_MS;
        let last = (self.first + self.window).min(self.count);
        self.sent += last - self.first;
        let segment = |at: usize| {
            let content = self.data.chunks(self.size).nth(at).unwrap_or_default();
            // There are fewer than sequence numbers.
            apdu::segment((invoke, self.service), (at as u8, WINDOW), at + 1 < self.count, content)
        };
        (self.first..last).map(segment).collect()
    }
}

/// Answers under way.
#[derive(Default)]
pub(crate) struct Transfers(BTreeMap<Conversation, Transfer>);

impl Transfers {
    /// The first segment of an answer.
    ///
    /// # Errors
    /// Why it is not sent.
    pub(crate) fn begin(
        &mut self,
        whose: Conversation,
        (service, data): (u8, Vec<u8>),
        takes: Takes,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, Abort> {
        let (size, of_one) = (takes.segment(), self.0.keys().filter(|known| known.origin.peer == whose.origin.peer).count());
        let count = data.len().div_ceil(size);
        match takes.segments {
            0 => return Err(Abort::SegmentationNotSupported),
            most if count > most => return Err(Abort::BufferOverflow),
            _ if self.0.len() >= MOST || of_one >= MOST_OF_ONE => return Err(Abort::OutOfResources),
            _ => {}
        }
        let mut transfer = Transfer { service, data, size, count, first: 0, window: 1, sent: 0, due_ms: 0, tries: 0 };
        let first = transfer.window(whose.invoke, now_ms);
        self.0.insert(whose, transfer);
        Ok(first)
    }

    /// What goes out after segments up to `sequence` have come.
    pub(crate) fn acknowledged(&mut self, whose: Conversation, (sequence, window): (u8, u8), now_ms: u64) -> Vec<Vec<u8>> {
        let Some(transfer) = self.0.get_mut(&whose) else { return Vec::new() };
        let next = usize::from(sequence) + 1;
        // Of a segment before the window it tells nothing new, save that the one after it has not come.
        if next < transfer.first || next > transfer.first + transfer.window {
            return Vec::new();
        }
        if next > transfer.first {
            (transfer.first, transfer.tries) = (next, 0);
        }
        transfer.window = usize::from(window.clamp(1, WINDOW));
        if transfer.first >= transfer.count || transfer.sent > transfer.count * TIMES {
            self.0.remove(&whose);
            return Vec::new();
        }
        transfer.window(whose.invoke, now_ms)
    }

    /// The asker wants no more.
    pub(crate) fn end(&mut self, whose: Conversation) {
        self.0.remove(&whose);
    }

    /// What is sent again, because nobody has said that it came.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Vec<(Conversation, Vec<Vec<u8>>)> {
        self.0.retain(|_, transfer| transfer.due_ms > now_ms || transfer.tries < RETRIES);
        let late = self.0.iter_mut().filter(|(_, transfer)| transfer.due_ms <= now_ms);
        late.map(|(whose, transfer)| {
            transfer.tries += 1;
            (*whose, transfer.window(whose.invoke, now_ms))
        })
        .collect()
    }

    /// When something is to be sent again.
    pub(crate) fn due(&self) -> Option<u64> {
        self.0.values().map(|transfer| transfer.due_ms).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    const TAKES: Takes = Takes { apdu: 50, segments: 64 };

    fn whose(invoke: u8) -> Conversation {
        Conversation { origin: Origin { peer: "10.0.0.9:47808".parse().unwrap(), place: None }, device: 100, invoke }
    }

    fn sequence(segment: &[u8]) -> (u8, bool) {
        (segment[2], segment[0] & 4 != 0)
    }

    #[test]
    fn segments_go_out_by_windows_until_all_have_come() {
        let mut transfers = Transfers::default();
        let data: Vec<u8> = (0..200).collect();
        let first = transfers.begin(whose(7), (14, data.clone()), TAKES, 0).unwrap();
        assert_eq!(first.iter().map(|one| sequence(one)).collect::<Vec<_>>(), [(0, true)]);
        let next = transfers.acknowledged(whose(7), (0, 2), 10);
        assert_eq!(next.iter().map(|one| sequence(one)).collect::<Vec<_>>(), [(1, true), (2, true)]);
        // The second of them was lost.
        let again = transfers.acknowledged(whose(7), (1, 3), 20);
        assert_eq!(again.iter().map(|one| sequence(one)).collect::<Vec<_>>(), [(2, true), (3, true), (4, false)]);
        assert!(transfers.acknowledged(whose(8), (1, 3), 20).is_empty(), "nobody's");
        assert!(transfers.acknowledged(whose(7), (4, 3), 30).is_empty());
        assert_eq!(transfers.due(), None);
        let all: Vec<u8> = [&first[..], &next[..1], &again].concat().iter().flat_map(|segment| segment[5..].to_vec()).collect();
        assert_eq!(all, data);
    }

    #[test]
    fn what_nobody_acknowledges_is_sent_again_and_given_up() {
        let mut transfers = Transfers::default();
        transfers.begin(whose(7), (14, vec![0; 100]), TAKES, 0).unwrap();
        let mut now = 0;
        for _ in 0..RETRIES {
            assert!(transfers.tick(now).is_empty(), "not yet");
            now += PATIENCE_MS;
            assert_eq!(transfers.tick(now).len(), 1);
        }
        assert!(transfers.tick(now + PATIENCE_MS).is_empty() && transfers.due().is_none());
    }

    #[test]
    fn what_an_asker_makes_us_send_is_bounded() {
        let mut transfers = Transfers::default();
        transfers.begin(whose(7), (14, vec![0; 2000]), TAKES, 0).unwrap();
        transfers.acknowledged(whose(7), (0, 127), 1);
        let sent: usize = (0..1000).map(|_| transfers.acknowledged(whose(7), (0, 127), 1).len()).sum();
        assert!(sent <= 5 * 45, "{sent}");
        for (takes, data, why) in [
            (Takes { apdu: 50, segments: 0 }, 100, Abort::SegmentationNotSupported),
            (Takes { apdu: 50, segments: 2 }, 100, Abort::BufferOverflow),
        ] {
            assert_eq!(transfers.begin(whose(9), (14, vec![0; data]), takes, 0), Err(why));
        }
        for invoke in 10..10 + MOST_OF_ONE as u8 {
            transfers.begin(whose(invoke), (14, vec![0; 100]), TAKES, 0).unwrap();
        }
        assert_eq!(transfers.begin(whose(99), (14, vec![0; 100]), TAKES, 0), Err(Abort::OutOfResources));
    }
}
