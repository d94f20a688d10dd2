//! What was last read of each device, register by register as it came: for whoever answers in the device's place.
//!
//! Off until somebody wants it, since a bus at full speed should do nothing that nobody uses.

use crate::plan::Span;
use haubert_modbus::Response;
use haubert_model::{DeviceId, Timestamp};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The images of all devices of one gateway; clones are the same.
#[derive(Clone, Default)]
pub struct Images(Arc<Inner>);

#[derive(Default)]
struct Inner {
    wanted: AtomicBool,
    devices: RwLock<HashMap<DeviceId, Arc<Mutex<Image>>>>,
}

impl Images {
    /// Whether they are kept from now on. Switched off, what there was is forgotten.
    pub fn want(&self, wanted: bool) {
        self.0.wanted.store(wanted, Ordering::Relaxed);
        if !wanted {
            self.0.devices.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Forgets the devices that `keep` does not want.
    pub fn retain(&self, keep: impl Fn(DeviceId) -> bool) {
        self.0.devices.write().unwrap_or_else(PoisonError::into_inner).retain(|device, _| keep(*device));
    }

    /// What the table of a device held when it was last read, whole, and when the oldest part of it was; `None` when a part of
    /// it was never read.
    pub fn read(&self, device: DeviceId, span: Span) -> Option<(Response, Timestamp)> {
        let image = self.0.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).map(Arc::clone)?;
        let (words, at) = image.lock().unwrap_or_else(PoisonError::into_inner).read(span)?;
        let response = match span.table.is_bits() {
            true => Response::Bits(words.into_iter().map(|bit| bit != 0).collect()),
            false => Response::Registers(words),
        };
        Some((response, at))
    }

    /// The first items in a row of a device, when something of it was read.
    pub fn first(&self, device: DeviceId) -> Option<Span> {
        let image = self.0.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).map(Arc::clone)?;
        let image = image.lock().unwrap_or_else(PoisonError::into_inner);
        image.0.first().map(|block| block.span)
    }

    /// Takes in an answer.
    pub fn keep(&self, device: DeviceId, span: Span, response: &Response, at: Timestamp) {
        if !self.0.wanted.load(Ordering::Relaxed) {
            return;
        }
        let known = self.0.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).map(Arc::clone);
        let image = known.unwrap_or_else(|| {
            let mut devices = self.0.devices.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(devices.entry(device).or_default())
        });
        let mut image = image.lock().unwrap_or_else(PoisonError::into_inner);
        match response {
            Response::Registers(words) => image.keep(span, words.iter().copied(), at),
            Response::Bits(bits) => image.keep(span, bits.iter().map(|bit| u16::from(*bit)), at),
            Response::Written | Response::Diagnostics { .. } | Response::DeviceId { .. } => {}
        }
    }
}

/// Items in a row that came in one answer.
#[derive(Debug, Clone)]
struct Block {
    span: Span,
    words: Vec<u16>,
    at: Timestamp,
}

impl Block {
    /// The part from address `from` to before `to`; `None` when nothing of it is there.
    fn cut(&self, from: u32, to: u32) -> Option<Self> {
        let start = u32::from(self.span.start);
        let (from, to) = (from.max(start), to.min(self.span.end()));
        if from >= to {
            return None;
        }
        let words = self.words.get((from - start) as usize..(to - start) as usize)?.to_vec();
        let (start, count) = (u16::try_from(from).ok()?, u16::try_from(words.len()).ok()?);
        Some(Self { span: Span { start, count, ..self.span }, words, at: self.at })
    }
}

/// What was read of one device: blocks in order that share nothing.
#[derive(Debug, Default)]
struct Image(Vec<Block>);

impl Image {
    fn keep(&mut self, span: Span, words: impl Iterator<Item = u16>, at: Timestamp) {
        // Rounds ask the same again and again.
        if let Some(block) = self.0.iter_mut().find(|block| block.span == span) {
            block.words.clear();
            block.words.extend(words);
            block.at = at;
            return;
        }
        let (from, to) = (u32::from(span.start), span.end());
        let pieces = |block: &Block| match block.span.overlaps(&span) {
            true => [block.cut(0, from), block.cut(to, u32::from(u16::MAX) + 1)],
            false => [Some(block.clone()), None],
        };
        let mut blocks: Vec<Block> = self.0.iter().flat_map(pieces).flatten().collect();
        blocks.push(Block { span, words: words.collect(), at });
        blocks.sort_unstable_by_key(|block| block.span);
        self.0 = blocks;
    }

    fn read(&self, span: Span) -> Option<(Vec<u16>, Timestamp)> {
        let mut next = u32::from(span.start);
        let first = self.0.partition_point(|block| (block.span.table, block.span.end()) <= (span.table, next));
        let (mut words, mut oldest) = (Vec::with_capacity(usize::from(span.count)), None);
        for block in self.0.iter().skip(first) {
            if next >= span.end() {
                break;
            }
            let start = u32::from(block.span.start);
            if block.span.table != span.table || start > next {
                return None;
            }
            let to = block.span.end().min(span.end());
            words.extend_from_slice(block.words.get((next - start) as usize..(to - start) as usize)?);
            oldest = Some(oldest.map_or(block.at, |at: Timestamp| at.min(block.at)));
            next = to;
        }
        (next == span.end()).then_some(words).zip(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_modbus::Table;
    use proptest::prelude::*;

    fn span(start: u16, count: u16) -> Span {
        Span { table: Table::HoldingRegisters, start, count }
    }

    proptest! {
        /// Whatever answers came in whatever order, what is read is what came last, and only what came.
        #[test]
        fn it_holds_what_came_last(answers in prop::collection::vec((0u16..60, 1u16..20), 0..30), ask in (0u16..80, 1u16..30)) {
            let (mut image, mut model) = (Image::default(), HashMap::new());
            for (number, (start, count)) in (1u16..).zip(&answers) {
                let at = Timestamp(i64::from(number));
                image.keep(span(*start, *count), (0..*count).map(|item| number * 100 + item), at);
                for item in 0..*count {
                    model.insert(start + item, (number * 100 + item, at));
                }
            }
            let expected: Option<Vec<(u16, Timestamp)>> = (ask.0..ask.0 + ask.1).map(|at| model.get(&at).copied()).collect();
            let expected = expected.map(|all| {
                let oldest = all.iter().map(|(_, at)| *at).min().unwrap();
                (all.into_iter().map(|(word, _)| word).collect::<Vec<_>>(), oldest)
            });
            prop_assert_eq!(image.read(span(ask.0, ask.1)), expected);
            prop_assert!(image.0.is_sorted_by(|a, b| a.span.end() <= u32::from(b.span.start)), "blocks share nothing");
        }
    }

    #[test]
    fn tables_are_apart_bits_are_bits_and_nothing_is_kept_unasked() {
        let (images, device) = (Images::default(), DeviceId(uuid::Uuid::nil()));
        let coils = Span { table: Table::Coils, start: 7, count: 2 };
        images.keep(device, coils, &Response::Bits(vec![true, false]), Timestamp(1));
        assert_eq!(images.read(device, coils), None, "nobody wants it");
        images.want(true);
        images.keep(device, coils, &Response::Bits(vec![true, false]), Timestamp(2));
        images.keep(device, span(65_535, 1), &Response::Registers(vec![9]), Timestamp(3));
        assert_eq!(images.read(device, coils), Some((Response::Bits(vec![true, false]), Timestamp(2))));
        assert_eq!(images.read(device, span(65_535, 1)), Some((Response::Registers(vec![9]), Timestamp(3))));
        assert_eq!(images.read(device, span(7, 2)), None, "another table");
        images.want(false);
        assert_eq!(images.read(device, coils), None);
    }
}
